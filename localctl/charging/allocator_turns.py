"""Turns: whose turn it is when not everybody can charge at once.

Each car that wants to charge has a debt, in seconds of charging: where cars of its class have to take turns on one of
its rows, it grows by the share of time that was fair there and falls while the car charges. Whoever is owed most goes
first. The minimum on-time is what keeps that calm: who has started stays for one on-time, whatever the debts, and is
then replaced by whoever is owed more; with n equal cars and room for k nobody waits longer than ceil(n/k) on-times.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from localctl.charging.topology import EvseId

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


def rates(
    refused: Mapping[EvseId, int],
    served: Mapping[EvseId, tuple[bool, int, tuple[int, ...]]],
) -> dict[EvseId, float]:
    """How fast each debt grows: the fair share of time minus the car's own.

    `refused` is who had to wait, with the row that had no room; `served` is for every car whether it charges, its
    class and its rows. On a row where one waits, what is fair for each car of that class is the part that charges.
    """
    contested = set(refused.values())
    counts: dict[tuple[int, int], list[int]] = {}
    places: dict[EvseId, list[tuple[int, int]]] = {}
    for evse, (charging, priority, rows) in served.items():
        places[evse] = [(row, priority) for row in rows if row in contested]
        for place in places[evse]:
            entry = counts.setdefault(place, [0, 0])
            entry[0] += charging
            entry[1] += 1
    found = {}
    for evse, here in places.items():
        fair = min((counts[place][0] / counts[place][1] for place in here), default=1.0)
        found[evse] = fair - served[evse][0] if here and (fair < 1) else 0.0
    return found


def turn_at(place: int, ends: Sequence[float], now: float, policy: Policy) -> float | None:
    """When number `place` (0 first) of a queue can expect to start, given when the running cars' on-times end.

    An estimate: cars leave sooner, and others plug in. None when nobody runs there, so no place will come free.
    """
    if not ends:
        return None
    order = sorted(max(now, end) for end in ends)
    return order[place % len(order)] + policy.min_on_s * (place // len(order))
