"""Turning a wish into charging profiles: which profiles realise a share at a station, and how they are written.

A *place* is what a profile of ours limits: EVSE 0 (the station) or one EVSE; below, as a floor that always holds, or
on top of it for a transaction or as a Dynamic profile.

| actuator    | floor                                     | top                                                    |
| ----------- | ----------------------------------------- | ------------------------------------------------------ |
| max_profile | ChargingStationMaxProfile, all shares     | -                                                      |
| tx_default  | TxDefaultProfile per EVSE, its share      | -                                                      |
| tx_profile  | TxDefaultProfile per EVSE, the failsafe   | TxProfile of the transaction, its share                |
| dynamic     | ChargingStationMaxProfile, the failsafe   | Dynamic one (2.1), all shares, then only its value     |

A floor goes below the failsafe where the share does: it shows through when the top ends.

Each place has one profile id for ever, so a new schedule replaces the old in place (K01.FR.05): no clear-then-set, no
moment without a limit. Our ids start at 2 000 000 000, far above what a CSMS counts up to and below 2^31; the stack
level is one above the CSMS's own for the purpose. Because a higher level silences a lower one, wishes arrive here
already cut to the CSMS's composite (`fleet.Share.cap`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import floor, inf
from typing import Any, Final

from localctl.charging.base import steps
from localctl.charging.base.instants import Instant
from localctl.charging.base.steps import Steps
from localctl.charging.dispatching import lease
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet, Running, Share, Sight
from localctl.charging.profile.own_ids import OURS_FROM
from localctl.charging.profile.profile_json import write_profile, write_profile_16
from localctl.charging.profile.profiles import (
    ChargingProfile,
    ChargingSchedule,
    Kind,
    Period,
    Protocol,
    Purpose,
    RateUnit,
)

# A CALL may sit in buffers this long before the station acts on it: a Dynamic profile's lease starts only then.
DELIVERY_S: Final = 60.0
EPOCH: Final = Instant(0)
LEASE_PERIODS: Final = 2
"""What holds now, and what it falls back to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What one of our profiles limits."""

    evse_id: int
    top: bool = False
    key: str = field(init=False, compare=False)
    """Short name: `0`, `1`, `1+`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.evse_id}+" if self.top else str(self.evse_id))

    @classmethod
    def of(cls, key: str) -> "Place":
        """The place of that key."""
        return cls(evse_id=int(key.rstrip("+")), top=key.endswith("+"))

    def profile_id(self) -> int:
        """The one id its profile has for ever."""
        return OURS_FROM + self.evse_id * 2 + self.top


