"""Journals for tests: items, a disk that refuses on demand, a clock on the wall, and waiting for callbacks."""

import sqlite3
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from localctl.store.journal import Journal
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_values import Limits
from routing.carrying.items import Item, Kind, Row

NOW = 1_790_000_000.0
WAIT_S = 20
ROOMY = Limits()


def item(
    kind: Kind = Kind.EVENT,
    message_id: str = "m1",
    *,
    action: str = "NotifyEvent",
    payload: str = '{"n": 1.0}',
    merge: str = "",
    tx: str = "",
    invented: int | None = None,
) -> Item:
    """One request of a station."""
    return Item(
        kind=kind, action=action, message_id=message_id, payload=payload, merge=merge, transaction=tx, invented=invented
    )


def latest(message_id: str, merge: str = "StatusNotification/1/1") -> Item:
    """A connector's state."""
    return item(Kind.LATEST, message_id, action="StatusNotification", merge=merge)


def begun(message_id: str, tx: str = "T1", invented: int | None = None, payload: str = "{}") -> Item:
    """A transaction begins."""
    return item(Kind.TRANSACTION, message_id, action="TransactionEvent", tx=tx, invented=invented, payload=payload)


def update(message_id: str, tx: str = "T1") -> Item:
    """A transaction goes on."""
    return item(Kind.UPDATE, message_id, action="TransactionEvent", tx=tx)


class Clock:
    """What the wall says."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Faulty:
    """Connections whose disk refuses statements that start with one of `refuses`, as a full one does."""

    def __init__(self, code: int = sqlite3.SQLITE_FULL) -> None:
        self.refuses: tuple[str, ...] = ()
        self.code = code

    def connect(self, path: Path) -> sqlite3.Connection:
        """A connection on this disk."""
        faults = self

        class Shim(sqlite3.Connection):
            def execute(self, statement: str, *values) -> sqlite3.Cursor:
                if faults.refuses and statement.startswith(faults.refuses):
                    error = sqlite3.OperationalError("database or disk is full")
                    error.sqlite_errorcode = faults.code
                    raise error
                return super().execute(statement, *values)

        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Shim)


def opened(folder: Path, limits: Limits = ROOMY, clock: Callable[[], float] = lambda: NOW) -> JournalDisk:
    """A journal's disk, without its writer."""
    disk = JournalDisk(folder / "journal.db", limits, clock)
    disk.open()
    return disk


def waiting_ids(disk: JournalDisk, station: str = "cs1") -> list[str]:
    """Message ids on disk in the order of delivery."""
    return [
        row[0] for row in disk.sql.execute("SELECT message_id FROM item WHERE station=? ORDER BY number", [station])
    ]


class Tester:
    """A running journal whose callbacks can be awaited."""

    def __init__(self, journal: Journal, troubles: list[str | None], scope: trio.CancelScope) -> None:
        self.journal, self.troubles, self.scope = journal, troubles, scope

    async def keep(self, one: Item, identity: str = "CS1") -> int | None:
        """Its number."""
        (number,) = await _answer(lambda done: self.journal.keep(identity, one, lambda number: done((number,))))
        return number

    async def oldest(self, identity: str = "CS1") -> tuple[Row | None, int, frozenset[str]]:
        """What is to be delivered."""
        return await _answer(lambda done: self.journal.oldest(identity, lambda *found: done(found)))

    async def ids(self, identity: str = "CS1") -> list[str]:
        """Deliver everything; the message ids in that order."""
        ids = []
        while (row := (await self.oldest(identity))[0]) is not None:
            ids.append(row.item.message_id)
            self.journal.delivered(identity, row.number)
        return ids

    async def until(self, true: Callable[[], object]) -> None:
        """Wait until something has come about."""
        with trio.fail_after(WAIT_S):
            while not true():  # noqa: ASYNC110  (a thread may make it true)
                await trio.sleep(0.005)


async def _answer(ask: Callable[[Callable[[tuple], None]], None]) -> tuple:
    answers: list[tuple] = []
    came = trio.Event()

    def done(found: tuple) -> None:
        answers.append(found)
        came.set()

    ask(done)
    with trio.fail_after(WAIT_S):
        await came.wait()
    (answer,) = answers
    return answer


@asynccontextmanager
async def running(
    folder: Path,
    *,
    limits: Limits = ROOMY,
    clock: Callable[[], float] = lambda: NOW,
    faulty: Faulty | None = None,
):
    """A journal at work; stopped in an orderly way at the end."""
    troubles: list[str | None] = []
    journal = Journal(
        folder / "journal.db", limits=limits, unix_now=clock, on_trouble=troubles.append,
        connect=(faulty or Faulty()).connect,
    )  # fmt: skip
    journal.open()
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        yield Tester(journal, troubles, nursery.cancel_scope)
        nursery.cancel_scope.cancel()
