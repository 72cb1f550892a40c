"""Profiles in and out of OCPP JSON, both shapes."""

import copy
import json
from pathlib import Path

import jsonschema_rs
import ocpp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.base.json_reader import BadMember
from localctl.charging.profile.profile_json import read_profile, read_profile_16, write_profile, write_profile_16
from localctl.charging.profile.profiles import (
    Kind,
    OperationMode,
    Period,
    PerPhase,
    Protocol,
    Purpose,
    RateUnit,
    Recurrency,
)

NEW = {
    "id": 7,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Recurring",
    "recurrencyKind": "Weekly",
    "validFrom": "1970-01-01T00:00:10Z",
    "validTo": "9999-12-31T23:59:59Z",
    "transactionId": "tx-1",
    "chargingSchedule": [
        {
            "id": 3,
            "startSchedule": "2026-01-01T00:00:00Z",
            "duration": 3600,
            "chargingRateUnit": "A",
            "minChargingRate": 6.0,
            "chargingSchedulePeriod": [
                {"startPeriod": 0, "limit": 16.0},
                {"startPeriod": 60, "limit": 8.5, "numberPhases": 1, "phaseToUse": 2},
            ],
        }
    ],
}
OLD = {
    "chargingProfileId": 7,
    "stackLevel": 2,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Absolute",
    "transactionId": 42,
    "chargingSchedule": {
        "startSchedule": "2026-01-01T00:00:00Z",
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 11000.0, "numberPhases": 3}],
    },
}


PERIOD = "chargingProfile.chargingSchedule[0].chargingSchedulePeriod[0]"


def schema(version):
    folder = Path(ocpp.__file__).parent / version / "schemas"
    name = "SetChargingProfile.json" if version == "v16" else "SetChargingProfileRequest.json"
    return jsonschema_rs.validator_for(json.loads((folder / name).read_text("utf-8-sig")))


def changed(raw, **members):
    return {**copy.deepcopy(raw), **members}


def with_period(raw, **members):
    raw = copy.deepcopy(raw)
    raw["chargingSchedule"][0]["chargingSchedulePeriod"][0].update(members)
    return raw


def test_a_profile_is_read_into_values():
    profile = read_profile(NEW)
    assert (profile.id, profile.stack_level, profile.transaction_id) == (7, 2, "tx-1")
    assert (profile.purpose, profile.kind, profile.recurrency) == (Purpose.TX, Kind.RECURRING, Recurrency.WEEKLY)
    assert (profile.valid_from_at, profile.valid_to_at) == (10, 253402300799)
    (schedule,) = profile.schedules
    assert (schedule.unit, schedule.duration_s, schedule.start_at) == (RateUnit.AMPS, 3600, 1767225600)
    assert schedule.periods[1] == Period(start_s=60, limit=8.5, number_phases=1, phase_to_use=2)


def test_a_profile_is_written_as_it_was_read_and_the_published_schemas_agree():
    assert write_profile(read_profile(NEW)) == NEW
    for version in ("v201", "v21"):
        schema(version).validate({"evseId": 1, "chargingProfile": write_profile(read_profile(NEW))})


def test_a_profile_of_1_6_becomes_the_same_value_and_goes_back():
    profile = read_profile_16(OLD)
    assert (profile.id, profile.transaction_id, profile.schedules[0].unit) == (7, "42", RateUnit.WATTS)
    assert write_profile_16(profile) == OLD
    schema("v16").validate({"connectorId": 1, "csChargingProfiles": write_profile_16(profile)})


def test_the_station_maximum_has_another_name_in_1_6():
    raw = changed(OLD, chargingProfilePurpose="ChargePointMaxProfile")
    profile = read_profile_16(raw)
    assert profile.purpose is Purpose.STATION_MAX
    assert write_profile_16(profile) == raw
    assert write_profile(profile)["chargingProfilePurpose"] == "ChargingStationMaxProfile"


def test_1_6_takes_a_transaction_id_as_text_too_and_writes_only_integers():
    assert read_profile_16(changed(OLD, transactionId="43")).transaction_id == "43"
    with pytest.raises(BadMember, match=r"transactionId: must be an integer in 1.6, is 'tx-1'"):
        write_profile_16(read_profile(NEW))


def test_1_6_has_no_phase_to_use_and_no_purposes_of_later_versions():
    profile = read_profile(changed(NEW, transactionId="1"))
    assert "phaseToUse" not in write_profile_16(profile)["chargingSchedule"]["chargingSchedulePeriod"][1]
    with pytest.raises(BadMember, match=r"OCPP 1\.6 has no LocalGeneration"):
        write_profile_16(read_profile(changed(NEW, chargingProfilePurpose="LocalGeneration")))


