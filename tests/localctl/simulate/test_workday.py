"""Ordinary days for any site."""

from itertools import pairwise

from localctl.simulate.workday import VERSIONS, workday
from tests.localctl.simulate.sites import config, station

SITE = config(
    '[[panel]]\nid = "main"\nfuse_a = [100, 90, 80]\n'
    + "".join(station(f"CP-{n}") for n in range(12))
    + '[[station]]\nidentity = "ROUTED"\n[[limit_source]]\nname = "ems"\nstale_after_s = 600\n'
)


def test_the_same_seed_is_the_same_workday_and_another_is_not():
    assert workday(SITE, 3) == workday(SITE, 3)
    assert workday(SITE, 3) != workday(SITE, 4)


def test_most_cars_come_in_the_morning_and_none_to_a_station_without_a_panel():
    arrivals = [one for seed in range(10) for one in workday(SITE, seed).arrival]
    morning = [one for one in arrivals if 6 * 3600 < one.at < 11 * 3600]
    assert 0.5 < len(morning) / len(arrivals) < 0.9
    assert "ROUTED" not in {one.station for one in arrivals}
    assert {1, 2, 3} == {one.phases for one in arrivals}


def test_a_short_day_has_no_cars_after_its_end():
    assert all(one.at < 9 * 3600 for one in workday(SITE, 1, hours=9).arrival)


def test_every_source_speaks_again_before_it_is_stale():
    limits = workday(SITE, 1).limit
    gaps = [two.at - one.at for one, two in pairwise(limits)]
    assert max(gaps) < 600
    assert max(limit.limit_a[0] for limit in limits) == 100
    assert min(limit.limit_a[2] for limit in limits) < 80


def test_versions_are_mixed():
    versions = {habit.version for seed in range(5) for habit in workday(SITE, seed).habit}
    assert versions == set(VERSIONS)
