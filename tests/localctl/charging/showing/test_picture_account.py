"""Why an EVSE has what it has, where the allocator's verdict is not the whole story."""

from dataclasses import replace

from localctl.charging.allocation.allocator import Verdict
from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.base.instants import Instant, write_instant
from localctl.charging.dispatching.answers import Outcome
from localctl.charging.dispatching.answers import Verdict as Answer
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet
from localctl.charging.profile.profiles import Protocol
from localctl.charging.showing.picture import picture
from localctl.charging.showing.picture_account import Shares
from localctl.charging.showing.picture_text import explain, find, when
from tests.localctl.charging.played import LOST, YES, Play, place
from tests.localctl.charging.scene import Scene
from tests.localctl.charging.sites import panel, station, tree


def evse(play, name, number=1):
    """One EVSE in the picture of a played site."""
    shown = find(picture(play.controller, play.now), name)
    return next(one for one in shown["evses"] if one["id"] == number)


def told(play, name):
    return explain(find(picture(play.controller, play.now), name))


def disobedient(*others, **more):
    """A draws 32 A whatever it is told, and everybody has a car."""
    names = ("A", *others)
    play = Play(*(place(name) for name in names), **more).joins(*names)
    for name in names:
        play.plugs_in(name)
    play.goes_on(120)
    for _ in range(6):
        play.goes_on(20).meters("A", 32, 32, 32)
    return play.goes_on(60)


def test_evses_on_the_same_conductors_may_be_bound_by_different_limits():
    site = tree(panel("main", None, 32.0), panel("sub", "main", 25.0), station("CP1", "sub"), station("CP2", "sub"))
    managed = tuple(Managed(identity=name, protocol=Protocol.V201, outlets=(Outlet(id=1),)) for name in ("CP1", "CP2"))
    scene = Scene(topology=site, managed=managed, meters={}).plugs_in("CP1").plugs_in("CP2").cycles()
    found = scene.controller.last.allocation
    rows = {row.node[1]: number for number, row in enumerate(found.network.rows) if row.phase == "L1"}
    verdicts = {("CP1", 1): Verdict(Reason.ROW, rows["main"]), ("CP2", 1): Verdict(Reason.ROW, rows["sub"])}
    shares = Shares(replace(found, verdicts=verdicts))
    assert found.footprints["CP1", 1] == found.footprints["CP2", 1]
    assert [shares.limits((name, 1))[0]["node"] for name in ("CP1", "CP2")] == ["panel:main", "panel:sub"]


def test_p5_on_a_new_site_the_stations_that_never_came_are_named_as_what_takes_the_room():
    names = "BCDEF"
    play = Play(place("A"), *map(place, names), main_a=162).joins("A").plugs_in("A").goes_on(120)
    one = evse(play, "A")
    assert (one["share_a"], one["reason"], one["binding"]["source"]) == (0.0, "no_room", "fuse")
    assert one["in_the_way"] == [{"why": "unheard", "stations": ["B", "C", "D"], "count": 5, "load": 160.0}]
    assert evse(play, "B")["reason"] == "unheard"
    lines = told(play, "A")
    assert lines[1] == "A/1 gets 0.0 A per phase: less than its minimum is left there."
    assert lines[3] == (
        "160.0 A of that are kept for B, C, D and 2 more: never connected, so counted at full rating. "
        "Bring in those that are there, and take the others out of the file."
    )
    assert not any("turn" in line for line in lines)
    assert told(play, "B")[0] == "B on panel main has not connected yet."


def test_p5_a_station_that_was_here_once_is_away_and_not_unheard_also_after_a_restart():
    play = Play(place("A"), place("B"), main_a=34).joins("A", "B").plugs_in("A").plugs_in("B").goes_on(120)
    play.leaves("B").goes_on(900)
    assert evse(play, "A")["in_the_way"] == [{"why": "away", "stations": ["B"], "count": 1, "load": 6.0}]
    assert evse(play.restarts().goes_on(5), "B")["reason"] == "away"


def test_p5_no_turn_is_promised_to_a_car_for_which_no_turn_makes_room():
    play = Play(place("A"), place("B"), main_a=40).joins("A", "B").plugs_in("A").plugs_in("B").goes_on(120).ems(3)
    play.goes_on(30)
    one = evse(play, "A")
    assert (one["reason"], one["binding"]["source"], one["in_the_way"]) == ("no_room", "ems", [])
    assert not any(line.startswith("Its turn") for line in told(play, "A"))


