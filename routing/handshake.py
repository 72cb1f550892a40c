"""Which OCPP version a link speaks: what is offered upward, and what the CSMS's choice means for the station.

A router does not translate, so both legs speak the version of one negotiation (1.3.5): in `mirror` the CSMS chooses
from the station's offer, in `early` the box chooses and offers the CSMS just that.
"""

from msgspec import Struct

from routing.policy import StationPolicy


class Version(Struct, frozen=True, kw_only=True):
    """What a link speaks. `spoken` rules the framing ("" = unknown, treated as 1.6); `header` goes to the station."""

    spoken: str
    header: str | None


def pinned(policy: StationPolicy, offer: tuple[str, ...]) -> tuple[str, ...]:
    """The station's offer as far as the installer trusts it, in the station's order."""
    if policy.subprotocol is None:
        return offer
    return tuple(version for version in offer if version == policy.subprotocol)


def hopeless(policy: StationPolicy, offer: tuple[str, ...]) -> bool:
    """The station offered versions and the pin left none: no need to ask the CSMS."""
    return bool(offer) and not pinned(policy, offer)


def upward(policy: StationPolicy, offer: tuple[str, ...]) -> tuple[str, ...]:
    """What the CSMS may be offered: the station's own list, or the assumed version where it gave none."""
    if offer or policy.assume_subprotocol is None:
        return pinned(policy, offer)
    return (policy.assume_subprotocol,)


def agreed(policy: StationPolicy, offer: tuple[str, ...], chosen: str | None) -> Version | None:
    """What the CSMS's choice means; None when station and CSMS have no version in common (1.3.3, 1.3.4)."""
    if chosen is None:
        if offer and policy.assume_subprotocol is None:
            return None
        return Version(spoken=policy.assume_subprotocol or "", header=None)
    if chosen not in upward(policy, offer):
        return None
    return Version(spoken=chosen, header=chosen if offer else None)


def remembered(policy: StationPolicy, offer: tuple[str, ...], spoken: str | None) -> Version | None:
    """The version that station and CSMS spoke before, if the station still offers it; the CSMS cannot be asked now."""
    if spoken is None or spoken not in upward(policy, offer):
        return None
    return Version(spoken=spoken, header=spoken if offer else None)


def early(policy: StationPolicy, offer: tuple[str, ...]) -> Version | None:
    """What the box chooses before it asks the CSMS; None when nothing offered is usable."""
    allowed = upward(policy, offer)
    if not offer:
        return Version(spoken=allowed[0] if allowed else "", header=None)
    for version in policy.preferred:
        if version in allowed:
            return Version(spoken=version, header=version)
    return None
