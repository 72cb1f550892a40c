"""From demands to shares: the allocator's answer, with idle reserves that give way where they stand in the way.

An EVSE without a car keeps its failsafe free, so that a new car starts at once (K03). Where that reserve makes a row
too full, or where a car does not even get its minimum because of it, every idle EVSE on that row gives its reserve up
until there is room again: its new car waits for a share then, like everybody else.

The allocator is a pure function, and mostly nothing has changed since the last time: then its answer is used again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from localctl.charging.allocation.allocator import Allocation, Span, plan
from localctl.charging.allocation.allocator_demand import Demand, Reason
from localctl.charging.allocation.allocator_turns import Policy, Turn
from localctl.charging.allocation.waterfill import FREE
from localctl.charging.base import steps
from localctl.charging.base.steps import Steps
from localctl.charging.limiting.limits_effective import Capacities, Horizon
from localctl.charging.tree.rows import Network
from localctl.charging.tree.topology import EvseId

MOST_ROUNDS: Final = 3
RESTLESS: Final = frozenset({Reason.WAITING, Reason.PAUSING, Reason.IMBALANCE})
Turns = Mapping[EvseId, Turn]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """All demands of one cycle, each at this moment, with the CSMS's caps over time. `idle` may lose their reserve."""

    demands: tuple[Demand, ...]
    caps: dict[EvseId, Steps]
    idle: frozenset[EvseId]

    def at(self, instant: float, yielding: frozenset[EvseId]) -> tuple[Demand, ...]:
        """The demands at an instant, with those in `yielding` giving up their reserve."""
        if not self.caps and not yielding:
            return self.demands
        return tuple(self._at(demand, instant, yielding) for demand in self.demands)

    def _at(self, demand: Demand, instant: float, yielding: frozenset[EvseId]) -> Demand:
        if demand.fixed_a is not None:
            return replace(demand, fixed_a=0.0) if demand.evse in yielding else demand
        cap = self.caps.get(demand.evse)
        return demand if cap is None else replace(demand, cap_a=steps.value_at(cap, instant))

    def changes(self, now: float) -> set[float]:
        """The instants at which some cap changes."""
        return {at for cap in self.caps.values() for at, _ in cap if at > now}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What came of it: the demands as they were granted, the shares of each stretch, and who gave way."""

    demands: tuple[Demand, ...]
    spans: tuple[Span, ...]
    yielding: frozenset[EvseId] = frozenset()


class Sharing:
    """Shares out, and remembers the last answer."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._last: _Answer | None = None

    def share(self, network: Network, horizon: Horizon, asked: Asked, turns: Turns, now: float) -> Shared:
        """The shares of the whole horizon."""
        again = self._last.again(network, horizon, asked, turns) if self._last is not None else None
        if again is None:
            again = self._anew(network, horizon, asked, turns, now)
        calm = again.spans[0].allocation.turns == turns and all(is_calm(span.allocation) for span in again.spans)
        self._last = _Answer(network, asked, again) if calm else None
        return again

    def _anew(self, network: Network, horizon: Horizon, asked: Asked, turns: Turns, now: float) -> Shared:
        changes, yielding = asked.changes(now), frozenset[EvseId]()
        for _ in range(MOST_ROUNDS):
            spans = plan(network, horizon, _asked_at(asked, yielding), turns, self.policy, changes)
            more = giving_way(network, spans, asked.idle - yielding)
            if not more:
                break
            yielding |= more
        else:
            spans = plan(network, horizon, _asked_at(asked, yielding), turns, self.policy, changes)
        return Shared(demands=asked.at(now, yielding), spans=spans, yielding=yielding)


def _asked_at(asked: Asked, yielding: frozenset[EvseId]) -> Callable[[float], Iterable[Demand]]:
    return lambda instant: asked.at(instant, yielding)


def giving_way(network: Network, spans: Iterable[Span], idle: frozenset[EvseId]) -> frozenset[EvseId]:
    """The idle EVSEs on rows that are too full, or on which a car was refused its minimum, in any stretch."""
    found: set[EvseId] = set()
    for span in spans if idle else ():
        allocation = span.allocation
        short = set(allocation.overloaded)
        short |= {one.row for one in allocation.verdicts.values() if one.reason is Reason.WAITING and one.row != FREE}
        if short:
            on_short = {number for number, each in enumerate(network.footprints) if not short.isdisjoint(each.rows)}
            found |= {evse for evse in idle if allocation.footprints[evse] in on_short}
    return frozenset(found)


def is_calm(allocation: Allocation) -> bool:
    """True when time alone changes nothing: nobody waits, pauses or takes turns."""
    if allocation.waits:
        return False
    return not any(verdict.reason in RESTLESS for verdict in allocation.verdicts.values())


@dataclass(frozen=True, slots=True)
class _Answer:
    """A calm answer and what it was the answer to."""

    network: Network
    asked: Asked
    shared: Shared

    def again(self, network: Network, horizon: Horizon, asked: Asked, turns: Turns) -> Shared | None:
        """The same answer at a later moment, if nothing that matters has changed."""
        old = self.shared.spans
        if network is not self.network or turns != old[0].allocation.turns or asked != self.asked:
            return None
        begins = sorted({*horizon.change_points, *(at for at in asked.changes(horizon.start) if at < horizon.end)})
        if begins[1:] != [span.start for span in old[1:]]:
            return None
        limits = [horizon.at(at) for at in begins]
        # Who speaks for a limit may have changed though its value has not: that is for the explanation only.
        if any(new.values != span.allocation.capacities.values for new, span in zip(limits, old, strict=True)):
            return None
        ends = [*begins[1:], horizon.end]
        spans = tuple(map(_renewed, old, begins, ends, limits))
        return replace(self.shared, spans=spans)


def _renewed(span: Span, start: float, end: float, limits: Capacities) -> Span:
    return Span(start=start, end=end, allocation=replace(span.allocation, capacities=limits))


def share_steps(spans: tuple[Span, ...], evse: EvseId) -> Steps:
    """One EVSE's share over time."""
    if len(spans) == 1:
        return steps.constant(spans[0].allocation.amps[evse])
    first, *rest = ((span.start, span.allocation.amps[evse]) for span in spans)
    return steps.tidy([(steps.ALWAYS, first[1]), *rest])
