"""The demo's own WebSocket ends, on memory streams."""

from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
from wsproto.events import AcceptConnection, RejectConnection

from localctl.demo.wire import PATIENCE_S, Gone, Place, TurnedAway, answer, dial, one_gone

PLACE = Place(
    host="h", path="/a%2Fb//CP1?x", offer=("ocpp2.1", "ocpp1.6"), headers=((b"Authorization", b"Basic eA=="),)
)


def welcome(_request):
    """Let anybody in."""
    return AcceptConnection(subprotocol="ocpp1.6")


@asynccontextmanager
async def joined(admission=welcome):
    """Both ends of an upgraded line."""
    ours, theirs = trio.testing.memory_stream_pair()
    far = []
    async with trio.open_nursery() as nursery:

        async def accept():
            far.append(await answer(theirs, admission))

        nursery.start_soon(accept)
        near = await dial(ours, PLACE)
        await trio.testing.wait_all_tasks_blocked()
        yield near, far[0]


async def test_the_request_shows_path_versions_and_headers_as_they_are():
    requests = []
    async with joined(lambda request: requests.append(request) or welcome(request)) as (near, far):
        assert (near.subprotocol, far.subprotocol, far.path) == ("ocpp1.6", "ocpp1.6", PLACE.path)
    assert requests[0].subprotocols == list(PLACE.offer)
    assert (b"authorization", b"Basic eA==") in requests[0].extra_headers
    assert requests[0].extensions == []


async def test_texts_travel_both_ways_whatever_their_length():
    async with joined() as (near, far):
        for text in ("", "é😀", "x" * 100_000):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(near.send, text)
                assert await far.receive() == text
            async with trio.open_nursery() as nursery:
                nursery.start_soon(far.send, text)
                assert await near.receive() == text


async def test_a_refusal_is_told_with_its_status():
    with pytest.RaisesGroup(pytest.RaisesExc(TurnedAway, match="HTTP 503")):
        async with joined(lambda _: RejectConnection(status_code=503)):
            pass


async def test_a_close_frame_is_answered_and_ends_both_ends():
    async with joined() as (near, far), trio.open_nursery() as nursery:
        nursery.start_soon(far.close, 1001, "going away")
        with pytest.raises(Gone, match="1001 going away"):
            await near.receive()
        with pytest.raises(Gone):
            await far.receive()


async def test_a_cut_is_noticed():
    async with joined() as (near, far):
        await far.cut()
        with pytest.raises(Gone):
            await near.receive()
        with pytest.raises(Gone):
            await near.send("too late")


async def test_pings_are_answered_while_receiving():
    async with joined() as (near, far):
        await far.ping()
        await far.send("after the ping")
        assert await near.receive() == "after the ping"


async def test_rubbish_instead_of_frames_ends_the_connection():
    async with joined() as (near, far):
        await near._stream.send_all(b"\xff\xff\xff\xff")
        with pytest.raises(Gone):
            await far.receive()


async def test_nobody_waits_for_ever_for_an_upgrade(autojump_clock):
    ours, theirs = trio.testing.memory_stream_pair()
    with pytest.raises(Gone, match="no answer"):
        await dial(ours, PLACE)
    assert trio.current_time() == PATIENCE_S
    assert await answer(theirs, welcome) is not None


async def test_something_else_than_an_upgrade_gets_no_connection():
    ours, theirs = trio.testing.memory_stream_pair()
    await ours.send_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
    with pytest.raises(Gone):
        await answer(theirs, welcome)


async def ends_with(*reasons):
    """A nursery whose tasks end so, with one more that would go on."""
    async with trio.open_nursery() as nursery:
        for why in reasons:
            nursery.start_soon(fail, why)
        nursery.start_soon(trio.sleep_forever)


async def fail(why):
    raise why


async def test_tasks_that_find_the_line_gone_end_their_nursery_with_one_plain_gone():
    with pytest.raises(Gone, match="closed with 1001"), one_gone():
        await ends_with(Gone("closed with 1001"))


@pytest.mark.parametrize("others", [[], [Gone("closed")]])
async def test_a_bug_beside_a_gone_line_is_not_taken_for_one(others):
    with pytest.RaisesGroup(pytest.RaisesExc(ValueError, match="bug")), one_gone():
        await ends_with(ValueError("bug"), *others)
