"""P6: hostile peers cost bounded memory and never another station's service, and what they did is counted.

Each test attacks a real localctl process; `besieged` proves at the end that the station that was there is still served
on its old connection, that a new one gets in, and that no exception of ours was counted.
"""

import resource
import zlib

import pytest
import trio

from tests.e2e.hostile import besieged
from tests.localctl.net.kit import CLOSE, MORE, PING, PONG, TEXT, frame, upgrade

DEFLATE = [b"Sec-WebSocket-Extensions: permessage-deflate"]
REFUSED, CLOSED, DROPPED = (
    "localctl_connection_refusals_total",
    "localctl_legs_closed_total",
    "localctl_frames_dropped_total",
)


def packed(data):
    compressor = zlib.compressobj(9, wbits=-15)
    return (b"".join(map(compressor.compress, data)) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def descriptors():
    """As many files as this process may have open, from now on; the box, which is our child, has the same number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(soft, 12_000) if hard == resource.RLIM_INFINITY else max(soft, min(hard, 12_000))
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


async def test_a_crowd_of_half_open_sockets_neither_fills_the_memory_nor_keeps_stations_out(tmp_path):
    crowd_size = min(10_000, descriptors() - 1000)
    most = min(2048, crowd_size // 3)
    limits = f"max_handshakes = {most}\nmax_handshakes_per_peer = {most}\n"
    async with besieged(tmp_path, controller=limits) as siege:
        before = await siege.memory_mb()
        crowd = []
        for number in range(crowd_size):
            crowd.append(await siege.stranger())
            if number % 3 == 1:
                await crowd[-1].send(upgrade()[:40])
        await siege.counted("localctl_connections_accepted_total", crowd_size)
        await siege.witness_is_served()
        await siege.newcomer_is_served()
        assert await siege.metric("localctl_handshakes_in_flight") <= most
        assert await siege.memory_mb() - before < 5 + 0.022 * most
        await siege.counted(REFUSED, crowd_size // 2)
        for peer in crowd:
            await trio.aclose_forcefully(peer.stream)


async def test_a_slow_loris_is_cut_off_while_others_are_served(tmp_path):
    async with besieged(tmp_path, controller="handshake_deadline_s = 1\n") as siege:
        peers = [await siege.stranger() for _ in range(30)]
        with trio.move_on_after(15) as patience:
            for byte in upgrade():
                try:
                    for peer in peers:
                        await peer.send(bytes([byte]))
                except trio.BrokenResourceError:
                    break
                await trio.sleep(0.05)
        assert not patience.cancelled_caught
        await siege.counted(REFUSED, len(peers), cause="handshake_deadline")
        for peer in peers:
            await trio.aclose_forcefully(peer.stream)


@pytest.mark.parametrize("fragments", [1, 60])
async def test_a_bomb_of_200_mb_in_194_kb_is_refused_before_it_inflates(tmp_path, fragments):
    bomb = packed(b"\0" * 1_000_000 for _ in range(200))
    assert len(bomb) < 250_000
    step = len(bomb) // fragments + 1
    parts = [bomb[at : at + step] for at in range(0, len(bomb), step)]
    async with besieged(tmp_path) as siege:
        before = await siege.memory_mb()
        for number in range(4):
            async with await siege.station(f"/CP-{number}", DEFLATE) as peer:
                for at, part in enumerate(parts):
                    last = at == len(parts) - 1
                    await peer.send(frame(part, MORE if at else TEXT, rsv1=not at, fin=last))
                assert await peer.closed_with() == 1009
        await siege.counted(CLOSED, 4, cause="too_big", leg="station")
        assert await siege.memory_mb() - before < 25


HUGE = '[2,"1","DataTransfer",{"data":"' + "x" * 2_000_000 + '"}]'
MESSAGES = {
    "too big": (HUGE, 1009, "too_big"),
    "invalid UTF-8": (b'[2,"1","X",{"a":"\xff\xfe"}]', 1007, "bad_utf8"),
    "overlong UTF-8": (b'[2,"1","X",{"a":"\xc0\xaf"}]', 1007, "bad_utf8"),
    "half a surrogate": (b'[2,"1","X",{"a":"\xed\xa0\x80"}]', 1007, "bad_utf8"),
}


async def test_messages_that_may_not_be_are_closed_with_their_reason(tmp_path):
    async with besieged(tmp_path) as siege:
        for name, (payload, code, cause) in MESSAGES.items():
            async with await siege.station() as peer:
                await peer.send(frame(payload))
                assert await peer.closed_with() == code, name
            await siege.counted(CLOSED, cause=cause, leg="station")


TEXTS = (
    "[" * 500_000,
    '{"a":' * 100_000,
    '[2,"1","X",' + "[" * 400_000 + "]" * 400_000 + "]",
    '[2,"1","X",{"a":1e999999}]',
    '[2,"' + "9" * 200_000 + '","X",{}]',
    "[2,1,2,3",
    '[3,"nobody-asked",{}]',
    '[4,"x"]',
    "[-1e400]",
    "null",
    "",
    '[2,"1","\\ud800",{}]',
    "\0" * 1000,
)


async def test_texts_that_no_parser_likes_cost_no_more_than_themselves(tmp_path):
    async with besieged(tmp_path) as siege:
        before = await siege.memory_mb()
        for number, text in enumerate(TEXTS):
            async with await siege.station(f"/CP-{number}") as peer:
                for _ in range(3):
                    await peer.send(frame(text))
                await peer.send(frame(b"alive", PING))
                while (await peer.frame())[0] not in (PONG, CLOSE):
                    pass
        assert await siege.memory_mb() - before < 30


async def test_a_flood_of_pings_whose_pongs_nobody_reads_stays_bounded(tmp_path):
    async with besieged(tmp_path) as siege:
        before = await siege.memory_mb()
        async with await siege.station() as peer:
            flood = frame(b"p" * 125, PING) * 1000
            with trio.move_on_after(3):
                while True:
                    await peer.send(flood)
            await siege.witness_is_served()
            assert await siege.memory_mb() - before < 25
        await siege.counted("localctl_pings_total", 1000, direction="in", leg="station")


async def test_a_station_that_floods_calls_and_reads_nothing_stays_bounded(tmp_path):
    async with besieged(tmp_path) as siege:
        before = await siege.memory_mb()
        async with await siege.station() as peer:
            call = frame('[2,"{}","DataTransfer",{"data":"' + "x" * 20_000 + '"}]')
            with trio.move_on_after(4):
                try:
                    while True:
                        await peer.send(call)
                except trio.BrokenResourceError:
                    pass
            await siege.witness_is_served()
            assert await siege.memory_mb() - before < 60


async def test_endless_fragments_without_an_end_are_cut_off(tmp_path):
    async with besieged(tmp_path, defaults="max_message_bytes = 131072") as siege:
        before = await siege.memory_mb()
        async with await siege.station() as peer:
            await peer.send(frame("a", fin=False))
            try:
                for _ in range(300):
                    await peer.send(frame("a", MORE, fin=False) * 4000)
            except trio.BrokenResourceError:
                pass
        await siege.counted(CLOSED, cause="too_big", leg="station")
        assert await siege.memory_mb() - before < 25


PATHS = (
    "/../etc/passwd",
    "/ocpp/..",
    "/ocpp/./CP1",
    "/ocpp/%2e%2e/CP1",
    "/a%2Fb",
    "/a%5Cb",
    "/a%00b",
    "/%",
    "/%ff",
    "/",
    "//",
    "/CP%3A1",
    "/" + "a" * 300,
    "/" + "a" * 4096,
    "/a%0d%0aX-Injected:1",
    "/%E2%80%AE1PC",
    "/CP1#x",
)


async def test_identity_tricks_are_not_found_and_never_reach_the_csms(tmp_path):
    async with besieged(tmp_path) as siege:
        for path in PATHS:
            async with await siege.stranger() as peer:
                await peer.send(upgrade(path))
                assert (await peer.head())[0] == 404, path
        assert siege.site.csms.unexpected("connected") == []
        await siege.counted(REFUSED, len(PATHS), cause="path")


SMUGGLED = (
    [b"Content-Length: 40"],
    [b"Transfer-Encoding: chunked"],
    [b"Content-Length: 0", b"Transfer-Encoding: chunked"],
    [b"Authorization: Basic YTpi", b"Authorization: Basic YTpj"],
    [b"Host: other"],
    [b"X: a\rY: b"],
    [b"X\0: a"],
    [b"X : a"],
    [b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
    [b"Upgrade: h2c"],
)


async def test_smuggled_headers_are_refused(tmp_path):
    async with besieged(tmp_path) as siege:
        for lines in SMUGGLED:
            async with await siege.stranger() as peer:
                second = b"GET /CP2 HTTP/1.1\r\nHost: a\r\n\r\n"
                await peer.send(upgrade("/CP1", extra=[*lines, b"X-Last: 1"]) + second)
                assert (await peer.head())[0] == 400, lines
                await peer.ended()
        await siege.counted(REFUSED, len(SMUGGLED), cause="bad_request")


async def test_only_our_own_headers_go_up(tmp_path):
    async with besieged(tmp_path) as siege:
        lies = [
            b"X-Forwarded-For: 1.2.3.4",
            b"Cookie: a=b",
            b"Proxy: http://evil",
            b"Origin: http://evil",
            b"User-Agent: Box/1",
        ]
        async with await siege.station("/CP-LIAR", lies):
            while (seen := await siege.site.csms.expect("upgrade"))["path"] != "/CP-LIAR":
                pass
            names = {name.lower() for name, _ in seen["headers"]}
            assert names == {
                "host",
                "upgrade",
                "connection",
                "sec-websocket-key",
                "sec-websocket-version",
                "sec-websocket-protocol",
                "sec-websocket-extensions",
                "authorization",
                "user-agent",
            }


async def test_many_short_lived_connections_leave_nothing_behind(tmp_path):
    async with besieged(tmp_path) as siege:
        for round_trip in range(2):
            for number in range(150):
                async with await siege.station(f"/CP-{number}") as peer:
                    await peer.reset()
            with trio.fail_after(20):
                await siege.all_gone_but_the_witness()
            if round_trip == 0:
                before = await siege.memory_mb()
        assert await siege.memory_mb() - before < 10
