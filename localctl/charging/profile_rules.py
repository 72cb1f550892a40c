"""May this profile be installed? Every rule of K01 and its neighbours as one small function.

`validate` answers with *all* reasons against a profile, each with its requirement id, the reason code OCPP gives for
it (statusInfo.reasonCode) and a sentence. No reason means: install it. What the answer depends on besides the profile
is in `Context`: the version, the EVSE, what the station can do, what runs and what is installed already. Facts that
are not known (None) refuse nothing.

OCPP 1.6 knows fewer rules: equal levels replace each other instead of being refused (10.10), a schedule without
startSchedule counts from the start of charging, a TxProfile needs no transactionId (10.12).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from localctl.charging.profiles import (
    MAX_PERIODS,
    ChargingProfile,
    ChargingSchedule,
    Installed,
    Kind,
    OperationMode,
    Period,
    Protocol,
    Purpose,
    RateUnit,
    Transaction,
    running,
)

NEW_PURPOSES: Final = frozenset({Purpose.PRIORITY, Purpose.LOCAL_GENERATION})
CHARGING_ONLY: Final = frozenset({OperationMode.CHARGING_ONLY})
MODES: Final = {
    Purpose.STATION_MAX: CHARGING_ONLY,
    Purpose.PRIORITY: CHARGING_ONLY,
    Purpose.LOCAL_GENERATION: CHARGING_ONLY | {OperationMode.EXTERNAL_LIMITS},
    Purpose.EXTERNAL: CHARGING_ONLY | {OperationMode.EXTERNAL_LIMITS, OperationMode.EXTERNAL_SETPOINT},
}


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


def validate(profile: ChargingProfile, context: Context) -> list[Reason]:
    """All reasons against installing this profile; an empty list means it may be installed."""
    return [reason for rule in (*SHAPE, *PLACE) for reason in rule(profile, context)]


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
        bound = "" if highest is None else f" to {highest}"
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


def schedule_count(profile: ChargingProfile, context: Context) -> Reasons:
    """One schedule, up to three for a TxProfile once the EV's needs are known."""
    if len(profile.schedules) > 1 and not (profile.purpose is Purpose.TX and context.ev_needs_known):
        yield Reason(
            requirement="K01.FR.34",
            code="InvalidProfile",
            text="chargingSchedule: several schedules only for a TxProfile after NotifyEVChargingNeeds",
        )


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


def modes_fit(profile: ChargingProfile, context: Context) -> Reasons:
    """Modes each purpose allows (K01.FR.111 to 115)."""
    allowed = MODES.get(profile.purpose, frozenset(OperationMode))
    used = [period.v2x.operation_mode for each in profile.schedules for period in each.periods if period.v2x]
    for mode in dict.fromkeys(mode for mode in used if mode is not None and mode not in allowed):
        text = f"operationMode: {mode} is not for a {profile.purpose}"
        yield Reason(requirement="K01.FR.111", code="InvalidOperationMode", text=text)


def priority_has_no_end(profile: ChargingProfile, context: Context) -> Reasons:
    """A PriorityCharging schedule has no duration (2.1)."""
    if profile.purpose is Purpose.PRIORITY and any(each.duration_s is not None for each in profile.schedules):
        yield Reason(requirement="K21", code="InvalidSchedule", text="duration: PriorityCharging has no duration")


def no_phases_on_dc(profile: ChargingProfile, context: Context) -> Reasons:
    """Since 2.1 a DC station refuses phases, before it ignores them (K01.FR.44)."""
    named = (
        (period.number_phases, period.phase_to_use) != (None, None)
        for schedule in profile.schedules
        for period in schedule.periods
    )
    if context.dc and context.protocol is Protocol.V21 and any(named):
        yield Reason(requirement="K01.FR.44", code="NoPhaseForDC", text="numberPhases: phases do not exist on DC")


def sender_may(profile: ChargingProfile, context: Context) -> Reasons:
    """ExternalConstraints come from the station itself, a CSMS cannot set them (K01.FR.22)."""
    if context.from_csms and profile.purpose is Purpose.EXTERNAL:
        text = "chargingProfilePurpose: ChargingStationExternalConstraints cannot be set"
        yield Reason(requirement="K01.FR.22", code="InvalidProfile", text=text)


