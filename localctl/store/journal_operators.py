"""What operators ask of the journal: what waits, what the CSMS would not take, and to try that again.

Callable in any thread but the loop's: these methods block. Reading goes past the writer, on a connection of its own;
changes go through the writer like everybody's.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Final, TypeVar

from localctl.store import journal_known, journal_letters, journal_schema
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_jobs import DISK_ERRORS, Job
from localctl.store.journal_values import DeadLetter, QueueRow

T = TypeVar("T")

ASK_S: Final = 30.0
"""How long an operator waits for the writer."""


class Operators:
    """The operators' side of a journal at this path, whose writer takes jobs by `submit`."""

    def __init__(self, path: Path, submit: Callable[[Job], None]) -> None:
        self._path = path
        self._submit_job = submit

    def load_authorizations(self) -> dict[str, object]:
        """All entries. Empty where the journal cannot be read."""
        try:
            return self._read(journal_known.load_authorizations)
        except DISK_ERRORS:
            return {}

    def queues(self) -> list[QueueRow]:
        """What waits for which station. Raises sqlite3.Error where the journal cannot be read; so do the next two."""
        return self._read(journal_letters.queues)

    def dead_letters(self, identity: str | None = None, *, after: int = 0, most: int = 100) -> list[DeadLetter]:
        """The next dead letters after this id, the oldest first, of one station or of all."""
        station = None if identity is None else identity.casefold()
        return self._read(lambda sql: journal_letters.listed(sql, station, after, most))

    def newest_letters(self, most: int) -> list[DeadLetter]:
        """The newest dead letters. Empty where the journal cannot be read."""
        try:
            return self._read(lambda sql: journal_letters.newest(sql, most))
        except DISK_ERRORS:
            return []

    def export(self, identity: str | None = None) -> Iterator[str]:
        """One line of JSON per dead letter."""
        with contextlib.closing(journal_schema.reader(self._path)) as sql:
            yield from journal_letters.exported(sql, None if identity is None else identity.casefold())

    def retry(self, letter: int) -> str | None:
        """Put a dead letter at the end of its station's line; the station, None if there is no such letter."""
        return self._ask(lambda disk: journal_letters.revive(disk, letter))

    def drop(self, letter: int) -> bool:
        """Delete a dead letter for good; False if there is no such letter, or the disk refused."""
        return bool(self._ask(lambda disk: journal_letters.drop(disk, letter)))

    def _read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        with contextlib.closing(journal_schema.reader(self._path)) as sql:
            return question(sql)

    def _ask(self, act: Callable[[JournalDisk], T]) -> T | None:
        """Have the writer do it and wait. Raises TimeoutError where it does not come to it."""
        answer: Future[T | None] = Future()
        self._submit_job(Job(act=act, done=answer.set_result))
        return answer.result(ASK_S)
