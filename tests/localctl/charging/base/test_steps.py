"""Steps: values over time, and the two windows on which the safety of leases rests."""

from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.base import steps
from localctl.charging.base.steps import ALWAYS

PLAN = ((ALWAYS, 16.0), (100.0, 6.0), (200.0, 10.0))

instants = st.integers(-50, 350)
plans = st.lists(st.tuples(st.integers(0, 300), st.sampled_from([0.0, 6.0, 10.0, 16.0])), max_size=5).map(
    lambda pairs: steps.tidy([(ALWAYS, 8.0), *((float(at), amps) for at, amps in sorted(pairs))])
)


def test_a_step_holds_from_its_own_instant_on():
    assert [steps.value_at(PLAN, at) for at in (-1e9, 99.9, 100.0, 199.9, 200.0, 1e9)] == [16, 16, 6, 6, 10, 10]


def test_the_highest_and_lowest_of_a_window_leave_out_what_begins_at_its_end():
    assert steps.highest(PLAN, 100, 200) == 6
    assert steps.highest(PLAN, 100, 200.1) == 10
    assert steps.lowest(PLAN, 0, 100) == 16
    assert steps.lowest(PLAN, 0, 101) == 6


def test_the_window_of_one_instant_is_that_instant():
    assert steps.highest(PLAN, 150, 150) == 6


def test_several_are_combined_instant_by_instant():
    other = ((ALWAYS, 8.0), (150.0, 12.0))
    assert steps.combined(min, [PLAN, other]) == ((ALWAYS, 8.0), (100.0, 6.0), (200.0, 10.0))
    assert steps.combined(max, [PLAN, other]) == ((ALWAYS, 16.0), (100.0, 8.0), (150.0, 12.0))


def test_of_two_steps_at_one_instant_the_last_holds_and_repeats_vanish():
    assert steps.tidy([(0, 6), (10, 7), (10, 6), (20, 6), (30, 8)]) == ((0, 6), (30, 8))


def test_what_is_past_is_forgotten():
    assert steps.since(PLAN, 150) == ((100.0, 6.0), (200.0, 10.0))
    assert steps.since(PLAN, -5) == PLAN


def test_falls_come_early_and_rises_late():
    assert steps.lowest_within(PLAN, back_s=10, ahead_s=30) == ((ALWAYS, 16.0), (70.0, 6.0), (210.0, 10.0))


def test_edges_survive_the_rounding_of_large_instants():
    now = 1_800_000_000.1
    plan = ((ALWAYS, 16.0), (now, 6.0), (now + 100, 10.0))
    safe = steps.lowest_within(plan, back_s=30.7, ahead_s=36.3)
    assert [amps for _, amps in safe] == [16, 6, 10]


@given(plans, instants, st.integers(0, 60), st.integers(0, 60), st.floats(-1, 1))
def test_whoever_is_anywhere_in_the_window_stays_below_the_wish(plan, at, back, ahead, part):
    safe = steps.lowest_within(plan, back, ahead)
    where = at + (ahead * part if part > 0 else back * part)
    assert steps.value_at(safe, at) <= steps.value_at(plan, where)


@given(plans, instants, st.integers(0, 60), st.integers(0, 60))
def test_the_most_of_the_safe_schedule_is_never_above_the_wish(plan, at, back, ahead):
    safe = steps.lowest_within(plan, back, ahead)
    assert steps.value_at(steps.highest_within(safe, ahead, back), at) <= steps.value_at(plan, at)