def evse_exists(profile: ChargingProfile, context: Context) -> Reasons:
    """An EVSE of this station, or 0."""
    if context.evse_id < 0 or (context.evse_ids is not None and context.evse_id not in {0, *context.evse_ids}):
        text = f"evseId: the station has no EVSE {context.evse_id}"
        yield Reason(requirement="K01.FR.28", code="UnknownEvse", text=text)


def transaction_fits(profile: ChargingProfile, context: Context) -> Reasons:
    """A TxProfile names the transaction that runs on its EVSE; inside RequestStartTransaction it names none."""
    if profile.purpose is not Purpose.TX:
        return
    if context.in_request_start:
        if profile.transaction_id is not None:
            text = "transactionId: must be absent inside RequestStartTransaction"
            yield Reason(requirement="F01.FR.11", code="InvalidProfile", text=text)
        return
    if profile.transaction_id is None and not context.old:
        text = "transactionId: is missing for a TxProfile"
        yield Reason(requirement="K01.FR.03", code="InvalidProfile", text=text)
    if context.transactions is not None:
        yield from transaction_runs(profile, running(context.transactions, context.evse_id))


def transaction_runs(profile: ChargingProfile, transaction: Transaction | None) -> Reasons:
    """A transaction runs there, and it is the one meant."""
    if transaction is None:
        text = "evseId: no transaction runs there"
        yield Reason(requirement="K01.FR.09", code="TxNotFound", text=text)
    elif profile.transaction_id not in (None, transaction.id):
        text = f"transactionId: {profile.transaction_id} does not run there"
        yield Reason(requirement="K01.FR.33", code="TxNotFound", text=text)


def no_duplicate(profile: ChargingProfile, context: Context) -> Reasons:
    """No second profile (other id) for the same place and level at the same time; 1.6 replaces instead."""
    for other in context.installed:
        if not context.old and other.profile.id != profile.id and collides(profile, context.evse_id, other):
            requirement = "K01.FR.39" if profile.purpose is Purpose.TX else "K01.FR.06"
            if other.evse_id != context.evse_id:
                requirement = "K01.FR.52" if context.evse_id == 0 else "K01.FR.53"
            text = f"stackLevel: profile {other.profile.id} has level {profile.stack_level} already"
            yield Reason(requirement=requirement, code="DuplicateProfile", text=text)


def collides(profile: ChargingProfile, evse_id: int, other: Installed) -> bool:
    """Same purpose and level, valid at a common time, and competing: for one transaction, or on the same EVSE."""
    theirs = other.profile
    if (theirs.purpose, theirs.stack_level) != (profile.purpose, profile.stack_level):
        return False
    if profile.purpose is Purpose.TX:
        return other.evse_id == evse_id and theirs.transaction_id == profile.transaction_id
    same_place = other.evse_id == evse_id or (profile.purpose is Purpose.TX_DEFAULT and 0 in (other.evse_id, evse_id))
    return same_place and validity_overlaps(profile, theirs)


def validity_overlaps(one: ChargingProfile, two: ChargingProfile) -> bool:
    """True where both are valid at some instant."""
    from_at = max((each.valid_from_at for each in (one, two) if each.valid_from_at is not None), default=None)
    to_at = min((each.valid_to_at for each in (one, two) if each.valid_to_at is not None), default=None)
    return from_at is None or to_at is None or from_at < to_at


def id_free(profile: ChargingProfile, context: Context) -> Reasons:
    """An ExternalConstraints profile cannot be replaced through its id."""
    for other in context.installed:
        same = other.profile.id == profile.id
        if same and other.profile.purpose is Purpose.EXTERNAL and profile.purpose is not Purpose.EXTERNAL:
            text = f"id: {profile.id} belongs to an external limit"
            yield Reason(requirement="K01.FR.05", code="InvalidProfile", text=text)


Rule = Callable[[ChargingProfile, Context], Reasons]
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
PLACE: Final[tuple[Rule, ...]] = (
    sender_may,
    evse_exists,
    schedule_count,
    no_phases_on_dc,
    modes_fit,
    priority_has_no_end,
    transaction_fits,
    no_duplicate,
    id_free,
)
