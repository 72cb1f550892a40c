"""A station's profiles for people: what is installed as far as anyone can know, whose it is, and what comes of it.

Takes frozen values only, so it can be worked out in any thread: composites of long lists take their time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from typing import Any, Final

from localctl.charging.base.instants import Instant, write_instant
from localctl.charging.base.units import HardLimit, Supply
from localctl.charging.composition.composite import Ask, Rating, evse_schedule
from localctl.charging.composition.composite_curves import on_the_wire
from localctl.charging.composition.composite_runs import TooManyPieces
from localctl.charging.composition.composite_stack import Book
from localctl.charging.dispatching.fleet import Managed, Outlet
from localctl.charging.knowing.ledger import Entry, Ledger, waits
from localctl.charging.knowing.site_state import StationState
from localctl.charging.loop.controller import Controller
from localctl.charging.profile.profiles import ChargingProfile, ChargingSchedule, RateUnit, Transaction

Json = dict[str, Any]
MOST_HOURS: Final = 168
MOST_PERIODS: Final = 64
"""So many periods of a schedule are shown; the count tells how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One station's profiles at one moment."""

    station: Managed
    state: StationState
    ledger: Ledger
    voltage_v: float


def installation(controller: Controller, name: str) -> Installation:
    """What is installed at a station now. KeyError for a station that is not under control."""
    return Installation(
        station=controller.managed[name],
        state=controller.states[name],
        ledger=controller.ledgers[name],
        voltage_v=controller.topology.site.nominal_voltage_v,
    )


def profiles(of: Installation, now: float, hours: int = 4) -> Json:
    """Every profile with its owner, and per EVSE the composite schedule of the next `hours`, with and without ours."""
    return {
        "station": of.station.identity,
        "protocol": of.ledger.protocol.value,
        "at": write_instant(Instant(floor(now))),
        "profiles": [_entry(entry) for entry in of.ledger.entries],
        "composite": [_composite(of, outlet, now, hours) for outlet in of.station.outlets],
    }


def _entry(entry: Entry) -> Json:
    profile = entry.profile
    return {
        "evse_id": entry.evse_id,
        "id": profile.id,
        "owner": "localctl" if entry.ours else "CSMS",
        "sure": entry.sure,
        "waits_for_start": waits(entry),
        "purpose": profile.purpose.value,
        "kind": profile.kind.value,
        "stack_level": profile.stack_level,
        "transaction_id": profile.transaction_id,
        "valid_from": _written(profile.valid_from_at),
        "valid_to": _written(profile.valid_to_at),
        "schedules": list(_schedules(profile)),
    }


def _schedules(profile: ChargingProfile) -> Iterator[Json]:
    for schedule in profile.schedules:
        yield {
            "unit": schedule.unit.value,
            "start": _written(schedule.start_at),
            "duration_s": schedule.duration_s,
            "period_count": len(schedule.periods),
            "periods": _periods(schedule),
        }


def _periods(schedule: ChargingSchedule) -> list[Json]:
    return [
        {"start_s": period.start_s, "limit": period.limit, "number_phases": period.number_phases}
        for period in schedule.periods[:MOST_PERIODS]
    ]


def _composite(of: Installation, outlet: Outlet, now: float, hours: int) -> Json:
    return {
        "evse_id": outlet.id,
        "unit": "A",
        "all": _curve(of, outlet, now, hours, ours=True),
        "without_ours": _curve(of, outlet, now, hours, ours=False),
    }


def _curve(of: Installation, outlet: Outlet, now: float, hours: int, *, ours: bool) -> list[Json] | None:
    """From when on how many amperes; None where the profiles have more steps than anybody can use."""
    book = book_of(of, ours=ours)
    hard = HardLimit(limit_a=outlet.rating_a)
    supply = Supply(voltage_v=of.voltage_v, default_phases=outlet.phases, dc=outlet.dc)
    start = Instant(floor(now))
    ask = Ask(start_at=start, duration_s=hours * 3600, unit=RateUnit.AMPS)
    try:
        curve = on_the_wire(evse_schedule(book, outlet.id, ask, Rating(supply=supply, local=hard, default=hard)))
    except TooManyPieces:
        return None
    return [
        {"from": _written(Instant(start + period.start_s)), "limit_a": period.limit, "phases": period.number_phases}
        for period in curve
    ]


def book_of(of: Installation, *, ours: bool = True) -> Book:
    """What is installed at a station and runs there, for the composite engine; with `ours` False without ours."""
    return Book(
        protocol=of.ledger.protocol,
        installed=of.ledger.installed(ours=ours),
        transactions=tuple(one for outlet in of.station.outlets for one in _running(of.state, outlet.id)),
    )


def _running(state: StationState, evse_id: int) -> Iterator[Transaction]:
    here = state.running(evse_id)
    if here is not None:
        offered = None if here.offered_at is None else Instant(floor(here.offered_at))
        yield Transaction(
            evse_id=evse_id, id=here.id, started_at=Instant(floor(here.started_at)), energy_offered_at=offered
        )


def _written(instant: Instant | None) -> str | None:
    return None if instant is None else write_instant(instant)
