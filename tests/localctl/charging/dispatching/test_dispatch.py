"""Dispatch, played as scripts."""

import json

import pytest

from localctl.charging.base.steps import ALWAYS, constant, tidy
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.capability import Trial
from localctl.charging.dispatching.dispatch import Dispatcher
from localctl.charging.dispatching.fleet import Actuator, Outlet, Running, Share
from localctl.charging.dispatching.lease import LeaseTerms
from localctl.charging.dispatching.orders import Terms
from localctl.charging.dispatching.pacing import PaceTerms
from localctl.charging.profile.profiles import Protocol
from tests.localctl.charging.dispatched import LOST, NO, START, UNCLEAR, YES, Play, first, pair, station


def test_k03_without_shares_everyone_gets_the_reserve_and_is_then_left_alone():
    play = pair().plan().then(("a", "repair", 6.0), ("b", "repair", 6.0)).answer()
    play.after(12).plan().then(("a", "check", "GetCompositeSchedule"), ("b", "check", "GetCompositeSchedule"))
    play.answer().after(100_000).plan().then()


def test_p2_stations_of_which_nothing_is_known_are_paused_before_anyone_gets_more():
    play = pair(main_a=32.0).share(a=16.0, b=16.0)
    play.plan().then(("a", "repair", 0.0), ("b", "repair", 0.0)).answer()
    play.after(12).plan().then(("a", "rise", 16.0), ("b", "rise", 16.0))


def test_a_cold_start_leaves_a_car_what_it_is_drawing():
    play = pair(main_a=32.0).share(a=16.0, b=16.0).see("a", metered_a={1: 9.0})
    play.plan().then(("a", "repair", 9.0), ("b", "repair", 0.0))


def test_p2_a_rise_waits_for_the_confirmed_fall_of_another_and_its_reaction_time():
    play = pair(main_a=32.0).share(a=26.0, b=6.0).settle().share(a=6.0, b=26.0)
    play.plan().then(("a", "fall", 6.0)).answer().after(4.9)
    play.plan().then()
    play.after(0.1).plan().then(("b", "rise", 26.0))


@pytest.mark.parametrize("silence", [LOST, UNCLEAR])
def test_p2_a_fall_nobody_confirms_frees_nothing_until_its_lease_is_over(silence):
    play = pair(main_a=32.0).share(a=26.0, b=6.0).settle().share(a=6.0, b=26.0)
    play.plan().then(("a", "fall", 6.0)).answer(silence)
    play.see("a", online=False).after(100).plan().then()
    play.after(400).plan().then(("b", "rise", 26.0))


def test_p2_a_late_yes_counts_and_a_second_one_does_no_harm():
    play = pair(main_a=32.0).share(a=26.0, b=6.0).settle().share(a=6.0, b=26.0)
    fall = play.plan().then(("a", "fall", 6.0)).answer(LOST).orders[0]
    play.after(2).dispatcher.answered(fall.token, YES, play.now)
    play.dispatcher.answered(fall.token, YES, play.now)
    play.after(12).plan().then(("a", "repair", 6.0), ("b", "rise", 26.0))


def test_a_refused_rise_gives_its_room_back():
    play = pair(main_a=32.0).share(a=6.0, b=6.0).settle().share(a=26.0)
    play.plan().then(("a", "rise", 26.0)).answer(NO).share(a=6.0, b=26.0).after(1)
    play.plan().then(("b", "rise", 26.0))


def test_one_order_per_station_is_in_flight():
    play = pair().share(a=10.0).plan().then(("a", "repair", 10.0), ("b", "repair", 6.0)).share(a=6.0)
    answers = play.orders
    play.after(5).plan().then()
    play.dispatcher.answered(answers[0].token, YES, play.now)
    play.plan().then(("a", "fall", 6.0))


def test_falls_go_out_before_rises():
    play = pair(main_a=64.0).share(a=6.0, b=26.0).settle().share(a=16.0, b=16.0)
    play.plan().then(("b", "fall", 16.0), ("a", "rise", 16.0))
    assert [order.priority for order in play.orders] == ["safety", "routine"]


def test_scarce_room_goes_to_the_higher_priority_first():
    play = pair(main_a=40.0).share(a=6.0, b=6.0).settle()
    play.shares["a", 1] = Share(amps=constant(20.0))
    play.shares["b", 1] = Share(amps=constant(20.0), priority=3)
    play.plan().then(("b", "rise", 20.0), ("a", "rise", 20.0))


