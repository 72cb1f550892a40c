"""Which actuator works at a station: tried in order, proven, remembered, and overridable (quirks 22, 23, 26).

    untried --accepted--> taken --verified--> proven        "Accepted" alone proves nothing
       |--refused---|       |--contradicted--|--> failed --next--> untried, with the next actuator

Verified means: GetCompositeSchedule shows no more than was ordered, or a car that wanted more stayed below it.
Contradicted means the opposite. When nothing is left the station is uncontrolled and counted at its rating. A station
refuses also because it is starting or being updated, so all of it is tried anew after a boot, and after a day; until
one is proven then, it goes on counting at its rating.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from localctl.charging.base.moves import after
from localctl.charging.dispatching.fleet import Actuator, Managed
from localctl.charging.profile.profiles import Protocol

REFUSALS_TO_FAIL: Final = 3


class Trial(Enum):
    """How sure it is that the present actuator works."""

    UNTRIED = "untried"
    TAKEN = "taken"
    PROVEN = "proven"
    FAILED = "failed"


MOVES: Final[Mapping[tuple[Trial, str], Trial]] = {
    (Trial.UNTRIED, "accepted"): Trial.TAKEN,
    (Trial.TAKEN, "accepted"): Trial.TAKEN,
    (Trial.PROVEN, "accepted"): Trial.PROVEN,
    (Trial.FAILED, "accepted"): Trial.FAILED,
    (Trial.UNTRIED, "refused"): Trial.FAILED,
    (Trial.TAKEN, "refused"): Trial.FAILED,
    (Trial.PROVEN, "refused"): Trial.PROVEN,
    (Trial.FAILED, "refused"): Trial.FAILED,
    (Trial.UNTRIED, "verified"): Trial.UNTRIED,
    (Trial.TAKEN, "verified"): Trial.PROVEN,
    (Trial.PROVEN, "verified"): Trial.PROVEN,
    (Trial.FAILED, "verified"): Trial.FAILED,
    (Trial.UNTRIED, "contradicted"): Trial.UNTRIED,
    (Trial.TAKEN, "contradicted"): Trial.FAILED,
    (Trial.PROVEN, "contradicted"): Trial.FAILED,
    (Trial.FAILED, "contradicted"): Trial.FAILED,
    (Trial.FAILED, "next"): Trial.UNTRIED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """The actuator in use, how far it is proven, and which were tried and found wanting.

    `anew`: once already none of them worked.
    """

    actuator: Actuator
    trial: Trial = Trial.UNTRIED
    refusals: int = 0
    failed: tuple[Actuator, ...] = ()
    anew: bool = False

    @property
    def doubted(self) -> bool:
        """True while nobody knows whether it works at a station at which none has worked before."""
        return self.anew and self.trial is not Trial.PROVEN


def order_of(station: Managed) -> tuple[Actuator, ...]:
    """What to try, best first: what the installer fixed, or Dynamic (2.1), Max, Tx, TxDefault.

    A limit for the whole station comes first also where it has several EVSEs: it holds whatever TxProfile the CSMS
    writes. What one limit cannot do is to say which of two cars waits where there is room for one (`control`).
    """
    if station.control is not None:
        return (station.control,)
    usual = (Actuator.MAX_PROFILE, Actuator.TX_PROFILE, Actuator.TX_DEFAULT)
    return (Actuator.DYNAMIC, *usual) if station.protocol is Protocol.V21 else usual


def first(station: Managed, *, anew: bool = False) -> Capability:
    """Nothing known yet; `anew`: but that none has worked before. What the installer fixed is not doubted."""
    return Capability(actuator=order_of(station)[0], anew=anew and station.control is None)


def learnt(now: Capability, cause: str, station: Managed) -> Capability:
    """What an answer or a measurement says: `accepted`, `refused`, `verified`, `contradicted`.

    The same refusal has to come three times; a fixed actuator never fails, the installer knows better.
    """
    if cause == "refused" and now.refusals + 1 < REFUSALS_TO_FAIL:
        return replace(now, refusals=now.refusals + 1)
    refusals = 0 if cause == "accepted" else now.refusals
    known = replace(now, trial=after(MOVES, now.trial, cause, "capability"), refusals=refusals)
    if known.trial is not Trial.FAILED or station.control is not None:
        return replace(known, trial=now.trial) if known.trial is Trial.FAILED else known
    return following(known, station)


def following(now: Capability, station: Managed) -> Capability:
    """The next actuator to try; UNCONTROLLED when all have failed."""
    failed = (*now.failed, now.actuator)
    left = [actuator for actuator in order_of(station) if actuator not in failed]
    trial = after(MOVES, now.trial, "next", "capability")
    actuator = left[0] if left else Actuator.UNCONTROLLED
    return Capability(actuator=actuator, trial=trial, failed=failed, anew=now.anew)
