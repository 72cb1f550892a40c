"""What only looks like an alarm: it is calm for a bounded time, and never while a meter shows otherwise."""

import copy
from typing import Any

import pytest

from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot
from localctl.web.settling import FALLING_S, STARTING_S, Start, falls, start_of
from tests.localctl.charging.scene import Scene, busy
from tests.localctl.web.shown import full

LINE = {"over_a": 3.0, "since": 1000.0}


def after(seconds: float, scene: Scene, **changes: Any) -> Snapshot:
    """The box as it is so long after its start."""
    return full(scene, started_at=scene.now - seconds, **changes)


def test_a_box_that_has_met_nobody_is_starting():
    assert start_of(after(1, Scene().cycles())) == Start(here=0, limited=0, all=3)


def test_a_box_before_its_first_cycle_is_starting():
    assert start_of(after(1, Scene(), state=ServiceState.STARTING)) == Start(here=0, limited=0, all=0)


def test_a_station_is_heard_first_and_limited_once_it_has_taken_a_limit():
    scene = Scene()
    scene.deaf = {"CP1"}
    scene.plugs_in("CP1").plugs_in("CP2").goes_on(20)
    assert start_of(after(20, scene)) == Start(here=2, limited=1, all=3)
    scene.deaf = set()
    assert start_of(after(29, scene.goes_on(200))) == Start(here=2, limited=2, all=3)


def test_the_start_is_over_when_everybody_has_a_limit():
    assert start_of(after(5, busy())) is None


@pytest.mark.parametrize("seconds", [STARTING_S, STARTING_S + 1, 1e9, -1])
def test_it_is_over_in_time_whoever_is_missing(seconds: float):
    assert start_of(after(seconds, Scene().cycles())) is None


def test_a_current_that_is_really_too_high_is_no_start():
    scene = Scene().plugs_in("CP1").cycles()
    snapshot = after(1, scene)
    assert start_of(snapshot) is not None
    picture: Any = copy.deepcopy(dict(snapshot.charging))
    line = picture["panels"][0]["phases"]["L2"]
    line["measured_a"] = line["net_a"] + 0.5
    assert start_of(after(1, scene, charging=picture)) is None


def test_who_leaves_or_does_not_follow_makes_no_new_start():
    snapshot = after(5, busy())
    picture: Any = copy.deepcopy(dict(snapshot.charging))
    gone, disobedient, _ = picture["stations"]
    gone |= {"online": False, "heard_at": snapshot.started_at + 1}
    disobedient |= {"limited": False, "failed_actuators": ["max_profile"]}
    assert start_of(full(charging=picture, started_at=snapshot.started_at)) is None
    gone["heard_at"] = snapshot.started_at - 1  # by the process before this one
    assert start_of(full(charging=picture, started_at=snapshot.started_at)) == Start(here=2, limited=2, all=3)


def test_who_is_not_to_be_limited_is_not_waited_for():
    snapshot = after(1, Scene().plugs_in("CP1").goes_on(20))
    picture: Any = copy.deepcopy(dict(snapshot.charging))
    picture["stations"][1]["controllable"] = False
    picture["stations"][2]["actuator"] = "uncontrolled"
    assert start_of(full(charging=picture, started_at=snapshot.taken_at, taken_at=snapshot.taken_at)) is None


def test_a_box_that_only_routes_has_no_such_start():
    assert start_of(full(charging={}, started_at=full().taken_at)) is None


@pytest.mark.parametrize(
    ("line", "at", "starting", "calm"),
    [
        (LINE, 1000.0, False, True),
        (LINE, 1000.0 + FALLING_S, False, False),
        (LINE, 1000.0 + FALLING_S, True, True),
        (LINE | {"since": None}, 1000.0, False, False),
        (LINE | {"over_a": 0.0}, 1000.0, True, False),
        ({"over_w": 500.0, "since": 1000.0}, 1001.0, False, True),
    ],
)
def test_an_overdraft_falls_while_the_box_starts_and_while_its_limit_is_new(
    line: dict[str, Any], at: float, starting: bool, calm: bool
):
    assert falls(line, at, starting=starting) is calm
