"""One EVSE: what its station lets through, what the car takes, and the meter in between.

The current follows the limit after `reaction_s`, as contactors and cars do; a disobedient EVSE accepts every limit and
lets through what its hardware can. Nothing happens by itself: `settle(now)` brings the electrics up to the present, and
`next_change_at` says when that is next worth doing.
"""

from collections import deque
from dataclasses import dataclass, field

from localctl.demo.car import Car
from localctl.demo.limits import Profiles
from localctl.demo.profiles import Session

Phases = tuple[float, float, float]


@dataclass(slots=True, kw_only=True)
class Transaction:
    """One transaction. `number` is the CSMS's id for it in 1.6, once it has given one."""

    id: str
    tag: str
    started_at: float
    offered_at: float | None = None
    number: int | None = None
    remote_start_id: int | None = None
    start_wh: float = 0.0
    state: str = "EVConnected"
    seq_no: int = 0
    stop_reason: str | None = None

    def next_seq_no(self) -> int:
        """Counts this transaction's messages from 0."""
        self.seq_no += 1
        return self.seq_no - 1


@dataclass(slots=True, kw_only=True)
class Evse:
    """One EVSE of a station. `max_a` is its hardware; `first_phase` where a one-phase car ends up (0 to 2)."""

    id: int
    profiles: Profiles
    phases: int = 3
    max_a: float = 32.0
    reaction_s: float = 2.0
    first_phase: int = 0
    obedient: bool = True
    car: Car | None = None
    transaction: Transaction | None = None
    finished: bool = False
    """The car that is plugged in has had its transaction."""
    energy_wh: float = 0.0
    offered_a: float = 0.0
    drawn_a: float = 0.0
    settled_at: float = 0.0
    _coming: deque[tuple[float, float]] = field(default_factory=deque)

    def session(self) -> Session | None:
        """What profiles need to know of the transaction."""
        if self.transaction is None:
            return None
        started_at, offered_at = self.transaction.started_at, self.transaction.offered_at
        since_at = started_at if offered_at is None else offered_at
        return Session(transaction_id=self.transaction.id, offered_at=float(int(since_at)))

    def limit_a(self, at: float, sharing: int = 1) -> float:
        """Amperes per phase allowed at this moment: profiles and hardware."""
        allowed_a = self.profiles.limit_a(self.id, at, self.session(), sharing=sharing)
        return self.max_a if allowed_a is None or not self.obedient else min(self.max_a, allowed_a)

    def settle(self, at: float, sharing: int = 1) -> bool:
        """Bring current, meter and battery up to `at`; True when the current changed."""
        self._flow(at)
        if self._energised():
            self._follow(at, self.limit_a(at, sharing))
        else:
            self._coming.clear()
            self.offered_a = 0.0
        before, self.drawn_a = self.drawn_a, 0.0 if self.car is None else self.car.draws_a(self.offered_a)
        return before != self.drawn_a

    def next_change_at(self) -> float:
        """When a limit that is already known takes effect; never, when none is coming."""
        return self._coming[0][0] if self._coming else float("inf")

    def currents_a(self) -> Phases:
        """Amperes on each of the station's phases."""
        on = {(self.first_phase + n) % 3 for n in range(self._wires())}
        return (self.drawn_a * (0 in on), self.drawn_a * (1 in on), self.drawn_a * (2 in on))

    def charging_state(self) -> str:
        """The 2.0.1 charging state that a transaction shows now."""
        if self.drawn_a > 0:
            return "Charging"
        if self.transaction is None or self.transaction.offered_at is None:
            return "EVConnected"
        return "SuspendedEVSE" if self.offered_a < self.max_a and self._wants_more() else "SuspendedEV"

    def _energised(self) -> bool:
        return self.car is not None and self.transaction is not None and self.transaction.offered_at is not None

    def _wants_more(self) -> bool:
        return self.car is not None and self.car.asks_a() > 0

    def _flow(self, at: float) -> None:
        if self.car is not None and self.drawn_a > 0:
            self.energy_wh += self.car.charge(self.drawn_a, self._wires(), at - self.settled_at)
        self.settled_at = at

    def _wires(self) -> int:
        return min(self.phases, 3 if self.car is None else self.car.phases)

    def _follow(self, at: float, limit_a: float) -> None:
        latest_a = self._coming[-1][1] if self._coming else self.offered_a
        if limit_a != latest_a:
            self._coming.append((at + self.reaction_s, limit_a))
        while self._coming and self._coming[0][0] <= at:
            self.offered_a = self._coming.popleft()[1]
