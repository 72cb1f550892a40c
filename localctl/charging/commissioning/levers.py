"""The profiles of commissioning: one id for each kind, short-lived, and counted as long as they may be there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import floor, inf
from typing import Any, Final

from localctl.charging.base import steps
from localctl.charging.base.instants import Instant
from localctl.charging.commissioning.stages import Ask, Lever
from localctl.charging.dispatching import actuators
from localctl.charging.dispatching.actuators import EPOCH, Place
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Fading, faded
from localctl.charging.dispatching.fleet import Actuator, Managed, Sight
from localctl.charging.dispatching.orders import text_of
from localctl.charging.profile.own_ids import TRIALS
from localctl.charging.profile.profile_json import write_profile, write_profile_16
from localctl.charging.profile.profiles import ChargingProfile, Kind, Protocol

LIFE_S: Final = 300.0
"""A profile of commissioning ends by itself after so long."""
DAY_S: Final = 86_400.0
IDS: Final[Mapping[Actuator, int]] = {
    Actuator.MAX_PROFILE: TRIALS[0],
    Actuator.TX_DEFAULT: TRIALS[1],
    Actuator.TX_PROFILE: TRIALS[2],
}
"""Far from the ids of the profiles in daily use (`actuators.Place`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A profile of commissioning that is, or may be, at the station."""

    amps: float
    ends_at: float


def place_of(actuator: Actuator, evse_id: int) -> Place:
    """Where a profile of this kind goes."""
    if actuator in (Actuator.MAX_PROFILE, Actuator.DYNAMIC):
        return Place(evse_id=0)
    return Place(evse_id=evse_id, top=actuator is Actuator.TX_PROFILE)


def set_profile(lever: Lever, station: Managed, sight: Sight, evse_id: int, amps: float, now: float) -> Ask:
    """The SetChargingProfile that holds the station at so many amperes per phase for `LIFE_S` (K01)."""
    place = place_of(lever.actuator, evse_id)
    running = sight.running.get(evse_id) if lever.actuator is Actuator.TX_PROFILE else None
    timed = sight.clock_sane(station.tolerance.skew_s) and not lever.relative
    start_at = Instant(floor(now) - station.tolerance.start_before_s) if timed else EPOCH
    schedule = actuators.schedule_of(
        place,
        replace(station, unit=lever.unit),
        [(0, amps)],
        start_at=None if lever.relative else start_at,
        duration_s=int(now + LIFE_S) - start_at if timed else None,
    )
    profile = ChargingProfile(
        id=IDS[lever.actuator],
        stack_level=lever.level,
        purpose=actuators.purpose_of(place, lever.actuator),
        kind=Kind.RELATIVE if lever.relative else Kind.ABSOLUTE,
        schedules=(schedule,),
        transaction_id=running.transaction_id if running is not None and lever.named else None,
    )
    payload: dict[str, Any]
    if station.protocol is Protocol.V16:
        payload = {"connectorId": place.evse_id, "csChargingProfiles": write_profile_16(profile)}
    else:
        payload = {"evseId": place.evse_id, "chargingProfile": write_profile(profile)}
    return Ask(action="SetChargingProfile", payload=text_of(payload))


def clear_profile(actuator: Actuator, station: Managed) -> Ask:
    """The ClearChargingProfile that takes it away (K10)."""
    word = "id" if station.protocol is Protocol.V16 else "chargingProfileId"
    return Ask(action="ClearChargingProfile", payload=text_of({word: IDS[actuator]}))


def counted(desk: Desk, placed: Placed, now: float, late_s: float) -> None:
    """Count a profile in the station's envelope until it is surely gone, on top of what dispatch counts itself (P2)."""
    mine = Fading(entitled=steps.constant(placed.amps), until_at=placed.ends_at + late_s)
    for key, slot in desk.slots.items():
        others = [one for one in slot.fading if one.entitled != mine.entitled or one.until_at > mine.until_at]
        if mine not in slot.fading:
            desk.slots[key] = replace(slot, fading=faded((*others, mine), now))


def gone(desk: Desk, placed: Placed, until_at: float) -> None:
    """The station has taken a profile away: what it allowed may be drawn until then and no longer."""
    entitled = steps.constant(placed.amps)
    for key, slot in desk.slots.items():
        fading = tuple(
            replace(one, until_at=min(one.until_at, until_at)) if one.entitled == entitled else one
            for one in slot.fading
        )
        if fading != slot.fading:
            desk.slots[key] = replace(slot, fading=fading)


def beyond(lever: Lever, sight: Sight, station: Managed) -> int:
    """The lowest level that stands above whatever this station has of the purpose: ours, and the CSMS's."""
    place = place_of(lever.actuator, 1)
    return actuators.level_of(place, replace(station, stack_level=None, max_stack_level=None), lever.actuator, sight)


def most_a(placed: Mapping[Actuator, Placed]) -> float:
    """The most that profiles of commissioning allow now; minus infinity where there are none."""
    return max((one.amps for one in placed.values()), default=-inf)
