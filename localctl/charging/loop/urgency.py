"""How pressing a car's wish is: what it still needs over the time it has left, beside the others of its class.

Departures as drivers state them are mostly wrong, and sharing by wrong ones serves everybody worse than not knowing
them. So they have a say only where the installer knows that they hold (`departures = "binding"`): a depot, a taxi rank.
There a car's weight is multiplied by its needed current over the mean of its priority class, from a third to three. It
only moves shares from car to car: no limit, no minimum and no turn knows of it.

Weights move in steps of a quarter of that range (`STEP`), and late, so that a need that shrinks as it is served does
not make shares flicker.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final

from localctl.charging.allocation.allocator_demand import Demand
from localctl.charging.dispatching.fleet import Outlet
from localctl.charging.loop.demands import Seen, least_of, told_a, used_phases
from localctl.charging.tree.topology import EvseId

MOST: Final = 3.0
STEP: Final = MOST**0.25
MOST_STEPS: Final = 4
LATE: Final = 0.75
"""So many steps off before a weight follows; 0.5 would be the nearest one."""
LEAST_S: Final = 3600.0
"""A car is taken to stay this long at least, also one that should have gone by now; then what it said has lapsed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The energy a car still needs, and when it leaves."""

    missing_wh: float
    departure_at: float


def wish_of(seen: Seen, evse_id: int, now: float) -> Wish | None:
    """What the car on an EVSE asked for, less what it has had since; None unless it told both energy and time."""
    evse = seen.evse(evse_id)
    needs = evse.needs
    if needs is None or needs.departure_at is None or needs.energy_wh is None:
        return None
    if now > needs.departure_at + LEAST_S:
        return None
    return Wish(max(0.0, needs.energy_wh - evse.served_wh), needs.departure_at)


def needed_a(seen: Seen, outlet: Outlet, now: float) -> float | None:
    """The average current per phase that serves the car in time, at most what it can take; None where it told none."""
    wish, used = wish_of(seen, outlet.id, now), used_phases(seen, outlet, now)
    if wish is None:
        return None
    watts_per_a = outlet.watts_per_a * (1.0 if used is None else len(used) / outlet.phases)
    average_a = wish.missing_wh * 3600.0 / max(LEAST_S, wish.departure_at - now) / watts_per_a
    return least_of(min(outlet.rating_a, average_a), told_a(seen, outlet))


class Urgency:
    """Weighs demands by it, and remembers how it last did."""

    def __init__(self) -> None:
        self._steps: dict[EvseId, int] = {}

    def weighed(self, seen: Mapping[str, Seen], demands: tuple[Demand, ...], now: float) -> tuple[Demand, ...]:
        """The demands with the weights that their needs give them; who told none keeps its own."""
        needed = {
            (name, outlet.id): amps
            for name, one in seen.items()
            for outlet in one.managed.outlets
            if (amps := needed_a(one, outlet, now)) is not None
        }
        pressing = [demand for demand in demands if demand.fixed_a is None and demand.evse in needed]
        classes = defaultdict[int, list[float]](list)
        for demand in pressing:
            classes[demand.priority].append(needed[demand.evse])
        means = {priority: fmean(amps) for priority, amps in classes.items()}
        self._steps = {each.evse: self._step(each.evse, needed[each.evse], means[each.priority]) for each in pressing}
        return tuple(
            replace(demand, weight=demand.weight * STEP**step) if (step := self._steps.get(demand.evse)) else demand
            for demand in demands
        )

    def _step(self, evse: EvseId, amps: float, mean_a: float) -> int:
        ratio = amps / mean_a if mean_a > 0 else 1.0
        exact = max(-MOST_STEPS, min(MOST_STEPS, math.log(max(ratio, 1 / MOST), STEP)))
        last = self._steps.get(evse)
        return round(exact) if last is None or abs(exact - last) > LATE else last
