"""How much room is left under every ceiling, now and in each stretch of time to come.

Time is cut into *cells* at every known change of a capacity and at the usual ends of leases; the last cell has no end.
Within a cell each station counts with the most it may draw anywhere in it. So a schedule that fits in all cells fits
at every instant, also in the far future when all leases are over and every station is back at its failsafe (P3).
"""

from bisect import insort
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import inf
from typing import Final

from localctl.charging.base import steps
from localctl.charging.base.units import NOISE_A
from localctl.charging.dispatching.entitlement import Envelope, Envelopes
from localctl.charging.dispatching.fleet import Ceiling, EvseId, Managed

MOST_CELLS: Final = 24

Amounts = list[list[float]]
"""What one station adds: per load of it (`Load`) the amperes in each cell. Replaced, never changed."""


@dataclass(frozen=True, slots=True)
class Load:
    """One station under ceilings that see it alike: its outlets' factors, and what one ampere of it adds at most."""

    rows: tuple[int, ...]
    factors: tuple[tuple[int, float], ...]
    station_factor: float
    conductor: bool

    def amps(self, envelope: Envelope) -> float:
        """The most this station can add under the ceiling."""
        if envelope.station_a is None or not self.conductor:
            return sum(factor * envelope.of(evse_id) for evse_id, factor in self.factors)
        # Its own total is shared by its outlets: the heaviest take it first.
        left_a, total = envelope.station_a, 0.0
        for evse_id, factor in self.factors:
            part_a = min(left_a, envelope.evse_a[evse_id])
            total, left_a = total + factor * part_a, left_a - part_a
        return total

    def all_amps(self, envelopes: Envelopes, count: int) -> list[float]:
        """The same for several windows."""
        if len(self.factors) > 1:
            return [self.amps(envelopes.at(window)) for window in range(count)]
        ((evse_id, factor),) = self.factors
        return [factor * amps for amps in envelopes.of(evse_id)]

    def factor(self, evse_id: int) -> float:
        """What one more ampere of an outlet, or of the whole station (0), can add."""
        if evse_id == 0:
            return self.station_factor
        return next((factor for outlet, factor in self.factors if outlet == evse_id), 0.0)


def moving(horizon_s: float) -> tuple[float, ...]:
    """How far ahead of any moment cells begin: at once, and at halves and doubles of the usual lease, in seconds."""
    return 0.0, horizon_s / 2, horizon_s, 2 * horizon_s


def cells(now: float, horizon_s: float, changes: Iterable[float]) -> tuple[float, ...]:
    """Where cells begin: at what moves with time, and at the changes up to the last of them."""
    edges = [now + ahead_s for ahead_s in moving(horizon_s)]
    for at in sorted(set(changes)):
        if now < at < edges[-1] and len(edges) < MOST_CELLS and at not in edges:
            insort(edges, at)
    return tuple(edges)


class Loads:
    """What every station adds under which ceilings; worked out anew only for stations of which something changed."""

    def __init__(self) -> None:
        self.of: dict[str, list[Load]] = {}
        self._ceilings: tuple[tuple[dict[EvseId, float], bool], ...] = ()
        self._stations: dict[str, Managed] = {}

    def fit(self, ceilings: Sequence[Ceiling], stations: Mapping[str, Managed]) -> "Loads":
        """Take in the ceilings of now. Their factors must not be changed in place: the same dictionary is not read."""
        seen = tuple((ceiling.factors, ceiling.conductor) for ceiling in ceilings)
        alike = len(seen) == len(self._ceilings) and stations == self._stations
        if alike and all(new[1] == old[1] for new, old in zip(seen, self._ceilings, strict=True)):
            names = {name for new, old in zip(seen, self._ceilings, strict=True) for name in _others(new[0], old[0])}
        else:
            self.of, names = {}, set(stations)
        self.of |= _loads_of(names & stations.keys(), stations, ceilings)
        self._ceilings, self._stations = seen, dict(stations)
        return self


