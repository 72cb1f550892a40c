"""A site's days under the controller, played as scripts: cars come and go, limits fall, stations and the box die."""

from dataclasses import replace

import pytest

from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.base.instants import Instant, write_instant
from localctl.charging.base.phases import PHASES
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet
from localctl.charging.dispatching.lease import LeaseTerms
from localctl.charging.dispatching.orders import Terms
from localctl.charging.limiting.external import ExternalLimit
from localctl.charging.limiting.limits import Cap, Step
from localctl.charging.limiting.limits_baseload import MeterRules
from localctl.charging.profile.profiles import Protocol
from localctl.charging.tree.topology import Load
from tests.localctl.charging.played import MAIN, YES, Play, first, limit_at, place, site_plan, three
from tests.localctl.charging.sites import panel

BRISK = Policy(min_on_s=0.0, min_off_s=0.0)


def test_k03_a_new_car_starts_on_the_reserve_and_gets_its_share_then():
    play = three().gives(A=6, B=6, C=6).plugs_in("A").gives(A=6)
    play.goes_on(30).gives(A=20, B=6, C=6)


def test_two_cars_share_what_the_idle_station_leaves():
    three().plugs_in("A").plugs_in("B").goes_on(60).gives(A=13, B=13, C=6)


def test_when_a_car_leaves_the_others_get_its_current():
    play = three().plugs_in("A").plugs_in("B").goes_on(60).unplugs("A").goes_on(60)
    play.gives(A=6, B=20, C=6)


def test_p2_an_ems_limit_is_kept_at_once_and_given_back_when_it_ends():
    play = three().plugs_in("A").plugs_in("B").goes_on(60).ems(20, lasts_s=900).goes_on(10).gives(A=7, B=7, C=6)
    play.goes_on(920).gives(A=13, B=13, C=6)


def test_an_ems_limit_names_itself_as_what_binds():
    play = three().plugs_in("A").goes_on(60).ems(20).goes_on(10)
    row = play.controller.last.allocation.verdicts["A", 1].row
    assert play.controller.last.allocation.capacities.bounds[row].source == "ems"


def test_a_limit_in_watts_gets_a_row_of_its_own():
    play = three().plugs_in("A").goes_on(60)
    step = Step(at=play.now, cap=Cap(w=690 * 24.0))
    play.controller.limits.put(ExternalLimit(source="ems", node=MAIN, steps=(step,), set_at=play.now))
    play.goes_on(30).gives(A=12, B=6, C=6)


def test_a_limit_on_one_station_binds_that_station():
    three().plugs_in("A").goes_on(60).ems(9, node=("station", "A")).goes_on(30).gives(A=9, B=6, C=6)


def test_a_limit_on_a_node_the_site_does_not_have_changes_nothing():
    three().plugs_in("A").ems(1, node=("panel", "cellar")).goes_on(60).gives(A=20, B=6, C=6)


def test_below_the_failsafe_sum_idle_reserves_give_way_to_cars():
    play = three(turns=BRISK).plugs_in("A").goes_on(60).ems(11).goes_on(30).gives(A=11, B=0, C=0)
    assert play.controller.last.yielding == {("B", 1), ("C", 1)}
    play.ems(None).goes_on(30).gives(A=20, B=6, C=6)


def test_an_idle_reserve_never_keeps_a_car_below_its_minimum():
    play = three().plugs_in("A").goes_on(60).ems(17).goes_on(30)
    assert play.reason("A") is not Reason.WAITING
    play.gives(A=17, B=0, C=0)


def test_reserves_give_way_only_where_it_helps():
    boxes = place("A", "cellar"), place("B", "cellar"), place("C")
    play = Play(*boxes, panels=[panel("cellar", "main", 20.0)]).joins("A", "B", "C").plugs_in("A").goes_on(60)
    play.ems(8, node=("panel", "cellar")).goes_on(30).gives(A=8, B=0, C=6)


def test_p2_a_silent_station_keeps_its_lease_and_then_its_failsafe():
    play = three().plugs_in("A").plugs_in("B").goes_on(60).leaves("A").goes_on(30).gives(A=13, B=13)
    play.ems(20).goes_on(30).gives(A=13, B=7, C=0)
    play.ems(None).goes_on(400).gives(A=6, B=20, C=6)


