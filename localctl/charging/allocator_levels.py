"""Currents a station can really set: rounded down to its levels, and what that freed is offered again.

Some stations take tenths of an ampere, some whole ones, some only {0, 8, 16, 24, 32}. Rounding down is always safe;
going up one level is tried for the worst served first, once round, wherever every row still has the room. A share
that no level at or above the car's minimum can express goes up to the first that can, or to 0.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor

from localctl.charging.admission import SLACK_A
from localctl.charging.allocator import Allocation
from localctl.charging.allocator_demand import Demand, span, weight
from localctl.charging.topology import EvseId
from localctl.charging.waterfill import book

TENTHS = 0.1
Levels = float | Sequence[float]
HAIR_A = 1e-9


def on_levels(
    allocation: Allocation, demands: Iterable[Demand], levels: Mapping[EvseId, Levels]
) -> dict[EvseId, float]:
    """Amperes for every EVSE on its levels (a step, or a rising list of settings; tenths where nothing is said).

    Nobody rises above its maximum, nobody who waits is started, and what is reserved stays as it is.
    """
    network, footprints, found = allocation.network, allocation.footprints, dict(allocation.amps)
    running = [d for d in demands if d.fixed_a is None and allocation.amps[d.evse] > 0]
    used = allocation.used.copy()
    for demand in running:
        evse = demand.evse
        down = _at_most(found[evse], levels.get(evse, TENTHS))
        found[evse] = down if down >= span(demand)[0] - HAIR_A else 0.0
        book(network, used, footprints[evse], found[evse] - allocation.amps[evse])
    for demand in sorted(running, key=lambda d: (found[d.evse] / weight(d), d.evse)):
        evse, (low, high, _) = demand.evse, span(demand)
        target = _at_least(max(low, found[evse] + 10 * HAIR_A), levels.get(evse, TENTHS))
        if target is None or target > high + HAIR_A:
            continue
        book(network, used, footprints[evse], target - found[evse])
        rows = network.footprints[footprints[evse]].rows
        if all(network.load(row, used) <= allocation.capacities.values[row] + SLACK_A for row in rows):
            found[evse] = target
        else:
            book(network, used, footprints[evse], found[evse] - target)
    return found


def _at_most(amps: float, levels: Levels) -> float:
    """The highest level at or below; a hair below a level counts as that level."""
    if isinstance(levels, float):
        return round(floor(amps / levels + HAIR_A) * levels, 6)
    place = bisect_right(levels, amps + HAIR_A)
    return levels[place - 1] if place else 0.0


def _at_least(amps: float, levels: Levels) -> float | None:
    """The lowest level at or above; None where there is none."""
    if isinstance(levels, float):
        return round(ceil(amps / levels - HAIR_A) * levels, 6)
    place = bisect_left(levels, amps - HAIR_A)
    return levels[place] if place < len(levels) else None
