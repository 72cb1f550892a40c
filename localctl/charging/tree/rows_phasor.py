"""Rows with angles: the load of a conductor whose currents do not all peak at the same moment.

Such a load is the length of a sum of arrows, one per direction. It is not monotone by itself: a car that stops may
lengthen the sum it was balancing. A row here is therefore the largest sum over every subset of directions (the
drop-safe closure): whatever stops, faults or is cut, what is left still fits. Subsets that another one always exceeds
are left out; with all directions within 90 degrees of each other only the full sum stays.
"""

from itertools import combinations
from math import inf, sqrt

Subsets = tuple[tuple[int, ...], ...]


def closure(directions: tuple[complex, ...]) -> Subsets:
    """The subsets of `directions` (as indices) whose sum may be the largest one of all, for some currents."""
    everything = range(len(directions))
    subsets = (subset for size in everything for subset in combinations(everything, size + 1))
    return tuple(subset for subset in subsets if not _exceeded(subset, directions))


def _exceeded(subset: tuple[int, ...], directions: tuple[complex, ...]) -> bool:
    """Whether one more direction, within 90 degrees of every member, can only lengthen the sum."""
    others = set(range(len(directions))) - set(subset)
    return any(all(_along(directions[other], directions[member]) >= -1e-9 for member in subset) for other in others)


def _along(one: complex, other: complex) -> float:
    return one.real * other.real + one.imag * other.imag


def length(subsets: Subsets, directions: tuple[complex, ...], amps: list[float]) -> float:
    """The load in ampere when direction number i carries `amps[i]`."""
    return max(abs(sum(directions[i] * amps[i] for i in subset)) for subset in subsets)


def reaches(
    subsets: Subsets, directions: tuple[complex, ...], at_zero: list[float], slope: list[float], limit_a: float
) -> tuple[float, tuple[int, ...]]:
    """The level t from which `at_zero + slope * t` is longer than `limit_a`, and which subset is; else infinity."""
    best: tuple[float, tuple[int, ...]] = (inf, ())
    for subset in subsets:
        start = sum((directions[i] * at_zero[i] for i in subset), 0j)
        step = sum((directions[i] * slope[i] for i in subset), 0j)
        level = _crossing(start, step, limit_a)
        if level < best[0]:
            best = (level, subset)
    return best


def _crossing(start: complex, step: complex, limit_a: float) -> float:
    """The larger root of abs(start + step t) = limit: from there on the arrow is too long for good.

    Minus infinity where it is too long at any level.
    """
    a, b, c = abs(step) ** 2, _along(start, step), abs(start) ** 2 - limit_a**2
    if a <= 1e-18:
        return inf
    square = b * b - a * c
    return (-b + sqrt(square)) / a if square >= 0 else -inf
