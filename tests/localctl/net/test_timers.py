"""One clock for all, on trio's own that jumps."""

import trio

from localctl.net.timers import TICK_S, Timers


async def test_wake_ups_come_in_their_order_and_the_look_once_a_second(autojump_clock, nursery):
    heard, ticks, start = [], [], trio.current_time()
    timers = Timers(lambda key: heard.append((key, trio.current_time() - start)), ticks.append)
    nursery.start_soon(timers.run)
    await trio.testing.wait_all_tasks_blocked()
    timers.at(start + 2.5, 1)
    timers.at(start + 0.25, 2)
    timers.at(start - 1, 3)
    timers.at(start + 2.5, 4)
    await trio.sleep(3.5)
    assert [key for key, _ in heard] == [3, 2, 1, 4]
    assert [round(at, 2) for _, at in heard] == [0, 0.25, 2.5, 2.5]
    assert len(ticks) == int(3.5 / TICK_S)
    nursery.cancel_scope.cancel()


async def test_a_wake_up_may_ask_for_the_next(autojump_clock, nursery):
    heard = []

    def again(key):
        heard.append(key)
        if key < 5:
            timers.at(trio.current_time() + 0.1, key + 1)

    timers = Timers(again, lambda _now: None)
    nursery.start_soon(timers.run)
    timers.at(trio.current_time(), 1)
    await trio.sleep(2)
    assert heard == [1, 2, 3, 4, 5]
    nursery.cancel_scope.cancel()
