"""The picture in words (P5): why an EVSE has its amperes, which limit binds, since when, until when, what comes next.

`localctl explain`, the page and the API all say these sentences. They are made of the picture alone, so they can be
made anywhere, also from an answer of the API.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

Json = Mapping[str, Any]

WHY: Final = {
    "row": "a limit of the site is used up",
    "rating": "that is the EVSE's own maximum",
    "csms": "the CSMS's charging profile allows no more",
    "appetite": "the car takes no more",
    "target": "its plan asks for no more now",
    "held": "a rise would be too small to be worth a message",
    "imbalance": "more would make the phases of its panel uneven",
    "waiting": "it waits for its turn, because not every car can have its minimum at once",
    "pausing": "it is in its minimum pause",
    "below_min": "what the CSMS allows is below the car's minimum",
    "idle": "no car asks for current",
    "empty": "no transaction runs; this much is kept so that a new car can start",
    "yielding": "no transaction runs; what was kept for a new car went to cars that charge",
    "full": "the car has stopped by itself; this much is kept for it",
    "reserved": "this much is reserved for it",
    "away": "nobody can steer the station now; what its installed profiles may still allow is reserved for it",
    "uncontrolled": "nothing limits this station; it is counted at what it can draw",
    "invalid": "the figures it gave make no sense",
}
"""A sentence for every reason an EVSE can have."""
COUNTED: Final = frozenset({"away", "uncontrolled", "reserved"})
"""Reasons of EVSEs to which nothing is given: what they may take is kept free."""


def find(picture: Json, identity: str) -> Json | None:
    """The station in the picture, upper and lower case alike; None where it is not in it."""
    wanted = identity.casefold()
    return next((one for one in picture["stations"] if one["identity"].casefold() == wanted), None)


def explain(station: Json, evse_id: int | None = None) -> list[str]:
    """One station, or one EVSE of it, in plain sentences. LookupError when it has no such EVSE."""
    evses = [evse for evse in station["evses"] if evse_id in (None, evse["id"])]
    if not evses:
        known = ", ".join(str(evse["id"]) for evse in station["evses"])
        raise LookupError(f"{station['identity']} has no EVSE {evse_id}; it has {known}")
    return [*_station(station), *(line for evse in evses for line in _evse(station["identity"], evse))]


def why(evse: Json) -> str:
    """The reason of one EVSE in one short sentence, with the limit that binds."""
    text = WHY.get(evse["reason"]) or str(evse["reason"])
    return text if evse["binding"] is None else f"{text}: {limit(evse['binding'])}"


def limit(found: Json) -> str:
    """A limit in a few words: `panel main L1, 15.0 A for charging by ems (20.0 A)`."""
    unit, net, gross = found["unit"], found["net"], found["gross"]
    text = f"{found['node'].replace(':', ' ')} {found['phase']}"
    if net is None:
        return f"{text}, no limit"
    text += f", {net:.1f} {unit} for charging by {found['source']}"
    if gross is not None and gross != net:
        text += f" ({gross:.1f} {unit} less what others draw)"
    return text if found["state"] == "live" else f"{text} [{found['state']}: fallback]"


def when(instant: float | None, shape: str = "%Y-%m-%d %H:%M:%S UTC") -> str:
    """An instant as people read it, in UTC; those that no calendar knows are told as such."""
    if instant is None:
        return "–"
    try:
        return datetime.fromtimestamp(instant, tz=UTC).strftime(shape)
    except (ValueError, OverflowError, OSError):
        return "far away"


def _station(station: Json) -> Iterator[str]:
    name = station["identity"]
    link = "away" if not station["online"] else "connected" if station["accepted"] else "not accepted by its CSMS"
    how = f"limited by {station['actuator']} ({station['trial']})"
    if not station["controllable"] or station["actuator"] == "uncontrolled":
        how = "not limited by anything"
    yield f"{name} on panel {station['panel']} is {link}, speaks {station['protocol']}, {how}."
    if station["clock_off_s"] is not None and abs(station["clock_off_s"]) >= 5:
        yield f"Its clock is off by {station['clock_off_s']:+.0f} s."


def _evse(identity: str, evse: Json) -> Iterator[str]:
    verb = "is counted at" if evse["reason"] in COUNTED else "gets"
    reason = WHY.get(evse["reason"], evse["reason"])
    yield f"{identity}/{evse['id']} {verb} {_amps(evse['share_a'])} per phase: {reason}."
    if evse["binding"] is not None:
        yield f"Limit: {limit(evse['binding'])}, {_span(evse['binding'])}; {_given(evse['binding'])}."
    if evse["next"] is not None:
        yield f"Next would bind: {limit(evse['next'])}; {_given(evse['next'])}."
    if evse["waiting"]:
        turn = "nobody can say when" if evse["turn_at"] is None else f"at about {when(evse['turn_at'])}"
        yield f"Its turn: {turn}."
    yield _draws(evse)
    if evse["lease_until"] is not None:
        falls = f"falls back to {_amps(evse['failsafe_a'])} by itself"
        yield f"Without another word from this box it {falls} by {when(evse['lease_until'])}."
    if evse["distrusted"]:
        yield f"It draws more than it was told: it is counted at {_amps(evse['rating_a'])} until it obeys again."


def _draws(evse: Json) -> str:
    measured = evse["measured_a"]
    flow = "what it draws is not known"
    if measured is not None:
        flow = "it draws " + ", ".join(f"{_amps(amps)} on its L{number}" for number, amps in sorted(measured.items()))
    return f"At most {_amps(evse['entitled_a'])} could flow by what was sent to it; {flow}."


def _given(found: Json) -> str:
    return f"{found['load']:.1f} {found['unit']} are given out there"


def _span(found: Json) -> str:
    since = "since ever" if found["since"] is None else f"since {when(found['since'])}"
    return f"{since}, {'without an end' if found['until'] is None else 'until ' + when(found['until'])}"


def _amps(amps: float | None) -> str:
    return "an unknown current" if amps is None else f"{amps:.1f} A"
