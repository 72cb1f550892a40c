"""Limits that hold at certain hours of certain days, as steps over a horizon.

Hours are local: 17:00 is when the clock on the wall says 17:00, summer and winter. Each entry is one source of its own,
so that the one that binds is named. The time zone is an argument; nothing here looks at a clock.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from localctl.charging.limiting.limits import NO_LIMIT, Cap, Source, Step
from localctl.charging.tree.topology import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """One entry: on `days` (0 is Monday) from `start` until `end`, over midnight where `end` is not later."""

    name: str
    node: Path
    start: time
    end: time
    days: frozenset[int]
    cap: Cap


def source_of(hours: Hours, zone: tzinfo, now: float, horizon_s: float) -> Source:
    """The entry's limit from a day before `now` to a day after the horizon."""
    spans = list(_spans(hours, zone, now, horizon_s))
    steps = [step for since, until in spans for step in (Step(at=since, cap=hours.cap), Step(at=until, cap=NO_LIMIT))]
    begins = {since for since, _ in spans}
    touching = [step for step in steps if step.cap is hours.cap or step.at not in begins]
    return Source(name=hours.name, node=hours.node, steps=tuple(touching))


def _spans(hours: Hours, zone: tzinfo, now: float, horizon_s: float) -> Iterator[tuple[float, float]]:
    first = datetime.fromtimestamp(now, tz=zone).date() - timedelta(days=1)
    for number in range(int(horizon_s // 86_400) + 4):
        day = first + timedelta(days=number)
        if day.weekday() not in hours.days:
            continue
        last = day if hours.end > hours.start else day + timedelta(days=1)
        since, until = min(_readings(day, hours.start, zone)), max(_readings(last, hours.end, zone))
        if since < until:
            yield since, until


def _readings(day: date, at: time, zone: tzinfo) -> tuple[float, float]:
    """Both readings of a wall time as instants: they differ where the clocks change, and the longer span is taken."""
    first, second = (datetime.combine(day, at.replace(fold=fold), tzinfo=zone) for fold in (0, 1))
    return first.astimezone(UTC).timestamp(), second.astimezone(UTC).timestamp()
