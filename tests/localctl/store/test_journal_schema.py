"""The journal's file: durable by its settings, private, and a broken one never keeps the box from starting."""

import sqlite3
import stat
from pathlib import Path

import pytest

from localctl.store import journal_lines, journal_schema
from localctl.store.journal_schema import NewerJournal, Unsound, disk_refused, is_corrupt, open_journal
from tests.localctl.store.journals import NOW, begun, item, opened, waiting_ids

MAX = 1 << 20


def test_commits_are_synced_and_the_log_stays_small(tmp_path: Path):
    sql = open_journal(tmp_path / "state" / "journal.db", MAX, NOW).connection
    told = {name: sql.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "wal_autocheckpoint")}
    assert told == {"synchronous": 2, "wal_autocheckpoint": journal_schema.CHECKPOINT_PAGES}
    assert sql.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert sql.execute("PRAGMA journal_size_limit").fetchone() == (journal_schema.LOG_BYTES,)
    sql.close()


def test_the_log_does_not_grow_with_what_passes_through(tmp_path: Path):
    disk = opened(tmp_path)
    for number in range(600):
        disk.begin()
        for n in range(20):
            journal_lines.put(disk, "cs1", "CS1", item(message_id=f"{number}/{n}", payload="x" * 2000))
        disk.commit()
    assert (tmp_path / "journal.db-wal").stat().st_size < 2 * journal_schema.LOG_BYTES
    disk.close()


def test_p7_only_the_owner_can_read_the_journal_and_its_log(tmp_path: Path):
    disk = opened(tmp_path)
    disk.begin()
    journal_lines.put(disk, "cs1", "CS1", item())
    disk.commit()
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    disk.close()
    assert modes == {0o600}


def test_a_new_file_is_known_to_its_folder_before_it_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    synced: list[Path] = []
    monkeypatch.setattr(journal_schema, "sync_folder", synced.append)
    open_journal(tmp_path / "state" / "journal.db", MAX, NOW).connection.close()
    assert synced == [tmp_path / "state", tmp_path]
    open_journal(tmp_path / "state" / "journal.db", MAX, NOW).connection.close()
    assert len(synced) == 2


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path):
    path = tmp_path / "journal.db"
    sql = open_journal(path, MAX, NOW).connection
    sql.execute(f"PRAGMA user_version={journal_schema.VERSION + 1}")
    sql.close()
    with pytest.raises(NewerJournal, match="install that version again"):
        open_journal(path, MAX, NOW)
    assert [name.name for name in tmp_path.iterdir()] == ["journal.db"]


def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path):
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database at all" * 500)
    found = open_journal(path, MAX, NOW)
    found.connection.close()
    assert found.set_aside == tmp_path / "journal.db.corrupt-20260921T141320Z"
    assert found.set_aside.read_bytes().startswith(b"not a database")


def test_somebody_elses_database_is_set_aside(tmp_path: Path):
    path = tmp_path / "journal.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    found = open_journal(path, MAX, NOW)
    assert found.set_aside is not None
    assert {name for (name,) in found.connection.execute("SELECT name FROM sqlite_master")} >= set(
        journal_schema.TABLES
    )
    found.connection.close()


def test_p4_what_can_be_read_of_a_damaged_journal_is_taken_over(tmp_path: Path):
    disk = opened(tmp_path)
    disk.begin()
    for n in range(400):
        journal_lines.put(disk, "cs1", "CS1", begun(f"m{n}", tx=f"T{n}"))
    disk.commit()
    disk.close()
    path = tmp_path / "journal.db"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = b"\xaa" * 4096
    path.write_bytes(data)
    disk = opened(tmp_path)
    saved = waiting_ids(disk)
    assert disk.set_aside is not None
    assert disk.book.look("cs1").rows == len(saved)
    disk.close()
    assert 0 < len(saved) <= 400
    assert saved == sorted(saved, key=lambda name: int(name[1:]))


def test_a_disk_that_refuses_is_no_corruption_and_a_bug_is_neither(tmp_path: Path):
    full, odd = sqlite3.OperationalError("full"), sqlite3.ProgrammingError("wrong number of bindings")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    assert [is_corrupt(error) for error in (full, odd, OSError(), Unsound())] == [False, False, False, True]
    assert [disk_refused(error) for error in (full, odd, OSError(), Unsound())] == [True, False, True, True]
    sql = sqlite3.connect(tmp_path / "x.db")
    with pytest.raises(sqlite3.OperationalError) as caught:
        sql.execute("SELECT nonsense")
    sql.close()
    assert not disk_refused(caught.value)


def test_a_large_file_is_checked_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    monkeypatch.setattr(journal_schema, "CHECK_ALL_BYTES", 0)

    def connect(path: Path) -> sqlite3.Connection:
        sql = journal_schema.connect(path)
        sql.set_trace_callback(asked.append)
        return sql

    open_journal(tmp_path / "journal.db", MAX, NOW, connect).connection.close()
    checks = [statement for statement in asked if "quick_check" in statement]
    assert checks == [f"PRAGMA quick_check({name})" for name in ("alias", "station", "authorization", "meta")]
