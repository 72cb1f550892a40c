"""What is wrong with a charging profile by itself, whatever runs or is installed elsewhere.

Half of K01 as one small function for each rule; `profile_rules` has the other half and the answer to "may it be
installed". Each fault is a Reason: the requirement id, the reason code OCPP gives for it (statusInfo.reasonCode) and a
sentence that names the member. What a rule depends on besides the profile is in `Context`; facts that are not known
(None) refuse nothing.

OCPP 1.6 minds less: an Absolute schedule without startSchedule counts from the start of charging there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from localctl.charging.profile.profiles import (
    MAX_PERIODS,
    ChargingProfile,
    ChargingSchedule,
    Installed,
    Kind,
    Period,
    Protocol,
    Purpose,
    RateUnit,
    Transaction,
)

NEW_PURPOSES: Final = frozenset({Purpose.PRIORITY, Purpose.LOCAL_GENERATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why not: the requirement, OCPP's reason code, and a sentence naming the member."""

    requirement: str
    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.text} ({self.requirement})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where the profile is to be installed.

    `from_csms` is False for profiles the station made itself out of an external limit. `in_request_start` marks one
    inside RequestStartTransaction. `ev_needs_known` tells that NotifyEVChargingNeeds was received (ISO 15118).
    `transactions` None means the transactions are not known.
    """

    evse_id: int
    protocol: Protocol = Protocol.V201
    evse_ids: frozenset[int] | None = None
    dc: bool = False
    from_csms: bool = True
    in_request_start: bool = False
    ev_needs_known: bool = False
    phase_switching: bool | None = None
    units: frozenset[RateUnit] | None = None
    max_stack_level: int | None = None
    max_periods: int = MAX_PERIODS
    transactions: tuple[Transaction, ...] | None = None
    installed: tuple[Installed, ...] = ()

    @property
    def old(self) -> bool:
        """True for OCPP 1.6."""
        return self.protocol is Protocol.V16


Reasons = Iterator[Reason]
Rule = Callable[[ChargingProfile, Context], Reasons]


def shape_faults(profile: ChargingProfile, context: Context) -> list[Reason]:
    """Only what is wrong with the profile itself, whatever runs or is installed elsewhere."""
    return [reason for rule in SHAPE for reason in rule(profile, context)]


def purpose_exists(profile: ChargingProfile, context: Context) -> Reasons:
    """Purposes and kinds the version knows (3.1; 10.9)."""
    if profile.purpose in NEW_PURPOSES and context.protocol is not Protocol.V21:
        yield Reason(requirement="K01.FR.120", code="UnsupportedPurpose", text=no_word("Purpose", profile, context))
    if profile.purpose is Purpose.EXTERNAL and context.old:
        yield Reason(requirement="OCPP 1.6", code="UnsupportedPurpose", text=no_word("Purpose", profile, context))
    if profile.kind is Kind.DYNAMIC and context.protocol is not Protocol.V21:
        yield Reason(requirement="K28.FR.01", code="UnsupportedKind", text=no_word("Kind", profile, context))


def no_word(member: str, profile: ChargingProfile, context: Context) -> str:
    """The sentence about a purpose or kind of another version."""
    word = profile.purpose if member == "Purpose" else profile.kind
    return f"chargingProfile{member}: {context.protocol} has no {word}"


def evse_fits_purpose(profile: ChargingProfile, context: Context) -> Reasons:
    """TxProfile only on an EVSE; StationMax, and before 2.1 ExternalConstraints, only on 0."""
    if profile.purpose is Purpose.TX and context.evse_id == 0:
        yield Reason(requirement="K01.FR.16", code="InvalidProfile", text="evseId: a TxProfile needs an EVSE above 0")
    if context.evse_id != 0 and profile.purpose is Purpose.STATION_MAX:
        yield Reason(
            requirement="K04.FR.03", code="InvalidProfile", text="evseId: ChargingStationMaxProfile is for 0 only"
        )
    if context.evse_id != 0 and profile.purpose is Purpose.EXTERNAL and context.protocol is Protocol.V201:
        yield Reason(
            requirement="3.13",
            code="InvalidProfile",
            text="evseId: ChargingStationExternalConstraints is for 0 only before OCPP 2.1",
        )


def level_in_range(profile: ChargingProfile, context: Context) -> Reasons:
    """0 to ProfileStackLevel."""
    highest = context.max_stack_level
    if profile.stack_level < 0 or (highest is not None and profile.stack_level > highest):
        bound = " or more" if highest is None else f" to {highest}"
        yield Reason(
            requirement="SmartChargingCtrlr.ProfileStackLevel",
            code="InvalidStackLevel",
            text=f"stackLevel: must be 0{bound}, is {profile.stack_level}",
        )


def kind_fits(profile: ChargingProfile, context: Context) -> Reasons:
    """StationMax never Relative; Recurring says how often."""
    if profile.purpose is Purpose.STATION_MAX and profile.kind is Kind.RELATIVE:
        yield Reason(
            requirement="K01.FR.38",
            code="InvalidProfile",
            text="chargingProfileKind: a station maximum is not Relative",
        )
    if profile.kind is Kind.RECURRING and profile.recurrency is None:
        yield Reason(requirement="3.68", code="InvalidProfile", text="recurrencyKind: is missing for Recurring")


def schedule_start(profile: ChargingProfile, context: Context) -> Reasons:
    """startSchedule required for Absolute and Recurring, forbidden for Relative; 1.6 minds Recurring only."""
    needs = profile.kind is Kind.RECURRING or (profile.kind is Kind.ABSOLUTE and not context.old)
    for at, schedule in enumerate(profile.schedules):
        where = f"chargingSchedule[{at}].startSchedule"
        if needs and schedule.start_at is None:
            text = f"{where}: is missing for {profile.kind}"
            yield Reason(requirement="K01.FR.40", code="InvalidSchedule", text=text)
        if profile.kind is Kind.RELATIVE and schedule.start_at is not None and not context.old:
            text = f"{where}: must be absent for Relative"
            yield Reason(requirement="K01.FR.41", code="InvalidSchedule", text=text)


def each_schedule(profile: ChargingProfile, context: Context) -> Reasons:
    """First period at 0, periods increasing, durations and counts in range."""
    for at, schedule in enumerate(profile.schedules):
        where = f"chargingSchedule[{at}]"
        starts = [period.start_s for period in schedule.periods]
        if not 1 <= len(starts) <= context.max_periods:
            text = f"{where}.chargingSchedulePeriod: must have 1 to {context.max_periods} periods, has {len(starts)}"
            yield Reason(requirement="SmartChargingCtrlr.PeriodsPerSchedule", code="TooManyElements", text=text)
        if starts and starts[0] != 0:
            text = f"{where}.chargingSchedulePeriod[0].startPeriod: must be 0, is {starts[0]}"
            yield Reason(requirement="K01.FR.31", code="InvalidSchedule", text=text)
        if any(later <= earlier for earlier, later in pairwise(starts)):
            text = f"{where}.chargingSchedulePeriod: startPeriod must increase from period to period"
            yield Reason(requirement="K01.FR.35", code="InvalidSchedule", text=text)
        if schedule.duration_s is not None and schedule.duration_s < 0:
            text = f"{where}.duration: must not be negative, is {schedule.duration_s}"
            yield Reason(requirement="2.12", code="InvalidSchedule", text=text)
        yield from unit_fits(schedule, where, context)


def unit_fits(schedule: ChargingSchedule, where: str, context: Context) -> Reasons:
    """The unit is one the station is configured for."""
    if context.units is not None and schedule.unit not in context.units:
        text = f"{where}.chargingRateUnit: the station does not take {schedule.unit}"
        yield Reason(requirement="K01.FR.26", code="UnsupportedRateUnit", text=text)


def each_period(profile: ChargingProfile, context: Context) -> Reasons:
    """Limits that are numbers of 0 or more, phases that exist."""
    for at, schedule in enumerate(profile.schedules):
        for index, period in enumerate(schedule.periods):
            where = f"chargingSchedule[{at}].chargingSchedulePeriod[{index}]"
            yield from limit_usable(period, where, context)
            yield from phases_usable(period, where, context)


def limit_usable(period: Period, where: str, context: Context) -> Reasons:
    """A finite limit of 0 or more; absent only in 2.1."""
    if period.limit is None:
        if context.protocol is not Protocol.V21:
            yield Reason(requirement="2.11", code="InvalidSchedule", text=f"{where}.limit: is missing")
    elif not 0 <= period.limit < float("inf"):
        text = f"{where}.limit: must be a finite number of 0 or more, is {period.limit}"
        yield Reason(requirement="2.11", code="InvalidSchedule", text=text)


def phases_usable(period: Period, where: str, context: Context) -> Reasons:
    """1 to 3 phases, phaseToUse only with one phase (K01.FR.19); on DC neither matters."""
    phases, chosen = period.number_phases, period.phase_to_use
    if context.dc:
        return
    if phases is not None and not 1 <= phases <= 3:
        text = f"{where}.numberPhases: must be 1 to 3, is {phases}"
        yield Reason(requirement="2.11", code="InvalidSchedule", text=text)
    if chosen is not None and not context.old:
        yield from chosen_phase_usable(phases, chosen, where, context)


def chosen_phase_usable(phases: int | None, chosen: int, where: str, context: Context) -> Reasons:
    """phaseToUse is 1 to 3, with numberPhases 1, at a station that can switch (K01.FR.19, 20, 48)."""
    if not 1 <= chosen <= 3:
        text = f"{where}.phaseToUse: must be 1 to 3, is {chosen}"
        yield Reason(requirement="2.11", code="InvalidSchedule", text=text)
    if phases != 1:
        text = f"{where}.phaseToUse: only with numberPhases 1"
        yield Reason(requirement="K01.FR.19", code="InvalidSchedule", text=text)
    if context.phase_switching is False:
        text = f"{where}.phaseToUse: the station cannot switch phases"
        yield Reason(requirement="K01.FR.48", code="InvalidSchedule", text=text)


def dynamic_shape(profile: ChargingProfile, context: Context) -> Reasons:
    """Dynamic: one schedule (K28.FR.01), one period (K28.FR.02), which starts at 0 (K28.FR.03)."""
    if profile.kind is not Kind.DYNAMIC:
        return
    if len(profile.schedules) != 1:
        yield Reason(
            requirement="K28.FR.01", code="InvalidProfile", text="chargingSchedule: a Dynamic profile has exactly one"
        )
    if any(len(each.periods) != 1 for each in profile.schedules):
        text = "chargingSchedulePeriod: a Dynamic schedule has exactly one period"
        yield Reason(requirement="K28.FR.02", code="InvalidSchedule", text=text)
    if any(each.periods and each.periods[0].start_s != 0 for each in profile.schedules):
        text = "startPeriod: the period of a Dynamic schedule starts at 0"
        yield Reason(requirement="K28.FR.03", code="InvalidSchedule", text=text)


SHAPE: Final[tuple[Rule, ...]] = (
    purpose_exists,
    evse_fits_purpose,
    level_in_range,
    kind_fits,
    schedule_start,
    each_schedule,
    each_period,
    dynamic_shape,
)
