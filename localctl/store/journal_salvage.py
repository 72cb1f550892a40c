"""A broken journal: set aside, not thrown away, and what can be read of it is taken over."""

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from localctl.store.journal_values import FIRST_INVENTED, LAST_INVENTED

KEPT: Final = 2
"""Broken journals that stay."""


def set_aside(path: Path, unix_now: float) -> Path:
    """Move a broken journal out of the way, with its log; the two newest of these stay, since a disk is finite."""
    stamp = datetime.fromtimestamp(unix_now, UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    os.replace(path, aside)
    for end in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.replace(f"{path}{end}", f"{aside}{end}")
    names = {name.name.removesuffix("-wal").removesuffix("-shm") for name in path.parent.glob(f"{path.name}.corrupt-*")}
    for name in sorted(names)[:-KEPT]:
        for end in ("", "-wal", "-shm"):
            path.with_name(name + end).unlink(missing_ok=True)
    sync_folder(path.parent)
    return aside


def salvage(aside: Path, fresh: sqlite3.Connection, tables: Sequence[str]) -> int:
    """Copy what can be read, from either end of each table; the number of waiting messages saved."""
    with contextlib.closing(sqlite3.connect(aside, timeout=5.0)) as old, contextlib.suppress(sqlite3.DatabaseError):
        fresh.execute("BEGIN IMMEDIATE")
        for table in tables:
            for order in ("ASC", "DESC"):
                _copy(old, fresh, table, order)
        fresh.execute("COMMIT")
    if fresh.in_transaction:
        fresh.execute("ROLLBACK")
    return int(fresh.execute("SELECT count(*) FROM item").fetchone()[0])


def number_on(fresh: sqlite3.Connection, unix_now: float) -> None:
    """Rows and invented transactions get numbers that the broken journal never gave, by the clock where it was lost.

    The CSMS may still answer about a row of the broken one, and a 1.6 station still charge under an old number: neither
    may mean something new.
    """
    fresh.execute("BEGIN IMMEDIATE")
    fresh.execute("DELETE FROM sqlite_sequence WHERE name = 'item'")
    fresh.execute("INSERT INTO sqlite_sequence VALUES ('item', ?)", (int(unix_now * 1000),))
    mark = FIRST_INVENTED + int(unix_now) % (LAST_INVENTED - FIRST_INVENTED)
    fresh.execute("INSERT OR IGNORE INTO meta VALUES ('invented', ?)", (mark,))
    fresh.execute("COMMIT")


def _copy(old: sqlite3.Connection, fresh: sqlite3.Connection, table: str, order: str) -> None:
    columns = [str(row[1]) for row in fresh.execute(f"PRAGMA table_info({table})")]
    put = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(columns))})"
    with contextlib.suppress(sqlite3.DatabaseError):
        for row in old.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1 {order}"):
            fresh.execute(put, row)


def sync_folder(folder: Path) -> None:
    """Have the names in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
