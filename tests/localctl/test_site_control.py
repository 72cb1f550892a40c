"""A site under control as the box carries it: loop, picture, figures and API are about the same site."""

import math
import time
from http.client import HTTPConnection
from json import dumps, loads

import pytest
import trio
import trio.testing

from localctl.control import CycleEnd
from localctl.observe.health import ServiceState
from localctl.observe.metrics import Metrics
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.site_control import SiteControl
from localctl.web.app import build_app
from localctl.web.server import HttpServer
from tests.localctl.charging.scene import site_plan

TOKEN = "correct horse battery staple"
LIMIT = {"source": "EMS", "limit_a": 18, "expires_in_s": 900}
WAIT_S = 20


class Box:
    """What the composition root gives a site: nobody answers on the line, what is stored is kept here."""

    def __init__(self, saved: object = None) -> None:
        self.stored: list[dict[str, object]] = []
        self.rounds: list[CycleEnd] = []
        self.site = SiteControl(
            site_plan(), saved, call=self.call, wires=self, store=self.store, on_round=self.rounds.append
        )
        self.shown = SnapshotBox(Snapshot(version="1", state=ServiceState.READY, charging=self.site.picture()))

    async def call(self, *_args, **_options):
        await trio.sleep(math.inf)

    async def store(self, document: dict[str, object]) -> None:
        self.stored.append(document)

    def limit_on_main(self) -> float:
        """What binds on the main panel after a cycle."""
        self.site.controller.cycle(time.time())
        panel = next(one for one in self.site.picture()["panels"] if one["id"] == "main")
        return panel["phases"]["L1"]["limit_a"]


def put(port: int) -> tuple[int, dict]:
    """Set the limit over HTTP; status and answer."""
    line = HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    try:
        line.request("PUT", "/api/v1/limits/main", dumps(LIMIT), {"Authorization": f"Bearer {TOKEN}"})
        answer = line.getresponse()
        return answer.status, loads(answer.read())
    finally:
        line.close()


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def port(box: Box):
    routes = box.site.routes(box.shown, lambda: TOKEN)
    server = HttpServer(build_app(box=box.shown, render_metrics=Metrics().render, routes=routes), port=0)
    yield server.start()
    server.stop()


async def test_a_limit_set_over_http_is_carried_out_by_the_running_loop(box: Box, port: int):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(box.site.run)
        await trio.testing.wait_all_tasks_blocked()
        with trio.fail_after(WAIT_S):
            status, answer = await trio.to_thread.run_sync(put, port)
        assert (status, answer["limits"]["L1"]["limit_a"]) == (200, 18.0)
        nursery.cancel_scope.cancel()
    assert box.limit_on_main() == 18.0


async def test_what_was_set_is_stored_at_the_end_and_known_to_the_next_process(box: Box, port: int):
    async with trio.open_nursery() as nursery:
        nursery.start_soon(box.site.run)
        await trio.testing.wait_all_tasks_blocked()
        await trio.to_thread.run_sync(put, port)
        nursery.cancel_scope.cancel()
    assert Box(box.stored[-1]).limit_on_main() == 18.0
    assert Box().limit_on_main() == 32.0


def test_before_the_loop_runs_nothing_is_changed_and_the_answer_says_so(box: Box, port: int):
    status, _ = put(port)
    assert status == 503
    assert box.limit_on_main() == 32.0


async def test_rounds_are_told_and_counted(box: Box, autojump_clock):
    metrics = Metrics()
    box.site.feed(metrics, box.shown)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(box.site.run)
        await trio.sleep(30)
        nursery.cancel_scope.cancel()
    box.shown.put(Snapshot(version="1", state=ServiceState.READY, charging=box.site.picture()))
    assert set(box.rounds) == {CycleEnd()}
    text = metrics.render()[0].decode()
    assert f"localctl_control_cycle_seconds_count {len(box.rounds)}" in text
    assert 'localctl_circuit_limit_amperes{circuit="main",phase="L1"} ' in text


def test_figures_do_not_vanish_between_a_reload_and_the_next_cycle(box: Box):
    assert box.site.picture()["panels"] == []
    box.limit_on_main()
    shown = box.site.picture()
    box.site.control.replan(site_plan())
    assert box.site.picture() == shown
    assert shown["panels"]
    box.limit_on_main()
    assert box.site.picture()["cycle_at"] > shown["cycle_at"]


def test_p6_a_bug_in_showing_keeps_the_last_picture(box: Box, monkeypatch: pytest.MonkeyPatch):
    before = box.site.picture()
    monkeypatch.setattr("localctl.site_control.picture", lambda *_args: 1 / 0)
    assert box.site.picture() == before
