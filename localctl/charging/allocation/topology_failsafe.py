"""The dead-man sum (promise P3): when nobody answers any more, everything still fits.

Each station then falls back to its failsafe current by itself, a station we cannot steer draws its rating, and the
other loads draw what was reserved for them. That sum has to fit every panel and phase; the same rows judge it that
judge every allocation, with every conductor of every EVSE in use.
"""

from math import inf

from localctl.charging.allocation.waterfill import book
from localctl.charging.base.phases import PHASES
from localctl.charging.limiting.limits_effective import effective
from localctl.charging.tree.rows import Network, RowKind
from localctl.charging.tree.topology import Problem, Station, Topology

ROUNDING = 1e-6


def check_failsafe(network: Network) -> tuple[Problem, ...]:
    """One problem per node whose fuse the failsafe currents exceed, the worst first: its worst phase and by how much.

    Only what is installed counts (fuses, ratings, reserves, loads), no limit that somebody sets for a time.
    """
    topology = network.topology
    used = [0.0] * network.lane_count
    for name in sorted(topology.stations):
        station = topology.stations[name]
        for evse in station.evses:
            book(network, used, network.footprint((name, evse.id)), failsafe_a(topology, station, evse.id))
    limits = effective(network, (), {}, 0.0, 1.0).at(0.0)
    worst: dict[tuple[str, ...], tuple[float, float, int]] = {}
    for number, row in enumerate(network.rows):
        load, limit = network.load(number, used), limits.values[number]
        over = load - limit if limit >= 0 else inf
        if row.kind is not RowKind.IMBALANCE and over > ROUNDING:
            relative = over / max(limits.bounds[number].gross or 0.0, 1.0)
            if row.node not in worst or relative > worst[row.node][0]:
                worst[row.node] = (relative, load, number)
    ranked = sorted(worst.values(), key=lambda found: (-found[0], found[2]))
    return tuple(_problem(network, number, load, limits.values[number]) for _, load, number in ranked)


def failsafe_a(topology: Topology, station: Station, evse: int) -> float:
    """What an EVSE may draw when nobody answers: its failsafe current, or its rating if it cannot be steered."""
    rating_a = topology.evse((station.identity, evse)).rating_a(topology.site.nominal_voltage_v)
    return min(station.failsafe_a, rating_a) if station.controllable else rating_a


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


def _below(network: Network, node: tuple[str, ...]) -> list[Station]:
    topology = network.topology
    if node[0] != "panel":
        return []
    return [s for s in topology.stations.values() if node[1] in {panel.id for panel in topology.panels_above(s.panel)}]
