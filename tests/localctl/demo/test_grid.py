"""The electrical side at work: limits told, followed, and the disobedient one noticed."""

import trio

from localctl.demo.api import NoAnswer
from localctl.demo.cast import DISOBEYS, Plan, cast
from localctl.demo.clock import Clock
from localctl.demo.grid import Grid, caught, unmeasured
from localctl.demo.station import Station
from localctl.demo.tape import Tape


class Box:
    """The box's API. `picture` is what it shows; None: it does not answer."""

    url, token, socket = "http://127.0.0.1:1", "t0ken", "/tmp/demo-12345678/box"

    def __init__(self):
        self.picture = {"stations": [], "external": []}

    async def limit(self, panel, body):
        """Takes every limit."""
        return {"external": []}

    async def site(self):
        """The picture."""
        if self.picture is None:
            raise NoAnswer("nobody there")
        return self.picture


async def playing(nursery, plan):
    """A grid over the whole cast, all stations online."""
    clock, said, box, stations = Clock(), [], Box(), []
    for role in cast(plan):
        station = Station(role.model, dial=None, host="h", path="/x", clock=clock, tape=Tape())
        station.online = True
        stations.append((role, station))
    grid = Grid(plan, clock, stations, box, said.append)
    nursery.start_soon(grid.run)
    await trio.sleep(0.05)
    return grid, box, said


def seen(identity, *, distrusted=False, failed=()):
    """A station in the picture."""
    evse = {"distrusted": distrusted, "rating_a": 16.0, "reason": "row", "binding": None}
    return {"identity": identity, "evses": [evse], "failed_actuators": list(failed)}


async def test_each_change_of_the_limit_is_told_and_what_became_of_it(autojump_clock):
    plan = Plan()
    async with trio.open_nursery() as nursery:
        grid, _, said = await playing(nursery, plan)
        evse = grid.stations[0][1].evses[1]
        evse.drawn_a = 50.0
        await trio.sleep_until(trio.current_time() + plan.limits[1][0] + 2)
        evse.drawn_a = 30.0
        await trio.sleep(plan.follow_s)
        nursery.cancel_scope.cancel()
    assert said[0] == "EMS: main 80 A per phase"
    assert "main at 80 A (EMS): 1 car draws 50.0/50.0/50.0 A on L1/L2/L3" in said
    assert "EMS: main 80 -> 40 A per phase" in said
    assert said[-1].startswith("main at 40 A (EMS): 1 car draws 30.0/30.0/30.0 A on L1/L2/L3, followed after ")
    assert grid.judge.good


async def test_the_disobedient_station_is_told_about_and_when_it_was_noticed(autojump_clock):
    async with trio.open_nursery() as nursery:
        grid, box, said = await playing(nursery, Plan())
        role, _ = grid.stations[DISOBEYS]
        name = role.model.identity
        assert not grid.disobedient()
        grid.judge.excess_a, grid.judge.excess_since_s = 10.0, 0.0
        assert grid.disobedient() == f"{name} disobeyed by up to 10.0 A, too short a time to be noticed"
        await trio.sleep(20)
        box.picture = {"stations": [seen("DEMO-01", distrusted=True), seen(name)], "external": []}
        await trio.sleep(1)
        assert grid.noticed_s is None
        box.picture = {"stations": [seen(name, distrusted=True)], "external": []}
        await trio.sleep(2)
        assert 21 <= grid.noticed_s <= 22
        assert grid.disobedient() == f"{name} disobeyed by up to 10.0 A, noticed after {grid.noticed_s:.0f} s"
        nursery.cancel_scope.cancel()
    told = f"ALARM {name} does not follow its limits: from now on it counts at its rating of 16 A"
    assert said.count(told) == 1


async def test_a_box_that_shows_nothing_is_told_about(autojump_clock):
    async with trio.open_nursery() as nursery:
        grid, box, said = await playing(nursery, Plan())
        box.picture = None
        await trio.sleep(1)
        nursery.cancel_scope.cancel()
    assert "nobody there" in said
    assert grid.picture == {"stations": [], "external": []}


def measured(*amps):
    """A picture of one panel with this measured on its phases."""
    phases = {f"L{number}": {"measured_a": one} for number, one in enumerate(amps, 1)}
    return {"panels": [{"id": "main", "phases": phases}], "stations": [], "external": []}


async def test_it_is_starting_until_the_box_has_once_heard_what_flows_everywhere(autojump_clock):
    async with trio.open_nursery() as nursery:
        grid, box, _ = await playing(nursery, Plan())
        for picture, starting in (
            (measured(1.0, None, 3.0), True),
            (measured(1.0, 0.0, 3.0), False),
            (measured(None), False),
        ):
            box.picture = picture
            await trio.sleep(1)
            assert grid.starting is starting
        nursery.cancel_scope.cancel()
    assert unmeasured({"panels": []})


async def test_a_turn_of_the_slider_is_judged_as_one_by_hand(autojump_clock):
    async with trio.open_nursery() as nursery:
        grid, _, said = await playing(nursery, Plan())
        grid.stations[0][1].evses[1].drawn_a = grid.stations[1][1].evses[1].drawn_a = 5.0
        grid.ems.slide(20)
        await trio.sleep(10)
        nursery.cancel_scope.cancel()
    assert grid.judge.sentence() == "no fuse overdrawn, by hand 80 -> 20 A followed within 0.0 s"
    assert any(" A (EMS): 2 cars draw " in one for one in said)


def test_caught_is_who_is_distrusted_or_was():
    assert caught(seen("CP1", distrusted=True))
    assert caught(seen("CP1", failed=["max_profile"]))
    assert not caught(seen("CP1"))
