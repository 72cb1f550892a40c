"""The head of the page: mode, CSMS and the one sentence on what binds now."""

import copy
from typing import Any

import pytest

from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot, StationView
from localctl.web.settling import STARTING_S
from localctl.web.summary import CYCLE_LATE_S, binds, summary
from tests.localctl.charging.scene import Scene, busy
from tests.localctl.web.shown import full, station


def changed(snapshot: Snapshot, **line: Any) -> Snapshot:
    """The same with its first panel's L1 changed."""
    picture: dict[str, Any] = copy.deepcopy(dict(snapshot.charging))
    picture["panels"][0]["phases"]["L1"] |= line
    return full(charging=picture)


def test_a_site_where_all_is_well_is_normal_and_says_nothing_more():
    head = summary(full(stations=(station(),)), "en")
    assert (head.mode, head.reasons, head.csms_good) == ("normal", (), True)
    assert head.csms == "connected for 1 of 1 stations"


def test_with_several_csmss_the_head_tells_of_each():
    def of(name: str, csms: str, *, joined: bool) -> StationView:
        return station(identity=name, csms=csms, upstream_connected=joined)

    both = (of("A", "operator", joined=True), of("B", "operator", joined=True), of("C", "fleet", joined=False))
    assert summary(full(stations=both), "en").csms == "connected for 2 of 3 stations (fleet 0/1, operator 2/2)"
    assert summary(full(stations=both[:2]), "en").csms == "connected for 2 of 2 stations"


def test_p5_the_sentence_names_source_panel_amperes_phases_end_and_how_many_feel_it():
    assert binds(busy().picture(), "en") == (
        "ems-1 holds panel main at 20.0 A on L1 until 2027-01-15 08:15:20 UTC: 2 cars get less or wait for that."
    )
    assert "ems-1 hält Verteiler main auf 20,0 A an L1 bis" in binds(busy().picture(), "de")


def test_one_car_is_one_car():
    scene = Scene().plugs_in("CP1").cycles().goes_on(20).limits("main", 14).goes_on(40)
    assert "1 car gets less or waits" in binds(scene.picture(), "en")


def test_where_nothing_binds_that_is_said():
    assert binds({}, "en").startswith("This box only routes")
    assert binds(Scene().picture(), "en") == "The first control cycle has not finished yet."
    assert binds(Scene().cycles().picture(), "en") == "No car is charging."
    picture = copy.deepcopy(busy().picture())
    for one in picture["stations"]:
        one["evses"][0] |= {"reason": "appetite", "binding": None}
    assert binds(picture, "en") == "No limit of the site binds: 2 charging, each with what it takes."


def test_where_nobody_can_steer_a_station_no_car_is_said_to_charge_freely():
    picture = copy.deepcopy(busy().picture())
    for one in picture["stations"]:
        one["evses"][0] |= {"reason": "away", "binding": None}
    assert binds(picture, "en").startswith("Nobody can steer a station that has a car now")
    picture["stations"][0]["evses"][0]["reason"] = "appetite"
    assert binds(picture, "en") == "No limit of the site binds: 1 charging, each with what it takes."


def test_a_limit_in_watts_is_told_in_kilowatts():
    picture = copy.deepcopy(busy().picture())
    for one in picture["stations"]:
        for evse in one["evses"]:
            if evse["binding"]:
                evse["binding"] |= {"unit": "W", "gross": 22_000.0, "phase": "power"}
    assert "at 22.0 kW on power" in binds(picture, "en")


def test_a_fallback_in_force_is_failsafe_and_names_who_fell_silent():
    head = summary(changed(full(), state="stale"), "en")
    assert (head.mode, head.reasons[0]) == (
        "failsafe", "ems-1 was not heard in time: its fallback holds at panel main."
    )  # fmt: skip


def test_a_control_loop_that_stands_still_is_failsafe():
    snapshot = full()
    cycle_at: Any = snapshot.charging["cycle_at"]
    assert summary(full(taken_at=cycle_at + CYCLE_LATE_S), "en").mode != "failsafe"
    late = summary(full(taken_at=cycle_at + 90), "en")
    assert (late.mode, "90 s ago" in late.reasons[0]) == ("failsafe", True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reasons": ("the state directory cannot be written",)}, "the state directory cannot be written"),
        ({"state": ServiceState.DEGRADED}, ""),
        ({"stations": (station(upstream_connected=False),)}, ""),
    ],
)
def test_what_hurts_makes_it_degraded(changes: dict[str, Any], words: str):
    head = summary(full(**changes), "en")
    assert head.mode == "degraded"
    assert words in " ".join(head.reasons)


