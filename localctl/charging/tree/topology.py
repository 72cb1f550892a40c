"""The site as a tree: what hangs on what, and how much each conductor bears.

The words are OCPP's: panels (DistributionPanel) with one fuse per phase, below them other panels, Charging Stations
with their EVSEs, and loads that are not ours to control. Everything is a plain value; `build` turns the values into a
networkx graph and answers with every problem at once. Problems name the thing they are about by a path such as
("station", "CP7"), which whoever read the configuration can turn into a line.

Amperes are per conductor, None for a conductor that is not there. Phases are always the site's: only a station has a
rotation of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

import networkx as nx

from localctl.charging.base.phases import UNKNOWN, PerPhase

Path = tuple[str, ...]
EvseId = tuple[str, int]


class Current(Enum):
    """What the car gets: alternating current straight through, or direct current from a rectifier in the station."""

    AC = "AC"
    DC = "DC"


class Imbalance(Enum):
    """How an imbalance limit is kept: trimmed afterwards, by rows of its own (safe under any drop), or only told."""

    CORRECTIVE = "corrective"
    STRICT = "strict"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What the whole site shares. `nominal_voltage_v` is from conductor to neutral."""

    nominal_voltage_v: float = 230.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A distribution panel: its fuses, what is kept back for others, and what else limits it.

    `transformer_ratio` (primary over secondary line voltage) says that a delta-wye transformer feeds the panel; its
    own fuses are on the secondary side.
    """

    id: str
    parent: str | None
    fuse_a: PerPhase
    reserve_a: float = 0.0
    limit_w: float | None = None
    imbalance_limit_a: float | None = None
    imbalance: Imbalance = Imbalance.CORRECTIVE
    transformer_ratio: float | None = None

    @property
    def phases(self) -> tuple[int, ...]:
        """The conductors (0 to 2) this panel has."""
        return tuple(phase for phase, fuse_a in enumerate(self.fuse_a) if fuse_a is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evse:
    """One EVSE. `phases` are the station's conductors (1 to 3); a DC EVSE counts in amperes on the supply side."""

    id: int
    phases: tuple[int, ...] = (1, 2, 3)
    min_a: float = 6.0
    max_a: float = 32.0
    current: Current = Current.AC
    max_w: float | None = None
    efficiency: float = 0.94

    def rating_a(self, voltage_v: float) -> float:
        """The most it draws per conductor: `max_a`, for DC also what `max_w` at the plug needs at the supply."""
        if self.current is Current.AC or self.max_w is None:
            return self.max_a
        return min(self.max_a, self.max_w / (len(self.phases) * voltage_v * self.efficiency))

    def plug_w(self, amps: float, voltage_v: float) -> float:
        """Watts a DC EVSE may deliver at the plug for `amps` per supply conductor (efficiency taken off)."""
        return amps * len(self.phases) * voltage_v * self.efficiency


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A Charging Station on a panel. `failsafe_a` is what each of its EVSEs may draw when nobody answers.

    `line_to_line` stations connect a single-phase EVSE on conductor n between conductors n and n+1 (208 V).
    `priority` is OCPP's chargingPriority: a higher one is served first. `keeps_profiles` False: a restart may wipe what
    it was told.
    """

    identity: str
    panel: str
    evses: tuple[Evse, ...]
    phase_rotation: str = UNKNOWN
    failsafe_a: float = 6.0
    max_a: float | None = None
    weight: float = 1.0
    priority: int = 0
    controllable: bool = True
    line_to_line: bool = False
    keeps_profiles: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A consumer we do not control: what to keep for it on each phase. A live meter may say better meanwhile."""

    id: str
    panel: str
    reserved_a: PerPhase


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A logical limit across the tree (a tenant, a contract, an operator's set): sum of k times each EVSE's amperes."""

    id: str
    weights: tuple[tuple[EvseId, float], ...]


class Severity(Enum):
    """An error forbids the site; a warning lets it run."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a site: what, where, where else, and the way out."""

    code: str
    path: Path
    message: str
    hint: str
    other: Path | None = None
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """A site that holds together: the values by name, and the graph of their paths (edges from parent to child)."""

    site: Site
    root: str
    panels: dict[str, Panel]
    stations: dict[str, Station]
    loads: dict[str, Load]
    groups: tuple[Group, ...]
    graph: "nx.DiGraph[Path]" = field(repr=False)

    def panels_above(self, panel: str) -> tuple[Panel, ...]:
        """The panel itself and every panel it hangs on, the root last."""
        chain = []
        here: str | None = panel
        while here is not None:
            chain.append(self.panels[here])
            here = self.panels[here].parent
        return tuple(chain)

    def panels_below(self, panel: str) -> tuple[str, ...]:
        """The panels that hang directly on this one, by name."""
        return tuple(sorted(path[1] for path in self.graph.successors(("panel", panel)) if path[0] == "panel"))

    def evse(self, evse: EvseId) -> Evse:
        """The EVSE of that station and number. KeyError when the site has none."""
        for candidate in self.stations[evse[0]].evses:
            if candidate.id == evse[1]:
                return candidate
        raise KeyError(evse)

    @property
    def evses(self) -> tuple[EvseId, ...]:
        """Every EVSE of the site, in order of identity."""
        return tuple((name, evse.id) for name in sorted(self.stations) for evse in self.stations[name].evses)


def draw(panels: Iterable[Panel], stations: Iterable[Station], loads: Iterable[Load]) -> "nx.DiGraph[Path]":
    """The graph as it is written, good or bad: one node per thing, one edge from each parent to what hangs on it."""
    graph: nx.DiGraph[Path] = nx.DiGraph()
    for panel in panels:
        graph.add_node(("panel", panel.id))
        if panel.parent is not None:
            graph.add_edge(("panel", panel.parent), ("panel", panel.id))
    for station in stations:
        graph.add_edge(("panel", station.panel), ("station", station.identity))
        for evse in station.evses:
            graph.add_edge(("station", station.identity), ("station", station.identity, "evse", str(evse.id)))
    for load in loads:
        graph.add_edge(("panel", load.panel), ("load", load.id))
    return graph
