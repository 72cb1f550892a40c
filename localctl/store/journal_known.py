"""What earlier connections taught about stations, their 1.6 transactions with two numbers, and authorizations.

Numbers that are invented for 1.6 transactions are given in blocks: the mark on disk is ahead of every one that was.
"""

import contextlib
import json
import sqlite3
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_values import FIRST_INVENTED, LAST_INVENTED
from routing.carrying.items import Alias, Known

BLOCK: Final = 100
"""Invented numbers per move of the mark."""
FACTS: Final = ("accepted", "subprotocol", "boot", "heartbeat_s")
"""What is known of a station, by the names of its columns."""
MOST: Final = 2**63 - 1
"""A larger number is none: the file has no room for it, and it must not keep from the disk what comes with it."""


class Remembered(NamedTuple):
    """A station on disk."""

    name: str
    """Its identity as it writes it."""
    known: Known


def after(number: int) -> int:
    """The invented number that follows this one."""
    return number + 1 if FIRST_INVENTED <= number < LAST_INVENTED else FIRST_INVENTED


def name(disk: JournalDisk, station: str, identity: str) -> None:
    """How this station writes itself."""
    disk.sql.execute("INSERT OR IGNORE INTO station (key, name) VALUES (?, ?)", (station, identity))


def remember(disk: JournalDisk, station: str, identity: str, known: Known, only: Collection[str] = FACTS) -> None:
    """Replace what is known of a station, or `only` these facts of it; the others stay as they are on disk."""
    facts = {name: getattr(known, name) for name in FACTS if name in only}
    if _number(known.heartbeat_s) is None:
        facts.pop("heartbeat_s", None)
    columns = ("key", "name", *facts)
    news = ", ".join(f"{column} = excluded.{column}" for column in columns[1:])
    disk.sql.execute(
        f"INSERT INTO station ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))}) "
        f"ON CONFLICT (key) DO UPDATE SET {news}",
        (station, identity, *facts.values()),
    )


def invented(disk: JournalDisk, station: str, number: int, begin: str = "") -> None:
    """A transaction begins with this number; the mark stays ahead of it, a block at a time."""
    alias(disk, station, Alias(local=number, begin=begin))
    if not disk.mark - BLOCK <= number < disk.mark:
        disk.mark = number + BLOCK
        disk.sql.execute("INSERT OR REPLACE INTO meta VALUES ('invented', ?)", (disk.mark,))


def alias(disk: JournalDisk, station: str, two: Alias) -> None:
    """Keep both numbers of a transaction; how it began stays."""
    disk.sql.execute(
        "INSERT INTO alias (station, local, csms, begin, passed_on) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (station, local) DO UPDATE SET csms = excluded.csms, passed_on = excluded.passed_on",
        (station, two.local, _number(two.real), two.begin, two.passed_on),
    )


def forget_alias(disk: JournalDisk, station: str, local: int) -> None:
    """The transaction is over, and the CSMS knows."""
    disk.sql.execute("DELETE FROM alias WHERE station = ? AND local = ?", (station, local))


def load_known(disk: JournalDisk) -> dict[str, Remembered]:
    """All stations by casefolded identity, `waiting` left at 0."""
    aliases: dict[str, tuple[Alias, ...]] = {}
    for station, *row in disk.sql.execute("SELECT station, local, csms, begin, passed_on FROM alias ORDER BY local"):
        local, csms, begin, passed_on = row
        two = Alias(local=local, real=csms, begin=begin, passed_on=bool(passed_on))
        aliases[station] = (*aliases.get(station, ()), two)
    found = disk.sql.execute("SELECT key, name, accepted, subprotocol, boot, heartbeat_s FROM station")
    return {
        key: Remembered(
            identity,
            Known(
                accepted=bool(accepted), subprotocol=subprotocol, boot=boot, heartbeat_s=heartbeat_s,
                aliases=aliases.get(key, ()),
            ),
        )
        for key, identity, accepted, subprotocol, boot, heartbeat_s in found
    }  # fmt: skip


def store_authorizations(disk: JournalDisk, changes: Mapping[str, str | None]) -> None:
    """Write these entries (JSON text); None takes one away."""
    for key, value in changes.items():
        if value is None:
            disk.sql.execute("DELETE FROM authorization WHERE key = ?", (key,))
        else:
            disk.sql.execute("INSERT OR REPLACE INTO authorization VALUES (?, ?)", (key, value))


def load_authorizations(sql: sqlite3.Connection) -> dict[str, object]:
    """All entries; one that is no JSON is left out."""
    entries: dict[str, object] = {}
    for key, value in sql.execute("SELECT key, value FROM authorization"):
        with contextlib.suppress(ValueError, RecursionError):
            entries[key] = json.loads(value)
    return entries


def _number(number: int | None) -> int | None:
    return number if number is not None and -MOST <= number <= MOST else None
