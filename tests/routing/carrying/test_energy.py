"""Energy registers of all versions, and the cap for tokens nobody knows."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.carrying.energy import EnergyCap, energy_wh
from tests.routing.carrying.clerk import signed

REGISTER = "Energy.Active.Import.Register"


def wh(version, action, payload):
    return energy_wh(version, action, json.dumps(payload).encode())


def metered(*groups):
    return {"meterValue": [{"timestamp": "t", "sampledValue": list(values)} for values in groups]}


def wh_16(*values):
    return wh("ocpp1.6", "MeterValues", metered(values))


def wh_2x(*values):
    return wh("ocpp2.0.1", "TransactionEvent", metered(values))


def test_the_register_is_the_default_measurand_in_wh():
    assert wh_16({"value": "1234.5"}) == 1234.5
    assert wh_2x({"value": 1234.5}) == 1234.5
    assert wh("ocpp2.1", "MeterValues", metered([{"value": 7, "measurand": REGISTER}])) == 7


def test_units_and_multipliers_count():
    assert wh_16({"value": "1.5", "unit": "kWh"}) == 1500
    assert wh_2x({"value": 1.5, "unitOfMeasure": {"unit": "kWh"}}) == 1500
    assert wh_2x({"value": 15, "unitOfMeasure": {"unit": "Wh", "multiplier": 2}}) == 1500
    assert wh_2x({"value": 15, "unitOfMeasure": {"multiplier": 99}}) == 15e9


def test_quirk_17_blanks_around_numbers_and_units_are_read():
    assert wh_16({"value": " 12 ", "unit": "\nkWh"}) == 12_000


@pytest.mark.parametrize(
    "value",
    [
        {"value": "5", "measurand": "Power.Active.Import"},
        {"value": "5", "measurand": "Energy.Active.Export.Register"},
        {"value": "5", "location": "EV"},
        {"value": "5", "unit": "W"},
        {"value": "6", "format": "SignedData"},
        {"value": "much"},
        {"value": "nan"},
        {"value": "1e999"},
        {"value": None},
        {"value": []},
        {},
        7,
    ],
)
def test_what_is_no_register_is_no_reading_and_hides_no_other(value):
    assert wh_16(value) is None
    assert wh_16(value, {"value": "5"}) == 5
    assert wh_16({"value": "5"}, value) == 5


def test_quirk_33_a_total_comes_before_phases_and_phases_alone_are_added_up():
    phases = [{"value": "10", "phase": "L1"}, {"value": "20", "phase": "L2"}, {"value": "30", "phase": "L3"}]
    assert wh_16(*phases) == 60
    assert wh_16({"value": "61"}, *phases) == 61


def test_the_last_of_several_readings_counts():
    payload = metered([{"value": "1"}], [{"value": "2"}], [{"value": "9", "measurand": "SoC"}])
    assert wh("ocpp1.6", "MeterValues", payload) == 2


def test_16_transactions_begin_and_end_with_a_register():
    assert wh("ocpp1.6", "StartTransaction", {"meterStart": 12}) == 12
    assert wh("ocpp1.6", "StopTransaction", {"meterStop": 0}) == 0
    assert wh("ocpp1.6", "StopTransaction", {"meterStop": "x"}) is None


def test_signed_messages_are_read_inside():
    assert wh("ocpp2.1", "TransactionEvent-Signed", signed(metered([{"value": 5}]))) == 5


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'{"meterValue":3}', b'{"meterValue":[{"sampledValue":5}]}', b"[" * 99_999]
)
def test_p6_broken_payloads_have_no_energy(payload):
    for action in ("TransactionEvent", "MeterValues", "StartTransaction"):
        assert energy_wh("ocpp2.0.1", action, payload) is None


def test_other_requests_have_no_energy():
    assert wh("ocpp1.6", "StatusNotification", metered([{"value": "1"}])) is None


def test_a_watched_transaction_exceeds_its_cap_once():
    cap = EnergyCap(1000)
    cap.begin("t")
    assert [cap.exceeded("t", wh) for wh in (5000, 5999, 6000, 6001, 7000)] == [False, False, False, True, False]


def test_beginning_again_does_not_begin_anew():
    cap = EnergyCap(1000)
    cap.begin("t")
    cap.exceeded("t", 0)
    cap.begin("t")
    assert cap.exceeded("t", 1001)


def test_others_have_no_cap():
    cap = EnergyCap(1000)
    assert not cap.exceeded("t", 0)
    assert not cap.exceeded("t", 9e9)
    cap.begin("u")
    cap.exceeded("u", 0)
    cap.lift("u")
    cap.lift("u")
    assert not cap.exceeded("u", 9e9)


def test_no_limit_means_no_cap():
    cap = EnergyCap(None)
    cap.begin("t")
    assert not cap.exceeded("t", 0)
    assert not cap.exceeded("t", 9e9)


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_only_energy_that_was_counted_up_counts(readings):
    cap, used = EnergyCap(1e6), 0.0
    cap.begin("t")
    for before, reading in zip([readings[0], *readings], readings, strict=False):
        used += max(0.0, reading - before)
        assert cap.exceeded("t", reading) == (used > 1e6)
        if used > 1e6:
            return


def test_p6_the_oldest_watched_makes_room():
    cap = EnergyCap(10, most=2)
    for name in "abc":
        cap.begin(name)
        cap.exceeded(name, 0)
    assert [cap.exceeded(name, 11) for name in "abc"] == [False, True, True]
