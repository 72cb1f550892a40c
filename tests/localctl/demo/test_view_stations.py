"""The table of stations: columns by width, rows by height."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from localctl.demo.car import Car
from localctl.demo.cast import Plan, cast
from localctl.demo.clock import Clock
from localctl.demo.csms import Csms
from localctl.demo.door import Door
from localctl.demo.site import Scene
from localctl.demo.station import Station
from localctl.demo.tape import Tape
from localctl.demo.view_stations import choose, stations_table


@pytest.fixture
async def scene():
    """A scene with all stations online and idle."""
    clock, plan = Clock(), Plan()
    csms = Csms(clock)
    made = Scene(plan=plan, clock=clock, csms=csms, door=Door(csms.serve))
    for role in cast(plan):
        station = Station(role.model, dial=None, host="h", path="/x", clock=clock, tape=Tape())
        station.state = "online"
        made.stations.append((role, station))
    return made


def reasons(scene, **evse):
    """The box's picture: the same reason everywhere."""
    here = {"distrusted": False, "reason": "row", "binding": None} | evse
    stations = [{"identity": role.model.identity, "evses": [here]} for role, _ in scene.stations]
    scene.grid = SimpleNamespace(picture={"stations": stations})


def lines(scene, width, rows=12):
    """The table's lines on a terminal of this width."""
    out = Console(file=io.StringIO(), width=width)
    out.print(stations_table(scene, width=width, rows=rows))
    return out.file.getvalue().splitlines()


def arrive(scene, *numbers):
    """Cars at these stations."""
    for number in numbers:
        for evse in scene.stations[number - 1][1].evses.values():
            evse.car, evse.drawn_a = Car(), 16.0


async def test_a_row_per_station_with_its_currents_and_counts(scene):
    role, station = scene.stations[7]
    station.evses[1].drawn_a = 10.0
    station.tape.hears("x")
    rows = {line.split()[0]: line.split() for line in lines(scene, 140)[1:]}
    assert len(rows) == 12
    assert not role.model.obedient
    assert rows["DEMO-08"] == [
        "DEMO-08",
        "row-b",
        "2.0.1",
        "TLS",
        "online",
        "10.0",
        "-",
        "-",
        "-",
        "0",
        "0",
        "1",
        "disobeys",
    ]


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (80, "station panel state L1 A L2 A L3 A limit A because of"),
        (100, "station panel version state L1 A L2 A L3 A limit A Wh because of"),
        (140, "station panel version state L1 A L2 A L3 A limit A Wh up down because of"),
    ],
)
async def test_a_narrow_terminal_gets_fewer_columns_and_no_cell_is_cut(scene, width, headings):
    arrive(scene, *range(1, 13))
    reasons(scene, binding={"node": "panel:row-b", "phase": "L2", "source": "fuse"})
    shown = lines(scene, width)
    assert shown[0].split() == headings.split()
    assert len(shown) == 13
    assert not any("…" in line for line in shown)
    assert all("row-b L2 (fuse)" in line for line in shown[1:])


async def test_where_rows_are_short_the_idle_are_counted_and_the_order_stays(scene):
    arrive(scene, 2, 9, 12)
    scene.stations[4][1].state = "offline"
    shown = lines(scene, 80, rows=6)
    assert [line.split()[0] for line in shown[1:-1]] == ["DEMO-01", "DEMO-02", "DEMO-05", "DEMO-09", "DEMO-12"]
    assert shown[-1].strip() == "and 7 more, without a car"


async def test_those_with_a_car_who_find_no_room_are_not_called_idle(scene):
    arrive(scene, *range(1, 13))
    assert lines(scene, 80, rows=10)[-1].strip() == "and 3 more"


async def test_with_room_for_all_all_are_there(scene):
    assert choose(scene.stations, 12) == scene.stations
    assert choose(scene.stations, 1) == []


@pytest.mark.parametrize(("distrusted", "words"), [(False, "CSMS profile, disobeys"), (True, "disobeys")])
async def test_who_disobeys_is_named_so_once(scene, distrusted, words):
    reasons(scene, reason="csms", distrusted=distrusted)
    (row,) = (line for line in lines(scene, 140) if line.startswith("DEMO-08"))
    assert row.rstrip().endswith(words)
    assert row.count("disobeys") == 1
