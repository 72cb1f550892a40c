"""An engine between a socket pair: holding, reading ahead, and what it does after its end."""

import socket

import pytest
import trio
from wsproto.utilities import LocalProtocolError

from localctl.net.engine import _ANSWERS_WAITING, INBOX_MESSAGES, MAX_PARTS, byte_length
from localctl.net.legs import StationSocket
from localctl.net.stats import LegStats
from localctl.net.wire import Wire
from tests.localctl.net.kit import BINARY, CLOSE, PING, PONG, RawPeer, frame, upgrade


class Taker:
    def __init__(self):
        self.texts, self.rooms = [], 0

    def text_arrived(self, text):
        self.texts.append(text)

    def room_again(self):
        self.rooms += 1


@pytest.fixture
async def leg(nursery):
    """An upgraded down leg, its taker and the raw peer; `over` gets how it ended."""
    ours, theirs = socket.socketpair()
    peer = RawPeer(trio.SocketStream(trio.socket.from_stdlib_socket(theirs)))

    async def let_in(station, request):
        station.settle(compression=False, max_message=10_000)
        station.accept("ocpp1.6")

    wire = Wire(ours, nursery.start_soon, LegStats())
    station = StationSocket(wire, let_in)
    station.taker, station.endings = Taker(), []

    async def run():
        station.endings.append(await station.run())
        await station.linger(0.2)

    nursery.start_soon(run)
    await peer.send(upgrade(offer="ocpp1.6"))
    await peer.head()
    yield station, station.taker, peer
    wire.abort()
    await trio.aclose_forcefully(peer.stream)


async def quiet():
    await trio.testing.wait_all_tasks_blocked()


async def test_a_held_leg_hands_out_nothing_but_reads_on_so_that_pings_are_answered(leg):
    station, taker, peer = leg
    station.hold()
    await peer.send(b"".join(frame(str(n)) for n in range(INBOX_MESSAGES - 1)) + frame(b"?", PING))
    assert await peer.frame() == (PONG, b"?")
    assert taker.texts == []
    assert station.waiting_in == INBOX_MESSAGES - 1
    assert station.take() is None


async def test_a_held_leg_stops_reading_at_its_bound_and_goes_on_when_texts_are_taken(leg):
    station, taker, peer = leg
    station.hold()
    await peer.send(b"".join(frame(str(n)) for n in range(40)))
    await quiet()
    assert station.waiting_in == INBOX_MESSAGES
    station.unhold()
    taken = []
    while (text := station.take()) is not None:
        taken.append(text)
        await quiet()
    assert taken + taker.texts == [str(n) for n in range(40)]


async def test_big_messages_count_by_size_when_read_ahead(leg):
    station, _, peer = leg
    station.hold()
    await peer.send(b"".join(frame("x" * 9000) for _ in range(20)))
    await quiet()
    assert station.waiting_in == 8


async def test_closing_a_held_leg_ends_it(leg):
    station, _, peer = leg
    station.hold()
    await peer.send(b"".join(frame(str(n)) for n in range(40)))
    await quiet()
    station.close(1001, "bye")
    await peer.send(frame(b"\x03\xe9", CLOSE))
    assert await peer.closed_with() == 1001
    await quiet()
    assert station.endings[0].cause == "closed"


@pytest.mark.parametrize(("code", "said"), [(1005, b""), (4000, b"\x0f\xa0why")])
async def test_a_close_frame_has_code_and_words_or_neither(leg, code, said):
    station, _, peer = leg
    station.close(code, "why")
    assert await peer.frame() == (CLOSE, said)


async def test_a_ping_behind_our_close_frame_is_not_answered_and_harms_nobody(leg):
    station, _, peer = leg
    station.close(1001, "")
    await peer.send(frame(b"?", PING) + frame(b"\x03\xe9", CLOSE))
    assert await peer.frame() == (CLOSE, b"\x03\xe9")
    await peer.ended()
    assert station.endings[0].cause == "closed"


async def test_pongs_that_nobody_reads_stop_the_reading_of_pings(leg):
    station, _, peer = leg
    pings = frame(b"p" * 125, PING) * 2000
    with trio.move_on_after(2) as patience:
        while True:
            await peer.send(pings)
    assert patience.cancelled_caught
    assert _ANSWERS_WAITING < station.wire.queued < 2 * _ANSWERS_WAITING


async def test_a_message_of_many_tiny_fragments_is_kept_in_few_parts(leg):
    station, taker, peer = leg
    await peer.send(frame("a", fin=False) + frame("b", 0, fin=False) * 5000)
    await quiet()
    assert len(station._message_parts) <= MAX_PARTS
    await peer.send(frame("c", 0))
    await quiet()
    assert taker.texts == ["a" + "b" * 5000 + "c"]


async def test_after_the_end_nothing_is_sent_or_handed_out(leg):
    station, taker, peer = leg
    station.close(1000, "a" * 500)
    station.send("late")
    station.send_ping()
    station.close(1001, "twice")
    station.accept("ocpp1.6")
    station.refuse(404, (), b"")
    await peer.send(frame("late"))
    assert await peer.frame() == (CLOSE, b"\x03\xe8" + b"a" * 123)
    await quiet()
    assert taker.texts == []
    assert not station.is_open


async def test_the_first_reason_for_an_end_is_the_one_that_counts(leg):
    station, _, peer = leg
    await peer.send(frame(b"x", BINARY))
    await quiet()
    station.abort("stalled")
    await quiet()
    assert station.endings == [(None, "OCPP messages are text", "binary")]


async def test_a_subprotocol_that_was_not_offered_is_our_bug(nursery):
    ours, theirs = socket.socketpair()
    with theirs:
        caught = []

        async def wrong(station, request):
            with pytest.raises(LocalProtocolError):
                station.accept("ocpp9")
            caught.append(True)
            station.refuse(500, (), b"")

        theirs.send(upgrade())
        station = StationSocket(Wire(ours, nursery.start_soon, LegStats()), wrong)
        assert (await station.run()).cause == "refused"
        assert caught == [True]
        assert theirs.recv(100).startswith(b"HTTP/1.1 500")
        station.wire.abort()


@pytest.mark.parametrize(("text", "length"), [("", 0), ("abc", 3), ("é", 2), ("€", 3), ("😀", 4)])
def test_lengths_are_those_of_utf_8(text, length):
    assert byte_length(text) == length