def test_p3_a_lease_is_renewed_in_time_with_the_same_profile():
    play = Play(station("a")).share(a=16.0).settle()
    ids = set()
    for _ in range(40):
        play.after(10).plan().answer()
        ids |= {json.loads(order.payload)["chargingProfile"]["id"] for order in play.orders}
        assert {order.why for order in play.orders} <= {"renew"}
    assert ids == {2_000_000_000}


def test_a_limit_that_falls_at_17_00_is_in_the_schedule_before():
    play = Play(station("a")).share(a=16.0)
    play.share(a=tidy([(ALWAYS, 16.0), (play.now + 200, 10.0)])).plan()
    periods = json.loads(play.orders[0].payload)["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"]
    told = [(each["startPeriod"] - int(START), each["limit"]) for each in periods]
    assert told == [(-int(START), 6.0), (-32, 16.0), (164, 10.0), (264, 6.0)]


def test_a_fall_announced_while_a_lease_runs_is_written_at_once():
    play = Play(station("a")).share(a=16.0).plan().answer().after(12)
    play.share(a=tidy([(ALWAYS, 16.0), (play.now + 100, 10.0)])).plan().then(("a", "fall", 16.0))


def test_p2_shares_that_ignore_a_known_fall_are_cut_to_it():
    play = Play(station("a"))
    play.main = tidy([(ALWAYS, 64.0), (play.now + 200, 10.0)])
    play.share(a=16.0).settle()
    assert play.dispatcher.held(START + 200, START + 1e6)["a"].station_a <= 10.0


def test_p2_a_silent_station_is_made_room_for_by_the_others():
    play = pair(main_a=32.0).share(a=16.0, b=16.0).settle().see("a", online=False)
    play.main = constant(24.0)
    play.plan().then(("b", "fall", 8.0))


@pytest.mark.parametrize("outcome", [LOST, UNCLEAR, NO, Outcome(verdict=Verdict.REFUSED, rate_limited=True)])
def test_p2_others_make_room_as_soon_as_a_fall_came_to_nothing(outcome):
    play = pair(main_a=32.0).share(a=16.0, b=16.0).settle()
    play.main = constant(24.0)
    play.share(a=6.0, b=16.0).plan().then(("a", "fall", 6.0)).answer(outcome)
    play.plan().then(("b", "fall", 8.0))


def test_a_clear_by_the_csms_is_repaired_with_the_next_plan():
    play = Play(station("a")).settle().see("a", lost=frozenset({2_000_000_000}))
    play.plan().then(("a", "repair", 6.0))
    assert play.orders[0].priority == "safety"


def test_a_profile_of_the_csms_above_ours_is_answered_with_a_higher_level():
    play = Play(station("a")).settle()
    play.see("a", overruled=frozenset({2_000_000_000}), csms_levels={"ChargingStationMaxProfile": 7})
    play.plan().then(("a", "repair", 6.0))
    assert json.loads(play.orders[0].payload)["chargingProfile"]["stackLevel"] == 8


def test_p2_while_overruled_a_station_counts_at_its_rating():
    play = pair(main_a=48.0).share(a=6.0, b=6.0).settle().share(b=26.0)
    play.see("a", overruled=frozenset({2_000_000_000}))
    play.plan().then(("a", "repair", 6.0), ("b", "rise", 16.0))


def test_k01_fr56_a_rate_limited_station_is_left_alone_for_a_minute():
    play = Play(station("a")).plan().answer(Outcome(verdict=Verdict.REFUSED, rate_limited=True))
    play.after(59).plan().then()
    play.after(1).plan().then(("a", "repair", 6.0))


def test_quirk_29_an_empty_write_budget_stops_rises_but_never_falls():
    terms = Terms(lease=LeaseTerms(lease_s=300, longest_s=300), pace=PaceTerms(writes_per_day=0.0))
    play, highest_a = Play(station("a"), terms=terms).share(a=16.0).plan().answer(), 16.0
    for amps in (18.0, 20.0, 22.0, 24.0, 26.0, 28.0, 30.0, 32.0):
        play.after(12).share(a=amps).plan().answer()
        highest_a = max([highest_a, *(first(order, play.now) for order in play.orders if order.why == "rise")])
    assert 18.0 < highest_a < 30.0
    play.after(12).share(a=8.0).plan().then(("a", "fall", 8.0)).answer()
    play.after(12).share(a=32.0).plan().then()


