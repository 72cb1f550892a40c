"""Broken journals are kept, but not without end."""

from pathlib import Path

from localctl.store import journal_salvage
from localctl.store.journal_schema import TABLES, open_journal
from tests.localctl.store.journals import NOW


def test_the_log_goes_aside_with_its_file(tmp_path: Path):
    for end in ("", "-wal", "-shm"):
        (tmp_path / f"journal.db{end}").write_text(end)
    aside = journal_salvage.set_aside(tmp_path / "journal.db", NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == [aside.name, f"{aside.name}-shm", f"{aside.name}-wal"]


def test_only_the_two_newest_broken_journals_stay(tmp_path: Path):
    for day in range(4):
        (tmp_path / "journal.db").write_text(str(day))
        (tmp_path / "journal.db-wal").write_text(str(day))
        journal_salvage.set_aside(tmp_path / "journal.db", NOW + day * 86_400)
    left = [path for path in tmp_path.iterdir() if not path.name.endswith("-wal")]
    assert {path.read_text() for path in left} == {"2", "3"}
    assert len(list(tmp_path.iterdir())) == 4


def test_nothing_is_saved_of_what_is_no_database_and_the_new_one_works(tmp_path: Path):
    (tmp_path / "broken").write_bytes(b"\x00" * 5000)
    fresh = open_journal(tmp_path / "journal.db", 1 << 20, NOW).connection
    assert journal_salvage.salvage(tmp_path / "broken", fresh, TABLES) == 0
    assert not fresh.in_transaction
    fresh.close()


def test_every_table_is_taken_over(tmp_path: Path):
    old = open_journal(tmp_path / "old.db", 1 << 20, NOW).connection
    old.execute("INSERT INTO alias (station, local, csms) VALUES ('cs1', 2000000000, 17)")
    old.execute("INSERT INTO station (key, name, accepted) VALUES ('cs1', 'CS1', 1)")
    old.execute("INSERT INTO meta VALUES ('invented', 2000000100)")
    old.close()
    fresh = open_journal(tmp_path / "new.db", 1 << 20, NOW).connection
    journal_salvage.salvage(tmp_path / "old.db", fresh, TABLES)
    assert fresh.execute("SELECT station, local, csms FROM alias").fetchall() == [("cs1", 2000000000, 17)]
    assert fresh.execute("SELECT name, accepted FROM station").fetchall() == [("CS1", 1)]
    assert fresh.execute("SELECT value FROM meta").fetchall() == [(2000000100,)]
    fresh.close()
