"""Who gets how much, now: the heart of the load management, as one pure function.

A control loop calls, per cycle or event::

    network  = compile_rows(topology)                       # once per topology; footprints fill in as cars appear
    horizon  = effective(network, sources, others, now, end)    # limits of every row over time, with names
    result   = allocate(network, horizon.at(now), demands, turns, now)
    turns    = result.turns                                 # the only state; give it back next time
    result.amps[evse]; share(result, evse); result.waits    # amperes, their explanation, when it is whose turn

and for the horizon (leases, composite schedules upstream) `plan`, which does this for each span between change points.

The order is strict, nothing later ever costs anything earlier:

0. every row holds, with what is reserved for EVSEs out of control taken off first;
1. cars inside their minimum on-time keep their minimum;
2. the others are admitted at their minimum by class, then by what they are owed, single-phase cars first;
3. class by class, the admitted share by exact weighted lexicographic max-min (`waterfill`), up to a planned target;
4. what is left goes the same way up to each car's maximum;
5. a rise below the dead band is not made (a fall always is), and panels with an imbalance limit are evened out.

Nobody gets anything between 0 and its minimum. The answer depends on the input only, not on its order: demands are
sorted by identity first. Limits that are not numbers count as 0, demands that are not numbers get nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import isnan

from localctl.charging.allocation.admission import Candidate, admit, scarce_rows
from localctl.charging.allocation.allocator_demand import Demand, Reason, fixed_a, span, weight
from localctl.charging.allocation.allocator_imbalance import Cut, cuts, spreads
from localctl.charging.allocation.allocator_turns import Policy, Queue, Turn, moved, rank, rates
from localctl.charging.allocation.waterfill import FREE, Car, book, book_all, fill
from localctl.charging.limiting.limits_effective import Capacities, Horizon
from localctl.charging.tree.rows import Network
from localctl.charging.tree.topology import EvseId

CALM = Policy()
REFILLS = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an EVSE has its current: the reason, and the row where a row is the reason (else FREE)."""

    reason: Reason
    row: int = FREE


