"""R19: a panel's composite schedule is the lower of its own limits and the sum of what hangs on it."""

from dataclasses import replace

import pytest

from localctl.charging.base.phases import PHASES
from localctl.charging.dispatching.fleet import Managed, Outlet
from localctl.charging.profile.profiles import Protocol
from localctl.charging.showing.picture_nodes import node_ask, node_profiles
from localctl.charging.tree.topology import Evse
from tests.localctl.charging.scene import Scene, busy
from tests.localctl.charging.showing.test_picture_profiles import theirs
from tests.localctl.charging.sites import panel, station, tree


def asked(scene, name, hours=24):
    return node_profiles(node_ask(scene.controller, name, scene.now, hours), scene.now, hours)


def curves(scene, name, phase="L1"):
    """Seconds from now and amperes, of all, limit and stations."""
    shown = next(one for one in asked(scene, name)["composite"] if one["phase"] == phase)
    return tuple([period["limit_a"] for period in shown[which]] for which in ("all", "limit", "stations"))


def test_r19_a_panel_may_draw_the_lower_of_its_limits_and_of_what_its_stations_were_given():
    everything, limit, stations = curves(busy(), "sub")
    # 25 A fuse less 3 A for the lift; two shares of 6.5 A that fall back to the failsafe of 6 A each
    assert (limit[0], stations, everything) == (22.0, [13.0, 12.0], [13.0, 12.0])


def test_r19_a_stations_profiles_count_whoever_set_them():
    scene = busy()
    theirs(scene, limit=4.0)
    assert curves(scene, "sub")[0] == [10.5, 10.0]


def test_r19_the_site_adds_what_its_panels_may_draw():
    shown = asked(busy(), "main")
    assert (shown["panel"], shown["stations"]) == ("main", ["CP1", "CP2", "CP3"])
    assert [one["phase"] for one in shown["composite"]] == list(PHASES)
    everything, limit, stations = curves(busy(), "main")
    assert limit[0] == 13.0  # the EMS's 20 A less kitchen and lift
    assert everything[0] == min(limit[0], stations[0])


def test_r19_a_panel_below_never_counts_with_more_than_its_own_limit():
    site = tree(
        panel("main", None, 100.0), panel("sub", "main", 10.0), station("CP1", "sub"), station("CP2", "sub"),
        station("CP3", "main"),
    )  # fmt: skip
    managed = tuple(Managed(identity=f"CP{n}", protocol=Protocol.V201, outlets=(Outlet(id=1),)) for n in (1, 2, 3))
    scene = Scene(topology=site, managed=managed, meters={})
    assert curves(scene, "sub") == ([10.0], [10.0], [64.0])
    assert curves(scene, "main") == ([42.0], [100.0], [42.0])


def test_a_station_counts_on_its_own_conductors_and_its_total_only_once():
    evses = tuple(Evse(id=number, phases=(1, 2, 3)) for number in (1, 2))
    site = tree(panel("main", None, 100.0), replace(station("CP1", "main"), evses=evses))
    outlets = (Outlet(id=1), Outlet(id=2))
    managed = Managed(identity="CP1", protocol=Protocol.V201, outlets=outlets, rating_a=40.0)
    scene = Scene(topology=site, managed=(managed,), meters={})
    assert curves(scene, "main")[2] == [40.0]


def test_one_phase_stations_are_on_their_conductor_only():
    main = {one["phase"]: one["stations"][0]["limit_a"] for one in asked(Scene(), "main")["composite"]}
    # sub's 22 A, and CP3 at the rating it has while nothing is installed there
    assert main == {"L1": 54.0, "L2": 22.0, "L3": 22.0}


def test_the_day_has_the_limits_that_are_known_already():
    scene = busy()
    limits = next(one for one in asked(scene, "main")["composite"] if one["phase"] == "L1")["limit"]
    assert [period["limit_a"] for period in limits] == [13.0, 25.0]
    assert len(asked(scene, "main", hours=1)["composite"][0]["limit"]) == 2


def test_a_panel_that_is_not_there_is_nobodys():
    with pytest.raises(KeyError):
        node_ask(busy().controller, "attic", 0.0, 24)
