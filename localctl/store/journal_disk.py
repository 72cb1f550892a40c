"""The open journal file and the transaction on it: what is counted, handed out and gone follows the commits.

Blocking, and used by one thread at a time (the writer's). The changes themselves are in `journal_lines` (what waits),
`journal_room` (what goes for want of room), `journal_known` (what is known of stations) and `journal_letters` (what
the CSMS would not take).
"""

import errno
import sqlite3
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from localctl.store import journal_schema
from localctl.store.journal_tally import Book, Figures, Tally
from localctl.store.journal_values import Limits


class JournalDisk:
    """One journal file. What works on it raises sqlite3.Error where the disk refuses; `undo` then forgets the rest."""

    def __init__(
        self,
        path: Path,
        limits: Limits,
        unix_now: Callable[[], float],
        connect: journal_schema.Connect = journal_schema.connect,
    ) -> None:
        self.path, self.limits, self.unix_now = path, limits, unix_now
        self.book = Book()
        self.dropped: Counter[str] = Counter()
        """By reason, in this transaction."""
        self.replaced = 0
        """Rows that a newer one of the same merge key took the place of, in this transaction."""
        self.handed: dict[str, int] = {}
        """The row that is with each station's CSMS just now."""
        self.gone: dict[str, set[int]] = {}
        """Rows per station that are delivered but may still be on a disk that refuses to delete them."""
        self.mark = 0
        """Every invented transaction number below it may have been used."""
        self.letters_changed = False
        """Dead letters came or went in this transaction."""
        self.set_aside: Path | None = None
        self._connect = connect
        self._sql: sqlite3.Connection | None = None
        self._deleted: set[int] = set()
        self._settled_mark = 0

    def open(self) -> None:
        """Open or make the file and count what is in it. Raises what `journal_schema.open_journal` raises."""
        self.close()
        opened = journal_schema.open_journal(self.path, self.limits.max_bytes, self.unix_now(), self._connect)
        self._sql, self.set_aside = opened.connection, opened.set_aside or self.set_aside
        self.book = Book(_tallies(self._sql))
        found = self._sql.execute("SELECT value FROM meta WHERE name = 'invented'")
        self.mark = self._settled_mark = next((int(value) for (value,) in found), 0)

    def close(self) -> None:
        """Close the file; its log is folded in."""
        if self._sql is not None:
            self._sql.close()
            self._sql = None

    @property
    def is_open(self) -> bool:
        """Whether there is a file to work with."""
        return self._sql is not None

    @property
    def sql(self) -> sqlite3.Connection:
        """The open connection."""
        if self._sql is None:
            raise OSError(errno.EIO, "the journal is not open")
        return self._sql

    def begin(self) -> int:
        """Start a transaction; the count of changes so far."""
        self.sql.execute("BEGIN IMMEDIATE")
        return self.sql.total_changes

    def commit(self) -> tuple[dict[str, Figures], Counter[str]]:
        """End it, durably: the stations that changed, and what was dropped."""
        for station in self.book.touched():
            found = self.sql.execute("SELECT at FROM item WHERE station = ? ORDER BY number LIMIT 1", (station,))
            self.book.oldest(station, next((at for (at,) in found), None))
        self.sql.execute("COMMIT")
        for station, numbers in list(self.gone.items()):
            numbers -= self._deleted
            if not numbers:
                del self.gone[station]
        self._deleted.clear()
        self._settled_mark, self.letters_changed, self.replaced = self.mark, False, 0
        dropped, self.dropped = self.dropped, Counter()
        return self.book.settle(), dropped

    def undo(self) -> None:
        """Forget what was done since `begin`."""
        self._deleted.clear()
        self.dropped.clear()
        self.mark, self.letters_changed, self.replaced = self._settled_mark, False, 0
        self.book.undo()
        if self._sql is not None and self._sql.in_transaction:
            self._sql.execute("ROLLBACK")

    def undeleted(self, station: str) -> set[int]:
        """Its rows that are delivered and still there; they are never handed out again."""
        return self.gone.get(station, set()) - self._deleted

    def delete(self, number: int) -> None:
        """Take a row away, if it is there."""
        gone = self.sql.execute("DELETE FROM item WHERE number = ? RETURNING station, tx, bytes", (number,)).fetchall()
        for station, transaction, size in gone:
            self.book.take(station, transaction, size)
        self._deleted.add(number)


def _tallies(sql: sqlite3.Connection) -> dict[str, Tally]:
    """Counted from the index alone, without touching the payloads."""
    tallies: dict[str, Tally] = {}
    question = "SELECT station, tx, count(*), sum(bytes), max(nth), min(at) FROM item GROUP BY station, tx"
    for station, transaction, rows, size, nth, at in sql.execute(question):
        tally = tallies.setdefault(station, Tally())
        before = tally.figures
        oldest_at = at if before.oldest_at is None else min(at, before.oldest_at)
        tally.figures = Figures(before.rows + rows, before.size + size, oldest_at)
        if transaction:
            tally.transactions[transaction] = rows
            tally.updates[transaction] = nth
    return tallies
