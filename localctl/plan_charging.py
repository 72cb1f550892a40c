"""Config to the charging core's values, second part: limits that the installer wrote down, how each station is steered,
and how calm control is.

The site's tree is in `plan_site`. Currents are amperes per phase; a phase that does not reach a panel has no limit.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import time
from math import sqrt
from typing import Final
from zoneinfo import ZoneInfo

from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.base.phases import PerPhase
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet
from localctl.charging.dispatching.lease import LeaseTerms, Tolerance
from localctl.charging.dispatching.pacing import PaceTerms
from localctl.charging.limiting.external import Rule, SourceKind
from localctl.charging.limiting.limits import Cap, Source, Step
from localctl.charging.limiting.limits_baseload import MeterRules
from localctl.charging.limiting.timetable import Hours
from localctl.charging.profile.profiles import Protocol, RateUnit
from localctl.charging.tree import topology as domain
from localctl.config.model import Config, Panel, StationSettings
from localctl.plan_site import stations_of

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ALWAYS = 0.0
_LEAST_AC_A: Final = 6.0
_V201: Final = Protocol.V201
_ACTUATORS: Final[Mapping[str, Actuator | None]] = {
    "auto": None,
    "max_profile": Actuator.MAX_PROFILE,
    "tx_default": Actuator.TX_DEFAULT,
    "tx_profile": Actuator.TX_PROFILE,
    "dynamic": Actuator.DYNAMIC,
    "observe": Actuator.UNCONTROLLED,
    "uncontrolled": Actuator.UNCONTROLLED,
}
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
    return Cap(w=limit_w) if limit_a is None else Cap(a=_on(panel, limit_a), w=limit_w)


def _on(panel: Panel, amps: Iterable[float]) -> PerPhase:
    """Amperes on the phases that reach the panel."""
    r, s, t = (one if letter in panel.phases else None for letter, one in zip("RST", amps, strict=True))
    return (r, s, t)


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


def meter_rules_of(config: Config) -> dict[str, MeterRules]:
    """How the meter of each metered load is trusted, by the load's name; when it is silent `current_a` holds."""
    panels = {panel.id: panel for panel in config.panel}
    return {
        load.name: MeterRules(worst_a=_on(panels[load.panel], load.current_a), stale_after_s=load.stale_after_s)
        for load in config.load
        if load.kind == "metered"
    }


def managed_of(config: Config) -> tuple[Managed, ...]:
    """Every station on a panel, as dispatch has to know it.

    Its version is the pinned one, else 2.0.1 until it connects and says which it speaks.
    """
    return tuple(_managed(station, config) for station in stations_of(config))


def adopted_of(config: Config, identity: str) -> Managed | None:
    """A station that is in no [[station]], held at `adopt_current_a` as a whole; None where nobody is adopted.

    How many EVSEs it has is not known, so only a limit for the whole station is sure to reach all of them.
    """
    defaults = config.defaults
    if defaults.unknown_stations != "adopt" or config.station_of(identity) is not None:
        return None
    least_a = min(_LEAST_AC_A, defaults.adopt_current_a)
    watts_per_a = 3 * config.site.nominal_voltage_v
    outlet = Outlet(id=1, min_a=least_a, failsafe_a=defaults.adopt_current_a, watts_per_a=watts_per_a)
    steered = _steered(config, config.settings(identity), Managed(identity=identity, protocol=_V201, outlets=(outlet,)))
    return replace(steered, control=steered.control or Actuator.MAX_PROFILE)


def _managed(station: domain.Station, config: Config) -> Managed:
    outlets = tuple(_outlet(station, evse, config.site.nominal_voltage_v) for evse in station.evses)
    plain = Managed(identity=station.identity, protocol=_V201, outlets=outlets, rating_a=station.max_a)
    return _steered(config, config.settings(station.identity), plain)


def _steered(config: Config, settings: StationSettings, plain: Managed) -> Managed:
    watts = settings.limit_unit == "W" or any(outlet.dc for outlet in plain.outlets)
    return replace(
        plain,
        protocol=Protocol(settings.subprotocol or plain.protocol),
        control=_ACTUATORS[settings.control],
        unit=RateUnit.WATTS if watts else RateUnit.AMPS,
        tolerance=tolerance_of(config),
        max_stack_level=settings.max_stack_level,
        stack_level=settings.stack_level,
        most_periods=settings.max_schedule_periods,
        hold_minimum=settings.hold_minimum,
        relative=settings.relative_profiles,
        names_transaction=settings.names_transaction,
        keeps_profiles=settings.keeps_profiles,
    )


def _outlet(station: domain.Station, evse: domain.Evse, voltage_v: float) -> Outlet:
    rating_a = evse.rating_a(voltage_v)
    return Outlet(
        id=evse.id,
        rating_a=rating_a,
        min_a=evse.min_a,
        failsafe_a=min(station.failsafe_a, rating_a) if station.controllable else rating_a,
        phases=len(evse.phases),
        watts_per_a=_watts_per_a(station, evse, voltage_v),
        dc=evse.current is domain.Current.DC,
    )


def _watts_per_a(station: domain.Station, evse: domain.Evse, voltage_v: float) -> float:
    """Total watts at one ampere per conductor (K01.FR.50); of DC what reaches the plug."""
    if evse.current is domain.Current.DC:
        return evse.plug_w(1.0, voltage_v)
    if station.line_to_line and len(evse.phases) == 1:
        return voltage_v * sqrt(3)
    return len(evse.phases) * voltage_v


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
