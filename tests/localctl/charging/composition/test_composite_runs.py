"""When periods run, who leads, and that the work is bounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.composition.composite_runs import (
    MAX_PIECES,
    Candidate,
    Rate,
    TooManyPieces,
    changes,
    heard,
    leaders,
    rate_of,
    runs,
)
from localctl.charging.profile.profiles import (
    DAY_S,
    ChargingProfile,
    ChargingSchedule,
    Kind,
    Period,
    Purpose,
    RateUnit,
    Recurrency,
)


def candidate(*limits, step_s=10, start_at=0, kind=Kind.ABSOLUTE, zero_at=0, duration_s=None, **members):
    """Periods of ten seconds with the given limits."""
    periods = tuple(Period(start_s=step_s * index, limit=limit) for index, limit in enumerate(limits))
    schedule = ChargingSchedule(unit=RateUnit.AMPS, periods=periods, start_at=start_at, duration_s=duration_s)
    made = ChargingProfile(id=1, stack_level=0, purpose=Purpose.TX, kind=kind, schedules=(schedule,), **members)
    return Candidate(made, zero_at, schedule)


def seen(found):
    return [(begin, end, rate.limit) for begin, end, rate in found]


def test_runs_are_cut_to_the_window_and_to_the_validity():
    assert seen(runs(candidate(6, 7, 8), 5, 25)) == [(5, 10, 6), (10, 20, 7), (20, 25, 8)]
    assert seen(runs(candidate(6, 7, 8, valid_from_at=12, valid_to_at=15), 5, 25)) == [(12, 15, 7)]
    assert runs(candidate(6, valid_from_at=25), 5, 25) == []
    assert runs(candidate(6, valid_to_at=5), 5, 25) == []


def test_k01_fr11_a_period_at_or_past_the_duration_never_runs():
    assert seen(runs(candidate(6, 7, 8, duration_s=20), 0, 100)) == [(0, 10, 6), (10, 20, 7)]
    assert runs(candidate(6, duration_s=0), 0, 100) == []


def test_k01_fr30_a_start_in_the_future_is_waited_for():
    assert seen(runs(candidate(6, start_at=40), 0, 100)) == [(40, 100, 6)]
    assert runs(candidate(6, start_at=100), 0, 100) == []


def test_a_first_period_after_0_as_stations_report_it_runs_from_there():
    late = ChargingSchedule(unit=RateUnit.AMPS, periods=(Period(start_s=30, limit=6),), start_at=0)
    assert seen(runs(candidate(1)._replace(schedule=late), 0, 100)) == [(30, 100, 6)]
    assert runs(candidate(1)._replace(schedule=late), 0, 20) == []


def test_r3_occurrences_of_decades_ago_cost_nothing():
    old = candidate(6, kind=Kind.RECURRING, recurrency=Recurrency.DAILY, start_at=-(10**6) * DAY_S, duration_s=5)
    assert seen(runs(old, 0, 2 * DAY_S)) == [(0, 5, 6), (DAY_S, DAY_S + 5, 6)]


def test_the_first_that_has_a_period_leads_and_silence_is_named():
    strong, weak = candidate(9, start_at=20, duration_s=10), candidate(6, 7, duration_s=40)
    line = leaders([strong, weak], 0, 60)
    assert [(at, rate and rate.limit) for at, rate in line] == [(0, 6), (10, 7), (20, 9), (30, 7), (40, None)]
    assert leaders([], 5, 60) == [(5, None)]


def test_weaker_profiles_are_not_even_looked_at_where_a_stronger_one_fills_the_window():
    broken = candidate(6)._replace(schedule=None)
    assert leaders([candidate(9), broken], 0, 60) == [(0, Rate(9, True, None, None))]


def test_a_decade_of_hours_is_calculated_and_a_decade_of_minutes_is_refused():
    hours = candidate(*range(24), step_s=3600, kind=Kind.RECURRING, recurrency=Recurrency.DAILY)
    assert len(runs(hours, 0, 3650 * DAY_S)) == 3650 * 24
    seconds = candidate(*range(1024), step_s=1, kind=Kind.RECURRING, recurrency=Recurrency.DAILY)
    with pytest.raises(TooManyPieces, match=f"more than {MAX_PIECES} steps"):
        runs(seconds, 0, 3650 * DAY_S)


def test_many_profiles_with_many_gaps_are_refused_before_the_work_is_done():
    daily = [
        candidate(6, kind=Kind.RECURRING, recurrency=Recurrency.DAILY, start_at=at, duration_s=1) for at in range(100)
    ]
    with pytest.raises(TooManyPieces):
        leaders(daily, 0, 3650 * DAY_S)


@given(st.lists(st.tuples(st.integers(-30, 90), st.integers(1, 40), st.integers(1, 9)), max_size=6), st.integers(0, 50))
def test_r6_leaders_are_what_asking_every_second_gives(windows, span):
    stack = [candidate(limit, start_at=start, duration_s=length) for start, length, limit in windows]
    line = leaders(stack, 0, span + 1)
    assert line[0][0] == 0
    for second in range(span + 1):
        having = [limit for start, length, limit in windows if start <= second < start + length]
        said = [rate for at, rate in line if at <= second][-1]
        assert (said and said.limit) == (having[0] if having else None)


def test_changes_come_once_for_each_instant_with_what_all_lines_say():
    one, two = Rate(6, True, None, None), Rate(7, True, None, None)
    found = [
        (at, list(current)) for at, current in changes([[(0, None), (10, one)], [(0, two), (10, None), (20, two)]])
    ]
    assert found == [(0, [None, two]), (10, [one, None]), (20, [one, two])]
    assert heard([None, one, None]) == [one]


def test_a_period_without_a_limit_leads_without_limiting():
    assert rate_of(Period(start_s=0, limit=None), in_amps=True).limit == float("inf")
    open_ended, weak = candidate(None, duration_s=10), candidate(6)
    assert leaders([open_ended, weak], 0, 20) == [(0, None), (10, Rate(6, True, None, None))]
