"""What is wrong is told once, in words, before anything is dropped."""

from pathlib import Path

import pytest

from localctl.store.journal_alarm import Alarm
from localctl.store.journal_values import DAY_S, Limits
from tests.localctl.store.journals import NOW


@pytest.fixture
def told() -> list[str | None]:
    return []


@pytest.fixture
def alarm(told: list[str | None]) -> Alarm:
    return Alarm(Limits(max_rows=100, max_bytes=1000), told.append)


def test_nothing_is_told_while_all_is_well(alarm: Alarm, told: list[str | None]):
    alarm.waiting("CS1", 79)
    alarm.tell(799, None, None)
    assert told == []


def test_a_line_is_loud_from_four_fifths_on_and_quiet_below_seven_tenths(alarm: Alarm, told: list[str | None]):
    for rows in (80, 84, 70, 69):
        alarm.waiting("CS1", rows)
        alarm.tell(0, None, None)
    assert [text and text[:64] for text in told] == [
        "The journal is at 80 % of the 100 messages for CS1 it may hold; ",
        "The journal is at 70 % of the 100 messages for CS1 it may hold; ",
        None,
    ]


def test_the_fullest_line_is_named(alarm: Alarm, told: list[str | None]):
    alarm.waiting("CS1", 81)
    alarm.waiting("CS2", 97)
    alarm.tell(0, None, None)
    assert "95 % of the 100 messages for CS2" in str(told)


def test_bytes_are_loud_and_quiet_alike(alarm: Alarm, told: list[str | None]):
    for size in (800, 720, 699):
        alarm.tell(size, None, None)
    assert [text and text[:38] for text in told] == [
        "The journal is at 80 % of the 1000 byt",
        "The journal is at 70 % of the 1000 byt",
        None,
    ]


def test_age_is_loud_from_four_fifths_on_until_nothing_waits_for_that_station(alarm: Alarm, told: list[str | None]):
    for days in (23, 24, 29, 22, 20):
        alarm.oldest({"CS1": NOW, "CS2": NOW + DAY_S, "before its clock was set": 60.0}, NOW + days * DAY_S)
        alarm.tell(0, None, None)
    assert [text and text[:54] for text in told] == [
        "Messages for CS1 have waited 80 % of the 30 days they ",
        "Messages for CS1 have waited 95 % of the 30 days they ",
        "Messages for CS1 have waited 70 % of the 30 days they ",
        None,
    ]
    alarm.oldest({"CS1": NOW}, NOW + 25 * DAY_S)
    for waiting in (("CS1", 3), ("CS2", 0), ("CS1", 0)):
        alarm.waiting(*waiting)
        alarm.tell(0, None, None)
    assert [text and text[:16] for text in told[4:]] == ["Messages for CS1", None]


def test_all_that_is_wrong_is_in_one_text_and_told_once(alarm: Alarm, told: list[str | None]):
    for _ in range(2):
        alarm.tell(800, "disk full.", Path("/state/journal.db.corrupt-1"))
    (text,) = told
    assert text is not None
    assert text.startswith("disk full. The journal is at 80 %")
    assert text.endswith("the old one is kept as /state/journal.db.corrupt-1.")