def test_p2_nobody_gets_what_a_deaf_station_may_still_have():
    play = three().plugs_in("A").plugs_in("B").goes_on(60).deaf("A").unplugs("A").goes_on(60)
    assert play.sum_a() <= 32
    play.goes_on(500)
    assert play.sum_a() <= 32


def test_p2_an_order_without_an_answer_leaves_the_old_and_the_new_value_counted():
    play = three().plugs_in("A").plugs_in("B").goes_on(60).deaf("A").unplugs("A").goes_on(20)
    assert play.controller.dispatcher.held(play.now, play.now)["A"].station_a == 13.0


def test_a_station_that_comes_back_is_shared_with_again():
    play = three().plugs_in("A").plugs_in("B").goes_on(60).leaves("A").goes_on(600).joins("A").goes_on(60)
    play.gives(A=13, B=13, C=6)


def test_p2_after_a_power_cut_what_was_ordered_is_still_counted():
    play = three().plugs_in("A").goes_on(60).gives(A=20).restarts().joins("B", "C").plugs_in("B").goes_on(60)
    play.gives(A=20, B=6, C=6)
    assert play.share("A") == 20.0
    play.goes_on(400).gives(A=6, B=20, C=6)


def test_after_a_restart_transactions_and_shares_go_on():
    play = three().plugs_in("A").plugs_in("B").goes_on(60).restarts().joins("A", "B", "C").goes_on(60)
    play.gives(A=13, B=13, C=6)
    assert play.controller.troubles == ()


def test_after_a_restart_a_1_6_station_is_still_known_as_one():
    play = three().restarts()
    assert [play.controller.managed[name].protocol for name in "ABC"] == [Protocol.V201, Protocol.V16, Protocol.V21]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda saved: None,
        lambda saved: "broken",
        lambda saved: [],
        lambda saved: {},
        lambda saved: saved | {"dispatch": 7},
        lambda saved: saved | {"dispatch": {"desks": [], "next_token": "x"}},
        lambda saved: saved | {"limits": {"a": 1}, "turns": 5, "states": None, "ledgers": "x", "retired": [1]},
        lambda saved: saved | {"turns": [["A", 1, {"running": "maybe"}]]},
        lambda saved: saved | {"states": {"A": {"open": 7}}, "ledgers": {"A": {"protocol": "ocpp9"}}},
    ],
)
def test_p6_no_stored_document_keeps_the_box_from_starting(spoil):
    play = three().plugs_in("A").goes_on(60).restarts(spoil)
    play.joins("A", "B", "C").plugs_in("A").goes_on(400).gives(A=20, B=6, C=6)


def test_p2_a_station_whose_stored_book_is_broken_counts_at_its_rating_and_is_named():
    def spoil(saved):
        saved["dispatch"]["desks"]["A"]["slots"]["0"]["confirmed"] = []
        return saved

    play = three().goes_on(60).restarts(spoil).joins("B", "C").cycles()
    assert "A: its orders make no sense" in play.controller.troubles[0]
    assert play.share("A") == 32.0
    play.goes_on(30).gives(B=0, C=0)


def test_k08_a_lower_profile_of_the_csms_is_inside_ours():
    play = three().plugs_in("A").goes_on(60).csms_limits("A", 9.0).goes_on(60).gives(A=9)
    assert play.reason("A") is Reason.CSMS
    assert play.share("B") == 6.0


def test_k08_a_csms_that_allows_nothing_to_new_cars_is_obeyed_before_they_come():
    play = three().csms_limits("A", 0.0).goes_on(60).gives(A=0, B=6, C=6)
    play.csms("A", "ClearChargingProfile", {"chargingProfileId": 1}).goes_on(60).gives(A=6)


