"""A panel's composite schedule for people: its own limits, what its stations' profiles come to, and the lower of both.

Per conductor and in amperes left for charging: min(own limits, sum of children), children being stations and the panels
below (R19). A station counts with the composite schedule of the profiles installed there (K08), whoever set them, and
with its rating where there is none. A panel behind a transformer counts with its stations as they are seen from above.

`node_ask` takes frozen values on the control loop; `node_profiles` works them out in any thread.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import floor
from typing import Any, Final

from localctl.charging.base.instants import Instant, write_instant
from localctl.charging.base.phases import PHASES
from localctl.charging.base.units import HardLimit, Supply
from localctl.charging.composition.composite import Ask, Rating, evse_schedule, station_schedule
from localctl.charging.composition.composite_curves import CompositePeriod as Period
from localctl.charging.composition.composite_curves import Curve, merged, node_schedule, on_the_wire
from localctl.charging.composition.composite_runs import TooManyPieces
from localctl.charging.limiting.limits_effective import Bound
from localctl.charging.loop.ceilings import Ceilings
from localctl.charging.loop.controller import Controller
from localctl.charging.profile.profiles import RateUnit
from localctl.charging.showing.picture_profiles import Installation, book_of, installation
from localctl.charging.tree.topology import EvseId

Json = dict[str, Any]
BOUNDLESS_A: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One conductor of a panel: its bounds over time, and what one ampere of each EVSE adds on it."""

    bounds: tuple[Bound, ...]
    factors: dict[EvseId, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One panel with all below it. `through` panels are behind a transformer."""

    id: str
    lines: dict[str, Line]
    stations: tuple[Installation, ...]
    below: tuple["Node", ...] = ()
    through: tuple["Node", ...] = ()

    def everybody(self) -> list[Installation]:
        """All stations at and below this panel."""
        return [*self.stations, *(one for node in (*self.below, *self.through) for one in node.everybody())]


def node_ask(controller: Controller, panel: str, now: float, hours: int) -> Node:
    """What has to be known of a panel now. KeyError for a panel the site does not have."""
    network = controller.network()
    horizon, factors = controller.horizon(now, hours * 3600.0), Ceilings(network).factors({})
    lines: dict[str, dict[str, Line]] = {}
    for row, bounds, adds in zip(network.rows, horizon.rows, factors, strict=True):
        if row.node[0] == "panel" and row.phase in PHASES:
            lines.setdefault(row.node[1], {}).setdefault(row.phase, Line(bounds=bounds, factors=adds))
    return _node(controller, lines, panel)


def _node(controller: Controller, lines: dict[str, dict[str, Line]], panel: str) -> Node:
    topology = controller.topology
    here = topology.panels[panel]
    mine = sorted(name for name in controller.managed if topology.stations[name].panel == panel)
    nodes = [_node(controller, lines, below) for below in topology.panels_below(panel)]
    through = {node.id for node in nodes if topology.panels[node.id].transformer_ratio is not None}
    return Node(
        id=here.id,
        lines=lines.get(panel, {}),
        stations=tuple(installation(controller, name) for name in mine),
        below=tuple(node for node in nodes if node.id not in through),
        through=tuple(node for node in nodes if node.id in through),
    )


def node_profiles(of: Node, now: float, hours: int) -> Json:
    """Per conductor: the panel's own limit for charging, what all stations below may draw, and the lower of both."""
    start, ask = floor(now), Ask(start_at=Instant(floor(now)), duration_s=hours * 3600, unit=RateUnit.AMPS)
    drawn = {one.station.identity: _Drawn(one, ask) for one in of.everybody()}
    return {
        "panel": of.id,
        "at": write_instant(Instant(start)),
        "stations": sorted(drawn),
        "composite": [
            {
                "phase": phase,
                "unit": "A",
                "all": _written(_composite(of, phase, drawn, start), start),
                "limit": _written(_own(line, start), start),
                "stations": _written(_children(of, phase, line, drawn, start), start),
            }
            for phase, line in of.lines.items()
        ],
    }


class _Drawn:
    """What one station's profiles allow, worked out once for all conductors."""

    def __init__(self, of: Installation, ask: Ask) -> None:
        outlets = of.station.outlets
        ratings = {each.id: _rating(of, each.rating_a, each.phases, dc=each.dc) for each in outlets}
        whole = _rating(of, of.station.full_a, max(each.phases for each in outlets), dc=outlets[0].dc)
        book = book_of(of)
        self.identity, self.evses = of.station.identity, dict[int, Curve]()
        for number, rating in ratings.items():
            try:
                self.evses[number] = evse_schedule(book, number, ask, rating)
            except TooManyPieces:
                self.evses[number] = [Period(0, of.station.outlet(number).rating_a)]
        self.whole: Curve = [Period(0, of.station.full_a)]
        if len(outlets) > 1:
            with suppress(TooManyPieces):
                self.whole = station_schedule(book, ratings, ask, whole)

    def on(self, line: Line) -> Curve | None:
        """The station's curve on a conductor; None where it is not on it."""
        adds = {number: line.factors.get((self.identity, number), 0.0) for number in self.evses}
        parts = [_times(self.evses[number], factor) for number, factor in adds.items() if factor > 0]
        return node_schedule([_times(self.whole, max(adds.values()))], parts, RateUnit.AMPS) if parts else None


def _rating(of: Installation, most_a: float, phases: int, *, dc: bool) -> Rating:
    hard = HardLimit(limit_a=most_a)
    return Rating(supply=Supply(voltage_v=of.voltage_v, default_phases=phases, dc=dc), local=hard, default=hard)


def _times(curve: Curve, factor: float) -> Curve:
    return [Period(period.start_s, period.limit * factor) for period in curve]


def _composite(of: Node, phase: str, drawn: dict[str, _Drawn], start: int) -> Curve:
    line = of.lines[phase]
    return node_schedule([_own(line, start)], [_children(of, phase, line, drawn, start)], RateUnit.AMPS)


def _children(of: Node, phase: str, line: Line, drawn: dict[str, _Drawn], start: int) -> Curve:
    seen = [*of.stations, *(one for node in of.through for one in node.everybody())]
    curves = [curve for one in seen if (curve := drawn[one.station.identity].on(line)) is not None]
    curves += [_composite(node, phase, drawn, start) for node in of.below if phase in node.lines]
    return node_schedule([], curves, RateUnit.AMPS) if curves else [Period(0, 0.0)]


def _own(line: Line, start: int) -> Curve:
    amps: Iterable[tuple[float, float | None]] = ((bound.begins, bound.value) for bound in line.bounds)
    return merged([Period(floor(max(at, start)) - start, BOUNDLESS_A if a is None else a) for at, a in amps])


def _written(curve: Curve, start: int) -> list[Json]:
    return [
        {
            "from": write_instant(Instant(start + period.start_s)),
            "limit_a": None if period.limit >= BOUNDLESS_A else period.limit,
        }
        for period in on_the_wire(curve)
    ]