WHOLE: Final = (Place(evse_id=0),)
WHOLE_WITH_TOP: Final = (Place(evse_id=0), Place(evse_id=0, top=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A profile about to be sent: the CALL, what the station will hold by its own clock, and what that is worth.

    `entitled` is the most it may draw by true time, `sure` the least it is allowed.
    """

    action: str
    payload: dict[str, Any]
    schedule: Steps
    entitled: Steps
    sure: Steps
    lapse_s: float | None = None


def places(station: Managed, actuator: Actuator, running: dict[int, Running]) -> tuple[Place, ...]:
    """Where profiles of ours belong now. Tops wait for a transaction, and for its needs under ISO 15118 (K15.FR.17)."""
    match actuator:
        case Actuator.MAX_PROFILE:
            return WHOLE
        case Actuator.DYNAMIC:
            return WHOLE_WITH_TOP
        case Actuator.TX_DEFAULT:
            return tuple(Place(evse_id=outlet.id) for outlet in station.outlets)
        case Actuator.TX_PROFILE:
            floors = tuple(Place(evse_id=outlet.id) for outlet in station.outlets)
            ready = [place for place in floors if place.evse_id in running and not running[place.evse_id].awaits_needs]
            return (*floors, *(Place(evse_id=place.evse_id, top=True) for place in ready))
        case Actuator.UNCONTROLLED:
            return ()


def follows_share(place: Place, actuator: Actuator) -> bool:
    """True where the place carries the whole share; the floors below tops carry no more than the failsafe."""
    return place.top or actuator in (Actuator.MAX_PROFILE, Actuator.TX_DEFAULT)


def purpose_of(place: Place, actuator: Actuator) -> Purpose:
    """The purpose of the profile at a place."""
    if actuator in (Actuator.MAX_PROFILE, Actuator.DYNAMIC):
        return Purpose.STATION_MAX
    return Purpose.TX if place.top else Purpose.TX_DEFAULT


def unlimited_a(place: Place, station: Managed) -> float:
    """What may be drawn at a place while no profile of ours is confirmed there."""
    if place.top:
        return 0.0
    return station.full_a if place.evse_id == 0 else station.outlet(place.evse_id).rating_a


def has_lease(place: Place, station: Managed, actuator: Actuator, sight: Sight) -> bool:
    """True where a schedule surely falls back by itself: a sane clock, or seconds counted by the station (Dynamic)."""
    if actuator is Actuator.DYNAMIC and place.top:
        return True
    return sight.clock_sane(station.tolerance.skew_s) and not (place.top and station.relative)


def lateness_s(station: Managed) -> float:
    """How much later than its lease what a Dynamic profile allowed may still be drawn."""
    return DELIVERY_S + station.tolerance.reaction_s


def wish(
    place: Place,
    station: Managed,
    actuator: Actuator,
    shares: dict[int, Share],
    *,
    now: float,
    lease_s: float,
    leased: bool = True,
) -> Steps:
    """The share with its lease, or the failsafe, of one EVSE or summed over all, never above the CSMS's own limit."""
    if actuator is Actuator.DYNAMIC and place.top:
        lease_s += lateness_s(station)
    share_too = follows_share(place, actuator)
    outlets = station.outlets if place.evse_id == 0 else (station.outlet(place.evse_id),)
    parts = [
        wish_of(each, station, part_of(each, shares.get(each.id), share_too), now=now, lease_s=lease_s, leased=leased)
        for each in outlets
    ]
    total = steps.combined(sum, parts) if len(parts) > 1 else parts[0]
    ceiling_a = station.full_a if place.evse_id == 0 else outlets[0].rating_a
    return steps.clipped(total, -inf, ceiling_a)


def part_of(outlet: Outlet, share: Share | None, share_too: bool) -> Share | None:
    """What a place has of an EVSE's share: all of it, or the failsafe, but never more than share and CSMS allow."""
    if share is None or share_too:
        return share
    return replace(share, amps=steps.combined(min, [share.amps, steps.constant(outlet.failsafe_a)]))


def wish_of(
    outlet: Outlet, station: Managed, share: Share | None, *, now: float, lease_s: float, leased: bool
) -> Steps:
    """One EVSE's part; without a share it is left at its failsafe, the reserve a new car starts on (K03).

    Without a lease the least of the share's known future is asked for, and for ever.
    """
    if share is None:
        return steps.constant(outlet.failsafe_a)
    least_a = outlet.min_a if station.hold_minimum else 0.0
    amps = steps.clipped(share.amps, least_a, outlet.rating_a)
    if leased:
        amps = lease.wanted(amps, failsafe_a=outlet.failsafe_a, now=now, lease_s=lease_s)
    amps = amps if share.cap is None else steps.combined(min, [amps, share.cap])
    return amps if leased else steps.constant(steps.lowest(amps, now, now + lease_s))


def draft(
    place: Place,
    station: Managed,
    actuator: Actuator,
    sight: Sight,
    allowed: Steps,
    *,
    now: float,
    lease_s: float,
    update: bool = False,
) -> Draft:
    """Write what is `allowed` (the wish, cut to the headroom) as the CALL for this place.

    `update`: the Dynamic profile is installed already, only its value changes (K28).
    """
    min_a = min(each.min_a for each in station.outlets if place.evse_id in (0, each.id))
    if actuator is Actuator.DYNAMIC and place.top:
        return dynamic_draft(place, station, sight, allowed, now=now, lease_s=lease_s, min_a=min_a, update=update)
    if place.top and station.relative:
        return relative_draft(place, station, sight, allowed, now=now, lease_s=lease_s, min_a=min_a)
    if not sight.clock_sane(station.tolerance.skew_s):
        schedule = lease.timeless(allowed, now, min_a)
        entitled = sure = schedule
    else:
        most_periods = max(LEASE_PERIODS, station.most_periods - 1)  # one more is what holds since 1970
        schedule = lease.written(allowed, station.tolerance, min_a=min_a, most_periods=most_periods, now=now)
        entitled, sure = lease.entitled(schedule, station.tolerance), lease.sure(schedule, station.tolerance)
    start_at, periods = periods_of(schedule, station, now)
    body = schedule_of(place, station, periods, start_at=start_at)
    profile = profile_of(place, station, actuator, sight, Kind.ABSOLUTE, body)
    return set_profile(place, station, profile, schedule, entitled, sure)


def periods_of(schedule: Steps, station: Managed, now: float) -> tuple[Instant, list[tuple[int, float]]]:
    """The schedule since 1970: what holds now, and on a clock that stands before now the least of it all.

    A clock without a battery stands in 1970 after a loss of power. A schedule that had not begun there would limit
    nothing (K01.FR.30), and what it ends in is more than it may have while a car is paused. The first limit holds from
    the start on (K01.FR.31), the next one for as long as the slowest tolerated clock may need. A station that takes two
    periods only has none left for that.
    """
    least_a = steps.lowest(schedule, -inf)
    (_, first_a), *rest = schedule
    began_s = floor(now) - station.tolerance.start_before_s
    if rest and station.most_periods <= LEASE_PERIODS:
        return Instant(began_s), [(0, first_a), *((int(at) - began_s, amps) for at, amps in rest)]
    past = [(0, least_a)] if least_a == first_a else [(0, least_a), (began_s, first_a)]
    return EPOCH, [*past, *((int(at), amps) for at, amps in rest)]


def relative_draft(
    place: Place, station: Managed, sight: Sight, allowed: Steps, *, now: float, lease_s: float, min_a: float
) -> Draft:
    """A TxProfile that counts from the start of charging, for stations that take nothing else (quirk 24).

    Which moment the station counts from is not certain (K01.FR.42), so the lease is not relied on: the value counts
    as held for ever.
    """
    held_a = lease.usable(steps.lowest(allowed, now), min_a)
    safe_a = min(held_a, station.outlet(place.evse_id).failsafe_a)
    ends_s = max(1, int(now + lease_s - sight.running[place.evse_id].started_at))
    periods = [(0, held_a)] if safe_a == held_a else [(0, held_a), (ends_s, safe_a)]
    profile = profile_of(
        place, station, Actuator.TX_PROFILE, sight, Kind.RELATIVE, schedule_of(place, station, periods, start_at=None)
    )
    schedule = steps.tidy([(steps.ALWAYS, held_a), (now + lease_s, safe_a)])
    return set_profile(place, station, profile, schedule, steps.constant(held_a), steps.constant(safe_a))


def dynamic_draft(
    place: Place,
    station: Managed,
    sight: Sight,
    allowed: Steps,
    *,
    now: float,
    lease_s: float,
    min_a: float,
    update: bool,
) -> Draft:
    """One value that ends by itself `lease_s` after the station got it (K28.FR.13 to 15); the floor is left then."""
    longest_s = lease_s + lateness_s(station)
    value_a = lease.usable(steps.lowest(allowed, now, now + longest_s), min_a)
    entitled = steps.tidy([(steps.ALWAYS, value_a), (now + longest_s, 0.0)])
    schedule = steps.tidy([(steps.ALWAYS, value_a), (now + lease_s, min(value_a, station.safe_a))])
    sure = steps.tidy([(steps.ALWAYS, value_a), (now + lease_s, 0.0)])
    if update:
        limit = written_limit(place, station)(value_a)
        payload = {"chargingProfileId": place.profile_id(), "scheduleUpdate": {"limit": limit}}
        return Draft(
            action="UpdateDynamicSchedule",
            payload=payload,
            schedule=schedule,
            entitled=entitled,
            sure=sure,
            lapse_s=lease_s,
        )
    body = schedule_of(place, station, [(0, value_a)], start_at=None, duration_s=int(lease_s))
    profile = profile_of(place, station, Actuator.DYNAMIC, sight, Kind.DYNAMIC, body, updated_at=Instant(floor(now)))
    return set_profile(place, station, profile, schedule, entitled, sure, lapse_s=lease_s)


def profile_of(
    place: Place,
    station: Managed,
    actuator: Actuator,
    sight: Sight,
    kind: Kind,
    schedule: ChargingSchedule,
    updated_at: Instant | None = None,
) -> ChargingProfile:
    """The profile around a schedule."""
    purpose = purpose_of(place, actuator)
    running = sight.running.get(place.evse_id) if purpose is Purpose.TX else None
    return ChargingProfile(
        id=place.profile_id(),
        stack_level=level_of(place, station, actuator, sight),
        purpose=purpose,
        kind=kind,
        schedules=(schedule,),
        transaction_id=running.transaction_id if running is not None and station.names_transaction else None,
        dyn_update_at=updated_at,
    )


def level_of(place: Place, station: Managed, actuator: Actuator, sight: Sight) -> int:
    """One above the CSMS's highest of this purpose, a Dynamic profile above its floor, as far as the station goes."""
    if station.stack_level is not None:
        return station.stack_level
    above = 1 if actuator is Actuator.DYNAMIC and place.top else 0
    level = sight.csms_levels.get(purpose_of(place, actuator).value, -1) + 1 + above
    return level if station.max_stack_level is None else min(level, station.max_stack_level)


def schedule_of(
    place: Place,
    station: Managed,
    periods: list[tuple[int, float]],
    *,
    start_at: Instant | None,
    duration_s: int | None = None,
) -> ChargingSchedule:
    """The schedule in the station's unit. The number of phases is said where it is not the usual 3 (K01.FR.49)."""
    outlets = [each for each in station.outlets if place.evse_id in (0, each.id)]
    phases = max(each.phases for each in outlets)
    said = phases if phases < 3 and not any(each.dc for each in outlets) else None
    limit = written_limit(place, station)
    return ChargingSchedule(
        id=1,
        unit=station.unit,
        periods=tuple(Period(start_s=at, limit=limit(amps), number_phases=said) for at, amps in periods),
        start_at=start_at,
        duration_s=duration_s,
    )


def written_limit(place: Place, station: Managed) -> Callable[[float], float]:
    """Amperes as the station wants them; watts by the smallest factor among its outlets, never too many."""
    if station.unit is RateUnit.AMPS:
        return lambda amps: amps
    watts_per_a = min(each.watts_per_a for each in station.outlets if place.evse_id in (0, each.id))
    return lambda amps: float(floor(amps * watts_per_a + 1e-6))


def set_profile(
    place: Place,
    station: Managed,
    profile: ChargingProfile,
    schedule: Steps,
    entitled: Steps,
    sure: Steps,
    lapse_s: float | None = None,
) -> Draft:
    """The SetChargingProfile of the station's version (K01.FR.05, 10.9)."""
    payload: dict[str, Any]
    if station.protocol is Protocol.V16:
        payload = {"connectorId": place.evse_id, "csChargingProfiles": write_profile_16(profile)}
    else:
        payload = {"evseId": place.evse_id, "chargingProfile": write_profile(profile)}
    return Draft(
        action="SetChargingProfile",
        payload=payload,
        schedule=schedule,
        entitled=entitled,
        sure=sure,
        lapse_s=lapse_s,
    )