def test_a_car_on_a_tx_profile_station_starts_on_the_floor_and_then_gets_its_share():
    play = Play(station("a", protocol=Protocol.V16, control=Actuator.TX_PROFILE)).share(a=16.0)
    play.plan().then(("a", "repair", 6.0)).answer().after(12).plan().answer()
    play.see("a", running={1: Running(transaction_id="5", started_at=play.now)}).after(1)
    play.plan().then(("a", "repair", 16.0))
    assert json.loads(play.orders[0].payload)["csChargingProfiles"]["transactionId"] == 5
    play.answer().see("a").after(1).plan()
    assert play.dispatcher.held(play.now + 6, play.now + 7)["a"].evse_a == {1: 6.0}


def test_k28_a_dynamic_station_gets_its_floor_then_the_profile_then_values():
    play = Play(station("a", protocol=Protocol.V21)).share(a=16.0)
    play.plan().then(("a", "repair", 6.0)).answer().after(6).plan().then(("a", "repair", 16.0)).answer()
    play.after(12).share(a=20.0).plan().then(("a", "rise", "UpdateDynamicSchedule"))


def dynamic():
    """A station whose car has 16 A by a Dynamic profile of ours, settled."""
    play = Play(station("a", protocol=Protocol.V21)).share(a=16.0)
    play.plan().answer().after(6).plan().answer().after(12).plan().answer()
    return play.after(20)


def test_k28_a_station_that_asks_for_the_value_of_our_profile_is_told_it_by_an_order():
    play = dynamic()
    play.plan().then()
    play.dispatcher.pulled("a", 2_000_000_001, play.now)
    play.plan().then(("a", "renew", "UpdateDynamicSchedule"))
    assert json.loads(play.orders[0].payload)["scheduleUpdate"] == {"limit": 16.0}
    play.answer().plan().then()


@pytest.mark.parametrize("profile_id", [7, 2_000_000_000, 2_000_000_009])
def test_k28_what_is_asked_about_another_profile_changes_nothing(profile_id):
    play = dynamic()
    play.dispatcher.pulled("a", profile_id, play.now)
    play.dispatcher.pulled("nobody", 2_000_000_001, play.now)
    play.plan().then()


def test_k28_a_station_that_asks_all_the_time_is_told_no_more_often_than_any_other():
    play = dynamic()
    told = 0
    for _ in range(60):
        play.dispatcher.pulled("a", 2_000_000_001, play.now)
        told += len(play.plan().answer().after(1).orders)
    assert told <= 6


def test_p2_what_a_station_asks_for_makes_nobody_get_more_than_there_is():
    play = dynamic().share(a=6.0)
    play.plan().answer(LOST)
    play.dispatcher.pulled("a", 2_000_000_001, play.now)
    play.plan().then()
    assert play.dispatcher.held(play.now, play.now)["a"].of(1) == 16.0


def test_three_refusals_move_on_to_the_next_actuator_and_tidy_up_behind():
    play = Play(station("a"))
    for _ in range(3):
        play.plan().then(("a", "repair", 6.0)).answer(NO).after(60)
    play.plan().then(("a", "repair", 6.0)).answer()
    assert "TxDefaultProfile" in play.orders[0].payload
    play.after(12).plan().then(("a", "clear", "ClearChargingProfile"))
    assert json.loads(play.orders[0].payload) == {"chargingProfileId": 2_000_000_000}


def test_accepted_is_verified_by_the_composite_schedule():
    play = Play(station("a")).plan().answer().after(12).plan().then(("a", "check", "GetCompositeSchedule"))
    play.answer(Outcome(verdict=Verdict.ACCEPTED, limit=6.0))
    assert play.dispatcher.desks["a"].capability.trial is Trial.PROVEN


def test_accepted_and_ignored_is_found_by_the_composite_schedule():
    play = Play(station("a")).plan().answer().after(12).plan()
    play.answer(Outcome(verdict=Verdict.ACCEPTED, limit=32.0))
    assert play.dispatcher.desks["a"].capability.actuator is Actuator.TX_PROFILE


