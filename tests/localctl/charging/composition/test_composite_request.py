"""The calculator's format: what it takes, what it refuses, and that nothing makes it raise."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.composition import composite_request
from localctl.charging.composition.composite_request import calculate
from tests.localctl.charging.composite_talk import DAY, composite, default, profile, request, station_max, words

FIXTURES = Path(__file__).parents[3] / "fixtures" / "composite"
WORKED = json.loads((FIXTURES / "worked.json").read_text())
ORDINARY = request(default("0=6/1@2"), evses=(1, 2), running={1: 0})


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case["request"]["id"])
def test_worked_requests_give_their_worked_answers(case):
    assert calculate(case["request"]) == case["answer"]


def test_an_answer_has_the_id_and_ocpps_own_member_names():
    assert calculate(ORDINARY) == {
        "id": "case",
        "periods": [{"startPeriod": 0, "limit": 6.0, "numberPhases": 1, "phaseToUse": 2}],
    }


@pytest.mark.parametrize(("name", "echo"), [(7, 7), ("a", "a"), (1.5, 1.5), (None, None), ([1], None), (1e999, None)])
def test_the_id_is_echoed_where_json_can_carry_it(name, echo):
    assert calculate(ORDINARY | {"id": name})["id"] == echo


def test_a_request_needs_little():
    little = {"protocol": "ocpp2.1", "start": "2026-01-01T00:00:00Z", "duration_s": 60, "unit": "W", "evseId": 3}
    assert calculate(little) == {"id": None, "periods": [{"startPeriod": 0, "limit": 33120.0}]}


def edited(path, value):
    """The ordinary request with one member changed, or removed by `...`."""
    asked = copy.deepcopy(ORDINARY)
    at = asked
    for key in path[:-1]:
        at = at[key]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return asked


PROFILE = ("profiles", 0, "profile")
SCHEDULE = (*PROFILE, "chargingSchedule", 0)
STEP = (*SCHEDULE, "chargingSchedulePeriod", 0)


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        (("protocol",), "ocpp2.2", "protocol: must be one of ocpp1.6, ocpp2.0.1, ocpp2.1, is 'ocpp2.2'"),
        (("protocol",), ..., "protocol: is missing"),
        (("start",), "noon", "start: 'noon' is not a date and time such as 2026-01-31T12:00:00Z"),
        (("start",), 0, "start: must be text of at most 255 characters, is a number"),
        (("duration_s",), -1, "duration_s: must be 0 to 2147483648 seconds, is -1"),
        (("duration_s",), 1.5, "duration_s: must be a whole number, is 1.5"),
        (("duration_s",), "60", "duration_s: must be a number, is '60'"),
        (("duration_s",), True, "duration_s: must be a number, is true"),
        (("unit",), "kW", "unit: must be one of A, W, is 'kW'"),
        (("evseId",), 3, "evseId: 3 is not among evseIds (K08.FR.05)"),
        (("evseId",), -1, "evseId: -1 is not among evseIds (K08.FR.05)"),
        (("evseIds",), [1, 0], "evseIds[1]: must be an EVSE of 1 or more, is 0"),
        (("evseIds",), list(range(1, 1002)), "evseIds: must have 1 to 1000 elements, has 1001"),
        (("evseIds",), 1, "evseIds: must be a list, is a number"),
        (("assumptions", "voltage"), 0, "assumptions.voltage: must be 1 to 100000 V, is 0"),
        (("assumptions", "voltage"), 1e-300, "assumptions.voltage: must be 1 to 100000 V, is 1e-300"),
        (("assumptions", "voltage"), "230", "assumptions.voltage: must be a number, is '230'"),
        (("assumptions", "default_phases"), 4, "assumptions.default_phases: must be 0 (DC) to 3, is 4"),
        (("assumptions", "local_limit_A"), -1, "assumptions.local_limit_A: must not be negative, is -1"),
        (("assumptions",), [], "assumptions: must be an object, is a list"),
        (("transactions", 0, "start"), ..., "transactions[0].start: is missing"),
        (("transactions", 0, "transactionId"), {}, "transactions[0].transactionId: must be text"),
        (("transactions", 0, "evseId"), 0, "transactions[0].evseId: the station has no EVSE 0 (K01.FR.28)"),
        (("transactions",), {}, "transactions: must be a list, is an object"),
        (("profiles",), "x", "profiles: must be a list, is 'x'"),
        (("profiles", 0), None, "profiles[0]: must be an object, is null"),
        (("profiles", 0, "evseId"), -1, "profiles[0].evseId: the station has no EVSE -1 (K01.FR.28)"),
        (PROFILE, ..., "profiles[0].profile: is missing"),
        ((*PROFILE, "stackLevel"), -1, "profiles[0].profile: stackLevel: must be 0 or more, is -1"),
        ((*PROFILE, "chargingProfilePurpose"), "Tx", "profiles[0].profile.chargingProfilePurpose: must be one of"),
        ((*PROFILE, "chargingProfilePurpose"), "LocalGeneration", "ocpp2.0.1 has no LocalGeneration (K01.FR.120)"),
        ((*PROFILE, "chargingProfilePurpose"), "ChargingStationMaxProfile", "is for 0 only (K04.FR.03)"),
        ((*PROFILE, "chargingProfileKind"), "Relative", "startSchedule: must be absent for Relative (K01.FR.41)"),
        ((*PROFILE, "chargingProfileKind"), "Recurring", "recurrencyKind: is missing for Recurring"),
        ((*PROFILE, "validFrom"), "never", "profiles[0].profile.validFrom: 'never' is not a date"),
        ((*SCHEDULE, "startSchedule"), ..., "chargingSchedule[0].startSchedule: is missing for Absolute (K01.FR.40)"),
        ((*SCHEDULE, "duration"), -5, "chargingSchedule[0].duration: must not be negative, is -5"),
        ((*SCHEDULE, "chargingSchedulePeriod"), [], "chargingSchedulePeriod: must have 1 to 1024 elements, has 0"),
        ((*STEP, "startPeriod"), 5, "chargingSchedulePeriod[0].startPeriod: must be 0, is 5 (K01.FR.31)"),
        ((*STEP, "limit"), float("nan"), "chargingSchedulePeriod[0].limit: must be a finite number"),
        ((*STEP, "limit"), float("inf"), "chargingSchedulePeriod[0].limit: must be a finite number"),
        ((*STEP, "limit"), -0.1, "chargingSchedulePeriod[0].limit: must not be negative, is -0.1"),
        ((*STEP, "limit"), ..., "chargingSchedulePeriod[0].limit: is missing"),
        ((*STEP, "numberPhases"), 4, "numberPhases: must be 1 to 3, is 4"),
        ((*STEP, "numberPhases"), 3, "phaseToUse: only with numberPhases 1 (K01.FR.19)"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_with_the_member_it_is_in(path, value, error):
    answer = calculate(edited(path, value))
    assert answer["id"] == "case"
    assert error in answer["error"]


@pytest.mark.parametrize("request_", [None, [], "x", 5, True])
def test_what_is_no_object_is_answered_too(request_):
    assert calculate(request_)["error"].startswith("request: must be an object")


@pytest.mark.parametrize("evse_ids", [..., None, []])
def test_the_station_needs_its_evses_and_an_evse_does_not(evse_ids):
    asked = edited(("evseIds",), evse_ids)
    assert calculate(asked)["periods"]
    assert calculate(asked | {"evseId": 0})["error"] == "evseIds: is missing, the sum of evseId 0 needs it"


def test_profiles_of_other_evses_do_not_matter_to_an_evse_but_have_to_fit_a_sum():
    asked = request(default("0=6"), default("0=9", evse=9), evse=1, evses=(1, 2))
    assert calculate(asked)["periods"] == [{"startPeriod": 0, "limit": 6.0, "numberPhases": 3}]
    assert "profiles[1].evseId: the station has no EVSE 9" in calculate(asked | {"evseId": 0})["error"]


def test_what_only_its_purpose_forbids_is_calculated():
    quick = profile("PriorityCharging", "0=32", lasting=60)
    assert composite(quick, default("0=6"), running={1: 0}, protocol="ocpp2.1") == "0=32/3 60=6/3"
    steered = station_max("0=10")
    first(steered)["chargingSchedulePeriod"][0]["operationMode"] = "LocalFrequency"
    assert composite(steered, protocol="ocpp2.1") == "0=10/3"
    per_phase = default("0=16")
    first(per_phase)["chargingSchedulePeriod"][0]["limit_L2"] = 9
    assert composite(per_phase, protocol="ocpp2.1") == "0=9/3"
    several = default("0=8")
    several["profile"]["chargingSchedule"].append(first(default("0=6")))
    assert composite(several) == "0=8/3"


def first(installed):
    """Its first schedule."""
    return installed["profile"]["chargingSchedule"][0]


def test_external_limits_do_not_exist_in_1_6():
    external = request(default("0=6"), protocol="ocpp1.6")
    external["profiles"][0]["profile"]["chargingProfilePurpose"] = "ChargingStationExternalConstraints"
    assert "ocpp1.6 has no ChargingStationExternalConstraints" in words(calculate(external))


def test_profiles_in_the_1_6_shape_are_understood():
    old = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "ChargePointMaxProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": {
            "startSchedule": "2026-01-01T00:00:00Z",
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 12}],
        },
    }
    assert composite({"evseId": 0, "profile": old}, protocol="ocpp1.6") == "0=12/3"


def test_the_1_6_word_and_the_1_6_single_schedule_are_understood_in_the_newer_shape_too():
    asked = request(station_max("0=12"), protocol="ocpp1.6")
    inner = asked["profiles"][0]["profile"]
    inner["chargingProfilePurpose"] = "ChargePointMaxProfile"
    inner["chargingSchedule"] = inner["chargingSchedule"][0]
    assert words(calculate(asked)) == "0=12/3"


def test_transaction_ids_of_1_6_may_be_numbers():
    asked = request(default("0=6"), protocol="ocpp1.6", running={1: 0})
    asked["profiles"][0]["profile"] |= {"chargingProfilePurpose": "TxProfile", "transactionId": "42"}
    asked["transactions"][0]["transactionId"] = 42
    assert words(calculate(asked)) == "0=6/3"


def test_the_largest_numbers_at_the_lowest_voltage_are_calculated():
    asked = {"voltage": 1, "default_phases": 1, "default_limit_A": None, "default_limit_W": 1e12}
    assert composite(**asked) == "0=1e+12"
    assert composite(default("0=1000000000000", unit="W", evse=0), evse=0, evses=range(1, 1001), **asked) == "0=1e+15/1"


def test_a_bug_that_a_request_meets_is_the_answer_to_that_request(monkeypatch):
    def broken(*_):
        raise OverflowError("cannot convert float infinity to integer")

    monkeypatch.setattr(composite_request, "evse_schedule", broken)
    assert calculate(ORDINARY) == {
        "id": "case",
        "error": "request: could not be calculated (OverflowError), please report this as a bug of localctl",
    }


def test_windows_of_years_are_answered_or_refused_never_endless():
    hours = default(" ".join(f"{hour * 3600}={6 + hour}" for hour in range(24)), every="Daily", evse=0)
    assert len(calculate(request(hours, ask=365 * DAY))["periods"]) == 365 * 24
    seconds = default(" ".join(f"{at}={6 + at % 9}" for at in range(1024)), every="Daily", evse=0)
    assert "ask for a shorter one" in composite(seconds, ask=3650 * DAY)
    many = tuple(range(1, 1001))
    assert "ask for a shorter one" in composite(hours, evse=0, evses=many, ask=365 * DAY)
    assert composite(station_max("0=63"), default("0=6", evse=0), evse=0, evses=many, ask=2**31) == "0=63/3"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("2026-01-01T00:00:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
PLACES = [("protocol",), ("start",), ("duration_s",), ("unit",), ("evseId",), ("evseIds",), ("assumptions",)]
PLACES += [("assumptions", "voltage"), ("assumptions", "default_limit_A"), ("transactions",), ("transactions", 0)]
PLACES += [("transactions", 0, "transactionId"), ("profiles",), ("profiles", 0), PROFILE, SCHEDULE, STEP]
PLACES += [(*PROFILE, name) for name in ORDINARY["profiles"][0]["profile"]]
PLACES += [(*SCHEDULE, name) for name in ORDINARY["profiles"][0]["profile"]["chargingSchedule"][0]]
PLACES += [(*STEP, "startPeriod"), (*STEP, "limit"), (*STEP, "numberPhases"), (*STEP, "phaseToUse")]


@given(st.sampled_from(PLACES), JSON)
def test_whatever_stands_anywhere_the_answer_is_periods_or_a_sentence(path, value):
    answer = calculate(edited(path, value))
    assert answer.keys() in ({"id", "periods"}, {"id", "error"})
    json.dumps(answer, allow_nan=False)
    if "error" in answer:
        assert len(answer["error"]) < 1000
        assert "bug of localctl" not in answer["error"]
