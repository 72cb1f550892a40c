"""`localctl reload` against a port that answers as a box would."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localctl.cli import BAD_CONFIG, FAILED, OK, UNAVAILABLE, reload
from localctl.config.reload import Change, Reloaded
from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.web.app import build_app
from localctl.web.local_socket import LocalSocket
from localctl.web.operating_api import operating_routes
from localctl.web.server import HttpServer

CHANGES = (
    Change(path="controller.log_level", old="info", new="debug", effect="live"),
    Change(path="station[CP1].password", old="(hidden)", new="(hidden)", effect="reconnect"),
    Change(path="http.port", old="1", new="2", effect="restart"),
)


class Box:
    """What the next reload tells is set by the test."""

    def __init__(self, folder: Path) -> None:
        self.outcome: Reloaded | Exception = Reloaded(taken=True)
        routes = operating_routes(reload=self._reload, log=lambda count: [], token=lambda: "right")
        shown = SnapshotBox(Snapshot(version="1", state=ServiceState.READY))
        app = build_app(box=shown, render_metrics=lambda accept: (b"", ""), routes=routes)
        self.server = HttpServer(app, port=0, local=LocalSocket(path=folder / "box.sock"))
        self.url = f"http://127.0.0.1:{self.server.start()}"
        self.socket = f"unix:{folder}/box.sock"

    def _reload(self) -> Reloaded:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    one = Box(tmp_path)
    yield one
    one.server.stop()
    assert one.server.wait_stopped(30)


def test_each_difference_is_shown_with_what_it_needs(box: Box, capsys: pytest.CaptureFixture[str]):
    box.outcome = Reloaded(taken=True, changes=CHANGES, waiting=("http.port",))
    assert reload.run(url=box.socket) == OK
    shown = capsys.readouterr()
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["controller.log_level", "info", "debug", "in", "force"] in lines
    assert ["http.port", "1", "2", "needs", "a", "restart"] in lines
    assert "those it concerns reconnect" in shown.out
    assert "in force after a restart of the service only: http.port" in shown.out
    assert shown.err == ""


def test_when_nothing_differs_that_is_said(box: Box, capsys: pytest.CaptureFixture[str]):
    assert reload.run(url=box.socket) == OK
    assert "nothing has changed" in capsys.readouterr().out


def test_a_bad_file_shows_its_mistakes_and_ends_with_78(box: Box, capsys: pytest.CaptureFixture[str]):
    box.outcome = Reloaded(taken=False, reason="the file has mistakes", mistakes="config.toml:8:1 unknown key")
    assert reload.run(url=box.socket) == BAD_CONFIG
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "config.toml:8:1 unknown key" in shown.err
    assert "the old configuration goes on: the file has mistakes" in shown.err


def test_warnings_of_a_good_file_go_to_stderr(box: Box, capsys: pytest.CaptureFixture[str]):
    box.outcome = Reloaded(taken=True, mistakes="1 warning")
    assert reload.run(url=box.socket) == OK
    assert "1 warning" in capsys.readouterr().err


@pytest.mark.parametrize("taken", [True, False])
def test_json_is_the_answer_as_it_came(box: Box, capsys: pytest.CaptureFixture[str], taken: bool):
    box.outcome = Reloaded(taken=taken, changes=CHANGES[:1])
    assert reload.run(url=box.socket, as_json=True) == (OK if taken else BAD_CONFIG)
    told = json.loads(capsys.readouterr().out)
    assert told["taken"] is taken
    assert told["changes"][0]["new"] == "debug"


def test_a_box_that_is_starting_or_stopping_says_so(box: Box, capsys: pytest.CaptureFixture[str]):
    box.outcome = RuntimeError("the control loop has not started")
    assert reload.run(url=box.socket) == FAILED
    assert "starting or stopping" in capsys.readouterr().err


def test_over_tcp_the_token_is_needed(box: Box, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LOCALCTL_TOKEN", raising=False)
    assert reload.run(url=box.url) == FAILED
    (tmp_path / "token").write_text("right\n")
    assert reload.run(url=box.url, token_file=tmp_path / "token") == OK


def test_no_running_localctl_is_69(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert reload.run(url=f"unix:{tmp_path}/none.sock") == UNAVAILABLE
    assert f"{tmp_path}/none.sock" in capsys.readouterr().err
