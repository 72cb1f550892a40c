"""Between the stations and the allocator: what everybody asks for, and what dispatch is told of the answer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from localctl.charging.allocation.allocator import Span
from localctl.charging.allocation.allocator_demand import Demand
from localctl.charging.base import steps
from localctl.charging.base.recall import Recall, unchanged_until
from localctl.charging.base.steps import Steps
from localctl.charging.dispatching.fleet import Outlet, Share
from localctl.charging.loop.csms_caps import CsmsCaps
from localctl.charging.loop.demands import FRESH_S, PHASES_FRESH_S, Seen, demand_of, used_phases
from localctl.charging.loop.sharing import Asked, share_steps
from localctl.charging.loop.urgency import Urgency
from localctl.charging.tree.topology import EvseId

Appetite = Callable[[EvseId], float | None]
Used = dict[EvseId, tuple[int, ...] | None]
OLD_S: Final = (0.0, -PHASES_FRESH_S, -FRESH_S)
"""A cap changes at its edges; a reading stops counting so long after it was taken."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """What one station asks for, EVSE by EVSE, with the conductors its cars use."""

    demands: tuple[Demand, ...]
    caps: dict[EvseId, Steps]
    idle: tuple[EvseId, ...]
    used: Used


class Asking:
    """Asks all stations; those of which nothing has changed have asked already. `binding`: cars leave as they said."""

    def __init__(self, csms: CsmsCaps, *, binding: bool = False) -> None:
        self.csms = csms
        self._urgency = Urgency() if binding else None
        self._asked: Recall[_Asking] = Recall()
        self._shares: Recall[Share] = Recall()

    def of(self, seen: Mapping[str, Seen], appetite_a: Appetite, now: float) -> tuple[Asked, Used]:
        """The demands of all EVSEs of the site, each with what its CSMS allows and its car is held to take.

        And on which conductors each car counts (None: on all).
        """
        demands, caps, idle, used = list[Demand](), dict[EvseId, Steps](), list[EvseId](), Used()
        for name, one in seen.items():
            mine = self._station(name, one, appetite_a, now)
            demands += mine.demands
            caps |= mine.caps
            idle += mine.idle
            used |= mine.used
        weighed = tuple(demands) if self._urgency is None else self._urgency.weighed(seen, tuple(demands), now)
        return Asked(demands=weighed, caps=caps, idle=frozenset(idle)), used

    def shares(
        self, seen: Mapping[str, Seen], spans: tuple[Span, ...], caps: Mapping[EvseId, Steps], now: float
    ) -> dict[EvseId, Share]:
        """Each EVSE's amperes over time. Whoever is idle and keeps its whole reserve needs no share."""
        found = {}
        for name, one in seen.items():
            for outlet in one.managed.outlets if one.steered else ():
                evse = (name, outlet.id)
                share, cap = share_steps(spans, evse), caps.get(evse)
                transaction = one.state.running(outlet.id)
                if transaction is None and _keeps_reserve(outlet, share, cap, now):
                    continue
                own = 0 if transaction is None else one.state.priority(transaction)
                found[evse] = self._share(evse, share, cap, one.placed.priority + own, now)
        return found

    def _share(self, evse: EvseId, amps: Steps, cap: Steps | None, priority: int, now: float) -> Share:
        known = self._shares.again(evse, (amps, cap, priority), now)
        if known is not None:
            return known
        return self._shares.keep(evse, (amps, cap, priority), Share(amps=amps, cap=cap, priority=priority), now)

    def _station(self, name: str, one: Seen, appetite_a: Appetite, now: float) -> _Asking:
        evses = [(name, outlet.id) for outlet in one.managed.outlets]
        appetites = [appetite_a(evse) for evse in evses]
        caps = [self.csms.of_evse(one, outlet, now) for outlet in one.managed.outlets]
        made_of = (one, appetites, caps)
        known = self._asked.again(name, made_of, now)
        if known is not None:
            return known
        demands = tuple(
            demand_of(
                one, outlet, appetite_a=appetite, cap_a=None if cap is None else steps.value_at(cap, now), now=now
            )
            for outlet, appetite, cap in zip(one.managed.outlets, appetites, caps, strict=True)
        )
        found = _Asking(
            demands=demands,
            caps={evse: cap for evse, cap in zip(evses, caps, strict=True) if cap is not None},
            idle=tuple(demand.evse for demand in demands if one.steered and demand.fixed_a),
            used={(name, outlet.id): used_phases(one, outlet, now) for outlet in one.managed.outlets},
        )
        return self._asked.keep(name, made_of, found, now, unchanged_until(_edges(one, caps), OLD_S, now))


def _edges(one: Seen, caps: list[Steps | None]) -> Iterator[float]:
    """The instants from which what a station asks for changes by itself."""
    for cap in caps:
        yield from () if cap is None else steps.edges(cap)
    yield from (evse.measured_at for evse in one.state.evses.values() if evse.measured_at is not None)


def _keeps_reserve(outlet: Outlet, share: Steps, cap: Steps | None, now: float) -> bool:
    """Whether a new car may start on the whole failsafe, by the site and by the CSMS."""
    if any(amps < outlet.failsafe_a for _, amps in share):
        return False
    return cap is None or steps.lowest(cap, now) >= outlet.failsafe_a