def test_k08_several_evses_share_the_station_maximum_of_their_csms():
    play = Play(place("A", evses=2), main_a=100.0).joins("A").plugs_in("A", evse=1).plugs_in("A", evse=2).goes_on(60)
    assert play.share("A", 1) == play.share("A", 2) == 32.0
    play.csms_limits("A", 20.0, purpose="ChargingStationMaxProfile").goes_on(60)
    assert play.share("A", 1) + play.share("A", 2) == 20.0
    assert limit_at(play.boxes["A"].profiles[2_000_000_000][1], play.now) == 20.0


@pytest.mark.parametrize("level", [0, 3])
@pytest.mark.parametrize("at_once", [True, False])
def test_k01_a_session_profile_of_the_csms_does_not_keep_ours_away(at_once, level):
    """It silences our floor, a TxDefaultProfile; nothing but a TxProfile of ours, above it, limits the car then."""
    play = Play(place("A", control=Actuator.TX_PROFILE), place("B")).joins("A", "B").goes_on(60)
    play.plugs_in("A").plugs_in("B").goes_on(0 if at_once else 60)
    play.csms_limits("A", 24.0, purpose="TxProfile", evse=1, level=level, transaction="A-1-1")
    play.goes_on(20).gives(A=16, B=16)
    play.ems(14.0).goes_on(20).gives(A=7, B=7)


@pytest.mark.parametrize("protocol", list(Protocol))
def test_two_cars_at_one_station_take_turns_where_there_is_room_for_one(protocol):
    """With a limit for each: one limit for both, halved by the station, would charge neither."""
    box = place("A", evses=2, protocol=protocol, control=Actuator.TX_PROFILE, outlet={"failsafe_a": 0.0})
    play = Play(box, main_a=8.0).joins("A").plugs_in("A", evse=1).plugs_in("A", evse=2).goes_on(120)
    served = []
    for _ in range(60):
        play.goes_on(60)
        served.append((box.allows(1, play.now), box.allows(2, play.now)))
    assert set(served) <= {(8.0, 0.0), (0.0, 8.0), (0.0, 0.0)}
    minutes = [sum(pair[number] == 8.0 for pair in served) for number in (0, 1)]
    assert min(minutes) >= 20, f"so many minutes of an hour each could charge: {minutes}"


def test_a_change_the_csms_planned_is_already_in_what_is_written():
    play = three().plugs_in("A").goes_on(60)
    later = {"startPeriod": int(play.now - 1_799_999_991) + 120, "limit": 8.0}
    play.csms_limits("A", 32.0)
    profile = play.boxes["A"].profiles[1][1]
    profile["chargingSchedule"][0]["chargingSchedulePeriod"].append(later)
    play.csms("A", "SetChargingProfile", {"evseId": 0, "chargingProfile": profile}).goes_on(30)
    written = play.boxes["A"].profiles[2_000_000_000][1]
    assert limit_at(written, play.now) == 20.0
    assert limit_at(written, play.now + 95) == 8.0


def test_a_profile_cleared_by_the_csms_is_written_again():
    play = three().csms("A", "ClearChargingProfile", {"chargingProfileId": 2_000_000_000})
    play.gives(A=32).goes_on(10).gives(A=6)


def test_a_profile_that_the_csms_puts_in_ours_place_is_replaced_by_ours():
    play = three().csms_limits("A", 32.0, purpose="ChargingStationMaxProfile", number=2_000_000_000, level=3)
    play.gives(A=32).goes_on(10).gives(A=6)


def test_10_10_in_1_6_a_profile_of_the_csms_on_our_level_is_noticed_and_repaired():
    play = three()
    profile = {
        "chargingProfileId": 5, "stackLevel": 0, "chargingProfilePurpose": "ChargePointMaxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {"chargingRateUnit": "A", "startSchedule": "2020-01-01T00:00:00Z",
                             "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 30.0}]},
    }  # fmt: skip
    del play.boxes["B"].profiles[2_000_000_000]
    play.csms("B", "SetChargingProfile", {"connectorId": 0, "csChargingProfiles": profile}).gives(B=30)
    play.goes_on(10).gives(B=6)


