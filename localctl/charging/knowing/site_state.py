"""What is known of one station: `apply(state, fact, now)` gives the next state, and nothing else changes it.

Stations lose messages, repeat them, send them late and in odd orders; none of that may break anything. A transaction
that goes on without having started is taken up; an event without an EVSE finds it by its transaction (quirk 35); a new
transaction on an EVSE ends the one that was forgotten there (8.10), unless that one is heard of again; whose end
was told stays ended, whatever comes later. Messages out of a backlog move no current and end nobody else's transaction
(quirk 21), but a transaction that ended while offline has ended.

Everything is frozen and plain: `msgspec.to_builtins` and `convert` store it and bring it back after a restart. Times
are moments of receipt. Everything is bounded by the constants below.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from localctl.charging.knowing import clock_watch, meter, phase_watch
from localctl.charging.knowing.clock_watch import ClockWatch
from localctl.charging.knowing.facts import (
    Booted,
    ClockShown,
    ConnectorShown,
    Fact,
    Metered,
    NeedsTold,
    PlanTold,
    PriorityTold,
    TransactionShown,
)
from localctl.charging.knowing.phase_watch import PhaseWatch

MOST_EVSES: Final = 64
MOST_OPEN: Final = 64
MOST_TOKENS: Final = 64
MOST_ENDED: Final = 64
MOST_W: Final = 1e6
"""No EVSE gives more; a register that says so has had a fault. A reading may be `LATE_S` old when it comes."""
LATE_S: Final = 60.0
NEEDS_KEPT_S: Final = 600.0
"""A car may tell its needs so long before its transaction begins; older ones were another car's."""
SAME_STAMP_S: Final = 2.0
"""Stamps no further apart are the same: some stations round them when they send a message again."""
ALL_PHASES: Final = (1, 2, 3)
ENERGY_OFFERED: Final = frozenset({"Charging", "EVConnected", "SuspendedEV", "SuspendedEVSE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A running transaction. `offered_at` is PowerPathClosed, as far as chargingState shows it (K01.FR.42).

    `stamped_at` is when its first event was made, by the station's own clock.
    """

    id: str
    evse_id: int | None
    started_at: float
    offered_at: float | None = None
    charging_state: str | None = None
    token: str | None = None
    priority: int | None = None
    phases_said: int | None = None
    remote_start_id: int | None = None
    seq_no: int | None = None
    stamped_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseState:
    """One EVSE: connectors, what was last measured and when, the phases in use, and what the car asked for.

    `served_wh` is what its meter has counted since the car told its needs. `from_power`: its amperes are powers by a
    voltage that nobody measured.
    """

    connectors: dict[str, str] = field(default_factory=dict)
    current_a: dict[str, float] = field(default_factory=dict)
    measured_at: float | None = None
    from_power: bool = False
    energy_wh: float | None = None
    energy_at: float | None = None
    soc: float | None = None
    phases: PhaseWatch = field(default_factory=PhaseWatch)
    needs: NeedsTold | None = None
    needs_at: float | None = None
    served_wh: float = 0.0
    plan: PlanTold | None = None

    def drawn_a(self, now: float, fresh_s: float) -> float | None:
        """The highest phase of a measurement not older than `fresh_s`; None where there is none."""
        if self.measured_at is None or now - self.measured_at > fresh_s or not self.current_a:
            return None
        return max(self.current_a.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class StationState:
    """One station. Dictionaries go by the number or id as text, so that they are JSON objects as they are.

    `tells_needs`: it was once seen to pass on what a car needs (ISO 15118).
    """

    voltage_v: float = 230.0
    vendor: str = ""
    model: str = ""
    booted_at: float | None = None
    heard_at: float | None = None
    clock: ClockWatch = field(default_factory=ClockWatch)
    evses: dict[str, EvseState] = field(default_factory=dict)
    open: dict[str, Transaction] = field(default_factory=dict)
    ended: tuple[str, ...] = ()
    tokens: dict[str, int] = field(default_factory=dict)
    tells_needs: bool = False

    def running(self, evse_id: int) -> Transaction | None:
        """The transaction on an EVSE, the latest where there are several."""
        for one in reversed(self.open.values()):
            if one.evse_id == evse_id:
                return one
        return None

    def drawn_a(self, now: float, fresh_s: float, evse_ids: Iterable[int]) -> tuple[float, float, float] | None:
        """What these EVSEs draw on their fullest conductor, and when the oldest and newest reading of it were taken.

        A main meter (EVSE or connector 0) measures the same once more: it only tells where none of them is fresh.
        """
        fresh = self._fresh(now, fresh_s, evse_ids) or self._fresh(now, fresh_s, [0])
        if not fresh:
            return None
        taken, conductors = [at for at, _ in fresh], {name for _, amps in fresh for name in amps}
        return max(sum(amps.get(name, 0.0) for _, amps in fresh) for name in conductors), min(taken), max(taken)

    def _fresh(self, now: float, fresh_s: float, evse_ids: Iterable[int]) -> list[tuple[float, dict[str, float]]]:
        evses = [self.evses[key] for key in map(str, evse_ids) if key in self.evses]
        known = [(evse.measured_at, evse.current_a) for evse in evses if evse.measured_at is not None]
        return [(at, amps) for at, amps in known if now - at <= fresh_s and amps]

    def priority(self, transaction: Transaction) -> int:
        """The transaction's own priority, else its token's, else 0 (K03.FR.04 to 06)."""
        if transaction.priority is not None:
            return transaction.priority
        return self.tokens.get(transaction.token or "", 0)


def apply(state: StationState, fact: Fact, now: float) -> StationState:
    """The state after one fact, received at `now`."""
    state = replace(state, heard_at=now)
    match fact:
        case Booted():
            clock = clock_watch.booted(state.clock)
            return replace(state, vendor=fact.vendor, model=fact.model, booted_at=now, clock=clock)
        case ClockShown():
            return replace(state, clock=clock_watch.shown(state.clock, fact.off_s, now, sure=fact.sure))
        case ConnectorShown():
            return connector_shown(state, fact)
        case Metered():
            return metered(state, fact, now)
        case TransactionShown():
            return transaction_shown(state, fact, now)
        case PriorityTold():
            return priority_told(state, fact)
        case NeedsTold():
            return needs_told(state, fact, now)
        case PlanTold():
            return with_evse(state, fact.evse_id, plan=fact)
        case _ as never:
            assert_never(never)


def with_evse(state: StationState, evse_id: int, **changes: object) -> StationState:
    """The state with one EVSE changed; more EVSEs than a station can have are ignored."""
    key = str(evse_id)
    if key not in state.evses and (len(state.evses) >= MOST_EVSES or evse_id < 0):
        return state
    changed = replace(state.evses.get(key, EvseState()), **changes)  # type: ignore[arg-type]
    return replace(state, evses={**state.evses, key: changed})


def connector_shown(state: StationState, fact: ConnectorShown) -> StationState:
    """A connector's state; it never ends a transaction, because stations report Available with a car (quirk 34)."""
    before = state.evses.get(str(fact.evse_id), EvseState()).connectors
    if len(before) >= 8 and str(fact.connector_id) not in before:
        return state
    return with_evse(state, fact.evse_id, connectors={**before, str(fact.connector_id): fact.status})


def metered(state: StationState, fact: Metered, now: float) -> StationState:
    """Fresh values replace what was measured, phase by phase; old ones change nothing."""
    if fact.late or not clock_watch.fresh(state.clock, fact.off_s):
        return state
    evse_id = metered_at(state, fact)
    if evse_id is None:
        return state
    before = state.evses.get(str(evse_id), EvseState())
    told = fact.sample.phase_a or fact.sample.phase_w
    in_use = phases_of(state, evse_id)
    current_a = meter.currents_of(fact.sample, state.voltage_v, in_use)
    phases = phase_watch.sampled(before.phases, current_a) if told else before.phases
    energy_wh, soc = fact.sample.energy_wh, fact.sample.soc
    return with_evse(
        state,
        evse_id,
        # A phase that is not told this time has not gone away, but an old value must not stay for ever either.
        current_a={str(phase): amps for phase, amps in current_a.items()} if current_a else before.current_a,
        measured_at=now if current_a else before.measured_at,
        from_power=meter.from_power(fact.sample, in_use) if current_a else before.from_power,
        phases=phases,
        energy_wh=before.energy_wh if energy_wh is None else energy_wh,
        energy_at=before.energy_at if energy_wh is None else now,
        served_wh=before.served_wh + counted_wh(before, energy_wh, now),
        soc=before.soc if soc is None else soc,
    )


def metered_at(state: StationState, fact: Metered) -> int | None:
    """The EVSE that was metered: as told, else that of the transaction (quirk 35)."""
    transaction = state.open.get(fact.transaction_id or "")
    return transaction.evse_id if fact.evse_id is None and transaction is not None else fact.evse_id


def counted_wh(before: EvseState, told_wh: float | None, now: float) -> float:
    """What a register has counted since its last reading; nothing where it fell, or rose more than it can have."""
    if told_wh is None or before.energy_wh is None or before.energy_at is None:
        return 0.0
    most_wh = MOST_W * (now - before.energy_at + LATE_S) / 3600.0
    more_wh = told_wh - before.energy_wh
    return more_wh if 0.0 <= more_wh <= most_wh else 0.0


def needs_told(state: StationState, fact: NeedsTold, now: float) -> StationState:
    """What the car asks for counts from now on; it leaves by the station's own clock."""
    if fact.departure_at is not None and state.clock.last_s is not None:
        fact = replace(fact, departure_at=fact.departure_at - state.clock.last_s)
    # What the register counted since its last reading may have been another car's.
    counts: dict[str, object] = {"served_wh": 0.0, "energy_at": None}
    return with_evse(replace(state, tells_needs=True), fact.evse_id, needs=fact, needs_at=now, **counts)


def phases_of(state: StationState, evse_id: int) -> tuple[int, ...]:
    """The phases the car uses: measured, else as many as the station said, else all."""
    used = state.evses.get(str(evse_id), EvseState()).phases.used
    if used:
        return used
    transaction = state.running(evse_id)
    said = transaction.phases_said if transaction is not None else None
    # "One phase" does not say which one, only how the power divides.
    return ALL_PHASES[:said] if said is not None and 1 <= said <= 3 else ALL_PHASES


def transaction_shown(state: StationState, fact: TransactionShown, now: float) -> StationState:
    """Begin, continue or end; in whatever order the events come."""
    if fact.numbered and clock_watch.fresh(state.clock, fact.off_s):
        # Some CSMSs count from 1 at every station, or call each transaction 1: this is another one of that number.
        state = replace(state, ended=tuple(one for one in state.ended if one != fact.transaction_id))
    if fact.transaction_id in state.ended:
        return state
    if fact.event == "Ended":
        return transaction_ended(state, fact.transaction_id)
    before = state.open.get(fact.transaction_id)
    if is_history(state, fact, now):
        return state
    if before is None:
        return state if fact.aside and is_no_news(state, fact) else transaction_found(state, fact, now)
    offered = before.offered_at
    if offered is None and fact.charging_state in ENERGY_OFFERED and not fact.late:
        offered = now
    newer = fact.seq_no is None or before.seq_no is None or fact.seq_no >= before.seq_no
    known = replace(
        before,
        evse_id=before.evse_id if fact.evse_id is None else fact.evse_id,
        offered_at=offered,
        charging_state=fact.charging_state or before.charging_state if newer else before.charging_state,
        token=fact.token or before.token,
        phases_said=fact.phases_used or before.phases_said if newer else before.phases_said,
        remote_start_id=before.remote_start_id if fact.remote_start_id is None else fact.remote_start_id,
        seq_no=fact.seq_no if newer else before.seq_no,
    )
    return replace(state, open={**state.open, known.id: known})


def is_no_news(state: StationState, fact: TransactionShown) -> bool:
    """A transaction only named aside is none where another runs, or when what named it is old (quirk 21)."""
    known = fact.evse_id is not None and state.running(fact.evse_id) is not None
    return known or not clock_watch.fresh(state.clock, fact.off_s)


def is_history(state: StationState, fact: TransactionShown, now: float) -> bool:
    """Out of a backlog and older than what runs on that EVSE: it ends nothing there, and begins nothing (quirk 21).

    A start that was only repeated, under the number of another answer, is as old as the first one and counts.
    """
    runs = None if fact.evse_id is None else state.running(fact.evse_id)
    if runs is None or runs.id == fact.transaction_id:
        return False
    if fact.late or fact.off_s is None or clock_watch.fresh(state.clock, fact.off_s):
        return fact.late
    return runs.stamped_at is None or now + fact.off_s < runs.stamped_at - SAME_STAMP_S


def transaction_found(state: StationState, fact: TransactionShown, now: float) -> StationState:
    """A transaction not known yet: what ran on its EVSE is over, it seems, without having said so (8.10)."""
    if fact.evse_id is not None:
        for old in [one.id for one in state.open.values() if one.evse_id == fact.evse_id]:
            state = transaction_left(state, old)
        evse = state.evses.get(str(fact.evse_id), EvseState())
        if evse.needs_at is not None and now - evse.needs_at > NEEDS_KEPT_S:
            state = with_evse(state, fact.evse_id, needs=None, needs_at=None, plan=None)
    if len(state.open) >= MOST_OPEN:
        state = transaction_left(state, next(iter(state.open)))
    made = Transaction(
        id=fact.transaction_id,
        evse_id=fact.evse_id,
        started_at=now,
        offered_at=now if fact.charging_state in ENERGY_OFFERED else None,
        charging_state=fact.charging_state,
        token=fact.token,
        phases_said=fact.phases_used,
        remote_start_id=fact.remote_start_id,
        seq_no=fact.seq_no,
        stamped_at=None if fact.off_s is None else now + fact.off_s,
    )
    return replace(state, open={**state.open, made.id: made})


def transaction_ended(state: StationState, transaction_id: str) -> StationState:
    """Its end was told: it stays ended."""
    ended = (*state.ended, transaction_id)[-MOST_ENDED:]
    return replace(transaction_left(state, transaction_id), ended=ended)


def transaction_left(state: StationState, transaction_id: str) -> StationState:
    """Over, told or not: the next car on that EVSE is another one, with other phases and other needs."""
    gone = state.open.get(transaction_id)
    state = replace(state, open={key: one for key, one in state.open.items() if key != transaction_id})
    if gone is None or gone.evse_id is None:
        return state
    # What was measured was the car's that has gone; where the meter still tells something, it will again.
    asked: dict[str, object] = {"needs": None, "needs_at": None, "served_wh": 0.0, "plan": None, "soc": None}
    return with_evse(state, gone.evse_id, current_a={}, measured_at=None, phases=PhaseWatch(), **asked)


def priority_told(state: StationState, fact: PriorityTold) -> StationState:
    """For one transaction it overrides and is not kept beyond it; for a token it is kept (K03.FR.05)."""
    if fact.transaction_id is not None:
        transaction = state.open.get(fact.transaction_id)
        if transaction is None:
            return state
        return replace(state, open={**state.open, transaction.id: replace(transaction, priority=fact.priority)})
    if fact.token is None:
        return state
    others = {token: priority for token, priority in state.tokens.items() if token != fact.token}
    while len(others) >= MOST_TOKENS:
        others.pop(next(iter(others)))
    return replace(state, tokens={**others, fact.token: fact.priority})
