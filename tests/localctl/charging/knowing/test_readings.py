"""OCPP of three versions as facts."""

import pytest

from localctl.charging.base.instants import read_instant
from localctl.charging.knowing import readings
from localctl.charging.knowing.facts import (
    Booted,
    ClockShown,
    ConnectorShown,
    Metered,
    NeedsTold,
    PlanTold,
    PriorityTold,
    Sample,
    TransactionShown,
)
from localctl.charging.profile.profiles import Protocol

NOON = "2027-01-01T12:00:00Z"
NOW = float(read_instant(NOON))
METER = [{"timestamp": NOON, "sampledValue": [{"measurand": "Current.Import", "phase": "L1", "value": 9.5}]}]


def read(action, request, answer=None, protocol=Protocol.V201, now=NOW):
    return readings.read(protocol, action, request, answer, now)


def read_16(action, request, answer=None):
    return read(action, request, answer, Protocol.V16)


def event(kind="Started", **more):
    return {"eventType": kind, "timestamp": NOON, "triggerReason": "Authorized", "seqNo": 0,
            "transactionInfo": {"transactionId": "tx"}} | more  # fmt: skip


def test_boot_counts_once_accepted():
    request = {"chargingStation": {"vendorName": "V", "model": "M"}, "reason": "PowerUp"}
    assert read("BootNotification", request, {"status": "Accepted"}) == [Booted(vendor="V", model="M")]
    assert read("BootNotification", request, {"status": "Pending"}) == []
    old = {"chargePointVendor": "V", "chargePointModel": "M"}
    assert read_16("BootNotification", old, {"status": "Accepted"}) == [Booted(vendor="V", model="M")]


def test_a_status_shows_connector_and_clock():
    request = {"timestamp": NOON, "connectorStatus": "Occupied", "evseId": 2, "connectorId": 1}
    assert read("StatusNotification", request, now=NOW + 3) == [
        ClockShown(off_s=-3, sure=True),
        ConnectorShown(evse_id=2, connector_id=1, status="Occupied"),
    ]
    old = {"connectorId": 2, "status": "Charging", "errorCode": "NoError"}
    assert read_16("StatusNotification", old) == [ConnectorShown(evse_id=2, connector_id=2, status="Charging")]


def test_a_transaction_event_carries_everything_dispatch_needs():
    request = event(
        evse={"id": 1}, idToken={"idToken": "AbC", "type": "ISO14443"}, numberOfPhasesUsed=3, meterValue=METER
    )
    request["transactionInfo"] |= {"chargingState": "Charging", "remoteStartId": 7}
    shown = TransactionShown(
        event="Started", transaction_id="tx", evse_id=1, seq_no=0, off_s=0.0, trigger="Authorized",
        charging_state="Charging", phases_used=3, remote_start_id=7, token="abc",
    )  # fmt: skip
    metered = Metered(sample=Sample(phase_a={1: 9.5}), evse_id=1, transaction_id="tx", off_s=0.0)
    assert read("TransactionEvent", request) == [ClockShown(off_s=0.0, sure=False), shown, metered]


def test_quirk_35_later_events_name_no_evse():
    [_, shown] = read("TransactionEvent", event("Updated"))
    assert (shown.event, shown.evse_id) == ("Updated", None)


def test_quirk_21_an_offline_event_is_late_and_shows_no_clock():
    [shown, metered] = read("TransactionEvent", event(offline=True, meterValue=METER))
    assert shown.late
    assert metered.late


def test_the_reading_that_comes_with_the_end_of_a_transaction_is_no_present_current():
    energy = {"measurand": "Energy.Active.Import.Register", "value": 700.0}
    meter = [{"timestamp": NOON, "sampledValue": [*METER[0]["sampledValue"], energy]}]
    [_, shown, metered] = read("TransactionEvent", event("Ended", evse={"id": 1}, meterValue=meter))
    assert (shown.event, metered.sample) == ("Ended", Sample(energy_wh=700.0))
    [*_, last] = read("TransactionEvent", event("Ended", evse={"id": 1}, meterValue=METER))
    assert last.event == "Ended"


def test_k03_fr05_a_priority_in_the_response_is_for_this_transaction_only():
    answer = {"chargingPriority": 5, "idTokenInfo": {"status": "Accepted", "chargingPriority": -2}}
    facts = read("TransactionEvent", event(idToken={"idToken": "T", "type": "Central"}), answer)
    assert facts[2:] == [PriorityTold(priority=-2, token="t"), PriorityTold(priority=5, transaction_id="tx")]


def test_k03_fr06_an_unknown_priority_is_0_and_a_wild_one_is_cut():
    token = {"idToken": {"idToken": "T", "type": "Central"}}
    assert read("Authorize", token, {"idTokenInfo": {"status": "Accepted"}}) == [PriorityTold(priority=0, token="t")]
    wild = {"idTokenInfo": {"status": "Accepted", "chargingPriority": 99}}
    assert read("Authorize", token, wild) == [PriorityTold(priority=9, token="t")]
    assert read("Authorize", token, {}) == []


