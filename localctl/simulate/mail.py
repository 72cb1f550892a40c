"""Everything that arrives later than it was sent, on one clock: a heap and one task instead of a task per message.

    mail = Mail()
    mail.after(0.2, lambda: peer.hear(text))

Deliveries of the same moment happen in the order they were asked for.
"""

import heapq
import itertools
from collections.abc import Callable
from math import inf

import trio

Deliver = Callable[[], None]


class Mail:
    """Calls things at their time, once `run` runs."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Deliver]] = []
        self._numbers = itertools.count()
        self._sleep = trio.CancelScope()

    def after(self, delay_s: float, deliver: Deliver) -> None:
        """Call `deliver` so many seconds from now."""
        self.at(trio.current_time() + delay_s, deliver)

    def at(self, when: float, deliver: Deliver) -> None:
        """Call `deliver` at this moment of trio's clock, or as soon as possible when it is past."""
        heapq.heappush(self._heap, (when, next(self._numbers), deliver))
        if when < self._sleep.deadline:
            self._sleep.deadline = when

    async def run(self) -> None:
        """For ever."""
        while True:
            while self._heap and self._heap[0][0] <= trio.current_time():
                heapq.heappop(self._heap)[2]()
            self._sleep = trio.CancelScope(deadline=self._heap[0][0] if self._heap else inf)
            with self._sleep:
                await trio.sleep_forever()
