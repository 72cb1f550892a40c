"""One clock for everybody: wake-ups that the router asked for, and a look at every leg once a second.

A heap and one sleeping task, instead of a heartbeat task and cancel scopes per leg.
"""

import heapq
from collections.abc import Callable
from math import inf
from typing import Final

import trio

TICK_S: Final = 1.0


class Timers:
    """`at` asks for a wake-up, `run` gives it by calling `woke(key)`; `tick(now)` comes once a second."""

    def __init__(self, woke: Callable[[int], None], tick: Callable[[float], None]) -> None:
        self._woke = woke
        self._tick = tick
        self._heap: list[tuple[float, int]] = []
        self._sleep = trio.CancelScope()

    def at(self, when: float, key: int) -> None:
        """Call `woke(key)` at this moment or a little later."""
        heapq.heappush(self._heap, (when, key))
        if when < self._sleep.deadline:
            self._sleep.deadline = when

    async def run(self) -> None:
        """For ever."""
        next_tick = trio.current_time() + TICK_S
        while True:
            now = trio.current_time()
            while self._heap and self._heap[0][0] <= now:
                self._woke(heapq.heappop(self._heap)[1])
            if now >= next_tick:
                self._tick(now)
                next_tick = now + TICK_S
            first = self._heap[0][0] if self._heap else inf
            self._sleep = trio.CancelScope(deadline=min(first, next_tick))
            with self._sleep:
                await trio.sleep_forever()
