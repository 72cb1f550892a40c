"""A station's end of a cable."""

import pytest
import trio

from localctl.demo.wire import Gone, TurnedAway
from localctl.simulate.line import MemoryLine


async def test_an_accepted_line_carries_texts_in_order():
    line = MemoryLine()
    line.accept("ocpp2.0.1")
    await line.opened()
    line.hear("one")
    line.hear("two")
    assert [await line.receive(), await line.receive()] == ["one", "two"]
    assert line.subprotocol == "ocpp2.0.1"


async def test_a_refused_line_says_with_which_status():
    line = MemoryLine()
    line.refuse(503)
    with pytest.raises(TurnedAway) as refused:
        await line.opened()
    assert refused.value.status == 503


async def test_texts_that_arrived_before_the_end_are_still_read():
    line = MemoryLine()
    line.accept(None)
    line.hear("last")
    line.over("reset")
    assert await line.receive() == "last"
    with pytest.raises(Gone, match="reset"):
        await line.receive()
    with pytest.raises(Gone):
        await line.send("too late")


async def test_who_waits_is_woken_by_the_end(autojump_clock, nursery):
    line = MemoryLine()
    line.accept(None)

    async def end():
        await trio.sleep(1)
        line.over("gone")

    nursery.start_soon(end)
    with pytest.raises(Gone):
        await line.receive()
