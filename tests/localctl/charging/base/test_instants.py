"""RFC 3339 as the field writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.base.instants import FIRST, LAST, BadInstant, Instant, read_instant, write_instant


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.999Z", 1),  # floor, R1
        ("1969-12-31T23:59:59.5Z", -1),  # floor, not towards zero
        ("2026-01-31T12:00:00Z", 1769860800),
        ("2026-01-31T14:00:00+02:00", 1769860800),
        ("2026-01-31T06:30:00-0530", 1769860800),
        ("2026-01-31T14:00:00+02", 1769860800),
        ("2026-01-31 12:00:00", 1769860800),  # no zone is UTC
        ("2026-01-31t12:00z", 1769860800),
        (" 2026-01-31T12:00:00,123456789Z ", 1769860800),
        ("2016-12-31T23:59:60Z", 1483228800),  # leap second
        ("9999-12-31T23:59:59Z", 253402300799),
        ("0001-01-01T00:00:00Z", FIRST),
    ],
)
def test_r1_times_are_read_as_whole_seconds_utc(text, seconds):
    assert read_instant(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-31T25:00:00Z",
        "2026-01-31T12:00:61Z",
        "2026-01-31T12:00:00+99:00",
        "1769860800",
        "2026-01-31",
        "0000-01-01T00:00:00Z",
        "٢٠٢٦-01-31T12:00:00Z",
        "2026-01-31T12:00:00" + "0" * 1_000_000,
    ],
)
def test_text_that_is_no_time_is_refused_with_the_text_in_the_message(text):
    with pytest.raises(BadInstant, match=r"is no") as caught:
        read_instant(text)
    assert len(str(caught.value)) < 200


@given(st.integers(FIRST, LAST))
def test_written_instants_are_read_back_unchanged(seconds):
    text = write_instant(Instant(seconds))
    assert len(text) == 20
    assert read_instant(text) == seconds


def test_instants_beyond_the_calendar_are_written_as_its_ends():
    assert write_instant(Instant(LAST + 1)) == "9999-12-31T23:59:59Z"
    assert write_instant(Instant(FIRST - 1)) == "0001-01-01T00:00:00Z"
