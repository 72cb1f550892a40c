"""The accept path under bad peers: each probe that ends or stalls a naive server, then proof that a station gets in."""

import socket
from functools import partial

import pytest
import trio
from structlog.testing import capture_logs

from localctl.net.settings import EdgeLimits
from tests.localctl.net.kit import CLOSE, HOST, box, connect, edge, frame, listener, site, station, upgrade

HEARTBEAT, ANSWER = '[2,"1","Heartbeat",{}]', '[3,"1",{}]'


async def still_serves(the_box):
    """A well-behaved station is let in and answered."""
    async with await station(the_box.port, "/ocpp/GOOD") as good:
        await good.send(frame(HEARTBEAT))
        assert await good.text() == ANSWER


PROBES = {
    "garbage": b"\x00\xff\x16\x03garbage\r\n\r\n",
    "plain GET": b"GET / HTTP/1.1\r\nHost: box\r\n\r\n",
    "POST": upgrade().replace(b"GET", b"POST"),
    "non-ASCII Host": upgrade(host=b"b\xf6x"),
    "non-ASCII subprotocol": upgrade(offer=None, extra=[b"Sec-WebSocket-Protocol: ocpp\xff1.6"]),
    "Host that is no name": upgrade(host=b"xn--\x80" + b"a" * 70),
    "no Host": upgrade(host=None),
    "old version": upgrade(version=b"8"),
    "no version": upgrade(version=None),
    "HTTP/1.0": upgrade().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "head larger than 32 kB": upgrade(extra=[b"X: " + b"a" * 5000] * 8),
    "two Authorization headers": upgrade(extra=[b"Authorization: Basic YTpi"] * 2),
    "two Upgrade headers": upgrade(extra=[b"Upgrade: websocket"]),
    "a body by length": upgrade(extra=[b"Content-Length: 5"]),
    "a body in chunks": upgrade(extra=[b"Transfer-Encoding: chunked"]),
    "bare line feeds and a header without colon": upgrade(extra=[b"nonsense"]),
    "a space in the path": upgrade("/ocpp/C P1"),
    "a NUL in a header": upgrade(extra=[b"X: a\0b"]),
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
async def test_a_bad_request_is_answered_or_cut_and_the_next_station_served(probe):
    async with site() as (the_box, the_csms):
        async with await connect(the_box.port) as peer:
            await peer.send(probe)
            status, _ = await peer.head()
            assert status in (400, 426, 431)
            await peer.ended()
        await still_serves(the_box)
        assert sum(the_box.stats.refusals.values()) == 1
        assert the_box.stats.bugs == 0
        assert len(the_csms.requests) == 1


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
async def test_a_bad_request_followed_by_a_reset_harms_nobody(probe):
    async with site() as (the_box, _):
        peer = await connect(the_box.port)
        await peer.send(probe)
        await peer.reset()
        await still_serves(the_box)
        assert the_box.stats.bugs == 0


@pytest.mark.parametrize("when", ["before the verdict", "right behind the request"])
async def test_a_good_request_followed_by_a_reset_harms_nobody(when):
    async with site() as (the_box, the_csms):
        peer = await connect(the_box.port)
        await peer.send(upgrade())
        if when == "before the verdict":
            await the_box.until(lambda: the_csms.requests)
        await peer.reset()
        await the_box.until(lambda: not the_box.switchboard.links())
        await still_serves(the_box)
        assert the_box.stats.bugs == 0


async def test_a_refused_station_that_resets_harms_nobody():
    async with site() as (the_box, _):
        peer = await connect(the_box.port)
        await peer.send(upgrade("/"))
        await peer.reset()
        await still_serves(the_box)
        assert the_box.stats.bugs == 0


async def test_a_plain_browser_is_told_what_this_port_speaks():
    async with site() as (the_box, _), await connect(the_box.port) as peer:
        await peer.send(PROBES["plain GET"])
        status, headers = await peer.head()
        assert (status, headers["upgrade"], headers["connection"]) == (426, "websocket", "Upgrade, close")
        assert b"OCPP" in await peer._exactly(int(headers["content-length"]))


async def test_a_missing_connection_header_is_forgiven():
    async with site() as (the_box, _), await station(the_box.port, connection=None) as peer:
        await peer.send(frame(HEARTBEAT))
        assert await peer.text() == ANSWER


async def test_a_connection_header_with_other_words_is_forgiven():
    async with site() as (the_box, _), await station(the_box.port, connection=b"keep-alive") as peer:
        await peer.send(frame(HEARTBEAT))
        assert await peer.text() == ANSWER


@pytest.mark.parametrize("apart_s", [0, 0.05])
async def test_a_first_frame_right_behind_the_request_is_not_lost(apart_s):
    async with site() as (the_box, _), await connect(the_box.port) as peer:
        request = upgrade() + frame(HEARTBEAT)
        cut = len(request) - 10 if not apart_s else len(upgrade())
        await peer.send(request[:cut])
        await trio.sleep(apart_s)
        await peer.send(request[cut:])
        assert (await peer.head())[0] == 101
        assert await peer.text() == ANSWER


async def test_one_trailing_byte_behind_the_request_is_kept():
    async with site() as (the_box, _), await connect(the_box.port) as peer:
        message = frame(HEARTBEAT)
        await peer.send(upgrade() + message[:1])
        assert (await peer.head())[0] == 101
        await peer.send(message[1:])
        assert await peer.text() == ANSWER


async def test_a_full_box_lets_a_station_back_in_whose_loss_it_has_not_noticed():
    async with (
        site(settings=partial(edge, limits=EdgeLimits(max_connections=1))) as (the_box, _),
        await station(the_box.port) as before,
        await station(the_box.port, "/ocpp/cp1") as back,
    ):
        await before.closed_with()
        await back.send(frame(HEARTBEAT))
        assert await back.text() == ANSWER
        assert the_box.stats.refusals == {}


async def test_a_station_that_was_let_in_and_leaves_without_a_word_is_noticed():
    async with site() as (the_box, _):
        async with await station(the_box.port):
            await the_box.until(lambda: the_box.switchboard.links()[0].joined)
        await the_box.until(lambda: not the_box.switchboard.links())
        assert the_box.stats.station.closes == {"vanished": 1}
        assert the_box.stats.bugs == 0


async def test_a_station_that_has_said_nothing_yet_is_told_goodbye_in_order():
    async with site() as (the_box, the_csms), await station(the_box.port) as peer:
        await the_csms.connections[0].aclose(1001)
        assert await peer.closed_with() is not None
        await peer.send(frame(HEARTBEAT) + frame(b"\x03\xe9", CLOSE))
        await peer.ended()
        await the_box.until(lambda: not the_box.switchboard.links())
        assert the_box.stats.station.closes == {"closed": 1}
        assert (the_csms.frames, the_box.stats.bugs) == ([], 0)


async def test_a_silent_connection_is_cut_after_the_deadline_and_counted():
    limits = EdgeLimits(handshake_deadline_s=0.05)
    async with site(settings=partial(edge, limits=limits)) as (the_box, _):
        async with await connect(the_box.port) as silent, await connect(the_box.port) as slow:
            await slow.send(upgrade()[:30])
            await silent.ended()
            await slow.ended()
        assert the_box.stats.refusals["handshake_deadline"] == 2
        assert the_box.stats.handshakes == 0


async def test_too_many_half_open_connections_drop_the_oldest_and_stations_get_in():
    limits = EdgeLimits(max_handshakes=20, close_timeout_s=1)
    async with site(settings=partial(edge, limits=limits)) as (the_box, _):
        crowd = [await connect(the_box.port) for _ in range(100)]
        await still_serves(the_box)
        await the_box.until(lambda: the_box.stats.refusals["too_many"] >= 80)
        assert the_box.stats.handshakes <= 20
        for peer in crowd:
            await trio.aclose_forcefully(peer.stream)


async def test_a_full_box_says_503_and_when_to_come_back():
    limits = EdgeLimits(max_connections=1, close_timeout_s=1)
    async with site(settings=partial(edge, limits=limits)) as (the_box, _):
        async with await station(the_box.port, "/a"), await connect(the_box.port) as second:
            await second.send(upgrade("/b"))
            status, headers = await second.head()
            assert (status, headers["retry-after"]) == (503, "30")
            assert the_box.stats.refusals == {"full": 1}
        await the_box.until(lambda: not the_box.switchboard.links())
        await still_serves(the_box)


async def test_a_system_without_file_descriptors_is_survived(monkeypatch):
    async with site() as (the_box, _):
        accept, left = socket.socket.accept, [3]

        def failing(sock):
            if left[0]:
                left[0] -= 1
                raise OSError(24, "Too many open files")
            return accept(sock)

        monkeypatch.setattr(socket.socket, "accept", failing)
        await still_serves(the_box)
        assert the_box.stats.accept_errors == 3


@pytest.mark.parametrize(
    ("base_path", "path", "status"),
    [
        ("/ocpp", "/ocpp/CP1", 101),
        ("/ocpp", "/other/CP1", 404),
        ("/", "/any/thing/CP1", 101),
        ("/", "/", 404),
        ("/", "/ocpp/../CP1", 404),
        ("/", "/a%2Fb", 404),
        ("/", "/" + "a" * 4096, 404),
        ("/", "/%zz", 404),
    ],
)
async def test_paths_outside_the_base_or_with_two_meanings_are_not_found(base_path, path, status):
    settings = partial(edge, listeners=(listener(base_path=base_path),))
    async with site(settings=settings) as (the_box, _), await connect(the_box.port) as peer:
        await peer.send(upgrade(path))
        assert (await peer.head())[0] == status


async def test_p6_who_knocks_all_day_is_counted_but_not_logged_every_time(monkeypatch):
    monkeypatch.setattr("localctl.net.ration.BURST_LINES", 2)
    with capture_logs() as lines:
        async with box(edge()) as the_box:
            for _ in range(5):
                async with await connect(the_box.port) as peer:
                    await peer.send(upgrade("/"))
                    assert (await peer.head())[0] == 404
            assert the_box.stats.refusals["path"] == 5
    assert [line["event"] for line in lines].count("station refused") == 2


async def test_behind_our_own_proxy_the_address_it_names_counts():
    settings = partial(edge, listeners=(listener(trusted_proxies=(HOST,)),))
    async with (
        site(settings=settings) as (the_box, _),
        await station(the_box.port, extra=[b"X-Forwarded-For: 6.6.6.6, 192.0.2.7"]),
    ):
        assert the_box.switchboard.links()[0].peer == "192.0.2.7"


async def test_a_stranger_cannot_name_another_address():
    async with site() as (the_box, _), await station(the_box.port, extra=[b"X-Forwarded-For: 192.0.2.7"]):
        assert the_box.switchboard.links()[0].peer == HOST


async def test_an_address_of_two_colons_is_every_address_of_the_older_family_too():
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    settings = edge(listeners=(listener(address="::", port=port),))
    async with box(settings), await connect(port) as peer:
        await peer.send(upgrade("/"))
        assert (await peer.head())[0] == 404


async def test_a_port_that_is_taken_is_reported_before_anything_starts():
    with socket.create_server((HOST, 0)) as taken:
        settings = edge(listeners=(listener(port=taken.getsockname()[1]),))
        with pytest.raises(BaseExceptionGroup) as caught:
            async with box(settings):
                pass
        assert caught.group_contains(OSError)
