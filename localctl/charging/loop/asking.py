"""Between the stations and the allocator: what everybody asks for, and what dispatch is told of the answer."""

from collections.abc import Callable, Mapping

from localctl.charging.allocation.allocator import Span
from localctl.charging.base import steps
from localctl.charging.base.steps import Steps
from localctl.charging.dispatching.fleet import Outlet, Share
from localctl.charging.loop.csms_caps import CsmsCaps
from localctl.charging.loop.demands import Seen, demand_of
from localctl.charging.loop.sharing import Asked, share_steps
from localctl.charging.tree.topology import EvseId

Appetite = Callable[[EvseId], float | None]


def asked_by(seen: Mapping[str, Seen], csms: CsmsCaps, appetite_a: Appetite, now: float) -> Asked:
    """The demands of all EVSEs of the site, each with what its CSMS allows and its car is held to take."""
    demands, caps, idle = [], dict[EvseId, Steps](), set[EvseId]()
    for name, one in seen.items():
        for outlet in one.managed.outlets:
            evse = (name, outlet.id)
            cap = csms.of_evse(one, outlet, now)
            cap_a = None if cap is None else steps.value_at(cap, now)
            demand = demand_of(one, outlet, appetite_a=appetite_a(evse), cap_a=cap_a, now=now)
            demands.append(demand)
            if cap is not None:
                caps[evse] = cap
            if one.steered and demand.fixed_a:
                idle.add(evse)
    return Asked(demands=tuple(demands), caps=caps, idle=frozenset(idle))


def shares_of(
    seen: Mapping[str, Seen], spans: tuple[Span, ...], caps: Mapping[EvseId, Steps], now: float
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
            found[evse] = Share(amps=share, cap=cap, priority=one.placed.priority + own)
    return found


def _keeps_reserve(outlet: Outlet, share: Steps, cap: Steps | None, now: float) -> bool:
    """Whether a new car may start on the whole failsafe, by the site and by the CSMS."""
    if any(amps < outlet.failsafe_a for _, amps in share):
        return False
    return cap is None or steps.lowest(cap, now) >= outlet.failsafe_a
