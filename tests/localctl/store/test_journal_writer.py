"""One thread, one commit for all that waits; and a disk that refuses for a while."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from localctl.store import journal_lines, journal_writer
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_jobs import Handover, Job
from localctl.store.journal_values import Limits
from localctl.store.journal_writer import Writer
from tests.localctl.store.journals import WAIT_S, Clock, Faulty, begun, item, opened, waiting_ids


class Bench:
    """A writer on a disk that can refuse; what it hands over is applied by hand."""

    def __init__(self, folder: Path) -> None:
        self.faulty = Faulty()
        self.disk = JournalDisk(folder / "journal.db", Limits(), Clock(), self.faulty.connect)
        self.disk.open()
        self.writer = Writer(self.disk)
        self.handovers: list[Handover] = []
        self.results: list[object] = []

    def deliver(self, handover: Handover) -> None:
        self.handovers.append(handover)
        for done, result in handover.done:
            done(result)

    def submit(self, act: Callable[[JournalDisk], object], **how) -> None:
        self.writer.submit(Job(act=act, done=self.results.append, **how))

    def keep(self, message_id: str) -> None:
        self.submit(lambda disk: journal_lines.put(disk, "cs1", "CS1", begun(message_id, tx=message_id)))

    def delivered(self, number: int) -> None:
        self.submit(lambda disk: journal_lines.remove(disk, "cs1", number, None), owed=number, takes=("cs1", number))

    def finish(self) -> None:
        self.writer.close()
        self.writer.join()

    def run(self) -> None:
        self.writer.start(self.deliver)
        self.finish()


@pytest.fixture
def bench(tmp_path: Path):
    bench = Bench(tmp_path)
    yield bench
    bench.finish()


def until(true: Callable[[], object]) -> None:
    """Wait for the writer's thread."""
    give_up_at = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < give_up_at
        time.sleep(0.005)


def on_disk(folder: Path) -> list[str]:
    disk = opened(folder)
    ids = waiting_ids(disk)
    disk.close()
    return ids


def test_all_that_waits_when_a_commit_begins_is_one_commit(bench: Bench, tmp_path: Path):
    for n in range(50):
        bench.keep(f"m{n}")
    bench.run()
    assert sum(handover.commits for handover in bench.handovers) <= 2
    assert bench.results == list(range(1, 51))
    assert on_disk(tmp_path) == [f"m{n}" for n in range(50)]


def test_p4_nobody_is_told_before_the_commit(bench: Bench):
    order: list[str] = []
    commit = bench.disk.commit
    bench.disk.commit = lambda: (commit(), order.append("commit"))[0]
    bench.writer.submit(
        Job(act=lambda disk: journal_lines.put(disk, "cs1", "CS1", item()), done=lambda _n: order.append("told"))
    )
    bench.run()
    assert order[-2:] == ["commit", "told"]


def test_what_a_full_disk_refuses_is_told_and_trouble_with_it(bench: Bench, tmp_path: Path):
    bench.keep("before")
    bench.writer.start(bench.deliver)
    until(lambda: bench.results)
    bench.faulty.refuses = ("COMMIT",)
    bench.keep("refused")
    until(lambda: len(bench.results) >= 2)
    trouble = bench.handovers[-1].trouble
    assert trouble is not None
    assert "cannot be written: database or disk is full" in trouble
    assert "Free some space" in trouble
    bench.faulty.refuses = ()
    bench.keep("after")
    bench.finish()
    assert bench.results == [1, None, 2]
    assert bench.handovers[-1].trouble is None
    assert on_disk(tmp_path) == ["before", "after"]


def test_what_the_csms_has_is_owed_until_the_disk_takes_it(bench: Bench, tmp_path: Path):
    for name in ("m1", "m2", "m3"):
        bench.keep(name)
    bench.writer.start(bench.deliver)
    until(lambda: len(bench.results) >= 3)
    bench.faulty.refuses = ("DELETE",)
    bench.delivered(1)
    bench.delivered(2)
    bench.submit(lambda disk: journal_lines.first(disk, "cs1"))
    until(lambda: len(bench.results) >= 4)
    row, waiting, _ = bench.results[3]
    assert (row.number, waiting) == (3, 1)
    bench.faulty.refuses = ()
    bench.finish()
    assert on_disk(tmp_path) == ["m3"]


