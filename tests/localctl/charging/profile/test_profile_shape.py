"""What is wrong with a profile by itself: one case for each requirement."""

import dataclasses

import pytest

from localctl.charging.profile.profile_rules import Context, validate
from localctl.charging.profile.profiles import Kind, Period, Protocol, Purpose, RateUnit, Recurrency
from tests.localctl.charging.profile_talk import (
    DEFAULT,
    ON_EVSE,
    ON_STATION,
    TX,
    V16,
    V21,
    on,
    period,
    profile,
    refused_by,
    scheduled,
)


def test_k01_fr16_a_tx_profile_needs_an_evse():
    assert refused_by(TX, ON_STATION) == ["K01.FR.16"]


@pytest.mark.parametrize("phases", [None, 2, 3])
def test_k01_fr19_phase_to_use_only_with_one_phase(phases):
    assert refused_by(period(number_phases=phases, phase_to_use=1)) == ["K01.FR.19"]
    assert refused_by(period(number_phases=1, phase_to_use=1)) == []


def test_3_13_external_constraints_on_one_evse_came_with_2_1():
    external = profile(purpose=Purpose.EXTERNAL)
    assert refused_by(external, on(ON_EVSE, from_csms=False)) == ["3.13"]
    assert refused_by(external, on(V21, from_csms=False)) == []


def test_k01_fr26_the_unit_is_one_the_station_takes():
    assert refused_by(DEFAULT, on(ON_EVSE, units=frozenset({RateUnit.WATTS}))) == ["K01.FR.26"]


def test_k01_fr31_first_period_must_start_at_zero():
    assert refused_by(period(start_s=1)) == ["K01.FR.31"]


@pytest.mark.parametrize("starts", [(0, 0), (0, 20, 10)])
def test_k01_fr35_periods_come_in_increasing_order(starts):
    assert refused_by(scheduled(periods=tuple(Period(start_s=at, limit=6) for at in starts))) == ["K01.FR.35"]


def test_k01_fr38_a_station_maximum_is_not_relative():
    relative = profile(purpose=Purpose.STATION_MAX, kind=Kind.RELATIVE, schedules=scheduled(start_at=None).schedules)
    assert refused_by(relative, ON_STATION) == ["K01.FR.38"]


@pytest.mark.parametrize("kind", [Kind.ABSOLUTE, Kind.RECURRING])
def test_k01_fr40_a_start_is_needed(kind):
    lacking = dataclasses.replace(scheduled(start_at=None), kind=kind, recurrency=Recurrency.DAILY)
    assert refused_by(lacking) == ["K01.FR.40"]
    assert refused_by(lacking, V16) == (["K01.FR.40"] if kind is Kind.RECURRING else [])


def test_k01_fr41_relative_has_no_start():
    assert refused_by(profile(kind=Kind.RELATIVE)) == ["K01.FR.41"]
    assert refused_by(profile(kind=Kind.RELATIVE), V16) == []


def test_k01_fr120_purposes_of_2_1_are_unknown_before():
    candidate = profile(purpose=Purpose.LOCAL_GENERATION)
    assert refused_by(candidate, ON_STATION) == ["K01.FR.120"]
    assert refused_by(candidate, V21) == []


def test_k04_fr03_a_station_maximum_is_for_the_station():
    assert refused_by(profile(purpose=Purpose.STATION_MAX)) == ["K04.FR.03"]


@pytest.mark.parametrize(
    ("schedules", "requirements"),
    [
        (DEFAULT.schedules * 2, ["K28.FR.01", "K01.FR.34"]),
        (scheduled(periods=(Period(start_s=0, limit=6), Period(start_s=1, limit=7))).schedules, ["K28.FR.02"]),
        (period(start_s=5).schedules, ["K01.FR.31", "K28.FR.03"]),
    ],
)
def test_k28_fr01_fr02_fr03_a_dynamic_profile_is_one_period(schedules, requirements):
    assert refused_by(profile(kind=Kind.DYNAMIC, schedules=schedules), V21) == requirements
    assert refused_by(profile(kind=Kind.DYNAMIC), V21) == []
    assert refused_by(profile(kind=Kind.DYNAMIC)) == ["K28.FR.01"]


def test_1_6_knows_no_external_constraints():
    assert refused_by(profile(purpose=Purpose.EXTERNAL), Context(evse_id=0, protocol=Protocol.V16, from_csms=False))


@pytest.mark.parametrize("limit", [float("nan"), float("inf"), -1.0])
def test_limits_that_are_no_amperes_are_refused_with_their_place(limit):
    (reason,) = validate(period(limit=limit), ON_EVSE)
    assert reason.code == "InvalidSchedule"
    assert "chargingSchedule[0].chargingSchedulePeriod[0].limit: must be a finite number" in str(reason)


def test_a_limit_may_be_missing_since_2_1_only():
    assert refused_by(period(limit=None)) == ["2.11"]
    assert refused_by(period(limit=None), V21) == []


@pytest.mark.parametrize(
    ("candidate", "code"),
    [
        (profile(stack_level=-1), "InvalidStackLevel"),
        (profile(stack_level=9), "InvalidStackLevel"),
        (scheduled(periods=DEFAULT.schedules[0].periods * 3), "TooManyElements"),
        (scheduled(periods=()), "TooManyElements"),
        (scheduled(duration_s=-1), "InvalidSchedule"),
        (profile(kind=Kind.RECURRING), "InvalidProfile"),
        (period(number_phases=4), "InvalidSchedule"),
        (period(number_phases=1, phase_to_use=4), "InvalidSchedule"),
    ],
)
def test_bounds_of_the_device_model_have_their_reason_codes(candidate, code):
    assert code in [reason.code for reason in validate(candidate, on(ON_EVSE, max_stack_level=8, max_periods=2))]
