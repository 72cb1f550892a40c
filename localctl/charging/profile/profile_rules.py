"""May this profile be installed? The rules of K01 that look around: sender, EVSE, transaction, what is there already.

`validate` answers with *all* reasons against a profile, those of its shape (`profile_shape`) first. No reason means:
install it.

OCPP 1.6 knows fewer rules: equal levels replace each other instead of being refused (10.10) and a TxProfile needs no
transactionId (10.12).
"""

from typing import Final

from localctl.charging.profile.profile_shape import SHAPE, Context, Reason, Reasons, Rule
from localctl.charging.profile.profiles import (
    ChargingProfile,
    Installed,
    OperationMode,
    Protocol,
    Purpose,
    Transaction,
    running,
)

__all__ = ["Context", "Reason", "validate"]

CHARGING_ONLY: Final = frozenset({OperationMode.CHARGING_ONLY})
MODES: Final = {
    Purpose.STATION_MAX: CHARGING_ONLY,
    Purpose.PRIORITY: CHARGING_ONLY,
    Purpose.LOCAL_GENERATION: CHARGING_ONLY | {OperationMode.EXTERNAL_LIMITS},
    Purpose.EXTERNAL: CHARGING_ONLY | {OperationMode.EXTERNAL_LIMITS, OperationMode.EXTERNAL_SETPOINT},
}


def validate(profile: ChargingProfile, context: Context) -> list[Reason]:
    """All reasons against installing this profile; an empty list means it may be installed."""
    return [reason for rule in (*SHAPE, *PLACE) for reason in rule(profile, context)]


def schedule_count(profile: ChargingProfile, context: Context) -> Reasons:
    """One schedule, up to three for a TxProfile once the EV's needs are known."""
    if len(profile.schedules) > 1 and not (profile.purpose is Purpose.TX and context.ev_needs_known):
        yield Reason(
            requirement="K01.FR.34",
            code="InvalidProfile",
            text="chargingSchedule: several schedules only for a TxProfile after NotifyEVChargingNeeds",
        )


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
