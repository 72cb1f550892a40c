"""What the trio loop knows of the journal without asking the disk, brought up to date after every commit."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from structlog import get_logger

from localctl.store import journal_known
from localctl.store.journal_alarm import Alarm
from localctl.store.journal_jobs import Handover, place
from localctl.store.journal_tally import Figures
from localctl.store.journal_values import JournalStats, Limits
from routing.carrying.items import Alias, Item, Known
from routing.carrying.numbers import MAX_ALIASES

MAX_STATIONS: Final = 10_000
"""Of more than these nothing is remembered."""
MAX_ENDED: Final = 16
"""Of these, transactions that are over: a station that did not hear so says their end again, with their number."""

log = get_logger(__name__)


class Board:
    """Only one thread changes it: the loop's, or before that the one that opens."""

    def __init__(self, limits: Limits, on_trouble: Callable[[str | None], None]) -> None:
        self.stats = JournalStats()
        self.is_open = False
        self._alarm = Alarm(limits, on_trouble)
        self._names: dict[str, str] = {}
        self._known: dict[str, Known] = {}
        self._said: dict[str, set[str]] = {}  # before the file was open
        self._rows: dict[str, int] = {}
        self._ended: dict[str, list[int]] = {}
        self._expected: Counter[str] = Counter()
        self._invented = 0

    # -- asked

    def known(self, station: str) -> Known:
        """With what waits on disk and what is on its way there."""
        waiting = self._rows.get(station, 0) + self._expected[station]
        return msgspec.structs.replace(self._known.get(station, Known()), waiting=waiting)

    def next_invented(self) -> int:
        """One that was never used before."""
        self._invented = journal_known.after(self._invented)
        return self._invented

    # -- told by the pump

    def expect(self, station: str, identity: str) -> None:
        """An item is on its way to the disk."""
        self._names.setdefault(station, identity)
        self._expected[station] += 1

    def kept(self, station: str, item: Item, number: int | None) -> int | None:
        """It has arrived or not; the local number of an alias that is one too many."""
        self._expected[station] -= 1
        if not self._expected[station]:
            del self._expected[station]
        if number is None:
            self.stats.refused += 1
            return None
        return None if item.invented is None else self._begun(station, Alias(local=item.invented, begin=item.begin))

    def learn(self, station: str, alias: Alias | None) -> None:
        """A 1.6 transaction has its second number."""
        if alias is not None:
            known = self._known.get(station, Known())
            two = {each.local: each for each in known.aliases}
            before = two.get(alias.local, alias)
            two[alias.local] = msgspec.structs.replace(before, real=alias.real, passed_on=alias.passed_on)
            self._known[station] = msgspec.structs.replace(known, aliases=tuple(two.values()))

    def over(self, station: str, ended: int | None) -> int | None:
        """A 1.6 transaction is over; the local number of the one that is to be forgotten for it, if there is one."""
        if ended is None:
            return None
        numbers = self._ended.setdefault(station, [])
        if ended not in numbers:
            numbers.append(ended)
        oldest = numbers.pop(0) if len(numbers) > MAX_ENDED else None
        known = self._known.get(station, Known())
        left = tuple(each for each in known.aliases if each.local != oldest)
        self._known[station] = msgspec.structs.replace(known, aliases=left)
        return oldest

    def remember(self, station: str, identity: str, facts: Mapping[str, Any]) -> Known | None:
        """What is known now, if that is new; `to_write` tells which facts of it."""
        if station not in self._known and len(self._known) >= MAX_STATIONS:
            return None
        known = self._known.get(station, Known())
        news = msgspec.structs.replace(known, **facts)
        self._names.setdefault(station, identity)
        self._known[station] = news
        return news if self._says_more(station, facts) or news != known else None

    def to_write(self, station: str) -> frozenset[str]:
        """The facts that may be written over what is on disk: before that was read, those only that were said."""
        return frozenset(journal_known.FACTS if self.is_open else self._said.get(station, ()))

    def _says_more(self, station: str, facts: Mapping[str, Any]) -> bool:
        """True for what nobody said yet while it is not known what is on disk: that may be something else."""
        if self.is_open:
            return False
        said = self._said.setdefault(station, set())
        more = not said.issuperset(facts)
        said.update(facts)
        return more

    # -- told by the writer

    def take_in(self, handover: Handover) -> None:
        """The figures first, then whoever waits for an answer."""
        if handover.remembered is not None:
            self._opened(handover)
        for station, figures in handover.touched.items():
            self._count(station, figures)
        self._figures(handover)
        if handover.swept_at is not None:
            self._alarm.oldest(self.stats.oldest_at, handover.swept_at)
        self._alarm.tell(handover.size, handover.trouble, handover.set_aside)
        for done, result in handover.done:
            try:
                done(result)
            except Exception as error:
                log.error("whoever waited for the journal failed by a bug of ours", trace=place(error))

    def _opened(self, handover: Handover) -> None:
        self._invented = max(self._invented, handover.mark - 1)
        for station, remembered in (handover.remembered or {}).items():
            self._names.setdefault(station, remembered.name)
            self._known[station] = self._merged(station, remembered.known)
        self.is_open = True
        self._said.clear()
        for station in [station for station in self._rows if station not in handover.touched]:
            self._count(station, Figures())

    def _merged(self, station: str, stored: Known) -> Known:
        """What is on disk and what was said before it could be read; a file that is opened again tells nothing new."""
        here = self._known.get(station, stored)
        if self.is_open:
            return here
        said = {fact: getattr(here, fact) for fact in self._said.get(station, ())}
        aliases = {alias.local: alias for alias in (*stored.aliases, *here.aliases)}
        return msgspec.structs.replace(stored, **said, aliases=tuple(aliases.values()))

    def _count(self, station: str, figures: Figures) -> None:
        name = self._names.get(station, station)
        if figures.rows:
            self._rows[station] = self.stats.waiting[name] = figures.rows
            self.stats.oldest_at[name] = figures.oldest_at or 0.0
        else:
            self._rows.pop(station, None)
            if self.known(station).recent:
                self._known[station] = msgspec.structs.replace(self._known[station], recent=())
            self.stats.waiting.pop(name, None)
            self.stats.oldest_at.pop(name, None)
        self._alarm.waiting(name, figures.rows)

    def _figures(self, handover: Handover) -> None:
        stats = self.stats
        stats.bytes = handover.size
        stats.commits += handover.commits
        stats.jobs += handover.jobs
        stats.commit_s += handover.commit_s
        stats.failures += handover.failures
        stats.dropped += handover.dropped
        stats.replaced += handover.replaced
        if handover.dead_letters is not None:
            stats.dead_letters = handover.dead_letters
        if handover.dropped:
            log.warning("journal dropped messages", reasons=dict(handover.dropped))

    def _begun(self, station: str, alias: Alias) -> int | None:
        known = self._known.get(station, Known())
        aliases = (*known.aliases, alias)
        spare = None
        if len(aliases) > MAX_ALIASES:
            spare = next((each for each in aliases if each.real is not None), aliases[0])
            self.stats.dropped["alias"] += 1
        left = tuple(each for each in aliases if each is not spare)
        self._known[station] = msgspec.structs.replace(known, aliases=left)
        return spare.local if spare is not None else None
