"""May this profile be installed: one case for each requirement."""

import dataclasses

import pytest

from localctl.charging.instants import Instant
from localctl.charging.profile_rules import Context, validate, validity_overlaps
from localctl.charging.profiles import (
    ChargingProfile,
    ChargingSchedule,
    Installed,
    Kind,
    OperationMode,
    Period,
    PerPhase,
    Protocol,
    Purpose,
    RateUnit,
    Recurrency,
    Transaction,
)

ON_EVSE = Context(evse_id=1)
ON_STATION = Context(evse_id=0)
START = Instant(1_700_000_000)
DEFAULT = ChargingProfile(
    id=1,
    stack_level=0,
    purpose=Purpose.TX_DEFAULT,
    kind=Kind.ABSOLUTE,
    schedules=(ChargingSchedule(unit=RateUnit.AMPS, periods=(Period(start_s=0, limit=6),), start_at=START),),
)


def profile(**changes):
    return dataclasses.replace(DEFAULT, **changes)


def scheduled(**changes):
    return profile(schedules=(dataclasses.replace(DEFAULT.schedules[0], **changes),))


def period(**changes):
    return scheduled(periods=(dataclasses.replace(Period(start_s=0, limit=6), **changes),))


def on(context, **changes):
    return dataclasses.replace(context, **changes)


def refused_by(candidate, context=ON_EVSE):
    return [reason.requirement for reason in validate(candidate, context)]


TX = profile(purpose=Purpose.TX, transaction_id="a")
V21 = on(ON_EVSE, protocol=Protocol.V21)
V16 = on(ON_EVSE, protocol=Protocol.V16)
RUNNING = on(ON_EVSE, transactions=(Transaction(evse_id=1, id="a", started_at=START),))


@pytest.mark.parametrize("context", [ON_EVSE, ON_STATION, V16, V21])
def test_an_ordinary_default_profile_may_be_installed(context):
    assert refused_by(DEFAULT, context) == []


def test_k01_fr03_a_tx_profile_names_its_transaction():
    assert refused_by(profile(purpose=Purpose.TX)) == ["K01.FR.03"]
    assert refused_by(profile(purpose=Purpose.TX), V16) == []


def test_k01_fr05_an_external_limit_keeps_its_id():
    external = Installed(evse_id=0, profile=profile(purpose=Purpose.EXTERNAL))
    assert refused_by(DEFAULT, on(ON_EVSE, installed=(external,))) == ["K01.FR.05"]


def test_k01_fr05_the_same_id_is_a_replacement_not_a_duplicate():
    assert refused_by(DEFAULT, on(ON_EVSE, installed=(Installed(evse_id=1, profile=DEFAULT),))) == []


def test_k01_fr06_a_second_profile_of_one_level_is_refused_while_both_are_valid():
    there = Installed(evse_id=1, profile=profile(id=2, valid_to_at=START))
    assert refused_by(DEFAULT, on(ON_EVSE, installed=(there,))) == ["K01.FR.06"]
    assert refused_by(profile(valid_from_at=START), on(ON_EVSE, installed=(there,))) == []
    assert refused_by(profile(stack_level=1), on(ON_EVSE, installed=(there,))) == []
    assert refused_by(DEFAULT, on(V16, installed=(there,))) == []


def test_k01_fr09_no_tx_profile_without_a_transaction():
    assert refused_by(TX, RUNNING) == []
    assert refused_by(TX, on(RUNNING, transactions=())) == ["K01.FR.09"]


def test_k01_fr16_a_tx_profile_needs_an_evse():
    assert refused_by(TX, ON_STATION) == ["K01.FR.16"]


@pytest.mark.parametrize("phases", [None, 2, 3])
def test_k01_fr19_phase_to_use_only_with_one_phase(phases):
    assert refused_by(period(number_phases=phases, phase_to_use=1)) == ["K01.FR.19"]
    assert refused_by(period(number_phases=1, phase_to_use=1)) == []


def test_k01_fr22_a_csms_cannot_set_external_constraints():
    external = profile(purpose=Purpose.EXTERNAL)
    assert refused_by(external, ON_STATION) == ["K01.FR.22"]
    assert refused_by(external, on(ON_STATION, from_csms=False)) == []


def test_3_13_external_constraints_on_one_evse_came_with_2_1():
    external = profile(purpose=Purpose.EXTERNAL)
    assert refused_by(external, on(ON_EVSE, from_csms=False)) == ["3.13"]
    assert refused_by(external, on(V21, from_csms=False)) == []


def test_k01_fr26_the_unit_is_one_the_station_takes():
    assert refused_by(DEFAULT, on(ON_EVSE, units=frozenset({RateUnit.WATTS}))) == ["K01.FR.26"]


def test_k01_fr28_the_evse_exists():
    assert refused_by(DEFAULT, on(ON_EVSE, evse_ids=frozenset({2}))) == ["K01.FR.28"]
    assert refused_by(DEFAULT, on(ON_STATION, evse_ids=frozenset({2}))) == []
    assert refused_by(DEFAULT, Context(evse_id=-1)) == ["K01.FR.28"]


def test_k01_fr31_first_period_must_start_at_zero():
    assert refused_by(period(start_s=1)) == ["K01.FR.31"]


