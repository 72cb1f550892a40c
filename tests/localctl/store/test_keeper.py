"""Documents are written in the background, once per burst, and a full disk is told and survived."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import trio

from localctl.store.documents import Documents
from localctl.store.keeper import REST_S, RETRY_S, Keeper


class Disk(Documents):
    """A disk that can be full, and counts its writes."""

    full = False
    writes = 0

    def save(self, name: str, document: dict[str, object]) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        self.writes += 1
        super().save(name, document)


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


async def test_a_burst_of_changes_is_few_writes_and_the_last_one_stays(disk: Disk, nursery: trio.Nursery):
    keeper = Keeper(disk, lambda _reason: None)
    nursery.start_soon(keeper.run)
    for number in range(100):
        keeper.keep("security", partial(dict, n=number))
    await wait_for(lambda: disk.load("security") == {"n": 99})
    assert disk.writes < 5


async def test_between_two_writes_the_disk_has_a_rest(
    disk: Disk, nursery: trio.Nursery, mock_clock: trio.testing.MockClock
):
    keeper = Keeper(disk, lambda _reason: None)
    nursery.start_soon(keeper.run)
    keeper.keep("security", lambda: {"n": 1})
    await wait_for(lambda: disk.load("security") == {"n": 1})
    for number in range(2, 100):
        keeper.keep("security", partial(dict, n=number))
        await in_reality(0.001)
    assert disk.writes == 1

    def rested_and_written() -> bool:
        mock_clock.jump(REST_S)
        return disk.load("security") == {"n": 99}

    await wait_for(rested_and_written)
    assert disk.writes == 2


async def test_a_document_is_made_when_it_is_written_not_when_it_is_announced(disk: Disk):
    made: list[int] = []

    def document() -> dict[str, object]:
        made.append(1)
        return {"n": len(made)}

    keeper = Keeper(disk, lambda _reason: None)
    for _ in range(100):
        keeper.keep("security", document)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert made == [1]
    assert disk.load("security") == {"n": 1}


async def test_a_change_right_before_the_end_is_still_written(disk: Disk):
    keeper = Keeper(disk, lambda _reason: None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(keeper.run)
        await trio.testing.wait_all_tasks_blocked()
        keeper.keep("security", lambda: {"last": True})
        nursery.cancel_scope.cancel()
    assert disk.load("security") == {"last": True}


async def test_a_full_disk_is_told_and_tried_again(disk: Disk, nursery: trio.Nursery, autojump_clock: trio.abc.Clock):
    told: list[str | None] = []
    keeper = Keeper(disk, told.append)
    nursery.start_soon(keeper.run)
    disk.full = True
    keeper.keep("security", lambda: {"n": 1})
    await wait_for(lambda: bool(told))
    assert told[-1] == (
        "the state directory cannot be written: No space left on device. Free some space or replace the disk."
    )
    disk.full = False
    await trio.sleep(RETRY_S + 1)
    await wait_for(lambda: told[-1] is None)
    assert disk.load("security") == {"n": 1}


async def wait_for(condition: Callable[[], bool]) -> None:
    """Worker threads run in real time, so this waits in real time too."""
    for _ in range(500):
        if condition():
            return
        await in_reality(0.01)
    raise AssertionError("never happened")


async def in_reality(seconds: float) -> None:
    """A nap that no mock clock shortens."""
    await trio.to_thread.run_sync(time.sleep, seconds)
