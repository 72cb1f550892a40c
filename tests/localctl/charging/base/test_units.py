"""Amperes and watts."""

import functools
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.base.units import HardLimit, Supply, floor_tenth


@pytest.mark.parametrize(("phases", "watts"), [(1, 230), (2, 460), (3, 690)])
def test_k01_fr50_one_ampere_is_230_watts_for_each_phase(phases, watts):
    assert Supply().watts_per_amp(phases) == watts


def test_k01_fr44_phases_do_not_count_on_dc():
    assert Supply(voltage_v=400, dc=True).watts_per_amp(3) == 400


@pytest.mark.parametrize(
    ("exact", "wire"),
    [
        (6.99999999999, 7.0),
        (6.99999999, 6.9),
        (6.96, 6.9),
        (0.09, 0.0),
        (0.7, 0.7),
        (4.35, 4.3),
        (0.1 + 0.2, 0.3),
        (16.000000001, 16.0),
        (123456.7 * 3 * 230 / (3 * 230), 123456.7),
        (functools.reduce(operator.add, [63.7] * 1000), 63700.0),
        (999_999_999.99, 999_999_999.9),
        (10_000_000_000.99, 10_000_000_000.9),
        (123_456_789_012.38, 123_456_789_012.3),
        (999_999_999_999.96, 999_999_999_999.9),
    ],
)
def test_r17_limits_are_rounded_down_once_and_float_noise_costs_nothing(exact, wire):
    assert floor_tenth(exact) == wire


@given(st.integers(0, 10_000_000) | st.integers(0, 10**13))
def test_r17_a_limit_of_one_digit_stays_what_it_is(tenths):
    assert floor_tenth(tenths / 10) == tenths / 10


@pytest.mark.parametrize(
    ("limit", "in_amps", "lowest"),
    [
        (HardLimit(limit_a=16), True, 16),
        (HardLimit(limit_a=16), False, 11040),
        (HardLimit(limit_w=6900), True, 10),
        (HardLimit(limit_a=16, limit_w=6900), False, 6900),
        (HardLimit(), True, None),
    ],
)
def test_r14_the_lower_of_amperes_and_watts_is_what_hardware_delivers(limit, in_amps, lowest):
    assert limit.lowest(in_amps, 690) == lowest
    assert limit.known == (lowest is not None)
