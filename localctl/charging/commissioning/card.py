"""The capability card: what was found in words, what of it is bad, what was not tried, and the TOML to paste."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from localctl.charging.commissioning import plans, rotation
from localctl.charging.commissioning.known import (
    CHARGES_A,
    KINDS,
    WORDS,
    Kind,
    Known,
    best,
    level_taken,
    told_of,
    unit_word,
    variants,
)
from localctl.charging.commissioning.stages import Came, Lever, Result
from localctl.charging.commissioning.trial import Trial
from localctl.charging.dispatching import capability
from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.profile.profiles import Purpose

Word = Literal["good", "bad", "open", "note"]
SLOW_S: Final = 20.0
"""Who follows later than this needs a longer `reaction_s`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One finding. `open`: it was not tried, or says nothing; `note`: neither good nor bad.

    `toml`: keys of the station, or of its EVSE (`evse`).
    """

    what: str
    text: str
    word: Word = "good"
    toml: tuple[str, ...] = ()
    evse: tuple[str, ...] = ()


def lines_of(trial: Trial) -> list[Line]:
    """The whole card, in the order in which an installer reads it."""
    known = trial.known
    if known.terms.kind is Kind.DEAD_MAN:
        return list(_dead_man(known))
    rows = (_purposes, _unit, _levels, _minimum, _zero, _reaction, _phases, _ping, _coming_back)
    return [line for row in rows for line in row(known)]


def toml_of(trial: Trial) -> str:
    """What to put into the configuration; empty where the defaults are right."""
    lines = lines_of(trial)
    keys = [key for line in lines for key in line.toml]
    evse = [key for line in lines for key in line.evse]
    if evse:
        keys.append(f"evses = [{{ id = {trial.known.evse_id}, {', '.join(evse)} }}]  # add to what is there")
    if not keys:
        return ""
    name = trial.known.station.identity.replace("\\", "\\\\").replace('"', '\\"')
    return "\n".join(["[[station]]", f'identity = "{name}"', *keys]) + "\n"


def told(trial: Trial) -> dict[str, Any]:
    """The trial as a JSON object: how far it is, and what was found."""
    known = trial.known
    view, over = trial.view, trial.over
    lines = lines_of(trial) if over else []
    return {
        "station": known.station.identity,
        "evse": known.evse_id,
        "kind": known.terms.kind.value,
        "state": "running" if not over else "done" if trial.why is None else "stopped",
        "why": trial.why,
        "began_at": trial.began_at,
        "ended_at": trial.ended_at,
        "step": None if trial.step is None else trial.step.title,
        "step_since": None if trial.step is None else trial.since,
        "step_within_s": None if trial.step is None else trial.step.within_s,
        "share_a": None if view is None else view.share_a,
        "drawn_a": None if view is None or view.measured_at is None else view.drawn_a,
        "steps": [_step(key, one) for key, one in known.results.items()],
        "card": [{"what": one.what, "text": one.text, "word": one.word} for one in lines],
        "toml": toml_of(trial) if over else "",
    }


def _step(key: str, one: Result) -> dict[str, Any]:
    return {"key": key, "title": one.title, "came": one.came.value, "took_s": round(one.took_s, 1),
            "drawn_a": one.drawn_a}  # fmt: skip


# --- the probe --------------------------------------------------------------------------------------------------------


def _purposes(known: Known) -> Iterator[Line]:
    """Which kinds of profile are taken and followed, and which of them should be used."""
    came = known.came("daily")
    if known.working:
        seen = {Came.YES: "taken and followed", None: "taken"}.get(came, "taken, but the car does not follow")
        yield Line(what=WORDS[known.daily], text=f"{seen} (in daily use)", word="bad" if came is Came.NO else "good")
    for actuator in KINDS:
        tried = {key: known.results[key] for key, _ in variants(known, actuator) if key in known.results}
        if tried:
            text = "; ".join(_tried(known, actuator, key, one) for key, one in tried.items())
            follows = any(one.came is Came.YES for one in tried.values())
            yield Line(what=WORDS[actuator], text=text, word="good" if follows else "note")
    lever = best(known)
    if lever is None:
        yield Line(what="control", text="nothing it takes limits it", word="bad", toml=('control = "uncontrolled"',))
    elif lever.actuator is not _first(known):
        yield Line(
            what="control",
            text=f"by {WORDS[lever.actuator]}",
            toml=(f'control = "{lever.actuator.value}"', *_how(lever)),
        )
    else:
        yield Line(what="control", text=f"by {WORDS[lever.actuator]}, which is tried first anyway", toml=_how(lever))


def _tried(known: Known, actuator: Actuator, key: str, one: Result) -> str:
    how = {"unnamed": "without transactionId: ", "relative": "Relative: ", "W": "in watts: ", "A": "in amperes: "}
    prefix = "".join(how.get(part, "") for part in key.split(":")[1:])
    if one.came is Came.YES:
        return prefix + ("taken and followed" if known.contrast else "taken")
    if one.came is Came.REFUSED:
        return prefix + "refused"
    above = actuator is Actuator.TX_DEFAULT and Purpose.TX.value in known.sight.csms_levels
    return prefix + "taken, but the car does not follow" + ("; the CSMS's TxProfile is stronger" if above else "")


def _first(known: Known) -> Actuator:
    """What dispatch would try first if nobody said anything."""
    return capability.order_of(replace(known.station, control=None))[0]


def _how(lever: Lever) -> tuple[str, ...]:
    keys = []
    if not lever.named:
        keys.append("names_transaction = false")
    if lever.relative:
        keys.append("relative_profiles = true")
    return tuple(keys)


def _unit(known: Known) -> Iterator[Line]:
    lever = best(known)
    both = [key for key in ("unit:A", "unit:W") if known.came(key) is Came.YES]
    refused = [key for key in ("unit:A", "unit:W") if known.came(key) is Came.REFUSED]
    if lever is None:
        return
    word = unit_word(lever.unit)
    text = "amperes and watts" if both else f"{word} only" if refused or lever.unit is not known.station.unit else word
    yield Line(
        what="unit", text=text, toml=() if lever.unit is known.station.unit else (f'limit_unit = "{lever.unit}"',)
    )


def _levels(known: Known) -> Iterator[Line]:
    tried = [key for key in known.results if key.startswith("level:")]
    taken, told = level_taken(known), told_of(known)["level"]
    says = f"; it says {told}" if told is not None else ""
    if taken is not None:
        above = known.sight.csms_levels
        low = taken < 8 or taken <= max(above.values(), default=-1)
        keys = (f"max_stack_level = {taken}",) if low else ()
        yield Line(what="stackLevel", text=f"up to {taken} taken{says}", toml=keys)
    elif tried and all(known.came(key) is Came.REFUSED for key in tried):
        yield Line(what="stackLevel", text=f"0 only{says}", toml=("stack_level = 0",))
    elif not tried:
        yield Line(what="stackLevel", text=f"not tried{says}", word="open")


def _minimum(known: Known) -> Iterator[Line]:
    low = known.results.get("low")
    if low is None:
        yield Line(what="minimum current", text=_no_contrast(known), word="open")
        return
    least, drawn_a = known.least_a, low.drawn_a or 0.0
    if drawn_a >= CHARGES_A:
        pauses = {Came.YES: f", pauses at {least - 1:g} A", Came.NO: f", but does not pause at {least - 1:g} A"}
        after = known.came("below")
        text = f"charges at {least:g} A ({drawn_a:.1f} A measured)" + (pauses.get(after, "") if after else "")
        yield Line(what="minimum current", text=text, word="bad" if after is Came.NO else "good")
        return
    reached = [key for key, one in known.results.items() if key.startswith("min:") and one.came is Came.YES]
    if reached:
        found = reached[0].removeprefix("min:")
        text = f"does not charge at {least:g} A, but at {found} A"
        yield Line(what="minimum current", text=text, evse=(f"min_a = {found}",))
    else:
        yield Line(what="minimum current", text=f"does not charge at {least:g} A, nor above", word="bad")


def _zero(known: Known) -> Iterator[Line]:
    paused, woke = known.results.get("zero"), known.results.get("wake")
    if paused is None:
        held = (
            "not tried: hold_minimum is set" if known.station.hold_minimum and known.contrast else _no_contrast(known)
        )
        yield Line(what="0 A", text=held, word="open")
    elif paused.came is not Came.YES:
        hold = ("hold_minimum = true",)
        yield Line(what="0 A", text="does not pause: it charges on", word="bad", toml=hold)
    elif woke is None:
        yield Line(what="0 A", text="pauses; waking up was not tried", word="open")
    elif woke.came is Came.YES:
        yield Line(what="0 A", text=f"pauses after {paused.took_s:.0f} s, wakes up after {woke.took_s:.0f} s")
    else:
        text = f"pauses and does not wake up within {plans.WAKE_S:.0f} s: plug the car in anew"
        yield Line(what="0 A", text=text, word="bad", toml=("hold_minimum = true",))


def _reaction(known: Known) -> Iterator[Line]:
    keys = ("daily", *(key for actuator in WORDS for key, _ in variants(known, actuator)), "zero")
    took = [known.results[key].took_s for key in keys if known.contrast and known.came(key) is Came.YES]
    if not took:
        yield Line(what="reaction", text=_no_contrast(known), word="open")
        return
    worst_s = max(took)
    if any(known.results[key].blunt for key in keys if key in known.results):
        yield Line(what="reaction", text=f"follows within {worst_s:.0f} s; its meter cannot be asked more often")
        return
    slow = worst_s > max(SLOW_S, known.station.tolerance.reaction_s)
    span = f"{worst_s:.0f}" if worst_s - min(took) < 1 else f"{min(took):.0f} to {worst_s:.0f}"
    text = f"follows {span} s after it took an order"
    advice = f"; set reaction_s of [charging] to {worst_s + 5:.0f}" if slow else ""
    yield Line(what="reaction", text=text + advice, word="bad" if slow else "good")


def _phases(known: Known) -> Iterator[Line]:
    much, little, again = (known.results.get(key) for key in ("even", "low", "even:again"))
    if much is None or little is None or again is None:
        yield Line(what="phases", text=_no_contrast(known), word="open")
        return
    step_a = (much.drawn_a or 0.0) - (little.drawn_a or 0.0)
    shown = [rotation.of_station(one.currents) for one in (much, little, again)]
    here = rotation.moved([(shown[0], shown[1]), (shown[2], shown[1])], step_a)
    yield Line(what="phases", text=_conductors("the station's", here), word="open" if not here else "good")
    for name in sorted(set(much.meters) & set(little.meters) & set(again.meters)):
        low = little.meters[name]
        there = rotation.moved([(much.meters[name], low), (again.meters[name], low)], step_a)
        if there != ():
            yield from _wiring(known, name, here, there)


def _wiring(known: Known, name: str, here: tuple[int, ...] | None, there: tuple[int, ...] | None) -> Iterator[Line]:
    text = _conductors(f"{name}:", there)
    if not here or not there:
        yield Line(what="wiring", text=text, word="open")
        return
    found = rotation.candidates(here, there, known.station.outlet(known.evse_id).phases)
    if not found:
        yield Line(what="wiring", text=f"{text}; a one-phase car would tell their order", word="open")
    else:
        others = f" (or {', '.join(found[1:])})" if found[1:] else ""
        keys = (f'phase_rotation = "{found[0]}"',)
        yield Line(what="wiring", text=f"{text}: {found[0]}{others}", toml=keys)


def _conductors(whose: str, moved: tuple[int, ...] | None) -> str:
    if moved is None:
        return f"{whose} phases moved unclearly: others switch too; try again"
    if not moved:
        return f"{whose} phases do not follow"
    return f"{whose} {', '.join(f'L{number}' for number in moved)} follow{'s' if len(moved) == 1 else ''}"


def _ping(known: Known) -> Iterator[Line]:
    came = known.came("ping")
    if came is Came.YES:
        yield Line(what="ping", text="answered")
    elif came is not None:
        yield Line(what="ping", text="not answered; pings are useless here", toml=("ping_s = 0",))


def _coming_back(known: Known) -> Iterator[Line]:
    drop, close = known.results.get("drop"), known.results.get("close")
    if drop is not None:
        back = drop.came is Came.YES
        text = f"back after {drop.took_s:.0f} s" if back else f"not back within {plans.BACK_S:.0f} s"
        yield Line(what="TCP drop", text=text, word="good" if back else "bad")
    if close is None:
        yield Line(what="close frame", text="not tried", word="open")
    elif close.came is Came.YES:
        yield Line(what="close frame", text=f"back after {close.took_s:.0f} s")
    else:
        text = f"not back within {plans.BACK_S:.0f} s: switch the station off and on"
        yield Line(what="close frame", text=text, word="bad", toml=('close_style = "drop"',))


def _no_contrast(known: Known) -> str:
    if not known.terms.car:
        return "not tried without a car"
    if not known.has_car:
        return "not tried: no car charged"
    if not known.contrast:
        return f"not tried: the car takes {known.drawn_a:.1f} A, too little to see it held at {known.least_a:g} A"
    return "not tried"


# --- the dead man's test ----------------------------------------------------------------------------------------------


def _dead_man(known: Known) -> Iterator[Line]:
    fell, failsafe_a = known.results.get("silence"), known.station.outlet(known.evse_id).failsafe_a
    if fell is None:
        told = "no car charged" if not known.has_car else f"the car takes {known.drawn_a:.1f} A, hardly more"
        yield Line(
            what="failsafe", text=f"not tried: it has to draw more than {failsafe_a:g} A, and {told}", word="open"
        )
    elif fell.came is Came.YES:
        text = f"fell to {fell.drawn_a or 0.0:.1f} A after {fell.took_s:.0f} s of silence (failsafe {failsafe_a:g} A)"
        yield Line(what="failsafe", text=text)
    else:
        text = f"still draws {fell.drawn_a or 0.0:.1f} A after {known.silence_s:.0f} s of silence: no lease holds here"
        yield Line(what="failsafe", text=text + "; check its clock, and count it at its rating", word="bad",
                   toml=('control = "uncontrolled"',))  # fmt: skip
