"""When to dial a CSMS again after it was away (Part 4 5.4).

The wait starts at the minimum, doubles a few times, then stays; every wait gets a fresh random part, which is not
doubled with it. One success starts over. The state belongs to the identity, not to the link, because a station whose
CSMS is away comes and goes.
"""

from collections import OrderedDict
from collections.abc import Callable

from msgspec import Struct

from routing.policy import StationPolicy
from routing.values import Instant

MAX_IDENTITIES = 4096


class _Wait(Struct):
    failures: int
    until_at: float


class Backoffs:
    """The waits of all identities that failed lately; the longest unused is forgotten beyond `MAX_IDENTITIES`."""

    def __init__(self, uniform: Callable[[], float]) -> None:
        self._uniform = uniform
        self._waits: OrderedDict[str, _Wait] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waits)

    def failed(self, key: str, policy: StationPolicy, now: Instant) -> float:
        """Note a failed attempt; the seconds until the next one is due."""
        wait = self._waits.pop(key, None) or _Wait(0, 0.0)
        base_s = policy.retry_min_s * 2.0 ** min(wait.failures, policy.retry_repeats)
        delay_s = base_s + self._uniform() * policy.retry_range_s
        self._waits[key] = _Wait(wait.failures + 1, now + delay_s)
        if len(self._waits) > MAX_IDENTITIES:
            self._waits.popitem(last=False)
        return delay_s

    def reached(self, key: str) -> None:
        """The CSMS answered: the next failure starts at the minimum again."""
        self._waits.pop(key, None)

    def wait_s(self, key: str, now: Instant) -> float:
        """Seconds until the next attempt is due, 0 when it is."""
        wait = self._waits.get(key)
        return 0.0 if wait is None else max(0.0, wait.until_at - now)
