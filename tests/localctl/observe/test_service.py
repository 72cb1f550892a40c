"""What systemd hears, over a real datagram socket."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from localctl.observe.health import ServiceState
from localctl.observe.service import Notifier, status_line
from localctl.observe.snapshot import Snapshot, StationView
from routing.values import Instant


class Systemd:
    """The other end: a bound datagram socket and what arrived on it."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.setblocking(False)

    def heard(self) -> list[str]:
        messages = []
        while True:
            try:
                messages.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return messages


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[Systemd]:
    end = Systemd(str(tmp_path / "notify"))
    with closing(end.socket):
        yield end


@pytest.fixture
def notifier(systemd: Systemd) -> Iterator[Notifier]:
    environ = {"NOTIFY_SOCKET": systemd.socket.getsockname(), "WATCHDOG_USEC": "30000000"}
    with closing(Notifier(environ)) as one:
        yield one


def test_the_life_of_a_service_is_told_in_systemds_words(systemd: Systemd, notifier: Notifier):
    notifier.ready()
    notifier.reloading(Instant(12.5))
    notifier.ready()
    notifier.stopping()
    assert systemd.heard() == ["READY=1", "RELOADING=1\nMONOTONIC_USEC=12500000", "READY=1", "STOPPING=1"]


def test_the_status_line_is_said_once_per_change_and_stays_one_line(systemd: Systemd, notifier: Notifier):
    notifier.status("12/12 stations")
    notifier.status("12/12 stations")
    notifier.status("11/12 stations\nREADY=1")
    assert systemd.heard() == ["STATUS=12/12 stations", "STATUS=11/12 stations READY=1"]


def station(name: str, *, here: bool = True, csms: bool = True) -> StationView:
    return StationView(identity=name, connected=here, upstream_connected=here and csms, since_at=0.0)


def panel(parent: str | None, **phases: tuple[float | None, float | None]) -> dict[str, object]:
    names = ("measured_a", "net_a")
    return {"parent": parent, "phases": {name: dict(zip(names, line, strict=True)) for name, line in phases.items()}}


@pytest.mark.parametrize(
    ("panels", "amps"),
    [
        ([panel(None, L1=(10.0, 100.0), L2=(63.4, 100.0))], ", 63 A of 100 A"),
        ([panel(None, L1=(10.0, 100.0), L2=(None, 63.0))], ", limit 63 A"),
        ([panel("main", L1=(9.0, 10.0)), panel(None, L1=(9.0, 200.0))], ", 9 A of 200 A"),
        ([panel(None, L1=(9.0, None))], ""),
        ([], ""),
    ],
)
def test_the_status_line_tells_stations_csms_and_the_fullest_phase_of_the_main_panel(panels: list, amps: str):
    shown = Snapshot(version="1", state=ServiceState.READY, stations=(station("A"),), charging={"panels": panels})
    assert status_line(shown) == f"1/1 stations, CSMS up{amps}"


def test_the_status_line_tells_how_many_are_without_their_csms():
    stations = (station("A"), station("B", csms=False), station("C", here=False))
    shown = Snapshot(version="1", state=ServiceState.READY, stations=stations)
    assert status_line(shown) == "2/3 stations, CSMS away for 1 of them"


def test_the_status_line_begins_with_what_is_wrong():
    shown = Snapshot(version="1", state=ServiceState.DEGRADED, reasons=("the disk is full", "no meter"))
    assert status_line(shown) == "degraded: the disk is full; no meter; 0/0 stations"


def test_the_watchdog_is_fed_by_finished_cycles_four_times_per_period_at_most(systemd: Systemd, notifier: Notifier):
    for second in range(31):
        notifier.cycle_finished(Instant(float(second)))
    assert systemd.heard() == ["WATCHDOG=1"] * 4


def test_a_box_whose_cycles_do_not_finish_feeds_nothing(systemd: Systemd, notifier: Notifier):
    notifier.status("still here")
    assert "WATCHDOG=1" not in systemd.heard()


def test_an_abstract_socket_works_too():
    name = f"localctl-test-{os.getpid()}"
    end = Systemd(f"\0{name}")
    with closing(end.socket), closing(Notifier({"NOTIFY_SOCKET": f"@{name}"})) as notifier:
        notifier.ready()
        assert end.heard() == ["READY=1"]


def test_without_systemd_nothing_happens():
    notifier = Notifier({})
    notifier.ready()
    notifier.status("12/12 stations")
    notifier.cycle_finished(Instant(0.0))
    assert notifier.watchdog_s is None


def test_a_vanished_or_full_socket_never_hurts_the_box(tmp_path: Path, systemd: Systemd):
    with closing(Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})) as nobody:
        nobody.ready()
    with closing(Notifier({"NOTIFY_SOCKET": systemd.socket.getsockname()})) as flood:
        for number in range(5000):
            flood.status(f"line {number}")
    assert 0 < len(systemd.heard()) < 5000


@pytest.mark.parametrize(
    ("environ", "period_s"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_period_is_for_this_process_only(environ: dict[str, str], period_s: float | None):
    assert Notifier(environ).watchdog_s == period_s
