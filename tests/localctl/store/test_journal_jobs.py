"""A freshly opened file tells everything the loop must know."""

from pathlib import Path

from localctl.store import journal_letters, journal_lines
from localctl.store.journal_jobs import Handover, Job, opened, place
from tests.localctl.store import journals
from tests.localctl.store.journals import begun, item


def test_an_opened_file_tells_rows_stations_letters_and_the_mark(tmp_path: Path):
    disk = journals.opened(tmp_path)
    disk.begin()
    journal_lines.put(disk, "cs1", "CS1", begun("m1", invented=2_000_000_000))
    journal_lines.put(disk, "cs1", "CS1", item())
    journal_letters.bury(disk, "cs1", 2, attempts=1, code="x", text="")
    disk.commit()
    told = opened(disk, Handover())
    disk.close()
    assert told.touched["cs1"].rows == 1
    assert told.remembered is not None
    assert told.remembered["cs1"].name == "CS1"
    assert (told.dead_letters, told.mark, told.size) == (1, 2_000_000_100, disk.book.size)


def test_p7_a_bug_is_placed_without_what_was_in_the_variables():
    def broken(token: str) -> None:
        raise ValueError(token)

    try:
        broken("idToken 04A2")
    except ValueError as error:
        said = place(error)
    assert said.startswith("ValueError < test_journal_jobs.py:")
    assert said.split(" < ")[1].endswith(" broken")
    assert "04A2" not in said


def test_who_does_not_wait_for_a_job_need_not_say_so():
    Job(act=lambda _disk: None).done(None)
