"""Charging profiles as values: one shape for OCPP 1.6, 2.0.1 and 2.1.

A profile says how much may be drawn, when, and how much it weighs against other profiles: `purpose` says what it
limits, `stack_level` which of two profiles of one purpose leads, `kind` what its schedule counts from. The names are
those of OCPP 2.0.1; what 2.1 adds is optional here, and what 1.6 calls otherwise is translated when it is read
(`profile_json`). Whether a profile may be installed is answered by `profile_rules`, what it means by `composite`.

Instants are whole seconds UTC, durations whole seconds, limits amperes per phase or watts in total by `unit`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from localctl.charging.base.instants import Instant

DAY_S: Final = 24 * 3600
MAX_PERIODS: Final = 1024
MAX_SCHEDULES: Final = 3


class Protocol(StrEnum):
    """The OCPP versions whose rules differ, by their subprotocol names with a dot."""

    V16 = "ocpp1.6"
    V201 = "ocpp2.0.1"
    V21 = "ocpp2.1"


class Purpose(StrEnum):
    """What a profile limits (3.1 to 3.3; PriorityCharging and LocalGeneration since 2.1)."""

    EXTERNAL = "ChargingStationExternalConstraints"
    STATION_MAX = "ChargingStationMaxProfile"
    TX_DEFAULT = "TxDefaultProfile"
    TX = "TxProfile"
    PRIORITY = "PriorityCharging"
    LOCAL_GENERATION = "LocalGeneration"


class Kind(StrEnum):
    """What the schedule counts from (Dynamic since 2.1)."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"
    DYNAMIC = "Dynamic"


class Recurrency(StrEnum):
    """How often a Recurring schedule starts again: every 24 hours or every 7 days of elapsed time (K01.FR.13)."""

    DAILY = "Daily"
    WEEKLY = "Weekly"

    @property
    def seconds(self) -> int:
        """Seconds from one occurrence to the next."""
        return DAY_S if self is Recurrency.DAILY else 7 * DAY_S


class RateUnit(StrEnum):
    """Unit of every limit of a schedule: amperes per phase or watts in total."""

    AMPS = "A"
    WATTS = "W"


class OperationMode(StrEnum):
    """Who steers a period (2.1)."""

    IDLE = "Idle"
    CHARGING_ONLY = "ChargingOnly"
    CENTRAL_SETPOINT = "CentralSetpoint"
    EXTERNAL_SETPOINT = "ExternalSetpoint"
    EXTERNAL_LIMITS = "ExternalLimits"
    CENTRAL_FREQUENCY = "CentralFrequency"
    LOCAL_FREQUENCY = "LocalFrequency"
    LOCAL_LOAD_BALANCING = "LocalLoadBalancing"


@dataclass(frozen=True, slots=True, kw_only=True)
class PerPhase:
    """What 2.1 says of each phase or of the other direction; with `limit_l2` or `limit_l3` the limit means L1."""

    limit_l2: float | None = None
    limit_l3: float | None = None
    setpoint: float | None = None
    setpoint_l2: float | None = None
    setpoint_l3: float | None = None
    discharge_limit: float | None = None
    discharge_limit_l2: float | None = None
    discharge_limit_l3: float | None = None
    operation_mode: OperationMode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One step of a schedule: from `start_s` after the schedule's start until the next period.

    `limit` is None only where 2.1 allows it (a mode that is steered by something else). `number_phases` None means
    not said, which counts as 3 on AC (K01.FR.49).
    """

    start_s: int
    limit: float | None
    number_phases: int | None = None
    phase_to_use: int | None = None
    v2x: PerPhase | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingSchedule:
    """Periods in order, in one unit; `start_at` None for Relative (K01.FR.41), `duration_s` None for no end (R4)."""

    unit: RateUnit
    periods: tuple[Period, ...]
    id: int = 0
    start_at: Instant | None = None
    duration_s: int | None = None
    min_charging_rate: float | None = None
    use_local_time: bool = False
    randomized_delay_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingProfile:
    """One charging profile as set by a CSMS, by this controller or by the station itself.

    Several `schedules` exist only for ISO 15118 charging (K01.FR.34). The `dyn_…` fields belong to the kind Dynamic,
    the offline fields to a station without its CSMS; both are 2.1.
    """

    id: int
    stack_level: int
    purpose: Purpose
    kind: Kind
    schedules: tuple[ChargingSchedule, ...]
    recurrency: Recurrency | None = None
    valid_from_at: Instant | None = None
    valid_to_at: Instant | None = None
    transaction_id: str | None = None
    dyn_update_at: Instant | None = None
    dyn_update_interval_s: int | None = None
    max_offline_s: int | None = None
    invalid_after_offline: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A profile and the EVSE (connector in 1.6) it was set for; 0 is the whole station."""

    evse_id: int
    profile: ChargingProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A running transaction, with both instants a Relative schedule could count from (K01.FR.42).

    `energy_offered_at` is when the EVSE became ready to deliver energy (PowerPathClosed), None while not known.
    `priority` tells whether PriorityCharging profiles lead (2.1, K21).
    """

    evse_id: int
    id: str
    started_at: Instant
    energy_offered_at: Instant | None = None
    priority: bool = True

    @property
    def zero_at(self) -> Instant:
        """Where Relative schedules of this transaction count from (R5)."""
        return self.started_at if self.energy_offered_at is None else self.energy_offered_at


def running(transactions: Sequence[Transaction], evse_id: int) -> Transaction | None:
    """The transaction on this EVSE, the last one named where there are several."""
    return next((one for one in reversed(transactions) if one.evse_id == evse_id), None)
