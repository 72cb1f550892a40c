"""Config to the charging core's values, second part: limits that the installer wrote down, and how calm control is.

The site's tree is in `plan_site`. Currents are amperes per phase; a phase that does not reach a panel has no limit.
"""

from collections.abc import Iterable, Iterator
from datetime import time
from zoneinfo import ZoneInfo

from localctl.charging.allocator_turns import Policy
from localctl.charging.external import Rule, SourceKind
from localctl.charging.lease import LeaseTerms, Tolerance
from localctl.charging.limits import Cap, Source, Step
from localctl.charging.pacing import PaceTerms
from localctl.charging.timetable import Hours
from localctl.config.model import Config, Panel

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALWAYS = 0.0
CONTRACT = "fixed limit"
"""Name of the source behind a panel's `limit_a` (`limit_w` is a row of the panel itself)."""


def zone_of(config: Config) -> ZoneInfo:
    """The site's time zone; `check` has made sure that it exists."""
    return ZoneInfo(config.site.time_zone)


def fixed_limits_of(config: Config) -> tuple[Source, ...]:
    """The panels' `limit_a`, as sources that never get stale."""
    return tuple(
        Source(name=CONTRACT, node=("panel", panel.id), steps=(Step(at=_ALWAYS, cap=_cap(panel, panel.limit_a)),))
        for panel in config.panel
        if panel.limit_a is not None
    )


def hours_of(config: Config) -> tuple[Hours, ...]:
    """The panels' schedules, for `timetable.source_of`."""
    return tuple(hours for panel in config.panel for hours in _hours(panel))


def _hours(panel: Panel) -> Iterator[Hours]:
    for entry in panel.schedule:
        yield Hours(
            name=f"schedule {entry.start}-{entry.end}",
            node=("panel", panel.id),
            start=_time(entry.start),
            end=_time(entry.end),
            days=frozenset(_DAYS.index(day) for day in entry.days),
            cap=_cap(panel, entry.limit_a, entry.limit_w),
        )


def _time(clock: str) -> time:
    """ "24:00" is the midnight at which the next day begins."""
    hour, minute = (int(part) for part in clock.split(":"))
    return time(hour % 24, minute)


def _cap(panel: Panel, limit_a: Iterable[float] | None, limit_w: float | None = None) -> Cap:
    if limit_a is None:
        return Cap(w=limit_w)
    r, s, t = (amps if letter in panel.phases else None for letter, amps in zip("RST", limit_a, strict=True))
    return Cap(a=(r, s, t), w=limit_w)


def rules_of(config: Config) -> tuple[Rule, ...]:
    """What holds for each source outside: how long its word lasts, and what comes after it."""
    panels = {panel.id: panel for panel in config.panel}
    return tuple(
        Rule(
            name=source.name,
            kind=SourceKind(source.kind),
            stale_after_s=source.stale_after_s,
            require_expiry=source.require_expiry,
            fallback={("panel", name): _cap(panels[name], amps) for name, amps in source.fallback_a.items()},
        )
        for source in config.limit_source
    )


def lease_terms_of(config: Config) -> LeaseTerms:
    """How long a grant lasts and when it is renewed."""
    charging = config.charging
    return LeaseTerms(lease_s=charging.lease_s, longest_s=charging.longest_lease_s, renew_at=charging.renew_at)


def tolerance_of(config: Config) -> Tolerance:
    """How far a station may be from its schedule."""
    return Tolerance(skew_s=config.charging.clock_skew_s, reaction_s=config.charging.reaction_s)


def pace_terms_of(config: Config) -> PaceTerms:
    """How often a station is written to."""
    charging = config.charging
    return PaceTerms(
        dead_band_a=charging.dead_band_a,
        rise_gap_s=charging.min_gap_s,
        retry_s=charging.retry_s,
        writes_per_day=charging.max_writes_per_day,
    )


def turns_of(config: Config) -> Policy:
    """How calm the sharing out is."""
    charging = config.charging
    return Policy(min_on_s=charging.min_on_s, min_off_s=charging.min_off_s, dead_band_a=charging.dead_band_a)
