"""Amperes over time as steps: what a share, a lease, a capacity and an entitlement have in common.

`Steps` are pairs (from when, how many amperes), instants rising. A step holds until the next begins, the last one for
ever; what was before the first counts like the first. Instants are seconds on the caller's clock (1970 UTC in the
control loop); half-open like everything in OCPP (R1): at its own instant the new step holds.

Two operations carry the whole safety argument of leases. A station whose clock may be wrong, and whose car follows a
while later, is at instant t somewhere on its schedule between t - back and t + ahead. `lowest_within` makes the
schedule that stays below the wish wherever in that window the station is: falls are advanced, rises put off.
`highest_within` is its mirror: the most that a given schedule may allow.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from math import inf
from typing import Final

Steps = tuple[tuple[float, float], ...]

# Instants near 1.8e9 s are exact to 2e-7 s in doubles; edges closer than this are the same edge.
SAME_S: Final = 1e-5
# Up to so many steps, looking at each is faster than halving.
SHORT: Final = 6
# "Since ever" as a number that JSON can carry.
ALWAYS: Final = -1e12


def constant(amps: float) -> Steps:
    """The same current at all times."""
    return ((ALWAYS, amps),)


def value_at(steps: Steps, at: float) -> float:
    """Amperes at an instant."""
    if len(steps) <= SHORT:
        for begins_at, amps in reversed(steps):
            if begins_at <= at:
                return amps
        return steps[0][1]
    return steps[max(0, bisect_right(steps, (at, inf)) - 1)][1]


# These two are the innermost loops of a plan: a plain loop that stops in time costs a third of slicing and max().
def highest(steps: Steps, start_at: float, end_at: float = inf) -> float:
    """The most in the half-open window from `start_at` to before `end_at`, `start_at` itself always included."""
    most = -inf
    for at, amps in reversed(steps):
        if at < end_at or at <= start_at:
            if amps > most:
                most = amps
            if at <= start_at:
                return most
    return max(most, steps[0][1])


def lowest(steps: Steps, start_at: float, end_at: float = inf) -> float:
    """The least in the same window."""
    least = inf
    for at, amps in reversed(steps):
        if at < end_at or at <= start_at:
            if amps < least:
                least = amps
            if at <= start_at:
                return least
    return min(least, steps[0][1])


def combined(choose: Callable[[Iterable[float]], float], many: Sequence[Steps]) -> Steps:
    """Instant by instant the `choose`n (min or max) of several; at least one must be given."""
    if len(many) == 1:
        return many[0]
    edges = sorted({at for steps in many for at, _ in steps})
    return tidy((at, choose(value_at(steps, at) for steps in many)) for at in edges)


def tidy(pairs: Iterable[tuple[float, float]]) -> Steps:
    """Steps without repeated values; of several at one instant the last holds."""
    kept: list[tuple[float, float]] = []
    for at, amps in pairs:
        if kept and kept[-1][0] == at:
            kept.pop()
        if not kept or kept[-1][1] != amps:
            kept.append((at, amps))
    return tuple(kept)


def edges(steps: Steps) -> Iterator[float]:
    """The instants at which the current changes."""
    return (at for at, _ in steps[1:])


def since(steps: Steps, at: float) -> Steps:
    """The same from `at` on; what is past is forgotten."""
    first = max(0, bisect_right(steps, (at, inf)) - 1)
    return steps if first == 0 else steps[first:]


def clipped(steps: Steps, least: float, most: float) -> Steps:
    """The same, nowhere below `least` or above `most`."""
    if all(least <= amps <= most for _, amps in steps):
        return steps
    return tidy((at, max(least, min(amps, most))) for at, amps in steps)


def lowest_within(steps: Steps, back_s: float, ahead_s: float) -> Steps:
    """At each instant t the least between t - back_s and t + ahead_s: falls come early, rises late."""
    if _lie_apart(steps, back_s + ahead_s):
        return _moved(steps, -ahead_s, back_s)
    edges = sorted({moved for at, _ in steps for moved in (at - ahead_s, at + back_s)})
    return tidy((at, _closed(min, steps, at - back_s, at + ahead_s)) for at in edges)


def highest_within(steps: Steps, back_s: float, ahead_s: float) -> Steps:
    """At each instant t the most between t - back_s and t + ahead_s."""
    if _lie_apart(steps, back_s + ahead_s):
        return _moved(steps, back_s, -ahead_s)
    edges = sorted({moved for at, _ in steps for moved in (at - ahead_s, at + back_s)})
    return tidy((at, _closed(max, steps, at - back_s, at + ahead_s)) for at in edges)


def _lie_apart(steps: Steps, apart_s: float) -> bool:
    """Whether no two changes ever lie in the same window; nearly all schedules are like that."""
    return len(steps) < 3 or all(two[0] - one[0] > apart_s + SAME_S for one, two in pairwise(steps[1:]))


def _moved(steps: Steps, falls_by_s: float, rises_by_s: float) -> Steps:
    """Each change by itself earlier or later."""
    return (
        steps[0],
        *((two[0] + (falls_by_s if two[1] < one[1] else rises_by_s), two[1]) for one, two in pairwise(steps)),
    )


def _closed(choose: Callable[[Iterable[float]], float], steps: Steps, start_at: float, end_at: float) -> float:
    # A step that ends exactly where the window starts is out; one that begins where it ends is in.
    first = max(0, bisect_right(steps, (start_at + SAME_S, inf)) - 1)
    return choose([steps[first][1], *(amps for at, amps in steps[first + 1 :] if at <= end_at + SAME_S)])
