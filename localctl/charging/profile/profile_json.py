"""Reading and writing charging profiles as OCPP JSON: the 2.0.1/2.1 shape and the 1.6 shape.

Reading is tolerant where the field is (unknown members, times without a zone, 5.0 for 5) and strict where a guess
would change an ampere: a limit that is no finite number of 0 or more, a period without a start, an unknown purpose.
What 2.1 added to a period is unknown in 1.6, and in 2.0.1 where the caller says that it is 2.0.1.
Every refusal is a BadMember with the path of the member. Tariffs, price schedules, signatures and customData are
not carried: they say nothing about limits. Writing rounds limits down to one digit (R17), so nothing that went
through here allows more than it did.

In 1.6 the purpose ChargePointMaxProfile is ChargingStationMaxProfile, transaction ids are integers, there is exactly
one schedule, without an id, and nothing of phaseToUse.
"""

from typing import Any, Final

from localctl.charging.base.instants import Instant, write_instant
from localctl.charging.base.json_reader import BadMember, Reader
from localctl.charging.base.units import floor_tenth
from localctl.charging.profile.profiles import (
    MAX_PERIODS,
    MAX_SCHEDULES,
    ChargingProfile,
    ChargingSchedule,
    Kind,
    OperationMode,
    Period,
    PerPhase,
    Protocol,
    Purpose,
    RateUnit,
    Recurrency,
)

OLD_MAX: Final = "ChargePointMaxProfile"
PER_PHASE_NUMBERS: Final = {
    "limit_L2": "limit_l2",
    "limit_L3": "limit_l3",
    "setpoint": "setpoint",
    "setpoint_L2": "setpoint_l2",
    "setpoint_L3": "setpoint_l3",
    "dischargeLimit": "discharge_limit",
    "dischargeLimit_L2": "discharge_limit_l2",
    "dischargeLimit_L3": "discharge_limit_l3",
}
JsonObject = dict[str, Any]


def read_profile(raw: object, path: str = "chargingProfile", protocol: Protocol = Protocol.V21) -> ChargingProfile:
    """Read a ChargingProfileType of 2.0.1 or 2.1.

    Raises BadMember with the path of the first member that cannot be read.
    """
    read = Reader.of(raw, path)
    new = protocol is Protocol.V21
    schedules = tuple(read_schedule(each, new=new) for each in read.one_or_more("chargingSchedule", MAX_SCHEDULES))
    return ChargingProfile(
        id=read.integer("id"),
        purpose=read_purpose(read),
        transaction_id=read_transaction_id(read),
        schedules=schedules,
        dyn_update_at=read.optional_instant("dynUpdateTime"),
        dyn_update_interval_s=read.optional_integer("dynUpdateInterval"),
        max_offline_s=read.optional_integer("maxOfflineDuration"),
        invalid_after_offline=read.optional_flag("invalidAfterOfflineDuration"),
        **common_members(read),
    )


def read_profile_16(raw: object, path: str = "csChargingProfiles") -> ChargingProfile:
    """Read the ChargingProfile of 1.6 (10.9) into the same value.

    Raises BadMember with the path of the first member that cannot be read.
    """
    read = Reader.of(raw, path)
    return ChargingProfile(
        id=read.integer("chargingProfileId"),
        purpose=read_purpose(read),
        transaction_id=read_transaction_id(read),
        schedules=(read_schedule(read.child("chargingSchedule"), new=False),),
        **common_members(read),
    )


def read_purpose(read: Reader) -> Purpose:
    """What the profile limits; the 1.6 word for the station's maximum is understood in every shape."""
    if read.members.get("chargingProfilePurpose") == OLD_MAX:
        return Purpose.STATION_MAX
    return read.choice("chargingProfilePurpose", Purpose)


def read_transaction_id(read: Reader) -> str | None:
    """Text, or the integer of 1.6 as text; each version takes the other's, some back ends mix them up."""
    if isinstance(read.members.get("transactionId"), int | float):
        return str(read.integer("transactionId"))
    return read.optional_text("transactionId")


def common_members(read: Reader) -> JsonObject:
    """What every version writes alike."""
    return {
        "stack_level": read.integer("stackLevel"),
        "kind": read.choice("chargingProfileKind", Kind),
        "recurrency": read.optional_choice("recurrencyKind", Recurrency),
        "valid_from_at": read.optional_instant("validFrom"),
        "valid_to_at": read.optional_instant("validTo"),
    }


def read_schedule(read: Reader, *, new: bool) -> ChargingSchedule:
    """Read one chargingSchedule of any version; `new` is 2.1."""
    return ChargingSchedule(
        id=read.optional_integer("id") or 0,
        unit=read.choice("chargingRateUnit", RateUnit),
        periods=tuple(read_period(each, new=new) for each in read.objects("chargingSchedulePeriod", MAX_PERIODS)),
        start_at=read.optional_instant("startSchedule"),
        duration_s=read.optional_integer("duration"),
        min_charging_rate=read.optional_number("minChargingRate"),
        use_local_time=read.optional_flag("useLocalTime") or False,
        randomized_delay_s=read.optional_integer("randomizedDelay"),
    )


