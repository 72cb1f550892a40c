"""Limits by the clock on the wall: "40 A on weekdays from 17:00 to 20:00", as steps in real time.

Each window becomes a source of its own, so overlapping windows bind by their minimum and each keeps its name. Where a
clock change makes a time happen twice or not at all, the window is taken as long as it can be read.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from localctl.charging.limits import NO_LIMIT, Cap, Covers, Source, Step
from localctl.charging.topology import Path

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A cap on some days of the week (0 is Monday) from one time of day until another.

    An end at or before the start is on the next day, so equal times mean a whole day; a window belongs to the day it
    starts on.
    """

    start: time
    end: time
    cap: Cap
    days: frozenset[int] = EVERY_DAY


def window_source(
    name: str, node: Path, window: Window, zone: tzinfo, start: float, end: float, covers: Covers = Covers.ALL
) -> Source:
    """The source of a window, with its steps from a week before `start` (so it is known since when) until `end`."""
    day = datetime.fromtimestamp(start, zone).date() - timedelta(days=8)
    last = datetime.fromtimestamp(end, zone).date()
    steps = []
    while day <= last:
        if day.weekday() in window.days:
            closes = day if window.end > window.start else day + timedelta(days=1)
            steps.append(Step(at=min(_instants(day, window.start, zone)), cap=window.cap))
            steps.append(Step(at=max(_instants(closes, window.end, zone)), cap=NO_LIMIT))
        day += timedelta(days=1)
    return Source(name=name, node=node, steps=tuple(steps), covers=covers)


def _instants(day: date, at: time, zone: tzinfo) -> tuple[float, float]:
    """Both readings of a local time, in seconds since 1970; they differ only around a clock change."""
    first, second = (datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return first.timestamp(), second.timestamp()
