"""So many per second and no more, whoever asks and in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from routing.pace import Pace
from routing.values import Instant


def test_without_a_limit_everybody_goes_at_once():
    pace = Pace(lambda: 0.5)
    assert [pace.take(Instant(7.0)) for _ in range(1000)] == [7.0] * 1000
    assert pace.wait_s(Instant(7.0)) == 0.0


def test_a_burst_goes_at_once_and_the_rest_a_gap_apart():
    pace = Pace(lambda: 0.0, per_s=10.0, burst=3)
    taken = [round(pace.take(Instant(100.0)) - 100.0, 6) for _ in range(6)]
    assert taken == [0.0, 0.0, 0.0, 0.1, 0.2, 0.3]


def test_who_waits_gets_up_to_one_gap_more_at_random():
    pace = Pace(lambda: 0.5, per_s=10.0)
    assert [round(pace.take(Instant(0.0)), 6) for _ in range(3)] == [0.0, 0.15, 0.25]


def test_a_quiet_time_gives_the_burst_back_but_no_more():
    pace = Pace(lambda: 0.0, per_s=10.0, burst=2)
    for _ in range(2):
        pace.take(Instant(0.0))
    assert [round(pace.take(Instant(1000.0)) - 1000.0, 6) for _ in range(3)] == [0.0, 0.0, 0.1]


@given(st.lists(st.floats(0.0, 5.0), min_size=1, max_size=60), st.integers(1, 5), st.floats(0.0, 1.0, exclude_max=True))
def test_no_second_has_more_than_the_rate_and_the_burst(gaps: list[float], burst: int, draw: float):
    pace, now, moments = Pace(lambda: draw, per_s=4.0, burst=burst), 0.0, []
    for gap in gaps:
        now += gap
        told = pace.wait_s(Instant(now))
        moments.append(pace.take(Instant(now)))
        assert told <= moments[-1] - now + 1e-9
        assert moments[-1] >= now
    for first in moments:
        assert sum(first <= moment < first + 1.0 for moment in moments) <= 4 + burst + 1
