"""Composite schedules by hand: conformance values and at least one case for each rule."""

import pytest

from tests.localctl.charging.composite_talk import (
    DAY,
    calculate,
    composite,
    default,
    external,
    profile,
    request,
    station_max,
    tx,
)

# --- conformance values (OCPP test cases) ------------------------------------------------------------------------


@pytest.mark.parametrize("late", [0, 10, 60])
def test_tc_k_40_two_levels_of_defaults(late):
    low = default("0=6 100=8 200=10", level=0, lasting=400)
    high = default("0=7 100=9", level=1, lasting=150)
    expected = f"0=7/3 {100 - late}=9/3 {150 - late}=8/3 {200 - late}=10/3"
    assert composite(low, high, at=late, ask=340) == expected


@pytest.mark.parametrize("late", [0, 1, 49])
def test_tc_k_41_transaction_over_default_under_station_maximum(late):
    said = composite(
        station_max("0=10", lasting=DAY),
        default("0=6 60=10 120=8 180=15 260=8", lasting=300),
        tx("0=8 50=11 140=16 200=6 240=12", lasting=260),
        at=late,
        running={1: 0},
    )
    edges = [f"{at - late}={limit}/3" for at, limit in ((50, 10), (200, 6), (240, 10), (260, 8), (300, 10))]
    assert said == " ".join(["0=8/3", *edges])


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
def test_profiles_that_share_an_id_across_purposes_and_evses_all_count(protocol):
    both = default("0=6", id=2), tx("0=8", id=2, lasting=260)
    assert composite(*both, running={1: 0}, protocol=protocol) == "0=8/3 260=6/3"
    copies = default("0=6", id=7, evse=1), default("0=10", id=7, evse=2)
    assert composite(*copies, evse=0, evses=(1, 2), protocol=protocol) == "0=16/3"


def test_tc_k_21_a_relative_default_that_is_valid_later():
    assert composite(default("0=6", start=None, validFrom=300), local_limit_A=16) == "0=16 300=6/3"


def test_tc_k_22_a_relative_default_that_ends_and_the_station_sums_it_up():
    ending = default("0=6", evse=0, start=None, validTo=300)
    assert composite(ending, local_limit_A=16) == "0=6/3 300=16"
    assert composite(ending, evse=0, evses=(1, 2, 3), local_limit_A=16) == "0=18/3 300=48"


def test_tc_k_23_a_default_that_starts_later():
    assert composite(default("0=6", start=300), local_limit_A=16) == "0=16 300=6/3"


def test_tc_k_39_with_no_profile_the_answer_is_the_local_limit():
    assert composite(local_limit_A=16) == "0=16"
    assert composite(local_limit_A=16, unit="W") == "0=11040"
    assert composite() == "0=48"
    assert composite(unit="W") == "0=33120"


# --- R1 to R4: instants ------------------------------------------------------------------------------------------


def test_r1_validity_includes_its_first_second_and_not_its_last():
    assert composite(default("0=6", validFrom=10, validTo=20)) == "0=48 10=6/3 20=48"


def test_r1_duration_ends_before_its_last_second_and_a_period_past_it_never_runs():
    assert composite(default("0=6 50=8 60=9", lasting=60)) == "0=6/3 50=8/3 60=48"


def test_r1_fractions_of_a_second_are_dropped():
    late = default("0=6", start="2026-01-01T00:00:10.999Z", validTo="2026-01-01T00:00:20.999+00:00")
    assert composite(late, at="2026-01-01T00:00:00.9Z") == "0=48 10=6/3 20=48"


@pytest.mark.parametrize("every", [None, "Daily", "Weekly"])
def test_r2_nothing_runs_before_its_start(every):
    assert composite(default("0=6", start=100, every=every)) == "0=48 100=6/3"


def test_r3_daily_runs_again_after_24_hours_and_is_silent_between():
    morning = default("0=6 30=8", start=-3 * DAY + 50, lasting=60, every="Daily")
    assert composite(morning, ask=DAY + 100) == f"0=48 50=6/3 80=8/3 110=48 {DAY + 50}=6/3 {DAY + 80}=8/3"


