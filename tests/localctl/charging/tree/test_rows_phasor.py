"""Rows with angles: which subsets matter, how long the sums are, and when they reach a limit."""

import cmath
import math
from itertools import product
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.tree.rows_phasor import closure, length, reaches

degrees = st.lists(st.integers(0, 359), min_size=1, max_size=5, unique=True)


def arrows(*angles):
    return tuple(cmath.rect(1, math.radians(angle)) for angle in angles)


def longest(directions, amps):
    """The longest sum of all subsets, one by one."""
    choices = product((0, 1), repeat=len(directions))
    return max(
        abs(sum(d * a * take for d, a, take in zip(directions, amps, choice, strict=True))) for choice in choices
    )


@pytest.mark.parametrize(
    ("angles", "subsets"),
    [
        ((0, 30, 330), {(0, 1, 2)}),
        ((0, 180), {(0,), (1,)}),
        ((0, 60, 300), {(0, 1), (0, 2), (0, 1, 2)}),
    ],
)
def test_only_subsets_that_may_be_longest_stay(angles, subsets):
    directions = arrows(*angles)
    assert set(closure(directions)) - subsets <= {tuple(range(len(angles)))}
    assert subsets <= set(closure(directions))


@settings(max_examples=150)
@given(degrees, st.data())
def test_the_closure_is_the_longest_sum_over_all_subsets(angles, data):
    directions = arrows(*angles)
    amps = [data.draw(st.floats(0, 100)) for _ in angles]
    assert length(closure(directions), directions, amps) == pytest.approx(longest(directions, amps), abs=1e-6)


@settings(max_examples=150)
@given(degrees, st.data())
def test_a_car_that_stops_never_lengthens_the_sum(angles, data):
    directions = arrows(*angles)
    subsets = closure(directions)
    amps = [data.draw(st.floats(0, 100)) for _ in angles]
    fewer = [value * data.draw(st.sampled_from([0.0, 0.5, 1.0])) for value in amps]
    assert length(subsets, directions, fewer) <= length(subsets, directions, amps) + 1e-9


@settings(max_examples=100)
@given(degrees, st.data())
def test_the_level_at_which_a_row_is_full_is_exact(angles, data):
    directions = arrows(*angles)
    subsets = closure(directions)
    start = [data.draw(st.floats(0, 20)) for _ in angles]
    slope = [data.draw(st.sampled_from([0.0, 1.0, 2.5])) for _ in angles]
    limit_a = length(subsets, directions, start) + data.draw(st.floats(0.5, 50))
    level, subset = reaches(subsets, directions, start, slope, limit_a)
    if level == inf:
        assert not any(slope)
        return
    full = [a + b * level for a, b in zip(start, slope, strict=True)]
    assert length(subsets, directions, full) == pytest.approx(limit_a, rel=1e-6)
    assert any(slope[i] for i in subset)


def test_a_row_that_is_too_long_at_any_level_is_full_at_once():
    directions = arrows(0, 90)
    assert reaches(closure(directions), directions, [30.0, 0.0], [0.0, 1.0], 20.0)[0] == -inf