def test_10_8_a_1_6_transaction_is_known_from_request_and_answer_together():
    request = {"connectorId": 2, "idTag": "TAG", "meterStart": 5, "timestamp": NOON}
    shown = TransactionShown(event="Started", transaction_id="42", evse_id=2, off_s=0.0, token="TAG", numbered=True)
    assert read_16("StartTransaction", request, {"transactionId": 42})[1] == shown
    assert read_16("StartTransaction", request, {"idTagInfo": {"status": "Invalid"}}) == []


def test_a_1_6_stop_ends_it():
    [_, shown] = read_16("StopTransaction", {"transactionId": 42, "meterStop": 9, "timestamp": NOON})
    assert shown == TransactionShown(event="Ended", transaction_id="42", off_s=0.0)
    assert read_16("StopTransaction", {"transactionId": -1}) == []


def test_meter_values_of_both_versions():
    expected = Metered(sample=Sample(phase_a={1: 9.5}), evse_id=1, off_s=0.0)
    assert read("MeterValues", {"evseId": 1, "meterValue": METER})[1] == expected
    [beside, _, old] = read_16("MeterValues", {"connectorId": 1, "transactionId": 42, "meterValue": METER})
    assert (old.evse_id, old.transaction_id) == (1, "42")
    assert beside == TransactionShown(event="Updated", transaction_id="42", evse_id=1, off_s=0.0, aside=True)
    for of_none in ({"transactionId": 0}, {"transactionId": -1}, {}, {"connectorId": 0, "transactionId": 42}):
        facts = read_16("MeterValues", {"connectorId": 1, "meterValue": METER, **of_none})
        assert not [fact for fact in facts if isinstance(fact, TransactionShown)]
    assert read("MeterValues", {"evseId": 1, "meterValue": []}) == []


def test_k15_needs_are_kept_unless_rejected():
    ac = {"energyAmount": 20000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400}
    needs = {"requestedEnergyTransfer": "AC_three_phase", "departureTime": NOON, "acChargingParameters": ac}
    request = {"evseId": 1, "chargingNeeds": needs}
    expected = NeedsTold(evse_id=1, energy_wh=20000, departure_at=read_instant(NOON), most_a=16)
    assert read("NotifyEVChargingNeeds", request, {"status": "Processing"}) == [expected]
    assert read("NotifyEVChargingNeeds", request, {"status": "Rejected"}) == []


@pytest.mark.parametrize(("told", "kept"), [(1, 1), (0, None), (-5, None), (1.7e308, None), ("many", None)])
def test_k15_energy_that_no_car_needs_is_no_word(told, kept):
    for kind, key in (
        ("acChargingParameters", "energyAmount"),
        ("dcChargingParameters", "energyAmount"),
        ("v2xChargingParameters", "evTargetEnergyRequest"),
    ):
        request = {"evseId": 1, "chargingNeeds": {kind: {key: told}, "departureTime": "tomorrow"}}
        (needs,) = read("NotifyEVChargingNeeds", request, {"status": "Accepted"})
        assert (needs.energy_wh, needs.departure_at) == (kept, None)


def test_sc_04_the_plan_of_the_car_is_kept_if_accepted():
    periods = [{"startPeriod": 0, "limit": 10}, {"startPeriod": 60, "limit": 12.5}]
    schedule = {"id": 1, "duration": 600, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    request = {"evseId": 1, "timeBase": NOON, "chargingSchedule": schedule}
    expected = PlanTold(evse_id=1, most=12.5, unit="A", lasts_s=600)
    assert read("NotifyEVChargingSchedule", request, {"status": "Accepted"}) == [expected]
    assert read("NotifyEVChargingSchedule", request, {"status": "Rejected"}) == []


@pytest.mark.parametrize("action", [*readings.READERS_2X, *readings.READERS_16, "Heartbeat"])
@pytest.mark.parametrize("request_", [None, [], {}, {"evseId": "x"}, {"transactionInfo": 7, "chargingNeeds": 7}])
@pytest.mark.parametrize("answer", [None, [], {"status": 5}, {"idTokenInfo": 7}])
def test_what_makes_no_sense_yields_nothing_and_never_raises(action, request_, answer):
    for protocol in Protocol:
        found = read(action, request_, answer, protocol)
        assert [fact for fact in found if not isinstance(fact, Booted)] == []


@pytest.mark.parametrize(("raw", "expected"), [("42", 42), (42.0, 42), (42.5, None), (True, None), ("x", None)])
def test_whole_numbers_come_as_text_too(raw, expected):
    assert readings.whole(raw) == expected


@pytest.mark.parametrize(("raw", "expected"), [(" tx ", "tx"), ("", None), (7, "7"), (-1, None), (None, None)])
def test_transaction_ids_are_text_or_numbers(raw, expected):
    assert readings.identifier(raw) == expected
