"""The journal's file: its tables, how it is opened, and what happens to one that is broken.

How it survives a power cut:
- Write-ahead log with `synchronous=FULL`: a commit returns when the log has been synced. What was not committed is
  gone after the cut, what was is there; a torn end of the log is recognised by its checksums and left out.
- The folder is synced after the file was made (SQLite does so itself for its log), so the name is there too.
- The log is folded into the file every 1,000 pages (4 MiB) and cut to 8 MiB, so it stays small as long as nobody
  reads for long; readers here read page by page.

A file that is no good is set aside, what can be read of it is taken over, and the box starts. The check at opening is
bounded: all of a file up to 64 MiB, of larger ones the small tables; the index of the large one is read in any case.
"""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from structlog import get_logger

from localctl.store import journal_salvage
from localctl.store.journal_salvage import sync_folder
from localctl.store.journal_values import MIB

log = get_logger(__name__)

VERSION: Final = 1
TABLES: Final = ("item", "dead", "alias", "station", "authorization", "meta")
CHECK_ALL_BYTES: Final = 64 * MIB
CHECKPOINT_PAGES: Final = 1000
LOG_BYTES: Final = 8 * MIB

SCHEMA: Final = """
CREATE TABLE item (
  number INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL, kind TEXT NOT NULL, action TEXT NOT NULL,
  message_id TEXT NOT NULL, merge TEXT NOT NULL, tx TEXT NOT NULL, invented INTEGER, nth INTEGER NOT NULL,
  bytes INTEGER NOT NULL, at REAL NOT NULL, payload TEXT NOT NULL);
CREATE INDEX item_line ON item (station, number, tx, kind, nth, bytes, at);
CREATE INDEX item_latest ON item (station, merge) WHERE merge <> '';
CREATE TABLE dead (
  id INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL, kind TEXT NOT NULL, action TEXT NOT NULL,
  message_id TEXT NOT NULL, merge TEXT NOT NULL, tx TEXT NOT NULL, invented INTEGER, bytes INTEGER NOT NULL,
  at REAL NOT NULL, buried_at REAL NOT NULL, attempts INTEGER NOT NULL, code TEXT NOT NULL, text TEXT NOT NULL,
  payload TEXT NOT NULL);
CREATE INDEX dead_line ON dead (station, id);
CREATE TABLE alias (
  station TEXT, local INTEGER, csms INTEGER, begin TEXT NOT NULL DEFAULT '', passed_on INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (station, local)) WITHOUT ROWID;
CREATE TABLE station (
  key TEXT PRIMARY KEY, name TEXT NOT NULL, accepted INTEGER NOT NULL DEFAULT 0, subprotocol TEXT,
  boot TEXT NOT NULL DEFAULT '', heartbeat_s INTEGER NOT NULL DEFAULT 300) WITHOUT ROWID;
CREATE TABLE authorization (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""

Connect = Callable[[Path], sqlite3.Connection]


class NewerJournal(Exception):
    """The file was written by a later version. Nothing was changed."""


class Opened(NamedTuple):
    """An open journal, and the broken one it takes the place of."""

    connection: sqlite3.Connection
    set_aside: Path | None


BUGS: Final = frozenset(
    (
        sqlite3.SQLITE_OK, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE, sqlite3.SQLITE_TOOBIG,
        sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH,
    )
)  # fmt: skip
"""SQLite's codes for what only we can have done wrong. It has none where its Python module complains by itself."""


class Unsound(sqlite3.DatabaseError):
    """The check at opening found something wrong."""


def is_corrupt(error: Exception) -> bool:
    """True where the file itself is no good; False where the disk is full, refuses, or is slow."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
    return isinstance(error, Unsound) or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def disk_refused(error: Exception) -> bool:
    """True where the disk or the file is to blame, so that trying again may help; False for a bug of ours."""
    if isinstance(error, OSError | Unsound):
        return True
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF not in BUGS


def connect(path: Path) -> sqlite3.Connection:
    """A connection that several threads may use one after the other."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)


def reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads. Raises sqlite3.Error where there is no journal yet."""
    name = f"{path.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(name, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0)


def open_journal(path: Path, max_bytes: int, unix_now: float, connect: Connect = connect) -> Opened:
    """The journal at this path, made or set aside and made anew where need be.

    Raises OSError or sqlite3.Error where the disk refuses, NewerJournal for a file from the future.
    """
    try:
        return Opened(_opened(path, max_bytes, connect), None)
    except sqlite3.DatabaseError as error:
        if not is_corrupt(error):
            raise
        aside = journal_salvage.set_aside(path, unix_now)
        log.error("journal corrupt, set aside and a new one begun", kept_as=str(aside), error=str(error))
    fresh = _opened(path, max_bytes, connect)
    saved = journal_salvage.salvage(aside, fresh, TABLES)
    journal_salvage.number_on(fresh, unix_now)
    log.warning("rows taken over from the corrupt journal", rows=saved, kept_as=str(aside))
    return Opened(fresh, aside)


def _opened(path: Path, max_bytes: int, connect: Connect) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new = not path.exists()
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if is_new:
        sync_folder(path.parent)
        sync_folder(path.parent.parent)
    connection = connect(path)
    try:
        _prepare(connection, path, max_bytes)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, max_bytes: int) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
        f"journal_size_limit={LOG_BYTES}",
        "cache_size=-4096",
        "temp_store=MEMORY",
        f"max_page_count={max(1024, (max_bytes * 3 // 2 + LOG_BYTES) // 4096)}",
    ):
        connection.execute(f"PRAGMA {pragma}")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise NewerJournal(
            f"{path} was written by a newer localctl (format {version}, this one knows {VERSION}): "
            "install that version again, or move the file away and lose what waits in it"
        )
    if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        connection.executescript(f"BEGIN IMMEDIATE;{SCHEMA}PRAGMA user_version={VERSION};COMMIT;")
    _check(connection, path)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Raise Unsound for a file that is none of ours or not sound, without reading more than a bounded part of it."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not there.issuperset(TABLES):
        raise Unsound("tables are missing")
    whole = path.stat().st_size <= CHECK_ALL_BYTES
    for check in ["quick_check(1)"] if whole else [f"quick_check({name})" for name in TABLES[2:]]:
        (verdict,) = connection.execute(f"PRAGMA {check}").fetchone()
        if verdict != "ok":
            raise Unsound(verdict)
