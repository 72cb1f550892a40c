"""The lag of the loop, on a clock that jumps and with a loop that is held up."""

import pytest
import trio
from trio.testing import MockClock

from localctl.observe import catalogue
from localctl.observe.lag import LoopLag


async def test_a_free_loop_is_not_late(autojump_clock: MockClock):
    lag = LoopLag()
    with trio.move_on_after(10.1):
        await lag.run(nap_s=1.0)
    assert lag.distribution.counts[0] == 10
    assert sum(lag.distribution.counts) == 10


async def test_a_loop_that_is_held_up_shows_it(mock_clock: MockClock):
    lag = LoopLag()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(lag.run, 1.0)
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(1.3)  # the nap of one second ends 0.3 s late
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert lag.distribution.total == pytest.approx(0.3)


def test_waking_early_is_no_lag():
    lag = LoopLag()
    lag.woke(late_s=-0.001)
    assert lag.distribution.total == 0.0


def test_all_of_it_goes_into_one_histogram():
    lag = LoopLag()
    lag.woke(late_s=0.02)
    assert list(lag.samples()) == [(catalogue.EVENT_LOOP_LAG, (), lag.distribution), (catalogue.TASKS, (), 0)]


async def test_living_tasks_are_counted_and_those_that_ended_are_not(autojump_clock: MockClock):
    lag = LoopLag()

    async def counted(others: int) -> int:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lag.run, 1.0)
            for _ in range(others):
                nursery.start_soon(trio.sleep_forever)
            await trio.sleep(1.5)
            nursery.cancel_scope.cancel()
        return lag.tasks

    alone = await counted(0)
    assert await counted(7) == alone + 7
    assert await counted(0) == alone