def living(play, refuses, minutes=10):
    """Time passes at a station that refuses these, takes all else, and truly tells that 6 A are in force."""
    for _ in range(minutes * 12):
        for order in play.after(5).plan().orders:
            refused = any(word in order.payload for word in refuses)
            told = Outcome(verdict=Verdict.ACCEPTED, limit=6.0) if order.action == "GetCompositeSchedule" else YES
            play.dispatcher.answered(order.token, NO if refused else told, play.now)
    return play.dispatcher.desks["a"].capability


def test_quirk_22_a_floor_that_is_taken_proves_nothing_of_the_dynamic_profile_above_it():
    play = Play(station("a", protocol=Protocol.V21)).share(a=16.0)
    known = living(play, refuses=["Dynamic"])
    assert (known.actuator, known.trial) == (Actuator.MAX_PROFILE, Trial.PROVEN)
    assert known.failed == (Actuator.DYNAMIC,)


def test_quirk_22_a_floor_that_is_taken_proves_nothing_of_the_session_profile_above_it():
    play, refuses = Play(station("a")).share(a=16.0), ["ChargingStationMaxProfile", '"TxProfile"']
    assert living(play, refuses).trial is Trial.UNTRIED, "no car, no session profile"
    known = living(play.see("a", running={1: Running(transaction_id="t", started_at=START)}), refuses)
    assert (known.actuator, known.failed) == (Actuator.TX_DEFAULT, (Actuator.MAX_PROFILE, Actuator.TX_PROFILE))


def test_a_session_profile_is_checked_where_it_holds_and_only_while_it_does():
    play = Play(station("a", control=Actuator.TX_PROFILE, outlets=(Outlet(id=1), Outlet(id=2)))).share(a=16.0)
    asked = []
    for running in ({}, {1: Running(transaction_id="t", started_at=START)}):
        play.see("a", running=running)
        for _ in range(40):
            for order in play.after(5).plan().orders:
                asked += [json.loads(order.payload)["evseId"]] if order.action == "GetCompositeSchedule" else []
                play.dispatcher.answered(order.token, Outcome(verdict=Verdict.ACCEPTED, limit=16.0), play.now)
        assert play.dispatcher.desks["a"].capability.trial is (Trial.PROVEN if running else Trial.UNTRIED)
    assert asked == [1]


def test_quirk_22_an_order_of_all_that_could_be_drawn_proves_nothing():
    play = Play(station("a")).share(a=32.0)
    assert living(play, refuses=[]).trial is Trial.TAKEN
    assert living(play.share(a=6.0), refuses=[]).trial is Trial.PROVEN


def test_accepted_and_ignored_is_found_by_the_meter_and_counted_at_the_rating():
    play = pair(main_a=48.0).share(a=6.0, b=16.0)
    play.settle()
    for _ in range(3):
        play.after(20).dispatcher.metered("a", 1, 20.0, play.now)
    assert play.dispatcher.held(play.now, play.now)["a"].of(1) == 32.0
    assert play.dispatcher.desks["a"].capability.failed == (Actuator.MAX_PROFILE,)


def test_a_fixed_actuator_that_is_ignored_is_distrusted_and_the_others_make_room():
    play = Play(station("a", control=Actuator.MAX_PROFILE), station("b"), main_a=40.0).share(a=6.0, b=16.0).settle()
    for _ in range(3):
        play.after(20).plan().answer().dispatcher.metered("a", 1, 20.0, play.now)
    assert play.dispatcher.distrusted() == [("a", 1)]
    play.plan()
    assert ("b", "fall", 8.0) in [(order.identity, order.why, first(order, play.now)) for order in play.orders]


def refusing():
    """a refuses every order of its first minutes: nothing is left to limit it with."""
    play = Play(station("a"), station("b"), main_a=40.0).share(a=16.0, b=16.0)
    for _ in range(60):
        play.after(10).plan()
        for order in play.orders:
            play.dispatcher.answered(order.token, NO if order.identity == "a" else YES, play.now)
    assert play.dispatcher.desks["a"].uncontrolled()
    return play


def until_controlled(play, seconds):
    """Time passes with stations that take everything, until a has an actuator again."""
    until_at = play.now + seconds
    while play.now < until_at and play.dispatcher.desks["a"].uncontrolled():
        play.after(600).plan()
    return play


