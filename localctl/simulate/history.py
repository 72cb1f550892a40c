"""The course of the day for the plots: per spot and quarter of an hour the highest load and the lowest limit."""

from dataclasses import dataclass
from math import inf
from typing import Final

from localctl.simulate.wiring import WATTS, Spot
from localctl.simulate.world import World

BUCKET_S: Final = 300.0


@dataclass(slots=True)
class Point:
    """One bucket of one spot: highest load, lowest limit (infinity: none)."""

    load: float = 0.0
    limit: float = inf


class History:
    """Follows a world from `start_at` on. `points[spot][n]` is the n-th bucket."""

    def __init__(self, world: World, start_at: float) -> None:
        self.points: dict[Spot, list[Point]] = {spot: [] for spot in world.spots if spot[1] != WATTS}
        self._world, self._start_at = world, start_at
        world.on_step = self.step

    def step(self, now: float) -> None:
        """Something changed; what was before lasted until now."""
        number = int((now - self._start_at) // BUCKET_S)
        for spot, points in self.points.items():
            while len(points) <= number:
                points.append(Point(points[-1].load if points else 0.0, points[-1].limit if points else inf))
            here = points[number]
            load, limit = self._world.load(spot), self._world.limit(spot)
            here.load, here.limit = max(here.load, load), min(here.limit, limit)

    def last(self, spot: Spot) -> Point:
        """The present, for the progress line."""
        points = self.points[spot]
        return points[-1] if points else Point()
