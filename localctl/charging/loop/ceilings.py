"""The site's rows as dispatch needs them: each limit over time, and what an ampere of each EVSE adds under it.

A car whose phases are known counts on those alone, but only while its station is there and its transaction runs: who
is out of sight may have another car by now and counts on every conductor it has.
"""

from collections.abc import Mapping
from math import inf
from typing import Final

from localctl.charging.base import steps
from localctl.charging.dispatching.fleet import Ceiling
from localctl.charging.limiting.limits_effective import Capacities, Horizon
from localctl.charging.tree.rows import Network, RowKind
from localctl.charging.tree.topology import EvseId

BOUNDLESS_A: Final = 1e9
Used = tuple[int, ...] | None


class Ceilings:
    """Remembers what every EVSE adds to every row, because that changes with cars and not with every cycle."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._row_of = {lane: number for number, row in enumerate(network.rows) for lane in row.lanes}
        self._known: dict[tuple[EvseId, Used], dict[int, float]] = {}
        self._used: dict[EvseId, Used] = {}
        self._by_row: list[dict[EvseId, float]] = [{} for _ in network.rows]

    def factors(self, used: Mapping[EvseId, Used]) -> list[dict[EvseId, float]]:
        """Per row what one ampere of each EVSE adds; the very same dictionary where nothing in a row has changed."""
        fresh: dict[int, dict[EvseId, float]] = {}
        for evse in self._network.topology.evses:
            now_used = used.get(evse)
            if evse in self._used and self._used[evse] == now_used:
                continue
            before = self._adds(evse, self._used[evse]) if evse in self._used else {}
            after = self._adds(evse, now_used)
            for row in before.keys() | after.keys():
                if row not in fresh:
                    fresh[row] = dict(self._by_row[row])
                if row in after:
                    fresh[row][evse] = after[row]
                else:
                    del fresh[row][evse]
            self._used[evse] = now_used
        for row, factors in fresh.items():
            self._by_row[row] = factors
        return self._by_row

    def under(self, horizon: Horizon, standing: Capacities, used: Mapping[EvseId, Used]) -> list[Ceiling]:
        """One ceiling per row that anybody is under. `standing` is what holds when nobody watches (P3)."""
        found = []
        for number, factors in enumerate(self.factors(used)):
            row = self._network.rows[number]
            if not factors or row.kind is RowKind.IMBALANCE:
                continue
            amps = [
                (bound.begins, BOUNDLESS_A if bound.value is None else bound.value) for bound in horizon.rows[number]
            ]
            rest_a = standing.values[number]
            found.append(
                Ceiling(
                    name=row.name,
                    capacity=steps.tidy([(steps.ALWAYS, amps[0][1]), *amps[1:]]),
                    factors=factors,
                    conductor=row.kind is RowKind.CURRENT,
                    rest_a=BOUNDLESS_A if rest_a == inf else rest_a,
                )
            )
        return found

    def _adds(self, evse: EvseId, used: Used) -> dict[int, float]:
        key = (evse, used)
        if key not in self._known:
            footprint = self._network.footprints[self._network.footprint(evse, used)]
            found: dict[int, float] = {}
            for factor, lanes in footprint.blocks:
                for lane in lanes:
                    row = self._row_of.get(lane, lane)
                    found[row] = found.get(row, 0.0) + factor
            self._known[key] = found
        return self._known[key]
