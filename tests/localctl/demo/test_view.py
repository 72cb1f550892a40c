"""What the terminal shows."""

import io
from types import SimpleNamespace

import pytest
import trio
from rich.console import Console

from localctl.demo.car import Car
from localctl.demo.cast import Plan, cast
from localctl.demo.clock import Clock
from localctl.demo.csms import Csms
from localctl.demo.door import Door
from localctl.demo.site import Scene
from localctl.demo.station import Station
from localctl.demo.tape import Tape
from localctl.demo.view import LiveView, PlainView, frame, hints, summary, view_for


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


LINE = ".venv/bin/localctl limit set main --amps 40 --socket /tmp/demo-12345678/box"


class Slider:
    """An EMS as the view needs it."""

    limit_a = 40.0

    def __init__(self, words=LINE):
        self.words = words

    def ways(self):
        """How to turn it from elsewhere."""
        return "curl …", self.words


def site(scene, **features):
    """A scene in the middle of it: three panels at their limits, cars at half of the stations, much to say."""
    phase = {"limit_a": 40.0, "allocated_a": 39.0, "measured_a": 30.0, "over_a": 0.0, "source": "ems"} | features
    panels = [{"id": one, "phases": dict.fromkeys(("L1", "L2", "L3"), phase)} for one in ("main", "row-a", "row-b")]
    evse = {"distrusted": False, "reason": "csms", "binding": None}
    stations = [{"identity": role.model.identity, "evses": [evse]} for role, _ in scene.stations]
    picture = {"panels": panels, "stations": stations}
    scene.grid = SimpleNamespace(ems=Slider(), picture=picture, starting=False)
    for number, (_, station) in enumerate(scene.stations):
        station.state = "online"
        if number % 2:
            station.evses[1].car, station.evses[1].drawn_a = Car(), 16.0
    for number in range(20):
        scene.say(f"event {number} " + "and so on " * 20)
    return scene


def framed(scene, width, height):
    """The lines of a frame, as they stand on a terminal of this size."""
    out = Console(file=io.StringIO(), width=width, height=height)
    out.print(frame(scene, width=width, height=height))
    return out.file.getvalue().splitlines()


async def test_with_a_site_it_shows_panels_reasons_and_the_slider(scene):
    site(scene)
    assert " of 40 A" in summary(scene)
    shown = "\n".join(framed(scene, 140, 60))
    assert "30/39/40" in shown
    assert "CSMS profile" in shown
    assert f"from another terminal: {LINE}" in shown
    assert "keys:" not in shown
    scene.keys = 0
    assert "keys: + and -" in hints(scene, 140)[1]


@pytest.mark.parametrize(("width", "height", "rows", "events"), [(80, 24, 9, 3), (100, 30, 12, 7), (140, 40, 12, 8)])
async def test_a_frame_fits_the_terminal_and_what_matters_is_not_cut(scene, width, height, rows, events):
    lines = framed(site(scene), width, height)
    scene.keys = 0
    assert len(lines) < height
    assert all(len(line) <= width for line in lines)
    assert sum(line.startswith("DEMO-") for line in lines) == rows
    assert sum("event " in line for line in lines) == events
    whole = [line for line in lines if "event " not in line and not line.startswith("CSMS ")]
    assert not [line for line in whole if "…" in line]
    assert [line.split()[0] for line in whole if "30/39/40" in line] == ["main", "row-a", "row-b"]
    for words in ("http://m/ in a browser", LINE, "limited by", "because of", "limit A", "CSMS profile"):
        assert any(words in line for line in whole), words
    assert any(line.startswith("CSMS ") and " of 40 A" in line for line in lines)
    assert all(len(one) <= width for one in hints(scene, width)), "keys included"


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (40, 12), (80, 10)])
async def test_whatever_the_size_there_is_a_frame(scene, size):
    assert framed(site(scene), *size)


async def test_on_a_low_terminal_the_boxs_log_does_not_push_out_what_the_demo_says(scene):
    site(scene).say("EMS: main 80 -> 20 A per phase")
    for number in range(9):
        scene.say(f"localctl: line {number}")
    assert any("80 -> 20 A" in line for line in framed(scene, 80, 24))
    assert any("localctl: line 8" in line for line in framed(scene, 140, 40))


async def test_a_line_too_long_for_the_terminal_is_written_above_the_table_once_and_unbroken(scene):
    words = "localctl limit set main " + "--long " * 20 + "--last"
    site(scene).grid.ems = Slider(words)
    out = Console(file=io.StringIO(), width=80, height=24, force_terminal=True)
    with LiveView(out) as view:
        view.show(scene)
        view.show(scene)
    shown = out.file.getvalue()
    assert shown.count(words) == 1
    assert shown.index(words) < shown.index("open http://m/ in a browser") < shown.index("DEMO-02")
    assert "from another terminal: see the line above" in shown


async def test_a_line_that_fits_is_in_the_table_alone_and_unbroken(scene):
    site(scene)
    for width in (80, 100, 140):
        out = Console(file=io.StringIO(), width=width, height=40, force_terminal=True)
        with LiveView(out) as view:
            view.show(scene)
        assert LINE in out.file.getvalue()
        assert "the line above" not in out.file.getvalue()


async def test_the_first_line_says_where_the_page_is_and_how_long_it_lasts(scene):
    assert hints(scene, 80) == ["open http://m/ in a browser; localctl demo, 0 of 60 s"]
    scene.encore = True
    assert hints(scene, 80) == ["open http://m/ in a browser; localctl demo, 0 s, script held"]
    scene.page_url = None
    assert hints(scene, 80) == ["localctl demo, 0 s, script held"]


def test_a_terminal_gets_the_live_view_and_a_pipe_gets_lines():
    assert isinstance(view_for(console(force_terminal=True)), LiveView)
    assert isinstance(view_for(console()), PlainView)
