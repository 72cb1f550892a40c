"""The durable journal: what stations were told is delivered is on disk before they are told (P4).

    keep ──> writer's queue ──> one transaction for all that waits ──> commit, synced ──> done(number), on the trio loop
                                                                                             │
    station gets its answer  <───────────────────────────────────────────────────────────────┘

Delivery is at least once: a row goes when the CSMS has answered, so a crash between its answer and the commit that
deletes the row sends it again (the CSMS knows a TransactionEvent by transactionId and seqNo; 8.7 f).

The pump calls `known`, `keep`, `oldest`, `delivered`, `bury` and `remember` on the trio loop; none of them waits, and
results come by callback on the loop, in the order of the calls. What operators need is in `journal_operators`.
Identities are looked up without case.
"""

import contextlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import trio

from localctl.store import journal_known, journal_letters, journal_lines, journal_schema
from localctl.store.journal_board import Board
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_jobs import DISK_ERRORS, Handover, Job, open_anew
from localctl.store.journal_operators import Operators
from localctl.store.journal_values import JournalStats, Limits
from localctl.store.journal_writer import Writer
from routing.carrying.items import Alias, Item, Known, Row

Oldest = Callable[[Row | None, int, frozenset[str]], None]


class Journal(Operators):
    """One journal file and its writer. `on_trouble` hears on the loop what is wrong, and None when it is well again.

    `unix_now` is called in the writer's thread.
    """

    def __init__(
        self,
        path: Path,
        *,
        limits: Limits,
        unix_now: Callable[[], float],
        on_trouble: Callable[[str | None], None],
        connect: journal_schema.Connect = journal_schema.connect,
    ) -> None:
        self._disk = JournalDisk(path, limits, unix_now, connect)
        self._writer = Writer(self._disk)
        self._board = Board(limits, on_trouble)
        super().__init__(path, self._submit)

    @property
    def stats(self) -> JournalStats:
        """Figures for metrics."""
        return self._board.stats

    # -- life

    def open(self) -> None:
        """Make or open the file, before `run`. Blocking.

        A disk that refuses is no error here: it is told once `run` has begun, nothing is kept, and it is tried again.
        Raises NewerJournal for a file of a later version.
        """
        with contextlib.suppress(*DISK_ERRORS):
            self._board.take_in(open_anew(self._disk, Handover()))

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Work until cancelled; what was asked before that is finished, and told."""
        token = trio.lowlevel.current_trio_token()

        def deliver(handover: Handover) -> None:
            with contextlib.suppress(trio.RunFinishedError):
                token.run_sync_soon(self._board.take_in, handover)

        self._writer.start(deliver)
        try:
            task_status.started()
            await trio.sleep_forever()
        finally:
            self._writer.close()
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(self._writer.join)

    # -- the pump's, on the trio loop

    def known(self, identity: str) -> Known:
        """What earlier connections taught about this station. What is being kept just now is in `waiting` already."""
        return self._board.known(identity.casefold())

    def next_invented(self) -> int:
        """A transaction number for a 1.6 station that was never used before, after a restart neither (10.7)."""
        return self._board.next_invented()

    def keep(self, identity: str, item: Item, done: Callable[[int | None], None]) -> None:
        """Put it on disk, then `done(number)`; `done(None)` if it is not: disk full or broken, or bounds reached."""
        key = identity.casefold()
        self._board.expect(key, identity)
        is_open = self._board.is_open  # before that, an invented number may have been used already
        self._submit(
            Job(
                act=lambda disk: journal_lines.put(disk, key, identity, item) if is_open else None,
                done=partial(self._kept, key, item, done),
            )
        )

    def oldest(self, identity: str, done: Oldest) -> None:
        """`done(row, waiting, transactions)`: the row to deliver now, how many wait with it, whose rows they are.

        No row and some waiting: they cannot be read just now.
        """
        key = identity.casefold()

        def tell(found: tuple[Row | None, int, frozenset[str]] | None) -> None:
            done(*(found or (None, self._board.known(key).waiting, frozenset())))

        self._submit(Job(act=lambda disk: journal_lines.first(disk, key), done=tell))

    def delivered(self, identity: str, number: int, *, alias: Alias | None = None, ended: int | None = None) -> None:
        """The CSMS has this row. `alias`: the number it gave a 1.6 transaction; `ended`: the local one that is over."""
        key = identity.casefold()
        self._board.learn(key, alias)
        self._submit(
            Job(
                act=lambda disk: journal_lines.remove(disk, key, number, alias),
                owed=("row", number),
                takes=(key, number),
            )
        )
        self.over(identity, ended)

    def over(self, identity: str, ended: int | None) -> None:
        """This 1.6 transaction, by its local number, is over, and the CSMS knows; an older one is forgotten for it."""
        key = identity.casefold()
        self._forget_alias(key, self._board.over(key, ended))

    def learn(self, identity: str, alias: Alias | None) -> None:
        """There is news of a 1.6 transaction with two numbers, unless it was forgotten meanwhile."""
        key = identity.casefold()
        if alias is not None and alias.local in {each.local for each in self._board.known(key).aliases}:
            self._board.learn(key, alias)
            self._submit(Job(act=partial(_learn, key, alias), owed=("alias", key, alias.local)))

    def bury(self, identity: str, number: int, *, attempts: int, code: str, text: str) -> None:
        """The CSMS would not take this row after all attempts: it goes to the dead letters."""
        key = identity.casefold()
        self._submit(
            Job(
                act=lambda disk: journal_letters.bury(disk, key, number, attempts=attempts, code=code, text=text),
                owed=("row", number),
                takes=(key, number),
            )
        )

    def remember(
        self,
        identity: str,
        *,
        accepted: bool | None = None,
        subprotocol: str | None = None,
        boot: str | None = None,
        heartbeat_s: int | None = None,
    ) -> None:
        """What the CSMS or the station just said; None leaves it as it is. Written only where something is new."""
        boot = boot or None  # an empty one is none that was seen: it never takes the place of one that was
        facts = {"accepted": accepted, "subprotocol": subprotocol, "boot": boot, "heartbeat_s": heartbeat_s}
        key = identity.casefold()
        news = self._board.remember(key, identity, {name: fact for name, fact in facts.items() if fact is not None})
        if news is not None:
            only = self._board.to_write(key)
            self._submit(
                Job(act=lambda disk: journal_known.remember(disk, key, identity, news, only), owed=("known", key))
            )

    def store_authorizations(self, changes: Mapping[str, object]) -> None:
        """Write these entries soon (any JSON value); None takes one away."""
        for key, value in changes.items():
            text = None if value is None else json.dumps(value, separators=(",", ":"))
            self._submit(Job(act=partial(_authorize, key, text), owed=("authorization", key)))

    # -- within

    def _submit(self, job: Job) -> None:
        if self._writer.closed:
            job.done(None)
        else:
            self._writer.submit(job)

    def _kept(self, key: str, item: Item, done: Callable[[int | None], None], number: int | None) -> None:
        self._forget_alias(key, self._board.kept(key, item, number))
        done(number)

    def _forget_alias(self, key: str, local: int | None) -> None:
        if local is not None:
            self._submit(Job(act=lambda disk: journal_known.forget_alias(disk, key, local), owed=("alias", key, local)))


def _authorize(key: str, text: str | None, disk: JournalDisk) -> None:
    journal_known.store_authorizations(disk, {key: text})


def _learn(key: str, alias: Alias, disk: JournalDisk) -> None:
    journal_known.alias(disk, key, alias)
