"""Meter values in all the spellings of the field (quirks 33 and 36)."""

from dataclasses import replace

import pytest

from localctl.charging.knowing import meter
from localctl.charging.knowing.facts import Sample


def told(*values):
    return meter.sample_of([{"timestamp": "2027-01-01T00:00:00Z", "sampledValue": list(values)}])


def amps(value, phase=None, **more):
    return {"measurand": "Current.Import", "value": value} | ({"phase": phase} if phase else {}) | more


@pytest.mark.parametrize("label", ["L1", "L1-N"])
def test_a_phase_may_be_named_with_or_without_its_neutral(label):
    assert told(amps("15.9", label)).phase_a == {1: 15.9}


def test_a_neutral_or_a_pair_is_no_phase():
    assert told(amps(3, "N"), amps(4, "L1-L2")).empty


def test_missing_phases_are_not_zero_and_zeros_are():
    assert told(amps(16, "L1")).phase_a == {1: 16}
    assert told(amps(16, "L1"), amps(0, "L2")).phase_a == {1: 16, 2: 0}


@pytest.mark.parametrize(
    ("value", "unit", "watts"),
    [("3.5", "kW", 3500), (3500, "W", 3500), (" 3500 ", "\nW", 3500), ("3,5", "KW", 3500), (3500, None, 3500)],
)
def test_powers_come_in_any_unit_and_spelling(value, unit, watts):
    one = {"measurand": "Power.Active.Import", "value": value} | ({"unit": unit} if unit else {})
    assert told(one).total_w == watts


def test_2x_units_have_a_multiplier():
    assert told(amps(160, unitOfMeasure={"unit": "A", "multiplier": -1})).one_a == 16
    assert told({"value": 1.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}).energy_wh == 1500


@pytest.mark.parametrize("value", [None, "", "abc", "nan", "inf", True, [], {}, "1e999"])
def test_what_is_no_number_is_skipped(value):
    assert told(amps(value, "L1")).empty


@pytest.mark.parametrize("unit", ["Celsius", "%", 5, "kA2"])
def test_an_unknown_unit_is_skipped_not_guessed(unit):
    sample = told(amps(16, "L1", unit=unit))
    assert sample.phase_a == ({1: 16} if unit == 5 else {})


def test_values_at_the_outlet_win_over_the_inlet_and_the_car():
    values = [amps(10, "L1", location="Outlet"), amps(99, "L1", location="Inlet"), amps(88, "L1", location="EV")]
    assert told(*values).phase_a == {1: 10}
    assert told(*reversed(values)).phase_a == {1: 10}


def test_energy_is_the_default_measurand_and_state_of_charge_a_percentage():
    assert told({"value": "1234"}, {"measurand": "SoC", "value": "55"}) == Sample(energy_wh=1234, soc=55)
    assert told({"measurand": "SoC", "value": "155"}).empty


def test_signed_values_are_not_read():
    assert told(amps("3031", "L1", format="SignedData")).empty


@pytest.mark.parametrize("raw", [None, 5, [], [None], [{}], [{"sampledValue": 5}], [{"sampledValue": [None, 7]}]])
def test_broken_meter_values_yield_nothing(raw):
    assert meter.sample_of(raw).empty


@pytest.mark.parametrize("wrong", [[], {}, ["L1"], 1, True])
def test_p6_labels_that_are_no_text_are_skipped(wrong):
    assert told(amps(16, "L2"), {"measurand": "Current.Import", "value": 9, "phase": wrong}).phase_a == {2: 16}
    assert told(amps(16, "L2"), {"measurand": wrong or [1], "value": 9}) == Sample(phase_a={2: 16})


@pytest.mark.parametrize("value", [5001, -5001, 1e12, 1e308])
def test_p6_more_than_any_evse_can_have_is_not_read_and_never_infinite(value):
    assert told(amps(value, "L1"), amps(7, "L2")).phase_a == {2: 7}
    assert told({"measurand": "Power.Active.Import", "value": value, "unit": "kW", "phase": "L1"}).phase_w == {}
    assert told({"value": 1e308, "unitOfMeasure": {"unit": "kWh", "multiplier": 3}}).empty