def test_r3_weekly_runs_on_its_weekday_only():
    weekly = default("0=6", start=-7 * DAY + 50, lasting=60, every="Weekly")
    assert composite(weekly, ask=DAY) == "0=48 50=6/3 110=48"
    assert composite(weekly, at=DAY, ask=DAY) == "0=48"


def test_r3_what_is_longer_than_the_recurrence_is_cut():
    long = default(f"0=6 100=7 {DAY + 10}=9", lasting=3 * DAY, every="Daily")
    assert composite(long, at=DAY, ask=200) == "0=6/3 100=7/3"


def test_r3_a_lower_level_leads_while_the_recurring_one_is_silent():
    night = default("0=6", level=1, start=-DAY + 50, lasting=60, every="Daily")
    assert composite(night, default("0=10", level=0)) == "0=10/3 50=6/3 110=10/3"


def test_r4_without_duration_the_last_period_holds():
    assert composite(default("0=6 50=8"), at=10 * DAY) == "0=8/3"
    assert composite(default("0=6 50=8", every="Daily"), at=10 * DAY - 100) == "0=8/3 100=6/3 150=8/3"


def test_validity_clips_and_never_shifts():
    assert composite(default("0=6 50=8", validFrom=30)) == "0=48 30=6/3 50=8/3"


# --- R5 to R8: transactions and levels ---------------------------------------------------------------------------


def test_r5_relative_counts_from_the_transaction_and_without_one_from_the_request():
    relative = default("0=6 100=8", start=None)
    assert composite(relative, at=1000, running={1: 970}) == "0=6/3 70=8/3"
    assert composite(relative, at=1000) == "0=6/3 100=8/3"


def test_r5_the_start_of_another_evses_transaction_does_not_count():
    assert (
        composite(default("0=6 100=8", start=None, evse=0), at=1000, evses=(1, 2), running={2: 970}) == "0=6/3 100=8/3"
    )


def test_r5_a_relative_external_limit_counts_from_the_transaction_on_its_evse_and_from_the_request_on_the_station():
    limit = external("0=6 100=8", start=None)
    assert composite(limit, at=1000, running={1: 970}) == "0=6/3 70=8/3"
    assert composite(limit, evse=0, at=1000, running={1: 970}) == "0=6/3 100=8/3"


def test_r6_a_higher_level_that_is_silent_shadows_nothing():
    assert composite(default("0=6", level=5, start=50, lasting=10), default("0=10")) == "0=10/3 50=6/3 60=10/3"


def test_r6_the_level_decides_not_the_lower_limit():
    assert composite(default("0=16", level=1), default("0=6", level=0)) == "0=16/3"


def test_k01_fr14_fr15_defaults_of_the_station_and_the_evse_are_one_stack():
    station, own = default("0=6", evse=0, level=2, lasting=50), default("0=10", evse=1, level=1, lasting=80)
    assert composite(station, own, default("0=8", evse=0), evses=(1, 2)) == "0=6/3 50=10/3 80=8/3"
    assert composite(station, own, default("0=8", evse=0), evse=2, evses=(1, 2)) == "0=6/3 50=8/3"


def test_equal_levels_the_evse_leads_before_the_station_and_newer_before_older():
    assert composite(default("0=10", evse=1), default("0=6", evse=0)) == "0=10/3"
    assert composite(default("0=10", lasting=60), default("0=6", lasting=50)) == "0=6/3 50=10/3 60=48"


def test_r7_a_tx_profile_replaces_the_default_even_if_higher_and_gives_it_back():
    assert composite(tx("0=20", lasting=60), default("0=6", level=9), running={1: 0}) == "0=20/3 60=6/3"
    assert composite(tx("0=20", validTo=60), default("0=6", level=9), running={1: 0}) == "0=20/3 60=6/3"


def test_r7_a_tx_profile_is_for_its_transaction_and_its_evse_only():
    other = tx("0=20", transactionId="u")
    assert composite(other, default("0=6"), running={1: 0}) == "0=6/3"
    assert composite(tx("0=20", evse=2), default("0=6"), evses=(1, 2), running={1: 0, 2: 0}) == "0=6/3"