def test_an_overdraft_and_a_disobedient_station_are_told():
    over = summary(changed(full(), over_a=2.5, over_since=0.0), "en")
    assert "Stations may still draw 2.5 A more than the limit of panel main" in over.reasons[0]
    scene = busy()
    for _ in range(5):
        scene.goes_on(20).draws("CP1", 20, 20, 20)
    assert "CP1/1 draws more than it was told; it is counted at its maximum." in summary(
        full(scene.cycles()), "en"
    ).reasons


def test_an_overdraft_of_a_limit_that_has_just_fallen_says_so():
    at = full().taken_at
    head = summary(changed(full(), over_a=2.5, over_since=at - 1, since=at - 1), "en")
    assert (head.mode, head.reasons[0].partition(":")[0]) == ("degraded", "The limit of panel main has just fallen")
    assert "2.5 A more" in head.reasons[0]
    old = summary(changed(full(), over_a=2.5, over_since=at - 1, since=at - 100), "en")
    assert old.reasons[0].startswith("Stations may still draw 2.5 A more")


def starting(scene: Scene, seconds: float = 2.0, **changes: Any) -> Snapshot:
    return full(scene, started_at=scene.now - seconds, **{"stations": ()} | changes)


def test_a_start_is_told_calmly_with_who_has_been_heard_and_limited():
    head = summary(starting(Scene().plugs_in("CP1").plugs_in("CP2").goes_on(20)), "en")
    assert (head.mode, head.reasons) == ("starting", ())
    assert head.now == "Starting: 2 of 3 stations have been heard, 2 have their limits."
    nobody = summary(starting(Scene().cycles()), "de")
    assert (nobody.mode, nobody.reasons, nobody.csms_good) == ("starting", (), True)
    assert nobody.now == "Start: 0 von 3 Stationen haben sich gemeldet, 0 haben ihre Grenzen."


def test_after_a_start_the_truth_is_told_as_ever():
    late = summary(starting(Scene().cycles(), STARTING_S), "en")
    assert (late.mode, "Stations may still draw" in late.reasons[0]) == ("degraded", True)


def test_what_hurts_is_told_during_a_start_too():
    scene = Scene().cycles()
    hurt = summary(starting(scene, reasons=("the state directory cannot be written",)), "en")
    assert (hurt.mode, hurt.reasons) == ("degraded", ("the state directory cannot be written",))
    waiting = summary(starting(scene, reasons=("waiting for limits",), state=ServiceState.STARTING), "en")
    assert (waiting.mode, waiting.reasons) == ("starting", ())


def test_a_csms_that_no_station_has_asked_for_is_not_away():
    snapshot = starting(Scene().cycles(), stations=(station(connected=False, upstream_connected=False),))
    assert summary(snapshot, "en").csms == "no station has been here yet"
    assert summary(snapshot, "en").csms_good


def test_a_car_that_is_full_does_not_charge_and_one_that_just_began_is_not_out_of_reach():
    picture = copy.deepcopy(busy().picture())
    for one in picture["stations"]:
        one["evses"][0] |= {"reason": "full", "binding": None}
    assert binds(picture, "en") == "No car is charging."
    picture["stations"][0]["evses"][0]["reason"] = "reserved"
    assert binds(picture, "en") == "No limit of the site binds: 1 charging, each with what it takes."


def test_a_current_nobody_told_a_car_for_is_not_called_nothing():
    picture = copy.deepcopy(Scene().cycles().picture())
    picture["panels"][1]["phases"]["L2"]["measured_a"] = 13.4
    assert binds(picture, "en") == "13.4 A are measured, but no station tells of a car that charges."


def test_the_csms_is_away_when_no_station_has_it():
    head = summary(full(stations=(station(upstream_connected=False),)), "en")
    assert (head.csms, head.csms_good) == ("away: no station has its CSMS", False)
    gone = summary(full(stations=(station(connected=False, upstream_connected=False, arrivals=2),)), "en")
    assert gone.csms == "away: no station has its CSMS"
    assert summary(full(stations=()), "en").csms == "no station has been here yet"
