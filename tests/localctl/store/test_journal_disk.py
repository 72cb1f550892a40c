"""Transactions on the file, and what memory makes of them; power cuts."""

import shutil
from pathlib import Path

import pytest

from localctl.store import journal_lines
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_tally import Figures
from localctl.store.journal_values import FIRST_INVENTED, Limits
from tests.localctl.store.journals import NOW, Clock, begun, item, opened, update, waiting_ids


def put(disk: JournalDisk, *items, station: str = "cs1") -> None:
    disk.begin()
    for one in items:
        journal_lines.put(disk, station, station, one)
    disk.commit()


def test_the_figures_are_the_same_after_a_restart(tmp_path: Path):
    disk = opened(tmp_path)
    put(disk, begun("a"), update("u1"), update("u2"), item())
    put(disk, item(), station="cs2")
    before = disk.book.all(), disk.book.look("cs1")
    disk.close()
    disk = opened(tmp_path)
    assert (disk.book.all(), disk.book.look("cs1")) == before
    assert disk.book.look("cs1").transactions == {"T1": 3}
    assert disk.book.look("cs1").updates == {"T1": 2}
    disk.close()


def test_a_commit_tells_which_stations_changed_and_since_when_their_oldest_waits(tmp_path: Path):
    clock = Clock()
    disk = opened(tmp_path, clock=clock)
    put(disk, item())
    clock.now += 60
    put(disk, item(), station="cs2")
    disk.begin()
    journal_lines.put(disk, "cs1", "cs1", item())
    journal_lines.remove(disk, "cs2", 2, None)
    touched, _ = disk.commit()
    assert (touched["cs1"].rows, touched["cs1"].oldest_at) == (2, NOW)
    assert touched["cs2"] == Figures()
    disk.close()


def test_what_is_undone_leaves_no_trace(tmp_path: Path):
    disk = opened(tmp_path, Limits(max_rows=2))
    put(disk, item(message_id="a"), item(message_id="b"))
    disk.begin()
    journal_lines.put(disk, "cs1", "cs1", begun("c", invented=2_000_000_000))
    assert disk.dropped == {"event": 1}
    disk.undo()
    assert (disk.mark, disk.dropped, disk.book.look("cs1").rows) == (0, {}, 2)
    assert waiting_ids(disk) == ["a", "b"]
    disk.close()


def test_numbers_are_never_used_again(tmp_path: Path):
    disk = opened(tmp_path)
    put(disk, item(), item())
    for number in (1, 2):
        disk.delete(number)
    disk.close()
    disk = opened(tmp_path)
    put(disk, item())
    assert disk.sql.execute("SELECT number FROM item").fetchall() == [(3,)]
    disk.close()


def test_p4_10_7_numbers_of_a_journal_that_was_lost_are_not_used_again_either(tmp_path: Path):
    disk = opened(tmp_path)
    put(disk, *(begun(f"m{n}", invented=FIRST_INVENTED + n) for n in range(3)))
    lost, (path, *_) = disk.mark, tmp_path.glob("*")
    disk.close()
    path.write_bytes(b"no database any more")
    disk = opened(tmp_path)
    assert disk.set_aside is not None
    assert disk.mark > lost
    disk.begin()
    assert (journal_lines.put(disk, "cs1", "CS1", item()) or 0) > 3
    disk.close()


def test_a_closed_disk_refuses(tmp_path: Path):
    disk = JournalDisk(tmp_path / "journal.db", Limits(), Clock())
    assert not disk.is_open
    with pytest.raises(OSError, match="not open"):
        disk.begin()


def copy(folder: Path, to: Path) -> Path:
    to.mkdir()
    for name in ("journal.db", "journal.db-wal"):
        shutil.copy(folder / name, to / name)
    return to


def test_p4_after_a_power_cut_every_commit_is_there(tmp_path: Path):
    """The files as they are on disk at that moment, without the memory the processes share."""
    disk = opened(tmp_path)
    for n in range(20):
        put(disk, begun(f"m{n}", tx=f"T{n}"))
    after = opened(copy(tmp_path, tmp_path / "after"))
    assert waiting_ids(after) == [f"m{n}" for n in range(20)]
    assert after.set_aside is None
    after.close()
    disk.close()


def test_p4_a_torn_end_of_the_log_costs_the_last_commits_and_never_one_in_between(tmp_path: Path):
    disk = opened(tmp_path)
    for n in range(30):
        put(disk, begun(f"m{n}", tx=f"T{n}"))
    whole = (tmp_path / "journal.db-wal").stat().st_size
    seen = set()
    for cut in range(0, whole, whole // 25):
        folder = copy(tmp_path, tmp_path / f"cut{cut}")
        with (folder / "journal.db-wal").open("r+b") as log:
            log.truncate(whole - cut)
            log.seek(0, 2)
            log.write(b"\x55" * 700)
        after = opened(folder)
        ids = waiting_ids(after)
        after.close()
        assert ids == [f"m{n}" for n in range(len(ids))]
        seen.add(len(ids))
    assert len(seen) > 10
    assert max(seen) == 30
    disk.close()
