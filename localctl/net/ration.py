"""So many log lines about strangers, and no more: whoever knocks all day must not fill the disk.

What is not said is still counted in the metrics.
"""

from collections.abc import Callable
from typing import Final

import trio

BURST_LINES: Final = 60
REFILL_S: Final = 10.0


class Ration:
    """`BURST_LINES` at once, then one more every `REFILL_S` seconds."""

    def __init__(self, clock: Callable[[], float] = trio.current_time) -> None:
        self._clock = clock
        self._left = float(BURST_LINES)
        self._filled_at: float | None = None

    def take(self) -> bool:
        """Whether one more line may be said; if so, it is used up."""
        now = self._clock()
        since_s = 0.0 if self._filled_at is None else now - self._filled_at
        self._left = min(BURST_LINES, self._left + since_s / REFILL_S)
        self._filled_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
