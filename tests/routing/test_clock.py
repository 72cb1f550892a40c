"""Stations set their clocks by the box only when somebody trustworthy told the time (G02.FR.06, 3.15.3)."""

import pytest

from routing.clock import HEARD_S, Clock
from routing.values import Instant


def at(seconds: float) -> Instant:
    return Instant(seconds)


def test_nobody_told_the_time():
    assert not Clock().trusted("main", at(0))


def test_a_synchronised_clock_tells_its_own_time():
    clock = Clock(unix_offset_s=1_700_000_000.0, synchronised=True)
    assert clock.trusted("main", at(1e9))
    assert clock.text("main", at(0.25)) == "2023-11-14T22:13:20.250Z"


def test_what_the_csms_said_is_good_for_a_day_and_moves_on_with_the_time():
    clock = Clock(unix_offset_s=5.0)
    clock.heard("main", b'{"currentTime":"2026-11-22T12:00:00Z","interval":300}', at(100))
    assert clock.text("main", at(160)) == "2026-11-22T12:01:00.000Z"
    assert clock.trusted("main", at(100 + HEARD_S))
    assert not clock.trusted("main", at(101 + HEARD_S))


@pytest.mark.parametrize("absurd", ["9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_p6_a_csms_whose_clock_stands_in_another_age_tells_no_time(absurd):
    clock = Clock()
    clock.heard("main", f'{{"currentTime":"{absurd}"}}'.encode(), at(0))
    assert not clock.trusted("main", at(1))


def test_the_own_clock_is_believed_before_the_csms_when_it_is_kept_right():
    clock = Clock()
    clock.heard("main", b'{"currentTime":"2020-01-01T00:00:00Z"}', at(0))
    clock.set(unix_offset_s=1_700_000_000.0, synchronised=True)
    assert clock.unix("main", at(1)) == 1_700_000_001.0


def test_3_15_3_what_one_csms_says_is_nothing_to_the_stations_of_another():
    clock = Clock(unix_offset_s=1_700_000_000.0)
    clock.heard("main", b'{"currentTime":"2020-01-01T00:00:00Z"}', at(0))
    assert not clock.trusted("other", at(0))
    assert clock.unix("other", at(0)) == 1_700_000_000.0, "cards expire by the box's clock meanwhile"


@pytest.mark.parametrize(
    "answer", [b"", b"{}", b"[1]", b'{"currentTime":5}', b'{"currentTime":"soon"}', b"\xff", b"[" * 100_000]
)
def test_an_answer_without_a_time_teaches_nothing(answer: bytes):
    clock = Clock()
    clock.heard("main", answer, at(0))
    assert not clock.trusted("main", at(0))


@pytest.mark.parametrize("text", ["2026-11-22T12:00:00", "2026-11-22T13:00:00+01:00", "2026-11-22T12:00:00.000Z"])
def test_times_with_offset_or_without_any_are_understood(text: str):
    clock = Clock()
    clock.heard("main", f'{{"currentTime":"{text}"}}'.encode(), at(0))
    assert clock.text("main", at(0)) == "2026-11-22T12:00:00.000Z"