def test_r8_without_a_transaction_the_default_counts_and_tx_profiles_do_not():
    assert composite(tx("0=20"), default("0=6")) == "0=6/3"


# --- R9 to R12, R14, R15: limits, phases, units ------------------------------------------------------------------


def test_r9_the_lowest_of_session_external_limit_and_station_maximum():
    said = composite(default("0=12"), external("0=20 100=9"), station_max("0=20 200=7"))
    assert said == "0=12/3 100=9/3 200=7/3"


def test_r10_k01_fr49_the_fewest_phases_of_the_leaders_absent_counting_as_three():
    assert composite(default("0=6"), station_max("0=20/2")) == "0=6/2"
    assert composite(default("0=6/2"), station_max("0=20")) == "0=6/2"
    assert composite(default("0=6/2"), default("0=10/1", level=1, start=100)) == "0=6/2 100=10/1"


def test_r10_the_phase_to_use_is_named_when_one_phase_is_left():
    assert composite(default("0=6/1@2"), station_max("0=20")) == "0=6/1@2"
    assert composite(default("0=6"), station_max("0=20/1@3")) == "0=6/1@3"
    assert composite(default("0=6/1@2"), station_max("0=20/1@3")) == "0=6/1"
    assert composite(default("0=6/1")) == "0=6/1"


@pytest.mark.parametrize(("phases", "watts"), [(1, 230), (2, 460), (3, 690)])
def test_r11_watts_of_an_ampere_by_phases(phases, watts):
    assert composite(default(f"0=10/{phases}"), unit="W") == f"0={10 * watts}/{phases}"
    assert composite(default(f"0={10 * watts}/{phases}", unit="W")) == f"0=10/{phases}"


def test_r11_the_composites_phases_convert_so_both_units_give_one_answer():
    both = station_max("0=16/1"), default("0=6210/3", unit="W")
    assert composite(*both) == "0=16/1"
    assert composite(*both, unit="W") == "0=3680/1"
    other = default("0=10/3"), external("0=11000/1", unit="W")
    assert composite(*other) == "0=10/1"
    assert composite(*other, unit="W") == "0=2300/1"


def test_r12_gaps_are_filled_without_naming_phases():
    assert composite(default("0=6", lasting=50), local_limit_A=16) == "0=6/3 50=16"
    assert composite(default("0=6", lasting=50), local_limit_W=6900) == "0=6/3 50=10"
    assert composite(default("0=6", lasting=50), unit="W", default_limit_W=None) == "0=4140/3 50=33120"


def test_r14_the_local_limit_caps_amperes_and_watts_at_the_composites_phases():
    assert composite(default("0=999999", unit="W"), unit="W", local_limit_A=32) == "0=22080/3"
    assert composite(default("0=32"), local_limit_W=11040) == "0=16/3"
    assert composite(default("0=32/1"), local_limit_W=11040) == "0=32/1"
    assert composite(default("0=999999", unit="W"), unit="W") == "0=999999/3"


def test_r15_the_minimum_charging_rate_changes_nothing():
    asked = request(default("0=3"))
    asked["profiles"][0]["profile"]["chargingSchedule"][0]["minChargingRate"] = 6
    assert calculate(asked)["periods"] == [{"startPeriod": 0, "limit": 3.0, "numberPhases": 3}]


# --- R13: the station --------------------------------------------------------------------------------------------


def test_r13_each_evse_is_converted_with_its_own_phases_and_added():
    both = default("0=16/1", evse=1), default("0=16/3", evse=2)
    assert composite(*both, evse=0, evses=(1, 2), unit="W") == f"0={3680 + 11040}/3"
    assert composite(*both, evse=0, evses=(1, 2)) == "0=32/3"


def test_r13_the_sum_is_capped_by_station_maximum_and_external_limit():
    both = default("0=16", evse=0), station_max("0=25 100=63"), external("0=63 200=20")
    assert composite(*both, evse=0, evses=(1, 2)) == "0=25/3 100=32/3 200=20/3"


