"""The site as rows: sum of k times x <= C, one row per panel and phase, compiled once per topology.

A row is a conductor of a panel, a station with several EVSEs, a power limit, a group, or a strict imbalance limit. The
set of rows an EVSE loads, with its factors k, is its *footprint*; many EVSEs share one. Footprints depend on which
conductors a car really uses (unknown: all the EVSE has), so they are looked up by EVSE and conductors and kept.

A *lane* is what a row adds up: a plain row has one, a row with angles one per direction (see `rows_phasor`). Plain
rows come first and have the lane of their own number, so the fill works on flat lists of numbers.
"""

import cmath
import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import combinations

from localctl.charging.base import phases as copper
from localctl.charging.base.phases import PHASES, Vector
from localctl.charging.tree.rows_phasor import Subsets, closure, length
from localctl.charging.tree.topology import Evse, EvseId, Imbalance, Panel, Path, Station, Topology

POWER, SUM = "W", "sum"


class RowKind(Enum):
    """What a row adds up: amperes of a conductor, watts, a weighted group, or one- and two-phase cars of a phase."""

    CURRENT = "current"
    POWER = "power"
    GROUP = "group"
    IMBALANCE = "imbalance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One limit over many EVSEs. `phase` is L1 to L3, "W" or "sum"; `directions` are empty for a plain sum."""

    node: Path
    phase: str
    kind: RowKind
    lanes: tuple[int, ...]
    directions: tuple[complex, ...] = ()
    subsets: Subsets = ()

    @property
    def name(self) -> str:
        """Such as `panel main L1`."""
        return f"{' '.join(self.node)} {self.phase}"


@dataclass(frozen=True, slots=True)
class Footprint:
    """What one ampere of an EVSE adds where: lanes grouped by equal factor, and the rows they belong to."""

    blocks: tuple[tuple[float, tuple[int, ...]], ...]
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Spec:
    """A row before lanes are dealt out; `angles` are the directions that meet there, in hundredths of a degree."""

    node: Path
    phase: str
    kind: RowKind
    angles: tuple[int, ...]


class Network:
    """The compiled rows of a site. Nothing changes but the table of footprints, which fills as cars show themselves."""

    __slots__ = (
        "_by_use",
        "_group_weights",
        "_index",
        "_on_lane",
        "_rows_at",
        "footprints",
        "lane_count",
        "rows",
        "topology",
    )

    def __init__(self, topology: Topology, rows: tuple[Row, ...], lane_count: int) -> None:
        self.topology, self.rows, self.lane_count = topology, rows, lane_count
        self.footprints: list[Footprint] = []
        self._on_lane: list[list[int]] = [[] for _ in range(lane_count)]
        self._by_use: dict[tuple[EvseId, tuple[int, ...] | None], int] = {}
        self._index: dict[Footprint, int] = {}
        self._rows_at: dict[Path, list[int]] = {}
        for number, row in enumerate(rows):
            self._rows_at.setdefault(row.node, []).append(number)
        self._group_weights = {group.id: dict(group.weights) for group in topology.groups}

    def footprint(self, evse: EvseId, used: tuple[int, ...] | None = None) -> int:
        """The number of the footprint of an EVSE whose car uses the conductors `used` (None: all the EVSE has).

        Conductors the EVSE does not have are ignored; if none is left, all of them count.
        """
        try:
            return self._by_use[evse, used]
        except KeyError:
            own = self.topology.evse(evse).phases
            known = tuple(number for number in own if number in (used or own)) or own
            self._by_use[evse, used] = number = self._number(self._build(evse, known))
            return number

    def rows_at(self, node: Path) -> list[int]:
        """The rows of one node."""
        return self._rows_at.get(node, [])

    def on_lane(self, lane: int) -> list[int]:
        """The footprints that load this lane."""
        return self._on_lane[lane]

    def load(self, row: int, used: list[float]) -> float:
        """What `row` carries when the lanes carry `used`: the plain sum, or the longest sum of arrows."""
        here = self.rows[row]
        if not here.subsets:
            return used[row]
        return length(here.subsets, here.directions, [used[lane] for lane in here.lanes])

    def _number(self, footprint: Footprint) -> int:
        if footprint not in self._index:
            self._index[footprint] = len(self.footprints)
            for _, lanes in footprint.blocks:
                for lane in lanes:
                    self._on_lane[lane].append(len(self.footprints))
            self.footprints.append(footprint)
        return self._index[footprint]

    def _build(self, evse: EvseId, used: tuple[int, ...]) -> Footprint:
        station = self.topology.stations[evse[0]]
        flows = dict(_flows(self.topology, station, used))
        by_factor: dict[float, list[int]] = {}
        touched = []
        nodes = [*flows, *(("group", group.id) for group in self.topology.groups)]
        for number in sorted(number for node in nodes for number in self._rows_at.get(node, ())):
            row = self.rows[number]
            factor, angle = self._factor(row, evse, used, flows)
            if factor > 0:
                lane = row.lanes[_nearest(angle, row.directions)] if row.directions else number
                by_factor.setdefault(factor, []).append(lane)
                touched.append(number)
        blocks = tuple((factor, tuple(lanes)) for factor, lanes in sorted(by_factor.items()))
        return Footprint(blocks, tuple(touched))

    def _factor(
        self, row: Row, evse: EvseId, used: tuple[int, ...], flows: dict[Path, Vector]
    ) -> tuple[float, complex]:
        if row.kind is RowKind.GROUP:
            return self._group_weights[row.node[1]].get(evse, 0.0), 1 + 0j
        if row.kind is RowKind.POWER:
            return _power_w(self.topology, evse, used), 1 + 0j
        if row.kind is RowKind.IMBALANCE and len(used) == 3:
            return 0.0, 1 + 0j
        current = flows[row.node][PHASES.index(row.phase)]
        return round(abs(current), 9), current


