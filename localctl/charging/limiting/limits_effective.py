"""The effective limit of every row over a horizon: the smallest of all that limits it, and whose it was.

What counts: the fuse, a panel's power limit, a station's own rating, and every source on that node, each less what
others draw there (measured or reserved) and less the panel's reserve, unless the source limits charging alone. The
smallest wins and keeps its name; the second smallest is what would bind next.

`change_points` are the instants at which anything changes; between two of them one allocation holds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, isfinite, isnan

from localctl.charging.base.moves import OurBug
from localctl.charging.base.phases import PHASES, PerPhase
from localctl.charging.limiting.limits import Covers, Key, Source, State, words
from localctl.charging.tree.rows import POWER, SUM, Network, Row, RowKind
from localctl.charging.tree.topology import Path, Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """What others draw on a panel, per phase, and how we know ("meter", "reserved", "meter stale: worst case" …)."""

    a: PerPhase
    source: str = "reserved"

    def on(self, phase: int) -> float:
        """Amperes on that conductor: 0 where it does not exist, infinity where the number makes no sense."""
        value = self.a[phase]
        return 0.0 if value is None else max(0.0, value) if isfinite(value) else inf


NOTHING = Other(a=(0.0, 0.0, 0.0), source="nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What limits one row in one span of time: how much is left for charging, who says so, since when, until when.

    `value` None: nothing limits it. `gross` is the source's own figure, before other loads were taken off. It binds
    with this value since `since` (minus infinity: always); the span itself goes from `begins` to `until`.
    """

    value: float | None
    gross: float | None
    source: str
    since: float
    begins: float
    until: float
    state: State = State.LIVE
    next_source: str | None = None
    next_value: float | None = None
    next_gross: float | None = None
    next_state: State = State.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacities:
    """One instant's limits in row order: plain numbers for the allocator (infinity: none), and reasons for people."""

    values: tuple[float, ...]
    bounds: tuple[Bound, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """Every row's bounds from `start` to `end`, each list in order of time and without gaps."""

    start: float
    end: float
    rows: tuple[tuple[Bound, ...], ...]

    def at(self, instant: float) -> Capacities:
        """The limits that hold at an instant of the horizon."""
        bounds = tuple(row[bisect_right(row, instant, key=lambda bound: bound.begins) - 1] for row in self.rows)
        return Capacities(values=tuple(inf if b.value is None else b.value for b in bounds), bounds=bounds)

    @property
    def change_points(self) -> tuple[float, ...]:
        """The start, and every later instant before the end at which some row's value changes."""
        points = {self.start}
        for row in self.rows:
            for before, after in pairwise(row):
                if before.value != after.value and self.start < after.begins < self.end:
                    points.add(after.begins)
        return tuple(sorted(points))


@dataclass(frozen=True, slots=True)
class _Line:
    """One contender on a row during one span."""

    since: float
    until: float
    name: str
    gross: float
    net: float
    state: State


def effective(
    network: Network,
    sources: Iterable[Source],
    others: Mapping[str, Other],
    start: float,
    end: float,
    *,
    now: float | None = None,
    foresee_silence: bool = False,
) -> Horizon:
    """The bounds of every row from `start` to `end`. `others` is what flows on each panel beside our EVSEs.

    A panel that is missing in `others` carries its own loads' reservations (see `reserved`). A source on a node the
    site does not have limits nothing. OurBug when a source limits what the rows were not compiled for: a limit that
    nobody keeps must not look kept.
    """
    now = start if now is None else now
    lines: dict[Key, list[_Line]] = {}
    carried = {**reserved(network.topology), **others}
    asked = {(row.node, row.phase): row for row in network.rows if row.kind is not RowKind.IMBALANCE}
    for source in sources:
        _check_rows(network, source)
        for phase in (*PHASES, POWER, SUM):
            if (source.node, phase) in asked:
                less = _taken(network.topology, source.node, phase, carried) if source.covers is Covers.ALL else 0.0
                spans = words(source, now, foresee_silence=foresee_silence)
                found = [_line(w.since, w.until, source.name, w.cap.on(phase), less, w.state) for w in spans]
                lines.setdefault((source.node, phase), []).extend(line for line in found if line is not None)
    rows = []
    for row in network.rows:
        contenders = [*_standing(network.topology, row, carried)]
        if row.kind is not RowKind.IMBALANCE:
            contenders += lines.get((row.node, row.phase), [])
        rows.append(_lowest(contenders, start, end))
    return Horizon(start=start, end=end, rows=tuple(rows))


def _check_rows(network: Network, source: Source) -> None:
    """Whether there are rows for all that a source limits: watts anywhere, amperes on a station."""
    kind, name = source.node[0], source.node[1]
    topology = network.topology
    if not ((kind == "panel" and name in topology.panels) or (kind == "station" and name in topology.stations)):
        return
    phases = {network.rows[row].phase for row in network.rows_at(source.node)}
    caps = [source.fallback, *(step.cap for step in source.steps)]
    watts = any(cap.w is not None for cap in caps) and POWER not in phases
    amperes = any(amps is not None for cap in caps for amps in cap.a) and not phases & {*PHASES}
    if watts or amperes:
        raise OurBug(f"{source.name} limits {kind} {name!r}, but the rows were compiled without it: name it in `watts`")


def reserved(topology: Topology) -> dict[str, Other]:
    """What the configured loads of each panel, and of all panels below it, are reserved: the base without a meter."""
    return base_load(topology, {})


def base_load(topology: Topology, metered: Mapping[str, Other]) -> dict[str, Other]:
    """Other load per panel: its own meter's estimate where there is one, else its loads and the panels below it.

    Through a transformer a load counts on every primary conductor with the largest of its secondary ones.
    """
    found: dict[str, Other] = {}

    def visit(panel: str) -> Other:
        parts = [_upwards(topology, below, visit(below)) for below in topology.panels_below(panel)]
        parts += [Other(a=load.reserved_a) for load in topology.loads.values() if load.panel == panel]
        sums = [sum(part.on(phase) for part in parts) for phase in range(3)]
        names = sorted({part.source for part in parts if any(part.a)})
        found[panel] = metered.get(panel) or Other(a=(sums[0], sums[1], sums[2]), source=" + ".join(names) or "nothing")
        return found[panel]

    visit(topology.root)
    return found


def _upwards(topology: Topology, panel: str, other: Other) -> Other:
    ratio = topology.panels[panel].transformer_ratio
    if ratio is None:
        return other
    most = max(other.on(phase) for phase in range(3)) * 2 / (ratio * 3**0.5)
    return Other(a=(most, most, most), source=other.source)


def _taken(topology: Topology, node: Path, phase: str, carried: Mapping[str, Other]) -> float:
    """What is not for charging on a panel's row: other load and reserve, in amperes or watts. Nothing elsewhere."""
    if node[0] != "panel":
        return 0.0
    panel, other = topology.panels[node[1]], carried.get(node[1], NOTHING)
    if phase == POWER:
        return sum(other.on(p) + panel.reserve_a for p in panel.phases) * topology.site.nominal_voltage_v
    return other.on(PHASES.index(phase)) + panel.reserve_a


def _standing(topology: Topology, row: Row, carried: Mapping[str, Other]) -> Iterable[_Line]:
    """The limits that never change: fuse, power rating, station rating, imbalance."""
    if row.kind is RowKind.GROUP:
        return
    name, gross = "rating", None
    if row.node[0] == "station":
        gross = topology.stations[row.node[1]].max_a if row.kind is RowKind.CURRENT else None
    else:
        panel = topology.panels[row.node[1]]
        if row.kind is RowKind.IMBALANCE:
            name, gross = "imbalance", panel.imbalance_limit_a
        elif row.kind is RowKind.POWER:
            name, gross = "power limit", panel.limit_w
        else:
            name, gross = "fuse", panel.fuse_a[PHASES.index(row.phase)]
    less = 0.0 if row.kind is RowKind.IMBALANCE else _taken(topology, row.node, row.phase, carried)
    line = _line(-inf, inf, name, gross, less, State.LIVE)
    if line is not None:
        yield line


def _line(since: float, until: float, name: str, gross: float | None, less: float, state: State) -> _Line | None:
    if gross is None:
        return None
    net = gross - less
    return _Line(since, until, name, gross, -inf if isnan(net) else net, state)


def _lowest(lines: list[_Line], start: float, end: float) -> tuple[Bound, ...]:
    """The lower envelope of all contenders from `start` to `end`, each span with its runner-up.

    It is swept from the beginning of time, so that the first span knows since when its source binds.
    """
    beginning: dict[float, list[_Line]] = {-inf: []}
    for line in lines:
        beginning.setdefault(line.since, []).append(line)
        if line.until < inf:
            beginning.setdefault(line.until, [])
    edges = sorted(beginning)
    spans: list[Bound] = []
    active: list[_Line] = []
    for at, until in zip(edges, [*edges[1:], inf], strict=True):
        active = [line for line in active if line.until > at] + beginning[at]
        if at >= end:
            break
        before = spans[-1] if spans else None
        bound = _bound(sorted(active, key=lambda line: (line.net, line.name)), before, at, until)
        if before is not None and bound == replace(before, begins=at, until=until):
            spans[-1] = replace(before, until=until)
        else:
            spans.append(bound)
    return tuple(span for span in spans if span.until > start)


def _bound(here: list[_Line], before: Bound | None, at: float, until: float) -> Bound:
    """The span of the lowest line; it binds since the span before when that was of the same source and value."""
    first = here[0] if here else _Line(at, until, "none", inf, inf, State.LIVE)
    after = here[1] if len(here) > 1 else None
    value = None if first.net == inf else first.net
    since = at
    if before is not None and (before.source, before.value, before.state) == (first.name, value, first.state):
        since = before.since
    return Bound(
        value=value,
        gross=None if value is None else first.gross,
        source=first.name,
        since=since,
        begins=at,
        until=until,
        state=first.state,
        next_source=after.name if after else None,
        next_value=after.net if after else None,
        next_gross=after.gross if after else None,
        next_state=after.state if after else State.LIVE,
    )
