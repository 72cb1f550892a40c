"""Frames on a leg, good and bad, between raw bytes and a CSMS on another library."""

import base64
import os
import zlib
from functools import partial

import pytest
import trio

from localctl.net.settings import EdgeLimits, StationEdge
from tests.localctl.net.kit import (
    BINARY,
    CLOSE,
    MORE,
    PING,
    PONG,
    TEXT,
    connect,
    edge,
    frame,
    site,
    station,
    upgrade,
)

CALL, ANSWER = '[2,"1","Heartbeat",{}]', '[3,"1",{}]'
OFFER = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"


def packed(text):
    compressor = zlib.compressobj(wbits=-12)
    return (compressor.compress(text.encode()) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


async def test_a_message_in_fragments_and_single_bytes_arrives_whole():
    text = '[2,"1","DataTransfer",{"vendorId":"é€😀"}]'
    data = text.encode()
    async with site() as (the_box, the_csms), await station(the_box.port) as peer:
        await peer.send(frame(data[:9], fin=False) + frame(b"p", PING) + frame(b"", MORE, fin=False))
        for byte in frame(data[9:], MORE):
            await peer.send(bytes([byte]))
        assert await peer.frame() == (PONG, b"p")
        assert await peer.text() == ANSWER
        assert the_csms.frames == [text]
        assert the_box.stats.station.text_bytes_in == len(data)


async def test_a_thousand_fragments_take_no_more_room_than_their_text():
    async with site() as (the_box, the_csms), await station(the_box.port) as peer:
        text = '[2,"1","DataTransfer",{"data":"' + "x" * 5000 + '"}]'
        parts = [frame(char, MORE if at else TEXT, fin=False) for at, char in enumerate(text)]
        await peer.send(b"".join(parts) + frame(b"", MORE))
        assert await peer.text() == ANSWER
        assert the_csms.frames == [text]


@pytest.mark.parametrize(
    ("bad", "code", "cause"),
    [
        (frame(b"\xff\xfe"), 1007, "bad_utf8"),
        (frame("é".encode()[:1]), 1007, "bad_utf8"),
        (frame(b"[2]", BINARY), 1003, "binary"),
        (frame("é" * 2500), 1009, "too_big"),
        (frame("a" * 3000, fin=False) + frame("a" * 3000, MORE), 1009, "too_big"),
        (frame("a" * 5000), 1009, "too_big"),
        (frame(packed(CALL), rsv1=True), 1002, "compressed_unasked"),
        (frame(CALL, mask=False), 1002, "protocol"),
        (frame(b"", 3), 1002, "protocol"),
        (frame(b"x", MORE), 1002, "protocol"),
        (frame("a", fin=False) + frame("b"), 1002, "protocol"),
        (frame(b"x" * 126, PING), 1002, "protocol"),
        (frame(b"x", PING, fin=False), 1002, "protocol"),
        (frame(b"\x03", CLOSE), 1002, "protocol"),
        (frame(b"\x03\xed", CLOSE), 1002, "protocol"),
    ],
)
async def test_a_peer_that_breaks_the_protocol_hears_why_and_is_counted(bad, code, cause):
    small = StationEdge(max_message=4096)
    async with site(settings=partial(edge, station=small)) as (the_box, the_csms):
        async with await station(the_box.port) as peer:
            await peer.send(bad + frame(CALL))
            assert await peer.closed_with() == code
            await peer.ended()
        await the_box.until(lambda: not the_box.switchboard.links())
        assert the_box.stats.station.closes == {cause: 1}
        assert the_csms.frames == []


async def test_the_limit_counts_bytes_and_a_message_of_just_that_size_passes():
    small = StationEdge(max_message=4096)
    head, tail = '[2,"1","DataTransfer",{"data":"', '"}]'
    text = head + "é" * ((4096 - len(head + tail)) // 2) + tail
    text = text.replace("DataTransfer", "DataTransferX"[: 12 + (4096 - len(text.encode()))])
    async with site(settings=partial(edge, station=small)) as (the_box, the_csms), await station(the_box.port) as peer:
        assert len(text.encode()) == 4096
        await peer.send(frame(text))
        assert await peer.text() == ANSWER
        assert the_csms.frames == [text]


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("asked", [True, False])
async def test_compression_is_agreed_for_each_leg_by_itself(down, up, asked):
    settings = partial(edge, station=StationEdge(compression=down), csms={"compression": up})
    async with site(settings=settings) as (the_box, the_csms):
        async with await station(the_box.port, extra=[OFFER] if asked else []) as peer:
            agreed = peer.headers.get("sec-websocket-extensions")
            assert agreed == ("permessage-deflate; client_max_window_bits=12" if down and asked else None)
            await peer.send(frame(packed(CALL), rsv1=True) if agreed else frame(CALL))
            opcode, payload = await peer.frame()
            assert peer.rsv1 == bool(agreed)
            if agreed:
                payload = zlib.decompressobj(-15).decompress(payload + b"\0\0\xff\xff")
            assert (opcode, payload.decode()) == (TEXT, ANSWER)
        assert ("sec-websocket-extensions" in the_csms.requests[0].headers) == up
        assert the_box.stats.station.compressed_legs == (down and asked)
        assert the_box.stats.csms.compressed_legs == up


@pytest.mark.parametrize("parameters", [b"server_max_window_bits=abc", b"turbo", b"client_max_window_bits=8"])
async def test_an_offer_that_makes_no_sense_is_declined_and_the_station_let_in(parameters):
    offer = b"Sec-WebSocket-Extensions: permessage-deflate; " + parameters
    async with site() as (the_box, _), await station(the_box.port, extra=[offer]) as peer:
        assert "sec-websocket-extensions" not in peer.headers
        await peer.send(frame(CALL))
        assert await peer.text() == ANSWER


async def test_a_csms_message_too_big_for_us_ends_that_leg_with_1009():
    async with site(settings=partial(edge, csms={"max_message": 5000})) as (the_box, the_csms):
        async with await station(the_box.port) as peer:
            await the_csms.connections[0].send('[2,"1","X",{"a":"' + "b" * 6000 + '"}]')
            await peer.closed_with()
            await the_box.until(lambda: the_csms.codes)
        assert the_csms.codes == [1009]
        assert the_box.stats.csms.closes == {"too_big": 1}


async def test_a_clean_goodbye_of_the_station_is_answered_and_passed_on():
    async with site() as (the_box, the_csms):
        async with await station(the_box.port) as peer:
            await peer.send(frame(b"\x03\xe8done", CLOSE))
            assert await peer.closed_with() == 1000
            await peer.ended()
        await the_box.until(lambda: not the_box.switchboard.links() and the_csms.codes)
        assert the_box.stats.station.closes == {"peer_closed": 1}
        assert the_box.stats.bugs == 0


@pytest.mark.parametrize(("said", "code", "reason"), [(b"", 1005, ""), (b"\x0f\xa0bye", 4000, "bye")])
async def test_a_goodbye_passes_with_its_code_and_words_or_without_any(said, code, reason):
    async with site() as (the_box, the_csms):
        async with await station(the_box.port) as peer:
            await peer.send(frame(said, CLOSE))
            assert await peer.frame() == (CLOSE, said)
        await the_box.until(lambda: the_csms.codes)
        assert (the_csms.codes, the_csms.connections[0].close_reason) == ([code], reason)


async def test_a_ping_behind_a_close_frame_harms_nobody():
    async with site() as (the_box, _):
        async with await station(the_box.port) as peer:
            await peer.send(frame(b"\x03\xe8", CLOSE) + frame(b"x", PING) + frame(CALL))
            assert await peer.closed_with() == 1000
        await the_box.until(lambda: not the_box.switchboard.links())
        assert the_box.stats.bugs == 0


async def test_pings_are_answered_while_the_csms_takes_its_time():
    async with site() as (the_box, the_csms), await station(the_box.port) as peer:
        the_csms.answering = trio.Event()
        await peer.send(b"".join(frame(f'[2,"{n}","Heartbeat",{{}}]') for n in range(8)) + frame(b"alive?", PING))
        assert await peer.frame() == (PONG, b"alive?")
        the_csms.answering.set()
        assert [await peer.text() for _ in range(8)] == [f'[3,"{n}",{{}}]' for n in range(8)]


async def test_a_station_that_vanishes_while_it_waits_for_its_verdict_is_noticed():
    async with trio.open_nursery() as nursery:
        silent = await trio.open_tcp_listeners(0, host="127.0.0.1")

        async def never_answer(stream):
            await trio.sleep_forever()

        await nursery.start(trio.serve_listeners, never_answer, silent)
        from tests.localctl.net.kit import box

        async with box(edge(silent[0].socket.getsockname()[1])) as the_box:
            async with await connect(the_box.port) as peer:
                await peer.send(upgrade() + frame(CALL))
                await the_box.until(the_box.switchboard.links)
            await the_box.until(lambda: not the_box.switchboard.links())
        nursery.cancel_scope.cancel()


async def test_frames_that_come_while_the_csms_thinks_about_the_station_are_not_lost():
    async def think(connection, request):
        await trio.sleep(0.1)

    async with (
        site(csms_options={"process_request": think}) as (the_box, _),
        await connect(the_box.port) as peer,
    ):
        await peer.send(upgrade())
        await the_box.until(the_box.switchboard.links)
        for number in (1, 2):
            await peer.send(frame(f'[2,"{number}","Heartbeat",{{}}]'))
            await trio.sleep(0.02)
        assert (await peer.head())[0] == 101
        assert [await peer.text(), await peer.text()] == ['[3,"1",{}]', '[3,"2",{}]']


async def test_deadlines_of_the_handshake_end_with_the_handshake():
    limits = EdgeLimits(handshake_deadline_s=0.3, close_timeout_s=1)
    settings = partial(edge, limits=limits, csms={"connect_timeout_s": 0.3})
    async with site(settings=settings) as (the_box, _), await station(the_box.port) as peer:
        await trio.sleep(0.6)
        await peer.send(frame(CALL))
        assert await peer.text() == ANSWER


def test_a_request_does_not_show_its_secrets():
    from localctl.net.sockets import UpgradeRequest

    secret = base64.b64encode(os.urandom(6))
    request = UpgradeRequest(
        target="/x?token=1",
        offer=(),
        authorization=secret,
        user_agent=None,
        forwarded_for=None,
        peer="192.0.2.1",
        tls=None,
    )
    assert repr(request) == "UpgradeRequest(peer='192.0.2.1')"
