"""The electrical part of the live view: panels with a bar per phase, and why each station has the amperes it has.

Bars show what is measured, what is given out beyond that, and what is still free up to the limit, on the scale of the
panel's fuse. All of it is the box's own picture (`GET /api/v1/site`).
"""

from typing import Any

from rich.table import Table
from rich.text import Text

from localctl.demo.cast import PANELS, Panel

BAR, SHORT_BAR = 12, 6
WIDE = 100
"""Columns of a terminal with room for the longer bars."""
MEASURED, GIVEN, FREE, SHUT = "█", "▒", "░", "·"
DISOBEYS = "disobeys"
PHASES = ("L1", "L2", "L3")
WORDS = {
    "rating": "own maximum",
    "csms": "CSMS profile",
    "appetite": "the car",
    "target": "its plan",
    "held": "small change",
    "waiting": "waits",
    "no_room": "no room",
    "squeezed": "others' excess",
    "probation": "on probation",
    "doubted": "not proven yet",
    "unread": "not known yet",
    "below_min": "CSMS too low",
    "imbalance": "uneven phases",
    "invalid": "no sense",
    "pausing": "pauses",
    "empty": "no car",
    "yielding": "no car",
    "full": "car is full",
    "full_yielding": "car is full",
    "reserved": "reserved",
    "away": "away",
    "unheard": "never came",
    "uncontrolled": "uncontrolled",
    "idle": "no car",
}
Json = dict[str, Any]


def panels_table(picture: Json, *, width: int, starting: bool = False) -> Table:
    """One row per panel, one bar per phase. `starting`: the box has not heard yet what flows everywhere."""
    title = f"amperes measured {MEASURED} / given {GIVEN} / limit {FREE}, up to the fuse {SHUT}"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 1, 0, 0), expand=True)
    for heading in ("panel", *PHASES):
        table.add_column(heading, no_wrap=True)
    table.add_column("limited by", no_wrap=True, ratio=1)
    wide = BAR if width >= WIDE else SHORT_BAR
    shown = {one["id"]: one for one in picture["panels"]}
    for panel in PANELS:
        if panel.id in shown:
            phases = shown[panel.id]["phases"]
            sources = sorted({one["source"] for one in phases.values()})
            cells = [_cell(phases[phase], panel, wide, starting=starting) for phase in PHASES]
            table.add_row(panel.id, *cells, " + ".join(sources))
    return table


def _cell(phase: Json, panel: Panel, wide: int, *, starting: bool) -> Text:
    limit_a = panel.fuse_a if phase["limit_a"] is None else min(phase["limit_a"], panel.fuse_a)
    measured_a, given_a = phase["measured_a"], phase["allocated_a"] or 0.0
    if measured_a is None and starting:
        return Text(f"{bar(0.0, 0.0, limit_a, panel.fuse_a, wide)} starting")
    flows = "?" if measured_a is None else f"{measured_a:.0f}"
    text = Text(bar(measured_a or 0.0, given_a, limit_a, panel.fuse_a, wide))
    text.append(f" {flows}/{given_a:.0f}/{limit_a:.0f}", style="red" if phase["over_a"] else "")
    return text


def bar(measured_a: float, given_a: float, limit_a: float, fuse_a: float, wide: int = BAR) -> str:
    """A bar of so many characters for amperes from 0 to the fuse."""
    ends = [round(min(amps, fuse_a) / fuse_a * wide) for amps in (measured_a, given_a, limit_a)]
    flows, given, free = ends[0], max(ends[0], ends[1]), max(ends)
    return MEASURED * flows + GIVEN * (given - flows) + FREE * (free - given) + SHUT * (wide - free)


def whys(picture: Json) -> dict[str, str]:
    """In a few words, by identity, why each station has its amperes."""
    return {one["identity"]: why(one) for one in picture["stations"]}


def why(station: Json) -> str:
    """The node, phase and source that bind; or the reason; of each EVSE that differs."""
    if any(evse["distrusted"] for evse in station["evses"]):
        return DISOBEYS
    return ", ".join(dict.fromkeys(_why(evse) for evse in station["evses"]))


def _why(evse: Json) -> str:
    binding = evse["binding"]
    if binding is not None and evse["reason"] == "row":
        node = binding["node"].partition(":")[2]
        return f"{node} {binding['phase']} ({binding['source']})"
    return WORDS.get(evse["reason"], str(evse["reason"]))
