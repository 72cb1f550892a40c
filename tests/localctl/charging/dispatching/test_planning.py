"""One plan of a whole site."""

import json

import pytest

from localctl.charging.base.steps import constant
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.dispatch import Dispatcher
from localctl.charging.dispatching.fleet import Actuator, Ceiling, Outlet, Share, Sight
from localctl.charging.dispatching.lease import LeaseTerms
from localctl.charging.dispatching.orders import Terms
from localctl.charging.dispatching.pacing import Need, PaceTerms
from localctl.charging.dispatching.planning import URGENCY
from localctl.charging.profile.profiles import Protocol
from tests.localctl.charging.dispatched import LOST, START, Play, first, pair, station


def test_every_need_has_its_turn():
    assert set(URGENCY) == set(Need)


@pytest.mark.parametrize("gap_s", [10.0, 3600.0])
def test_k03_after_a_cold_start_two_round_trips_bring_everyone_to_the_reserve(gap_s):
    terms = Terms(lease=LeaseTerms(lease_s=300, longest_s=300), pace=PaceTerms(rise_gap_s=gap_s))
    play = Play(station("a"), station("b"), station("c"), main_a=63.0, terms=terms)
    play.plan().then(("a", "repair", 0.0), ("b", "repair", 0.0), ("c", "repair", 0.0)).answer()
    play.after(0.1).plan().then()
    play.after(4.9).plan().then(("a", "rise", 6.0), ("b", "rise", 6.0), ("c", "rise", 6.0)).answer()
    assert {name: held.of(1) for name, held in play.dispatcher.held(play.now + 6, play.now + 7).items()} == {
        "a": 6.0, "b": 6.0, "c": 6.0,
    }  # fmt: skip


def test_rises_above_the_reserve_keep_their_gap():
    play = Play(station("a")).share(a=6.0).settle().share(a=10.0).plan().then(("a", "rise", 10.0)).answer()
    play.after(9.0).share(a=16.0).plan().then()
    play.after(1.0).plan().then(("a", "rise", 16.0))


def liar(**changes):
    """a lies: ordered 6 A, it draws 20 A; b gets what is left."""
    play = Play(station("a", control=Actuator.MAX_PROFILE, **changes), station("b"), main_a=40.0)
    play.share(a=6.0, b=16.0).settle()
    for _ in range(3):
        play.after(20).plan().answer().dispatcher.metered("a", 1, 20.0, play.now)
    assert play.dispatcher.distrusted() == [("a", 1)]
    return play


def test_p2_a_liar_is_not_trusted_for_keeping_to_what_it_is_counted_at():
    play = liar()
    for _ in range(40):
        play.after(20).plan().answer().dispatcher.metered("a", 1, 20.0, play.now)
    assert play.dispatcher.distrusted() == [("a", 1)]
    assert play.dispatcher.held(play.now, play.now)["b"].of(1) <= 8.0


def test_a_liar_that_was_seen_following_is_trusted_again():
    play = liar()
    for _ in range(10):
        play.after(20).plan().answer().dispatcher.metered("a", 1, 6.0, play.now)
    assert play.dispatcher.distrusted() == []
    play.after(20).plan().then(("b", "rise", 16.0))


def test_a_liar_is_ordered_down_to_its_failsafe_and_asked_what_it_makes_of_our_profile():
    play = Play(station("a", control=Actuator.MAX_PROFILE)).share(a=16.0).settle()
    for _ in range(3):
        play.after(20).dispatcher.metered("a", 1, 20.0, play.now)
    play.plan().then(("a", "fall", 6.0)).answer()
    play.after(12).plan().then(("a", "check", "GetCompositeSchedule"))


def test_p2_a_fall_that_got_lost_is_repeated_within_two_time_outs():
    play, gaps = pair(main_a=32.0).share(a=26.0, b=6.0).settle().share(a=6.0), []
    for _ in range(6):
        begin_at = play.now
        while not any(order.identity == "a" for order in play.plan().orders):
            play.after(1)
        gaps.append(play.now - begin_at)
        play.after(15).answer(LOST)
    assert max(gaps) <= 15


def test_a_rise_that_got_lost_is_repeated_ever_more_rarely():
    play = Play(station("a")).share(a=6.0).settle().share(a=16.0).plan().then(("a", "rise", 16.0))
    for wait_s in (5, 10, 20):
        play.answer(LOST).after(wait_s - 1).plan().then()
        play.after(1).plan().then(("a", "repair", 16.0))