def test_p5_a_car_whose_turn_will_come_is_told_so():
    play = Play(place("A"), place("B"), main_a=40).joins("A", "B").plugs_in("A").plugs_in("B").goes_on(120).ems(8)
    play.goes_on(400)
    assert {evse(play, name)["reason"] for name in "AB"} == {"row", "waiting"}


def test_p5_a_reserve_that_gave_way_is_told_as_that_whoever_it_was_kept_for():
    play = Play(place("A"), place("B"), main_a=20).joins("A", "B").plugs_in("A").goes_on(60)
    play.event("A", "Updated", chargingState="SuspendedEV").goes_on(30)
    assert [evse(play, name)["reason"] for name in "AB"] == ["full", "empty"]
    play.ems(3).goes_on(30)
    assert [evse(play, name)["reason"] for name in "AB"] == ["full_yielding", "yielding"]
    assert told(play, "B")[1].endswith("no transaction runs; there is no room now to keep something for a new car.")
    assert told(play, "A")[1].startswith("A/1 gets 0.0 A per phase: the car has stopped by itself; there is no room")


def test_p5_a_station_that_nobody_wants_limited_is_no_disobedient_one():
    observed = place("U", control=Actuator.UNCONTROLLED, placed={"controllable": False})
    play = Play(place("A"), observed, main_a=40).joins("A", "U").plugs_in("A").plugs_in("U").goes_on(60)
    assert (evse(play, "U")["reason"], evse(play, "U")["distrusted"]) == ("uncontrolled", False)
    assert evse(play, "A")["in_the_way"] == [{"why": "uncontrolled", "stations": ["U"], "count": 1, "load": 32.0}]
    assert not any("It draws more" in line for line in told(play, "U"))


def test_p5_a_station_that_takes_no_kind_of_limit_is_alarmed_and_said_to_be_limited_by_nothing():
    play = Play(place("A"), main_a=40)
    play.boxes["A"].answers = Outcome(verdict=Answer.REFUSED, reason="NotSupported")
    play.joins("A").plugs_in("A").goes_on(900)
    assert (evse(play, "A")["reason"], evse(play, "A")["distrusted"]) == ("uncontrolled", True)
    assert not any("until it obeys" in line for line in told(play, "A"))


def test_p5_who_is_told_less_than_its_share_because_another_disobeys_says_so_and_names_it():
    play = disobedient("B", "C", main_a=40)
    shown = {name: evse(play, name) for name in "BC"}
    assert {one["reason"] for one in shown.values()} == {"squeezed"}
    assert sorted(one["share_a"] for one in shown.values()) == [0.0, 6.0]
    assert all(one["entitled_a"] == one["share_a"] for one in shown.values())
    way = [{"why": "disobeys", "stations": ["A"], "count": 1, "load": 32.0}]
    assert all(one["in_the_way"] == way and one["binding"]["node"] == "panel:main" for one in shown.values())
    assert "32.0 A of that are kept for A: drew more than told." in told(play, "B")


def test_p5_who_disobeys_is_shown_with_what_it_is_told_and_not_with_a_share():
    one = evse(disobedient("B", "C", main_a=40), "A")
    assert (one["share_a"], one["reason"], one["binding"], one["in_the_way"]) == (6.0, "probation", None, [])
    assert (one["entitled_a"], one["next"]["node"]) == (32.0, "panel:main")


def test_p5_a_station_with_one_limit_for_all_its_evses_shares_what_is_left_of_it_like_their_shares():
    pair = place("B", evses=2, control=Actuator.MAX_PROFILE)
    play = Play(place("A"), pair, main_a=40).joins("A", "B").plugs_in("A").plugs_in("B").plugs_in("B", evse=2)
    play.goes_on(120)
    for _ in range(6):
        play.goes_on(20).meters("A", 32, 32, 32)
    shown = [evse(play.goes_on(60), "B", number) for number in (1, 2)]
    assert [one["reason"] for one in shown] == ["squeezed"] * 2
    assert shown[0]["share_a"] == shown[1]["share_a"] <= 4.0