def test_r13_fewer_phases_required_by_the_station_bind_its_evses():
    both = default("0=6", evse=0), station_max("0=63/1")
    assert composite(*both, evse=0, evses=(1, 2), unit="W") == f"0={2 * 6 * 230}/1"


def test_r13_transactions_of_the_evses_count_in_the_sum():
    profiles = (
        default("0=6", evse=0),
        tx("0=16", evse=2, lasting=100),
        default("0=8 50=10", evse=1, level=1, start=None),
    )
    said = composite(*profiles, evse=0, evses=(1, 2), running={1: -20, 2: 0})
    assert said == "0=24/3 30=26/3 100=16/3"


def test_r13_an_evse_without_profiles_takes_part_with_its_hardware_else_with_the_default():
    assert composite(default("0=6", evse=1), evse=0, evses=(1, 2), local_limit_A=16) == "0=22/3"
    assert composite(default("0=6", evse=1), evse=0, evses=(1, 2)) == "0=54/3"


def test_r13_a_restriction_of_one_evse_raises_no_sum_because_an_evse_that_fills_keeps_its_phases():
    most, own = station_max("0=11040", unit="W"), default("0=6/1", evse=1)
    two = {"evse": 0, "evses": (1, 2), "local_limit_A": 32}
    assert composite(most, **two) == "0=16/3"
    assert composite(most, own, **two) == "0=16/3"
    assert composite(own, **two, unit="W") == f"0={6 * 230 + 32 * 690}/3"
    assert composite(station_max("0=40"), **two, unit="W") == "0=27600/3"
    assert composite(station_max("0=40"), default("0=16/1", evse=1), **two, unit="W") == f"0={16 * 230 + 32 * 690}/3"
    assert composite(own, **two, default_phases=1) == "0=38/1"


def test_r13_an_evse_that_fills_has_the_phases_of_the_stations_caps_as_it_has_when_asked_alone():
    single_phase_region = {"default_phases": 1, "local_limit_W": 6900, "evses": (1, 2)}
    assert composite(station_max("0=63/3"), **single_phase_region) == "0=10/3"
    assert composite(station_max("0=63/3"), **single_phase_region, evse=0) == "0=20/3"
    assert composite(station_max("0=63/3"), default("0=6", evse=2), **single_phase_region, evse=0) == "0=16/3"
    assert composite(station_max("0=63/1"), **single_phase_region, evse=0, unit="W") == "0=13800/1"


def test_r13_a_stations_cap_does_not_raise_what_its_silent_evses_add_up_to():
    cap = station_max("0=60")
    assert composite(cap, evse=1) == "0=60/3"
    assert composite(cap, evse=0) == "0=48/3"
    assert composite(cap, evse=0, evses=(1, 2)) == "0=60/3"
    assert composite(cap, evse=0, local_limit_A=32) == "0=32/3"
    assert composite(cap, evse=0, station_limit_A=100) == "0=60/3"


def test_r13_the_stations_own_limit_fills_and_caps():
    assert composite(evse=0, evses=(1, 2), station_limit_A=40) == "0=40"
    assert composite(evse=0, evses=(1, 2), station_limit_A=400) == "0=400"
    assert composite(evse=0, evses=(1, 2), station_limit_A=400, local_limit_A=32) == "0=64"
    assert composite(evse=0, evses=(1, 2), local_limit_A=32) == "0=64"
    assert composite(evse=0, evses=(1, 2)) == "0=96"
    assert composite(default("0=32", evse=0), evse=0, evses=(1, 2), station_limit_A=40) == "0=40/3"


def test_r13_the_phase_to_use_is_dropped_from_a_sum():
    assert composite(default("0=6/1@2", evse=0), evse=0, evses=(1, 2)) == "0=12/1"


# --- R16 to R18 --------------------------------------------------------------------------------------------------


def test_r16_the_first_of_several_schedules_counts():
    several = tx("0=10")
    several["profile"]["chargingSchedule"] *= 2
    several["profile"]["chargingSchedule"][1] = tx("0=6")["profile"]["chargingSchedule"][0]
    assert composite(several, running={1: 0}) == "0=10/3"


