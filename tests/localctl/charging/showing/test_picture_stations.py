"""The stations in the picture: every EVSE with its amperes, the reason, and what would change it."""

import json

import pytest

from localctl.charging.base.steps import ALWAYS, constant
from localctl.charging.dispatching.capability import Capability
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Fading, Slot
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet
from localctl.charging.dispatching.obedience import Obedience
from localctl.charging.profile.profiles import Protocol
from localctl.charging.showing.picture_stations import is_limited, lease_until
from tests.localctl.charging.scene import SECRET, START, Scene, busy
from tests.localctl.charging.sites import panel, station, tree


def shown(scene, name):
    return next(one for one in scene.picture()["stations"] if one["identity"] == name)


def test_p5_an_evse_says_how_much_and_which_node_phase_and_source_bind_since_and_until_when():
    scene = busy()
    evse = scene.evse("CP1")
    assert (evse["share_a"], evse["reason"]) == (6.5, "row")
    assert evse["binding"] == {
        "node": "panel:main", "phase": "L1", "unit": "A", "source": "ems-1", "state": "live", "net": 13.0,
        "gross": 20.0, "load": 13.0, "since": scene.now - 40, "until": scene.now + 860,
    }  # fmt: skip


def test_p5_it_says_what_would_bind_next():
    following = busy().evse("CP1")["next"]
    assert (following["node"], following["source"], following["net"]) == ("panel:sub", "fuse", 22.0)


def test_the_most_that_may_flow_is_what_was_sent_and_not_what_is_wished():
    scene = busy()
    scene.deaf = {"CP1"}
    scene.limits("main", 19).cycles()
    evse = scene.evse("CP1")
    assert evse["share_a"] == 6.0
    assert evse["entitled_a"] >= 6.5


def test_the_end_of_the_lease_is_told():
    scene = busy()
    assert scene.now < scene.evse("CP1")["lease_until"] < scene.now + 400


def test_a_lease_that_is_over_or_was_never_confirmed_is_none():
    def desk(**slots):
        return Desk(capability=Capability(actuator=Actuator.MAX_PROFILE), slots=slots)

    falling = ((ALWAYS, 16.0), (START + 100, 6.0))
    assert lease_until(desk(), 1, START) is None
    assert lease_until(desk(**{"0": Slot(unlimited_a=32.0)}), 1, START) is None
    assert lease_until(desk(**{"0": Slot(unlimited_a=32.0, confirmed=constant(6.0))}), 1, START) is None
    assert lease_until(desk(**{"0": Slot(unlimited_a=32.0, confirmed=falling)}), 1, START) == START + 100
    assert lease_until(desk(**{"0": Slot(unlimited_a=32.0, confirmed=falling)}), 1, START + 100) is None
    assert lease_until(desk(**{"2+": Slot(unlimited_a=32.0, confirmed=falling)}), 1, START) is None
    assert lease_until(desk(**{"2+": Slot(unlimited_a=32.0, confirmed=falling)}), 2, START) == START + 100


def test_p7_a_transaction_is_named_by_its_id_and_never_by_its_token():
    evse = busy().evse("CP1")
    assert evse["transaction"] == {"id": "tx-CP1-1", "since": START, "state": "Charging"}
    assert SECRET not in json.dumps(evse)


def test_what_the_meter_told_is_shown_by_the_stations_own_conductors():
    scene = busy().draws("CP2", 6.25, 6, None).goes_on(5)
    assert scene.evse("CP2")["measured_a"] == {"1": 6.25, "2": 6.0}
    assert scene.evse("CP2")["measured_at"] == scene.now - 5
    assert scene.evse("CP1")["measured_a"] is None


def test_phases_are_those_of_the_evse_and_those_the_car_really_uses_once_known():
    scene = busy()
    assert (scene.evse("CP1")["phases"], scene.evse("CP1")["phases_used"]) == ([1, 2, 3], None)
    for _ in range(4):
        scene.draws("CP1", 6, 0, 0).goes_on(5)
    assert scene.evse("CP1")["phases_used"] == [1]
    assert scene.evse("CP3")["phases"] == [1]


