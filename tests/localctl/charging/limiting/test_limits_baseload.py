"""Base load: up at once, down slowly, and the worst case when the meter is silent."""

from math import nan

import pytest

from localctl.charging.limiting.limits_baseload import BaseLoad, MeterRules, estimate, metered

RULES = MeterRules(worst_a=(50.0, 50.0, 50.0))
NOBODY = (0.0, 0.0, 0.0)


def after(*readings, own=NOBODY):
    """The state after (instant, amperes on L1) readings."""
    state = BaseLoad()
    for at, amps in readings:
        state = metered(state, (amps, 0.0, 0.0), own, at, RULES)
    return state


def base(state, now):
    return estimate(state, now, RULES).a[0]


def test_our_own_cars_are_taken_off_what_the_meter_shows():
    state = metered(BaseLoad(), (30.0, 16.0, 5.0), (16.0, 16.0, None), 0.0, RULES)
    assert estimate(state, 0.0, RULES).a == pytest.approx((15.0, 1.0, 6.0))


def test_a_rise_counts_at_once_and_its_size_stays_as_margin_while_a_fall_waits_a_minute():
    state = after((0.0, 10.0), (1.0, 18.0))
    assert base(state, 1.0) == 18.0 + 8.0
    state = metered(state, (10.0, 0.0, 0.0), NOBODY, 2.0, RULES)
    assert base(state, 2.0) == pytest.approx(26.0, abs=0.01)
    state = metered(state, (10.0, 0.0, 0.0), NOBODY, 62.0, RULES)
    assert base(state, 62.0) == pytest.approx(18.0, abs=0.02)


def test_one_odd_rise_is_forgotten_over_hours():
    state = after((0.0, 0.0), (1.0, 32.0), (1.0 + 12 * 3600, 0.0))
    assert state.rise_a[0] == pytest.approx(8.0)


def test_the_margin_is_never_less_than_an_ampere_or_two_percent():
    assert base(after((0.0, 10.0)), 0.0) == 11.0
    assert base(after((0.0, 200.0)), 0.0) == 204.0


def test_missed_readings_double_the_margin_and_a_silent_meter_means_the_worst_case():
    state = after((0.0, 10.0))
    assert base(state, 2.5) == 12.0
    found = estimate(state, 10.5, RULES)
    assert found.a == RULES.worst_a
    assert "stale" in found.source
    assert estimate(BaseLoad(), 0.0, RULES).a == RULES.worst_a


def test_production_behind_the_meter_makes_no_room():
    assert base(after((0.0, -20.0)), 0.0) == 1.0


def test_a_missing_phase_is_not_zero():
    state = metered(BaseLoad(), (10.0, None, nan), NOBODY, 0.0, RULES)
    assert estimate(state, 0.0, RULES).a == (11.0, 50.0, 50.0)
    assert metered(state, (None, None, nan), NOBODY, 5.0, RULES) is state


def test_readings_of_yesterday_change_nothing():
    state = after((100.0, 10.0))
    assert metered(state, (99.0, 0.0, 0.0), NOBODY, 40.0, RULES) is state


def test_memory_is_bounded_by_the_window():
    state = after(*((float(second), 10.0) for second in range(500)))
    assert len(state.samples) <= 61
