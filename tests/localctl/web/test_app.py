"""The routes, each asked over a real connection to a server in its own thread."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from localctl.observe.health import ServiceState
from localctl.observe.metrics import Metrics
from localctl.observe.snapshot import Snapshot, SnapshotBox, StationView
from localctl.web.app import build_app
from localctl.web.server import HttpServer

STATION = StationView(identity="CS1", connected=True, upstream_connected=True, since_at=0.0)


class Box:
    """A running server over a snapshot the test can replace."""

    def __init__(self) -> None:
        self.shown = SnapshotBox(Snapshot(version="1.2.3", state=ServiceState.STARTING, reasons=("waiting for x",)))
        routes = [Route("/api/v1/limits/{node}", self._put, methods=["PUT"]), Route("/bug", self._bug)]
        self.put: list[str] = []
        app = build_app(box=self.shown, render_metrics=Metrics().render, routes=routes)
        self.server = HttpServer(app, port=0)
        self.port = self.server.start()

    async def _put(self, request: Request) -> Response:
        self.put.append(request.path_params["node"])
        return PlainTextResponse("", 202)

    async def _bug(self, request: Request) -> Response:
        raise RuntimeError("secret detail")

    def ask(self, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


@pytest.fixture
def box() -> Iterator[Box]:
    one = Box()
    yield one
    one.server.stop()
    assert one.server.wait_stopped(30)


def test_metrics_are_text_for_a_browser_and_openmetrics_for_prometheus(box: Box):
    answer, page = box.ask("/metrics")
    assert (answer.status, answer.getheader("content-type")) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert b"localctl_build_info" in page
    answer, page = box.ask("/metrics", Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.3")
    assert answer.getheader("content-type") == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert page.endswith(b"# EOF\n")


@pytest.mark.parametrize("accept", ["application/openmetrics-text; version=", "version=1;;,;,", "x" * 4000, ""])
def test_an_odd_accept_header_still_gets_metrics(box: Box, accept: str):
    assert box.ask("/metrics", Accept=accept)[0].status == 200


def test_healthy_is_about_the_port_only(box: Box):
    assert box.ask("/-/healthy")[0].status == 200


def test_ready_answers_503_with_reasons_until_the_box_is_ready(box: Box):
    answer, text = box.ask("/-/ready")
    assert (answer.status, text) == (503, b"starting\nwaiting for x\n")
    box.shown.put(Snapshot(version="1.2.3", state=ServiceState.READY))
    answer, text = box.ask("/-/ready")
    assert (answer.status, text) == (200, b"ready\n")


def test_a_degraded_box_still_takes_stations_and_says_what_hurts(box: Box):
    box.shown.put(Snapshot(version="1.2.3", state=ServiceState.DEGRADED, reasons=("CSMS away",)))
    answer, text = box.ask("/-/ready")
    assert (answer.status, text) == (200, b"degraded\nCSMS away\n")


def test_a_stopping_box_takes_none(box: Box):
    box.shown.put(Snapshot(version="1.2.3", state=ServiceState.STOPPING, reasons=("stopping",)))
    assert box.ask("/-/ready")[0].status == 503


def test_state_is_the_newest_snapshot_as_json(box: Box):
    box.shown.put(Snapshot(version="1.2.3", state=ServiceState.READY, stations=(STATION,)))
    answer, text = box.ask("/api/v1/state")
    assert answer.getheader("content-type") == "application/json"
    assert json.loads(text)["stations"][0]["identity"] == "CS1"


def test_the_landing_page_links_the_metrics(box: Box):
    answer, text = box.ask("/")
    assert answer.getheader("content-type", "").startswith("text/html")
    assert b'href="/metrics"' in text


@pytest.mark.parametrize(
    "path",
    [
        "/metrics/",
        "/-/healthy/",
        "/nope",
        "/../etc/passwd",
        "/api/v1/",
        "/docs",
        "/docs/gone",
        "/docs/../config.toml",
        "/docs/img/x",
        "/static/",
        "/static/../app.py",
        "/static/page.css/",
        "/live/",
    ],
)
def test_paths_are_exact_and_nothing_redirects(box: Box, path: str):
    assert box.ask(path)[0].status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_of_the_page_can_be_written(box: Box, method: str):
    assert box.ask("/api/v1/state", method)[0].status == 405


def test_every_answer_forbids_caching_guessing_and_framing(box: Box):
    for path in ("/", "/metrics", "/-/healthy", "/-/ready", "/api/v1/state"):
        answer, _ = box.ask(path)
        assert answer.getheader("cache-control") == "no-store"
        assert answer.getheader("x-content-type-options") == "nosniff"
        assert "default-src 'none'" in answer.getheader("content-security-policy", "")
        assert answer.getheader("server") is None


def test_pages_for_people_and_what_they_load_are_there(box: Box):
    for path, kind in (("/", "text/html"), ("/docs/", "text/html"), ("/docs/page", "text/html"),
                       ("/static/page.js", "text/javascript"), ("/static/palette.css", "text/css"),
                       ("/docs/img/page-light.png", "image/png"),
                       ("/docs/img/wiring-phases.svg", "image/svg+xml")):  # fmt: skip
        answer, body = box.ask(path)
        assert (answer.status, str(answer.getheader("content-type")).partition(";")[0]) == (200, kind)
        assert body
        assert "default-src 'none'" in answer.getheader("content-security-policy", "")


def test_another_part_of_the_box_can_bring_routes_that_write(box: Box):
    assert box.ask("/api/v1/limits/main", "PUT")[0].status == 202
    assert box.put == ["main"]


def test_a_bug_in_a_route_tells_the_reader_nothing_of_itself_and_the_port_lives(box: Box):
    answer, text = box.ask("/bug")
    assert answer.status == 500
    assert b"secret detail" not in text
    assert box.ask("/-/healthy")[0].status == 200


def test_the_manual_begins_with_its_index(box: Box):
    assert b'<h1 id="the-handbook">' in box.ask("/docs/")[1]
    assert b'aria-current="page">The handbook' in box.ask("/docs/")[1]
