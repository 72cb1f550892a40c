"""Bounds by rows, bytes and age."""

from pathlib import Path

import pytest

from localctl.store import journal_lines, journal_room
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_values import DAY_S, Limits
from tests.localctl.store.journals import NOW, Clock, begun, item, latest, opened, update, waiting_ids


def fill(disk: JournalDisk, *items, station: str = "cs1") -> None:
    disk.begin()
    for one in items:
        assert journal_lines.put(disk, station, station, one) is not None
    disk.commit()


@pytest.fixture
def disk(tmp_path: Path):
    disk = opened(tmp_path, Limits(max_rows=10, max_bytes=100_000))
    yield disk
    disk.close()


def test_e04_fr07_a_full_line_loses_every_second_update(disk: JournalDisk):
    fill(disk, begun("start"), *[update(f"u{n}") for n in range(1, 9)], begun("end"))
    fill(disk, begun("next", tx="T2"), begun("last", tx="T3"))
    assert waiting_ids(disk) == ["start", "u2", "u4", *[f"u{n}" for n in range(5, 9)], "end", "next", "last"]


def test_drops_are_counted_by_reason_once_they_are_on_disk(disk: JournalDisk):
    fill(disk, *[item(message_id=f"e{n}") for n in range(9)], update("u1"))
    disk.begin()
    for n in range(3):
        journal_lines.put(disk, "cs1", "cs1", begun(f"t{n}"))
    _, dropped = disk.commit()
    assert dropped == {"update": 1, "event": 2}
    assert disk.dropped == {}


def test_what_is_with_the_csms_just_now_is_not_dropped(disk: JournalDisk):
    fill(disk, *[item(message_id=f"e{n}") for n in range(10)])
    journal_lines.first(disk, "cs1")
    fill(disk, item(message_id="new"))
    assert waiting_ids(disk) == ["e0", *[f"e{n}" for n in range(2, 10)], "new"]


def test_too_many_bytes_are_taken_from_the_station_that_holds_most(tmp_path: Path):
    disk = opened(tmp_path / "small", Limits(max_bytes=20_000))
    fill(disk, *[item(message_id=f"big{n}", payload="x" * 1000) for n in range(12)], station="big")
    fill(disk, *[item(message_id=f"m{n}", payload="x" * 1000) for n in range(4)], station="cs1")
    fill(disk, begun("t"), station="cs2")
    fill(disk, item(message_id="m4", payload="x" * 1000), station="cs1")
    assert waiting_ids(disk, "cs1") == [f"m{n}" for n in range(5)]
    assert waiting_ids(disk, "big") == [f"big{n}" for n in range(1, 12)]
    assert disk.book.size <= 20_000
    disk.close()


def test_e04_fr08_no_room_where_only_transactions_are_left(tmp_path: Path):
    disk = opened(tmp_path / "small", Limits(max_bytes=2000))
    fill(disk, *[begun(f"t{n}", tx=f"T{n}") for n in range(9)])
    disk.begin()
    assert not journal_room.make_room(disk, "cs2", rows=1, size=500)
    disk.undo()
    assert len(waiting_ids(disk)) == 9
    disk.close()


def test_e04_fr08_age_takes_all_but_begin_and_end_of_transactions(tmp_path: Path):
    clock = Clock()
    disk = opened(tmp_path, Limits(max_age_s=DAY_S), clock)
    fill(disk, begun("start"), update("u1"), item(message_id="e1"), latest("s1"))
    clock.now += DAY_S / 2
    fill(disk, item(message_id="younger"))
    clock.now += DAY_S / 2 + 1
    disk.begin()
    journal_room.expire(disk)
    _, dropped = disk.commit()
    assert waiting_ids(disk) == ["start", "younger"]
    assert dropped == {"age": 3}
    disk.close()


def test_what_was_kept_before_the_clock_was_set_has_no_age(tmp_path: Path):
    clock = Clock(1000.0)
    disk = opened(tmp_path, Limits(max_age_s=DAY_S), clock)
    fill(disk, item(message_id="before"))
    clock.now = NOW
    disk.begin()
    journal_room.expire(disk)
    disk.commit()
    assert waiting_ids(disk) == ["before"]
    disk.close()
