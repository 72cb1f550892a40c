"""The dead-man sum (promise P3): when nobody answers any more, everything still fits.

Each station then falls back to its failsafe current by itself, a station we cannot steer draws its rating, and the
other loads draw what was reserved for them. That sum has to fit every panel and phase; the same rows judge it that
judge every allocation, with every conductor of every EVSE in use.

A station that forgets its profiles keeps to its failsafe only until it starts anew. Where the sum holds with failsafe
currents but not with the ratings of such stations, that is a warning: no box can prevent what they draw after a loss of
power until they are told again.
"""

from collections.abc import Callable
from math import inf

from localctl.charging.allocation.waterfill import book
from localctl.charging.base.phases import PHASES
from localctl.charging.limiting.limits_effective import Capacities, effective
from localctl.charging.tree.rows import Network, RowKind
from localctl.charging.tree.topology import Path, Problem, Severity, Station, Topology

ROUNDING = 1e-6
MOST_NAMED = 3
Draws = Callable[[Topology, Station, int], float]
Overdrawn = dict[Path, tuple[int, float]]


def check_failsafe(network: Network) -> tuple[Problem, ...]:
    """One problem per node whose fuse the failsafe currents exceed, the worst first: its worst phase and by how much.

    Then a warning per node that holds them, but not the ratings of the stations that forget their profiles. Only what
    is installed counts (fuses, ratings, reserves, loads), no limit that somebody sets for a time.
    """
    limits = effective(network, (), {}, 0.0, 1.0).at(0.0)
    silent = _overdrawn(network, limits, failsafe_a)
    problems = [_problem(network, number, load, limits.values[number]) for number, load in silent.values()]
    if not all(station.keeps_profiles for station in network.topology.stations.values()):
        restarted = _overdrawn(network, limits, restarted_a)
        problems += [
            _warning(network, number, load, limits.values[number])
            for node, (number, load) in restarted.items()
            if node not in silent and node[0] == "panel"
        ]
    return tuple(problems)


def failsafe_a(topology: Topology, station: Station, evse: int) -> float:
    """What an EVSE may draw when nobody answers: its failsafe current, or its rating if it cannot be steered."""
    rating_a = topology.evse((station.identity, evse)).rating_a(topology.site.nominal_voltage_v)
    return min(station.failsafe_a, rating_a) if station.controllable else rating_a


def restarted_a(topology: Topology, station: Station, evse: int) -> float:
    """The same after a loss of power: one that forgets its profiles draws its rating, in all no more than its own."""
    if station.keeps_profiles or not station.controllable:
        return failsafe_a(topology, station, evse)
    voltage_v, left_a = topology.site.nominal_voltage_v, inf if station.max_a is None else station.max_a
    if len({each.phases for each in station.evses}) == 1:
        left_a -= sum(each.rating_a(voltage_v) for each in station.evses if each.id < evse)
    return min(max(0.0, left_a), topology.evse((station.identity, evse)).rating_a(voltage_v))


def _overdrawn(network: Network, limits: Capacities, draws: Draws) -> Overdrawn:
    """The nodes that bear too much, the worst first: the worst row of each, and what is on it."""
    topology, used = network.topology, [0.0] * network.lane_count
    for name in sorted(topology.stations):
        station = topology.stations[name]
        for evse in station.evses:
            book(network, used, network.footprint((name, evse.id)), draws(topology, station, evse.id))
    worst: dict[Path, tuple[float, int, float]] = {}
    for number, row in enumerate(network.rows):
        load, limit = network.load(number, used), limits.values[number]
        over = load - limit if limit >= 0 else inf
        if row.kind is not RowKind.IMBALANCE and over > ROUNDING:
            relative = over / max(limits.bounds[number].gross or 0.0, 1.0)
            if row.node not in worst or relative > worst[row.node][0]:
                worst[row.node] = (relative, number, load)
    ranked = sorted(worst.items(), key=lambda item: (-item[1][0], item[1][1]))
    return {node: (number, load) for node, (_, number, load) in ranked}


def _problem(network: Network, number: int, load: float, room: float) -> Problem:
    row = network.rows[number]
    unit = "W" if row.kind is RowKind.POWER else "A"
    kind, name = row.node[0], row.node[1]
    message = f"{kind} {name!r}, {row.phase}: with nobody in control the stations may draw {load:.1f} {unit}, "
    if room < 0:
        message += f"but reserves and other loads alone exceed the fuse by {-room:.1f} {unit}"
        hint = "lower reserve_a or the loads' reserved current, or check the fuse"
    else:
        message += f"{load - room:.1f} {unit} more than the {room:.1f} {unit} its fuse leaves for them"
        hint = "lower failsafe_current_a of stations below it, or spread them over other phases and panels"
    if row.phase in PHASES and any(station.phase_rotation == "unknown" for station in _below(network, row.node)):
        hint += "; stations of unknown phase_rotation count on every phase"
    return Problem(code="failsafe", path=row.node, other=("phase", row.phase), message=message, hint=hint)


def _warning(network: Network, number: int, load: float, room: float) -> Problem:
    row = network.rows[number]
    unit = "W" if row.kind is RowKind.POWER else "A"
    names = sorted(one.identity for one in _below(network, row.node) if one.controllable and not one.keeps_profiles)
    told = ", ".join(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        told += f" and {len(names) - MOST_NAMED} more"
    message = (
        f"{row.node[0]} {row.node[1]!r}, {row.phase}: after a loss of power the stations may draw {load:.1f} {unit} "
        f"until they are told again, {load - room:.1f} {unit} more than its fuse leaves: these forget their profiles: "
        f"{told}"
    )
    hint = "leave room for their ratings, or have them set to a lower current by themselves, and say so in their max_a"
    return Problem(
        code="failsafe", path=row.node, other=("phase", row.phase), message=message, hint=hint,
        severity=Severity.WARNING,
    )  # fmt: skip


def _below(network: Network, node: tuple[str, ...]) -> list[Station]:
    topology = network.topology
    if node[0] != "panel":
        return []
    return [s for s in topology.stations.values() if node[1] in {panel.id for panel in topology.panels_above(s.panel)}]
