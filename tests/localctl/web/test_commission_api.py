"""The API of commissioning as other programs see it, on a site under a running control loop."""

import json
import math
from contextlib import asynccontextmanager
from functools import partial
from http.client import HTTPConnection

import pytest
import trio
import trio.testing

from localctl.charging.base.json_reader import BadMember
from localctl.charging.commissioning.known import Kind, Terms
from localctl.charging.profile.profiles import Protocol
from localctl.observe.health import ServiceState
from localctl.observe.metrics import Metrics
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.site_control import SiteControl
from localctl.web.app import build_app
from localctl.web.commission_api import read_terms
from localctl.web.server import HttpServer
from tests.localctl.charging.played import place, site_plan

TOKEN = {"Authorization": "Bearer right"}


class Box:
    """A site whose station A is there, and answers nothing."""

    def __init__(self):
        self.site = SiteControl(
            site_plan([place("A"), place("B")]), None, call=self.call, wires=self, store=self.store,
            on_round=lambda _round: None,
        )  # fmt: skip
        self.site.controller.linked("A", Protocol.V201, 0.0)

    async def call(self, *_args, **_options):
        await trio.sleep(math.inf)

    async def store(self, document):
        pass


@asynccontextmanager
async def running():
    """What asks the box: method, path below the API, body; status and answer."""
    box, shown = Box(), SnapshotBox(Snapshot(version="1", state=ServiceState.READY))
    routes = box.site.routes(shown, lambda: "right")
    server = HttpServer(build_app(box=shown, render_metrics=Metrics().render, routes=routes), port=0)
    port = server.start()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(box.site.run)
        await trio.testing.wait_all_tasks_blocked()
        yield lambda *how, **more: trio.to_thread.run_sync(partial(asked, port, *how, **more))
        nursery.cancel_scope.cancel()
    server.stop()


def asked(port, method, path, body=None, headers=TOKEN):
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        line.request(method, f"/api/v1/commission/{path}", None if body is None else json.dumps(body), headers)
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        line.close()


async def test_a_trial_is_begun_looked_at_and_stopped():
    async with running() as ask:
        status, told = await ask("POST", "A", {"car": False})
        assert (status, told["state"], told["station"], told["evse"]) == (200, "running", "A", 1)
        status, told = await ask("POST", "A", {})
        assert (status, told["error"]) == (409, "A is being commissioned; one station at a time")
        assert (await ask("PUT", "A/meter", {"current_a": [1, 2, 3]}))[0] == 200
        assert (await ask("PUT", "A/meter", {"current_a": [1, 2]}))[0] == 400
        status, told = await ask("GET", "a")
        assert (status, told["state"]) == (200, "running")
        status, told = await ask("DELETE", "A")
        assert status == 200
        while told["state"] == "running":
            told = (await ask("GET", "A"))[1]
        assert (told["state"], told["why"]) == ("stopped", "by the installer")


async def test_who_may_not_is_refused_and_nothing_is_begun():
    async with running() as ask:
        for method, body in (("POST", {}), ("GET", None), ("DELETE", None)):
            assert (await ask(method, "A", body, {}))[0] == 401
        assert (await ask("PUT", "A/meter", {"current_a": [1, 2, 3]}, {}))[0] == 401
        status, told = await ask("GET", "A")
        assert (status, told["error"]) == (404, "'A' has not been commissioned since localctl started")
        assert (await ask("POST", "B", {}))[0] == 409
        assert (await ask("POST", "A", {"evse": "one"}))[0] == 400


def test_what_is_wanted_is_read():
    assert read_terms({}) == (None, Terms())
    body = {"kind": "dead-man", "evse": 2, "car": False, "links": False, "car_within_s": 10}
    assert read_terms(body) == (2, Terms(kind=Kind.DEAD_MAN, car=False, links=False, car_within_s=10.0))
    assert read_terms({"evse": None})[0] is None


@pytest.mark.parametrize(
    "body",
    [[], {"kind": "all"}, {"kind": 3}, {"evse": True}, {"evse": 1.5}, {"car": 1}, {"links": "no"}, {"wait": 3},
     {"car_within_s": -1}, {"car_within_s": True}, {"car_within_s": 1e9}, {"kind": []}],
)  # fmt: skip
def test_p6_nonsense_is_refused_with_its_member(body):
    with pytest.raises(BadMember):
        read_terms(body)
