"""What each node may draw at most for charging: the smaller of its own limits and all its children together (R19).

This is a panel's line of a composite schedule, as a CSMS or a controller above asks for it. Sums are per phase with
rotations applied; where a rotation is unknown, or currents meet at an angle, they are the largest they can be.
"""

from collections.abc import Mapping
from math import inf, isfinite

from localctl.charging.limits_effective import Capacities
from localctl.charging.phases import PHASES, PerPhase
from localctl.charging.rows import Network, RowKind
from localctl.charging.topology import EvseId, Path, Station


def node_limits(network: Network, capacities: Capacities, evse_a: Mapping[EvseId, float]) -> dict[Path, PerPhase]:
    """Amperes per phase of every panel and station at one instant; None on a phase the panel does not have.

    `evse_a` is what each EVSE's own composite allows then; one that is missing may draw its rating.
    """
    return _Sums(network, capacities, evse_a).found


class _Sums:
    """One walk from the leaves to the root."""

    def __init__(self, network: Network, capacities: Capacities, evse_a: Mapping[EvseId, float]) -> None:
        self.network, self.capacities, self.evse_a = network, capacities, evse_a
        self.rows = {(row.node, row.phase): n for n, row in enumerate(network.rows) if row.kind is RowKind.CURRENT}
        self.found: dict[Path, PerPhase] = {}
        self.stations: dict[str, list[Station]] = {}
        for name in sorted(network.topology.stations):
            station = network.topology.stations[name]
            self.stations.setdefault(station.panel, []).append(station)
        self._panel(network.topology.root)

    def _panel(self, name: str) -> list[float]:
        """The most on each conductor of a panel, which is also what its parent sees (through its transformer)."""
        topology = self.network.topology
        parts = [self._panel(below) for below in topology.panels_below(name)]
        parts += [self._station(station) for station in self.stations.get(name, ())]
        most = self._settle(("panel", name), name, [sum(part[phase] for part in parts) for phase in range(3)])
        ratio = topology.panels[name].transformer_ratio
        return most if ratio is None else [2 * max(most) / (ratio * 3**0.5)] * 3

    def _station(self, station: Station) -> list[float]:
        sums = [0.0, 0.0, 0.0]
        for evse in station.evses:
            which = (station.identity, evse.id)
            rating_a = evse.rating_a(self.network.topology.site.nominal_voltage_v)
            amps = max(0.0, min(self.evse_a.get(which, inf), rating_a))
            footprint = self.network.footprints[self.network.footprint(which)]
            factors = {lane: factor for factor, lanes in footprint.blocks for lane in lanes}
            for phase in range(3):
                row = self.rows.get((("panel", station.panel), PHASES[phase]))
                if row is not None:
                    sums[phase] += amps * sum(factors.get(lane, 0.0) for lane in self.network.rows[row].lanes)
        return self._settle(("station", station.identity), station.panel, sums)

    def _settle(self, node: Path, panel: str, sums: list[float]) -> list[float]:
        """The sums against the node's own limits; noted, with None for what its panel does not have."""
        most = [min(sums[phase], self._own(node, phase)) for phase in range(3)]
        phases = self.network.topology.panels[panel].phases
        shown = [most[phase] if phase in phases and isfinite(most[phase]) else None for phase in range(3)]
        self.found[node] = (shown[0], shown[1], shown[2])
        return most

    def _own(self, node: Path, phase: int) -> float:
        row = self.rows.get((node, PHASES[phase]))
        return inf if row is None else max(0.0, self.capacities.values[row])
