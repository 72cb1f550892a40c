"""Demands: what each EVSE would take, cleaned of nonsense, and how its answer is worded.

A demand is one EVSE now: its range, the caps on it (the CSMS's composite schedule, what the car showed it takes, a
planner's target), the conductors its car uses, its class and weight. An EVSE nobody can steer has a fixed current.
"""

from dataclasses import dataclass
from enum import Enum
from math import isfinite

from localctl.charging.tree.topology import EvseId

MOST_A = 100_000.0
LIGHTEST, HEAVIEST = 1e-3, 1e3


class Reason(Enum):
    """Why an EVSE has the current it has."""

    ROW = "a limit of the site is full"
    RATING = "the EVSE's own maximum"
    CSMS = "the CSMS's charging profile"
    APPETITE = "the car takes no more"
    TARGET = "its plan asks for no more now"
    HELD = "kept: the rise would be too small"
    IMBALANCE = "the phases must stay even"
    WAITING = "waiting for its turn"
    PAUSING = "in its minimum pause"
    BELOW_MIN = "its cap is below the car's minimum"
    IDLE = "no car asks"
    FIXED = "reserved: not under control"
    INVALID = "its numbers make no sense"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One EVSE's wish, in amperes per conductor. None means "not known" or "no such cap", never 0.

    `fixed_a` reserves a current whatever happens (unreachable, distrusted, or on its first seconds). `phases` are the
    station's conductors the car really uses. `wants` is false without a car, or with one that is done.
    """

    evse: EvseId
    min_a: float = 6.0
    max_a: float = 32.0
    cap_a: float | None = None
    appetite_a: float | None = None
    target_a: float | None = None
    phases: tuple[int, ...] | None = None
    priority: int = 0
    weight: float = 1.0
    wants: bool = True
    fixed_a: float | None = None


def span(demand: Demand) -> tuple[float, float, Reason]:
    """Minimum, maximum and what sets the maximum; a reason for nothing at all when the maximum is below the minimum.

    An appetite below the minimum is the minimum (the car may take it at once); a cap below it means no charging.
    """
    low, high, reason = demand.min_a, demand.max_a, Reason.RATING
    if not (isfinite(low) and isfinite(high) and 0 <= low <= high):
        return 0.0, -1.0, Reason.INVALID
    high = min(high, MOST_A)
    if demand.appetite_a is not None and demand.appetite_a < high:
        high, reason = max(low, demand.appetite_a), Reason.APPETITE
    if demand.cap_a is not None and not demand.cap_a >= high:
        high, reason = demand.cap_a, Reason.CSMS
    return (low, high, reason) if high >= low else (low, -1.0, Reason.BELOW_MIN)


def weight(demand: Demand) -> float:
    """The weight, kept within 1/1000 and 1000; nonsense counts as the lightest."""
    return demand.weight if LIGHTEST <= demand.weight <= HEAVIEST else HEAVIEST if demand.weight > 1 else LIGHTEST


def fixed_a(demand: Demand) -> float:
    """What is reserved for it, at least 0; its whole rating when the number makes no sense."""
    amps = demand.max_a if demand.fixed_a is None or not isfinite(demand.fixed_a) else demand.fixed_a
    return min(MOST_A, max(0.0, amps)) if isfinite(amps) else MOST_A
