"""Which phases moved, and what wiring that leaves possible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.base.phases import ROTATIONS
from localctl.charging.commissioning.rotation import candidates, moved, of_station

QUIET = (2.0, 3.0, 1.0)


def test_what_moves_in_every_pair_has_moved():
    much = (2.0, 13.0, 1.5)
    assert moved([(much, QUIET), (much, QUIET)], 10.0) == (2,)


def test_somebody_else_who_switches_makes_it_unclear():
    assert moved([((12.0, 13.0, 1.0), QUIET), ((2.0, 13.0, 1.0), QUIET)], 10.0) is None
    assert moved([((6.0, 13.0, 1.0), QUIET)], 10.0) is None


def test_nothing_moves_at_a_meter_that_does_not_see_it_and_nothing_is_known_without_a_pair():
    assert moved([(QUIET, QUIET)], 10.0) == ()
    assert moved([], 10.0) is None
    assert moved([((None, None, None), (None, None, None))], 10.0) == ()


def test_a_station_shows_only_the_conductors_it_has():
    assert of_station({1: 16.0, 3: 0.0}) == (16.0, None, 0.0)


@pytest.mark.parametrize("wired", [name for name, wiring in ROTATIONS.items() if len(wiring) == 3])
@pytest.mark.parametrize("car", [(1,), (1, 2)])
def test_the_true_rotation_is_always_among_the_candidates(wired, car):
    site = tuple(sorted(ROTATIONS[wired][number - 1] + 1 for number in car))
    assert wired in candidates(car, site, 3)


def test_a_wiring_that_keeps_the_direction_is_likelier():
    assert candidates((1,), (2,), 3) == ("STR", "SRT")
    assert candidates((1,), (3,), 1) == ("T",)


@given(st.sampled_from([(), (1,), (1, 2), (1, 2, 3)]), st.sampled_from([(), (2,), (2, 3), (1, 2, 3)]))
def test_different_numbers_of_conductors_and_all_three_say_nothing(station, site):
    if len(station) != len(site) or len(site) in (0, 3):
        assert candidates(station, site, 3) == ()
