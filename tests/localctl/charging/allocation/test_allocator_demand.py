"""Demands are cleaned before anything is computed with them."""

from math import inf, nan

import pytest

from localctl.charging.allocation.allocator_demand import MOST_A, Reason, fixed_a, span, weight
from tests.localctl.charging.sites import asks


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ({}, (6.0, 32.0, Reason.RATING)),
        ({"cap_a": 16.0, "appetite_a": 20.0}, (6.0, 16.0, Reason.CSMS)),
        ({"cap_a": 20.0, "appetite_a": 16.0}, (6.0, 16.0, Reason.APPETITE)),
        ({"cap_a": 6.0}, (6.0, 6.0, Reason.CSMS)),
        ({"cap_a": 5.0}, (6.0, -1.0, Reason.BELOW_MIN)),
        ({"appetite_a": nan}, (6.0, 32.0, Reason.RATING)),
        ({"appetite_a": 1.0}, (6.0, 6.0, Reason.APPETITE)),
        ({"max_a": 1e300}, (6.0, MOST_A, Reason.RATING)),
        ({"max_a": inf}, (0.0, -1.0, Reason.INVALID)),
        ({"min_a": 40.0}, (0.0, -1.0, Reason.INVALID)),
        ({"min_a": -1.0}, (0.0, -1.0, Reason.INVALID)),
    ],
)
def test_the_range_of_a_demand(wish, found):
    assert span(asks("a", **wish)) == found


@pytest.mark.parametrize(
    ("given", "used"), [(2.0, 2.0), (0.0, 1e-3), (-5.0, 1e-3), (nan, 1e-3), (inf, 1e3), (1e9, 1e3)]
)
def test_weights_stay_within_sense(given, used):
    assert weight(asks("a", weight=given)) == used


@pytest.mark.parametrize(("given", "reserved"), [(10.0, 10.0), (-3.0, 0.0), (nan, 32.0), (inf, 32.0), (1e9, MOST_A)])
def test_a_reservation_that_makes_no_sense_is_the_whole_rating(given, reserved):
    assert fixed_a(asks("a", fixed_a=given)) == reserved


def test_an_unknown_rating_reserves_more_than_any_site_has():
    assert fixed_a(asks("a", fixed_a=nan, max_a=nan)) == MOST_A
