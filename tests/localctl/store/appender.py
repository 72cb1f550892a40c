"""A process that keeps and delivers as fast as it can and says what it was told, until somebody kills it.

    python -m tests.localctl.store.appender JOURNAL

`+ STATION ID` is printed after a message was acknowledged, `- STATION ID` before it is reported delivered.
"""

import os
import sys
import time
from pathlib import Path

import trio

from localctl.store.journal import Journal
from localctl.store.journal_values import Limits
from routing.carrying.items import Row
from tests.localctl.store.journals import begun

STATIONS = 6


def say(line: str) -> None:
    """One write, so that a kill never cuts a line."""
    os.write(1, f"{line}\n".encode())


class Appender:
    """Each station keeps its messages one after the other; the first two also deliver every other one."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def keep(self, station: str, n: int) -> None:
        """Message `n`, and the next one when it is told."""

        def kept(number: int | None) -> None:
            assert number is not None
            say(f"+ {station} {n}")
            if n % 2 and station in ("CS0", "CS1"):
                self.journal.oldest(station, deliver)
            self.keep(station, n + 1)

        def deliver(row: Row | None, _waiting: int, _transactions: frozenset[str]) -> None:
            if row is not None:
                say(f"- {station} {row.item.message_id}")
                self.journal.delivered(station, row.number)

        self.journal.keep(station, begun(str(n), tx=str(n)), kept)


async def main(path: Path) -> None:
    """Until killed."""
    journal = Journal(path, limits=Limits(max_rows=10**6), unix_now=time.time, on_trouble=lambda _trouble: None)
    journal.open()
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        for n in range(STATIONS):
            Appender(journal).keep(f"CS{n}", 0)


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]))
