"""The clock that control goes by: Unix seconds that never go back, and a word when they jump ahead.

Control promises fuses by instants: until when a lease runs, since when a value holds. A box without a battery-backed
clock starts in the past and is set right by NTP, and some are set back. So the time that control is given runs on with
the machine's steady clock, and follows the wall clock like this:

    wall clock ahead    at once; by more than a jump, `follow` tells how far (`Controller.clock_jumped`)
    wall clock behind   never back: time runs a little slower until both agree
"""

import time
from collections.abc import Callable
from typing import Final

JUMP_S: Final = 10.0
"""Less is within what schedules are written for (`clock_skew_s`)."""
SLOWER: Final = 0.05
"""The part of each second that is left out while the wall clock is behind."""


class SiteClock:
    """One for everything that control is told. `now` may be read anywhere, `follow` is the control loop's."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._followed_at = steady()
        self._ahead_s = wall() - self._followed_at

    def now(self) -> float:
        """Seconds since 1970."""
        return self._steady() + self._ahead_s

    def follow(self) -> float:
        """Come closer to the wall clock; by how many seconds time has jumped ahead, 0 mostly."""
        steady_at = self._steady()
        passed_s, self._followed_at = steady_at - self._followed_at, steady_at
        off_s = self._wall() - steady_at - self._ahead_s
        self._ahead_s += max(off_s, -SLOWER * passed_s)
        return off_s if off_s > JUMP_S else 0.0
