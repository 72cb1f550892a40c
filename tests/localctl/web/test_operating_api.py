"""The operators' part of the API as other programs see it; `test_reload` of the command line has the rest."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
import trio

from localctl.config.reload import Reloaded
from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.web.app import build_app
from localctl.web.operating_api import USUAL_LINES, operating_routes
from localctl.web.server import HttpServer

TOKEN = {"Authorization": "Bearer right"}


def gone() -> Reloaded:
    raise trio.RunFinishedError


@pytest.fixture
def port() -> Iterator[int]:
    routes = operating_routes(reload=gone, log=lambda count: [f"asked for {count}"], token=lambda: "right")
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY))
    server = HttpServer(build_app(box=box, render_metrics=lambda accept: (b"", ""), routes=routes), port=0)
    yield server.start()
    server.stop()
    assert server.wait_stopped(30)


def asked(port: int, method: str, path: str, headers: dict[str, str] = TOKEN) -> tuple[int, dict[str, object]]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    connection.close()
    return answer.status, told


def test_the_log_is_given_to_those_who_may_ask(port: int):
    assert asked(port, "GET", "/api/v1/log") == (200, {"lines": [f"asked for {USUAL_LINES}"]})
    assert asked(port, "GET", "/api/v1/log?lines=7") == (200, {"lines": ["asked for 7"]})
    assert asked(port, "GET", "/api/v1/log", {})[0] == 401
    assert asked(port, "GET", "/api/v1/log?lines=many")[0] == 400


def test_a_reload_of_a_box_whose_loop_has_ended_is_a_503(port: int):
    status, told = asked(port, "POST", "/api/v1/reload")
    assert (status, told["error"]) == (503, "localctl is starting or stopping; nothing was changed")
