"""Close codes that may be said, and to whom."""

import pytest

from routing.partings import code_downward, code_upward, sendable, words
from routing.values import Leg


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1011, 1014, 3000, 4999])
def test_rfc_6455_7_4_codes_that_may_stand_in_a_close_frame(code):
    assert sendable(code)
    assert code_downward(code, 1001) == code


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535])
def test_rfc_6455_7_4_codes_that_may_not(code):
    assert not sendable(code)
    assert code_downward(code, 1012) == 1012


def test_6_3_a_csms_that_vanished_is_told_with_the_policys_code():
    assert code_downward(None, 1012) == 1012


@pytest.mark.parametrize(
    ("code", "by", "expected"),
    [
        (1000, Leg.STATION, 1000),
        (None, Leg.STATION, 1001),
        (1008, Leg.STATION, 1001),
        (1011, None, 1011),
        (1006, None, 1001),
        (None, None, 1001),
        (1008, Leg.CSMS, 1001),
    ],
)
def test_6_3_the_csms_sees_a_station_leave(code, by, expected):
    assert code_upward(code, by) == expected


def test_rfc_6455_5_5_a_reason_fits_a_control_frame_and_needs_a_code():
    assert words("gone", None) == ""
    assert words("gone", 1000) == "gone"
    assert words("ä" * 100, 1000) == "ä" * 61
    assert words("\ud800x", 1000) == "x"
