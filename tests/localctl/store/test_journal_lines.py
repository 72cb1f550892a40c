"""In at the end of the line, out at its front; the newest of what only its newest counts of."""

from pathlib import Path

import pytest

from localctl.store import journal_known, journal_lines
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_values import Limits
from routing.carrying.items import Alias, Kind
from tests.localctl.store.journals import begun, item, latest, opened, update, waiting_ids


@pytest.fixture
def disk(tmp_path: Path):
    disk = opened(tmp_path)
    disk.begin()
    yield disk
    disk.undo()
    disk.close()


def put(disk: JournalDisk, *items, station: str = "cs1") -> list[int | None]:
    return [journal_lines.put(disk, station, station.upper(), one) for one in items]


def test_an_item_comes_back_as_it_went_in(disk: JournalDisk):
    odd = begun("m-1", tx="7", invented=2_000_000_000)
    (number,) = put(disk, odd)
    row, waiting, transactions = journal_lines.first(disk, "cs1")
    assert row is not None
    assert (row.number, row.item, waiting, transactions) == (number, odd, 1, {"7"})


def test_each_station_has_its_own_line_in_the_order_of_arrival(disk: JournalDisk):
    put(disk, item(message_id="a1"))
    put(disk, item(message_id="b1"), station="cs2")
    put(disk, item(message_id="a2"))
    assert waiting_ids(disk) == ["a1", "a2"]
    assert waiting_ids(disk, "cs2") == ["b1"]
    assert journal_lines.first(disk, "cs3") == (None, 0, frozenset())


def test_b04_the_newest_state_of_a_connector_replaces_the_older_and_stands_last(disk: JournalDisk):
    put(disk, latest("s1"), begun("t1"), latest("other", merge="StatusNotification/1/2"), latest("s2"))
    assert waiting_ids(disk) == ["t1", "other", "s2"]


def test_a_state_that_is_with_the_csms_just_now_is_left_alone(disk: JournalDisk):
    put(disk, latest("s1"))
    row, _, _ = journal_lines.first(disk, "cs1")
    assert row is not None
    put(disk, latest("s2"), latest("s3"))
    assert waiting_ids(disk) == ["s1", "s3"]
    journal_lines.remove(disk, "cs1", row.number, None)
    assert waiting_ids(disk) == ["s3"]


def test_without_a_merge_key_nothing_is_replaced(disk: JournalDisk):
    put(disk, latest("s1", merge=""), latest("s2", merge=""))
    assert waiting_ids(disk) == ["s1", "s2"]


def test_what_is_delivered_is_not_handed_out_again_even_if_it_cannot_be_deleted(disk: JournalDisk):
    one, _ = put(disk, item(message_id="m1"), item(message_id="m2"))
    disk.commit()
    disk.begin()
    journal_lines.remove(disk, "cs1", one, None)
    disk.undo()
    row, waiting, _ = journal_lines.first(disk, "cs1")
    assert row is not None
    assert (row.item.message_id, waiting) == ("m2", 1)


def test_removing_twice_or_what_is_not_there_is_no_harm(disk: JournalDisk):
    (one,) = put(disk, item())
    for number in (one, one, 4711):
        journal_lines.remove(disk, "cs1", number, None)
    assert disk.book.look("cs1").rows == 0


def test_what_the_csms_taught_is_in_the_same_commit_as_the_row_that_goes(disk: JournalDisk):
    (begin,) = put(disk, begun("m1", tx="2000000000", invented=2_000_000_000))
    journal_lines.remove(disk, "cs1", begin, Alias(local=2_000_000_000, real=17))
    assert journal_known.load_known(disk)["cs1"].known.aliases == (Alias(local=2_000_000_000, real=17),)


def test_a_replacement_that_was_not_committed_is_not_counted(disk: JournalDisk):
    put(disk, latest("s1"), latest("s2"), latest("s3"))
    assert disk.replaced == 2
    disk.undo()
    assert disk.replaced == 0
    disk.begin()


def test_the_newest_rows_are_at_hand_for_stations_that_say_them_again(disk: JournalDisk):
    most = journal_lines.MAX_RECENT
    begins = [begun(f"t{n}") for n in range(most + 1)]
    put(disk, *begins[:2], *(update(f"u{n}") for n in range(most + 1)), latest("s"), *begins[2:])
    recent = [one.message_id for one in journal_lines.recent(disk, "cs1")]
    assert recent == ["t1", *(f"u{n}" for n in range(1, most + 1)), *(f"t{n}" for n in range(2, most + 1))]
    put(disk, item(message_id="large", payload=f'"{"x" * journal_lines.MAX_RECENT_BYTES}"'))
    others = [one.message_id for one in journal_lines.recent(disk, "cs1") if one.kind is not Kind.TRANSACTION]
    assert others == ["large"]


def test_updates_know_their_place_in_their_transaction(disk: JournalDisk):
    put(disk, begun("a"), update("u1"), update("x1", tx="T2"), update("u2"))
    places = disk.sql.execute("SELECT message_id, nth FROM item WHERE kind = 'update' ORDER BY number").fetchall()
    assert places == [("u1", 1), ("x1", 1), ("u2", 2)]


def test_e04_fr08_without_room_a_transaction_is_refused_rather_than_another_dropped(tmp_path: Path):
    disk = opened(tmp_path / "small", Limits(max_rows=3))
    disk.begin()
    assert None not in put(disk, begun("a"), begun("b"), begun("c"))
    assert put(disk, begun("d"), item()) == [None, None]
    assert waiting_ids(disk) == ["a", "b", "c"]
    disk.undo()
    disk.close()


def test_a_newer_state_needs_no_room(tmp_path: Path):
    disk = opened(tmp_path / "small", Limits(max_rows=2))
    disk.begin()
    put(disk, begun("a"), latest("s1"), latest("s2"))
    assert waiting_ids(disk) == ["a", "s2"]
    assert not disk.dropped
    disk.undo()
    disk.close()


def test_taking_gives_the_row_and_when_it_was_kept(disk: JournalDisk):
    (one,) = put(disk, item())
    assert journal_lines.take(disk, "cs1", one) == (item(), disk.unix_now())
    assert journal_lines.take(disk, "cs1", one) is None


def test_bytes_are_counted_as_they_are_on_disk(disk: JournalDisk):
    put(disk, item(payload='"ä€"'))
    assert disk.book.size == 7 + journal_lines.ROW_BYTES
