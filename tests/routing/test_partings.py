"""Close codes that may be said, and to whom."""

import pytest

from routing.partings import NO_CODE, blames_message, code_onward, sendable, undecided, words


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1011, 1014, 3000, 4999])
def test_rfc_6455_7_4_codes_that_may_stand_in_a_close_frame(code):
    assert sendable(code)
    assert code_onward(code, 1001) == code


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 1016, 2999, 5000, 65535])
def test_rfc_6455_7_4_codes_that_may_not(code):
    assert not sendable(code)
    assert code_onward(code, 1012) == 1012


def test_e13_codes_that_find_fault_with_the_last_message_are_no_others():
    assert [code for code in (None, *range(1000, 1016)) if blames_message(code)] == [1003, 1007, 1009]


def test_3_15_9_refusals_are_told_from_answers_that_say_nothing_of_the_station():
    assert not any(undecided(status) for status in (400, 401, 403, 404, 410, 426))
    assert all(undecided(status) for status in (200, 302, 408, 425, 429, 500, 503))


def test_6_3_a_peer_that_vanished_is_told_with_the_code_meant_for_that():
    assert code_onward(None, 1012) == 1012


def test_6_3_a_goodbye_without_a_code_stays_one():
    assert not sendable(NO_CODE)
    assert code_onward(NO_CODE, 1012) == NO_CODE


def test_rfc_6455_5_5_a_reason_fits_a_control_frame_and_needs_a_code():
    assert words("gone", None) == ""
    assert words("gone", 1000) == "gone"
    assert words("ä" * 100, 1000) == "ä" * 61
    assert words("\ud800x", 1000) == "x"
