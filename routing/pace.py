"""So many per second and no more, for all links together: dials after a power cut, kept messages after an outage."""

from collections.abc import Callable

from routing.values import Instant


class Pace:
    """Hands out moments. `per_s` 0 means: no limit. `burst` may go at once; who waits gets up to one more gap at
    random, so that those who came together do not go together."""

    def __init__(self, uniform: Callable[[], float], *, per_s: float = 0.0, burst: int = 1) -> None:
        self._uniform = uniform
        self.per_s, self.burst = per_s, burst
        self._next_at = 0.0

    def wait_s(self, now: Instant) -> float:
        """How long one that asks now would wait, without taking the place."""
        return 0.0 if self.per_s <= 0 else max(0.0, self._next_at - now)

    def take(self, now: Instant) -> float:
        """Take the next place: the moment when it may go."""
        if self.per_s <= 0:
            return now
        gap_s = 1.0 / self.per_s
        free_at = max(self._next_at, now - (self.burst - 1) * gap_s)
        self._next_at = free_at + gap_s
        return now if free_at <= now else free_at + self._uniform() * gap_s
