"""Every ampere explains itself (promise P5): which limit binds an EVSE, whose it is, and what would bind next.

`share` is cheap and for every EVSE of every cycle. `what_if` solves once more without the binding limit and so knows
exactly how much that limit costs this EVSE and what it would run into next.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import inf

from localctl.charging.allocation.allocator import Allocation, allocate
from localctl.charging.allocation.allocator_demand import Demand, Reason
from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.allocation.waterfill import FREE
from localctl.charging.limiting.limits import State
from localctl.charging.limiting.limits_effective import Bound, Capacities
from localctl.charging.tree.topology import EvseId, Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A limit as people know it: the node, the phase, what is available there for charging, and who set it."""

    node: Path
    phase: str
    load: float
    bound: Bound

    @property
    def left(self) -> float:
        """What could still be added on that row."""
        return inf if self.bound.value is None else self.bound.value - self.load

    def __str__(self) -> str:
        unit = "W" if self.phase == "W" else "A"
        limit = "no limit" if self.bound.value is None else f"{self.bound.value:.1f} {unit}"
        return f"{' '.join(self.node)} {self.phase}: {self.load:.1f} of {limit} ({self.bound.source})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One EVSE's amperes per conductor, why, the limit that binds, and what would bind next.

    A limit is one source on one node; its phases count as one. The runner-up is the row with the least room left once
    that limit is gone, which may be the next source on the same node.
    """

    amps: float
    reason: Reason
    binding: Binding | None
    runner_up: Binding | None
    turn_at: float | None

    def __str__(self) -> str:
        text = f"{self.amps:.1f} A: {self.reason.value}"
        if self.binding is not None:
            text += f" - {self.binding}"
        if self.runner_up is not None:
            text += f"; next {self.runner_up}"
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """What an EVSE would get without the limit that binds it, and what would stop it then."""

    gain_a: float
    then: Share


def share(allocation: Allocation, evse: EvseId) -> Share:
    """An EVSE's share and its explanation. KeyError when the allocation was not asked about it."""
    rows = allocation.network.footprints[allocation.footprints[evse]].rows
    bounds = _without(allocation, _binding_row(allocation, evse), rows)
    return Share(
        amps=allocation.amps[evse],
        reason=allocation.verdicts[evse].reason,
        binding=_why(allocation, evse),
        runner_up=_tightest(allocation, zip(rows, bounds, strict=True)),
        turn_at=allocation.waits.get(evse),
    )


def _tightest(allocation: Allocation, limits: Iterable[tuple[int, Bound]]) -> Binding | None:
    """The limit with the least left; of equals the first by name and phase."""
    here = allocation.network.rows
    lefts = [
        (bound.value - allocation.load(row), here[row].node, here[row].phase, row, bound)
        for row, bound in limits
        if bound.value is not None
    ]
    if not lefts:
        return None
    *_, row, bound = min(lefts, key=lambda left: left[:3])
    return _binding(allocation, row, bound)


def _binding_row(allocation: Allocation, evse: EvseId) -> int:
    """The row whose limit binds; FREE where it is the spread between phases that does, not the row's own limit."""
    verdict = allocation.verdicts[evse]
    return FREE if verdict.reason is Reason.IMBALANCE else verdict.row


def _why(allocation: Allocation, evse: EvseId) -> Binding | None:
    verdict = allocation.verdicts[evse]
    if verdict.row == FREE:
        return None
    bound = allocation.capacities.bounds[verdict.row]
    if verdict.reason is Reason.IMBALANCE:
        panel = allocation.network.topology.panels[allocation.network.rows[verdict.row].node[1]]
        load = allocation.load(verdict.row)
        bound = replace(bound, value=load, gross=panel.imbalance_limit_a, source="imbalance")
    return _binding(allocation, verdict.row, bound)


def _binding(allocation: Allocation, row: int, bound: Bound) -> Binding:
    here = allocation.network.rows[row]
    return Binding(node=here.node, phase=here.phase, load=allocation.load(row), bound=bound)


def on_row(allocation: Allocation, row: int) -> Binding:
    """The limit of one row, whoever it binds."""
    return _binding(allocation, row, allocation.capacities.bounds[row])


def _without(allocation: Allocation, lifted: int, rows: Iterable[int]) -> list[Bound]:
    """The rows' bounds if the source of row `lifted` no longer limited its node: there, the next source's."""
    bounds = allocation.capacities.bounds
    if lifted == FREE:
        return [bounds[row] for row in rows]
    gone = (allocation.network.rows[lifted].node, bounds[lifted].source)
    return [
        _next(bound) if (allocation.network.rows[row].node, bound.source) == gone else bound
        for row in rows
        for bound in (bounds[row],)
    ]


def _next(bound: Bound) -> Bound:
    """The same row's bound by its next source, in that one's own words."""
    return replace(
        bound,
        value=bound.next_value,
        gross=bound.next_gross,
        source=bound.next_source or "none",
        state=bound.next_state,
        next_source=None,
        next_value=None,
        next_gross=None,
        next_state=State.LIVE,
    )


def what_if(allocation: Allocation, evse: EvseId, demands: Iterable[Demand], now: float, policy: Policy) -> Lifted:
    """Solve again without the limit (that source on that node, all phases) that binds `evse`."""
    demands = tuple(demands)
    bounds = tuple(_without(allocation, _binding_row(allocation, evse), range(len(allocation.network.rows))))
    lifted = Capacities(values=tuple(inf if b.value is None else b.value for b in bounds), bounds=bounds)
    calm = replace(policy, dead_band_a=0.0)
    before = allocate(allocation.network, allocation.capacities, demands, allocation.turns, now, calm)
    after = allocate(allocation.network, lifted, demands, allocation.turns, now, calm)
    return Lifted(gain_a=after.amps[evse] - before.amps[evse], then=share(after, evse))
