"""What a car does not take goes to others, and comes back without swinging."""

from itertools import pairwise
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.allocation.allocator_appetite import Appetite, drawn, headroom_a


def follow(car_a, ticks, offered_a=32.0, state=None):
    """A car that takes what it may up to `car_a`: the orders it saw and the state after."""
    state, orders = state or Appetite(), []
    for tick in range(ticks):
        order = offered_a if state.limit_a is None else min(offered_a, state.limit_a)
        orders.append(order)
        state = drawn(state, min(order, car_a(tick) if callable(car_a) else car_a), order, 32.0)
    return orders, state


def test_three_low_readings_bring_the_order_down_to_the_draw_and_some_headroom():
    orders, _ = follow(10.0, 6)
    assert orders == [32.0, 32.0, 32.0, 12.0, 12.0, 12.0]


def test_two_low_readings_are_not_enough():
    state = drawn(drawn(Appetite(), 10.0, 32.0, 32.0), 10.0, 32.0, 32.0)
    assert state.limit_a is None
    assert drawn(drawn(state, 31.8, 32.0, 32.0), 10.0, 32.0, 32.0).limit_a is None


def test_a_car_that_wants_more_again_gets_back_to_its_maximum_in_a_few_readings():
    _, tapered = follow(6.0, 5)
    orders, state = follow(32.0, 6, state=tapered)
    assert orders == [8.0, 10.0, 14.0, 22.0, 32.0, 32.0]
    assert state == Appetite()


def test_each_step_that_is_not_taken_whole_begins_with_a_small_one_again():
    state = Appetite(limit_a=10.0, steps=2)
    for draw_a in (9.0, 5.0):
        assert drawn(state, draw_a, 10.0, 32.0).steps == 0
    assert drawn(state, 9.8, 10.0, 32.0).limit_a == 18.0


@settings(max_examples=100)
@given(st.floats(6.0, 32.0), st.floats(0.0, 0.4), st.lists(st.floats(-1.0, 1.0), min_size=60, max_size=60))
def test_a_steady_draw_with_noise_settles_and_stays(car_a, noise_a, wobble):
    orders, _ = follow(lambda tick: max(0.0, car_a + noise_a * wobble[tick]), 60)
    rises = sum(after > before for before, after in pairwise(orders[12:]))
    assert rises <= 1
    assert min(orders) >= car_a


def test_no_reading_is_not_a_reading_of_zero():
    state = Appetite(limit_a=12.0)
    for nothing in (None, nan):
        assert drawn(state, nothing, 12.0, 32.0) is state
    assert drawn(state, 0.0, 0.0, 32.0) is state


def test_an_order_held_down_by_others_does_not_raise_the_appetite():
    assert drawn(Appetite(limit_a=20.0), 8.0, 8.0, 32.0).limit_a == 20.0


@pytest.mark.parametrize(("draw_a", "more_a"), [(0.0, 2.0), (10.0, 2.0), (32.0, 3.2)])
def test_headroom_is_two_amperes_or_a_tenth(draw_a, more_a):
    assert headroom_a(draw_a) == pytest.approx(more_a)
