"""What must still get onto a disk that refuses just now: kept in order, the newest of a kind, tried again later.

Bounded by what is on disk: there is one debt per row that is delivered, per station and per authorization.
"""

from collections.abc import Hashable, Iterable

from localctl.store import journal_lines
from localctl.store.journal_disk import JournalDisk
from localctl.store.journal_jobs import Job


class Debts:
    """False while nothing is owed."""

    def __init__(self) -> None:
        self._owed: dict[Hashable, Job] = {}

    def __bool__(self) -> bool:
        return bool(self._owed)

    def add(self, jobs: Iterable[Job], disk: JournalDisk) -> list[Job]:
        """Put debts behind those that wait already; the jobs that are none. Their rows are not handed out again."""
        others = []
        for job in jobs:
            if job.owed is None:
                others.append(job)
                continue
            self._owed.pop(job.owed, None)
            self._owed[job.owed] = job
            if job.takes is not None:
                journal_lines.hand_back(disk, *job.takes)
        return others

    def take(self) -> list[Job]:
        """All of them, to be tried."""
        owed, self._owed = list(self._owed.values()), {}
        return owed