def test_debts_are_paid_in_their_order_and_the_newest_of_a_kind_counts(bench: Bench):
    paid: list[str] = []

    def say(what: str) -> Callable[[JournalDisk], None]:
        def act(disk: JournalDisk) -> None:
            disk.sql.execute("INSERT OR REPLACE INTO meta VALUES (?, 1)", (what,))
            paid.append(what)

        return act

    bench.faulty.refuses = ("INSERT",)
    for what, key in (("old a", "a"), ("b", "b"), ("new a", "a"), ("c", "c")):
        bench.submit(say(what), owed=key)
    bench.writer.start(bench.deliver)
    until(lambda: any(handover.trouble for handover in bench.handovers))
    bench.faulty.refuses = ()
    paid.clear()
    bench.finish()
    assert paid == ["b", "new a", "c"]


def test_one_job_that_is_at_fault_does_not_take_the_others_with_it(bench: Bench, tmp_path: Path):
    bench.keep("m1")
    bench.submit(lambda disk: disk.sql.execute("INSERT INTO meta VALUES ('x', NULL)"))
    bench.submit(lambda _disk: 1 // 0, owed="never")
    bench.keep("m2")
    bench.run()
    assert sorted(bench.results, key=str) == [1, 2, None, None]
    assert bench.handovers[-1].trouble is None
    assert on_disk(tmp_path) == ["m1", "m2"]


def test_a_disk_that_is_well_again_is_noticed_without_traffic(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal_writer, "RETRY_S", 0.01)
    bench.faulty.refuses = ("INSERT",)
    bench.keep("refused")
    bench.writer.start(bench.deliver)
    until(lambda: any(handover.trouble for handover in bench.handovers))
    bench.faulty.refuses = ()
    until(lambda: not bench.handovers[-1].trouble)
    assert bench.results == [None]


def test_a_journal_that_could_not_be_opened_is_opened_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal_writer, "RETRY_S", 0.01)
    (tmp_path / "state").write_text("a file where the folder should be")
    writer = Writer(JournalDisk(tmp_path / "state" / "journal.db", Limits(), Clock()))
    handovers: list[Handover] = []
    writer.start(handovers.append)
    until(lambda: handovers)
    assert handovers[0].trouble is not None
    (tmp_path / "state").unlink()
    until(lambda: not handovers[-1].trouble)
    assert any(handover.remembered == {} for handover in handovers)
    writer.close()
    writer.join()


def test_p4_a_file_that_breaks_under_way_is_replaced_and_work_goes_on(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(journal_writer, "RETRY_S", 0.01)
    bench.faulty.code = sqlite3.SQLITE_CORRUPT
    bench.faulty.refuses = ("INSERT INTO item",)
    bench.keep("lost")
    bench.writer.start(bench.deliver)
    until(lambda: bench.results)
    bench.faulty.refuses = ()
    until(lambda: not bench.handovers[-1].trouble)
    bench.keep("kept")
    bench.finish()
    assert bench.results == [None, 1]
    assert any(handover.remembered is not None for handover in bench.handovers)


def test_a_folder_that_cannot_be_made_is_no_full_disk(tmp_path: Path):
    (tmp_path / "file").touch()
    handovers: list[Handover] = []
    writer = Writer(JournalDisk(tmp_path / "file" / "state" / "journal.db", Limits(), Clock()))
    writer.start(handovers.append)
    writer.close()
    writer.join()
    trouble = handovers[-1].trouble
    assert trouble is not None
    assert "cannot be written: Not a directory; until it can" in trouble
    assert "name another `state_dir`" in trouble
    assert "Free some space" not in trouble
