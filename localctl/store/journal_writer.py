"""The journal's one thread. Whatever waits when a commit begins goes into that commit; nothing waits on purpose.

One commit is one sync of the disk, however many stations wait for it. So a slow disk (an SD card takes 2 to 20 ms)
costs each of them two syncs at most: the one under way and its own.

`python -m tests.bench journal` on a virtual disk with 4 ms a sync and two busy cores, messages a second and
milliseconds until they are told, p50 / p99, beside one commit per message in a worker thread:

    producers      in groups                  one by one
            1      420/s    1.9 /  10 ms      340/s     3.9 /   9 ms
          100    5,100/s     16 /  85 ms      410/s     240 / 410 ms
        1,000    7,500/s    120 / 330 ms      530/s   1,500 / 2,400 ms

Every commit is synced (`synchronous=FULL`), those that only delete too: an unsynced delete would send rows twice after
a power cut. A thread of its own has a lone message on disk in 0.4 ms on a fast disk; a trip to a worker thread per
group took 0.5 to 1.0 ms there and gained nothing at 1,000 producers.

When a commit fails, nothing of it happened. Then each job is tried in a commit of its own, so that one job that is at
fault does not take the others with it. What cannot be done now is told (`done(None)`) unless it is *owed*: what a CSMS
has already taken must go some time, so it is tried again until the disk takes it.
"""

import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Final

from structlog import get_logger

from localctl.store import journal_letters, journal_room
from localctl.store.documents import way_out
from localctl.store.journal_debts import Debts
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_jobs import DISK_ERRORS, Handover, Job, open_anew, place
from localctl.store.journal_schema import NewerJournal, disk_refused, is_corrupt

log = get_logger(__name__)

RETRY_S: Final = 5.0
"""A disk that refused is tried again after this time."""
SWEEP_S: Final = 600.0
"""How often messages that are too old are looked for."""


class Writer:
    """Carries jobs out, one group after the other, and hands the results to `deliver` (called in this thread)."""

    def __init__(self, disk: JournalDisk) -> None:
        self._disk = disk
        self._deliver: Callable[[Handover], None] = lambda _handover: None
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._debts = Debts()
        self._thread: threading.Thread | None = None
        self._trouble: str | None = None
        self._retry_at = 0.0
        self._sweep_at = 0.0
        self.closed = False
        """Nothing is taken any more."""

    def start(self, deliver: Callable[[Handover], None]) -> None:
        """Begin to work."""
        self._deliver = deliver
        self._thread = threading.Thread(target=self._work, name="journal", daemon=True)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Have this done; from any thread. The order of jobs is kept."""
        self._queue.put(job)

    def close(self) -> None:
        """Take nothing more."""
        self.closed = True
        self._queue.put(None)

    def join(self) -> None:
        """Wait until what was submitted is finished and the file is closed. Blocking."""
        if self._thread is not None:
            self._thread.join()

    # -- the thread

    def _work(self) -> None:
        self._round([])
        going = True
        while going:
            batch = self._next()
            if None in batch:
                going, self._retry_at = False, 0.0
            self._round([job for job in batch if job is not None])
        with contextlib.suppress(sqlite3.Error):
            self._disk.close()

    def _next(self) -> list[Job | None]:
        uneasy = self._trouble or self._debts or not self._disk.is_open
        batch: list[Job | None] = []
        with contextlib.suppress(queue.Empty):
            batch.append(self._queue.get(timeout=RETRY_S if uneasy else SWEEP_S))
            while True:
                batch.append(self._queue.get_nowait())
        return batch

    def _round(self, jobs: list[Job]) -> None:
        out = Handover()
        jobs = [*self._due(out), *jobs]
        if self._debts:
            jobs = self._debts.add(jobs, self._disk)
        if jobs and (error := self._attempt(jobs, out)):
            self._after_failure(jobs, error, out)
        out.trouble, out.size, out.set_aside = self._trouble, self._disk.book.size, self._disk.set_aside
        self._deliver(out)

    def _due(self, out: Handover) -> list[Job]:
        """What is to be done beside what was asked: debts, a small write that shows whether the disk takes, a sweep."""
        now, jobs = time.monotonic(), list[Job]()
        if now >= self._retry_at:
            if not self._disk.is_open and not self._reopened(out):
                return []
            jobs = [*self._debts.take(), *([Job(act=_probe)] if self._trouble else [])]
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_S
            jobs.append(Job(act=journal_room.expire))
            out.swept_at = self._disk.unix_now()
        return jobs

    def _after_failure(self, jobs: list[Job], error: Exception | None, out: Handover) -> None:
        """Debts together and in order, all else one by one."""
        owing, others = [job for job in jobs if job.owed], [job for job in jobs if not job.owed]
        if owing and others:
            error = self._attempt(owing, out)
        if owing and error is not None and disk_refused(error):
            self._debts.add(owing, self._disk)
        elif owing and error is not None:
            others = owing + others  # one of them is at fault: alone, it fails alone
        for job in others:
            if len(jobs) == 1 or self._attempt([job], out):
                out.done.append((job.done, None))

    def _reopened(self, out: Handover) -> bool:
        try:
            open_anew(self._disk, out)
        except (*DISK_ERRORS, NewerJournal) as error:
            self._failed(error, out)
            return False
        return True

    def _attempt(self, jobs: list[Job], out: Handover) -> Exception | None:
        """One transaction; what went wrong, if anything did."""
        began = time.perf_counter()
        try:
            changes = self._disk.begin()
            results = [job.act(self._disk) for job in jobs]
            letters = self._disk.letters_changed and journal_letters.count(self._disk)
            changed = self._disk.sql.total_changes > changes
            replaced = self._disk.replaced
            touched, dropped = self._disk.commit()
        except Exception as error:
            self._failed(error, out)
            return error
        if changed:
            self._well()
        out.done += zip([job.done for job in jobs], results, strict=True)
        out.touched |= touched
        out.dropped += dropped
        out.replaced += replaced
        out.dead_letters = out.dead_letters if letters is False else letters
        out.commits, out.jobs = out.commits + 1, out.jobs + len(jobs)
        out.commit_s += time.perf_counter() - began
        return None

    def _failed(self, error: Exception, out: Handover) -> None:
        out.failures += 1
        try:
            self._disk.undo()
        except sqlite3.Error:
            self._disk.close()
        if not disk_refused(error):
            log.error("a journal entry failed by a bug of ours", trace=place(error))
            return
        if is_corrupt(error):
            self._disk.close()
        reason, hint = getattr(error, "strerror", None) or str(error), way_out(error, self._disk.path.parent)
        trouble = (
            f"the journal {self._disk.path} cannot be written: {reason}; until it can, stations whose CSMS is away get "
            f"no answer to what must not be lost. {hint}"
        )
        if self._trouble is None:
            log.error("journal cannot be written", file=str(self._disk.path), error=reason, hint=hint)
        self._trouble = trouble

    def _well(self) -> None:
        if self._trouble is not None:
            log.info("journal is written again", file=str(self._disk.path))
        self._trouble, self._retry_at = None, 0.0


def _probe(disk: JournalDisk) -> None:
    disk.sql.execute("INSERT OR REPLACE INTO meta VALUES ('probe', ?)", (int(disk.unix_now()),))
