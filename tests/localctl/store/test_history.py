"""The history on disk: a ring of a day that outlives the process and never stands in the way."""

import sqlite3
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from localctl.store import history
from localctl.store.history import DAY_S, MOST_PANELS, PLACES, STEP_S, HistoryStore, Sample

AMPS = (40.0, 38.5, 31.25, 40.0, 38.5, None, None, 0.0, 6.0)
NOON = 1_800_000_000.0


@pytest.fixture
def store(tmp_path: Path):
    one = HistoryStore(tmp_path / "state")
    yield one
    one.close()


def at(instant: float, first: float = 40.0) -> Sample:
    return Sample(at=instant, amps=(first, *AMPS[1:]))


def instants(store: HistoryStore, panel: str = "main", since: float = 0.0, until: float = 1e12) -> list[float]:
    return [sample.at for sample in store.read(panel, since, until)]


def test_what_is_kept_is_read_again_after_a_restart_unknown_amperes_still_unknown(store: HistoryStore, tmp_path: Path):
    assert store.keep({"main": at(NOON), "sub": at(NOON, 1.0)})
    store.close()
    again = HistoryStore(tmp_path / "state")
    assert again.read("main", 0, NOON) == [at(NOON)]
    assert again.read("sub", 0, NOON) == [at(NOON, 1.0)]
    assert again.read("elsewhere", 0, NOON) == []
    again.close()


def test_samples_come_oldest_first_after_the_instant_asked_for(store: HistoryStore):
    for number in (3, 1, 2, 4):
        store.keep({"main": at(NOON + number * STEP_S)})
    assert instants(store, since=NOON + STEP_S, until=NOON + 3 * STEP_S) == [NOON + 2 * STEP_S, NOON + 3 * STEP_S]


def test_the_file_never_holds_more_than_a_day(store: HistoryStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(history, "PLACES", 10)
    for number in range(35):
        store.keep({"main": at(NOON + number * STEP_S)})
    assert instants(store) == [NOON + number * STEP_S for number in range(25, 35)]
    assert PLACES * STEP_S == DAY_S


def test_two_samples_in_one_step_are_one_row(store: HistoryStore):
    store.keep({"main": at(NOON)})
    store.keep({"main": at(NOON + 1)})
    assert instants(store) == [NOON + 1]


def test_so_many_panels_and_no_more(store: HistoryStore):
    store.keep({f"p{number:03}": at(NOON) for number in range(MOST_PANELS + 5)})
    assert instants(store, f"p{MOST_PANELS - 1:03}") == [NOON]
    assert instants(store, f"p{MOST_PANELS:03}") == []


def test_panels_that_are_gone_are_forgotten(store: HistoryStore):
    store.keep({"main": at(NOON), "old": at(NOON)})
    store.forget_others(("main",))
    assert (instants(store), instants(store, "old")) == ([NOON], [])


@pytest.mark.parametrize("garbage", [b"not a database at all" * 500, b"SQLite format 3\0" + b"\xff" * 5000])
def test_p6_a_broken_file_is_put_aside_told_once_and_the_history_starts_anew(tmp_path: Path, garbage: bytes):
    path = tmp_path / "history.db"
    path.write_bytes(garbage)
    store = HistoryStore(tmp_path)
    with capture_logs() as told:
        assert store.read("main", 0, NOON) == []
        assert store.keep({"main": at(NOON)})
    assert [line["event"] for line in told] == ["history unreadable, starting anew"]
    assert instants(store) == [NOON]
    assert (tmp_path / "history.db.broken").read_bytes() == garbage
    store.close()


def test_p6_a_row_somebody_else_wrote_is_left_out(store: HistoryStore, tmp_path: Path):
    store.keep({"main": at(NOON)})
    with sqlite3.connect(tmp_path / "state" / "history.db") as other:
        other.execute("INSERT INTO sample VALUES ('main', 1, ?, ?)", (NOON + 15, b"short"))
    other.close()
    assert instants(store) == [NOON]


def test_a_disk_that_refuses_is_told_once_and_tried_again(tmp_path: Path):
    folder = tmp_path / "state"
    folder.write_text("a file where the folder should be")
    store = HistoryStore(folder)
    with capture_logs() as told:
        assert not store.keep({"main": at(NOON)})
        assert not store.keep({"main": at(NOON)})
        assert store.read("main", 0, NOON) == []
    assert len(told) == 1
    assert "cannot be kept" in told[0]["event"]
    folder.unlink()
    assert store.keep({"main": at(NOON)})
    store.close()


def test_the_file_is_for_its_owner_only(store: HistoryStore, tmp_path: Path):
    store.keep({"main": at(NOON)})
    assert (tmp_path / "state" / "history.db").stat().st_mode & 0o077 == 0
