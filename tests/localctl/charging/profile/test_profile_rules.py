"""May this profile be installed here and now: one case for each requirement."""

import dataclasses

import pytest

from localctl.charging.base.instants import Instant
from localctl.charging.profile.profile_rules import Context, validity_overlaps
from localctl.charging.profile.profiles import Installed, Kind, OperationMode, PerPhase, Purpose
from tests.localctl.charging.profile_talk import (
    DEFAULT,
    ON_EVSE,
    ON_STATION,
    RUNNING,
    START,
    TX,
    V16,
    V21,
    on,
    period,
    profile,
    refused_by,
    scheduled,
)


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


def test_k01_fr22_a_csms_cannot_set_external_constraints():
    external = profile(purpose=Purpose.EXTERNAL)
    assert refused_by(external, ON_STATION) == ["K01.FR.22"]
    assert refused_by(external, on(ON_STATION, from_csms=False)) == []


def test_k01_fr28_the_evse_exists():
    assert refused_by(DEFAULT, on(ON_EVSE, evse_ids=frozenset({2}))) == ["K01.FR.28"]
    assert refused_by(DEFAULT, on(ON_STATION, evse_ids=frozenset({2}))) == []
    assert refused_by(DEFAULT, Context(evse_id=-1)) == ["K01.FR.28"]


def test_k01_fr33_the_transaction_named_is_the_one_that_runs():
    assert refused_by(profile(purpose=Purpose.TX, transaction_id="b"), RUNNING) == ["K01.FR.33"]


def test_k01_fr34_several_schedules_only_for_iso_15118():
    several = profile(schedules=DEFAULT.schedules * 2)
    assert refused_by(several) == ["K01.FR.34"]
    several_tx = profile(purpose=Purpose.TX, transaction_id="a", schedules=DEFAULT.schedules * 2)
    assert refused_by(several_tx) == ["K01.FR.34"]
    assert refused_by(several_tx, on(ON_EVSE, ev_needs_known=True)) == []


def test_k01_fr39_one_level_once_for_a_transaction():
    there = Installed(evse_id=1, profile=profile(id=2, purpose=Purpose.TX, transaction_id="a"))
    assert refused_by(TX, on(RUNNING, installed=(there,))) == ["K01.FR.39"]
    assert refused_by(TX, on(RUNNING, installed=(dataclasses.replace(there, evse_id=2),))) == []


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


def test_k21_priority_charging_has_no_duration():
    candidate = dataclasses.replace(scheduled(duration_s=60), purpose=Purpose.PRIORITY)
    assert refused_by(candidate, V21) == ["K21"]


def test_f01_fr11_a_profile_in_a_remote_start_names_no_transaction():
    starting = on(ON_EVSE, in_request_start=True)
    assert refused_by(TX, starting) == ["F01.FR.11"]
    assert refused_by(profile(purpose=Purpose.TX), starting) == []


def test_all_reasons_are_given_at_once():
    bad = profile(purpose=Purpose.STATION_MAX, kind=Kind.RELATIVE, stack_level=-1)
    assert refused_by(bad) == ["K04.FR.03", "SmartChargingCtrlr.ProfileStackLevel", "K01.FR.38", "K01.FR.41"]


def test_k01_fr36_fr37_validity_is_half_open():
    assert not validity_overlaps(profile(valid_to_at=START), profile(valid_from_at=START))
    assert validity_overlaps(profile(valid_to_at=Instant(START + 1)), profile(valid_from_at=START))
    assert validity_overlaps(profile(), profile())
