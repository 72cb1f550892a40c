"""Windows on the wall clock become exact steps, through nights, weeks and clock changes."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from localctl.charging.limits import Cap, words
from localctl.charging.limits_calendar import EVERY_DAY, Window, window_source

BERLIN = ZoneInfo("Europe/Berlin")
CAP = Cap(a=(40.0, 40.0, 40.0))


def at(text, zone=BERLIN):
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def limited(start, end, first, last, days=EVERY_DAY):
    """The spans, in UTC, in which a window limits."""
    window = Window(start=time.fromisoformat(start), end=time.fromisoformat(end), cap=CAP, days=days)
    source = window_source("peak", ("panel", "main"), window, BERLIN, at(first), at(last))
    spans = [(word.since, word.until) for word in words(source, at(first)) if word.cap == CAP]
    inside = [span for span in spans if span[1] > at(first) and span[0] < at(last)]
    return [tuple(datetime.fromtimestamp(instant, UTC).strftime("%d %H:%M") for instant in span) for span in inside]


def test_a_window_limits_on_its_days_between_its_times():
    found = limited("17:00", "20:00", "2026-11-20", "2026-11-24", frozenset(range(5)))
    assert found == [("20 16:00", "20 19:00"), ("23 16:00", "23 19:00")]


def test_a_window_over_midnight_belongs_to_the_day_it_starts_on():
    assert limited("22:00", "06:00", "2026-11-20T12:00", "2026-11-23", frozenset({4})) == [("20 21:00", "21 05:00")]


def test_a_window_that_began_before_the_horizon_is_known():
    assert limited("22:00", "06:00", "2026-11-21T03:00", "2026-11-21T12:00") == [("20 21:00", "21 05:00")]


def test_equal_times_are_a_whole_day_and_days_in_a_row_have_no_gap():
    found = limited("00:00", "00:00", "2026-11-21", "2026-11-23")
    assert [span[0] for span in found] == ["20 23:00", "21 23:00"]
    assert [span[1] for span in found] == ["21 23:00", "22 23:00"]


@pytest.mark.parametrize(
    ("day", "span"),
    [
        ("2026-03-29", ("29 00:30", "29 01:30")),  # 02:30 does not exist: an hour, never nothing
        ("2026-10-25", ("25 00:30", "25 01:45")),  # 02:30 to 02:45 happens twice: from the first to the second
    ],
)
def test_around_a_clock_change_a_window_is_as_long_as_it_can_be_read(day, span):
    end = "02:45" if day == "2026-10-25" else "03:30"
    assert limited("02:30", end, f"{day}T00:00", f"{day}T12:00") == [span]
