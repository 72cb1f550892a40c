"""What the box needs while a CSMS is away, put together: journal, authorizations, a clock to trust, paces, figures.

The router decides; here the journal is opened and run, what was learnt about tokens is written down, and page, metrics
and command line get their figures. It is the `Archive` of the sockets: every message passes here on its way to disk.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
import structlog
import trio

from localctl.config.model import Config
from localctl.host_clock import synchronised
from localctl.observe.outage_feed import OutageCounts
from localctl.observe.snapshot import DeadLetter, OutboxQueue, OutboxView
from localctl.store.journal import Journal
from localctl.store.journal_values import DAY_S, MIB, Limits
from localctl.store.journal_values import DeadLetter as Letter
from routing import observations as seen
from routing.carrying.authorizations import Authorizations, Entry, Gone
from routing.carrying.items import Alias, Item, Known, Row
from routing.common import Common
from routing.values import LinkId

ROUND_S: Final = 1.0
SHOWN_LETTERS: Final = 20
log = structlog.get_logger("localctl.outages")


class Outages:
    """One box's means for outages. `on_trouble` hears why messages cannot be kept, and None when they can again."""

    def __init__(
        self,
        config: Config,
        folder: Path,
        own_key: bytes,
        counts: OutageCounts,
        on_trouble: Callable[[str | None], None],
    ) -> None:
        outage = config.outage
        limits = Limits(
            max_rows=outage.journal_rows, max_bytes=outage.journal_mb * MIB, max_age_s=outage.journal_days * DAY_S
        )
        self.journal = Journal(folder / "journal.sqlite", limits=limits, unix_now=time.time, on_trouble=on_trouble)
        self.authorizations = Authorizations(
            own_key, unknown=outage.unknown_tokens, most=outage.max_tokens, lifetime_s=outage.token_days * DAY_S
        )
        self._counts = counts
        self._config = config
        self._common: Common | None = None
        self._counted: Counter[str] = Counter()
        self._later: set[LinkId] = set()
        self._draining: set[str] = set()
        self._letters: tuple[DeadLetter, ...] = ()

    def open(self) -> None:
        """Open the journal and take back what was known of tokens. Blocking. Raises what `Journal.open` raises."""
        self.journal.open()
        self.authorizations.load(_entries(self.journal.load_authorizations().values()))

    def rule(self, common: Common, config: Config) -> None:
        """Give the router its clock and paces, now and after every reload."""
        self._common, self._config = common, config
        common.replay.per_s = config.outage.replay_per_second
        common.admission.per_s = config.outage.admission_per_second
        common.admission.burst = config.outage.admission_burst
        self._set_clock()

    async def run(
        self, found: Callable[[str], None], *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Keep what is to be kept, until cancelled. `found` hears of stations for whom something waits."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.journal.run)
            task_status.started()
            while True:
                await trio.sleep(ROUND_S)
                self._set_clock()
                self._write_authorizations()
                self._count()
                await self._read_letters()
                for identity in list(self.journal.stats.waiting):
                    found(identity)

    def _set_clock(self) -> None:
        if self._common is not None:
            trusted = self._config.outage.trust_clock == "always" or synchronised()
            self._common.clock.set(unix_offset_s=time.time() - trio.current_time(), synchronised=trusted)

    def _write_authorizations(self) -> None:
        changes: dict[str, object] = {}
        for change in self.authorizations.take_changes():
            place = f"{change.csms}\n{change.station}\n{change.token}"
            changes[place] = None if isinstance(change, Gone) else _plain(change)
        if changes:
            self.journal.store_authorizations(changes)

    def _count(self) -> None:
        stats = self.journal.stats
        for reason, total in stats.dropped.items():
            for _ in range(total - self._counted[reason] if reason != "alias" else 0):
                self._counts.dropped(_reason(reason))
            self._counted[reason] = total
        for _ in range(stats.failures - self._counted["failures"]):
            self._counts.commit_failed()
        self._counted["failures"] = stats.failures
        for _ in range(stats.replaced - self._counted["replaced"]):
            self._counts.replaced()
        self._counted["replaced"] = stats.replaced
        self._counts.admission_waiting = len(self._later)

    async def _read_letters(self) -> None:
        """The newest dead letters for the page, read again when their number has changed."""
        total = self.journal.stats.dead_letters
        if total == self._counted["letters"]:
            return
        self._counted["letters"] = total
        letters = await trio.to_thread.run_sync(self.journal.newest_letters, SHOWN_LETTERS) if total else []
        self._letters = tuple(_shown(letter) for letter in letters)

    # -- figures

    def observe(self, link: LinkId, what: seen.Observation) -> None:
        """Count what concerns outages; cheap for everything else."""
        match what:
            case seen.LinkOpened():
                self._counts.admitted("later" if link in self._later else "at_once")
                self._later.discard(link)
            case seen.AdmissionDelayed():
                self._later.add(link)
            case seen.LinkRefused():
                if link in self._later:
                    self._counts.admitted("turned_away")
                    self._later.discard(link)
            case seen.OutageEnded(identity=identity, backlog=True):
                self._draining.add(identity.casefold())
            case (
                seen.BacklogDone(identity=identity)
                | seen.LinkLost(identity=identity)
                | seen.OutageBegan(identity=identity)
            ):
                self._draining.discard(identity.casefold())

    def outbox(self) -> OutboxView:
        """What waits, for page and API."""
        stats = self.journal.stats
        return OutboxView(
            queues=tuple(
                OutboxQueue(
                    identity=identity,
                    waiting=waiting,
                    oldest_at=stats.oldest_at.get(identity),
                    replaying=identity.casefold() in self._draining,
                )
                for identity, waiting in sorted(stats.waiting.items())
            ),
            dead=self._letters,
            dead_count=stats.dead_letters,
        )

    # -- the sockets' archive

    def known(self, identity: str) -> Known:
        """What earlier connections taught about this station."""
        return self.journal.known(identity)

    def keep(self, identity: str, item: Item, done: Callable[[int | None], None]) -> None:
        """Put it on disk, then say its number; None when it could not be kept."""
        began_at = trio.current_time()

        def kept(number: int | None) -> None:
            if number is not None:
                self._counts.kept()
                self._counts.committed(trio.current_time() - began_at)
            done(number)

        self.journal.keep(identity, item, kept)

    def oldest(self, identity: str, done: Callable[[Row | None, int, frozenset[str]], None]) -> None:
        """The row to deliver next."""
        self.journal.oldest(identity, done)

    def delivered(self, identity: str, number: int, *, alias: Alias | None = None, ended: int | None = None) -> None:
        """The CSMS has this row."""
        self.journal.delivered(identity, number, alias=alias, ended=ended)

    def bury(self, identity: str, number: int, *, attempts: int, code: str, text: str) -> None:
        """The CSMS would not take this row."""
        log.error("the CSMS takes a kept message at no attempt; see localctl outbox", station=identity, code=code)
        self.journal.bury(identity, number, attempts=attempts, code=code, text=text)

    def remember(
        self,
        identity: str,
        *,
        accepted: bool | None = None,
        subprotocol: str | None = None,
        boot: str | None = None,
        heartbeat_s: int | None = None,
        ended: int | None = None,
        alias: Alias | None = None,
    ) -> None:
        """What is new about a station."""
        self.journal.over(identity, ended)
        self.journal.learn(identity, alias)
        self.journal.remember(identity, accepted=accepted, subprotocol=subprotocol, boot=boot, heartbeat_s=heartbeat_s)


def _entries(stored: Iterable[object]) -> Iterator[Entry]:
    """What can be read of the stored entries; a damaged one is learnt anew when the CSMS answers."""
    for entry in stored:
        with contextlib.suppress(msgspec.ValidationError):
            yield msgspec.convert(entry, Entry)


def _plain(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in entry.__struct_fields__}


def _shown(letter: Letter) -> DeadLetter:
    why = f"{letter.code}: {letter.text}"
    return DeadLetter(identity=letter.identity, action=letter.item.action, at=letter.buried_at, reason=why)


def _reason(reason: str) -> Literal["size", "age", "operator"]:
    return "age" if reason == "age" else "operator" if reason == "operator" else "size"
