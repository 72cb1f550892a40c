"""The time control goes by never goes back, and says so when it jumps ahead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.site_clock import JUMP_S, SLOWER, SiteClock

NOW = 1_790_000_000.0


class Machine:
    """A wall clock that somebody sets, and one that nobody can."""

    def __init__(self):
        self.wall_at, self.steady_at = NOW, 50.0
        self.clock = SiteClock(lambda: self.wall_at, lambda: self.steady_at)

    def goes_on(self, seconds):
        self.wall_at += seconds
        self.steady_at += seconds
        return self.clock.follow()


def test_as_long_as_nobody_sets_the_clock_both_say_the_same():
    machine = Machine()
    assert [machine.goes_on(5) for _ in range(3)] == [0, 0, 0]
    assert machine.clock.now() == machine.wall_at == NOW + 15


@pytest.mark.parametrize(("set_by_s", "told_s"), [(JUMP_S, 0.0), (JUMP_S + 1, JUMP_S + 1), (86_400.0, 86_400.0)])
def test_a_clock_that_is_set_ahead_counts_at_once_and_a_jump_is_told_once(set_by_s, told_s):
    machine = Machine()
    machine.wall_at += set_by_s
    assert machine.goes_on(1) == told_s
    assert machine.clock.now() == machine.wall_at
    assert machine.goes_on(1) == 0


def test_a_clock_that_is_set_back_makes_time_slower_until_both_agree():
    machine = Machine()
    machine.wall_at -= 1.0
    for second in range(1, 20):
        assert machine.goes_on(1.0) == 0
        assert machine.clock.now() == pytest.approx(NOW + second * (1 - SLOWER))
    machine.goes_on(1.0)
    assert machine.clock.now() == pytest.approx(machine.wall_at)


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e4)), max_size=20))
def test_time_never_goes_back(steps):
    machine = Machine()
    for set_by_s, passed_s in steps:
        machine.wall_at += set_by_s
        before = machine.clock.now()
        machine.goes_on(passed_s)
        assert machine.clock.now() >= before + passed_s * (1 - SLOWER) - 1e-6
