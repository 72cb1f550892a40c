"""Durable appends of the journal, beside a plain SQLite that commits every message by itself, in the same run.

    python tests/bench/journal.py [--quick] [--folder PATH]

So many producers keep one message of 600 bytes after the other, each waiting until it is told that it is on disk, as
stations do. `plain` hops to a worker thread per message and commits there; `unsynced` is the journal with
`synchronous=NORMAL`, which loses the last commits at a power cut: what the sync costs. `--folder` puts the files on the
disk that matters (an SD card, say); without it they are in the temporary folder.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import trio

sys.path.insert(0, str(Path(__file__).parents[2]))

from localctl.store import journal_schema
from localctl.store.journal import Journal
from localctl.store.journal_values import Limits
from routing.carrying.items import Item, Kind

PAYLOAD = '{"n":"' + "x" * 590 + '"}'
Keep = Callable[[str, int], Awaitable[None]]


class Plain:
    """What one writes first: a connection, a lock, a commit per message."""

    def __init__(self, path: Path) -> None:
        self._sql = journal_schema.open_journal(path, Limits().max_bytes, 0.0).connection
        self._one_at_a_time = trio.CapacityLimiter(1)

    async def keep(self, station: str, n: int) -> None:
        """On disk when it returns."""
        await trio.to_thread.run_sync(self._put, station, n, limiter=self._one_at_a_time)

    def _put(self, station: str, n: int) -> None:
        self._sql.execute(
            "INSERT INTO item (station, kind, action, message_id, payload, merge, tx, nth, bytes, at) "
            "VALUES (?, 'transaction', 'TransactionEvent', ?, ?, '', 't', 0, 800, 0)",
            (station, str(n), PAYLOAD),
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path):
        """Its `keep`."""
        plain = cls(path)
        yield plain.keep
        plain._sql.close()


@asynccontextmanager
async def journal(path: Path, *, synced: bool = True):
    """The journal's `keep`."""
    one = Journal(path, limits=Limits(max_rows=10**6), unix_now=time.time, on_trouble=print)
    one.open()
    if not synced:
        one._disk.sql.execute("PRAGMA synchronous=NORMAL")

    async def keep(station: str, n: int) -> None:
        told = trio.Event()
        numbers: list[int | None] = []

        def done(number: int | None) -> None:
            numbers.append(number)
            told.set()

        one.keep(station, Item(kind=Kind.TRANSACTION, action="T", message_id=str(n), payload=PAYLOAD), done)
        await told.wait()
        assert numbers != [None]

    async with trio.open_nursery() as nursery:
        await nursery.start(one.run)
        yield keep
        stats = one.stats
        print(f"{'':22}{stats.jobs / stats.commits:8.1f} a commit, {1e3 * stats.commit_s / stats.commits:.2f} ms each")
        nursery.cancel_scope.cancel()


async def measure(keep: Keep, producers: int, seconds: float) -> tuple[float, list[float]]:
    """Appends per second, and the milliseconds each took."""
    took_ms: list[float] = []
    end = time.perf_counter() + seconds

    async def produce(name: str) -> None:
        n = 0
        while (began := time.perf_counter()) < end:
            await keep(name, n)
            took_ms.append((time.perf_counter() - began) * 1e3)
            n += 1

    began = time.perf_counter()
    async with trio.open_nursery() as nursery:
        for number in range(producers):
            nursery.start_soon(produce, f"CS{number:04}")
    return len(took_ms) / (time.perf_counter() - began), took_ms


WAYS = {
    "journal": journal,
    "journal, unsynced": lambda path: journal(path, synced=False),
    "plain": Plain.open,
}


async def compare(folder: Path, seconds: float) -> float:
    """Print all figures; how many times plain the journal is at 100 producers."""
    rates: dict[tuple[str, int], float] = {}
    for producers in (1, 100, 1000):
        for name, way in WAYS.items():
            async with way(folder / f"{name}-{producers}.db") as keep:
                rate, took_ms = await measure(keep, producers, seconds)
            rates[name, producers] = rate
            cuts = statistics.quantiles(took_ms, n=100)
            print(f"{producers:>5} x {name:<17}{rate:9.0f}/s   p50 {cuts[49]:8.2f} ms   p99 {cuts[98]:8.2f} ms")
    return rates["journal", 100] / rates["plain", 100]


def sync_ms(folder: Path) -> float:
    """Median milliseconds this disk takes to sync 4 KiB."""
    took = []
    with (folder / "sync").open("wb") as file:
        for _ in range(50):
            file.write(b"\0" * 4096)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took)


def main(arguments: list[str]) -> int:
    """Print the figures; 1 when committing in groups does not pay."""
    parser = argparse.ArgumentParser(prog="journal")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        print(f"one sync of this disk: {sync_ms(Path(folder)):.2f} ms")
        times = trio.run(compare, Path(folder), 1.0 if asked.quick else 4.0)
    print(f"bar: twice plain at 100 producers, reached {times:.1f} times")
    return times < 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
