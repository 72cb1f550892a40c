"""Which step comes next: two plans as tables of rows, each row some steps that depend on what came before.

A row yields its steps in order; the first one that has no result yet is the next. So a plan is always worked out anew
from the results, and a row may look at everything that is known when its turn comes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from localctl.charging.commissioning import levers
from localctl.charging.commissioning.stages import (
    Ask,
    Came,
    Deed,
    Hold,
    LetGo,
    Lever,
    Part,
    Ping,
    Result,
    Step,
    Until,
)  # fmt: skip
from localctl.charging.dispatching import actuators, capability
from localctl.charging.dispatching.fleet import Actuator, Managed, Sight
from localctl.charging.dispatching.orders import text_of
from localctl.charging.knowing.readings import whole
from localctl.charging.profile.profiles import Protocol, RateUnit

ANSWER_S: Final = 30.0
REACT_S: Final = 120.0
"""A station that follows later than this does not follow."""
STEADY_S: Final = 90.0
RISE_S: Final = 150.0
WAKE_S: Final = 240.0
PONG_S: Final = 15.0
BACK_S: Final = 300.0
CONTRAST_A: Final = 2.0
"""A car must take so much more than a step leaves it, or nothing can be seen."""
CHARGES_A: Final = 1.0
CLIMB_A: Final = (8.0, 10.0, 13.0, 16.0)
LEVELS: Final = (100, 8, 3, 1)
KEYS_16: Final = {
    "ChargeProfileMaxStackLevel": "level",
    "ChargingScheduleAllowedChargingRateUnit": "unit",
    "ChargingScheduleMaxPeriods": "periods",
}
VARIABLES_2X: Final = {"ProfileStackLevel": "level", "RateUnit": "unit", "PeriodsPerSchedule": "periods"}
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


Row = Callable[[Known], Iterator[Step]]


def next_step(known: Known) -> Step | None:
    """The first step of the plan that has no result yet; None when all is done."""
    for row in PLANS[known.terms.kind]:
        for step in row(known):
            if step.key not in known.results:
                return step
    return None


# --- what both begin with ---------------------------------------------------------------------------------------------


def the_car(known: Known) -> Iterator[Step]:
    """A car has to charge before anything about currents can be seen."""
    if known.terms.car:
        yield _step("car", "wait for a car that charges", Until.CHARGING, known.terms.car_within_s)
    if known.has_car:
        yield _step("even", "see what the car takes of its share", Until.STEADY, STEADY_S)


# --- the probe --------------------------------------------------------------------------------------------------------


def declared(known: Known) -> Iterator[Step]:
    """What the station says of itself; what it does is tried all the same."""
    if known.station.protocol is Protocol.V16:
        ask = Ask(action="GetConfiguration", payload=text_of({"key": list(KEYS_16)}))
    else:
        wanted = [{"component": {"name": "SmartChargingCtrlr"}, "variable": {"name": name}} for name in VARIABLES_2X]
        ask = Ask(action="GetVariables", payload=text_of({"getVariableData": wanted}))
    yield _step("declared", "ask what it says of itself", Until.ANSWERED, ANSWER_S, deed=ask)


def in_use(known: Known) -> Iterator[Step]:
    """Does the station follow the profiles that are in daily use?"""
    if known.contrast and known.working:
        yield from _felt(known, "daily", daily(known), f"{known.least_a:g} A by {WORDS[known.daily]}, as in daily use")


def purposes(known: Known) -> Iterator[Step]:
    """Which other kinds of profile it takes, and follows."""
    for actuator in _others(known):
        yield from _tried(known, actuator, known.station.unit)


def other_unit_instead(known: Known) -> Iterator[Step]:
    """Nothing was taken in this unit: maybe in the other one (quirk 25)."""
    if best(known) is None and not known.working:
        for actuator in _others(known):
            yield from _tried(known, actuator, _other(known.station.unit))


def unit_too(known: Known) -> Iterator[Step]:
    """Does it take the other unit as well?"""
    spare = _spare(known)
    if spare is None or known.station.outlet(known.evse_id).dc or spare.unit is not known.station.unit:
        return
    if spare.actuator is not known.daily or level_taken(known) is not None:
        unit = _other(spare.unit)
        lever = Lever(actuator=spare.actuator, unit=unit, level=spare.level, named=spare.named, relative=spare.relative)
        yield _answered(known, f"unit:{unit}", f"a limit in {_unit_word(unit)}", lever)


def levels(known: Known) -> Iterator[Step]:
    """The highest stackLevel it takes, from above (quirk 24)."""
    spare = _spare(known)
    if spare is None:
        return
    told = told_of(known)["level"]
    for level in [told, *LEVELS] if isinstance(told, int) else LEVELS:
        if level >= max(1, spare.level):
            key, lever = f"level:{level}", Lever(
                actuator=spare.actuator, unit=spare.unit, level=level, named=spare.named, relative=spare.relative
            )  # fmt: skip
            yield _answered(known, key, f"stackLevel {level}", lever)
            if known.came(key) is Came.YES:
                return


def nudges(known: Known) -> Iterator[Step]:
    """Down once more, and up again in peace: what it does at its minimum, and which phases move."""
    lever = best(known)
    if known.contrast and lever is not None:
        low = Hold(amps=known.least_a, lever=lever)
        yield _step("low", f"see what it does at {known.least_a:g} A", Until.STEADY, STEADY_S, hold=low)
        low_a = known.results["low"].drawn_a if "low" in known.results else None
        if low_a is not None and low_a < CHARGES_A:
            yield from _climb(known, lever)
        yield _step("low:back", "back to its share", Until.RISEN, RISE_S, amps=known.least_a)
        yield _step("even:again", "see what the car takes of its share again", Until.STEADY, STEADY_S)


def _climb(known: Known, lever: Lever) -> Iterator[Step]:
    """A car that does not charge at the usual minimum: at how much does it?"""
    for amps in CLIMB_A:
        if known.least_a < amps <= known.drawn_a:
            key, hold = f"min:{amps:g}", Hold(amps=amps, lever=lever)
            yield _step(key, f"does it charge at {amps:g} A?", Until.CHARGING, REACT_S, hold=hold)
            if known.came(key) is Came.YES:
                return


def below(known: Known) -> Iterator[Step]:
    """Does it pause below the minimum, as it should? Only where the profile is not ours in daily use."""
    found = [lever for lever in _felt_levers(known) if not lever.daily]
    if known.contrast and found:
        amps = known.least_a - 1
        hold = Hold(amps=amps, lever=found[0])
        yield _step("below", f"does it pause at {amps:g} A?", Until.PAUSED, REACT_S, hold=hold)
        yield _step("below:back", "back to its share", Until.CHARGING, WAKE_S)


def zero(known: Known) -> Iterator[Step]:
    """0 A: does it pause, and does it wake up again (quirk 27)?"""
    lever = best(known)
    if known.contrast and lever is not None and not (lever.daily and known.station.hold_minimum):
        hold = Hold(amps=0.0, lever=lever)
        yield _step("zero", "does it pause at 0 A?", Until.PAUSED, REACT_S, hold=hold)
        if known.came("zero") is Came.YES:
            yield _step("wake", "does it wake up again?", Until.CHARGING, WAKE_S)


def link(known: Known) -> Iterator[Step]:
    """Pongs, and coming back (quirks 8 and 11). The close frame comes last: some never come back after it."""
    yield _step("ping", "does it answer a ping?", Until.PONG, PONG_S, deed=Ping(within_s=PONG_S))
    if known.terms.links:
        for how, words in ((LetGo.DROP, "its TCP connection is dropped"), (LetGo.CLOSE, "a close frame")):
            title = f"does it come back after {words}?"
            yield _step(how.value, title, Until.BACK, BACK_S, deed=Part(how=how))
            if known.came(how.value) is not Came.YES:
                return


# --- the dead man's test ----------------------------------------------------------------------------------------------


def silence(known: Known) -> Iterator[Step]:
    """The box renews nothing: what the station holds runs out, and it falls back by itself (P3)."""
    failsafe_a = known.station.outlet(known.evse_id).failsafe_a
    if known.has_car and known.drawn_a >= failsafe_a + CONTRAST_A:
        title = f"the box falls silent: {failsafe_a:g} A within {known.silence_s:.0f} s?"
        yield Step(
            key="silence", title=title, until=Until.FALLEN, within_s=known.silence_s, amps=failsafe_a, silent=True
        )
        yield _step("back", "back to its share", Until.RISEN, RISE_S, amps=failsafe_a)


PLANS: Final[Mapping[Kind, tuple[Row, ...]]] = {
    Kind.PROBE: (
        declared, the_car, in_use, purposes, other_unit_instead, levels, unit_too, nudges, below, zero, link,
    ),
    Kind.DEAD_MAN: (the_car, silence),
}  # fmt: skip


# --- what is known of levers ------------------------------------------------------------------------------------------


def daily(known: Known) -> Lever:
    """The profiles that dispatch writes anyway."""
    return Lever(actuator=known.daily, unit=known.station.unit, daily=True)


def best(known: Known) -> Lever | None:
    """By what the station is held best: what it was seen following, else what it takes where nothing can be seen."""
    felt = _felt_levers(known)
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


def _felt_levers(known: Known) -> list[Lever]:
    found = [daily(known)] if known.came("daily") is Came.YES else []
    return [*found, *(lever for lever in _taken(known) if known.contrast)]


def _taken(known: Known) -> list[Lever]:
    """What was tried and came out well, in the order in which dispatch would try it."""
    keys = [(key, lever) for actuator in _others(known) for key, lever in variants(known, actuator)]
    return [lever for key, lever in keys if known.came(key) is Came.YES]


def variants(known: Known, actuator: Actuator) -> Iterator[tuple[str, Lever]]:
    """A kind of profile in all the ways in which it may be tried, with the key of its step."""
    for unit in (known.station.unit, _other(known.station.unit)):
        key = actuator.value if unit is known.station.unit else f"{actuator.value}:{unit}"
        plain = Lever(actuator=actuator, unit=unit)
        level = levers.beyond(plain, known.sight, known.station)
        yield key, Lever(actuator=actuator, unit=unit, level=level)
        if actuator is Actuator.TX_PROFILE:
            yield f"{key}:unnamed", Lever(actuator=actuator, unit=unit, level=level, named=False)
            yield f"{key}:relative", Lever(actuator=actuator, unit=unit, level=level, relative=True)


def _others(known: Known) -> list[Actuator]:
    """The kinds of profile that are not in daily use, in the order in which dispatch would try them."""
    used: set[object] = set()
    if known.working:
        places = actuators.places(known.station, known.daily, known.sight.running)
        used = {actuators.purpose_of(place, known.daily) for place in places}
    running = known.evse_id in known.sight.running
    return [
        actuator
        for actuator in kinds(known)
        if actuators.purpose_of(levers.place_of(actuator, known.evse_id), actuator) not in used
        and (actuator is not Actuator.TX_PROFILE or running)
    ]


def kinds(known: Known) -> tuple[Actuator, ...]:
    """The kinds of profile that may be tried, in the order in which dispatch would do so by itself."""
    return capability.order_of(Managed(identity="", protocol=Protocol.V201, outlets=known.station.outlets))


def _spare(known: Known) -> Lever | None:
    """What to try units and levels with: a kind that is not in daily use, else ours one level up."""
    taken = _taken(known)
    if taken:
        return taken[0]
    if not known.working or known.daily not in levers.IDS:
        return None
    plain = Lever(actuator=known.daily, unit=known.station.unit)
    return Lever(actuator=known.daily, unit=plain.unit, level=levers.beyond(plain, known.sight, known.station) + 1)


def _tried(known: Known, actuator: Actuator, unit: RateUnit) -> Iterator[Step]:
    for key, lever in variants(known, actuator):
        if lever.unit is unit:
            title = f"{known.least_a:g} A by {WORDS[actuator]}" + _how(lever)
            yield from _felt(known, key, lever, title) if known.contrast else [_answered(known, key, title, lever)]
            if known.came(key) is not Came.REFUSED:
                return


def _how(lever: Lever) -> str:
    unit = f" in {_unit_word(lever.unit)}" if lever.unit is RateUnit.WATTS else ""
    return unit + ("" if lever.named else ", without transactionId") + (", Relative" if lever.relative else "")


def _felt(known: Known, key: str, lever: Lever, title: str) -> Iterator[Step]:
    hold = Hold(amps=known.least_a, lever=lever)
    yield _step(key, title, Until.FALLEN, REACT_S, hold=hold, amps=known.least_a)
    if known.came(key) is Came.YES:
        yield _step(f"{key}:back", "back to its share", Until.RISEN, RISE_S, amps=known.least_a)


def _answered(known: Known, key: str, title: str, lever: Lever) -> Step:
    return _step(key, title, Until.ANSWERED, ANSWER_S, hold=Hold(amps=known.least_a, lever=lever))


def _step(
    key: str, title: str, until: Until, within_s: float, *, hold: Hold | None = None, deed: Deed | None = None,
    amps: float = 0.0,
) -> Step:  # fmt: skip
    return Step(key=key, title=title, until=until, within_s=within_s, hold=hold, deed=deed, amps=amps)


def _other(unit: RateUnit) -> RateUnit:
    return RateUnit.WATTS if unit is RateUnit.AMPS else RateUnit.AMPS


def _unit_word(unit: RateUnit) -> str:
    return "amperes" if unit is RateUnit.AMPS else "watts"
