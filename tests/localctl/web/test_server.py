"""Nothing that comes in on the HTTP port ends it, stalls it, or is felt by the control loop."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import trio

from localctl.observe.health import ServiceState
from localctl.observe.metrics import Metrics
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.web.app import build_app
from localctl.web.local_socket import LocalSocket
from localctl.web.protocol import MAX_CONNECTIONS
from localctl.web.server import HttpServer

KILLER = (
    b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nX"
)
GET, POST = b"GET /metrics HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\n"
H2C = GET + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\nX"
HOSTILE = {
    "upgrade and one trailing byte": KILLER,
    "h2c and one trailing byte": H2C,
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 50,
    "NUL bytes": b"\0" * 3000,
    "10,000 headers": GET + b"".join(b"x-%d: y\r\n" % i for i in range(10_000)) + b"\r\n",
    "one endless header": b"GET /metrics HTTP/1.1\r\nHost: x\r\nx: " + b"y" * 200_000,
    "an endless path": b"GET /" + b"a" * 200_000,
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "length and chunks": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET",
    "an impossible chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffffff\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "no host": b"GET /metrics HTTP/1.1\r\n\r\n",
    "no ASCII": "GET /ä HTTP/1.1\r\nHost: ö\r\nx: \udcff\r\n\r\n".encode("utf-8", "surrogateescape"),
    "a version from the future": b"GET /metrics HTTP/9.9\r\nHost: x\r\n\r\n",
    "a stream and one trailing byte": KILLER.replace(b"GET /metrics", b"GET /live"),
    "a page for nobody": b"GET /?lang=%00&w=1e9 HTTP/1.1\r\nHost: x\r\nCookie: " + b"lang=\xff; " * 99 + b"\r\n\r\n",
    "a file elsewhere": b"GET /static/../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "PRI": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}  # fmt: skip


@asynccontextmanager
async def running() -> AsyncIterator[tuple[HttpServer, int]]:
    """A server in its thread, started and stopped from trio as the box does."""
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY))
    server = HttpServer(build_app(box=box, render_metrics=Metrics().render), port=0)
    port = server.start()
    try:
        yield server, port
    finally:
        server.stop()
        with trio.CancelScope(shield=True):
            assert await trio.to_thread.run_sync(server.wait_stopped, 30.0)


async def asked(port: int, request: bytes, *, wait: bool = True) -> bytes:
    """What comes back until the server closes or nothing more is due; a reset is an answer too."""
    answer = b""
    try:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(request)
            with trio.move_on_after(30 if wait else 0.1):
                async for data in stream:
                    answer += data
    except (trio.BrokenResourceError, OSError):
        pass
    return answer


async def metrics_answer(port: int) -> bool:
    answer = await asked(port, b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return answer.startswith(b"HTTP/1.1 200 ") and b"localctl_build_info" in answer


@pytest.mark.parametrize("request_bytes", HOSTILE.values(), ids=HOSTILE)
async def test_after_a_hostile_request_metrics_still_answer(request_bytes: bytes):
    async with running() as (server, port):
        for _ in range(3):
            await asked(port, request_bytes, wait=False)
        assert await metrics_answer(port)
        assert server.alive


async def test_a_connection_cut_in_the_middle_of_anything_hurts_nobody():
    async with running() as (server, port):
        for length in range(0, len(KILLER), 7):
            stream = await trio.open_tcp_stream("127.0.0.1", port)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # close with a reset
            await stream.send_all(KILLER[:length])
            await trio.aclose_forcefully(stream)
        assert await metrics_answer(port)
        assert server.alive


async def test_a_crowd_that_never_finishes_its_requests_cannot_lock_prometheus_out():
    async with running() as (_, port):
        streams = []
        try:
            for _ in range(2 * MAX_CONNECTIONS + 20):
                stream = await trio.open_tcp_stream("127.0.0.1", port)
                await stream.send_all(b"GET /metr")
                streams.append(stream)
            assert await metrics_answer(port)
        finally:
            for stream in streams:
                await trio.aclose_forcefully(stream)


async def test_a_huge_body_is_not_taken_in():
    """The page reads no bodies: the server answers, then hangs up instead of swallowing gigabytes."""
    async with running() as (_, port):
        sent = 0
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000000\r\n\r\n")
            with suppress(trio.BrokenResourceError):
                while sent < 8_000_000_000:
                    await stream.send_all(b"x" * 65536)
                    sent += 65536
        assert sent < 64 * 1024 * 1024
        assert await metrics_answer(port)


async def test_the_control_loop_goes_on_while_strangers_rage():
    """Every nap of the control loop ends while all hostile requests are under way in other tasks."""
    naps = 0

    async def control_loop() -> None:
        nonlocal naps
        for _ in range(20):
            await trio.sleep(0.01)
            naps += 1

    async with running() as (server, port), trio.open_nursery() as nursery:
        for request in HOSTILE.values():
            nursery.start_soon(lambda one=request: asked(port, one, wait=False))
        await control_loop()
        assert naps == 20
        assert server.alive


def test_a_taken_port_is_told_at_once():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        app = build_app(
            box=SnapshotBox(Snapshot(version="1", state=ServiceState.READY)), render_metrics=Metrics().render
        )
        server = HttpServer(app, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="ddress already in use"):
            server.start()
        assert not server.alive


async def test_the_port_is_free_again_after_a_stop():
    async with running() as (server, port):
        assert await metrics_answer(port)
    assert not server.alive
    with pytest.raises(OSError, match=r"refused|connect"):
        await trio.open_tcp_stream("127.0.0.1", port)


async def test_a_stop_does_not_wait_for_those_who_never_finish():
    async with running() as (server, port):
        stream = await trio.open_tcp_stream("127.0.0.1", port)
        await stream.send_all(b"GET /metr")
        server.stop()
        assert await trio.to_thread.run_sync(server.wait_stopped, 30.0)
        await trio.aclose_forcefully(stream)


def test_the_unix_socket_serves_the_same_and_is_gone_after_the_stop(tmp_path):
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY))
    path = tmp_path / "box.sock"
    app = build_app(box=box, render_metrics=Metrics().render)
    server = HttpServer(app, port=0, local=LocalSocket(path=path))
    server.start()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(30)
        client.connect(str(path))
        client.sendall(b"GET /-/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
    server.stop()
    assert not path.exists()
    assert server.wait_stopped(30)


def test_a_socket_that_cannot_be_bound_is_said_and_the_port_serves_on(tmp_path):
    (tmp_path / "box.sock").write_text("not a socket")
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY))
    app = build_app(box=box, render_metrics=Metrics().render)
    server = HttpServer(app, port=0, local=LocalSocket(path=tmp_path / "box.sock"))
    with socket.create_connection(("127.0.0.1", server.start()), timeout=30):
        assert "is no socket" in str(server.local_trouble)
    server.stop()
    assert server.wait_stopped(30)
    assert (tmp_path / "box.sock").read_text() == "not a socket"


def test_it_tells_where_its_unix_socket_is_once_it_is_there(tmp_path: Path):
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY))
    app = build_app(box=box, render_metrics=Metrics().render)
    server = HttpServer(app, port=0, local=LocalSocket(path=tmp_path / "s.sock"))
    assert server.local_path is None
    server.start()
    assert server.local_path == str(tmp_path / "s.sock")
    server.stop()
    assert server.wait_stopped(30.0)