def test_r17_equal_neighbours_are_merged_also_after_rounding():
    assert composite(default("0=6 50=6 100=6.04 150=6.1")) == "0=6/3 150=6.1/3"
    assert composite(default("0=6/3 50=6 100=6/2 150=6/1 200=6/1@1")) == "0=6/3 100=6/2 150=6/1 200=6/1@1"


def test_r17_limits_are_rounded_down_once_at_the_end():
    assert composite(default("0=3680", unit="W")) == "0=5.3/3"
    assert composite(default("0=3680", unit="W", evse=0), evse=0, evses=(1, 2, 3)) == "0=16/3"
    assert composite(default("0=6210", unit="W")) == "0=9/3"
    assert composite(default("0=4830", unit="W")) == "0=7/3"


def test_r18_duration_nought_is_one_period_with_the_limit_now():
    assert composite(default("0=6 10=8"), at=10, ask=0) == "0=8/3"
    assert composite(ask=0) == "0=48"


# --- 1.6 ---------------------------------------------------------------------------------------------------------


def test_1_6_the_same_level_and_purpose_replaces_the_older_one_even_if_that_leaves_nothing_now():
    older, newer = default("0=6"), default("0=8", validFrom=100)
    assert composite(older, newer, protocol="ocpp1.6") == "0=48 100=8/3"
    assert composite(older, newer) == "0=6/3 100=8/3"


def test_1_6_a_default_of_the_connector_puts_those_of_connector_0_out_of_force_there():
    profiles = default("0=6", evse=0, level=5), default("0=10", evse=1, lasting=100)
    assert composite(*profiles, evses=(1, 2), protocol="ocpp1.6") == "0=10/3 100=48"
    assert composite(*profiles, evse=2, evses=(1, 2), protocol="ocpp1.6") == "0=6/3"
    assert composite(*profiles, evses=(1, 2)) == "0=6/3"


def test_1_6_an_absolute_schedule_without_a_start_counts_from_the_start_of_charging():
    asked = request(default("0=6 100=8"), protocol="ocpp1.6", at=1000, running={1: 970})
    del asked["profiles"][0]["profile"]["chargingSchedule"][0]["startSchedule"]
    assert [each["startPeriod"] for each in calculate(asked)["periods"]] == [0, 70]


def test_1_6_knows_no_phase_to_use():
    assert composite(default("0=6/1@2"), protocol="ocpp1.6") == "0=6/1"


def test_k01_fr05_a_later_profile_with_the_same_id_replaces_the_earlier_one():
    assert composite(default("0=6", level=9, id=5), default("0=8", id=5)) == "0=8/3"
    assert composite(default("0=6", id=5), external("0=4", id=5)) == "0=4/3"


# --- 2.1 ---------------------------------------------------------------------------------------------------------


def test_k21_priority_charging_overrules_the_session_but_not_the_station():
    quick = profile("PriorityCharging", "0=32", start=0)
    both = quick, tx("0=6"), station_max("0=20")
    assert composite(*both, protocol="ocpp2.1", running={1: 0}) == "0=20/3"
    assert composite(*both[1:], protocol="ocpp2.1", running={1: 0}) == "0=6/3"
    assert composite(quick, default("0=6"), protocol="ocpp2.1") == "0=6/3"


def test_k21_priority_charging_can_be_off():
    asked = request(profile("PriorityCharging", "0=32"), default("0=6"), protocol="ocpp2.1", running={1: 0})
    assert calculate(asked)["periods"][0]["limit"] == 32
    asked["transactions"][0]["priorityCharging"] = False
    assert calculate(asked)["periods"][0]["limit"] == 6


def test_k27_local_generation_comes_on_top_of_the_lowest_and_stays_inside_the_hardware():
    sun = profile("LocalGeneration", "0=4 100=20", evse=0)
    both = sun, default("0=10"), station_max("0=16")
    assert composite(*both, protocol="ocpp2.1", local_limit_A=25) == "0=14/3 100=25/3"
    assert composite(sun, protocol="ocpp2.1", local_limit_A=25) == "0=25"
    two = sun, default("0=10", evse=0), station_max("0=16")
    assert composite(*two, evse=0, evses=(1, 2), protocol="ocpp2.1") == "0=20/3 100=36/3"