def compile_rows(topology: Topology, watts: frozenset[Path] = frozenset()) -> Network:
    """The rows of a site, with more rows for nodes named in `watts`, because some source limits them.

    Those are panels limited in watts, and stations limited in anything (a station with one EVSE has no row else).

    Compile again when the topology or the set of such nodes changes; everything else is capacities.
    """
    specs = list(_specs(topology, watts))
    rows, lane = [], len(specs)
    for number, spec in enumerate(specs):
        if len(spec.angles) < 2:
            rows.append(Row(node=spec.node, phase=spec.phase, kind=spec.kind, lanes=(number,)))
            continue
        lanes = tuple(range(lane, lane + len(spec.angles)))
        directions = tuple(cmath.rect(1, math.radians(part / 100)) for part in spec.angles)
        found = closure(directions)
        rows.append(
            Row(node=spec.node, phase=spec.phase, kind=spec.kind, lanes=lanes, directions=directions, subsets=found)
        )
        lane += len(spec.angles)
    return Network(topology, tuple(rows), lane)


def _specs(topology: Topology, watts: frozenset[Path]) -> Iterator[_Spec]:
    angles = _angles(topology)
    for name in sorted(topology.panels):
        panel, node = topology.panels[name], ("panel", name)
        for phase in panel.phases:
            yield _Spec(node, PHASES[phase], RowKind.CURRENT, angles.get((node, phase), ()))
        if panel.limit_w is not None or node in watts:
            yield _Spec(node, POWER, RowKind.POWER, ())
        if panel.imbalance_limit_a is not None and panel.imbalance is Imbalance.STRICT:
            for phase in panel.phases:
                yield _Spec(node, PHASES[phase], RowKind.IMBALANCE, ())
    for name in sorted(topology.stations):
        station, node = topology.stations[name], ("station", name)
        if station.max_a is not None or len(station.evses) > 1 or node in watts:
            for phase in topology.panels[station.panel].phases:
                yield _Spec(node, PHASES[phase], RowKind.CURRENT, angles.get((node, phase), ()))
        if node in watts:
            yield _Spec(node, POWER, RowKind.POWER, ())
    for group in sorted(topology.groups, key=lambda group: group.id):
        yield _Spec(("group", group.id), SUM, RowKind.GROUP, ())


def _angles(topology: Topology) -> dict[tuple[Path, int], tuple[int, ...]]:
    """The directions that can meet on each conductor where angles matter; nothing where all cars are in phase."""
    if not any(station.line_to_line for station in topology.stations.values()) and not any(
        panel.transformer_ratio for panel in topology.panels.values()
    ):
        return {}
    found: dict[tuple[Path, int], set[int]] = {}
    for station in topology.stations.values():
        for used in {use for evse in station.evses for use in _uses(evse)}:
            for node, flow in _flows(topology, station, used):
                for phase, current in enumerate(flow):
                    if abs(current) > 1e-9:
                        found.setdefault((node, phase), set()).add(_hundredths(current))
    return {key: tuple(sorted(angles)) for key, angles in found.items()}


def _uses(evse: Evse) -> list[tuple[int, ...]]:
    return [use for size in (1, 2, 3) for use in combinations(evse.phases, size)]


def _flows(topology: Topology, station: Station, used: tuple[int, ...]) -> Iterator[tuple[Path, Vector]]:
    """What an ampere through `used` is on the station and on every panel above it, transformers passed through."""
    chain = topology.panels_above(station.panel)
    flow = _at_station(station, chain[0], used)
    yield ("station", station.identity), flow
    for panel in chain:
        yield ("panel", panel.id), flow
        if panel.transformer_ratio is not None:
            flow = copper.through_delta_wye(flow, panel.transformer_ratio)


def _at_station(station: Station, panel: Panel, used: tuple[int, ...]) -> Vector:
    wired = copper.conductors(station.phase_rotation, used)
    if wired is None:
        return copper.star(panel.phases)
    if station.line_to_line and len(used) < 3:
        order = copper.ROTATIONS[station.phase_rotation]
        return copper.line_to_line(tuple((order[number - 1], order[number % 3]) for number in used))
    return copper.star(wired)


def _power_w(topology: Topology, evse: EvseId, used: tuple[int, ...]) -> float:
    """Watts per ampere: the nominal voltage of every conductor used, or the voltage between two of them."""
    station, voltage_v = topology.stations[evse[0]], topology.site.nominal_voltage_v
    if station.line_to_line and len(used) < 3:
        return voltage_v * math.sqrt(3) * len(used)
    return voltage_v * len(used)


def _hundredths(current: complex) -> int:
    return round(math.degrees(cmath.phase(current)) * 100) % 36000


def _nearest(current: complex, directions: tuple[complex, ...]) -> int:
    unit = current / abs(current)
    return min(range(len(directions)), key=lambda i: abs(directions[i] - unit))