def test_a_refused_or_unreadable_profile_of_the_csms_changes_nothing():
    play = three().plugs_in("A").goes_on(60)
    play.csms("A", "SetChargingProfile", {"evseId": 0, "chargingProfile": {"id": 1}}, taken=False)
    play.csms("A", "SetChargingProfile", {"evseId": 0, "chargingProfile": "nonsense"}, taken=None)
    play.controller.told("A", "SetChargingProfile", ["no object"], True, {}, play.now)
    play.goes_on(60).gives(A=20)


def test_7_1_7_a_station_its_csms_puts_off_gets_no_orders():
    play = three().plugs_in("A")
    play.controller.registered("A", False, play.now)
    play.goes_on(60)
    assert play.share("B") == 6.0
    play.gives(A=6)
    play.controller.registered("a", True, play.now)
    play.goes_on(60).gives(A=20)


@pytest.mark.parametrize("word", ["SuspendedEV", "Charging"])
def test_in_1_6_the_connector_says_that_the_car_is_full(word):
    play = three().plugs_in("B").goes_on(60)
    status = {"connectorId": 1, "errorCode": "NoError", "status": word, "timestamp": play.stamp}
    play.says("B", "StatusNotification", status, {}).goes_on(60).gives(B=6 if word == "SuspendedEV" else 20)


def test_a_full_car_leaves_its_share_to_others_and_can_begin_again():
    play = three().plugs_in("A").plugs_in("B").goes_on(60)
    play.event("A", "Updated", chargingState="SuspendedEV").goes_on(60).gives(A=6, B=20)
    play.event("A", "Updated", chargingState="Charging").goes_on(60).gives(A=13, B=13)


def test_a_small_car_leaves_what_it_does_not_take():
    play = three().plugs_in("A").plugs_in("B").goes_on(60)
    for _ in range(4):
        play.meters("A", 7.0, 7.0, 7.0).goes_on(20)
    play.goes_on(60).gives(A=9, B=17)


def test_two_cars_behind_one_limit_are_each_judged_by_their_own_share():
    play = Play(place("A", evses=2), main_a=20.0).joins("A").plugs_in("A", evse=1).plugs_in("A", evse=2).goes_on(60)
    for _ in range(5):
        play.meters("A", 10.0, 10.0, 10.0, evse=1).meters("A", 10.0, 10.0, 10.0, evse=2).goes_on(20)
    assert play.share("A", 1) == play.share("A", 2) == 10.0


def test_a_one_phase_car_counts_on_its_phase_only_while_its_station_is_there():
    play = three().plugs_in("A").plugs_in("B").goes_on(60)
    for _ in range(4):
        play.meters("A", 13.0, 0.0, 0.0).goes_on(20)
    assert play.controller.last.used["A", 1] == (1,)
    play.leaves("A").cycles()
    assert play.controller.last.used["A", 1] is None
    play.joins("A").cycles()
    assert play.controller.last.used["A", 1] is None


def test_a_one_phase_car_that_is_no_longer_measured_counts_on_all_phases():
    play = three().plugs_in("A").goes_on(60)
    for _ in range(4):
        play.meters("A", 13.0, 0.0, 0.0).goes_on(20)
    assert play.goes_on(60).controller.last.used["A", 1] == (1,)
    assert play.goes_on(60).controller.last.used["A", 1] is None


def test_an_appetite_is_forgotten_with_the_link():
    play = three().plugs_in("A").plugs_in("B").goes_on(60)
    for _ in range(4):
        play.meters("A", 7.0, 7.0, 7.0).goes_on(20)
    play.goes_on(60).gives(A=9, B=17).leaves("A").goes_on(10).joins("A").goes_on(60).gives(A=13, B=13)


def test_k03_fr_04_a_higher_priority_is_served_first():
    play = three().plugs_in("A").plugs_in("B").goes_on(60)
    play.event("A", "Updated", answer={"chargingPriority": 5}).goes_on(60)
    play.gives(A=20, B=6)


def test_a_station_without_evse_in_its_events_has_only_one():
    play = three()
    info = {"transactionId": "t", "chargingState": "Charging"}
    event = {"eventType": "Started", "timestamp": play.stamp, "triggerReason": "Authorized", "seqNo": 0}
    play.says("A", "TransactionEvent", event | {"transactionInfo": info}, {}).goes_on(60).gives(A=20)


