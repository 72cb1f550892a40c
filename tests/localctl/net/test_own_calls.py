"""Who waits for an own CALL hears its end once; nothing is kept for those who left."""

import trio

from localctl.net.own_calls import OwnCalls
from routing.observations import OwnCallEnded


def end(token, verdict="result", late=False):
    return OwnCallEnded(identity="CP1", token=token, action="Reset", verdict=verdict, late=late)


async def test_the_first_end_counts_and_a_late_answer_finds_nobody():
    calls = OwnCalls()
    token = calls.new_token()

    def ask():
        calls.end(end(token, "expired"))
        calls.end(end(token, late=True))

    assert (await calls.ended(token, ask)).verdict == "expired"
    calls.end(end(token, late=True))
    assert calls._waiting == {}


async def test_tokens_are_never_the_same_and_ends_reach_their_own_asker():
    calls, heard = OwnCalls(), {}
    one, two = calls.new_token(), calls.new_token()

    async def wait(token):
        heard[token] = (await calls.ended(token, lambda: None)).token

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait, one)
        nursery.start_soon(wait, two)
        await trio.testing.wait_all_tasks_blocked()
        calls.end(end(two))
        calls.end(end(one))
    assert heard == {one: one, two: two}
    assert one != two


async def test_an_asker_that_gives_up_leaves_nothing_behind():
    calls = OwnCalls()
    with trio.move_on_after(0):
        await calls.ended(calls.new_token(), lambda: None)
    assert calls._waiting == {}


async def test_3_9_follow_ups_are_expected_from_the_sending_on_and_for_their_time_only(autojump_clock, nursery):
    calls, taken = OwnCalls(), []
    calls.expect(7, taken.append, 10, waits_s=20)
    nursery.start_soon(calls.forget_later, 7)
    await trio.sleep(29)
    assert 7 in calls._follow_ups
    await trio.sleep(2)
    assert calls.taker_of(7) is None
    assert calls._follow_ups == {}


async def test_3_9_every_part_of_a_long_report_reaches_its_asker(autojump_clock, nursery):
    calls, taken = OwnCalls(), []
    calls.expect(7, taken.append, 10, waits_s=20)
    nursery.start_soon(calls.forget_later, 7)
    for part in range(20):
        await trio.sleep(9)
        calls.taker_of(7)(part)
    assert taken == list(range(20))
    await trio.sleep(11)
    assert calls.taker_of(7) is None