def test_members_of_2_1_are_kept():
    raw = with_period(NEW, limit_L2=10.0, setpoint=-4.0, dischargeLimit=-8.0, operationMode="ExternalLimits")
    raw["chargingSchedule"][0] |= {"useLocalTime": True, "randomizedDelay": 30}
    raw |= {
        "chargingProfileKind": "Dynamic",
        "dynUpdateTime": "2026-01-01T00:00:00Z",
        "dynUpdateInterval": 60,
        "maxOfflineDuration": 900,
        "invalidAfterOfflineDuration": False,
    }
    profile = read_profile(raw)
    assert profile.schedules[0].periods[0].v2x == PerPhase(
        limit_l2=10, setpoint=-4, discharge_limit=-8, operation_mode=OperationMode.EXTERNAL_LIMITS
    )
    assert (profile.dyn_update_interval_s, profile.max_offline_s, profile.invalid_after_offline) == (60, 900, False)
    assert write_profile(profile) == raw
    schema("v21").validate({"evseId": 1, "chargingProfile": write_profile(profile)})


@pytest.mark.parametrize(
    "members", [{"limit_L2": 10.0}, {"limit_L3": -10}, {"operationMode": "Off"}, {"setpoint": "x"}]
)
def test_what_2_1_added_to_a_period_is_unknown_before_it(members):
    known = read_profile(NEW, protocol=Protocol.V201)
    assert read_profile(with_period(NEW, **members), protocol=Protocol.V201) == known
    old = copy.deepcopy(OLD)
    old["chargingSchedule"]["chargingSchedulePeriod"][0] |= members
    assert read_profile_16(old) == read_profile_16(OLD)


@given(st.floats(0, 1e6, allow_nan=False))
def test_r17_what_is_written_never_allows_more_than_what_was_read(limit):
    profile = read_profile(with_period(NEW, limit=limit, dischargeLimit=-limit))
    period = write_profile(profile)["chargingSchedule"][0]["chargingSchedulePeriod"][0]
    assert limit - 0.1 < period["limit"] <= limit + 1e-6
    assert -limit - 1e-6 <= period["dischargeLimit"] <= 0


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ([], "chargingProfile"),
        ({}, r"chargingProfile.chargingSchedule"),
        (changed(NEW, id="7"), "chargingProfile.id"),
        (changed(NEW, stackLevel=None), "chargingProfile.stackLevel"),
        (changed(NEW, chargingProfilePurpose="Tx"), "chargingProfile.chargingProfilePurpose"),
        (changed(NEW, chargingProfileKind=3), "chargingProfile.chargingProfileKind"),
        (changed(NEW, recurrencyKind="Monthly"), "chargingProfile.recurrencyKind"),
        (changed(NEW, validTo="tomorrow"), "chargingProfile.validTo"),
        (changed(NEW, chargingSchedule=[]), "chargingProfile.chargingSchedule"),
        (changed(NEW, chargingSchedule=NEW["chargingSchedule"] * 4), "chargingProfile.chargingSchedule"),
        (with_period(NEW, limit=-1), PERIOD + ".limit"),
        (with_period(NEW, limit=float("nan")), PERIOD + ".limit"),
        (with_period(NEW, limit_L2=-10), PERIOD + ".limit_L2"),
        (with_period(NEW, limit_L3=-0.1), PERIOD + ".limit_L3"),
        (with_period(NEW, startPeriod=0.5), PERIOD + ".startPeriod"),
        (with_period(NEW, operationMode="Off"), PERIOD + ".operationMode"),
    ],
)
def test_a_profile_that_cannot_be_read_names_the_member(raw, path):
    with pytest.raises(BadMember) as caught:
        read_profile(raw)
    assert caught.value.path == path


def test_1024_periods_are_read_and_1025_are_refused():
    raw = copy.deepcopy(NEW)
    raw["chargingSchedule"][0]["chargingSchedulePeriod"] = [{"startPeriod": at, "limit": 6} for at in range(1024)]
    assert len(read_profile(raw).schedules[0].periods) == 1024
    raw["chargingSchedule"][0]["chargingSchedulePeriod"].append({"startPeriod": 1024, "limit": 6})
    with pytest.raises(BadMember, match="must have 1 to 1024 elements, has 1025"):
        read_profile(raw)