def test_p5_an_evse_without_a_car_keeps_less_free_and_does_not_call_it_somebody_s_doing():
    pair = place("B", evses=2, control=Actuator.MAX_PROFILE)
    play = Play(place("A"), pair, main_a=40).joins("A", "B").plugs_in("A").plugs_in("B").goes_on(120)
    for _ in range(6):
        play.goes_on(20).meters("A", 32, 32, 32)
    one = evse(play.goes_on(60), "B", 2)
    assert (one["transaction"], one["reason"], one["in_the_way"]) == (None, "yielding", [])
    assert one["share_a"] < 6.0


def test_p5_a_neighbour_whose_answers_do_not_come_is_named():
    play = Play(place("A"), place("B"), main_a=40).joins("A", "B").plugs_in("A", wants_a=32).goes_on(120)
    play.boxes["A"].answers = LOST
    play.plugs_in("B").goes_on(60)
    one = evse(play, "B")
    assert (one["reason"], [way["why"] for way in one["in_the_way"]]) == ("squeezed", ["failing"])
    play.boxes["A"].answers = YES
    assert evse(play.goes_on(400), "B")["in_the_way"] == []


def test_an_uneven_panel_is_told_as_a_distance_between_phases():
    site = tree(
        replace(panel("main", None, 64.0), imbalance_limit_a=20.0),
        station("CP1", phases=(1,)),
        station("CP2", phases=(1,)),
    )
    managed = tuple(
        Managed(identity=name, protocol=Protocol.V201, outlets=(Outlet(id=1, phases=1, watts_per_a=230.0),))
        for name in ("CP1", "CP2")
    )
    scene = Scene(topology=site, managed=managed, meters={}).plugs_in("CP1").plugs_in("CP2").cycles().goes_on(60)
    lines = explain(find(scene.picture(), "CP1"))
    assert lines[1] == "CP1/1 gets 10.0 A per phase: more would make the phases of its panel uneven."
    assert lines[2].startswith("Limit: panel main L1, at most 20.0 A above another phase, since ever")


def test_p5_what_the_csms_allows_is_told_with_its_end_and_where_to_see_it():
    play = Play(place("A"), main_a=40).joins("A").plugs_in("A").goes_on(60).csms_limits("A", 16.0).goes_on(30)
    assert (evse(play, "A")["reason"], evse(play, "A")["csms"]) == ("csms", {"a": 16.0, "until": None})
    profile = play.boxes["A"].profiles[1][1]
    ends_at = play.now + 300
    profile |= {"validTo": write_instant(Instant(int(ends_at)))}
    play.csms("A", "SetChargingProfile", {"evseId": 0, "chargingProfile": profile}).goes_on(10)
    assert evse(play, "A")["csms"] == {"a": 16.0, "until": ends_at}
    line = f"The CSMS's profiles allow it 16.0 A until {when(ends_at)}; `localctl profiles A` shows them."
    assert line in told(play, "A")


def test_p5_a_share_that_counts_more_because_the_car_leaves_soon_is_told_with_what_it_needs():
    play = Play(place("A", placed={"weight": 2.0}), place("B"), departures_bind=True).joins("A", "B")
    play.plugs_in("A").plugs_in("B").goes_on(60)
    assert evse(play, "A")["urgency"] is None
    play.needs("A", 20_000, hours=3).needs("B", 20_000, hours=12).goes_on(60)
    leaves_at = play.now - 60 + 3 * 3600
    assert evse(play, "A")["urgency"] == {"times": 1.73, "missing_wh": 20_000, "departure_at": leaves_at}
    line = f"Its car needs 20.0 kWh more by {when(leaves_at)}, so its share counts 1.73 times."
    assert line in told(play, "A")
    play.unplugs("A").goes_on(10)
    assert evse(play, "A")["urgency"] is None


def test_p5_a_csms_that_allows_less_than_a_minimum_is_told_and_one_that_does_not_bind_is_not():
    play = Play(place("A"), main_a=40).joins("A").plugs_in("A").goes_on(60).csms_limits("A", 4.0).goes_on(30)
    assert (evse(play, "A")["reason"], evse(play, "A")["csms"]["a"]) == ("below_min", 4.0)
    assert "The CSMS's profiles allow it 4.0 A; `localctl profiles A` shows them." in told(play, "A")
    play = Play(place("A"), main_a=10).joins("A").plugs_in("A").goes_on(60).csms_limits("A", 16.0).goes_on(30)
    assert (evse(play, "A")["reason"], evse(play, "A")["csms"]) == ("row", None)
