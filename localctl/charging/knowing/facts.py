"""What a station told, as typed facts: the only thing that moves the state of a site (`site_state`).

Made by `readings` from OCPP payloads of any version. Amperes are per phase of the station, phases are its own 1 to 3;
`told_at` is the station's own time stamp and says nothing but how its clock is off.
"""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Booted:
    """The CSMS accepted a BootNotification."""

    vendor: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockShown:
    """A time stamp, `off_s` ahead of the moment it was received. `sure`: the message was made just then."""

    off_s: float
    sure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorShown:
    """A connector's state in the words of its version."""

    evse_id: int
    connector_id: int
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One set of meter values. What was not told is absent: missing is not zero (quirk 33).

    `phase_a` are currents told for a phase, `one_a` one without a phase; `phase_w` and `total_w` powers, `phase_v` and
    `one_v` voltages.
    """

    phase_a: dict[int, float] = field(default_factory=dict)
    one_a: float | None = None
    phase_w: dict[int, float] = field(default_factory=dict)
    total_w: float | None = None
    phase_v: dict[int, float] = field(default_factory=dict)
    one_v: float | None = None
    energy_wh: float | None = None
    soc: float | None = None

    @property
    def empty(self) -> bool:
        """True when nothing usable was in it."""
        return self == Sample()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """Meter values of an EVSE or of a transaction.

    `off_s`: its time stamp against the moment of receipt, if it had one. `late` is what the message itself admits:
    made while the station was offline.
    """

    sample: Sample
    evse_id: int | None = None
    transaction_id: str | None = None
    off_s: float | None = None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionShown:
    """A transaction began, went on or ended. Only the first event need say where (E01.FR.16).

    `aside`: it was only named beside meter values; that finds one that nobody knows of, and ends none. `numbered`: its
    number was given by the answer, as in 1.6.
    """

    event: Literal["Started", "Updated", "Ended"]
    transaction_id: str
    evse_id: int | None = None
    seq_no: int | None = None
    late: bool = False
    off_s: float | None = None
    trigger: str = ""
    charging_state: str | None = None
    phases_used: int | None = None
    remote_start_id: int | None = None
    token: str | None = None
    aside: bool = False
    numbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityTold:
    """The CSMS's chargingPriority: of a token (kept), or of one transaction only (K03.FR.05)."""

    priority: int
    token: str | None = None
    transaction_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsTold:
    """What the car asked for under ISO 15118 (NotifyEVChargingNeeds)."""

    evse_id: int
    energy_wh: float | None = None
    departure_at: float | None = None
    most_a: float | None = None
    most_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTold:
    """The car's own plan (NotifyEVChargingSchedule): its highest limit and how long it reaches."""

    evse_id: int
    most: float
    unit: str
    lasts_s: float


Fact = Booted | ClockShown | ConnectorShown | Metered | TransactionShown | PriorityTold | NeedsTold | PlanTold