NEEDS = {"evseId": 1, "chargingNeeds": {"requestedEnergyTransfer": "AC_three_phase"}}


def needy(**more):
    """A station whose first car told its needs and has gone; the second is being connected."""
    play = Play(place("A", control=Actuator.TX_PROFILE), **more).joins("A").goes_on(60).plugs_in("A").goes_on(20)
    play.says("A", "NotifyEVChargingNeeds", NEEDS, {"status": "Accepted"}).goes_on(20).unplugs("A").goes_on(20)
    return play.plugs_in("A", chargingState="EVConnected")


def test_k15_fr_17_no_tx_profile_before_the_car_told_its_needs_where_cars_do():
    play = needy().goes_on(45).gives(A=6)
    play.says("A", "NotifyEVChargingNeeds", NEEDS, {"status": "Accepted"}).goes_on(10).gives(A=32)


@pytest.mark.parametrize("action", ["StartTransaction", "MeterValues"])
def test_p6_a_1_6_transaction_whose_number_is_no_number_holds_nobody_up(action):
    """Neither its CSMS nor the station can break control of the others."""
    box = place("B", protocol=Protocol.V16, control=Actuator.TX_PROFILE)
    play = Play(place("A"), box).joins("A", "B").plugs_in("A").goes_on(60)
    meter = [{"timestamp": play.stamp, "sampledValue": [{"value": 9, "measurand": "Current.Import", "phase": "L1"}]}]
    request = {"connectorId": 1, "idTag": "x", "timestamp": play.stamp, "transactionId": "L1", "meterValue": meter}
    play.says("B", action, request, {"transactionId": "L1", "idTagInfo": {}}).goes_on(60).gives(A=26, B=6)


def test_10_7_a_station_that_comes_back_in_1_6_with_a_transaction_of_2_0_1_holds_nobody_up():
    play = Play(place("A"), place("B", control=Actuator.TX_PROFILE)).joins("A", "B").plugs_in("A").plugs_in("B")
    play.goes_on(60).gives(A=16, B=16).leaves("B").goes_on(10)
    box = play.boxes["B"]
    box.managed = replace(box.managed, protocol=Protocol.V16)
    play.joins("B").goes_on(400).gives(A=26, B=6).plugs_in("B").goes_on(60).gives(A=16, B=16)


def test_k15_what_a_car_said_it_cannot_take_goes_to_others():
    play = three().plugs_in("A").plugs_in("B").goes_on(60).gives(A=13, B=13)
    needs = {"requestedEnergyTransfer": "AC_three_phase", "acChargingParameters": {"evMaxCurrent": 8}}
    play.says("A", "NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": needs}, {"status": "Accepted"})
    play.goes_on(60).gives(A=8, B=18)


def test_k15_fr_17_a_car_that_never_tells_its_needs_gets_its_share_all_the_same():
    needy().goes_on(55).gives(A=6).goes_on(15).gives(A=32)


def test_k15_fr_17_that_a_stations_cars_tell_their_needs_is_known_over_a_restart():
    play = needy().goes_on(10).unplugs("A").restarts().joins("A").goes_on(60)
    play.plugs_in("A", chargingState="EVConnected").goes_on(45).gives(A=6)


def test_an_observed_station_is_counted_at_its_rating_and_never_written_to():
    seen = place("A", control=Actuator.UNCONTROLLED, placed={"controllable": False})
    play = Play(seen, place("B"), main_a=50.0).joins("A", "B").plugs_in("A").plugs_in("B").goes_on(60)
    assert not play.boxes["A"].profiles
    play.gives(B=18)


def test_a_station_that_is_only_routed_is_left_alone():
    play = three()
    play.controller.linked("stranger", Protocol.V201, play.now)
    play.controller.heard("stranger", "TransactionEvent", {}, {}, play.now)
    play.controller.told("stranger", "SetChargingProfile", {}, True, {}, play.now)
    play.controller.registered("stranger", True, play.now)
    play.controller.unlinked("stranger", play.now)
    assert play.cycles().orders == []


def test_names_are_the_same_in_any_case():
    play = three()
    play.controller.unlinked("a", play.now)
    assert "A" not in play.controller.online


