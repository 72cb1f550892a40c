"""The electrical part of the live view: panels with a bar per phase, and why each station has the amperes it has.

Bars show what is measured, what is given out beyond that, and what is still free up to the limit, on the scale of the
panel's fuse. All of it is the box's own picture (`GET /api/v1/site`).
"""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from localctl.demo.cast import PANELS, Panel

BAR = 12
MEASURED, GIVEN, FREE, SHUT = "█", "▒", "░", "·"
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
    "unread": "not known yet",
    "below_min": "CSMS too low",
    "imbalance": "uneven phases",
    "invalid": "no sense",
    "pausing": "pauses",
    "empty": "no car",
    "yielding": "no car",
    "full": "car is full",
    "reserved": "reserved",
    "away": "away",
    "unheard": "never came",
    "uncontrolled": "uncontrolled",
    "idle": "no car",
}
Json = dict[str, Any]


def panels_table(picture: Json) -> Table:
    """One row per panel, one bar per phase."""
    title = f"amperes measured {MEASURED} / given {GIVEN} / limit {FREE}, up to the fuse {SHUT}"
    table = Table(title=title, title_justify="left", expand=False, box=SIMPLE_HEAD)
    table.add_column("panel")
    for phase in PHASES:
        table.add_column(phase, no_wrap=True)
    table.add_column("limited by")
    shown = {one["id"]: one for one in picture["panels"]}
    for panel in PANELS:
        if panel.id in shown:
            phases = shown[panel.id]["phases"]
            sources = sorted({one["source"] for one in phases.values()})
            table.add_row(panel.id, *(_cell(phases[phase], panel) for phase in PHASES), " + ".join(sources))
    return table


def _cell(phase: Json, panel: Panel) -> Text:
    limit_a = panel.fuse_a if phase["limit_a"] is None else min(phase["limit_a"], panel.fuse_a)
    measured_a, given_a = phase["measured_a"], phase["allocated_a"] or 0.0
    flows = "?" if measured_a is None else f"{measured_a:.0f}"
    text = Text(bar(measured_a or 0.0, given_a, limit_a, panel.fuse_a))
    text.append(f" {flows}/{given_a:.0f}/{limit_a:.0f}", style="red" if phase["over_a"] else "")
    return text


def bar(measured_a: float, given_a: float, limit_a: float, fuse_a: float) -> str:
    """A bar of twelve characters for amperes from 0 to the fuse."""
    ends = [round(min(amps, fuse_a) / fuse_a * BAR) for amps in (measured_a, given_a, limit_a)]
    flows, given, free = ends[0], max(ends[0], ends[1]), max(ends)
    return MEASURED * flows + GIVEN * (given - flows) + FREE * (free - given) + SHUT * (BAR - free)


def whys(picture: Json) -> dict[str, str]:
    """In a few words, by identity, why each station has its amperes."""
    return {one["identity"]: why(one) for one in picture["stations"]}


def why(station: Json) -> str:
    """The node, phase and source that bind; or the reason; of each EVSE that differs."""
    if any(evse["distrusted"] for evse in station["evses"]):
        return "disobeys"
    return ", ".join(dict.fromkeys(_why(evse) for evse in station["evses"]))


def _why(evse: Json) -> str:
    binding = evse["binding"]
    if binding is not None and evse["reason"] == "row":
        node = binding["node"].partition(":")[2]
        return f"{node} {binding['phase']} ({binding['source']})"
    return WORDS.get(evse["reason"], str(evse["reason"]))
