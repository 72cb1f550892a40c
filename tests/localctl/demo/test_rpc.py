"""The demo's OCPP-J: calls, answers, faults, ends."""

import json
from contextlib import asynccontextmanager, suppress

import pytest
import trio
import trio.testing
from wsproto.events import AcceptConnection

from localctl.demo.rpc import Conversation, Fault
from localctl.demo.tape import Tape
from localctl.demo.wire import Gone, Place, answer, dial


def echo(action, payload):
    """A handler that answers with what it was asked, or refuses."""
    if action == "Refuse":
        raise Fault("NotSupported", "not here")
    return {"action": action, **payload}


@asynccontextmanager
async def conversation(*, far_listens=True, **features):
    """Both ends of a line, listening, and the far end's wire."""
    ours, theirs = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:
        wires = []

        async def accept():
            wires.append(await answer(theirs, lambda _: AcceptConnection(subprotocol="ocpp2.1")))

        nursery.start_soon(accept)
        near_wire = await dial(ours, Place(host="h", path="/CP1", offer=("ocpp2.1",)))
        await trio.testing.wait_all_tasks_blocked()
        near, far = Conversation(near_wire, Tape(), echo, **features), Conversation(wires[0], Tape(), echo)
        nursery.start_soon(quietly, near)
        if far_listens:
            nursery.start_soon(quietly, far)
        yield near, far, wires[0]
        nursery.cancel_scope.cancel()


async def quietly(one):
    """Listen until the end, whatever it is."""
    with suppress(Gone):
        await one.listen()


async def test_a_call_gets_its_answer():
    async with conversation() as (near, _, _):
        assert await near.call("Heartbeat", {"x": 1}) == {"action": "Heartbeat", "x": 1}


async def test_calls_cross():
    async with conversation() as (near, far, _), trio.open_nursery() as nursery:
        nursery.start_soon(near.call, "A", {})
        nursery.start_soon(far.call, "B", {})


async def test_a_refused_call_is_a_fault_with_its_code():
    async with conversation() as (near, _, _):
        with pytest.raises(Fault, match="NotSupported: not here"):
            await near.call("Refuse", {})


async def test_one_call_at_a_time(autojump_clock):
    async with conversation() as (near, _, _):
        async with trio.open_nursery() as nursery:
            for number in range(5):
                nursery.start_soon(near.call, str(number), {})
        frames = [json.loads(one.text)[0] for one in near._tape.sent]
        assert frames == [2] * 5
        assert near.heard == 5


async def test_no_answer_in_time_counts_as_gone(autojump_clock):
    async with conversation(far_listens=False, answer_within_s=3) as (near, _, _):
        before = trio.current_time()
        with pytest.raises(Gone, match="no answer to Slow"):
            await near.call("Slow", {})
        assert trio.current_time() - before == 3


async def test_a_lost_connection_ends_every_waiting_call():
    async with conversation(far_listens=False) as (near, _, wire), trio.open_nursery() as nursery:
        nursery.start_soon(wire.cut)
        with pytest.raises(Gone):
            await near.call("Anything", {})


async def test_tell_is_a_send_that_nobody_answers():
    async with conversation() as (near, far, _):
        await near.tell("NotifyPeriodicEventStream", {"id": 1})
        await near.call("Heartbeat", {})
        assert [json.loads(one.text)[0] for one in near._tape.sent] == [6, 2]
        assert near.heard == 1
        assert far.heard == 2


async def test_both_ends_record_the_same_texts():
    async with conversation() as (near, far, _):
        await near.call("A", {"é": [1.5]})
        assert [one.text for one in near._tape.sent] == [one.text for one in far._tape.heard]
        assert [one.text for one in far._tape.sent] == [one.text for one in near._tape.heard]
