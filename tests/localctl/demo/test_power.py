"""The demo's own electrical truth and its verdict."""

import pytest

from localctl.demo.cast import PANELS, Role
from localctl.demo.clock import Clock
from localctl.demo.dialect import Model
from localctl.demo.power import Judge, Load, loads, on_site, station_load
from localctl.demo.station import Station
from localctl.demo.tape import Tape


def flowing(*amps, ordered=None, panel="main"):
    """Loads with these amperes on one panel, all of them ordered unless told otherwise."""
    total = tuple(float(one) for one in amps)
    return {"main": Load(), panel: Load(total=total, ordered=ordered or total)}


def role_of(**features):
    """A station on row-a."""
    made = {"panel": "row-a", "rotation": "RST", "tls": False, "visits": ()}
    model = Model(identity="CP1", version="ocpp2.0.1", **features.pop("model", {}))
    return Role(**made | features, model=model)


async def station_of(role, *drawn):
    """A station whose EVSEs draw this right now."""
    station = Station(role.model, dial=None, host="h", path="/x", clock=Clock(), tape=Tape())
    for evse, amps in zip(station.evses.values(), drawn, strict=True):
        evse.drawn_a = amps
    return station


@pytest.mark.parametrize(
    ("rotation", "site"),
    [("RST", (1.0, 2.0, 3.0)), ("STR", (3.0, 1.0, 2.0)), ("TRS", (2.0, 3.0, 1.0)), ("RTS", (1.0, 3.0, 2.0))],
)
def test_a_rotation_says_which_site_phase_is_at_each_conductor(rotation, site):
    assert on_site((1.0, 2.0, 3.0), rotation) == site


async def test_a_panel_carries_its_stations_and_the_main_panel_carries_all():
    one, two = role_of(model={"phases": 1}, rotation="STR"), role_of(panel="row-b", model={"evses": 2})
    found = loads([(one, await station_of(one, 10.0)), (two, await station_of(two, 6.0, 7.0))], 0.0)
    assert found["row-a"].total == (0.0, 10.0, 0.0)
    assert found["row-b"].total == (13.0, 13.0, 13.0)
    assert found["main"].total == (13.0, 23.0, 13.0)


async def test_what_is_drawn_against_orders_is_kept_apart():
    role = role_of(model={"phases": 1, "max_a": 16.0, "obedient": False})
    station = await station_of(role, 16.0)
    periods = [{"startPeriod": 0, "limit": 6.0}]
    schedule = {"id": 1, "chargingRateUnit": "A", "startSchedule": "1970-01-01T00:00:00Z"}
    head = {"id": 1, "stackLevel": 0, "chargingProfilePurpose": "ChargingStationMaxProfile"}
    body = [{**schedule, "chargingSchedulePeriod": periods}]
    profile = {**head, "chargingProfileKind": "Absolute", "chargingSchedule": body}
    assert station.install(0, profile, replace_like=False) is None
    load = station_load(role, station, station.clock.now_at())
    assert load.total == (16.0, 0.0, 0.0)
    assert load.ordered == pytest.approx((6.0, 0.0, 0.0))


def test_a_fuse_is_judged_at_every_moment_with_all_that_flows():
    judge = Judge(follow_s=6)
    judge.look(flowing(0, PANELS[1].fuse_a + 10, 0, ordered=(0.0, 0.0, 0.0), panel="row-a"), 10.0)
    assert judge.good
    judge.look({"main": Load()}, 12.0)
    assert judge.over_fuse == {"row-a L2": pytest.approx(20.0)}
    assert not judge.good
    assert judge.sentence().startswith("fuse of row-a L2 overdrawn (20.0 As)")


def test_a_fall_leaves_time_to_follow_and_not_more():
    judge = Judge(follow_s=6)
    judge.limited(80, 0.0)
    judge.look(flowing(70, 70, 70), 0.0)
    judge.limited(40, 10.0)
    judge.look(flowing(70, 70, 70), 10.0)
    judge.look(flowing(38, 40, 39), 14.0)
    judge.look(flowing(38, 40, 39), 30.0)
    assert judge.good
    assert judge.sentence() == "no fuse overdrawn, EMS 80 -> 40 A followed within 4.0 s"