class Headroom:
    """The ceilings and what stations were booked under them. One cell more than `edges`: the end of all leases.

    `moving` is how far after the first edge lie those that move on with time; `shape` has None for each of them, so
    that two plans with the same shape have the same cells, only at another time.
    """

    def __init__(
        self,
        ceilings: Sequence[Ceiling],
        stations: Mapping[str, Managed],
        edges: tuple[float, ...],
        loads: Loads | None = None,
        moving: tuple[float, ...] = (),
    ) -> None:
        self.edges, self.ceilings, self.moving = edges, ceilings, moving
        with_time = {edges[0] + ahead_s for ahead_s in moving}
        self.shape = tuple(None if at in with_time else at for at in edges)
        self.windows = (*zip(edges, (*edges[1:], inf), strict=True), (inf, inf))
        self.count = len(self.windows)
        self.free: list[list[float]] = []
        self._full = [self._capacities(ceiling) for ceiling in ceilings]
        self.loads = (loads or Loads()).fit(ceilings, stations).of
        self._booked: dict[str, Amounts] = {}
        self._least: dict[tuple[int, ...], list[float]] = {}
        self.clear()

    def clear(self) -> None:
        """Take every booking back."""
        self.free = [list(full) for full in self._full]
        self._booked, self._least = {}, {}

    def window(self, cell: int) -> tuple[float, float]:
        """From when to when a cell reaches; the last one is the moment after everything."""
        return self.windows[cell]

    def amounts(self, identity: str, envelopes: Envelopes) -> Amounts:
        """What a station adds with these envelopes, one per cell."""
        return [load.all_amps(envelopes, self.count) for load in self.loads[identity]]

    def book_all(self, amounts: Mapping[str, Amounts]) -> None:
        """Count these stations and nobody else; those under the same ceilings are added up first."""
        self.clear()
        self._booked = dict(amounts)
        sums: dict[tuple[int, ...], list[list[float]]] = {}
        for identity, booked in amounts.items():
            for load, amps in zip(self.loads[identity], booked, strict=True):
                sums.setdefault(load.rows, []).append(amps)
        for rows, parts in sums.items():
            total = [sum(cell) for cell in zip(*parts, strict=True)]
            for row in rows:
                self.free[row] = [free_a - amps for free_a, amps in zip(self.free[row], total, strict=True)]

    def book(self, identity: str, envelopes: Envelopes) -> None:
        """Count a station at these envelopes, one per cell, instead of what it was counted at."""
        before, booked = self._booked.get(identity), self.amounts(identity, envelopes)
        for at, (load, now) in enumerate(zip(self.loads[identity], booked, strict=True)):
            more = now if before is None else [new - old for new, old in zip(now, before[at], strict=True)]
            if any(more):
                self._least = {}
                for row in load.rows:
                    self.free[row] = [free_a - amps for free_a, amps in zip(self.free[row], more, strict=True)]
        self._booked[identity] = booked

    def room(self, identity: str, evse_id: int) -> list[float]:
        """By how many amperes the outlet (0: the station) may grow, per cell; negative under an overdrawn ceiling."""
        least = [inf] * self.count
        for load in self.loads[identity]:
            factor = load.factor(evse_id)
            if factor > 0:
                free = self._least_free(load.rows)
                room = [0.0 if -NOISE_A < free_a < NOISE_A else free_a / factor for free_a in free]
                least = list(map(min, least, room))
        return least

    def _least_free(self, rows: tuple[int, ...]) -> list[float]:
        """What is free under all of these ceilings, per cell; mostly nobody took anything since it was asked last."""
        if rows not in self._least:
            self._least[rows] = list(map(min, zip(*[self.free[row] for row in rows], strict=True)))
        return self._least[rows]

    def whole(self, identity: str, rating: Envelope, cell: int) -> float:
        """The most a station as a whole may be given in a cell.

        Where only some of its outlets are under a ceiling, they cannot draw all of its total: a fall of the total
        then frees less there than its amperes.
        """
        least = inf
        for load, booked in zip(self.loads[identity], self._booked[identity], strict=True):
            allowed_a = booked[cell] + min(self.free[row][cell] for row in load.rows)
            if load.station_factor > 0 and allowed_a < load.amps(rating) - NOISE_A:
                least = min(least, allowed_a / load.station_factor)
        return least

    def rebook(self, identity: str, cell: int, envelope: Envelope) -> None:
        """Count a station, booked before, at another envelope in one cell."""
        self._least = {}
        booked = [list(amps) for amps in self._booked[identity]]
        for load, mine in zip(self.loads[identity], booked, strict=True):
            amps = load.amps(envelope)
            for row in load.rows:
                self.free[row][cell] += mine[cell] - amps
            mine[cell] = amps
        self._booked[identity] = booked

    def under(self, row: int) -> list[tuple[str, Load]]:
        """Everyone under a ceiling."""
        factors = self.ceilings[row].factors if row < len(self.ceilings) else {}
        names = dict.fromkeys(identity for identity, _ in factors if identity in self.loads)
        return [(name, load) for name in names for load in self.loads[name] if row in load.rows]

    def _capacities(self, ceiling: Ceiling) -> list[float]:
        last_a = ceiling.capacity[-1][1]
        rest_a = last_a if ceiling.rest_a is None else min(last_a, ceiling.rest_a)
        return [*(steps.lowest(ceiling.capacity, *window) for window in self.windows[:-1]), rest_a]


def _others(new: dict[EvseId, float], old: dict[EvseId, float]) -> set[str]:
    """The stations whose factors are not the same."""
    if new is old:
        return set()
    return {evse[0] for evse in new.keys() | old.keys() if new.get(evse) != old.get(evse)}


def _loads_of(names: Set[str], stations: Mapping[str, Managed], ceilings: Sequence[Ceiling]) -> dict[str, list[Load]]:
    """The loads of these stations; ceilings in which one has the same factors are one load."""
    alike: dict[str, dict[tuple[tuple[tuple[int, float], ...], bool], list[int]]] = {name: {} for name in names}
    evses = [(name, outlet.id) for name in sorted(names) for outlet in stations[name].outlets]
    for row, ceiling in enumerate(ceilings):
        parts: dict[str, list[tuple[int, float]]] = {}
        for evse in evses if len(evses) < len(ceiling.factors) else ceiling.factors:
            factor = ceiling.factors.get(evse, 0.0)
            if factor > 0 and evse[0] in alike:
                parts.setdefault(evse[0], []).append((evse[1], factor))
        for name, factors in parts.items():
            factors.sort(key=lambda part: (-part[1], part[0]))
            alike[name].setdefault((tuple(factors), ceiling.conductor), []).append(row)
    return {name: [_load(*key, rows) for key, rows in found.items()] for name, found in alike.items()}


def _load(factors: tuple[tuple[int, float], ...], conductor: bool, rows: list[int]) -> Load:
    whole = factors[0][1] if conductor else sum(factor for _, factor in factors)
    return Load(tuple(rows), factors, whole, conductor)
