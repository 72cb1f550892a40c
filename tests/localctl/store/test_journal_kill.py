"""P4 against kill -9: what a process was told is on disk, in order, wherever it is killed."""

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.localctl.store.journals import opened, waiting_ids
from tests.repo.tree import ROOT

SEEDS = 30


def killed(path: Path, after_s: float) -> list[str]:
    """What it said until it was killed, so long after its first word."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.localctl.store.appender", str(path)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    killer = threading.Timer(after_s, os.kill, (process.pid, signal.SIGKILL))
    killer.start()
    rest = process.stdout.read()
    killer.join()
    process.stdout.close()
    assert process.wait(timeout=60) == -signal.SIGKILL
    return (first + rest).decode().splitlines()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_p4_every_acknowledged_row_outlives_kill_9_in_order(tmp_path: Path, seed: int):
    said = killed(tmp_path / "journal.db", random.Random(seed).uniform(0.0, 0.12))
    kept: dict[str, list[int]] = {}
    let_go: dict[str, list[int]] = {}
    for line in said:
        sign, station, number = line.split()
        (kept if sign == "+" else let_go).setdefault(station, []).append(int(number))
    disk = opened(tmp_path)
    assert disk.set_aside is None
    assert kept
    for station, numbers in kept.items():
        left = [int(name) for name in waiting_ids(disk, station.casefold())]
        assert left == list(range(left[0], left[-1] + 1)) if left else True
        assert set(numbers) - set(left) <= set(let_go.get(station, []))
        gone = sorted(set(numbers) - set(left))
        assert gone == list(range(len(gone)))
    disk.close()
