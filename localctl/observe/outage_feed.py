"""What is kept while a CSMS is away, as figures: counted as it happens, and read from the newest picture at a scrape.

How much waits and since when comes with the snapshot's outbox, so that page, command line and Prometheus show the same
figures. What only an onlooker can count (kept, replaced, dropped, admitted) is told to `OutageCounts` by whoever does
it. On a box that keeps nothing every figure is 0.
"""

from collections.abc import Iterator
from typing import Literal

from localctl.observe import catalogue as rows
from localctl.observe.snapshot import OutboxView, SnapshotBox
from localctl.observe.tally import Distribution, Sample, Tally

Dropped = Literal["size", "age", "operator"]
Admitted = Literal["at_once", "later", "turned_away"]


class OutageCounts:
    """What only an onlooker can count. Written by the control loop alone; plain words and numbers in."""

    def __init__(self) -> None:
        self._kept = Tally(rows.OFFLINE_KEPT)
        self._replaced = Tally(rows.OFFLINE_REPLACED)
        self._dropped = Tally(rows.OFFLINE_DROPPED)
        self._errors = Tally(rows.JOURNAL_ERRORS)
        self._admissions = Tally(rows.ADMISSIONS)
        self._commits = Distribution(rows.COMMIT_S)
        self.admission_waiting = 0
        """Stations that wait to be let in, now."""

    def kept(self) -> None:
        """A message is on disk for its CSMS."""
        self._kept.add()

    def replaced(self) -> None:
        """A message on disk went for a newer one of its kind."""
        self._replaced.add()

    def dropped(self, reason: Dropped) -> None:
        """A kept message is gone and never reaches its CSMS."""
        self._dropped.add(reason)

    def committed(self, took_s: float) -> None:
        """Messages became safe on disk; so many seconds after they were handed in."""
        self._commits.add(max(0.0, took_s))

    def commit_failed(self) -> None:
        """A write to the journal failed."""
        self._errors.add()

    def admitted(self, verdict: Admitted) -> None:
        """A station's arrival was decided on."""
        self._admissions.add(verdict)

    def samples(self) -> Iterator[Sample]:
        """For a scrape."""
        for tally in (self._kept, self._replaced, self._dropped, self._errors, self._admissions):
            yield from tally.samples()
        yield rows.JOURNAL_COMMIT, (), self._commits
        yield rows.ADMISSION_WAITING, (), self.admission_waiting


def outbox_samples(box: SnapshotBox) -> Iterator[Sample]:
    """What waits for each station's CSMS, by the newest picture. A station without a queue has 0 messages waiting."""
    snapshot = box.get()
    outbox = snapshot.outbox or OutboxView()
    waiting = dict.fromkeys((station.identity for station in snapshot.stations), 0)
    waiting |= {queue.identity: queue.waiting for queue in outbox.queues}
    for identity, count in waiting.items():
        yield rows.OFFLINE_MESSAGES, (identity,), count
    for queue in outbox.queues:
        if queue.waiting and queue.oldest_at is not None:
            yield rows.OFFLINE_OLDEST_AT, (queue.identity,), queue.oldest_at
    yield rows.DEAD_LETTERS, (), outbox.dead_count