def test_a_station_that_comes_back_with_another_version_gets_that_versions_profiles():
    play = three().plugs_in("A").goes_on(60).leaves("A").goes_on(10)
    play.boxes["A"].managed = replace(play.boxes["A"].managed, protocol=Protocol.V16)
    play.boxes["A"].profiles.clear()
    play.joins("A").csms("A", "ClearChargingProfile", {}).goes_on(60)
    assert play.boxes["A"].profiles
    assert all("chargingProfileId" in profile for _, profile in play.boxes["A"].profiles.values())


def test_dynamic_profiles_are_tried_as_soon_as_a_station_turns_out_to_speak_2_1():
    play = Play(place("A"))
    play.controller.linked("A", Protocol.V21, play.now)
    assert play.controller.dispatcher.desks["A"].capability.actuator is Actuator.DYNAMIC


def test_an_actuator_of_a_newer_version_is_not_used_with_an_older_one():
    play = Play(place("A", protocol=Protocol.V21)).joins("A").goes_on(60)
    assert play.controller.dispatcher.desks["A"].capability.actuator is Actuator.DYNAMIC
    play.controller.linked("A", Protocol.V16, play.now)
    assert play.controller.dispatcher.desks["A"].capability.actuator is Actuator.MAX_PROFILE


def test_what_surely_was_not_sent_is_not_counted_and_comes_again():
    play = three().plugs_in("A")
    play.now += 30
    (rise,) = play.controller.cycle(play.now)
    play.controller.unsent(rise.token)
    assert play.controller.dispatcher.held(play.now, play.now)["A"].station_a == 6.0
    (again,) = play.controller.cycle(play.now)
    assert again.payload == rise.payload


def test_p2_a_late_yes_to_a_fall_frees_its_room():
    play = three().plugs_in("A").plugs_in("B").goes_on(60).deaf("A").unplugs("A").cycles()
    (fall,) = [order for order in play.orders if order.identity == "A"]
    play.goes_on(1).controller.answered(fall.token, YES, play.now)
    play.controller.answered(fall.token, YES, play.now)
    play.goes_on(30).gives(B=20)


def test_answers_to_orders_nobody_knows_do_no_harm():
    play = three()
    for verdict in Verdict:
        play.controller.answered(999, Outcome(verdict=verdict), play.now)
    play.controller.unsent(999)


def test_a_metered_load_takes_its_current_from_the_panels_above_it():
    load = Load(id="lift", panel="cellar", reserved_a=(9.0, 9.0, 9.0))
    boxes = place("A", "cellar"), place("B")
    meters = {"lift": MeterRules(worst_a=(9.0, 9.0, 9.0), stale_after_s=60.0)}
    play = Play(*boxes, panels=[panel("cellar", "main", 25.0)], loads=[load], meters=meters).joins("A", "B")
    play.plugs_in("A").goes_on(60).gives(A=16)
    assert play.controller.metered_loads(play.now)["lift"].source == "meter not heard: worst case"
    play.controller.meter("lift", (2.0, 2.0, 2.0), play.now)
    play.goes_on(30)
    assert play.share("A") == 21.0
    assert play.controller.last.others["main"].source == "meter"
    play.goes_on(60)
    assert play.share("A") == 16.0


def test_p3_a_long_lease_has_the_limits_of_its_whole_length_inside():
    terms = Terms(lease=LeaseTerms(lease_s=300, longest_s=3600))
    assert site_plan([place("A")], terms=terms).horizon_s == 7200
    play = three(terms=terms).plugs_in("A").goes_on(1200)
    step = Step(at=play.now + 3000, cap=Cap(a=(20.0, 20.0, 20.0)))
    play.controller.limits.put(ExternalLimit(source="ems", node=MAIN, steps=(step,), set_at=play.now))
    play.goes_on(30).leaves("A", "B", "C").goes_on(3100, step=60)
    assert play.sum_a() <= 20


# --- the installer changes the site -----------------------------------------------------------------------------------


