"""Live streams over a real connection: what changed and nothing else, so many and no more, over when the box stops."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import pytest

from localctl.observe.health import ServiceState
from localctl.observe.metrics import Metrics
from localctl.observe.snapshot import SnapshotBox
from localctl.web import live as module
from localctl.web.app import build_app
from localctl.web.live import MOST_STREAMS
from localctl.web.server import HttpServer
from tests.localctl.web.shown import event, full, many


class Box:
    """A server whose snapshot the test replaces."""

    def __init__(self) -> None:
        self.shown = SnapshotBox(full())
        self.server = HttpServer(build_app(box=self.shown, render_metrics=Metrics().render), port=0)
        self.port = self.server.start()

    @contextmanager
    def stream(self, query: str = "") -> Iterator["Stream"]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", f"/live{query}")
            yield Stream(connection)
        finally:
            connection.close()

    def status(self, path: str) -> int:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()


class Stream:
    """One open stream; `news()` is the next event."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.answer = connection.getresponse()

    def news(self) -> dict:
        for line in self.answer:
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        raise EOFError


@pytest.fixture
def box() -> Iterator[Box]:
    one = Box()
    yield one
    one.shown.put(full(state=ServiceState.STOPPING))
    one.server.stop()
    assert one.server.wait_stopped(30)


def test_a_stream_begins_with_everything_and_goes_on_with_what_changed(box: Box):
    with box.stream() as stream:
        assert stream.answer.getheader("content-type", "").startswith("text/event-stream")
        first = stream.news()["parts"]
        assert {"head", "site", "events", "station-0"} <= set(first)
        box.shown.put(full(events=(event("car", "CP1/1"),)))
        assert set(stream.news()["parts"]) == {"events"}


def test_each_reader_has_its_own_language_and_width(box: Box):
    with box.stream("?lang=de&w=360") as stream:
        parts = stream.news()["parts"]
        assert "Betrieb" in parts["head"]
        assert 'data-w="360"' in parts["site"]


def test_when_stations_come_or_go_the_page_is_to_load_itself_again(box: Box):
    with box.stream() as stream:
        stream.news()
        box.shown.put(many(5))
        assert stream.news() == {"reload": True}
        with pytest.raises(EOFError):
            stream.news()


def test_p6_there_are_only_so_many_streams_and_everything_else_goes_on(box: Box):
    streams = [box.stream() for _ in range(MOST_STREAMS)]
    try:
        for stream in streams:
            stream.__enter__().news()
        assert box.status("/live") == 503
        assert box.status("/metrics") == 200
        assert box.status("/") == 200
    finally:
        for stream in streams:
            stream.__exit__(None, None, None)


def test_p6_a_reader_that_does_not_read_keeps_nobody_else_waiting(box: Box):
    deaf = socket.create_connection(("127.0.0.1", box.port), timeout=30)
    try:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        for number in range(5):
            box.shown.put(full(events=(event("car", str(number)),)))
            with box.stream() as stream:
                assert "events" in stream.news()["parts"]
    finally:
        deaf.close()


def test_streams_end_when_the_box_stops(box: Box):
    with box.stream() as stream:
        stream.news()
        box.shown.put(full(state=ServiceState.STOPPING))
        with pytest.raises(EOFError):
            stream.news()


def test_a_stream_ends_by_itself_and_leaves_its_place(box: Box, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "LASTS_S", 0.2)
    monkeypatch.setattr(module, "MOST_STREAMS", 1)
    for _ in range(3):
        with box.stream() as stream:
            assert stream.answer.status == 200
            stream.news()
            with pytest.raises(EOFError):
                stream.news()
