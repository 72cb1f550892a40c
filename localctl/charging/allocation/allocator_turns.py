"""Turns: whose turn it is when not everybody can charge at once.

Each car that wants to charge has a debt, in seconds of charging: where cars of its class have to take turns on one of
its rows, it grows by the share of time that was fair there and falls while the car charges. Whoever is owed most goes
first. The minimum on-time is what keeps that calm: who has started stays for one on-time, whatever the debts, and is
then replaced by whoever is owed more; with n equal cars and room for k nobody waits longer than ceil(n/k) on-times.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from localctl.charging.tree.topology import EvseId

MOST_TURNS = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How calm the allocation is. Times in seconds, the dead band in amperes.

    A car runs for at least `min_on_s` (rows break that, nothing else), pauses for at least `min_off_s`, and keeps its
    share when it could rise by less than `dead_band_a`. A car owed more than `patience` turns has room kept for it.
    """

    min_on_s: float = 900.0
    min_off_s: float = 300.0
    dead_band_a: float = 1.0
    patience: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A car's place: running or waiting since when, at which current, and what it is owed (`debt_s` at `counted_at`).

    `rate` is how fast that debt grows; `stopped_at` is when it last had to pause.
    """

    running: bool
    since: float
    amps: float = 0.0
    debt_s: float = 0.0
    rate: float = 0.0
    counted_at: float
    stopped_at: float | None = None

    def owed(self, now: float, policy: Policy) -> float:
        """Seconds of charging it is owed by `now`, at most a few turns either way."""
        most = MOST_TURNS * policy.min_on_s
        debt_s = self.debt_s + self.rate * max(0.0, now - self.counted_at)
        return max(-most, min(most, debt_s))

    def is_keeping(self, now: float, policy: Policy) -> bool:
        """Whether it is inside its minimum on-time."""
        return self.running and now - self.since < policy.min_on_s

    def may_start_at(self, policy: Policy) -> float:
        """The end of its minimum off-time."""
        return self.since if self.stopped_at is None else self.stopped_at + policy.min_off_s


def rank(turn: Turn, priority: int, phases: int, evse: EvseId, now: float, policy: Policy) -> tuple[object, ...]:
    """Sort key of admission: keepers, class, whole seconds owed, who runs already, fewest phases, who came first."""
    owed_s = round(turn.owed(now, policy))
    return (not turn.is_keeping(now, policy), -priority, -owed_s, not turn.running, phases, turn.since, evse)


def moved(turn: Turn | None, amps: float, rate: float, now: float, policy: Policy) -> Turn:
    """The turn after an allocation gave it `amps`; None when the car is new."""
    running = amps > 0
    if turn is None:
        return Turn(running=running, since=now, amps=amps, rate=rate, counted_at=now)
    same = running == turn.running
    if same and amps == turn.amps and rate == turn.rate == 0:
        return turn
    return Turn(
        running=running,
        since=turn.since if same else now,
        amps=amps,
        debt_s=turn.owed(now, policy),
        rate=rate,
        counted_at=now,
        stopped_at=turn.stopped_at if same else None if running else now,
    )


def rates(served: Mapping[EvseId, tuple[bool, int, tuple[int, ...]]]) -> dict[EvseId, float]:
    """How fast each debt grows: the fair share of time minus the car's own.

    `served` is for every car whether it charges, its class, and those of its rows on which some car has to wait. On
    such a row what is fair for each car of a class is the part of them that charges.
    """
    counts: dict[tuple[int, int], list[int]] = {}
    for charging, priority, rows in served.values():
        for row in rows:
            entry = counts.setdefault((row, priority), [0, 0])
            entry[0] += charging
            entry[1] += 1
    fair = {place: running / everyone for place, (running, everyone) in counts.items()}
    found = {}
    for evse, (charging, priority, rows) in served.items():
        share = min((fair[row, priority] for row in rows), default=1.0)
        found[evse] = share - charging if share < 1 else 0.0
    return found


class Queue:
    """The places of one row for one class: cars come to them in turn, then again after a whole on-time each."""

    def __init__(self, ends: Iterable[float], now: float, policy: Policy) -> None:
        self._ends = sorted(max(now, end) for end in ends)
        self._round_s = policy.min_on_s
        self._taken = 0

    def next(self) -> float | None:
        """When the next in the queue can expect to start; None when nobody runs there whose place could come free.

        An estimate: cars leave sooner, and others plug in.
        """
        if not self._ends:
            return None
        rounds, place = divmod(self._taken, len(self._ends))
        self._taken += 1
        return self._ends[place] + self._round_s * rounds
