"""What goes to the journal's thread and what comes back from it."""

import sqlite3
import traceback
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from localctl.store import journal_known, journal_letters, journal_lines
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_known import Remembered
from localctl.store.journal_tally import Figures

DISK_ERRORS: Final = (OSError, sqlite3.DatabaseError)
"""What a disk or a file on it does to us; all else is a bug of ours."""


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One thing to do in a transaction."""

    act: Callable[[JournalDisk], object]
    done: Callable[[Any], None] = lambda _result: None
    """Gets what `act` gave, once that is on disk; None where it could not be done."""
    owed: Hashable | None = None
    """Tried until the disk takes it; of several with the same key only the last one. Debts keep their order."""
    takes: tuple[str, int] | None = None
    """Station and row that must not be handed out again, whether the disk takes this or not."""


@dataclass(slots=True, kw_only=True)
class Handover:
    """What the loop is to know after a commit, or after one failed."""

    done: list[tuple[Callable[[Any], None], object]] = field(default_factory=list)
    touched: dict[str, Figures] = field(default_factory=dict)
    dropped: Counter[str] = field(default_factory=Counter)
    replaced: int = 0
    dead_letters: int | None = None
    size: int = 0
    commits: int = 0
    jobs: int = 0
    commit_s: float = 0.0
    failures: int = 0
    trouble: str | None = None
    mark: int = 0
    set_aside: Path | None = None
    swept_at: float | None = None
    """It was looked for what is too old, at this time by the box's clock."""
    remembered: dict[str, Remembered] | None = None
    """The file was opened anew: everything that is known of stations; `touched` has them all."""


def place(error: Exception) -> str:
    """Which kind of bug it is and where, and nothing of the variables: there are tokens in payloads (P7)."""
    places = traceback.extract_tb(error.__traceback__)
    return " < ".join(
        [type(error).__name__, *(f"{Path(at.filename).name}:{at.lineno} {at.name}" for at in reversed(places))]
    )


def _remembered(disk: JournalDisk) -> dict[str, Remembered]:
    """What is known of stations, and what those said last for whom something waits."""
    found = journal_known.load_known(disk)
    for station in disk.book.all():
        if station in found:
            known = structs.replace(found[station].known, recent=journal_lines.recent(disk, station))
            found[station] = found[station]._replace(known=known)
    return found


def opened(disk: JournalDisk, out: Handover) -> Handover:
    """Add everything in a file that has just been opened."""
    out.remembered, out.dead_letters = _remembered(disk), journal_letters.count(disk)
    out.touched |= disk.book.all()
    out.mark, out.size, out.set_aside = disk.mark, disk.book.size, disk.set_aside
    return out


def open_anew(disk: JournalDisk, out: Handover) -> Handover:
    """Open the file and add everything in it. One that cannot be read to its end is left closed, to be tried again."""
    try:
        disk.open()
        return opened(disk, out)
    except BaseException:
        disk.close()
        raise