REASONS = {
    "CP1": "row",
    "CP3": "empty",
}


@pytest.mark.parametrize(("name", "reason"), REASONS.items())
def test_every_evse_has_a_reason(name, reason):
    assert busy().evse(name)["reason"] == reason


def test_a_station_that_is_away_says_so():
    scene = busy()
    scene.controller.unlinked("CP1", scene.now)
    scene.cycles()
    assert scene.evse("CP1")["reason"] == "away"
    assert shown(scene, "CP1")["online"] is False


def test_a_station_its_csms_has_not_accepted_is_not_steered():
    scene = busy()
    scene.controller.registered("CP1", False, scene.now)
    scene.cycles()
    assert scene.evse("CP1")["reason"] == "away"
    assert (shown(scene, "CP1")["online"], shown(scene, "CP1")["accepted"]) == (True, False)


def test_an_idle_reserve_that_gave_way_says_so():
    """14 A gross leave 7 A for charging: the car's minimum, or the reserve for a car that may come, not both."""
    scene = Scene().plugs_in("CP1")
    for name in ("CP2", "CP3"):
        scene.controller.linked(name, scene.controller.managed[name].protocol, START)
    scene.cycles().goes_on(20).limits("main", 14).goes_on(40)
    assert (scene.evse("CP1")["share_a"], scene.evse("CP1")["reason"]) == (7.0, "row")
    assert (scene.evse("CP2")["share_a"], scene.evse("CP2")["reason"]) == (0.0, "yielding")


def test_adopted_stations_are_listed_with_what_they_are_held_at():
    adoptee = Managed(
        identity="Guest", protocol=Protocol.V201, outlets=(Outlet(id=1, failsafe_a=6.0),), control=Actuator.MAX_PROFILE
    )
    scene = Scene(adopts=lambda identity: adoptee if identity == "Guest" else None)
    scene.controller.linked("Guest", Protocol.V201, START)
    scene.cycles()
    (guest,) = scene.picture()["adopted"]
    assert (guest["identity"], guest["online"], guest["share_a"]) == ("Guest", True, 6.0)
    assert guest["distrusted"] is False
    scene.controller.dispatcher.desks["Guest"].drawers["1"] = Obedience(distrusted=True)
    assert scene.picture()["adopted"][0]["distrusted"] is True


def test_a_station_that_nobody_steers_says_so():
    site = tree(panel("main", None, 64.0), station("CP1", controllable=False))
    managed = Managed(
        identity="CP1", protocol=Protocol.V201, outlets=(Outlet(id=1, failsafe_a=32.0),), control=Actuator.UNCONTROLLED
    )
    scene = Scene(topology=site, managed=(managed,), meters={}).plugs_in("CP1").cycles()
    assert scene.evse("CP1")["reason"] == "uncontrolled"
    assert shown(scene, "CP1")["actuator"] == "uncontrolled"


def test_a_car_that_stopped_by_itself_is_full():
    scene = busy()
    scene.goes_on(60)
    request = {
        "eventType": "Updated", "timestamp": scene.stamp, "triggerReason": "ChargingStateChanged",
        "seqNo": 5, "transactionInfo": {"transactionId": "tx-CP1-1", "chargingState": "SuspendedEV"},
    }  # fmt: skip
    scene.controller.heard("CP1", "TransactionEvent", request, {}, scene.now)
    assert scene.cycles().evse("CP1")["reason"] == "full"


def test_a_waiting_car_knows_its_turn():
    scene = busy().short_of_current()
    waiting = [one for one in (scene.evse("CP1"), scene.evse("CP2")) if one["waiting"]]
    assert [one["reason"] for one in waiting] == ["waiting"]
    assert waiting[0]["share_a"] == 0.0
    assert waiting[0]["turn_at"] > scene.now


def test_a_station_that_takes_more_than_it_was_told_is_marked():
    scene = busy()
    for _ in range(5):
        scene.goes_on(20).draws("CP1", 20, 20, 20)
    assert scene.cycles().evse("CP1")["distrusted"] is True
    assert scene.evse("CP2")["distrusted"] is False
    assert scene.evse("CP1")["entitled_a"] == 32.0


