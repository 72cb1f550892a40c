"""Deadlines and bounds of HTTP connections, with the deadline shortened."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from localctl.observe.health import ServiceState
from localctl.observe.metrics import Metrics
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.web import protocol
from localctl.web.app import build_app
from localctl.web.server import HttpServer

REQUEST = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(protocol, "REQUEST_DEADLINE_S", 0.3)
    monkeypatch.setattr(protocol, "MAX_CONNECTIONS", 4)
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY))
    server = HttpServer(build_app(box=box, render_metrics=Metrics().render), port=0)
    yield server.start()
    server.stop()
    assert server.wait_stopped(30)


def connect(port: int, *first: bytes) -> socket.socket:
    one = socket.create_connection(("127.0.0.1", port), timeout=30)
    for data in first:
        one.sendall(data)
    return one


def whole_answer(one: socket.socket) -> bytes:
    """An answer to `REQUEST`, head and body."""
    answer = b""
    while not answer.endswith(b"localctl is healthy.\n"):
        data = one.recv(4096)
        assert data, f"cut after {answer!r}"
        answer += data
    return answer


def is_dropped(one: socket.socket) -> bool:
    """True when the server ends the connection without a word."""
    try:
        return one.recv(4096) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("sent", [b"", b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\nx: "])
def test_who_does_not_finish_its_request_is_dropped(port: int, sent: bytes):
    with closing(connect(port, sent)) as lazy:
        assert is_dropped(lazy)


def test_one_byte_now_and_then_buys_no_time(port: int):
    with closing(connect(port)) as dripping:
        dripping.settimeout(0.05)
        for byte in REQUEST[:-1] * 10:
            try:
                dripping.sendall(bytes([byte]))
                if dripping.recv(10) == b"":
                    return
            except TimeoutError:
                continue
            except (ConnectionResetError, BrokenPipeError):
                return
        pytest.fail("the connection outlived its deadline")


def test_a_second_request_on_the_same_connection_is_served_and_then_the_idle_one_dropped(port: int):
    with closing(connect(port)) as steady:
        for _ in range(2):
            steady.sendall(REQUEST)
            assert whole_answer(steady).startswith(b"HTTP/1.1 200 ")
        assert is_dropped(steady)


def test_when_there_are_too_many_the_one_that_waits_longest_goes(port: int):
    crowd = [connect(port, b"GET /") for _ in range(protocol.MAX_CONNECTIONS)]
    try:
        with closing(connect(port, REQUEST)) as newcomer:
            assert whole_answer(newcomer).startswith(b"HTTP/1.1 200 ")
            assert is_dropped(crowd[0])
    finally:
        for one in crowd:
            one.close()
