"""Every ampere explains itself (promise P5): which limit binds an EVSE, whose it is, and what would bind next.

`share` is cheap and for every EVSE of every cycle. `what_if` solves once more without the binding limit and so knows
exactly how much that limit costs this EVSE and what it would run into next.
"""

from dataclasses import dataclass, replace
from math import inf

from localctl.charging.allocator import Allocation, allocate
from localctl.charging.allocator_demand import Demand, Reason
from localctl.charging.allocator_turns import Policy
from localctl.charging.limits_effective import Bound, Capacities
from localctl.charging.topology import EvseId, Path
from localctl.charging.waterfill import FREE


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
    """One EVSE's amperes per conductor, why, the row that binds, and the row with the least room left after it."""

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
    verdict = allocation.verdicts[evse]
    rows = allocation.network.footprints[allocation.footprints[evse]].rows
    rest = [_binding(allocation, row) for row in rows if row != verdict.row]
    limited = [binding for binding in rest if binding.bound.value is not None]
    return Share(
        amps=allocation.amps[evse],
        reason=verdict.reason,
        binding=None if verdict.row == FREE else _binding(allocation, verdict.row),
        runner_up=min(limited, key=lambda binding: (binding.left, binding.node, binding.phase), default=None),
        turn_at=allocation.waits.get(evse),
    )


def _binding(allocation: Allocation, row: int) -> Binding:
    here = allocation.network.rows[row]
    return Binding(node=here.node, phase=here.phase, load=allocation.load(row), bound=allocation.capacities.bounds[row])


def what_if(allocation: Allocation, evse: EvseId, demands: tuple[Demand, ...], now: float, policy: Policy) -> Lifted:
    """Solve again with the limit lifted that binds `evse` (all of that row's; nothing lifted where none binds)."""
    row = allocation.verdicts[evse].row
    values = list(allocation.capacities.values)
    bounds = list(allocation.capacities.bounds)
    if row != FREE:
        values[row], bounds[row] = inf, replace(bounds[row], value=None)
    lifted = Capacities(values=tuple(values), bounds=tuple(bounds))
    calm = replace(policy, dead_band_a=0.0)
    before = allocate(allocation.network, allocation.capacities, demands, allocation.turns, now, calm)
    after = allocate(allocation.network, lifted, demands, allocation.turns, now, calm)
    return Lifted(gain_a=after.amps[evse] - before.amps[evse], then=share(after, evse))
