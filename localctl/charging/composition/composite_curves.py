"""Composite schedules as curves: merging, rounding for the wire, and the sum over a panel or the site.

A curve is what a composite schedule says: periods in order, each holding until the next. Arithmetic is exact up to
here; `on_the_wire` rounds limits down to the one digit OCPP writes, once, and merges again (R17). `node_schedule` is
a node of the site: min(own caps, sum of children) (R19).
"""

from collections.abc import Sequence
from typing import NamedTuple

from localctl.charging.base.units import floor_tenth
from localctl.charging.composition.composite_runs import Rate, changes, heard
from localctl.charging.profile.profiles import RateUnit


class CompositePeriod(NamedTuple):
    """From `start_s` after the asked instant on: limit in the asked unit; phases only where a profile leads on AC."""

    start_s: int
    limit: float
    number_phases: int | None = None
    phase_to_use: int | None = None


Curve = Sequence[CompositePeriod]


def merged(curve: Curve) -> list[CompositePeriod]:
    """The curve without periods that say what the one before says (R17)."""
    return [each for before, each in zip([None, *curve], curve, strict=False) if not before or before[1:] != each[1:]]


def on_the_wire(curve: Curve) -> list[CompositePeriod]:
    """The curve as it is reported: limits rounded down to one digit, then merged again (R17)."""
    return merged([each._replace(limit=floor_tenth(each.limit)) for each in curve])


def node_schedule(caps: Sequence[Curve], children: Sequence[Curve], unit: RateUnit) -> list[CompositePeriod]:
    """A node of the site: the lowest of its own caps and the sum of its children (R19).

    All curves share start and unit. The phases of the caps bind the children: watts meant for more phases shrink
    with them, so that no conductor carries more than before.
    """
    lines = [
        [(each.start_s, Rate(each.limit, True, each.number_phases, None)) for each in one] for one in (*caps, *children)
    ]
    found = []
    for at, current in changes(lines):
        own, below = heard(current[: len(caps)]), heard(current[len(caps) :])
        most = min((rate.phases for rate in own if rate.phases), default=None)
        total = sum(bound(rate, most, unit) for rate in below)
        phases = max((rate.phases or 0 for rate in below), default=0) or most
        limit = min([total, *(rate.limit for rate in own)])
        found.append(CompositePeriod(at, limit, min(phases, most) if phases and most else phases))
    return merged(found)


def bound(rate: Rate, most: int | None, unit: RateUnit) -> float:
    """A child's limit on at most so many phases."""
    if unit is RateUnit.AMPS or most is None or rate.phases is None or rate.phases <= most:
        return rate.limit
    return rate.limit * most / rate.phases
