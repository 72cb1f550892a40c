"""Room in the journal: what goes when a bound is reached, and what is too old. The choice itself is in `shedding`.

A row that is with the CSMS just now is left alone. Where something must go, a fiftieth of the bound goes, since the
choice has to look at all rows of a station.
"""

from typing import Final

from localctl.store import shedding
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_values import SANE_UNIX
from localctl.store.shedding import Kept
from routing.carrying.items import Kind

SLACK: Final = 50


def make_room(disk: JournalDisk, station: str, *, rows: int, size: int) -> bool:
    """True if so much more is within the bounds, if need be after dropping what may go."""
    return _rows(disk, station, rows) and _bytes(disk, size)


def expire(disk: JournalDisk) -> None:
    """Drop what is too old, but never begin and end of a transaction (E04.FR.08)."""
    horizon = disk.unix_now() - disk.limits.max_age_s
    for station, figures in disk.book.all().items():
        if figures.oldest_at is not None and figures.oldest_at < horizon:
            _expire(disk, station, horizon)


def _rows(disk: JournalDisk, station: str, rows: int) -> bool:
    most = disk.limits.max_rows
    over = disk.book.look(station).rows + rows - most
    if over > 0:
        _shed(disk, station, over + most // SLACK, 0)
    return disk.book.look(station).rows + rows <= most


def _bytes(disk: JournalDisk, size: int) -> bool:
    most = disk.limits.max_bytes
    if disk.book.size + size > most:
        for station in disk.book.biggest_first():
            over = disk.book.size + size - most
            if over <= 0:
                break
            _shed(disk, station, 0, over + most // SLACK)
    return disk.book.size + size <= most


def _shed(disk: JournalDisk, station: str, rows: int, size: int) -> None:
    found = disk.sql.execute(
        "SELECT number, kind, nth, bytes FROM item WHERE station = ? AND number <> ?",
        (station, disk.handed.get(station, 0)),
    )
    kept = [Kept(number, Kind(kind), nth, taken) for number, kind, nth, taken in found]
    for row in shedding.choose(kept, over_rows=rows, over_bytes=size):
        disk.delete(row.number)
        disk.dropped[row.kind.value] += 1


def _expire(disk: JournalDisk, station: str, horizon: float) -> None:
    old = disk.sql.execute(
        "SELECT number FROM item WHERE station = ? AND number <> ? AND at > ? AND at < ? AND kind <> 'transaction'",
        (station, disk.handed.get(station, 0), SANE_UNIX, horizon),
    ).fetchall()
    for (number,) in old:
        disk.delete(number)
        disk.dropped["age"] += 1
