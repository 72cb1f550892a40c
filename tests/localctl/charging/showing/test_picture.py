"""The picture that page, API, CLI and metrics share (P5): complete, plain, and without a secret (P7)."""

import json

import pytest

from localctl.charging.limiting.external import ExternalLimit, Rule, SourceKind
from localctl.charging.limiting.limits import Cap, Step
from localctl.charging.showing.picture import in_force, picture
from tests.localctl.charging.scene import MAIN, SECRET, START, Scene, busy


def test_before_the_first_cycle_nothing_is_claimed():
    scene = Scene()
    assert picture(scene.controller, START) == {
        "at": START, "cycle_at": None, "panels": [], "stations": [], "adopted": [], "external": [], "loads": []
    }  # fmt: skip


def test_it_is_plain_json_without_infinities_and_without_tokens():
    scene = busy().plugs_in("CP3").draws("CP1", 5, 5, 5).goes_on(10)
    text = json.dumps(scene.picture(), allow_nan=False)
    assert SECRET not in text
    assert json.loads(text) == scene.picture()


def test_it_says_when_it_was_made_and_how_old_the_last_cycle_is():
    scene = busy()
    scene.now += 3
    shown = scene.picture()
    assert (shown["at"], shown["cycle_at"]) == (scene.now, scene.now - 3)


def test_each_source_outside_is_shown_with_the_freshness_of_its_word():
    scene = busy()
    (ems,) = scene.picture()["external"]
    assert (ems["source"], ems["kind"], ems["node"], ems["state"]) == ("ems-1", "EMS", "panel:main", "live")
    assert ems["limit_a"] == [20.0, 20.0, 20.0]
    assert (ems["age_s"], ems["stale_at"], ems["expires_at"]) == (40.0, scene.now + 260, scene.now + 860)


def test_a_silent_source_is_stale_and_its_fallback_is_what_counts():
    fallback = Rule(name="ems-1", kind=SourceKind.EMS, stale_after_s=60.0, fallback={MAIN: Cap(a=(18.0, 18.0, 18.0))})
    scene = busy(rules=(fallback,))
    scene.now += 100
    (ems,) = scene.cycles().picture()["external"]
    assert (ems["state"], ems["limit_a"]) == ("stale", [18.0, 18.0, 18.0])
    assert scene.phase("main")["state"] == "stale"


def test_a_source_that_was_never_heard_shows_its_fallback_and_no_age():
    fallback = Rule(name="ems-1", kind=SourceKind.EMS, fallback={MAIN: Cap(a=(18.0, 18.0, 18.0))})
    (ems,) = Scene(rules=(fallback,)).cycles().picture()["external"]
    assert (ems["state"], ems["heard_at"], ems["age_s"]) == ("stale", None, None)


def test_other_consumers_are_shown_with_how_they_are_known():
    scene = busy()
    kitchen, lift = scene.picture()["loads"]
    assert (kitchen["known"], kitchen["metered"], kitchen["current_a"]) == ("reserved", False, [4.0, 4.0, 4.0])
    assert (lift["known"], lift["current_a"]) == ("meter not heard: worst case", [3.0, 3.0, 3.0])
    scene.controller.meter("lift", (0.5, 0.5, None), scene.now)
    assert (kitchen["read_at"], lift["read_at"]) == (None, None)
    lift = scene.picture()["loads"][1]
    assert lift["read_at"] == scene.now
    assert (lift["known"], lift["current_a"]) == ("meter", [1.5, 1.5, 3.0])


def test_what_is_in_force_at_a_node_is_known_at_once_not_only_after_the_next_cycle():
    scene = busy().limits("main", 11)
    here = in_force(scene.controller, MAIN, scene.now)
    assert here["node"] == "panel:main"
    assert here["limits"]["L2"]["limit_a"] == 11.0
    assert here["limits"]["L2"]["net_a"] == pytest.approx(11.0 - 4.0 - 3.0)
    assert (here["limits"]["L2"]["source"], here["limits"]["L2"]["next_source"]) == ("ems-1", "fuse")
    assert [one["source"] for one in here["external"]] == ["ems-1"]
    assert scene.phase("main")["limit_a"] == 20.0


def test_watts_are_in_force_only_where_somebody_limits_them():
    scene = busy()
    assert list(in_force(scene.controller, MAIN, scene.now)["limits"]) == ["L1", "L2", "L3"]
    step = Step(at=scene.now, cap=Cap(w=0.0))
    scene.controller.limits.put(ExternalLimit(source="ems-1", node=MAIN, steps=(step,), set_at=scene.now))
    watts = in_force(scene.controller, MAIN, scene.now)["limits"]["W"]
    assert (watts["limit_w"], watts["source"]) == (0.0, "ems-1")
