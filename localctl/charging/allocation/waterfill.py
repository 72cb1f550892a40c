"""Water filling: the exact weighted lexicographic max-min of a set of cars under rows, in plain Python.

Every car's current follows the water level t: x = weight * t, but never below its minimum nor above its maximum. The
level rises; a row that gets full freezes every car in it; the others go on. Because any smaller currents would fit as
well (the rows are safe under drops), the result is the one lexicographic max-min point, and its proof is short: each
car below its maximum has a full row in which no car above its own minimum is any better off per weight.

What makes it fast without vectors: cars that load the same rows share a footprint and freeze at the same level, so
rows keep sums per footprint, not per car; rows that stay below their limit even with every car at its maximum are
never looked at; and a row's level only rises while cars leave it, so a heap of old levels, checked when popped, does.
"""

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from math import inf

from localctl.charging.tree.rows import Network
from localctl.charging.tree.rows_phasor import reaches

Car = tuple[int, float, float, float]  # footprint, weight, minimum in A, maximum in A
FREE = -1  # no row stopped the car: its own maximum did
TINY_A = 1e-9
NOTHING = (0.0, 0.0)


class Fill:
    """One rise of the water over a set of cars. `used` holds every lane's load, the cars' minima included."""

    def __init__(self, network: Network, limits: Sequence[float], used: list[float], cars: Sequence[Car]) -> None:
        self.network, self.limits, self.used = network, limits, used.copy()
        self.slope = [0.0] * network.lane_count
        self.frozen_at: dict[int, tuple[float, int]] = {}
        self.now = 0.0
        self._heap: list[tuple[float, int]] = []
        self._best: dict[int, float] = {}
        self._gather(cars)
        self._drop_rows_that_never_bind()

    def _gather(self, cars: Sequence[Car]) -> None:
        """Per footprint: the cars' room, and the levels at which weights start and stop counting."""
        room: dict[int, float] = {}
        starts: dict[tuple[float, int], tuple[float, float]] = {}
        stops: dict[tuple[float, int], tuple[float, float]] = {}
        for footprint, weight, low, high in cars:
            if high > low:
                room[footprint] = room.get(footprint, 0.0) + high - low
                key = (low / weight, footprint)
                heft, amps = starts.get(key, NOTHING)
                starts[key] = (heft + weight, amps + low)
                key = (high / weight, footprint)
                heft, amps = stops.get(key, NOTHING)
                stops[key] = (heft + weight, amps + high)
        self._room = room
        self._rising = dict.fromkeys(room, 0.0)
        self._starts = [(*key, *starts[key]) for key in sorted(starts)]
        self._stops = [(*key, *stops[key]) for key in sorted(stops)]

    def _drop_rows_that_never_bind(self) -> None:
        """Keep, per footprint, only the lanes of rows that would be over their limit with every car at its maximum."""
        footprints, rows, limits = self.network.footprints, self.network.rows, self.limits
        top = self.used.copy()
        for number, room in self._room.items():
            book(self.network, top, number, room)
        touched = {row for number in self._room for row in footprints[number].rows}
        self._tight = {row for row in touched if self.network.load(row, top) > limits[row]}
        live = {lane for row in self._tight for lane in rows[row].lanes}
        self._blocks = {
            number: tuple(
                (factor, kept)
                for factor, lanes in footprints[number].blocks
                if (kept := [lane for lane in lanes if lane in live])
            )
            for number in self._room
        }
        self._rows_of = {
            number: [row for row in footprints[number].rows if row in self._tight] for number in self._room
        }

    def run(self) -> dict[int, tuple[float, int]]:
        """The level at which each footprint froze, and the row that froze it; those that never did are left out."""
        starts, stops, heap = self._starts, self._stops, self._heap
        start = stop = 0
        while True:
            starting = starts[start][0] if start < len(starts) else inf
            stopping = stops[stop][0] if stop < len(stops) else inf
            binding = heap[0][0] if heap else inf
            if starting <= stopping and starting <= binding:
                if starting == inf:
                    return self.frozen_at
                start = self._start_all(start, starting)
            elif stopping <= binding:
                self._stop(*stops[stop])
                stop += 1
            else:
                self._try_row(*heappop(heap))

    def _start_all(self, at: int, level: float) -> int:
        """Let every car whose minimum this level passes rise with it; the rows it touches get nearer."""
        touched: set[int] = set()
        while at < len(self._starts) and self._starts[at][0] == level:
            _, number, weight, low = self._starts[at]
            at += 1
            if number not in self.frozen_at:
                self._rising[number] += weight
                self._move(number, -low, weight)
                touched.update(self._rows_of[number])
        self.now = level
        for row in touched:
            self._watch(row, self._level_of(row)[0])
        return at

    def _stop(self, level: float, number: int, weight: float, high: float) -> None:
        self.now = level
        if number not in self.frozen_at:
            self._rising[number] -= weight
            self._move(number, high, -weight)

    def _try_row(self, level: float, row: int) -> None:
        """Freeze a row's cars if it is full at the level; else look again when it is."""
        if level != self._best[row]:
            return
        actual, lanes = self._level_of(row)
        if actual > level + 1e-12 * level:
            self._best[row] = inf
            self._watch(row, actual)
            return
        self.now = level
        for lane in lanes:
            for number in self.network.on_lane(lane):
                if number in self._room and number not in self.frozen_at:
                    self._freeze(number, level, row)
        self._best[row] = inf
        if len(self.network.rows[row].lanes) > 1:
            self._watch(row, self._level_of(row)[0])

    def _freeze(self, number: int, level: float, row: int) -> None:
        weight = self._rising[number]
        self.frozen_at[number] = (level, row)
        self._move(number, weight * level, -weight)

    def _move(self, number: int, amps: float, weight: float) -> None:
        used, slope = self.used, self.slope
        for factor, lanes in self._blocks[number]:
            more_amps, more_weight = factor * amps, factor * weight
            for lane in lanes:
                used[lane] += more_amps
                slope[lane] += more_weight

    def _watch(self, row: int, level: float) -> None:
        if level < self._best.get(row, inf):
            self._best[row] = level
            heappush(self._heap, (level, row))

    def _level_of(self, row: int) -> tuple[float, tuple[int, ...]]:
        """The level at which a row is full as things are now, and the lanes that fill it."""
        here = self.network.rows[row]
        if not here.subsets:
            slope = self.slope[row]
            if slope <= TINY_A:
                return inf, ()
            return max(self.now, (self.limits[row] - self.used[row]) / slope), here.lanes
        used, slopes = [self.used[lane] for lane in here.lanes], [self.slope[lane] for lane in here.lanes]
        level, subset = reaches(here.subsets, here.directions, used, slopes, self.limits[row])
        return max(self.now, level), tuple(here.lanes[i] for i in subset)