def test_quirk_22_a_station_that_refused_all_while_it_started_is_tried_again_after_its_next_boot():
    play = refusing()
    until_controlled(play, 7200).dispatcher.rebooted("a", play.now)
    play.plan()
    assert ("a", "repair") in [(order.identity, order.why) for order in play.orders]


def test_quirk_22_a_station_without_an_actuator_is_tried_again_once_a_day():
    play = refusing()
    began_at, stored = play.now, json.loads(json.dumps(play.dispatcher.saved()))
    play.dispatcher = Dispatcher(play.stations, play.terms, stored)
    until_controlled(play, 2 * 86_400)
    assert 86_000 < play.now - began_at <= 86_400 + 600


def test_p2_a_station_that_is_tried_again_counts_at_its_rating_until_it_is_proven():
    play = refusing()
    play.dispatcher.rebooted("a", play.now)
    for _ in range(20):
        play.after(12).plan()
        for order in play.orders:
            assert order.action != "SetChargingProfile" or order.identity == "b" or first(order, play.now) <= 6.0
            play.dispatcher.answered(order.token, YES, play.now)
        held = play.dispatcher.held(play.now, play.now)
        assert (held["a"].of(1), held["b"].of(1)) == (32.0, 8.0)
    assert play.dispatcher.distrusted() == [("a", 1)]
    for _ in range(10):
        play.after(12).plan().answer().dispatcher.metered("a", 1, 6.0, play.now)
    play.settle()
    assert play.dispatcher.distrusted() == []
    assert {name: held.of(1) for name, held in play.dispatcher.held(play.now, play.now).items()} == {"a": 16, "b": 16}


def test_what_the_installer_leaves_uncontrolled_stays_so():
    play = Play(station("a", control=Actuator.UNCONTROLLED))
    play.plan().then().dispatcher.rebooted("a", play.now)
    play.after(90_000).plan().then()


def test_a_new_process_counts_what_the_old_one_sent():
    play = pair(main_a=32.0).share(a=26.0, b=6.0).settle().share(a=6.0, b=26.0).plan().then(("a", "fall", 6.0))
    stored = json.loads(json.dumps(play.dispatcher.saved()))
    play.dispatcher = Dispatcher(play.stations, play.terms, stored)
    play.after(2).plan()
    assert ("a", "repair", 6.0) in [(order.identity, order.why, first(order, play.now)) for order in play.orders]
    assert "b" not in {order.identity for order in play.orders if order.action == "SetChargingProfile"}


def test_a_reboot_is_believed_to_keep_profiles_unless_the_station_is_known_for_forgetting():
    for keeps, held_a in ((True, 6.0), (False, 32.0)):
        play = Play(station("a", keeps_profiles=keeps)).settle()
        play.dispatcher.rebooted("a", play.now)
        assert play.dispatcher.held(play.now + 10, play.now + 20)["a"].of(1) == held_a


def test_an_answer_that_never_comes_does_not_lock_the_station():
    play = Play(station("a")).plan().then(("a", "repair", 6.0))
    play.after(60).plan().then()
    play.after(1).plan().then(("a", "repair", 6.0))


def test_unknown_tokens_and_stations_are_ignored():
    play = Play(station("a")).settle()
    play.dispatcher.answered(987_654, YES, play.now)
    play.dispatcher.metered("nobody", 1, 5.0, play.now)
    play.dispatcher.rebooted("nobody", play.now)
    play.plan().then()


def test_one_plan_sends_no_more_than_it_may():
    terms = Terms(most_at_once=3)
    play = Play(*(station(f"s{number}") for number in range(9)), main_a=999.0, terms=terms).plan()
    assert len(play.orders) == 3


def test_p2_after_lost_state_others_wait_until_a_running_cars_own_profile_is_replaced():
    driven = {1: Running(transaction_id="5", started_at=START - 900)}
    play = Play(station("a", protocol=Protocol.V16, control=Actuator.TX_PROFILE), station("b"), main_a=32.0)
    play.share(a=16.0, b=16.0).see("a", running=driven)
    play.plan().then(("a", "repair", 0.0), ("b", "repair", 0.0)).answer()
    play.after(5).plan().then(("a", "repair", 16.0)).answer()
    play.after(5).plan().then(("a", "rise", 6.0), ("b", "rise", 16.0))
