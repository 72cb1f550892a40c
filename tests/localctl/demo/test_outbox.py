"""What a station keeps while it cannot talk."""

import trio

from localctl.demo.outbox import MOST, Message, Outbox


def message(action, keep=False):
    """A message with its name for a payload."""
    return Message(action=action, payload=lambda: {"name": action}, keep=keep)


async def test_messages_come_out_in_order_and_stay_until_done():
    box = Outbox()
    first, second = message("1"), message("2")
    box.put(first)
    box.put(second)
    assert (await box.first())[0] is first
    assert (await box.first())[0] is first
    box.done(first)
    assert await box.first() == (second, {"name": "2"})


async def test_the_payload_is_made_when_it_is_first_sent_and_only_then():
    made = []
    box = Outbox()
    box.put(Message(action="X", payload=lambda: made.append(1) or {"n": len(made)}))
    assert made == []
    assert [(await box.first())[1] for _ in range(2)] == [{"n": 1}] * 2


async def test_an_outage_drops_idle_talk_but_nothing_kept_and_nothing_already_on_its_way():
    box = Outbox()
    on_its_way, kept, idle = message("on its way"), message("kept", keep=True), message("idle")
    for one in (on_its_way, idle, kept):
        box.put(one)
    await box.first()
    box.forget_idle_talk()
    left = []
    while len(box):
        left.append((await box.first())[0])
        box.done(left[-1])
    assert left == [on_its_way, kept]


async def test_a_full_outbox_gives_up_idle_talk_first():
    box = Outbox()
    box.put(message("kept", keep=True))
    box.put(message("idle"))
    for number in range(MOST - 1):
        box.put(message(str(number), keep=True))
    assert len(box) == MOST
    first, _ = await box.first()
    box.done(first)
    assert (first.action, (await box.first())[0].action) == ("kept", "0")


async def test_waiting_ends_with_the_first_message_and_with_the_last_one_done(autojump_clock):
    box, seen = Outbox(), []

    async def consumer():
        one, _ = await box.first()
        seen.append(one.action)
        await trio.sleep(1)
        box.done(one)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(consumer)
        await trio.sleep(1)
        box.put(message("late"))
        await box.emptied()
    assert seen == ["late"]
