"""Answers that are given again while nothing they were made of has changed: the one kind of cache in charging.

An answer is kept with the facts it was made of, and with the instant from which time alone may change it. It is given
again only where every fact is equal and that instant has not come. So nobody has to tell when something changes, and
nobody can forget to. Facts are frozen values: mostly they are the very same objects, which costs next to nothing to
see. An answer must not be changed by whoever gets it.
"""

from collections.abc import Hashable, Iterable
from math import inf
from typing import Final, Generic, TypeVar

T = TypeVar("T")
Facts = tuple[object, ...]

MARGIN_S: Final = 1e-3
"""Instants are sums of numbers near 2e9: an answer is given up so much sooner than it would have to be."""


class Recall(Generic[T]):
    """The last answer for each of some things, one per thing."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[Facts, float, float, T]] = {}

    def again(self, of: Hashable, made_of: Facts, now: float) -> T | None:
        """The answer for a thing, if it is still the answer; None to have it worked out anew."""
        kept = self._kept.get(of)
        if kept is None or not kept[1] <= now < kept[2] or kept[0] != made_of:
            return None
        return kept[3]

    def keep(self, of: Hashable, made_of: Facts, answer: T, now: float, until_at: float = inf) -> T:
        """Keep an answer worked out at `now`, which holds at every instant before `until_at`; the answer."""
        self._kept[of] = (made_of, now, until_at, answer)
        return answer

    def forget(self, of: Hashable) -> None:
        """The thing is gone."""
        self._kept.pop(of, None)


def unchanged_until(edges: Iterable[float], offsets: Iterable[float], now: float) -> float:
    """Until when, as time goes on from `now`, no edge changes sides with any `now + offset`. All in seconds."""
    until_at, ahead = inf, tuple(offsets)
    for edge in edges:
        for offset in ahead:
            passes_at = edge - offset
            if now - MARGIN_S <= passes_at < until_at:
                until_at = passes_at
    return until_at - MARGIN_S