def fill(network: Network, limits: Sequence[float], used: list[float], cars: Sequence[Car]) -> list[tuple[float, int]]:
    """Amperes and the row that stopped it (FREE: its own maximum) for each car, by exact weighted max-min.

    `limits` is one ampere (or watt) value per row, infinity where nothing limits; `used` is the load of every lane
    with all cars at their minimum, and is brought up to the result. Weights are above 0, minima at most maxima.
    """
    frozen = Fill(network, limits, used, cars).run()
    nowhere = (inf, FREE)
    shares = []
    for footprint, weight, low, high in cars:
        level, row = frozen.get(footprint, nowhere)
        amps = weight * level
        share = (high, FREE) if amps >= high else (low, row) if amps < low else (amps, row)
        shares.append(share)
    book_all(network, used, [(car[0], share[0] - car[2]) for car, share in zip(cars, shares, strict=True)])
    return shares


def book(network: Network, used: list[float], footprint: int, amps: float) -> None:
    """Add `amps` of an EVSE with this footprint to every lane it loads."""
    for factor, lanes in network.footprints[footprint].blocks:
        more = factor * amps
        for lane in lanes:
            used[lane] += more


def book_all(network: Network, used: list[float], amps: Iterable[tuple[int, float]]) -> set[int]:
    """Add many EVSEs' amperes, by footprint, to the lanes; the footprints that occurred."""
    sums: dict[int, float] = {}
    for footprint, more in amps:
        sums[footprint] = sums.get(footprint, 0.0) + more
    for footprint, total in sums.items():
        book(network, used, footprint, total)
    return set(sums)