def changed(play, *boxes, **more):
    """The site has these stations from now on."""
    play.boxes = {box.managed.identity: play.boxes.get(box.managed.identity, box) for box in boxes}
    play.plan = site_plan(boxes, **more)
    play.controller.replan(play.plan, play.now)
    return play


def test_a_new_plan_keeps_what_is_known_of_stations_that_stay():
    play = three().plugs_in("A").goes_on(60)
    changed(play, place("A"), place("B"), place("C"), place("D"), main_a=40.0).goes_on(60)
    play.gives(A=8, B=0, C=0)
    assert play.share("D") == 32.0
    assert play.controller.managed["B"].protocol is Protocol.V16
    play.joins("D").goes_on(60).gives(A=22, B=6, C=6, D=6)


def test_p2_a_station_that_moves_to_another_panel_is_counted_there_at_once():
    play = three().plugs_in("A").goes_on(60).leaves("A")
    boxes = place("A", "cellar"), place("B", "cellar"), place("C")
    changed(play, *boxes, main_a=60.0, panels=[panel("cellar", "main", 26.0)])
    play.plugs_in("B").goes_on(30).gives(A=20, B=6)


def test_p2_a_station_that_left_the_plan_and_comes_back_counts_as_it_was_left():
    play = three().plugs_in("A").goes_on(60).gives(A=20)
    changed(play, place("B"), place("C")).plugs_in("B").goes_on(20)
    assert play.controller.name_of("A") is None
    play.restarts().joins("B", "C")
    changed(play, place("A"), place("B"), place("C")).cycles()
    assert play.share("A") == 20.0


def test_a_station_observed_from_now_on_counts_at_its_rating():
    play = three().goes_on(60)
    watched = place("A", control=Actuator.UNCONTROLLED, placed={"controllable": False})
    changed(play, watched, place("B"), place("C"), main_a=50.0).plugs_in("B").goes_on(30)
    assert play.share("A") == 32.0
    play.gives(B=12, C=6)


def test_sources_get_their_new_rules_without_losing_what_they_said():
    play = three().plugs_in("A").ems(20).goes_on(30)
    changed(play, place("A"), place("B"), place("C"), rules=())
    play.goes_on(30).gives(A=8)
    assert play.controller.limits.rules == {}


# --- stations nobody has listed ---------------------------------------------------------------------------------------


def guest(identity):
    """How an adopted station is steered."""
    outlet = Outlet(id=1, min_a=6.0, failsafe_a=8.0)
    return Managed(identity=identity, protocol=Protocol.V201, outlets=(outlet,), control=Actuator.MAX_PROFILE)


def adopting(*boxes):
    load = Load(id="guests", panel="main", reserved_a=(8.0, 8.0, 8.0))
    more = {"adopts": lambda name: guest(name) if name.startswith("guest") else None, "adopted_load": "guests"}
    return Play(*boxes, main_a=40.0, loads=[load], **more)


def test_an_adopted_station_is_held_to_its_place_and_the_others_make_room_until_it_is():
    play = adopting(place("A"), place("B")).joins("A", "B").plugs_in("A").goes_on(60).gives(A=26)
    play.boxes["guest"] = place("guest")
    play.joins("guest").plugs_in("guest").deaf("guest").cycles().cycles()
    assert play.sum_a("A", "B") <= 8
    play.boxes["guest"].answers = YES
    play.goes_on(120).gives(A=26, guest=8)


def test_a_stranger_that_is_not_adopted_is_only_routed():
    play = adopting(place("A")).joins("A")
    play.controller.linked("stranger", Protocol.V201, play.now)
    assert play.controller.name_of("stranger") is None


def test_an_adopted_station_that_gets_a_table_keeps_what_it_was_told():
    play = adopting(place("A"))
    play.boxes["guest"] = place("guest")
    play.joins("A", "guest").plugs_in("guest").goes_on(60)
    changed(play, place("A"), place("guest"), main_a=40.0).goes_on(60)
    play.gives(guest=32, A=6)


