"""The last 24 hours of every panel in one small SQLite file: a ring of rows, one per panel and quarter minute.

The row's place is its instant modulo a day, so the file cannot grow beyond a day whatever happens; rows that are older
than a day are not shown. A file that cannot be read is put aside (`history.db.broken`) and the history starts anew: it
is for people to look at, and nothing depends on it. Blocking: call from a worker thread.
"""

import contextlib
import os
import sqlite3
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path
from typing import Final

from structlog import get_logger

log = get_logger(__name__)

STEP_S: Final = 15
DAY_S: Final = 24 * 3600
PLACES: Final = DAY_S // STEP_S
MOST_PANELS: Final = 64
"""So many panels have a history: at most 40 MB on disk."""
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS sample (panel TEXT, place INTEGER, at REAL, amps BLOB, PRIMARY KEY (panel, place))"
    " WITHOUT ROWID"
)
_AMPS: Final = struct.Struct("<9f")

Amps = tuple[float | None, ...]
"""L1, L2, L3, each with limit, allocated and measured; None: not known or not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One panel at one instant."""

    at: float
    amps: Amps


class HistoryStore:
    """The file. Its methods may be called from any thread; faults of the disk are logged once, never raised."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "history.db"
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None
        self._trouble: str | None = None

    def keep(self, samples: Mapping[str, Sample]) -> bool:
        """Write one sample per panel. False when the disk refuses; the next one is tried again."""
        rows = [
            (panel, int(sample.at // STEP_S) % PLACES, sample.at, _packed(sample.amps))
            for panel, sample in list(samples.items())[:MOST_PANELS]
        ]
        with self._lock, self._guarded():
            database = self._opened()
            with database:
                database.executemany("INSERT OR REPLACE INTO sample VALUES (?, ?, ?, ?)", rows)
            self._trouble = None
            return True
        return False

    def read(self, panel: str, since: float, until: float) -> list[Sample]:
        """The panel's samples after `since`, oldest first. Nothing where the file cannot be read."""
        with self._lock, self._guarded():
            found = self._opened().execute(
                "SELECT at, amps FROM sample WHERE panel = ? AND at > ? AND at <= ? ORDER BY at", (panel, since, until)
            )
            return [Sample(at=at, amps=_unpacked(amps)) for at, amps in found if len(amps) == _AMPS.size]
        return []

    def forget_others(self, panels: tuple[str, ...]) -> None:
        """Drop the rows of panels that are not on the site any more."""
        with self._lock, self._guarded():
            database = self._opened()
            known = {str(name) for (name,) in database.execute("SELECT DISTINCT panel FROM sample")}
            with database:
                database.executemany("DELETE FROM sample WHERE panel = ?", [(name,) for name in known - set(panels)])

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            self._shut()

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._path.touch(mode=0o600)
            self._database = sqlite3.connect(self._path, timeout=5.0, check_same_thread=False)
            # A power cut may cost the newest rows, never the file; flash is spared a sync per row.
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            self._database.execute(_TABLE)
        return self._database

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """A broken file is put aside, a disk that refuses is told once."""
        try:
            yield
        except sqlite3.OperationalError as error:
            self._refused(str(error))
        except sqlite3.DatabaseError as error:
            self._shut()
            self._put_aside(str(error))
        except OSError as error:
            self._refused(error.strerror or str(error))

    def _refused(self, reason: str) -> None:
        self._shut()
        if reason != self._trouble:
            log.warning("the history cannot be kept, the plots have a gap", file=str(self._path), reason=reason)
        self._trouble = reason

    def _put_aside(self, reason: str) -> None:
        broken = self._path.with_name(self._path.name + ".broken")
        with contextlib.suppress(OSError):
            os.replace(self._path, broken)
        for beside in ("-wal", "-shm"):
            self._path.with_name(self._path.name + beside).unlink(missing_ok=True)
        log.warning("history unreadable, starting anew", file=str(self._path), kept_as=str(broken), reason=reason)

    def _shut(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.close()
            self._database = None


def _packed(amps: Amps) -> bytes:
    return _AMPS.pack(*(nan if value is None else value for value in amps))


def _unpacked(packed: bytes) -> Amps:
    return tuple(None if isnan(value) else round(value, 3) for value in _AMPS.unpack(packed))
