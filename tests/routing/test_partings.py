"""Close codes that may be said, and to whom."""

import pytest

from routing.partings import code_downward, code_upward, sendable, words
from routing.values import Leg


@pytest.mark.parametrize(
    ("code", "good"),
    [(999, False), (1000, True), (1003, True), (1004, False), (1005, False), (1006, False), (1007, True), (1014, True)]
    + [(1015, False), (1016, False), (2999, False), (3000, True), (4999, True), (5000, False)],
)
def test_rfc_6455_7_4_codes_that_may_stand_in_a_close_frame(code, good):
    assert sendable(code) is good
    assert code_downward(code, 1001) == (code if good else 1001)


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
