"""How long an exact allocation takes: ours, a numpy reference in the same process, and the ratio.

Run it as `python tests/bench/allocation.py [REPEATS]`. The site is a four-level tree of panels, one limit per phase,
rotated single-phase and three-phase cars of mixed weight, minimum and maximum. Both fill exactly and are compared.

The reference freezes all rows at once that bind first for all their cars, on arrays prepared beforehand; it has
nothing but amperes to give. Ours is timed as the fill alone (`fill`, the reference's task), as the whole of `allocate`
with admission, classes, turns and explanations in the middle of a day (`allocate`) and on its first call (`first`), and
with every limit at 45 %, so that many cars have to take turns (`turns`). Medians over the repeats.
"""

import gc
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from math import inf

import numpy as np
from numpy.typing import NDArray

from localctl.charging.allocation.allocator import allocate
from localctl.charging.allocation.allocator_demand import Demand
from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.allocation.waterfill import Car, book, fill
from localctl.charging.limiting.limits_effective import effective
from localctl.charging.tree.rows import Network, compile_rows
from localctl.charging.tree.topology import Evse, Panel, Site, Station, Topology
from localctl.charging.tree.topology_check import build

Floats = NDArray[np.float64]
SIZES = {100: (2, 2, 2), 1_000: (4, 4, 4), 10_000: (9, 9, 8)}


def site(evses: int, seed: int = 1) -> tuple[Topology, list[Demand]]:
    """A four-level tree whose every level is short of current here and there, and a car at every EVSE."""
    chance = random.Random(seed)
    panels, level = [Panel(id="p", parent=None, fuse_a=(evses * 11.0, evses * 10.0, evses * 10.5))], ["p"]
    share = float(evses)
    for width in SIZES[evses]:
        share /= width
        below = []
        for parent in level:
            for number in range(width):
                fuse_a = tuple(share * chance.uniform(7.5, 14.0) for _ in range(3))
                panels.append(Panel(id=f"{parent}.{number}", parent=parent, fuse_a=(fuse_a[0], fuse_a[1], fuse_a[2])))
                below.append(f"{parent}.{number}")
        level = below
    stations, demands = [], []
    for number in range(evses):
        single = chance.random() < 0.5
        rotation = chance.choice("RST") if single else chance.choice(("RST", "STR", "TRS"))
        evse = Evse(id=1, phases=(1,) if single else (1, 2, 3))
        name = f"CP{number:05}"
        stations.append(
            Station(identity=name, panel=level[number % len(level)], evses=(evse,), phase_rotation=rotation)
        )
        weight, appetite = (
            chance.choice((1.0, 1.0, 1.0, 2.0)),
            chance.choice((None, 16.0, round(chance.uniform(8, 32), 1))),
        )
        demands.append(Demand(evse=(name, 1), min_a=chance.choice((6.0, 6.0, 8.0)), appetite_a=appetite, weight=weight))
    topology, problems = build(Site(), panels, stations)
    assert topology is not None, problems
    return topology, demands


class Reference:
    """Weighted max-min with numpy: breakpoints of every row sorted once, then a few rounds over flat arrays."""

    def __init__(self, network: Network, limits: list[float], cars: list[Car]) -> None:
        triples = sorted(
            (lane, car, factor)
            for car, (footprint, *_) in enumerate(cars)
            for factor, lanes in network.footprints[footprint].blocks
            for lane in lanes
        )
        self.row, self.car, self.factor = (np.array(part) for part in zip(*triples, strict=True))
        _, self.weight, self.low, self.high = (np.array(part, float) for part in zip(*cars, strict=True))
        self.limit = np.array(limits)
        level = np.concatenate([(self.low / self.weight)[self.car], (self.high / self.weight)[self.car]])
        rows = np.concatenate([self.row, self.row])
        self.order = np.lexsort((level, rows))
        self.level, self.event_row = level[self.order], rows[self.order]
        self.first = np.flatnonzero(np.r_[True, self.event_row[1:] != self.event_row[:-1]])
        self.rows_here = self.event_row[self.first]
        self.length = np.diff(np.r_[self.first, len(self.event_row)])

    def run(self) -> Floats:
        """Amperes per car."""
        amps, free = self.low.copy(), np.ones(len(self.low), bool)
        while free.any():
            levels = self._levels(amps, free)
            own = np.full(len(amps), inf)
            np.minimum.at(own, self.car, levels[self.row])
            done = free & (own == inf)
            held = free[self.car] & (levels[self.row] > own[self.car] * (1 + 1e-12))
            held &= own[self.car] * self.weight[self.car] < self.high[self.car]
            waiting = np.bincount(self.row, held, len(self.limit)) > 0
            binding = ~waiting & (levels < inf)
            done[self.car[binding[self.row]]] = True
            done &= free
            amps[done] = np.clip(np.where(own < inf, own, 1e9) * self.weight, self.low, self.high)[done]
            free &= ~done
        return amps

    def _levels(self, amps: Floats, free: NDArray[np.bool_]) -> Floats:
        """The level at which each row is full."""
        step = self.factor * self.weight[self.car] * free[self.car]
        slope = np.cumsum(np.concatenate([step, -step])[self.order])
        slope -= np.repeat(np.r_[0.0, slope[self.first[1:] - 1]], self.length)
        gain = np.r_[0.0, slope[:-1] * np.diff(self.level)]
        gain[self.first] = 0.0
        rise = np.cumsum(gain)
        base = np.bincount(self.row, self.factor * np.where(free, self.low, amps)[self.car], len(self.limit))
        rise += np.repeat(base[self.rows_here] - rise[self.first], self.length)
        over = rise > np.repeat(self.limit[self.rows_here], self.length)
        at = np.minimum.reduceat(np.where(over, np.arange(len(over)), len(over)), self.first)
        levels = np.full(len(self.limit), inf)
        found = at < len(over)
        before, rows = at[found] - 1, self.rows_here[found]
        levels[rows] = self.level[before] + (self.limit[rows] - rise[before]) / np.maximum(slope[before], 1e-300)
        return levels


