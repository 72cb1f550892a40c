"""Which limit is in force at each panel at each moment: configuration, clock on the wall, and what an EMS really put.

The judge's own reckoning, from the configuration's text. A limit is *hard* (the fuse) or *set* (everything somebody
decided). For a set limit it matters since when the controller could know of it: what is in the configuration or was
put with its own end is known beforehand, a new put or a source gone silent is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import inf
from typing import Final
from zoneinfo import ZoneInfo

from localctl.config.model import Config, Panel, ScheduledLimit
from localctl.simulate.wiring import LETTERS, LINES, WATTS, Spot

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS: Final = -inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """Amperes for L1 to L3, or watts, or both; None limits nothing."""

    amps: tuple[float, ...] | None = None
    watts: float | None = None

    def at(self, line: str) -> float | None:
        """The figure for one line, or for "W"."""
        if line == WATTS:
            return self.watts
        return None if self.amps is None else self.amps[LINES.index(line)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a source said last about a panel; a None amount takes back what it said before."""

    amount: Amount
    said_at: float
    expires_at: float = inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """The lowest set limit of a spot: whose it is, and since when it could be known."""

    value: float
    source: str
    known_at: float


class InForce:
    """All limits of a site over time. Instants in seconds since 1970."""

    def __init__(self, config: Config) -> None:
        self._panels = {panel.id: panel for panel in config.panel}
        self._zone = ZoneInfo(config.site.time_zone)
        self._rules = {rule.name: rule for rule in config.limit_source}
        self._said: dict[tuple[str, str], Said] = {}

    def put(self, source: str, panel: str, said: Said) -> None:
        """A source limits a panel from now on."""
        self._said[source, panel] = said

    def fuse(self, spot: Spot) -> float | None:
        """The rating of the fuse on this line."""
        panel = self._panels[spot[0]]
        if spot[1] == WATTS or not _reaches(panel, spot[1]):
            return None
        return panel.fuse_a[LINES.index(spot[1])]

    def bound(self, spot: Spot, at: float) -> Bound | None:
        """The lowest set limit at this moment."""
        if spot[1] != WATTS and not _reaches(self._panels[spot[0]], spot[1]):
            return None
        return min(self._bounds(spot, at), key=lambda one: (one.value, one.known_at), default=None)

    def next_change(self, at: float) -> float:
        """The next moment after `at` at which any limit may be another one."""
        found = {change for panel in self._panels.values() for change in self._hour_changes(panel, at)}
        for (source, _), said in self._said.items():
            rule = self._rules.get(source)
            found |= {said.expires_at, said.said_at + rule.stale_after_s if rule else inf}
        return min((change for change in found if change > at), default=inf)

    def _bounds(self, spot: Spot, at: float) -> Iterator[Bound]:
        panel, line = self._panels[spot[0]], spot[1]
        fixed = Amount(amps=panel.limit_a, watts=panel.limit_w).at(line)
        if fixed is not None:
            yield Bound(value=fixed, source="fixed limit", known_at=ALWAYS)
        for hours in panel.schedule:
            value = Amount(amps=hours.limit_a, watts=hours.limit_w).at(line)
            if value is not None and _covers(hours, datetime.fromtimestamp(at, self._zone)):
                yield Bound(value=value, source=f"schedule {hours.start}-{hours.end}", known_at=ALWAYS)
        yield from self._outside(spot, at)

    def _outside(self, spot: Spot, at: float) -> Iterator[Bound]:
        panel, line = spot
        names = {source for source, where in self._said if where == panel}
        for name in sorted(names | self._rules.keys()):
            said, rule = self._said.get((name, panel)), self._rules.get(name)
            fallback = None if rule is None else rule.fallback_a.get(panel)
            amount, known_at = _word(said, None if rule is None else rule.stale_after_s, fallback, at)
            value = amount.at(line)
            if value is not None:
                yield Bound(value=value, source=name, known_at=known_at)

    def _hour_changes(self, panel: Panel, at: float) -> Iterator[float]:
        today = datetime.fromtimestamp(at, self._zone).date()
        for hours in panel.schedule:
            for number in (0, 1):
                day = today + timedelta(days=number)
                yield self._instant(day, hours.start)
                yield self._instant(day, hours.end)

    def _instant(self, day: date, clock: str) -> float:
        hour, minute = (int(part) for part in clock.split(":"))
        midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        moment = midnight + timedelta(days=1) if hour == 24 else midnight.replace(hour=hour, minute=minute)
        return moment.timestamp()


def _word(
    said: Said | None, stale_after_s: float | None, fallback: tuple[float, ...] | None, at: float
) -> tuple[Amount, float]:
    """What a source says at a moment, and since when that could be known."""
    otherwise = Amount(amps=fallback)
    if said is None:
        return otherwise, ALWAYS
    stale_at = inf if stale_after_s is None else said.said_at + stale_after_s
    if at >= said.expires_at:
        return otherwise, said.said_at
    if at >= stale_at:
        return otherwise, stale_at
    return said.amount, said.said_at


def _reaches(panel: Panel, line: str) -> bool:
    return LETTERS[LINES.index(line)] in panel.phases


def _covers(hours: ScheduledLimit, local: datetime) -> bool:
    clock, today, yesterday = f"{local:%H:%M}", DAYS[local.weekday()], DAYS[local.weekday() - 1]
    if hours.start < hours.end:
        return today in hours.days and hours.start <= clock < hours.end
    return (today in hours.days and clock >= hours.start) or (yesterday in hours.days and clock < hours.end)
