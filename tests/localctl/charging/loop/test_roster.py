"""Who is there, and what each CALL changes."""

import pytest

from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.knowing.phase_watch import PhaseWatch
from localctl.charging.knowing.site_state import EvseState, StationState
from localctl.charging.loop.roster import Roster, profile_id, unmeasured
from localctl.charging.profile.profiles import Protocol, RateUnit
from tests.localctl.charging.played import Play, place

OURS = 2_000_000_000


def roster(**more):
    made = Roster(230.0)
    made.add(place("CP-1", **more).managed)
    return made


def set_profile(number, limit=9):
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    profile = {"id": number, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile"}
    profile |= {"chargingProfileKind": "Relative", "chargingSchedule": [schedule]}
    return {"evseId": 0, "chargingProfile": profile}


def started(evse=None):
    event = {"eventType": "Started", "seqNo": 0, "transactionInfo": {"transactionId": "t"}}
    return event if evse is None else event | {"evse": {"id": evse}}


def test_names_are_found_in_any_case():
    assert roster().name_of("cp-1") == "CP-1"
    assert roster().name_of("other") is None


def test_7_1_7_a_station_is_steerable_while_it_is_there_and_not_put_off():
    one = roster()
    assert not one.is_steerable("CP-1")
    one.speaks("CP-1", Protocol.V201)
    assert one.is_steerable("CP-1")
    one.unregistered.add("CP-1")
    assert not one.is_steerable("CP-1")
    one.speaks("CP-1", Protocol.V201)
    assert one.is_steerable("CP-1")


def test_another_version_is_noticed_once():
    one = roster()
    assert one.speaks("CP-1", Protocol.V16)
    assert not one.speaks("CP-1", Protocol.V16)
    assert (one.managed["CP-1"].protocol, one.ledgers["CP-1"].protocol) == (Protocol.V16, Protocol.V16)


@pytest.mark.parametrize(
    ("versions", "left"),
    [((Protocol.V201, Protocol.V16), []), ((Protocol.V201, Protocol.V21), ["t"]), ((Protocol.V201,) * 2, ["t"])],
)
def test_10_7_a_transaction_does_not_outlive_a_change_to_or_from_1_6_whose_ids_are_numbers(versions, left):
    one = roster()
    one.speaks("CP-1", versions[0])
    one.heard("CP-1", "TransactionEvent", started(evse=1), {}, 0.0)
    one.speaks("CP-1", versions[1])
    assert list(one.states["CP-1"].open) == left


@pytest.mark.parametrize(("evses", "expected"), [(1, 1), (2, None)])
def test_quirk_35_an_event_without_an_evse_means_the_only_one(evses, expected):
    one = roster(evses=evses)
    one.heard("CP-1", "TransactionEvent", started(), {}, 0.0)
    assert one.states["CP-1"].open["t"].evse_id == expected


def test_k02_fr_05_a_tx_profile_goes_with_its_transaction():
    one = roster()
    one.heard("CP-1", "TransactionEvent", started(1), {}, 0.0)
    request = set_profile(5)
    request["evseId"] = 1
    request["chargingProfile"] |= {"chargingProfilePurpose": "TxProfile", "transactionId": "t"}
    one.told("CP-1", "SetChargingProfile", request, True, {}, 0.0)
    assert len(one.ledgers["CP-1"].entries) == 1
    ended = started(1) | {"eventType": "Ended"}
    one.heard("CP-1", "TransactionEvent", ended, {}, 1.0)
    assert one.ledgers["CP-1"].entries == ()


@pytest.mark.parametrize("taken", [True, None])
def test_a_csms_profile_under_our_id_makes_ours_doubtful(taken):
    one = roster()
    one.ordered("CP-1", "SetChargingProfile", set_profile(OURS), True, 0.0)
    one.told("CP-1", "SetChargingProfile", set_profile(OURS, 30), taken, {}, 0.0)
    assert one.ledgers["CP-1"].present() == frozenset()
    assert not one.ledgers["CP-1"].installed(ours=False)


def test_one_that_was_refused_changes_nothing():
    one = roster()
    one.ordered("CP-1", "SetChargingProfile", set_profile(OURS), True, 0.0)
    one.told("CP-1", "SetChargingProfile", set_profile(OURS, 30), False, {}, 0.0)
    assert one.ledgers["CP-1"].present() == {OURS}


def test_p2_our_own_order_without_an_answer_leaves_a_profile_of_ours_there():
    one = roster()
    one.ordered("CP-1", "SetChargingProfile", set_profile(OURS), True, 0.0)
    one.ordered("CP-1", "SetChargingProfile", set_profile(OURS, 30), None, 0.0)
    assert one.ledgers["CP-1"].present() == {OURS}


def test_our_first_order_without_an_answer_is_not_surely_there():
    one = roster()
    one.ordered("CP-1", "SetChargingProfile", set_profile(OURS), None, 0.0)
    assert one.ledgers["CP-1"].present() == frozenset()


def test_whoever_is_away_has_no_measured_phases():
    state = StationState(evses={"1": EvseState(phases=PhaseWatch(used=(2,)), soc=50.0)})
    assert unmeasured(state).evses["1"] == EvseState(soc=50.0)


def test_an_adopted_station_that_is_listed_is_no_longer_adopted():
    one = Roster(230.0)
    one.add(place("guest").managed, adopted=True)
    one.add(place("guest").managed)
    assert (set(one.managed), set(one.adopted)) == ({"guest"}, set())
    one.remove("guest")
    assert one.name_of("guest") is None


@pytest.mark.parametrize(
    ("profile", "number"), [({"id": 4}, 4), ({"chargingProfileId": 5}, 5), ("x", None), (None, None), ({}, None)]
)
def test_a_profiles_id_is_read_in_every_version(profile, number):
    assert profile_id(profile) == number


@pytest.mark.parametrize("number", [1_999_999_999, 2_000_002_002, 2_100_000_001, 2**31 - 1])
def test_p2_a_profile_of_the_csms_with_an_id_near_ours_is_seen_and_overruled(number):
    play = Play(place("A"), place("B"), main_a=32).joins("A", "B").plugs_in("A").plugs_in("B").goes_on(60)
    play.csms_limits("A", 32.0, purpose="ChargingStationMaxProfile", level=5, number=number).goes_on(10)
    for _ in range(60):
        assert play.goes_on(5).sum_a() <= 32.0
    assert play.boxes["A"].profiles[2_000_000_000][1]["stackLevel"] == 6


@pytest.mark.parametrize("number", [9, 2_100_000_001])
def test_5_8_4_a_lower_limit_of_the_csms_is_kept_whatever_its_id(number):
    play = Play(place("A", control=Actuator.TX_DEFAULT), main_a=32).joins("A").goes_on(60)
    play.csms_limits("A", 8.0, level=0, evse=1, number=number).goes_on(30).plugs_in("A").goes_on(60)
    assert play.share("A") == 8.0


@pytest.mark.parametrize("protocol", [Protocol.V16, Protocol.V201])
def test_4_7_a_station_that_also_tells_its_main_meter_is_not_taken_for_one_that_disobeys(protocol):
    box = place("A", protocol=protocol, evses=2, control=Actuator.MAX_PROFILE)
    play = Play(box, place("B"), main_a=40).joins("A", "B").goes_on(60).plugs_in("B")
    play.plugs_in("A", evse=1).plugs_in("A", evse=2).goes_on(60)
    for _ in range(8):
        half_a = box.allows(1, play.now) / 2
        for evse, amps in ((1, half_a), (2, half_a), (0, 2 * half_a)):
            values = [{"value": amps, "measurand": "Current.Import", "phase": f"L{phase}"} for phase in (1, 2, 3)]
            word = "connectorId" if protocol is Protocol.V16 else "evseId"
            meter = [{"timestamp": play.stamp, "sampledValue": values}]
            play.says("A", "MeterValues", {word: evse, "meterValue": meter}, {})
        play.goes_on(60)
    assert not play.controller.dispatcher.distrusted()
    assert (half_a, play.boxes["B"].allows(1, play.now)) == (13.3, 13.3)


def test_p2_a_station_that_only_tells_its_main_meter_is_judged_by_it():
    play = Play(place("A", evses=2, control=Actuator.MAX_PROFILE), main_a=20).joins("A").goes_on(60)
    play.plugs_in("A", evse=1).plugs_in("A", evse=2).goes_on(60)
    for _ in range(4):
        values = [{"value": 40.0, "measurand": "Current.Import", "phase": f"L{phase}"} for phase in (1, 2, 3)]
        meter = [{"timestamp": play.stamp, "sampledValue": values}]
        play.says("A", "MeterValues", {"evseId": 0, "meterValue": meter}, {}).goes_on(60)
    assert play.controller.dispatcher.distrusted()


@pytest.mark.parametrize("volts", [350, 750])
@pytest.mark.parametrize("tells_power", [True, False])
def test_a_dc_station_that_follows_keeps_its_share_whatever_flows_in_its_cable(volts, tells_power):
    box = place("D", outlet={"dc": True, "rating_a": 75.0, "min_a": 2.0, "watts_per_a": 655.5}, unit=RateUnit.WATTS)
    play = Play(box, place("B"), main_a=120).joins("D", "B").goes_on(60).plugs_in("D").plugs_in("B").goes_on(60)
    for _ in range(30):
        watts = 75.0 * 655.5
        told = {"Current.Import": watts / volts, "Voltage": volts}
        told |= {"Power.Active.Import": watts} if tells_power else {}
        values = [{"measurand": what, "value": value} for what, value in told.items()]
        play.event("D", "Updated", meter=[{"timestamp": play.stamp, "sampledValue": values}]).goes_on(60)
    assert not play.controller.dispatcher.distrusted()
    assert (play.share("D"), play.share("B")) == (75.0, 32.0)
    assert play.controller.states["D"].evses["1"].drawn_a(play.now, 90.0) == pytest.approx(75.0)


def test_10_8_a_car_is_seen_at_a_csms_that_calls_every_transaction_1():
    play = Play(place("A", protocol=Protocol.V16), main_a=32).joins("A").goes_on(60)
    for _ in range(3):
        play.boxes["A"].numbers = 0
        play.plugs_in("A").goes_on(60).gives(A=32.0)
        play.unplugs("A").goes_on(600)


@pytest.mark.parametrize(("later_s", "amps"), [(120, 7.0), (720, 32.0)])
def test_10_12_the_profile_of_a_remote_start_in_1_6_is_for_the_driver_who_comes_soon(later_s, amps):
    play = Play(place("A", protocol=Protocol.V16), main_a=32).joins("A").goes_on(60)
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7}]}
    profile = {"chargingProfileId": 9, "stackLevel": 0, "chargingProfilePurpose": "TxProfile"}
    profile |= {"chargingProfileKind": "Relative", "chargingSchedule": schedule}
    start = {"connectorId": 1, "idTag": "app", "chargingProfile": profile}
    play.csms("A", "RemoteStartTransaction", start).goes_on(later_s, step=60).plugs_in("A").goes_on(60)
    assert play.share("A") == amps
