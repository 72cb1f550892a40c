"""`localctl status` against a real port, a wrong one, and nobody."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import msgspec
import pytest

from localctl.cli import FAILED, OK, UNAVAILABLE, USAGE, status
from localctl.cli.client import USUAL_URL
from localctl.observe.health import ServiceState
from localctl.observe.metrics import Metrics
from localctl.observe.snapshot import Snapshot, SnapshotBox, StationView
from localctl.web.app import build_app
from localctl.web.server import HttpServer
from tests.localctl.charging.scene import busy

STATION = StationView(
    identity="CS [1]",
    connected=True,
    upstream_connected=False,
    since_at=0.0,
    subprotocol="ocpp2.1",
    last_loss="half dead",
)


class Running:
    """A box whose snapshot the test sets."""

    def __init__(self) -> None:
        self.box = SnapshotBox(Snapshot(version="1.2.3", state=ServiceState.READY, stations=(STATION,)))
        self.server = HttpServer(build_app(box=self.box, render_metrics=Metrics().render), port=0)
        self.url = f"http://127.0.0.1:{self.server.start()}"


@pytest.fixture
def running() -> Iterator[Running]:
    one = Running()
    yield one
    one.server.stop()
    assert one.server.wait_stopped(30)


@contextmanager
def impostor(answer: bytes) -> Iterator[str]:
    """Something on a port that answers one request with these bytes."""

    def serve() -> None:
        connection, _ = listener.accept()
        with closing(connection):
            connection.recv(4096)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(30)


def times(count: int) -> Callable[[float], None]:
    """A sleep that is interrupted by Ctrl-C at its n-th call."""
    left = iter(range(count - 1))

    def sleep(_seconds: float) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt

    return sleep


def test_the_table_shows_each_station_and_both_its_legs(running: Running, capsys: pytest.CaptureFixture[str]):
    assert status.run(url=running.url) == OK
    shown = capsys.readouterr()
    assert shown.err == ""
    for part in ("ready, 1 of 1 stations connected", "CS [1]", "up", "away", "ocpp2.1", "half dead", "1970-01-01"):
        assert part in shown.out
    assert "\x1b" not in shown.out


def test_the_panels_of_a_site_are_shown_with_what_binds(running: Running, capsys: pytest.CaptureFixture[str]):
    charging = busy().cycles().picture()
    running.box.put(Snapshot(version="1", state=ServiceState.READY, stations=(STATION,), charging=charging))
    assert status.run(url=running.url) == OK
    shown = capsys.readouterr().out
    lines = [line.split() for line in shown.splitlines()]
    phase = next(panel for panel in charging["panels"] if panel["id"] == "main")["phases"]["L1"]
    assert ["main", "L1", f"{phase['limit_a']:g}", "A"] in [line[:4] for line in lines]
    assert phase["source"] in shown


def test_with_several_csmss_each_has_a_line_with_its_stations(running: Running, capsys: pytest.CaptureFixture[str]):
    def station(name: str, csms: str | None, *, here: bool, joined: bool) -> StationView:
        return StationView(identity=name, connected=here, upstream_connected=joined, since_at=0.0, csms=csms)

    several = (
        station("A", "operator", here=True, joined=True), station("B", "operator", here=True, joined=False),
        station("C", "operator", here=False, joined=False), station("D", "fleet", here=True, joined=True),
        station("E", None, here=False, joined=False),
    )  # fmt: skip
    running.box.put(Snapshot(version="1", state=ServiceState.READY, stations=several))
    status.run(url=running.url)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[-2:] == [["fleet", "1", "1", "1", "0"], ["operator", "3", "2", "1", "1"]]


def test_with_one_csms_there_is_no_table_of_them(running: Running, capsys: pytest.CaptureFixture[str]):
    one = msgspec.structs.replace(STATION, csms="only-one")
    running.box.put(Snapshot(version="1", state=ServiceState.READY, stations=(one,)))
    status.run(url=running.url)
    assert "only-one" not in capsys.readouterr().out


def test_json_is_the_whole_state_for_scripts(running: Running, capsys: pytest.CaptureFixture[str]):
    assert status.run(url=running.url, as_json=True) == OK
    assert json.loads(capsys.readouterr().out)["stations"][0]["identity"] == "CS [1]"


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (ServiceState.STARTING, FAILED),
        (ServiceState.READY, OK),
        (ServiceState.DEGRADED, OK),
        (ServiceState.STOPPING, FAILED),
    ],
)
def test_the_exit_code_serves_as_a_health_check(running: Running, state: ServiceState, code: int):
    running.box.put(Snapshot(version="1.2.3", state=state, reasons=("because",)))
    assert status.run(url=running.url) == code


def test_why_it_is_not_ready_is_said(running: Running, capsys: pytest.CaptureFixture[str]):
    running.box.put(Snapshot(version="1.2.3", state=ServiceState.STARTING, reasons=("waiting for listeners",)))
    status.run(url=running.url)
    assert "waiting for listeners" in capsys.readouterr().out


@pytest.mark.parametrize("watch", [False, True])
def test_when_nobody_runs_the_exit_code_is_69_and_the_way_out_is_on_stderr(
    watch: bool, capsys: pytest.CaptureFixture[str]
):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert status.run(url=f"http://127.0.0.1:{port}", watch=watch) == UNAVAILABLE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert f"no running localctl at http://127.0.0.1:{port}" in shown.err
    assert "localctl run" in shown.err


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
def test_something_else_on_the_port_is_not_taken_for_localctl(answer: bytes, capsys: pytest.CaptureFixture[str]):
    with impostor(answer) as url:
        assert status.run(url=url) == UNAVAILABLE
    assert "--url" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["127.0.0.1:9180", "file:///etc/passwd", "ftp://host"])
def test_only_web_addresses_are_asked(url: str, capsys: pytest.CaptureFixture[str]):
    assert status.run(url=url) == USAGE
    assert USUAL_URL in capsys.readouterr().err


def test_a_proxy_for_the_web_is_not_in_the_way(running: Running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert status.run(url=running.url) == OK


def test_watch_asks_again_until_it_is_interrupted(running: Running, capsys: pytest.CaptureFixture[str]):
    assert status.run(url=running.url, as_json=True, watch=True, sleep=times(3)) == OK
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_watch_parts_its_pictures_by_an_empty_line_where_there_is_no_terminal(
    running: Running, capsys: pytest.CaptureFixture[str]
):
    status.run(url=running.url, watch=True, sleep=times(2))
    first, second = capsys.readouterr().out.strip().split("\n\n")
    assert first.splitlines()[0].startswith("localctl 1.2.3: ready")
    assert first.split() == second.split()


def test_watch_waits_for_a_box_that_goes_away_and_ends_with_69_if_it_stays_away(
    running: Running, capsys: pytest.CaptureFixture[str]
):
    interrupted = times(2)

    def box_goes_away(seconds: float) -> None:
        running.server.stop()
        running.server.wait_stopped(30)
        interrupted(seconds)

    assert status.run(url=running.url, watch=True, sleep=box_goes_away) == UNAVAILABLE
    assert "no running localctl" in capsys.readouterr().err


@pytest.mark.parametrize("silence", [status.NobodyAnswers, status.Refused])
def test_watch_shows_a_box_that_is_back_again(
    silence: type[Exception], running: Running, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    ask, looks = status.state_of, iter([True, False, True])

    def restarts(where: str) -> status.State:
        if not next(looks):
            raise silence("it is being started again")
        return ask(where)

    monkeypatch.setattr(status, "state_of", restarts)
    assert status.run(url=running.url, as_json=True, watch=True, sleep=times(3)) == OK
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 2
    assert "it is being started again" in shown.err