OWN = {reason: Verdict(reason) for reason in Reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """The answer for one instant: amperes per conductor of every EVSE asked for, and why.

    `load` is what every row carries with it. `waits` says when each waiting car can expect its turn (None: nobody can
    say). `turns` is the state for the next call.
    """

    network: Network
    capacities: Capacities
    amps: dict[EvseId, float]
    verdicts: dict[EvseId, Verdict]
    footprints: dict[EvseId, int]
    used: list[float]
    waits: dict[EvseId, float | None]
    turns: dict[EvseId, Turn]
    overloaded: tuple[int, ...]

    def load(self, row: int) -> float:
        """What that row carries: amperes, watts, or a group's total."""
        return self.network.load(row, self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One stretch of a plan, from `start` until `end`, in which one allocation holds."""

    start: float
    end: float
    allocation: Allocation


def allocate(
    network: Network,
    capacities: Capacities,
    demands: Iterable[Demand],
    turns: Mapping[EvseId, Turn],
    now: float,
    policy: Policy = CALM,
) -> Allocation:
    """Amperes for every EVSE asked for, at `now`: promises P2 and P5. Of two demands for one EVSE the later counts.

    KeyError for an EVSE the site does not have.
    """
    return _Round(network, capacities, demands, turns, now, policy).settle()


def plan(
    network: Network,
    horizon: Horizon,
    demands_at: Callable[[float], Iterable[Demand]],
    turns: Mapping[EvseId, Turn],
    policy: Policy = CALM,
    also_at: Iterable[float] = (),
) -> tuple[Span, ...]:
    """One allocation for each span of the horizon between change points of limits or (`also_at`) of demands.

    Turns are not taken ahead of time: who charges now is taken to go on where the later limits allow.
    """
    extra = {instant for instant in also_at if horizon.start < instant < horizon.end}
    starts = sorted({*horizon.change_points, *extra})
    spans = []
    for start, end in zip(starts, [*starts[1:], horizon.end], strict=True):
        result = allocate(network, horizon.at(start), demands_at(start), turns, start, policy)
        spans.append(Span(start=start, end=end, allocation=result))
        turns = {evse: replace(turn, rate=0.0) for evse, turn in result.turns.items()}
    return tuple(spans)


class _Round:
    """The steps of one allocation, over flat lists: car number i is `self.order[i]`."""

    def __init__(
        self,
        network: Network,
        capacities: Capacities,
        demands: Iterable[Demand],
        turns: Mapping[EvseId, Turn],
        now: float,
        policy: Policy,
    ) -> None:
        self.network, self.capacities, self.now, self.policy = network, capacities, now, policy
        self.limits = [0.0 if isnan(value) else value for value in capacities.values]
        self.before = turns
        self.reserved = [0.0] * network.lane_count
        self.amps: dict[EvseId, float] = {}
        self.verdicts: dict[EvseId, Verdict] = {}
        self.footprints: dict[EvseId, int] = {}
        self.asking: list[Demand] = []
        self.known: list[Turn | None] = []
        self.pausing: list[EvseId] = []
        self.cars: list[Car] = []
        self.full: list[Verdict] = []
        self.refused: dict[EvseId, int] = {}
        by_evse = {demand.evse: demand for demand in demands}
        for evse in sorted(by_evse):
            self._take(by_evse[evse])

    def _take(self, demand: Demand) -> None:
        """Sort one demand into: reserved, asking, or getting nothing for a reason of its own."""
        evse = demand.evse
        self.footprints[evse] = footprint = self.network.footprint(evse, demand.phases)
        if demand.fixed_a is not None:
            amps = fixed_a(demand)
            book(self.network, self.reserved, footprint, amps)
            self._answer(evse, amps, OWN[Reason.FIXED])
            return
        low, high, reason = span(demand) if demand.wants else (0.0, -1.0, Reason.IDLE)
        if high < low:
            self._answer(evse, 0.0, OWN[reason])
            return
        self.asking.append(demand)
        self.known.append(self.before.get(evse))
        self.cars.append((footprint, weight(demand), low, high))
        self.full.append(OWN[reason])

    def _answer(self, evse: EvseId, amps: float, verdict: Verdict) -> None:
        self.amps[evse] = amps
        self.verdicts[evse] = verdict

    def settle(self) -> Allocation:
        """Admit, share, calm, even out; then say it."""
        admitted = self._admit()
        amps, verdicts = self._even_out(admitted)
        used = self.reserved.copy()
        book_all(self.network, used, ((self.cars[car][0], share) for car, share in amps.items()))
        for car, share in amps.items():
            evse = self.asking[car].evse
            self.amps[evse], self.verdicts[evse] = share, verdicts[car]
        contested = self._contested() if self.refused else {}
        turns = self._turns(contested)
        return Allocation(
            network=self.network,
            capacities=self.capacities,
            amps={evse: self.amps[evse] for evse in self.footprints},
            verdicts=self.verdicts,
            footprints=self.footprints,
            used=used,
            waits=self._waits(turns, contested),
            turns=turns,
            overloaded=tuple(
                row for row, limit in enumerate(self.limits) if self.network.load(row, used) > max(0.0, limit) + 1e-6
            ),
        )

    def _admit(self) -> list[int]:
        """The numbers of the cars that charge; those that do not are answered here."""
        ready = [car for car, turn in enumerate(self.known) if turn is None or turn.running or self._may_start(car)]
        minima = [(self.cars[car][0], self.cars[car][2]) for car in ready]
        scarce = scarce_rows(self.network, self.limits, self.reserved, minima)
        if not scarce:
            return ready
        ranked = self._ranked(ready)
        candidates = [self._candidate(car) for car in ranked]
        verdicts = admit(self.network, self.limits, self.reserved, candidates, scarce)
        for car, row in zip(ranked, verdicts, strict=True):
            if row != FREE:
                self.refused[self.asking[car].evse] = row
                self._answer(self.asking[car].evse, 0.0, Verdict(Reason.WAITING, row))
        return sorted(car for car, row in zip(ranked, verdicts, strict=True) if row == FREE)

    def _turn(self, car: int) -> Turn:
        return self.known[car] or Turn(running=False, since=self.now, counted_at=self.now)

    def _may_start(self, car: int) -> bool:
        if self._turn(car).may_start_at(self.policy) <= self.now:
            return True
        self.pausing.append(self.asking[car].evse)
        self._answer(self.asking[car].evse, 0.0, OWN[Reason.PAUSING])
        return False

    def _candidate(self, car: int) -> Candidate:
        turn = self._turn(car)
        patience_s = self.policy.patience * self.policy.min_on_s
        starving = not turn.running and turn.owed(self.now, self.policy) > patience_s
        return Candidate(self.cars[car][0], self.cars[car][2], self.asking[car].priority, starving)

    def _ranked(self, cars: Iterable[int]) -> list[int]:
        def key(car: int) -> tuple[object, ...]:
            demand = self.asking[car]
            phases = demand.phases or self.network.topology.evse(demand.evse).phases
            return rank(self._turn(car), demand.priority, len(phases), demand.evse, self.now, self.policy)

        return sorted(cars, key=key)

    def _even_out(self, admitted: list[int]) -> tuple[dict[int, float], dict[int, Verdict]]:
        """Share; then cut what makes the phases uneven and share what that freed, as often as it helps."""
        limits = spreads(self.network)
        ceilings: dict[int, Cut] = {}
        amps, verdicts = self._share(admitted, ceilings)
        last = list(reversed(self._ranked(admitted))) if limits else []
        for refill in reversed(range(REFILLS if limits else 0)):
            flat = [amps.get(car, 0.0) for car in range(len(self.cars))]
            found = cuts(self.network, limits, self.cars, flat, last)
            for car, cut in found.items():
                verdicts[car], amps[car] = Verdict(Reason.IMBALANCE, cut.row), cut.amps
            ceilings.update(found)
            if not found or not refill:
                break
            amps, verdicts = self._share(admitted, ceilings)
        self.refused.update({self.asking[car].evse: cut.row for car, cut in ceilings.items() if cut.amps == 0})
        return amps, verdicts

    def _share(self, admitted: list[int], ceilings: Mapping[int, Cut]) -> tuple[dict[int, float], dict[int, Verdict]]:
        """Exact max-min, class by class: first to the targets, then with what is left to the maxima."""
        amps = {car: self.cars[car][2] for car in admitted}
        amps.update({car: 0.0 for car, cut in ceilings.items() if cut.amps == 0})
        used = self.reserved.copy()
        book_all(self.network, used, ((self.cars[car][0], low) for car, low in amps.items()))
        verdicts: dict[int, Verdict] = {}
        classes: dict[int, list[int]] = {}
        for car in admitted:
            classes.setdefault(-self.asking[car].priority, []).append(car)
        planned = any(self.asking[car].target_a is not None for car in admitted)
        for to_target in (True, False) if planned else (False,):
            for _, members in sorted(classes.items()):
                if planned or ceilings:
                    spans = [self._span(car, amps[car], ceilings.get(car), to_target) for car in members]
                else:
                    spans = [(self.cars[car], self.full[car]) for car in members]
                self._rise(members, spans, amps, verdicts, used)
        self._calm(amps, verdicts)
        return amps, verdicts

    def _span(self, car: int, low: float, cut: Cut | None, to_target: bool) -> tuple[Car, Verdict]:
        """From where to where a car may rise now, and why no further."""
        footprint, heft, _, top = self.cars[car]
        why, target = self.full[car], self.asking[car].target_a
        if cut is not None:
            top, why = cut.amps, Verdict(Reason.IMBALANCE, cut.row)
        if to_target and target is not None and target < top:
            top, why = target, OWN[Reason.TARGET]
        return (footprint, heft, low, max(low, top)), why

    def _rise(
        self,
        members: list[int],
        spans: list[tuple[Car, Verdict]],
        amps: dict[int, float],
        verdicts: dict[int, Verdict],
        used: list[float],
    ) -> None:
        """Let the water rise for one class; note what each car got and what stopped it."""
        shares = fill(self.network, self.limits, used, [car for car, _ in spans])
        by_row: dict[int, Verdict] = {}
        for car, (_, why), (share, row) in zip(members, spans, shares, strict=True):
            amps[car] = share
            verdicts[car] = why if row == FREE else by_row.get(row) or by_row.setdefault(row, Verdict(Reason.ROW, row))

    def _calm(self, amps: dict[int, float], verdicts: dict[int, Verdict]) -> None:
        """Keep a running car's old current when the rise would be within the dead band."""
        band_a = self.policy.dead_band_a
        for car, new in amps.items():
            turn = self.known[car]
            if turn is None or not turn.running:
                continue
            if self.cars[car][2] <= turn.amps < new < turn.amps + band_a:
                amps[car], verdicts[car] = turn.amps, Verdict(Reason.HELD, verdicts[car].row)

    def _turns(self, contested: Mapping[int, tuple[int, ...]]) -> dict[EvseId, Turn]:
        served = {}
        if self.refused:
            for demand in self.asking:
                rows = contested[self.footprints[demand.evse]]
                served[demand.evse] = (self.amps[demand.evse] > 0, demand.priority, rows)
        growing, found = rates(served), {}
        for demand, turn in zip(self.asking, self.known, strict=True):
            evse = demand.evse
            found[evse] = moved(turn, self.amps[evse], growing.get(evse, 0.0), self.now, self.policy)
        return found

    def _contested(self) -> dict[int, tuple[int, ...]]:
        """For each footprint the rows on which somebody had to wait."""
        rows = set(self.refused.values())
        found = {number for number, *_ in self.cars}
        return {number: tuple(row for row in self.network.footprints[number].rows if row in rows) for number in found}

    def _waits(
        self, turns: Mapping[EvseId, Turn], contested: Mapping[int, tuple[int, ...]]
    ) -> dict[EvseId, float | None]:
        """When each waiting or pausing car may expect to start: its place in the queue of the row that refused it."""
        waits: dict[EvseId, float | None] = {
            evse: turns[evse].may_start_at(self.policy) for evse in sorted(self.pausing)
        }
        if not self.refused:
            return waits
        ends: dict[int, list[tuple[int, float]]] = {}
        for demand in self.asking:
            if turns[demand.evse].running:
                for row in contested[self.footprints[demand.evse]]:
                    end = turns[demand.evse].since + self.policy.min_on_s
                    ends.setdefault(row, []).append((demand.priority, end))
        queues: dict[tuple[int, int], Queue] = {}
        for car in self._ranked(car for car in range(len(self.cars)) if self.asking[car].evse in self.refused):
            demand = self.asking[car]
            row = self.refused[demand.evse]
            if (row, demand.priority) not in queues:
                open_to = [end for priority, end in ends.get(row, ()) if priority <= demand.priority]
                queues[row, demand.priority] = Queue(open_to, self.now, self.policy)
            waits[demand.evse] = queues[row, demand.priority].next()
        return waits
