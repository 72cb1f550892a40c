"""Which step comes next: two plans as tables of rows, each row some steps that depend on what came before.

A row yields its steps in order; the first one that has no result yet is the next. So a plan is always worked out anew
from the results, and a row may look at everything that is known when its turn comes.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from localctl.charging.commissioning.known import (
    CHARGES_A,
    CONTRAST_A,
    KEYS_16,
    VARIABLES_2X,
    WORDS,
    Kind,
    Known,
    best,
    daily,
    felt_levers,
    level_taken,
    other,
    others,
    spare,
    told_of,
    unit_word,
    variants,
)  # fmt: skip
from localctl.charging.commissioning.stages import (
    Ask,
    Came,
    Deed,
    Hold,
    LetGo,
    Lever,
    Part,
    Ping,
    Step,
    Until,
)  # fmt: skip
from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.dispatching.orders import text_of
from localctl.charging.profile.profiles import Protocol, RateUnit

ANSWER_S: Final = 30.0
REACT_S: Final = 120.0
"""A station that follows later than this does not follow."""
STEADY_S: Final = 90.0
RISE_S: Final = 150.0
WAKE_S: Final = 240.0
PONG_S: Final = 15.0
BACK_S: Final = 300.0
CLIMB_A: Final = (8.0, 10.0, 13.0, 16.0)
LEVELS: Final = (100, 8, 3, 1)

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
        yield _step("even", "see what the car takes of its share", Until.STEADY, RISE_S)


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
    for actuator in others(known):
        yield from _tried(known, actuator, known.station.unit)


def other_unit_instead(known: Known) -> Iterator[Step]:
    """Nothing was taken in this unit: maybe in the other one (quirk 25)."""
    if best(known) is None and not known.working:
        for actuator in others(known):
            yield from _tried(known, actuator, other(known.station.unit))


def unit_too(known: Known) -> Iterator[Step]:
    """Does it take the other unit as well?"""
    found = spare(known)
    if found is None or known.station.outlet(known.evse_id).dc or found.unit is not known.station.unit:
        return
    if found.actuator is not known.daily or level_taken(known) is not None:
        unit = other(found.unit)
        yield _answered(known, f"unit:{unit}", f"a limit in {unit_word(unit)}", replace(found, unit=unit))


def levels(known: Known) -> Iterator[Step]:
    """The highest stackLevel it takes, from above (quirk 24)."""
    found = spare(known)
    if found is None:
        return
    told = told_of(known)["level"]
    for level in [told, *LEVELS] if isinstance(told, int) else LEVELS:
        if level >= max(1, found.level):
            key = f"level:{level}"
            yield _answered(known, key, f"stackLevel {level}", replace(found, level=level))
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
    found = [lever for lever in felt_levers(known) if not lever.daily]
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


def _tried(known: Known, actuator: Actuator, unit: RateUnit) -> Iterator[Step]:
    for key, lever in variants(known, actuator):
        if lever.unit is unit:
            title = f"{known.least_a:g} A by {WORDS[actuator]}" + _how(lever)
            yield from _felt(known, key, lever, title) if known.contrast else [_answered(known, key, title, lever)]
            if known.came(key) is not Came.REFUSED:
                return


def _how(lever: Lever) -> str:
    unit = f" in {unit_word(lever.unit)}" if lever.unit is RateUnit.WATTS else ""
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
