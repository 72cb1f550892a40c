"""What the terminal shows."""

import io
from types import SimpleNamespace

import pytest
import trio
from rich.console import Console

from localctl.demo.cast import Plan, cast
from localctl.demo.clock import Clock
from localctl.demo.csms import Csms
from localctl.demo.door import Door
from localctl.demo.site import Scene
from localctl.demo.station import Station
from localctl.demo.tape import Tape
from localctl.demo.view import LiveView, PlainView, hints, stations_table, summary, view_for


@pytest.fixture
async def scene():
    """A scene with all stations off."""
    clock, plan = Clock(), Plan()
    csms = Csms(clock)
    made = Scene(plan=plan, clock=clock, csms=csms, door=Door(csms.serve), page_url="http://m/")
    for role in cast(plan):
        station = Station(role.model, dial=None, host="h", path="/x", clock=clock, tape=Tape())
        made.stations.append((role, station))
    return made


def console(**features):
    """A console that writes into a string."""
    return Console(file=io.StringIO(), width=140, **features)


async def test_plain_lines_show_every_event_once(scene):
    out = console()
    with PlainView(out) as view:
        scene.say("first [bold]event")
        view.show(scene)
        view.show(scene)
        scene.say("second")
        view.show(scene)
    lines = out.file.getvalue().splitlines()
    assert [line.split("s  ", 1)[1] for line in lines] == ["first [bold]event", "second"]


async def test_plain_lines_survive_more_events_than_are_kept(scene):
    out = console()
    for number in range(500):
        scene.say(f"event {number}")
    PlainView(out).show(scene)
    assert out.file.getvalue().splitlines()[-1].endswith("event 499")


async def test_a_summary_comes_now_and_then(autojump_clock, scene):
    out = console()
    view = PlainView(out)
    for _ in range(25):
        await trio.sleep(1)
        view.show(scene)
    assert out.file.getvalue().count("0 of 12 stations connected") == 2


async def test_the_table_has_a_row_per_station_with_its_currents_and_counts(scene):
    role, station = scene.stations[7]
    station.evses[1].drawn_a = 10.0
    station.tape.hears("x")
    out = console()
    out.print(stations_table(scene))
    rows = {line.split()[0]: line for line in out.file.getvalue().splitlines() if "DEMO-" in line}
    assert len(rows) == 12
    assert not role.model.obedient
    assert "10.0" in rows["DEMO-08"]
    assert "(disobeys)" in rows["DEMO-08"]
    assert rows["DEMO-08"].rstrip().endswith("1")


async def test_the_summary_says_whether_the_csms_is_there(scene):
    assert summary(scene).startswith("CSMS AWAY, 0 of 12")
    scene.door.is_open = True
    assert "CSMS there" in summary(scene)


async def test_the_live_view_draws_table_and_last_events(scene):
    out = console(force_terminal=True, height=60)
    scene.say("something happened")
    with LiveView(out) as view:
        view.show(scene)
    assert "something happened" in out.file.getvalue()
    assert "DEMO-12" in out.file.getvalue()


class Slider:
    """An EMS as the view needs it."""

    limit_a = 40.0

    def ways(self):
        """How to turn it from elsewhere."""
        return "curl …", "localctl limit set main"


async def test_with_a_site_it_shows_panels_reasons_and_the_slider(scene):
    phase = {"limit_a": 40.0, "allocated_a": 39.0, "measured_a": 30.0, "over_a": 0.0, "source": "ems"}
    panel = {"id": "main", "phases": dict.fromkeys(("L1", "L2", "L3"), phase)}
    station = {"identity": "DEMO-01", "evses": [{"distrusted": False, "reason": "csms", "binding": None}]}
    scene.grid = SimpleNamespace(ems=Slider(), picture={"panels": [panel], "stations": [station]})
    scene.stations[0][1].evses[1].drawn_a = 16.0
    assert "main 16/16/16 of 40 A" in summary(scene)
    out = console(force_terminal=True, height=60)
    with LiveView(out) as view:
        view.show(scene)
    shown = out.file.getvalue()
    assert "30/39/40" in shown
    assert "CSMS profile" in shown
    assert "localctl limit set main" in shown
    assert "keys:" not in shown
    scene.keys = 0
    assert "keys: + and -" in hints(scene)[1]


async def test_the_page_s_address_is_on_top_and_nothing_to_be_typed_is_cut_off(scene):
    scene.grid = SimpleNamespace(ems=Slider(), picture=None)
    out = Console(file=io.StringIO(), width=60, height=24, force_terminal=True)
    scene.grid.ems.ways = lambda: ("curl …", "localctl limit set main " + "--long " * 20 + "--last")
    with LiveView(out) as view:
        view.show(scene)
    shown = out.file.getvalue()
    assert shown.index("open http://m/ in a browser") < shown.index("--last") < shown.index("DEMO-01")


async def test_a_demo_that_goes_on_has_no_end_in_its_title(scene):
    assert stations_table(scene).title == "localctl demo, 0 of 60 s"
    scene.encore = True
    assert stations_table(scene).title == "localctl demo, 0 s"


def test_a_terminal_gets_the_live_view_and_a_pipe_gets_lines():
    assert isinstance(view_for(console(force_terminal=True)), LiveView)
    assert isinstance(view_for(console()), PlainView)
