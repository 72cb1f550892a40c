"""What a trial knows, and what follows from it: by which kinds of profile the station may be held, and is held best."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from localctl.charging.commissioning import levers
from localctl.charging.commissioning.stages import Came, Lever, Result, Until
from localctl.charging.dispatching import actuators, capability
from localctl.charging.dispatching.fleet import Actuator, Managed, Sight
from localctl.charging.knowing.readings import whole
from localctl.charging.profile.profiles import Protocol, RateUnit

CONTRAST_A: Final = 2.0
"""A car must take so much more than a step leaves it, or nothing can be seen."""
CHARGES_A: Final = 1.0
KEYS_16: Final = {
    "ChargeProfileMaxStackLevel": "level",
    "ChargingScheduleAllowedChargingRateUnit": "unit",
    "ChargingScheduleMaxPeriods": "periods",
}
VARIABLES_2X: Final = {"ProfileStackLevel": "level", "RateUnit": "unit", "PeriodsPerSchedule": "periods"}
KINDS: Final = capability.order_of(Managed(identity="", protocol=Protocol.V201, outlets=()))
"""The kinds of profile that may be tried, in the order in which dispatch would do so by itself."""
WORDS: Final[Mapping[Actuator, str]] = {
    Actuator.MAX_PROFILE: "ChargingStationMaxProfile",
    Actuator.TX_PROFILE: "TxProfile",
    Actuator.TX_DEFAULT: "TxDefaultProfile",
    Actuator.DYNAMIC: "Dynamic profile",
    Actuator.UNCONTROLLED: "no profile",
}


class Kind(StrEnum):
    """What is tried: everything a station can do, or what it does when the box falls silent."""

    PROBE = "probe"
    DEAD_MAN = "dead-man"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the installer asked for. `car` False leaves out all that needs one; `links` False all that disconnects."""

    kind: Kind = Kind.PROBE
    car: bool = True
    links: bool = True
    car_within_s: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that a plan looks at. `daily` is the actuator in daily use, `working`: the station has taken its profiles.

    `silence_s` is how long what the station holds lasts at most when nobody renews it.
    """

    terms: Terms
    station: Managed
    evse_id: int
    sight: Sight
    daily: Actuator
    working: bool
    silence_s: float
    results: Mapping[str, Result]

    def came(self, key: str) -> Came | None:
        """How a step ended; None while it has not."""
        found = self.results.get(key)
        return None if found is None else found.came

    @property
    def least_a(self) -> float:
        """The least a car at this EVSE is held to take."""
        return self.station.outlet(self.evse_id).min_a

    @property
    def has_car(self) -> bool:
        """A car was there and charged."""
        return self.came("car") is Came.YES

    @property
    def drawn_a(self) -> float:
        """What the car takes of its whole share."""
        found = self.results.get("even")
        return 0.0 if found is None or found.drawn_a is None else found.drawn_a

    @property
    def slowest_s(self) -> float:
        """The longest that the station took to follow so far."""
        return max((one.took_s for one in self.results.values() if one.until is Until.FALLEN), default=0.0)

    @property
    def contrast(self) -> bool:
        """Whether holding the car at its minimum can be seen."""
        return self.has_car and self.drawn_a >= self.least_a + CONTRAST_A


def daily(known: Known) -> Lever:
    """The profiles that dispatch writes anyway."""
    return Lever(actuator=known.daily, unit=known.station.unit, daily=True)


def best(known: Known) -> Lever | None:
    """By what the station is held best: what it was seen following, else what it takes where nothing can be seen."""
    felt = felt_levers(known)
    if felt or known.contrast:
        return felt[0] if felt else None
    if known.working:
        return daily(known)
    taken = _taken(known)
    return taken[0] if taken else None


def told_of(known: Known) -> dict[str, object]:
    """What the station says of itself: `level`, `unit` and `periods`, as far as it does."""
    found: dict[str, object] = {"level": None, "unit": None, "periods": None}
    declared = known.results.get("declared")
    body = declared.answer if declared is not None and isinstance(declared.answer, dict) else {}
    for one in _dicts(body.get("configurationKey")):
        found[KEYS_16.get(str(one.get("key")), "")] = one.get("value")
    for one in _dicts(body.get("getVariableResult")):
        variable = one.get("variable")
        name = variable.get("name") if isinstance(variable, dict) else None
        if one.get("attributeStatus") == "Accepted":
            found[VARIABLES_2X.get(str(name), "")] = one.get("attributeValue")
    for word in ("level", "periods"):
        number = whole(found[word])
        found[word] = number if number is not None and 0 <= number <= 1_000_000 else None
    return found


def level_taken(known: Known) -> int | None:
    """The highest stackLevel that was taken; None where none of those tried was."""
    taken = [key for key, one in known.results.items() if key.startswith("level:") and one.came is Came.YES]
    return int(taken[-1].removeprefix("level:")) if taken else None


def _dicts(values: object) -> list[dict[str, object]]:
    return [one for one in values if isinstance(one, dict)] if isinstance(values, list) else []


def felt_levers(known: Known) -> list[Lever]:
    """By what the car was seen held, the profiles in daily use first."""
    found = [daily(known)] if known.came("daily") is Came.YES else []
    return [*found, *(lever for lever in _taken(known) if known.contrast)]


def _taken(known: Known) -> list[Lever]:
    """What was tried and came out well, in the order in which dispatch would try it."""
    keys = [(key, lever) for actuator in others(known) for key, lever in variants(known, actuator)]
    return [lever for key, lever in keys if known.came(key) is Came.YES]


def variants(known: Known, actuator: Actuator) -> Iterator[tuple[str, Lever]]:
    """A kind of profile in all the ways in which it may be tried, with the key of its step."""
    for unit in (known.station.unit, other(known.station.unit)):
        key = actuator.value if unit is known.station.unit else f"{actuator.value}:{unit}"
        plain = Lever(actuator=actuator, unit=unit)
        level = levers.beyond(plain, known.sight, known.station)
        yield key, Lever(actuator=actuator, unit=unit, level=level)
        if actuator is Actuator.TX_PROFILE:
            yield f"{key}:unnamed", Lever(actuator=actuator, unit=unit, level=level, named=False)
            yield f"{key}:relative", Lever(actuator=actuator, unit=unit, level=level, relative=True)


def others(known: Known) -> list[Actuator]:
    """The kinds of profile that are not in daily use, in the order in which dispatch would try them."""
    used: set[object] = set()
    if known.working:
        places = actuators.places(known.station, known.daily, known.sight.running)
        used = {actuators.purpose_of(place, known.daily) for place in places}
    running = known.evse_id in known.sight.running
    return [
        actuator
        for actuator in KINDS
        if actuators.purpose_of(levers.place_of(actuator, known.evse_id), actuator) not in used
        and (actuator is not Actuator.TX_PROFILE or running)
    ]


def spare(known: Known) -> Lever | None:
    """What to try units and levels with: a kind that is not in daily use, else ours one level up."""
    taken = _taken(known)
    if taken:
        return taken[0]
    if not known.working or known.daily not in levers.IDS:
        return None
    plain = Lever(actuator=known.daily, unit=known.station.unit)
    return Lever(actuator=known.daily, unit=plain.unit, level=levers.beyond(plain, known.sight, known.station) + 1)


def other(unit: RateUnit) -> RateUnit:
    """Watts for amperes, amperes for watts."""
    return RateUnit.WATTS if unit is RateUnit.AMPS else RateUnit.AMPS


def unit_word(unit: RateUnit) -> str:
    """The unit as a title or the card says it."""
    return "amperes" if unit is RateUnit.AMPS else "watts"
