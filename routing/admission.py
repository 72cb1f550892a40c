"""Who may dial now, and when those come back who cannot wait so long: many stations at once, after a power cut.

    in line: a place at `Pace`, dials when it is its turn            wait <= patience
    told:    503 and a Retry-After of its own                        the line and all who were told before are longer

Each station that is turned away is told another moment, one gap of the pace apart and jittered, so that those who came
together do not come back together. It keeps its moment however often it asks before. Newcomers line up behind all who
were told, so whoever comes back finds the line short: nobody starves.
"""

from collections import OrderedDict
from collections.abc import Callable

from msgspec import Struct

from routing.pace import Pace
from routing.values import Instant

MAX_TOLD = 4096
FORGOTTEN_S = 30.0
"""Who has not come back so long after its moment has no claim any more."""


class Turn(Struct, frozen=True):
    """`admitted`: has a place and dials in `wait_s`; else it should come back in `wait_s`."""

    admitted: bool
    wait_s: float


class Admission:
    """The line in front of all CSMSs. `uniform` draws 0..1."""

    def __init__(self, pace: Pace, uniform: Callable[[], float]) -> None:
        self._pace, self._uniform = pace, uniform
        self._told: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """Stations that were told a moment and may still come."""
        return len(self._told)

    def ask(self, key: str, patience_s: float, now: Instant) -> Turn:
        """A station wants to dial and can wait so long."""
        self._forget(now)
        wait_s = self._pace.wait_s(now)
        if self._longest_s(wait_s) <= patience_s and self._may(key, wait_s, patience_s, now):
            self._told.pop(key, None)
            return Turn(admitted=True, wait_s=self._pace.take(now) - now)
        return Turn(admitted=False, wait_s=self._tell(key, wait_s, now))

    def _longest_s(self, wait_s: float) -> float:
        """Whoever waits may get up to one more gap at random."""
        return wait_s + 1.0 / self._pace.per_s if wait_s > 0 else 0.0

    def _may(self, key: str, wait_s: float, patience_s: float, now: Instant) -> bool:
        """Newcomers come behind all who were told. Who was told may come too soon as well while the line is short:
        half of it is left to those whose moment it is.
        """
        told_at = self._told.get(key)
        if told_at is None:
            return self._behind_s(wait_s) <= patience_s
        return told_at - now <= patience_s or self._longest_s(wait_s) <= patience_s / 2

    def _behind_s(self, wait_s: float) -> float:
        return wait_s + len(self._told) / self._pace.per_s if self._told and self._pace.per_s > 0 else wait_s

    def _tell(self, key: str, wait_s: float, now: Instant) -> float:
        told_at = self._told.get(key, 0.0)
        if told_at <= now:
            self._told.pop(key, None)
            told_at = now + self._behind_s(wait_s) + self._uniform() / self._pace.per_s
            self._told[key] = told_at
        if len(self._told) > MAX_TOLD:
            self._told.popitem(last=False)
        return told_at - now

    def _forget(self, now: Instant) -> None:
        """Take those off the books who did not come; the one told longest ago stands first, or nearly so."""
        while self._told and next(iter(self._told.values())) < now - FORGOTTEN_S:
            self._told.popitem(last=False)