def test_p2_p3_after_a_power_cut_stations_whose_clocks_stand_in_1970_fit_the_fuse_by_their_stored_profiles():
    play = Play(place("A"), place("B", protocol=Protocol.V16), place("C"), main_a=32.0).joins("A", "B", "C")
    play.goes_on(60).plugs_in("A").plugs_in("B").goes_on(60).gives(A=13, B=13, C=6)
    play.now = 60.0
    play.gives(A=6, B=6, C=6)


def test_p2_a_16_station_whose_first_stamp_is_hours_behind_gets_no_lease_it_would_not_have_begun():
    play = Play(place("A", protocol=Protocol.V16), place("B"), main_a=20.0).joins("A", "B").goes_on(60)
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Preparing"}
    play.says("A", "StatusNotification", status, {}).plugs_in("B").goes_on(60)
    request = {"connectorId": 1, "idTag": "tag", "meterStart": 0}
    request["timestamp"] = write_instant(Instant(int(play.now - 5 * 3600)))
    play.says("A", "StartTransaction", request, {"transactionId": 7, "idTagInfo": {}})
    for _ in range(60):
        play.goes_on(5)
        assert play.boxes["A"].allows(1, play.now - 5 * 3600) + play.boxes["B"].allows(1, play.now) <= 20.0
    assert len(first(play.boxes["A"].profiles[2_000_000_000][1])) == 1


def by_power(volts, over=1.0, **more):
    """An hour with a car that draws what it may, times `over`, by a meter that tells power only."""
    play = Play(place("A", **more), main_a=26.0).joins("A").goes_on(60).plugs_in("A").goes_on(60)
    for _ in range(60):
        watts = 3 * volts * over * play.boxes["A"].allows(1, play.now)
        value = {"value": watts, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}}
        play.event("A", "Updated", meter=[{"timestamp": play.stamp, "sampledValue": [value]}]).goes_on(60)
    return play.controller.dispatcher.desks["A"]


@pytest.mark.parametrize("volts", [207.0, 230.0, 253.0])
def test_en_50160_a_station_that_tells_power_only_is_not_accused_of_the_grids_voltage(volts):
    desk = by_power(volts)
    assert not desk.distrusted()
    assert desk.capability.actuator is Actuator.MAX_PROFILE


def test_p2_a_station_that_tells_power_only_and_draws_a_quarter_more_is_found_out():
    assert by_power(230.0, over=1.25, control=Actuator.MAX_PROFILE).distrusted()


def test_p2_a_paused_car_stays_paused_after_a_power_cut_until_its_station_has_the_time():
    play = Play(place("A"), place("B"), main_a=34.0).joins("A", "B").goes_on(60).plugs_in("A").plugs_in("B")
    play.goes_on(60).ems(8).goes_on(60).gives(A=8, B=0)
    assert play.boxes["B"].allows(1, play.now + 3600) == 6.0
    assert play.boxes["B"].allows(1, 60.0) == 0.0


def test_every_row_of_a_settled_site_holds():
    play = three().plugs_in("A").plugs_in("B").plugs_in("C").goes_on(60)
    allocation = play.controller.last.allocation
    rows = [row for row, each in enumerate(allocation.network.rows) if each.phase in PHASES]
    assert all(allocation.load(row) <= allocation.capacities.values[row] + 1e-6 for row in rows)


@pytest.mark.parametrize("every_s", [60, 900])
def test_p2_quirk_21_a_backlog_of_an_older_transaction_leaves_the_running_ones_txprofile_counted(every_s):
    play = Play(place("A", control=Actuator.TX_PROFILE), place("B"), main_a=38).joins("A", "B").goes_on(60)
    play.plugs_in("A").goes_on(60).gives(A=32.0, B=6.0)
    for kind in ("Started", "Ended"):
        older = {"eventType": kind, "timestamp": "2026-01-01T00:00:00Z", "seqNo": 0, "offline": True}
        older |= {"transactionInfo": {"transactionId": "older"}, "evse": {"id": 1}}
        play.says("A", "TransactionEvent", older, {})
    play.plugs_in("B")
    for second in range(5, 605, 5):
        assert play.goes_on(5).sum_a() <= 38.0
        if second % every_s == 0:
            play.meters("A", *[play.boxes["A"].allows(1, play.now)] * 3)
    play.gives(A=19.0, B=19.0)
