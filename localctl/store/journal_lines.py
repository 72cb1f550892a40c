"""What waits for each station's CSMS: in at the end of the line, out at its front.

Of messages with the same merge key the newest stays, at the end of the line, unless the older one is with the CSMS just
now. A 1.6 station's invented transaction number is stored with the message that tells of it, in the same commit.
"""

from collections.abc import Iterator
from typing import Final

from localctl.store import journal_known, journal_room
from localctl.store.journal_disk import JournalDisk
from routing.carrying.items import Alias, Item, Kind, Row

ROW_BYTES: Final = 200
"""What a row takes beside its payload, index included."""
COLUMNS: Final = "kind, action, message_id, payload, merge, tx, invented"
"""In the order of `item_of`."""

MAX_RECENT: Final = 32
MAX_RECENT_BYTES: Final = 32 * 1024
"""Rows per station that are held in memory after a start, to know them when they are said again: of begins and ends of
transactions, and as many others."""

ItemColumns = tuple[str, str, str, str, str, str, int | None]


def put(disk: JournalDisk, station: str, name: str, item: Item) -> int | None:
    """The new row's number; None where there is no room and nothing that may go (E04.FR.08)."""
    size = size_of(item)
    older = _older(disk, station, item)
    if not journal_room.make_room(disk, station, rows=1 if older is None else 0, size=size):
        return None
    if older is not None:
        disk.delete(older)
        disk.replaced += 1
    if not disk.book.look(station).rows:
        journal_known.name(disk, station, name)
    if item.invented is not None:
        journal_known.invented(disk, station, item.invented, item.begin)
    return insert(disk, station, item, size, disk.unix_now())


def insert(disk: JournalDisk, station: str, item: Item, size: int, at: float) -> int:
    """A row at the end of the line, whatever the bounds say."""
    nth = disk.book.add(station, item.transaction, size, is_update=item.kind is Kind.UPDATE)
    done = disk.sql.execute(
        f"INSERT INTO item (station, {COLUMNS}, nth, bytes, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (station, *columns_of(item), nth, size, at),
    )
    return int(done.lastrowid or 0)


def first(disk: JournalDisk, station: str) -> tuple[Row | None, int, frozenset[str]]:
    """The oldest row, now in delivery; how many wait; which transactions have any among them."""
    tally = disk.book.look(station)
    undeleted = disk.undeleted(station)
    for row in disk.sql.execute(f"SELECT number, {COLUMNS} FROM item WHERE station = ? ORDER BY number", (station,)):
        if row[0] not in undeleted:
            disk.handed[station] = row[0]
            return Row(number=row[0], item=item_of(row[1:])), tally.rows - len(undeleted), frozenset(tally.transactions)
    return None, 0, frozenset()


def recent(disk: JournalDisk, station: str) -> tuple[Item, ...]:
    """The newest rows, the oldest of them first: what the station may not know to be kept, and says again.

    What happens within transactions does not hide how they began.
    """
    rows = [*_newest(disk, station, "= 'transaction'"), *_newest(disk, station, "NOT IN ('transaction', 'latest')")]
    return tuple(row.item for row in sorted(rows, key=lambda row: row.number))


def _newest(disk: JournalDisk, station: str, kinds: str) -> Iterator[Row]:
    found = disk.sql.execute(
        f"SELECT number, {COLUMNS} FROM item WHERE station = ? AND kind {kinds} ORDER BY number DESC LIMIT ?",
        (station, MAX_RECENT),
    )
    size = 0
    for number, *columns in found:
        if size > MAX_RECENT_BYTES:
            break
        row = Row(number=number, item=item_of(tuple(columns)))
        size += size_of(row.item)
        yield row


def remove(disk: JournalDisk, station: str, number: int, alias: Alias | None) -> None:
    """The CSMS has this row: it goes, and what it taught of a 1.6 transaction is kept with that (10.7)."""
    hand_back(disk, station, number)
    disk.delete(number)
    if alias is not None:
        journal_known.alias(disk, station, alias)


def take(disk: JournalDisk, station: str, number: int) -> tuple[Item, float] | None:
    """The row and when it was kept; it is out of the line."""
    hand_back(disk, station, number)
    found = disk.sql.execute(f"SELECT at, {COLUMNS} FROM item WHERE number = ?", (number,)).fetchone()
    disk.delete(number)
    return None if found is None else (item_of(found[1:]), float(found[0]))


def hand_back(disk: JournalDisk, station: str, number: int) -> None:
    """This row is not handed out again in this process, whether it can be deleted or not."""
    disk.gone.setdefault(station, set()).add(number)
    if disk.handed.get(station) == number:
        del disk.handed[station]


def size_of(item: Item) -> int:
    """Bytes a row of this item takes, about."""
    return len(item.payload.encode()) + ROW_BYTES


def item_of(columns: ItemColumns) -> Item:
    """The item in these columns."""
    kind, action, message_id, payload, merge, transaction, invented = columns
    return Item(
        kind=Kind(kind), action=action, message_id=message_id, payload=payload, merge=merge, transaction=transaction,
        invented=invented,
    )  # fmt: skip


def columns_of(item: Item) -> ItemColumns:
    """The columns of this item."""
    return (
        item.kind.value, item.action, item.message_id, item.payload, item.merge, item.transaction, item.invented
    )  # fmt: skip


def _older(disk: JournalDisk, station: str, item: Item) -> int | None:
    if item.kind is not Kind.LATEST or not item.merge:
        return None
    found = disk.sql.execute(
        "SELECT number FROM item WHERE station = ? AND merge = ? AND number <> ? ORDER BY number DESC",
        (station, item.merge, disk.handed.get(station, 0)),
    )
    return next((int(number) for (number,) in found if number not in disk.undeleted(station)), None)