def test_what_got_lost_on_a_dead_link_does_not_wait_on_the_new_one():
    play = Play(station("a")).share(a=6.0).settle().share(a=16.0).plan()
    for wait_s in (5, 10, 20):
        play.answer(LOST).after(wait_s).plan()
    play.answer(LOST).after(1).plan().then()
    play.dispatcher.link_lost("a", play.now)
    play.plan().then(("a", "repair", 16.0))


def test_that_an_order_was_dropped_with_its_link_is_no_second_failure():
    play = Play(station("a")).share(a=6.0).settle().share(a=16.0).plan()
    play.dispatcher.link_lost("a", play.now)
    play.answer(LOST).after(5).plan().then(("a", "repair", 16.0))


def test_a_station_whose_link_breaks_with_every_order_is_left_alone_ever_longer():
    play = Play(station("a")).share(a=6.0).settle().share(a=16.0).plan()
    for wait_s in (5, 10, 20):
        play.dispatcher.link_lost("a", play.now)
        play.after(wait_s - 1).plan().then()
        play.after(1).plan().then(("a", "repair", 16.0))


def test_11_4_our_dynamic_profiles_never_make_a_station_pull():
    # A pull would reach the CSMS, which does not know our profile; without an interval there is none (K28).
    play = Play(station("a", protocol=Protocol.V21)).share(a=16.0)
    play.plan().answer().after(6).plan()
    profile = json.loads(play.orders[0].payload)["chargingProfile"]
    assert profile["chargingProfileKind"] == "Dynamic"
    assert "dynUpdateTime" in profile
    assert "dynUpdateInterval" not in profile


def test_p2_what_a_failed_actuator_left_is_cleared_but_never_the_profile_that_took_its_place():
    play, cleared = Play(station("a", protocol=Protocol.V21)).share(a=16.0), []
    for _ in range(20):
        play.after(12).plan()
        for order in play.orders:
            payload = json.loads(order.payload)
            if order.action == "ClearChargingProfile":
                cleared.append(payload["chargingProfileId"])
            kind = payload.get("chargingProfile", {}).get("chargingProfileKind")
            outcome = Outcome(verdict=Verdict.REFUSED if kind == "Dynamic" else Verdict.ACCEPTED)
            play.dispatcher.answered(order.token, outcome, play.now)
    assert play.dispatcher.desks["a"].capability.actuator is Actuator.MAX_PROFILE
    assert cleared == [2_000_000_001]


def test_refusals_of_a_check_leave_the_rest_alone():
    play = Play(station("a")).plan().answer().after(12).plan().then(("a", "check", "GetCompositeSchedule"))
    play.answer(Outcome(verdict=Verdict.REFUSED)).after(12).plan().then()
    assert first(play.share(a=16.0).plan().orders[0], play.now) == 16.0


def test_p2_a_total_beyond_what_its_outlets_on_a_ceiling_can_draw_frees_nothing_there():
    """Only outlet 2 of the twin is in the group, which is overdrawn by what b may draw: nothing can be given."""
    twin = station("a", outlets=(Outlet(id=1), Outlet(id=2)), control=Actuator.MAX_PROFILE)
    dispatcher = Dispatcher([twin, station("b")], Terms())
    group = Ceiling(name="group", capacity=constant(13.8), factors={("a", 2): 1.0, ("b", 1): 1.0})
    shares = {("a", 1): Share(amps=constant(0.0)), ("a", 2): Share(amps=constant(8.0))}
    orders = dispatcher.plan(shares=shares, ceilings=[group], sights={"a": Sight(), "b": Sight()}, now=START)
    assert [(order.identity, first(order)) for order in orders] == [("a", 0.0), ("b", 0.0)]


def test_k28_a_dynamic_profile_is_only_updated_while_its_duration_is_the_lease_that_is_meant():
    terms = Terms(lease=LeaseTerms(lease_s=240, longest_s=480))
    play = Play(station("a", protocol=Protocol.V21), terms=terms).share(a=16.0)
    play.plan().answer().after(12).plan().then(("a", "repair", 16.0)).answer().after(12)
    play.share(a=20.0).plan().then(("a", "rise", "UpdateDynamicSchedule")).answer().after(130)
    play.plan().then(("a", "renew", "UpdateDynamicSchedule")).answer().after(12)
    play.share(a=10.0).plan().then(("a", "fall", 10.0))
    assert json.loads(play.orders[0].payload)["chargingProfile"]["chargingSchedule"][0]["duration"] == 480
    assert play.dispatcher.desks["a"].slots["0+"].open[-1].lapse_s == 480