def read_period(read: Reader, *, new: bool) -> Period:
    """Read one chargingSchedulePeriod; 0 phases means what an absent number means."""
    return Period(
        start_s=read.integer("startPeriod"),
        limit=read.optional_limit("limit"),
        number_phases=read.optional_integer("numberPhases") or None,
        phase_to_use=read.optional_integer("phaseToUse") or None,
        v2x=read_per_phase(read) if new else None,
    )


def read_per_phase(read: Reader) -> PerPhase | None:
    """The members 2.1 added, or None where there are none of them; limits are 0 or more here as well."""
    if read.members.keys().isdisjoint((*PER_PHASE_NUMBERS, "operationMode")):
        return None
    numbers = {
        ours: read.optional_limit(theirs) if theirs.startswith("limit") else read.optional_number(theirs)
        for theirs, ours in PER_PHASE_NUMBERS.items()
    }
    return PerPhase(**numbers, operation_mode=read.optional_choice("operationMode", OperationMode))


def write_profile(profile: ChargingProfile) -> JsonObject:
    """The ChargingProfileType of 2.0.1, with the members of 2.1 where the profile has them."""
    return without_none(
        id=profile.id,
        stackLevel=profile.stack_level,
        chargingProfilePurpose=profile.purpose.value,
        chargingProfileKind=profile.kind.value,
        recurrencyKind=profile.recurrency and profile.recurrency.value,
        validFrom=written(profile.valid_from_at),
        validTo=written(profile.valid_to_at),
        transactionId=profile.transaction_id,
        maxOfflineDuration=profile.max_offline_s,
        invalidAfterOfflineDuration=profile.invalid_after_offline,
        dynUpdateInterval=profile.dyn_update_interval_s,
        dynUpdateTime=written(profile.dyn_update_at),
        chargingSchedule=[{"id": each.id, **write_schedule(each)} for each in profile.schedules],
    )


def write_profile_16(profile: ChargingProfile) -> JsonObject:
    """The ChargingProfile of 1.6: the first schedule, no phaseToUse, nothing of 2.1.

    Raises BadMember when 1.6 has no word for the purpose, the kind or the transaction id.
    """
    if profile.purpose not in (Purpose.STATION_MAX, Purpose.TX_DEFAULT, Purpose.TX) or profile.kind is Kind.DYNAMIC:
        raise BadMember("csChargingProfiles", f"OCPP 1.6 has no {profile.purpose} of kind {profile.kind}")
    transaction_id = profile.transaction_id
    if transaction_id is not None and not transaction_id.lstrip("-").isdecimal():
        raise BadMember("csChargingProfiles.transactionId", f"must be an integer in 1.6, is {transaction_id!r}")
    return without_none(
        chargingProfileId=profile.id,
        transactionId=None if transaction_id is None else int(transaction_id),
        stackLevel=profile.stack_level,
        chargingProfilePurpose=OLD_MAX if profile.purpose is Purpose.STATION_MAX else profile.purpose.value,
        chargingProfileKind=profile.kind.value,
        recurrencyKind=profile.recurrency and profile.recurrency.value,
        validFrom=written(profile.valid_from_at),
        validTo=written(profile.valid_to_at),
        chargingSchedule=write_schedule(profile.schedules[0], old=True),
    )


def write_schedule(schedule: ChargingSchedule, *, old: bool = False) -> JsonObject:
    """One chargingSchedule without its id; `old` leaves out what 1.6 does not know."""
    return without_none(
        startSchedule=written(schedule.start_at),
        duration=schedule.duration_s,
        chargingRateUnit=schedule.unit.value,
        minChargingRate=schedule.min_charging_rate,
        useLocalTime=None if old else schedule.use_local_time or None,
        randomizedDelay=None if old else schedule.randomized_delay_s,
        chargingSchedulePeriod=[write_period(each, old=old) for each in schedule.periods],
    )


def write_period(period: Period, *, old: bool = False) -> JsonObject:
    """One chargingSchedulePeriod, its limit rounded down to one digit (R17)."""
    known = without_none(
        startPeriod=period.start_s,
        limit=None if period.limit is None else floor_tenth(period.limit),
        numberPhases=period.number_phases,
    )
    if old:
        return known
    return {**known, **without_none(phaseToUse=period.phase_to_use), **write_per_phase(period.v2x)}


def write_per_phase(v2x: PerPhase | None) -> JsonObject:
    """The members of 2.1 that are set, rounded towards 0: neither charging nor discharging grows."""
    if v2x is None:
        return {}
    numbers = {theirs: getattr(v2x, ours) for theirs, ours in PER_PHASE_NUMBERS.items()}
    mode = v2x.operation_mode
    return without_none(
        **{name: None if number is None else towards_zero(number) for name, number in numbers.items()},
        operationMode=None if mode is None else mode.value,
    )


def towards_zero(number: float) -> float:
    """One digit, never further from 0 than it was."""
    return floor_tenth(number) if number >= 0 else -floor_tenth(-number)


def written(at: Instant | None) -> str | None:
    """RFC 3339 text of an instant that may be missing."""
    return None if at is None else write_instant(at)


def without_none(**members: object) -> JsonObject:
    """A JSON object of the members that are set."""
    return {name: member for name, member in members.items() if member is not None}
