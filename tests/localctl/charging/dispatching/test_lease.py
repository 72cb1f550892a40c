"""Leases: what is written falls back by itself, on any tolerated clock, and costs a known number of writes."""

from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.base import steps
from localctl.charging.base.steps import ALWAYS
from localctl.charging.dispatching import lease
from localctl.charging.dispatching.lease import LeaseTerms, Tolerance

NOW = 1_800_000_000.4
USUAL = Tolerance(skew_s=30, reaction_s=5)


def wish(share_a, failsafe_a=6.0, lease_s=300.0, later=()):
    share = steps.tidy([(ALWAYS, share_a), *((NOW + after_s, amps) for after_s, amps in later)])
    return lease.wanted(share, failsafe_a=failsafe_a, now=NOW, lease_s=lease_s)


def test_p3_a_share_ends_in_the_failsafe():
    assert wish(16.0) == ((ALWAYS, 16.0), (NOW + 300, 6.0))


def test_a_paused_car_rises_to_the_failsafe_only_after_the_leases_of_the_others():
    assert wish(0.0) == ((ALWAYS, 0.0), (NOW + 600, 6.0))


def test_a_share_at_the_failsafe_needs_no_lease():
    assert wish(6.0) == ((ALWAYS, 6.0),)


def test_known_changes_inside_the_lease_are_in_it_and_later_ones_are_not():
    assert wish(16.0, later=[(100, 10.0), (400, 32.0)]) == ((ALWAYS, 16.0), (NOW + 100, 10.0), (NOW + 300, 6.0))


def test_falls_are_written_early_and_rises_late_in_whole_seconds():
    written = lease.written(wish(16.0, later=[(100, 10.0), (200, 12.0)]), USUAL, min_a=6, most_periods=8, now=NOW)
    falls_at, rises_at, ends_at = (floor(NOW) + each for each in (100 - 36, 200 + 31, 300 - 36))
    assert written[1:] == ((falls_at, 10.0), (rises_at, 12.0), (ends_at, 6.0))


@given(
    share_a=st.sampled_from([0.0, 7.3, 16.0, 32.0]),
    later=st.lists(st.tuples(st.integers(1, 290), st.sampled_from([0.0, 6.0, 13.0, 32.0])), max_size=3),
    skew_s=st.floats(0, 40),
    most=st.integers(2, 6),
    at=st.floats(0, 1000),
    off=st.floats(-1, 1),
    late=st.floats(0, 1),
)
def test_p2_no_clock_and_no_slow_car_gets_above_the_wish(share_a, later, skew_s, most, at, off, late):
    tolerance = Tolerance(skew_s=skew_s, reaction_s=5)
    asked = wish(share_a, later=sorted(later))
    written = lease.written(asked, tolerance, min_a=6, most_periods=most, now=NOW)
    # What the station believes to be now, floored as OCPP does, and what its car still draws.
    station_at = floor(NOW + at + off * skew_s)
    drawn_a = steps.value_at(written, station_at)
    assert drawn_a <= steps.value_at(asked, NOW + at + late * 5) + 1e-9
    assert drawn_a <= steps.value_at(lease.entitled(written, tolerance), NOW + at + late * 5) + 1e-9
    assert drawn_a >= steps.value_at(lease.sure(written, tolerance), NOW + at)
    assert len(written) <= most


def test_p3_what_may_be_drawn_ends_in_the_failsafe_within_the_lease():
    written = lease.written(wish(16.0), USUAL, min_a=6, most_periods=8, now=NOW)
    assert steps.highest(lease.entitled(written, USUAL), NOW + 300) == 6.0


def test_the_schedule_began_before_the_slowest_clock():
    assert USUAL.start_before_s >= USUAL.skew_s + 1


@pytest.mark.parametrize(("amps", "worth"), [(5.99, 0.0), (6.0, 6.0), (6.97, 6.9), (0.3, 0.0), (16.0, 16.0)])
def test_a_limit_below_the_minimum_is_worth_nothing_and_digits_are_cut(amps, worth):
    assert lease.usable(amps, 6.0) == worth


def test_few_periods_are_merged_at_the_lower_value():
    plan = ((0.0, 16.0), (10.0, 15.0), (20.0, 6.0))
    assert lease.fewer(plan, 2) == ((0.0, 15.0), (20.0, 6.0))
    assert lease.fewer(plan, 1) == ((0.0, 6.0),)


def test_without_a_clock_the_least_holds_for_ever():
    assert lease.timeless(wish(16.0, later=[(100, 10.0)]), NOW, 6.0) == ((ALWAYS, 6.0),)


def test_an_unchanged_share_is_renewed_ever_more_rarely():
    terms = LeaseTerms(lease_s=300, longest_s=1800)
    assert [terms.lease_for(renewals) for renewals in (0, 1, 2, 3, 50)] == [300, 600, 1200, 1800, 1800]
