"""The report of a day as one HTML page without anything from elsewhere, light or dark as the reader likes."""

from collections.abc import Iterator, Sequence
from html import escape
from math import isfinite
from typing import Final

from localctl.simulate.day import Outcome
from localctl.simulate.figures import Figures, Line, figures_of, quantile
from localctl.simulate.history import BUCKET_S
from localctl.simulate.judge import Cause
from localctl.simulate.plot import Curve, legend, steps_plot
from localctl.simulate.report import WORDS, amount, clock, verdict
from localctl.simulate.wiring import LINES

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #687076; --paper: #fcfcfd; --rule: #d7dbdf; --one: #0b68cb;
  --two: #c2410c; --three: #2b8a3e; --limit: #c92a2a; --good: #2b8a3e; --bad: #c92a2a }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --soft: #a0a7ad; --paper: #16181a; --rule: #3a3f44;
  --one: #6cb2ff; --two: #ff9f5a; --three: #7ed38b; --limit: #ff7b7b; --good: #7ed38b; --bad: #ff7b7b } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 52rem;
  margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: right; padding: .15rem .6rem;
  border-bottom: 1px solid var(--rule) } td:first-child, th:first-child { text-align: left }
.verdict { font-weight: 600 } .good { color: var(--good) } .bad { color: var(--bad) }
svg { width: 100%; height: auto } svg text { font-size: 11px; fill: var(--soft) }
svg path { fill: none; stroke-width: 1.5 } svg .grid { stroke: var(--rule); stroke-width: .5 }
path.l1 { stroke: var(--one) } path.l2 { stroke: var(--two) } path.l3 { stroke: var(--three) }
path.limit { stroke: var(--limit); stroke-dasharray: 5 3 }
.legend span { margin-right: 1rem } .legend .l1 { color: var(--one) } .legend .l2 { color: var(--two) }
.legend .l3 { color: var(--three) } .legend .limit { color: var(--limit) }
@media (max-width: 30rem) { td, th { padding: .15rem .25rem; font-size: .85rem } }
"""


def html_report(outcome: Outcome) -> str:
    """The whole page."""
    figures = figures_of(outcome)
    bad = bool(outcome.bugs or figures.fuse_faults or figures.limit_faults)
    body = [
        f"<h1>A simulated day: {escape(outcome.day.config.controller.name or 'site')}</h1>",
        f'<p class="verdict {"bad" if bad else "good"}">{escape(verdict(figures, outcome.bugs))}</p>',
        *_summary(outcome, figures),
        *_plots(outcome),
        *_limits(outcome, figures),
        *_excess(outcome, figures),
        *_stations(outcome),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>localctl simulate</title>'
        f"<style>{STYLE}</style></head><body>{''.join(body)}</body></html>\n"
    )


def _summary(outcome: Outcome, figures: Figures) -> Iterator[str]:
    part = figures.got_wh / figures.asked_wh if figures.asked_wh else 1.0
    waits = figures.waits_s
    longest = f"{quantile(waits, 0.5):.0f} s / {quantile(waits, 0.95):.0f} s / {quantile(waits, 1.0):.0f} s"
    yield _table(
        ("", ""),
        [
            ("Simulated", f"{outcome.day.scenario.hours:g} h in {outcome.took_s:.1f} s, seed {outcome.day.seed}"),
            ("Energy", f"{figures.got_wh / 1000:.1f} of {figures.asked_wh / 1000:.1f} kWh asked for ({part:.1%})"),
            ("Cars", f"{figures.cars}, the worst off got {figures.least_part:.0%}"),
            ("Fairness (Jain)", f"{figures.jain:.3f}"),
            ("First ampere after (median / 95 % / longest)", longest),
            ("Cars that never got an ampere", str(figures.never)),
            ("Profiles written", str(sum(figures.writes.values()))),
            ("Orders and answers spoilt", str(outcome.hits)),
            ("The box died", f"{outcome.deaths} times"),
            ("Reaction time of stations", f"up to {outcome.reaction_s:g} s, counted inside the limits"),
        ],
    )


def _plots(outcome: Outcome) -> Iterator[str]:
    start = outcome.day.scenario.start
    start_h = start.hour + start.minute / 60
    for panel in dict.fromkeys(spot[0] for spot in outcome.history.points):
        lines = [(line, outcome.history.points[panel, line]) for line in LINES]
        curves = [
            Curve(name=line, style=line.lower(), values=[point.load for point in points]) for line, points in lines
        ]
        buckets = zip(*(points for _, points in lines), strict=True)
        limits = [min(point.limit for point in points) for points in buckets]
        curves.append(Curve(name="lowest limit", style="limit", values=limits))
        yield f"<h2>{escape(panel)}</h2>{legend(curves)}"
        yield steps_plot(curves, bucket_h=BUCKET_S / 3600, start_h=start_h, unit=" A", title=f"Load of {panel}")


def _limits(outcome: Outcome, figures: Figures) -> Iterator[str]:
    yield "<h2>Limits and highest loads</h2>"
    head = ("Panel", "Line", "Limit", "Highest load", "Closest", "Of", "Part", "When")
    yield _table(head, [_limit_row(outcome, line) for line in figures.lines])


def _limit_row(outcome: Outcome, line: Line) -> tuple[str, ...]:
    spent, name = line.spent, line.spot[1]
    part = f"{spent.closest_part:.1%}" if isfinite(spent.closest_part) else "-"
    return (
        line.spot[0],
        name,
        "fuse" if line.hard else "set",
        amount(spent.peak, name),
        amount(spent.closest, name),
        amount(spent.closest_limit, name),
        part,
        clock(outcome, spent.closest_at) if spent.closest_at else "-",
    )


def _excess(outcome: Outcome, figures: Figures) -> Iterator[str]:
    yield "<h2>Ampere-seconds above a limit</h2>"
    yield _table(("Why", "A·s"), [(WORDS[cause], f"{figures.over.get(cause, 0.0):.1f}") for cause in Cause])
    if outcome.world.incidents:
        rows = [
            (clock(outcome, one.at), *one.spot, amount(one.load, one.spot[1]), amount(one.limit, one.spot[1]))
            for one in outcome.world.incidents
        ]
        yield _table(("When", "Panel", "Line", "Load", "Limit"), rows)


def _stations(outcome: Outcome) -> Iterator[str]:
    yield "<h2>Stations</h2>"
    rows = []
    for name, writes in sorted(outcome.writes.items()):
        stays = [stay for stay in outcome.stays if stay.identity == name]
        got, asked = sum(stay.served_wh for stay in stays), sum(stay.asked_wh for stay in stays)
        rows.append((name, str(len(stays)), f"{asked / 1000:.1f}", f"{got / 1000:.1f}", str(writes)))
    yield _table(("Station", "Cars", "kWh asked for", "kWh delivered", "Profiles written"), rows)


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head) if any(head) else ""
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<tr>{top}</tr>' if top else ''}{body}</table>"