def test_k01_fr33_the_transaction_named_is_the_one_that_runs():
    assert refused_by(profile(purpose=Purpose.TX, transaction_id="b"), RUNNING) == ["K01.FR.33"]


def test_k01_fr34_several_schedules_only_for_iso_15118():
    several = profile(schedules=DEFAULT.schedules * 2)
    assert refused_by(several) == ["K01.FR.34"]
    several_tx = profile(purpose=Purpose.TX, transaction_id="a", schedules=DEFAULT.schedules * 2)
    assert refused_by(several_tx) == ["K01.FR.34"]
    assert refused_by(several_tx, on(ON_EVSE, ev_needs_known=True)) == []


@pytest.mark.parametrize("starts", [(0, 0), (0, 20, 10)])
def test_k01_fr35_periods_come_in_increasing_order(starts):
    assert refused_by(scheduled(periods=tuple(Period(start_s=at, limit=6) for at in starts))) == ["K01.FR.35"]


def test_k01_fr38_a_station_maximum_is_not_relative():
    relative = profile(purpose=Purpose.STATION_MAX, kind=Kind.RELATIVE, schedules=scheduled(start_at=None).schedules)
    assert refused_by(relative, ON_STATION) == ["K01.FR.38"]


def test_k01_fr39_one_level_once_for_a_transaction():
    there = Installed(evse_id=1, profile=profile(id=2, purpose=Purpose.TX, transaction_id="a"))
    assert refused_by(TX, on(RUNNING, installed=(there,))) == ["K01.FR.39"]
    assert refused_by(TX, on(RUNNING, installed=(dataclasses.replace(there, evse_id=2),))) == []


@pytest.mark.parametrize("kind", [Kind.ABSOLUTE, Kind.RECURRING])
def test_k01_fr40_a_start_is_needed(kind):
    lacking = dataclasses.replace(scheduled(start_at=None), kind=kind, recurrency=Recurrency.DAILY)
    assert refused_by(lacking) == ["K01.FR.40"]
    assert refused_by(lacking, V16) == (["K01.FR.40"] if kind is Kind.RECURRING else [])


def test_k01_fr41_relative_has_no_start():
    assert refused_by(profile(kind=Kind.RELATIVE)) == ["K01.FR.41"]
    assert refused_by(profile(kind=Kind.RELATIVE), V16) == []


def test_k01_fr44_dc_ignores_phases_and_since_2_1_refuses_them():
    assert refused_by(period(number_phases=3), on(ON_EVSE, dc=True)) == []
    assert refused_by(period(number_phases=3), on(V21, dc=True)) == ["K01.FR.44"]


def test_k01_fr48_phase_to_use_needs_a_station_that_switches():
    assert refused_by(period(number_phases=1, phase_to_use=2), on(ON_EVSE, phase_switching=False)) == ["K01.FR.48"]


@pytest.mark.parametrize(("mine", "theirs", "requirement"), [(0, 1, "K01.FR.52"), (1, 0, "K01.FR.53")])
def test_k01_fr52_fr53_defaults_of_station_and_evse_share_one_stack(mine, theirs, requirement):
    there = Installed(evse_id=theirs, profile=profile(id=2))
    assert refused_by(DEFAULT, Context(evse_id=mine, installed=(there,))) == [requirement]


def test_k01_fr111_modes_fit_the_purpose():
    steered = PerPhase(operation_mode=OperationMode.CENTRAL_SETPOINT)
    assert refused_by(period(v2x=steered), V21) == []
    candidate = dataclasses.replace(period(v2x=steered), purpose=Purpose.STATION_MAX)
    assert refused_by(candidate, on(V21, evse_id=0)) == ["K01.FR.111"]


def test_k01_fr120_purposes_of_2_1_are_unknown_before():
    candidate = profile(purpose=Purpose.LOCAL_GENERATION)
    assert refused_by(candidate, ON_STATION) == ["K01.FR.120"]
    assert refused_by(candidate, V21) == []


def test_k04_fr03_a_station_maximum_is_for_the_station():
    assert refused_by(profile(purpose=Purpose.STATION_MAX)) == ["K04.FR.03"]


def test_k21_priority_charging_has_no_duration():
    candidate = dataclasses.replace(scheduled(duration_s=60), purpose=Purpose.PRIORITY)
    assert refused_by(candidate, V21) == ["K21"]


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


def test_f01_fr11_a_profile_in_a_remote_start_names_no_transaction():
    starting = on(ON_EVSE, in_request_start=True)
    assert refused_by(TX, starting) == ["F01.FR.11"]
    assert refused_by(profile(purpose=Purpose.TX), starting) == []


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


def test_all_reasons_are_given_at_once():
    bad = profile(purpose=Purpose.STATION_MAX, kind=Kind.RELATIVE, stack_level=-1)
    assert refused_by(bad) == ["K04.FR.03", "SmartChargingCtrlr.ProfileStackLevel", "K01.FR.38", "K01.FR.41"]


def test_k01_fr36_fr37_validity_is_half_open():
    assert not validity_overlaps(profile(valid_to_at=START), profile(valid_from_at=START))
    assert validity_overlaps(profile(valid_to_at=Instant(START + 1)), profile(valid_from_at=START))
    assert validity_overlaps(profile(), profile())