def test_k28_fr13_a_dynamic_profile_falls_silent_when_it_is_not_updated():
    dynamic = default("0=6", level=1, start=None, lasting=60, chargingProfileKind="Dynamic", dynUpdateTime=-20)
    assert composite(dynamic, default("0=10"), protocol="ocpp2.1") == "0=6/3 40=10/3"
    untimed = default("0=6", level=1, start=None, lasting=60, chargingProfileKind="Dynamic")
    assert composite(untimed, default("0=10"), protocol="ocpp2.1") == "0=6/3 60=10/3"


def test_external_limits_of_an_evse_and_of_its_station_both_cap_since_2_1():
    both = external("0=10", evse=1, level=9), external("0=8 100=20", level=0)
    assert composite(*both, protocol="ocpp2.1") == "0=8/3 100=10/3"
    assert composite(*both, evse=0, evses=(1, 2), protocol="ocpp2.1") == "0=8/3 100=20/3"


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"limit": 16, "limit_L2": 10, "limit_L3": 12}, "0=10/3"),
        ({"setpoint": 7}, "0=7/3"),
        ({"setpoint": -7}, "0=0/3"),
        ({"operationMode": "Idle"}, "0=0/3"),
        ({"operationMode": "CentralFrequency"}, "0=48"),
        ({"limit": 16, "dischargeLimit": -8}, "0=16/3"),
    ],
)
def test_k01_fr147_what_2_1_says_per_phase_or_instead_of_a_limit(members, said):
    asked = default("0=6", level=1)
    asked["profile"]["chargingSchedule"][0]["chargingSchedulePeriod"] = [{"startPeriod": 0, **members}]
    assert composite(asked, default("0=3"), protocol="ocpp2.1") == said


@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
def test_k01_fr147_limits_per_phase_are_of_2_1_and_do_not_act_before(protocol):
    asked = default("0=16")
    asked["profile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0] |= {"limit_L2": 10, "limit_L3": -8}
    assert composite(asked, protocol=protocol) == "0=16/3"
    assert "limit_L3: must not be negative, is -8" in composite(asked, protocol="ocpp2.1")


def test_k01_fr147_watts_per_phase_count_as_the_lowest_on_every_phase():
    asked = default("0=1", unit="W")
    asked["profile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0] |= {
        "limit": 3000,
        "limit_L2": 2000,
        "limit_L3": 1000,
    }
    assert composite(asked, unit="W", protocol="ocpp2.1") == "0=3000/3"


# --- DC ----------------------------------------------------------------------------------------------------------


def test_dc_converts_with_its_voltage_and_names_no_phases():
    dc = {"voltage": 400, "default_phases": 0}
    assert composite(default("0=100/3"), unit="W", **dc) == "0=40000"
    assert composite(default("0=50000", unit="W"), **dc) == "0=125"
    assert composite(default("0=100", evse=0), evse=0, evses=(1, 2), unit="W", **dc, station_limit_W=60000) == "0=60000"


# --- far away ----------------------------------------------------------------------------------------------------


def test_years_1970_and_9999_are_ordinary_dates():
    ever = default("0=6", start="1970-01-01T00:00:00Z", validTo="9999-12-31T23:59:59Z")
    assert composite(ever) == "0=6/3"
    assert composite(ever, at="1969-12-31T23:59:50Z") == "0=48 10=6/3"
    assert composite(ever, at="9999-12-31T23:59:50Z") == "0=6/3 9=48"
    daily = default("0=6", start="1970-01-01T00:00:30Z", lasting=60, every="Daily")
    assert composite(daily, ask=100) == "0=48 30=6/3 90=48"


def test_1024_periods_are_all_there():
    many = default(" ".join(f"{at}={6 + at % 7}" for at in range(1024)))
    assert len(composite(many, ask=2000).split()) == 1024