def medians_ms(works: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """The middle time of each; they run in turn, so that a busy machine slows all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            times[name].append((time.perf_counter() - start) * 1e3)
    return {name: statistics.median(found) for name, found in times.items()}


def measure(evses: int, repeats: int) -> str:
    """One line of the table."""
    topology, demands = site(evses)
    start = time.perf_counter()
    network = compile_rows(topology)
    compiled_ms = (time.perf_counter() - start) * 1e3
    limits = effective(network, (), {}, 0.0, 3600.0).at(0.0)
    policy = Policy()
    result = allocate(network, limits, demands, {}, 0.0, policy)
    cars = [
        (result.footprints[d.evse], d.weight, d.min_a, min(d.max_a, max(d.min_a, d.appetite_a or 32.0)))
        for d in sorted(demands, key=lambda d: d.evse)
    ]
    used = [0.0] * network.lane_count
    for footprint, _, low, _ in cars:
        book(network, used, footprint, low)
    values = list(limits.values)
    reference = Reference(network, values, cars)
    ours, theirs = np.array([amps for amps, _ in fill(network, values, used.copy(), cars)]), reference.run()
    worst = float(np.abs(ours - theirs).max())
    assert worst < 1e-6, f"ours and the reference differ by {worst} A"
    tight = replace(limits, values=tuple(value * 0.45 for value in limits.values))
    before = allocate(network, tight, demands, {}, 0.0, policy)
    ms = medians_ms(
        {
            "numpy": reference.run,
            "fill": lambda: fill(network, values, used.copy(), cars),
            "allocate": lambda: allocate(network, limits, demands, result.turns, 5.0, policy),
            "first": lambda: allocate(network, limits, demands, {}, 0.0, policy),
            "turns": lambda: allocate(network, tight, demands, before.turns, 5.0, policy),
        },
        repeats,
    )
    ratios = {name: f"{ms[name]:>9.2f} {ms[name] / ms['numpy']:>6.2f}x" for name in ("fill", "allocate")}
    left = f"{evses:>6} {len(network.rows):>6} {compiled_ms:>9.1f} {ms['numpy']:>9.2f}"
    return f"{left} {ratios['fill']} {ratios['allocate']} {ms['first']:>9.2f} {ms['turns']:>9.2f} {worst:>10.1e}"


def main() -> None:
    gc.set_threshold(100_000, 20, 100)  # as the controller sets it at its start
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    print("milliseconds, medians; both ratios are against numpy's fill; `differ A` is ours against numpy's, at worst")
    titles = ("rows", 6), ("compile", 9), ("numpy", 9), ("fill", 9), ("ratio", 7), ("allocate", 9), ("ratio", 7)
    print(
        f"{'EVSEs':>6}",
        *(f"{title:>{width}}" for title, width in (*titles, ("first", 9), ("turns", 9), ("differ A", 10))),
    )
    for evses in SIZES:
        print(measure(evses, repeats if evses < 10_000 else max(3, repeats // 3)))


if __name__ == "__main__":
    main()
