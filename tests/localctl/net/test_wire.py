"""Bytes that never make their writer wait, between two ends of a socket pair."""

import socket
import ssl

import pytest
import trio

from localctl.net.stats import LegStats
from localctl.net.wire import LOW_WATER, TlsWire, Wire
from tests.localctl.net.certificates import Pki

BIG = bytes(range(256)) * 20_000


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    yield ours, theirs
    ours.close()
    theirs.close()


async def read_all(sock, count):
    data = b""
    while len(data) < count:
        await trio.lowlevel.wait_readable(sock)
        data += sock.recv(65536)
    return data


async def test_what_the_peer_takes_at_once_starts_no_task(ends):
    spawned = []
    wire = Wire(ends[0], spawned.append, LegStats())
    wire.write(b"hello")
    assert ends[1].recv(10) == b"hello"
    assert (spawned, wire.queued, wire.stalled_since) == ([], 0, None)
    assert wire.stats.wire_bytes_out == 5


async def test_what_the_peer_does_not_take_waits_in_order_and_is_counted(ends, nursery):
    rooms = []
    wire = Wire(ends[0], nursery.start_soon, LegStats())
    wire.on_room = lambda: rooms.append(wire.queued)
    wire.write(BIG)
    wire.write(b"end")
    assert wire.queued > len(BIG) / 2
    assert wire.stalled_since is not None
    assert await read_all(ends[1], len(BIG) + 3) == BIG + b"end"
    await trio.testing.wait_all_tasks_blocked()
    assert (wire.queued, wire.stalled_since) == (0, None)
    assert rooms[-1] == 0
    assert all(room < LOW_WATER for room in rooms)


async def test_bytes_of_the_peer_are_a_sign_of_life(ends, autojump_clock):
    wire = Wire(ends[0], print, LegStats())
    await trio.sleep(5)
    ends[1].send(b"x")
    assert await wire.receive_some() == b"x"
    assert wire.heard_at == trio.current_time()
    assert wire.stats.wire_bytes_in == 1


async def test_a_peer_that_left_ends_the_stream_and_writing_to_it_breaks_quietly(ends):
    wire = Wire(ends[0], print, LegStats())
    ends[1].close()
    assert await wire.receive_some() == b""
    wire.write(b"x")
    wire.write(b"y")
    assert wire.broken


async def test_a_backlog_for_a_peer_that_left_is_thrown_away(ends, nursery):
    wire = Wire(ends[0], nursery.start_soon, LegStats())
    wire.write(BIG)
    ends[1].close()
    await trio.testing.wait_all_tasks_blocked()
    assert (wire.broken, wire.queued, wire.stalled_since) == (True, 0, None)
    await wire.finish()


async def test_close_wakes_who_reads_and_who_writes(ends, nursery):
    wire = Wire(ends[0], nursery.start_soon, LegStats())
    wire.write(BIG)
    woken = []

    async def read():
        with pytest.raises(trio.ClosedResourceError):
            await wire.receive_some()
        woken.append(True)

    nursery.start_soon(read)
    await trio.testing.wait_all_tasks_blocked()
    wire.abort()
    wire.abort()
    await trio.testing.wait_all_tasks_blocked()
    assert woken == [True]
    assert wire.queued == 0


async def test_our_last_words_arrive_even_when_the_peers_were_never_read():
    listener = socket.create_server(("127.0.0.1", 0))
    with listener, socket.create_connection(listener.getsockname()) as theirs:
        theirs.setblocking(False)
        async with trio.open_nursery() as nursery:
            wire = Wire(listener.accept()[0], nursery.start_soon, LegStats())
            theirs.send(b"unread" * 1000)
            wire.stop_reading()
            assert await wire.receive_some() == b""
            wire.write(BIG)
            nursery.start_soon(wire.finish)
            assert await read_all(theirs, len(BIG)) == BIG
            await trio.lowlevel.wait_readable(theirs)
            assert theirs.recv(10) == b""
            theirs.close()


async def under_tls(tmp_path, ends, nursery):
    """Both ends after their handshake: ours and the peer's."""
    pki = Pki(tmp_path)
    pair = pki.pair("x", "localhost")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pair.cert_file, pair.key_file)
    wire = TlsWire(ends[0], nursery.start_soon, LegStats(), server)
    client = TlsWire(
        ends[1],
        nursery.start_soon,
        LegStats(),
        ssl.create_default_context(cafile=pki.ca_file),
        server_hostname="localhost",
    )
    nursery.start_soon(wire.handshake)
    await client.handshake()
    await trio.testing.wait_all_tasks_blocked()
    return wire, client


async def test_under_tls_the_same_and_a_goodbye(tmp_path, ends, nursery):
    wire, client = await under_tls(tmp_path, ends, nursery)
    wire.write(BIG)
    assert wire.queued > len(BIG) / 2
    data = b""
    while len(data) < len(BIG):
        data += await client.receive_some()
    assert data == BIG
    nursery.start_soon(wire.finish)
    assert await client.receive_some() == b""
    client.abort()
    client.write(b"too late")


async def test_a_peer_that_leaves_in_the_tls_handshake_is_said_to_have_left(ends, tmp_path):
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    wire = TlsWire(ends[0], print, LegStats(), server)
    ends[1].close()
    with pytest.raises(trio.BrokenResourceError):
        await wire.handshake()


async def test_garbage_under_tls_breaks_the_leg(ends, tmp_path, nursery):
    wire, client = await under_tls(tmp_path, ends, nursery)
    client._push(b"\x17\x03\x03\x00\x20" + b"garbage!" * 4)
    with pytest.raises(trio.BrokenResourceError):
        await wire.receive_some()
