"""Messages the CSMS would not take after all attempts: kept for the operator, who lists, exports, retries, drops them.

They take at most a tenth of the journal's bytes and are at most 10,000; beyond that the oldest go, those that begin or
end a transaction last of all.
"""

import json
import sqlite3
from collections.abc import Iterator
from typing import Final

import msgspec

from localctl.store import journal_lines
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_lines import COLUMNS
from localctl.store.journal_values import DeadLetter, QueueRow

MAX_LETTERS: Final = 10_000
PAGE: Final = 500
"""Rows a reader reads at once: a long read would keep the log from being folded in."""

_LETTER: Final = f"id, coalesce(name, dead.station), at, buried_at, attempts, code, text, {COLUMNS}"
_LETTERS: Final = f"SELECT {_LETTER} FROM dead LEFT JOIN station ON key = dead.station"


def bury(disk: JournalDisk, station: str, number: int, *, attempts: int, code: str, text: str) -> None:
    """Out of the line, into the dead letters."""
    found = journal_lines.take(disk, station, number)
    if found is None:
        return
    item, kept_at = found
    disk.letters_changed = True
    disk.sql.execute(
        f"INSERT INTO dead (station, {COLUMNS}, bytes, at, buried_at, attempts, code, text) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            station, *journal_lines.columns_of(item), journal_lines.size_of(item), kept_at, disk.unix_now(), attempts,
            code, text,
        ),
    )  # fmt: skip
    _trim(disk)


def revive(disk: JournalDisk, letter: int) -> str | None:
    """Back to the end of its station's line; the station, None if there is no such letter.

    It stays itself there, also beside a newer message with its merge key.
    """
    found = disk.sql.execute(f"DELETE FROM dead WHERE id = ? RETURNING station, at, {COLUMNS}", (letter,)).fetchall()
    disk.letters_changed = True
    for station, at, *columns in found:
        item = msgspec.structs.replace(journal_lines.item_of(tuple(columns)), merge="")
        journal_lines.insert(disk, station, item, journal_lines.size_of(item), at)
        return str(station)
    return None


def drop(disk: JournalDisk, letter: int) -> bool:
    """Gone for good; False if there is no such letter."""
    disk.letters_changed = True
    gone = disk.sql.execute("DELETE FROM dead WHERE id = ? RETURNING id", (letter,)).fetchall()
    disk.dropped["operator"] += len(gone)
    return bool(gone)


def count(disk: JournalDisk) -> int:
    """How many there are."""
    return int(disk.sql.execute("SELECT count(*) FROM dead").fetchone()[0])


def listed(sql: sqlite3.Connection, station: str | None, after: int, most: int) -> list[DeadLetter]:
    """The next letters after this id, the oldest first, of one station or of all."""
    found = sql.execute(
        f"{_LETTERS} WHERE id > ? AND (? IS NULL OR dead.station = ?) ORDER BY id LIMIT ?",
        (after, station, station, most),
    )
    return [
        DeadLetter(
            id=row[0], identity=row[1], kept_at=row[2], buried_at=row[3], attempts=row[4], code=row[5], text=row[6],
            item=journal_lines.item_of(row[7:]),
        )
        for row in found
    ]  # fmt: skip


def newest(sql: sqlite3.Connection, most: int) -> list[DeadLetter]:
    """The newest letters of all stations, the oldest of them first."""
    found = sql.execute("SELECT id FROM dead ORDER BY id DESC LIMIT 1 OFFSET ?", (most,))
    return listed(sql, None, next((number for (number,) in found), 0), most)


def exported(sql: sqlite3.Connection, station: str | None) -> Iterator[str]:
    """One line of JSON per letter, its payload as the exact text it had."""
    after = 0
    while page := listed(sql, station, after, PAGE):
        for letter in page:
            document = msgspec.to_builtins(letter)
            yield json.dumps({**document.pop("item"), **document}, ensure_ascii=False)
        after = page[-1].id


def queues(sql: sqlite3.Connection) -> list[QueueRow]:
    """Every station for which something waits."""
    found = sql.execute(
        "SELECT coalesce(name, item.station), count(*), min(at), sum(bytes) FROM item "
        "LEFT JOIN station ON key = item.station GROUP BY item.station ORDER BY item.station"
    )
    return [QueueRow(identity=row[0], waiting=row[1], oldest_at=row[2], bytes=row[3]) for row in found]


def _trim(disk: JournalDisk) -> None:
    rows, size = disk.sql.execute("SELECT count(*), sum(bytes) FROM dead").fetchone()
    while rows > MAX_LETTERS or size > disk.limits.max_bytes // 10:
        found = disk.sql.execute(
            "DELETE FROM dead WHERE id = (SELECT id FROM dead ORDER BY kind = 'transaction', id LIMIT 1) "
            "RETURNING bytes"
        ).fetchall()
        disk.dropped["dead letter"] += 1
        rows, size = rows - 1, size - found[0][0]
