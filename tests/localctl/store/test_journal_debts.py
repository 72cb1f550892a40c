"""Debts keep their order, the newest of a kind counts, and their rows are not handed out again."""

from pathlib import Path

from localctl.store import journal_lines
from localctl.store.journal_debts import Debts
from localctl.store.journal_jobs import Job
from tests.localctl.store.journals import begun, opened


def job(owed: str | None, takes: tuple[str, int] | None = None) -> Job:
    return Job(act=lambda _disk: None, owed=owed, takes=takes)


def test_the_newest_of_a_kind_stands_last_and_other_jobs_pass(tmp_path: Path):
    disk, debts = opened(tmp_path), Debts()
    old, other, free, new = job("a"), job("b"), job(None), job("a")
    assert debts.add([old, other, free], disk) == [free]
    assert debts.add([new], disk) == []
    assert debts
    assert debts.take() == [other, new]
    assert not debts
    disk.close()


def test_a_row_that_is_owed_to_be_deleted_is_not_handed_out(tmp_path: Path):
    disk, debts = opened(tmp_path), Debts()
    disk.begin()
    first = journal_lines.put(disk, "cs1", "CS1", begun("m1"))
    journal_lines.put(disk, "cs1", "CS1", begun("m2"))
    disk.commit()
    assert first is not None
    debts.add([job("row", ("cs1", first))], disk)
    row, waiting, _ = journal_lines.first(disk, "cs1")
    assert row is not None
    assert (row.item.message_id, waiting) == ("m2", 1)
    disk.close()