def test_a_station_tells_its_version_actuator_clock_and_writes():
    scene = busy().shows_its_clock("CP1", 7)
    one = shown(scene, "CP1")
    assert (one["panel"], one["protocol"], one["online"]) == ("sub", "ocpp2.0.1", True)
    assert (one["actuator"], one["controllable"], one["failed_actuators"]) == ("max_profile", True, [])
    assert one["writes"]["last_at"] <= scene.now
    assert one["writes"]["left"] > 0
    assert (one["clock_off_s"], shown(scene, "CP2")["clock_off_s"]) == (7.0, None)
    assert shown(scene, "CP3")["protocol"] == "ocpp1.6"


def test_a_station_is_limited_once_it_has_taken_a_limit_for_all_it_can_draw():
    scene = Scene()
    scene.deaf = {"CP1"}
    scene.plugs_in("CP1").plugs_in("CP2").goes_on(20)
    assert [shown(scene, name)["limited"] for name in ("CP1", "CP2", "CP3")] == [False, True, False]
    scene.deaf = set()
    assert shown(scene.goes_on(200), "CP1")["limited"] is True


def test_what_is_beside_the_limit_for_all_is_not_asked_for():
    floor = Slot(unlimited_a=32.0, confirmed=constant(6.0))
    desk = Desk(capability=Capability(actuator=Actuator.TX_PROFILE), slots={"1": floor, "1+": Slot(unlimited_a=32.0)})
    assert is_limited(desk, START)
    desk.unread = True
    assert not is_limited(desk, START)
    assert not is_limited(Desk(capability=Capability(actuator=Actuator.TX_PROFILE)), START)


@pytest.mark.parametrize(("before_a", "limited"), [(32.0, [False, True]), (10.0, [True, True])])
def test_a_first_limit_counts_once_the_current_from_before_has_followed(before_a, limited):
    fading = (Fading(entitled=constant(before_a), until_at=START + 5),)
    slot = Slot(unlimited_a=32.0, confirmed=constant(6.0), fading=fading)
    desk = Desk(capability=Capability(actuator=Actuator.MAX_PROFILE), slots={"0": slot})
    assert [is_limited(desk, at) for at in (START, START + 5)] == limited


def test_a_car_that_has_left_draws_nothing_whatever_its_last_reading_was():
    scene = busy().draws("CP1", 6, 6, 6)
    reading = {"timestamp": scene.stamp, "sampledValue": [
        {"value": 6.0, "measurand": "Current.Import", "phase": "L1"},
    ]}  # fmt: skip
    request = {
        "eventType": "Ended", "timestamp": scene.stamp, "triggerReason": "EVDeparted", "seqNo": 9,
        "transactionInfo": {"transactionId": "tx-CP1-1"}, "evse": {"id": 1}, "meterValue": [reading],
    }  # fmt: skip
    scene.controller.heard("CP1", "TransactionEvent", request, {}, scene.now)
    evse = scene.goes_on(5).evse("CP1")
    assert (evse["transaction"], evse["measured_a"], evse["reason"]) == (None, None, "empty")


def test_stations_stand_in_order_of_their_identity():
    assert [one["identity"] for one in busy().picture()["stations"]] == ["CP1", "CP2", "CP3"]


def test_writes_of_a_day_are_counted_and_a_csms_that_overrules_us_is_shown():
    scene = busy()
    before = shown(scene, "CP1")
    assert before["writes"]["last_day"] >= 2
    assert before["overruled"] is False
    profile = {
        "id": 5, "stackLevel": 90, "chargingProfilePurpose": "ChargingStationMaxProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": [{
            "id": 1, "chargingRateUnit": "A", "startSchedule": "2020-01-01T00:00:00Z",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 30.0}],
        }],
    }  # fmt: skip
    request = {"evseId": 0, "chargingProfile": profile}
    scene.controller.told("CP1", "SetChargingProfile", request, True, {"status": "Accepted"}, scene.now)
    assert shown(scene, "CP1")["overruled"] is True
    assert shown(scene.goes_on(10), "CP1")["overruled"] is False