def test_a_flood_of_values_is_cut():
    flood = [amps(1, "L1")] * meter.MOST_VALUES + [amps(32, "L1")]
    assert told(*flood).phase_a == {1: 1}


def test_a_voltage_without_a_phase_is_kept():
    assert told({"measurand": "Voltage", "value": "748.5", "unitOfMeasure": {"unit": "V"}}) == Sample(one_v=748.5)


def test_a_phantom_voltage_is_not_calculated_with():
    volts = [{"measurand": "Voltage", "value": value, "phase": f"L{n}"} for n, value in ((1, 236), (2, 140))]
    assert told(*volts).phase_v == {1: 236}


def test_currents_come_before_powers_and_powers_per_phase_before_totals():
    assert meter.currents_of(Sample(phase_a={1: 10.0}, total_w=9999), 230, (1, 2, 3)) == {1: 10}
    assert meter.currents_of(Sample(phase_w={1: 2300.0}, total_w=9999), 230, (1, 2, 3)) == {1: 10}
    assert meter.currents_of(Sample(phase_w={1: 2400.0}, phase_v={1: 240.0}), 230, (1,)) == {1: 10}


def test_one_current_is_that_of_every_phase_used_and_total_power_is_shared_out():
    assert meter.currents_of(Sample(one_a=12.0), 230, (1, 3)) == {1: 12, 3: 12}
    assert meter.currents_of(Sample(total_w=6900.0), 230, (1, 2, 3)) == {1: 10, 2: 10, 3: 10}
    assert meter.currents_of(Sample(total_w=6900.0), 230, (2,)) == {2: 30}


@pytest.mark.parametrize(
    ("sample", "amps"),
    [
        (Sample(phase_a={1: -16.0, 2: 16.0}), {1: 16, 2: 16}), (Sample(phase_w={1: -2300.0}), {1: 10}),
        (Sample(one_a=-8.0), {1: 8}), (Sample(total_w=-2300.0), {1: 10}),
    ],
)  # fmt: skip
def test_quirk_33_a_reversed_current_transformer_measures_the_same_current(sample, amps):
    assert meter.currents_of(sample, 230, (1,)) == amps


@pytest.mark.parametrize(
    ("sample", "supply_a"),
    [
        (Sample(one_a=60.0, one_v=750.0, total_w=44_000.0), 66.7), (Sample(one_a=60.0, one_v=750.0), 68.2),
        (Sample(phase_w={1: 22_000.0, 2: 11_000.0}), 50.0), (Sample(one_a=60.0), None), (Sample(one_v=750.0), None),
        (Sample(phase_a={1: 60.0}), None),
    ],
)  # fmt: skip
def test_the_current_in_a_dc_cable_is_none_of_the_supply_but_its_power_is(sample, supply_a):
    found = meter.of_dc(replace(sample, soc=40.0, energy_wh=7.0), 660.0)
    assert found == Sample(one_a=found.one_a, soc=40.0, energy_wh=7.0)
    assert found.one_a == (None if supply_a is None else pytest.approx(supply_a, abs=0.05))


def test_nothing_told_is_nothing_known():
    assert meter.currents_of(Sample(energy_wh=5.0), 230, (1, 2, 3)) == {}


def test_amperes_are_from_power_where_no_voltage_was_measured_on_a_phase_in_use():
    every = (1, 2, 3)
    assert meter.from_power(Sample(total_w=690.0), every)
    assert meter.from_power(Sample(phase_w={1: 230.0}, phase_v={2: 240.0}), every)
    assert meter.from_power(Sample(phase_a={1: 1.0}, phase_w={2: 230.0}), every)
    assert not meter.from_power(Sample(phase_a={1: 1.0}, phase_w={1: 230.0}, total_w=690.0), every)
    assert not meter.from_power(Sample(total_w=690.0, phase_v=dict.fromkeys(every, 240.0)), every)
    assert not meter.from_power(Sample(one_a=3.0, total_w=690.0), every)
