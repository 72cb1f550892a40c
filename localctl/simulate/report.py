"""The report of a day as plain text."""

from collections.abc import Iterator
from datetime import datetime
from math import isfinite
from typing import Final
from zoneinfo import ZoneInfo

from localctl.config.report import counted
from localctl.simulate.day import Outcome
from localctl.simulate.figures import Figures, Line, figures_of, quantile
from localctl.simulate.judge import Cause
from localctl.simulate.wiring import WATTS

WORDS: Final = {
    Cause.FAULT: "by the controller's fault",
    Cause.REACTION: "while cars were following a limit that had just been set",
    Cause.UNREACHABLE: "above a set limit by stations that could not be told",
    Cause.LIAR: "by stations that disobey, before it could be noticed or with nobody left to cut",
    Cause.MEDDLED: "until a profile change of the CSMS was put right",
}


def text_report(outcome: Outcome) -> str:
    """Lines for a terminal or a log."""
    return "\n".join(_lines(outcome, figures_of(outcome)))


def verdict(figures: Figures, bugs: list[str]) -> str:
    """One sentence: good or bad."""
    if bugs:
        return f"FAILED: {counted(len(bugs), 'internal error')}, first: {bugs[0]}"
    if figures.fuse_faults:
        return f"FAILED: {counted(len(figures.fuse_faults), 'fuse')} overdrawn"
    if figures.limit_faults:
        return f"FAILED: {counted(len(figures.limit_faults), 'set limit')} exceeded"
    return "no fuse and no limit was overdrawn"


def amount(value: float, line: str) -> str:
    """Amperes or watts as people write them; a dash where there is no limit."""
    if not isfinite(value):
        return "-"
    return f"{value / 1000:.1f} kW" if line == WATTS else f"{value:.1f} A"


def clock(outcome: Outcome, at: float) -> str:
    """A moment in the site's time."""
    return f"{datetime.fromtimestamp(at, ZoneInfo(outcome.day.config.site.time_zone)):%a %H:%M:%S}"


def _lines(outcome: Outcome, figures: Figures) -> Iterator[str]:
    scenario = outcome.day.scenario
    yield f"simulated {scenario.hours:g} h in {outcome.took_s:.1f} s (seed {outcome.day.seed})"
    yield verdict(figures, outcome.bugs)
    yield from (f"  {bug}" for bug in outcome.bugs)
    yield ""
    part = figures.got_wh / figures.asked_wh if figures.asked_wh else 1.0
    cars = counted(figures.cars, "car")
    yield (
        f"energy     {figures.got_wh / 1000:.1f} of {figures.asked_wh / 1000:.1f} kWh asked for ({part:.1%}) by "
        f"{cars}, the worst off got {figures.least_part:.0%}; fairness (Jain) {figures.jain:.3f}"
    )
    waits = figures.waits_s
    yield (
        f"waiting    first ampere after {quantile(waits, 0.5):.0f} s (median), {quantile(waits, 0.95):.0f} s (95 %), "
        f"{quantile(waits, 1.0):.0f} s (longest); never: {figures.never}"
    )
    writes = sorted(figures.writes.values())
    yield f"writes     {counted(sum(writes), 'profile')}; per station {_spread(writes)}"
    yield (
        f"messages   {outcome.messages} of the stations to the CSMS; {outcome.hits} orders and answers spoilt; "
        f"the box died {counted(outcome.deaths, 'time')}"
    )
    yield f"reaction   stations follow within {outcome.reaction_s:g} s (configured), counted inside the limits"
    yield ""
    yield from _table(outcome, figures)
    yield ""
    yield "ampere-seconds (watt-seconds) above a limit:"
    for cause, words in WORDS.items():
        yield f"  {figures.over.get(cause, 0.0):10.1f}  {words}"
    for incident in outcome.world.incidents[:10]:
        kind = "fuse" if incident.hard else "limit"
        yield (
            f"  {clock(outcome, incident.at)} {incident.spot[0]} {incident.spot[1]}: "
            f"{amount(incident.load, incident.spot[1])}, {kind} {amount(incident.limit, incident.spot[1])}"
        )


def _table(outcome: Outcome, figures: Figures) -> Iterator[str]:
    yield f"{'panel':<16}{'line':<6}{'limit':<8}{'highest load':>14}{'closest':>12}{'of':>12}{'part':>8}{'when':>16}"
    for line in figures.lines:
        yield _row(outcome, line)


def _row(outcome: Outcome, line: Line) -> str:
    spent, name = line.spent, line.spot[1]
    return (
        f"{line.spot[0]:<16}{name:<6}{'fuse' if line.hard else 'set':<8}{amount(spent.peak, name):>14}"
        f"{amount(spent.closest, name):>12}{amount(spent.closest_limit, name):>12}{spent.closest_part:>8.1%}"
        f"{clock(outcome, spent.closest_at):>16}"
    )


def _spread(values: list[int]) -> str:
    if not values:
        return "-"
    return f"{values[0]} (fewest), {values[len(values) // 2]} (median), {values[-1]} (most)"
