"""The site's conductors: limits, and three sums that must never be mixed up."""

from math import inf, nan

import pytest

from localctl.charging.dispatching.fleet import Managed, Outlet
from localctl.charging.knowing.site_state import EvseState
from localctl.charging.profile.profiles import Protocol
from localctl.charging.showing.picture_rows import Overdrafts, measured
from localctl.charging.tree.topology import Evse, Station
from tests.localctl.charging.scene import START, Scene, busy
from tests.localctl.charging.sites import panel, station, tree


def test_p5_a_limit_tells_its_source_since_when_until_when_and_what_comes_next():
    scene = busy()
    here = scene.phase("main")
    assert (here["limit_a"], here["net_a"]) == (20.0, 13.0)
    assert (here["source"], here["state"]) == ("ems-1", "live")
    assert (here["since"], here["until"]) == (scene.now - 40, scene.now + 860)
    assert (here["next_source"], here["next_a"]) == ("fuse", 25.0)


def test_a_fuse_binds_since_ever_and_without_an_end():
    here = busy().phase("sub")
    assert (here["source"], here["since"], here["until"]) == ("fuse", None, None)


def test_other_load_is_shown_with_how_it_is_known():
    main, sub = busy().phase("main"), busy().phase("sub")
    assert main["other_a"] == 7.0
    assert set(main["other"].split(" + ")) == {"reserved", "meter not heard: worst case"}
    assert (sub["other_a"], sub["other"]) == (3.0, "meter not heard: worst case")


def test_what_is_given_out_and_what_stations_are_entitled_to_agree_once_all_has_settled():
    here = busy().phase("main")
    assert here["allocated_a"] == 13.0
    assert here["entitled_a"] <= here["net_a"]
    assert (here["over_a"], here["over_since"]) == (0.0, None)


def test_p2_a_limit_that_fell_is_overdrawn_until_the_stations_have_confirmed():
    scene = busy()
    scene.deaf = {"CP1", "CP2"}
    scene.limits("main", 19).cycles()
    began = scene.now
    assert scene.phase("main")["over_since"] == began
    scene.now += 7
    here = scene.cycles().phase("main")
    assert here["over_a"] == pytest.approx(here["entitled_a"] - 12.0)
    assert here["over_since"] == began
    scene.deaf = set()
    scene.goes_on(90)
    assert (scene.phase("main")["over_a"], scene.phase("main")["over_since"]) == (0.0, None)


def test_a_second_overdraft_begins_anew():
    overdrafts = Overdrafts()
    assert overdrafts.since("main", "L1", True, 10.0) == 10.0
    assert overdrafts.since("main", "L1", True, 20.0) == 10.0
    assert overdrafts.since("main", "L2", True, 20.0) == 20.0
    assert overdrafts.since("main", "L1", False, 30.0) is None
    assert overdrafts.since("main", "L1", True, 40.0) == 40.0


def test_measured_currents_are_turned_onto_the_conductors_of_the_site():
    """CP2 hangs on the site turned by one: its L1 is the site's L2."""
    scene = busy().draws("CP1", 5, 0, 0).draws("CP2", 6, 0, 0).goes_on(5)
    assert [scene.phase("sub", phase)["measured_a"] for phase in ("L1", "L2", "L3")] == [5.0, 6.0, 0.0]
    assert scene.phase("main", "L2")["measured_a"] == 6.0


def test_a_car_without_a_meter_makes_the_sum_unknown_and_not_smaller():
    scene = busy().draws("CP1", 5, 5, 5).goes_on(5)
    assert scene.phase("sub")["measured_a"] is None
    assert scene.phase("main")["measured_a"] is None


def test_a_phase_that_was_not_told_is_not_zero():
    scene = busy().draws("CP1", 5, None, None).draws("CP2", 5, 5, 5).goes_on(5)
    assert scene.phase("sub")["measured_a"] is None


def test_an_old_reading_is_no_reading():
    scene = busy().draws("CP1", 5, 5, 5).draws("CP2", 5, 5, 5).goes_on(5)
    assert scene.phase("sub")["measured_a"] == 10.0
    scene.now += 200
    assert scene.cycles().phase("sub")["measured_a"] is None


def test_a_current_beyond_all_numbers_is_not_known():
    told = EvseState(current_a={"1": inf, "2": 5.0, "3": nan}, measured_at=START)
    assert measured(told, START) == {2: 5.0}
    assert measured(EvseState(current_a={"1": inf}, measured_at=START), START) is None


def test_a_station_that_is_there_without_a_transaction_draws_nothing():
    scene = Scene()
    for name in ("CP1", "CP2", "CP3"):
        scene.controller.linked(name, scene.controller.managed[name].protocol, START)
    assert scene.cycles().phase("main")["measured_a"] == 0.0
    scene.controller.unlinked("CP1", START)
    assert scene.phase("main")["measured_a"] is None


def test_a_current_on_an_unknown_rotation_could_be_anywhere():
    known, unknown = (
        Scene(topology=turned(rotation), managed=one_station(), meters={})
        .plugs_in("CP1").draws("CP1", 5, 0, 0).cycles().phase("main")["measured_a"]
        for rotation in ("RST", "unknown")
    )  # fmt: skip
    assert (known, unknown) == (5.0, None)


def turned(rotation):
    return tree(panel("main", None, 32.0), station("CP1", rotation=rotation))


def one_station():
    return (Managed(identity="CP1", protocol=Protocol.V201, outlets=(Outlet(id=1),)),)


def two_outlets(max_a):
    both = Station(identity="CP1", panel="main", evses=(Evse(id=1), Evse(id=2)), phase_rotation="RST", max_a=max_a)
    managed = Managed(identity="CP1", protocol=Protocol.V201, outlets=(Outlet(id=1), Outlet(id=2)), rating_a=max_a)
    return {"topology": tree(panel("main", None, 100.0, limit_w=100_000.0), both), "managed": (managed,), "meters": {}}


def test_the_total_of_a_station_counts_once_however_many_outlets_share_it():
    scene = Scene(**two_outlets(max_a=40.0)).plugs_in("CP1").plugs_in("CP1", 2).cycles().goes_on(60)
    assert scene.phase("main")["allocated_a"] == 40.0
    assert 32.0 < scene.phase("main")["entitled_a"] <= 40.0


def test_watts_are_shown_where_they_are_limited_and_only_there():
    scene = Scene(**two_outlets(max_a=40.0)).cycles()
    (main,) = scene.picture()["panels"]
    assert (main["power"]["limit_w"], main["power"]["source"]) == (100_000.0, "power limit")
    assert [one["power"] for one in busy().picture()["panels"]] == [None, None]
