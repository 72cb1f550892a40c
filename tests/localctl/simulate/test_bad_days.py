"""Sites and days drawn from a seed: usable, repeatable, bad enough."""

from typing import get_args

import pytest

from localctl.simulate.bad_days import SETTLING_S, BadSite, _read, bad_day, site
from localctl.simulate.scenario import FaultKind
from localctl.simulate.station import Meter

SEEDS = range(1, 121)


def test_every_drawn_site_passes_the_check():
    sites = [site(seed) for seed in SEEDS]
    evses = [sum(len(station.evses) for station in one.station) for one in sites]
    assert min(evses) >= 5
    assert max(evses) <= 16
    assert {len(one.panel) for one in sites} == {2, 3, 4}


def test_a_site_that_does_not_hold_is_a_mistake():
    with pytest.raises(BadSite):
        _read('[[panel]]\nid = "main"\n')


def test_the_same_seed_is_the_same_bad_day():
    assert bad_day(site(7), 7) == bad_day(site(7), 7)
    assert bad_day(site(7), 7) != bad_day(site(7), 8)


def test_days_have_every_kind_of_trouble_and_stations_of_every_kind():
    days = [bad_day(site(seed), seed) for seed in SEEDS]
    habits = [habit for day in days for habit in day.habit]
    assert {fault.kind for day in days for fault in day.fault} == set(get_args(FaultKind)) - {"power_cut"}
    assert {habit.version for habit in habits} == {"ocpp1.6", "ocpp2.0.1", "ocpp2.1"}
    assert {habit.meter for habit in habits} == set(Meter)
    assert any(not habit.obedient for habit in habits)
    assert any(abs(habit.clock_off_s) > 3000 for habit in habits)
    assert any(day.csms_outage for day in days)
    assert any(profile.clear for day in days for profile in day.profile)
    assert {one.stack_level for day in days for one in day.installed} == set(range(6))
    assert any(limit.withdraw for day in days for limit in day.limit)


def test_no_car_comes_before_the_stations_have_met_their_controller():
    assert all(one.at >= SETTLING_S for seed in SEEDS for one in bad_day(site(seed), seed).arrival)