def test_whoever_follows_too_late_has_overdrawn_the_limit():
    judge = Judge(follow_s=6)
    judge.limited(80, 0.0)
    judge.limited(40, 10.0)
    judge.look(flowing(50, 0, 0), 10.0)
    judge.look(flowing(50, 0, 0), 16.0)
    assert judge.good
    judge.look(flowing(30, 0, 0), 18.0)
    assert judge.over_limit_as == pytest.approx(20.0)
    assert "EMS limit overdrawn by up to 10.0 A (20.0 As)" in judge.sentence()


def test_time_out_of_reach_is_no_time_to_follow():
    judge = Judge(follow_s=6)
    judge.limited(80, 0.0)
    judge.limited(40, 10.0)
    judge.look(flowing(50, 0, 0), 10.0, reachable=False)
    judge.look(flowing(50, 0, 0), 60.0, reachable=False)
    judge.look(flowing(50, 0, 0), 65.0)
    assert judge.good
    judge.look(flowing(50, 0, 0), 67.0)
    judge.look(flowing(50, 0, 0), 70.0)
    assert not judge.good


def test_the_disobedient_do_not_count_against_the_limit_but_are_told_about():
    judge = Judge(follow_s=1)
    judge.limited(40, 0.0)
    judge.look(flowing(50, 0, 0, ordered=(39.0, 0.0, 0.0)), 10.0)
    judge.look(flowing(50, 0, 0, ordered=(39.0, 0.0, 0.0)), 90.0)
    assert judge.good
    assert (judge.excess_a, judge.excess_since_s) == (11.0, 10.0)


def test_every_turn_by_hand_is_named_beside_the_plans_fall():
    judge = Judge(follow_s=6)
    for at_s, limit_a, by_hand in ((0, 80, False), (10, 40, False), (20, 15, True), (30, 60, True)):
        judge.limited(limit_a, float(at_s), by_hand=by_hand)
        judge.look(flowing(14, 14, 14), at_s + 1.5)
    hands = "by hand 40 -> 15 A followed within 0.0 s, by hand 15 -> 60 A"
    assert judge.sentence() == f"no fuse overdrawn, EMS 80 -> 40 A followed within 0.0 s, {hands}"


def test_how_long_the_site_took_is_told_of_each_turn_by_hand():
    judge = Judge(follow_s=6)
    judge.limited(80, 0.0)
    judge.look(flowing(70, 0, 0), 1.0)
    judge.limited(20, 10.0, by_hand=True)
    judge.look(flowing(18, 0, 0), 12.5)
    assert judge.sentence() == "no fuse overdrawn, by hand 80 -> 20 A followed within 2.5 s"


def test_keys_pressed_in_one_go_are_one_turn_from_where_it_began_to_where_it_ended():
    judge = Judge(follow_s=6)
    judge.limited(80, 0.0)
    for number in range(1, 11):
        judge.limited(80.0 - 5 * number, 10 + 0.3 * number, by_hand=True)
    assert [(turn.from_a, turn.to_a) for turn in judge.turns()] == [(80, 30)]


def test_a_slider_turned_before_the_ems_s_first_word_comes_from_nowhere():
    judge = Judge(follow_s=6)
    judge.limited(30, 0.0, by_hand=True)
    assert judge.sentence() == "no fuse overdrawn, by hand 30 A"


def test_of_very_many_turns_the_last_are_named_and_the_others_counted():
    judge = Judge(follow_s=6)
    judge.limited(80, 0.0)
    for number in range(1, 21):
        judge.limited(80.0 - number, 10.0 * number, by_hand=True)
    sentence = judge.sentence()
    assert sentence.startswith("no fuse overdrawn, 14 turns by hand before the last, by hand 66 -> 65 A")
    assert sentence.count("->") == 6
    assert "61 -> 60 A" in sentence


def test_the_same_limit_again_is_no_change():
    judge = Judge(follow_s=6)
    judge.limited(40, 0.0)
    judge.limited(40, 60.0)
    assert len(judge.changes) == 1
