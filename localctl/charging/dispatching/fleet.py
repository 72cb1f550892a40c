"""What dispatch is told about the site, as plain values: stations, shares, ceilings, and what is seen of a station.

Nothing here knows a topology: a *ceiling* is any limit over some EVSEs, "the sum of factor times amperes stays within
the capacity", so a conductor of a panel, a power limit and a contract group are all the same to it. Limits that add
up arrows (208 V sites) are given as plain sums here, which is never too much. Amperes are per phase, on the station's
supply side; instants are seconds since 1970 UTC on the controller's steady clock.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from localctl.charging.base.steps import Steps
from localctl.charging.dispatching.lease import Tolerance
from localctl.charging.profile.profiles import Protocol, RateUnit

EvseId = tuple[str, int]


class Actuator(StrEnum):
    """By which profiles a share reaches a station (the words of `control` in the configuration)."""

    MAX_PROFILE = "max_profile"
    TX_PROFILE = "tx_profile"
    TX_DEFAULT = "tx_default"
    DYNAMIC = "dynamic"
    UNCONTROLLED = "uncontrolled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One EVSE (connector in 1.6): what it can draw, needs at least, and falls back to.

    `watts_per_a` turns amperes per phase into total watts where the station takes nothing else (K01.FR.50).
    """

    id: int
    rating_a: float = 32.0
    min_a: float = 6.0
    failsafe_a: float = 6.0
    phases: int = 3
    watts_per_a: float = 690.0
    dc: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """One station as dispatch has to know it.

    `control` None finds out by itself which actuator works. `unit` is what its schedules must be written in.
    `hold_minimum` writes the minimum instead of 0 A (quirk 27). `relative` is for stations that only understand
    Relative TxProfiles (quirk 24), `names_transaction` False for those that refuse a transactionId (quirk 23).
    `keeps_profiles` False: a reboot may wipe them. `max_stack_level` is ProfileStackLevel; `stack_level` fixes the
    level for stations that take no other.
    """

    identity: str
    protocol: Protocol
    outlets: tuple[Outlet, ...]
    rating_a: float | None = None
    control: Actuator | None = None
    unit: RateUnit = RateUnit.AMPS
    tolerance: Tolerance = field(default_factory=Tolerance)
    max_stack_level: int | None = None
    stack_level: int | None = None
    most_periods: int = 8
    hold_minimum: bool = False
    relative: bool = False
    names_transaction: bool = True
    keeps_profiles: bool = True

    @property
    def full_a(self) -> float:
        """The most the whole station can draw per phase."""
        total_a = sum(outlet.rating_a for outlet in self.outlets)
        return total_a if self.rating_a is None else min(total_a, self.rating_a)

    @property
    def safe_a(self) -> float:
        """What the whole station falls back to: every EVSE at its failsafe."""
        return sum(outlet.failsafe_a for outlet in self.outlets)

    def outlet(self, evse_id: int) -> Outlet:
        """The outlet with this number."""
        return next(outlet for outlet in self.outlets if outlet.id == evse_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """One limit: the sum of factor times amperes over its EVSEs, never above `capacity`.

    `conductor` True: every EVSE in it draws through the same conductor, so a station's own total counts once. `rest_a`
    is what the capacity is worth when nobody is there to watch it (P3); None takes the last step of `capacity`.
    """

    name: str
    capacity: Steps
    factors: dict[EvseId, float]
    conductor: bool = True
    rest_a: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What the allocator gives one EVSE: now, and as far as known later.

    `cap` is the CSMS's own composite schedule for this EVSE without our profiles; what is written never exceeds it.
    Higher `priority` gets scarce headroom first (K03.FR.04).
    """

    amps: Steps
    cap: Steps | None = None
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The transaction at an EVSE.

    `awaits_needs`: ISO 15118, not to be sent a TxProfile before its NotifyEVChargingNeeds (K15.FR.17).
    """

    transaction_id: str
    started_at: float
    awaits_needs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is seen of a station at this moment. Build it with `sight.look`.

    `metered_a` holds fresh readings only. `clock_off_s` None: nothing of its clock was ever seen. `csms_levels` are the
    highest stack levels the CSMS uses, by purpose; `lost` names our profile ids that are no longer there, `overruled`
    those that stand below a profile of the CSMS.
    """

    online: bool = True
    running: dict[int, Running] = field(default_factory=dict)
    metered_a: dict[int, float] = field(default_factory=dict)
    clock_off_s: float | None = None
    csms_levels: dict[str, int] = field(default_factory=dict)
    lost: frozenset[int] = frozenset()
    overruled: frozenset[int] = frozenset()

    def clock_sane(self, skew_s: float) -> bool:
        """True while the station's clock is within what schedules are written for."""
        return self.clock_off_s is None or abs(self.clock_off_s) <= skew_s
