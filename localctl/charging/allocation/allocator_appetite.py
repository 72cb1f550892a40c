"""Appetite: how much a car really takes, so that what it leaves can go to others.

A full or small car draws less than it may. After three readings in a row well below its order, the order is brought
down to its draw and some headroom; as soon as it draws nearly all of its order again, the order goes up a step, and
each step that it follows at once is twice the one before: a meter that speaks every quarter of an hour must not keep a
car for hours. The headroom is wider than "nearly all", so a car with a steady draw settles and stays: nothing swings.
"""

from dataclasses import dataclass, replace
from math import isfinite

SETTLED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Appetite:
    """What a car is held to take at most (None: not known, all it may), and the recent draws that say it is less.

    `steps`: how often in a row it took all of what it was given more.
    """

    limit_a: float | None = None
    low_draws_a: tuple[float, ...] = ()
    steps: int = 0


def headroom_a(draw_a: float) -> float:
    """What a car may rise by at once: 2 A or 10 %."""
    return max(2.0, 0.1 * draw_a)


def drawn(state: Appetite, draw_a: float | None, order_a: float, max_a: float) -> Appetite:
    """The state after a reading of the highest phase, taken while the order had been in force for a while.

    No reading (None, not a number) changes nothing, nor does an order of 0: a pausing car shows no appetite.
    """
    if draw_a is None or not isfinite(draw_a) or order_a <= 0:
        return state
    if draw_a >= order_a - 0.5:
        return _raised(state, order_a, max_a)
    wanted = max(0.0, draw_a) + headroom_a(draw_a)
    held_a = order_a if state.limit_a is None else min(order_a, state.limit_a)
    if wanted > held_a - 0.5:
        return replace(state, low_draws_a=(), steps=0)
    draws = (*state.low_draws_a, max(0.0, draw_a))[-SETTLED:]
    if len(draws) < SETTLED:
        return replace(state, low_draws_a=draws, steps=0)
    return Appetite(limit_a=max(draws) + headroom_a(max(draws)))


def _raised(state: Appetite, order_a: float, max_a: float) -> Appetite:
    """One step up, where it was the appetite that held the order down; no limit once it reaches the maximum."""
    if state.limit_a is None or order_a < state.limit_a - 0.5:
        return replace(state, low_draws_a=())
    limit_a = state.limit_a + headroom_a(state.limit_a) * 2**state.steps
    return Appetite() if limit_a >= max_a else Appetite(limit_a=limit_a, steps=state.steps + 1)
