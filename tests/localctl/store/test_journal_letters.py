"""What the CSMS would not take: kept, listed, exported, tried again, dropped, bounded."""

import json
from pathlib import Path

import pytest

from localctl.store import journal_letters, journal_lines
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_values import DeadLetter, Limits
from tests.localctl.store.journals import NOW, begun, item, latest, opened, update, waiting_ids


@pytest.fixture
def disk(tmp_path: Path):
    disk = opened(tmp_path, Limits(max_bytes=100_000))
    disk.begin()
    yield disk
    disk.undo()
    disk.close()


def bury(disk: JournalDisk, one, station: str = "cs1") -> None:
    number = journal_lines.put(disk, station, station.upper(), one)
    assert number is not None
    journal_letters.bury(disk, station, number, attempts=3, code="InternalError", text="no")


def listed(disk: JournalDisk, station: str | None = None, after: int = 0) -> list[DeadLetter]:
    return journal_letters.listed(disk.sql, station, after, 100)


def test_the_newest_letters_are_told_the_oldest_of_them_first(disk: JournalDisk):
    for n in range(5):
        bury(disk, begun(f"m{n}"))
    journal_letters.drop(disk, 4)
    for most, ids in ((2, ["m2", "m4"]), (4, ["m0", "m1", "m2", "m4"]), (9, ["m0", "m1", "m2", "m4"])):
        assert [letter.item.message_id for letter in journal_letters.newest(disk.sql, most)] == ids


def test_e13_fr04_a_poison_message_leaves_the_line_and_is_kept_with_its_reason(disk: JournalDisk):
    bury(disk, begun("m1"))
    assert waiting_ids(disk) == []
    assert listed(disk) == [
        DeadLetter(
            id=1,
            identity="CS1",
            item=begun("m1"),
            kept_at=NOW,
            buried_at=NOW,
            attempts=3,
            code="InternalError",
            text="no",
        )
    ]
    assert journal_letters.count(disk) == 1


def test_a_row_that_is_gone_cannot_be_buried(disk: JournalDisk):
    journal_letters.bury(disk, "cs1", 99, attempts=1, code="x", text="")
    assert listed(disk) == []


def test_letters_are_listed_by_station_and_page_by_page(disk: JournalDisk):
    for n in range(3):
        bury(disk, item(message_id=f"a{n}"))
    bury(disk, item(message_id="b"), station="cs2")
    assert [letter.item.message_id for letter in listed(disk, "cs1", after=1)] == ["a1", "a2"]
    assert [letter.identity for letter in listed(disk)] == ["CS1", "CS1", "CS1", "CS2"]


def test_a_letter_tried_again_stands_last_and_beside_a_newer_state(disk: JournalDisk):
    bury(disk, latest("old"))
    journal_lines.put(disk, "cs1", "CS1", latest("new"))
    assert journal_letters.revive(disk, 1) == "cs1"
    assert waiting_ids(disk) == ["new", "old"]
    journal_lines.put(disk, "cs1", "CS1", latest("newest"))
    assert waiting_ids(disk) == ["old", "newest"]
    assert disk.book.look("cs1").rows == 2
    assert journal_letters.revive(disk, 1) is None


def test_a_letter_is_dropped_once(disk: JournalDisk):
    bury(disk, item())
    assert [journal_letters.drop(disk, 1), journal_letters.drop(disk, 1)] == [True, False]
    assert listed(disk) == []


def test_the_export_has_every_letter_with_its_exact_payload(disk: JournalDisk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal_letters, "PAGE", 2)
    for n in range(5):
        bury(disk, item(message_id=f"m{n}", payload='{"limit": 6.0, "ä":1}'))
    lines = [json.loads(line) for line in journal_letters.exported(disk.sql, None)]
    assert [line["message_id"] for line in lines] == [f"m{n}" for n in range(5)]
    assert {line["payload"] for line in lines} == {'{"limit": 6.0, "ä":1}'}
    assert lines[0]["identity"] == "CS1"
    assert lines[0]["kind"] == "event"


def test_letters_are_bounded_and_transactions_go_last(disk: JournalDisk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal_letters, "MAX_LETTERS", 2)
    for one in (begun("t1"), update("u1"), begun("t2"), begun("t3")):
        bury(disk, one)
    assert [letter.item.message_id for letter in listed(disk)] == ["t2", "t3"]
    assert disk.dropped == {"dead letter": 2}


def test_letters_take_a_tenth_of_the_bytes_at_most(disk: JournalDisk):
    for n in range(4):
        bury(disk, begun(f"t{n}", tx=f"T{n}"))
        bury(disk, item(message_id=f"e{n}", payload="x" * 4000))
    assert [letter.item.message_id for letter in listed(disk)] == ["t0", "t1", "t2", "e2", "t3", "e3"]


def test_queues_are_told_by_the_stations_own_name(disk: JournalDisk):
    journal_lines.put(disk, "cs1", "Cs1", item())
    journal_lines.put(disk, "cs1", "cS1", item())
    (row,) = journal_letters.queues(disk.sql)
    assert (row.identity, row.waiting, row.oldest_at) == ("Cs1", 2, NOW)
    assert row.bytes == disk.book.size
