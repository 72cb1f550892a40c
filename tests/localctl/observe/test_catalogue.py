"""The rules Prometheus asks of names, held against the whole table."""

import re
from pathlib import Path
from typing import get_args

import pytest

from localctl.charging.dispatching.answers import Verdict
from localctl.charging.dispatching.pacing import Need
from localctl.net import tls
from localctl.net.sockets import Cause
from localctl.observe import catalogue
from localctl.observe.catalogue import ROWS, SECTIONS
from localctl.observe.health import ServiceState
from localctl.observe.row import Row, Unit

each_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


@each_row
def test_names_carry_the_prefix_and_are_snake_case(row: Row):
    assert re.fullmatch(r"localctl_[a-z0-9]+(_[a-z0-9]+)*", row.name)


@each_row
def test_counters_and_only_counters_end_in_total(row: Row):
    assert row.name.endswith("_total") == (row.kind == "counter")


@each_row
def test_a_unit_is_a_base_unit_and_the_last_word_of_the_name(row: Row):
    bare = row.name.removesuffix("_total")
    units = [unit for unit in get_args(Unit) if unit and bare.endswith(f"_{unit}")]
    assert units == ([row.unit] if row.unit else [])
    assert not re.search(r"_(ms|milliseconds|kb|minutes|percent|kw|age)$", bare)


@each_row
def test_instants_are_timestamps_and_only_gauges(row: Row):
    if "timestamp" in row.name:
        assert row.name.endswith("_timestamp_seconds")
        assert row.kind == "gauge"


@each_row
def test_every_row_explains_itself_and_names_its_promise(row: Row):
    assert re.fullmatch(r"P[1-7]", row.watches)
    assert row.help.endswith(".")
    assert "\n" not in row.help


@each_row
def test_only_histograms_have_buckets_and_theirs_rise(row: Row):
    assert bool(row.buckets) == (row.kind == "histogram")
    assert list(row.buckets) == sorted(set(row.buckets))


@each_row
def test_label_names_are_plain_and_not_reserved(row: Row):
    names = [label.name for label in row.labels]
    assert len(set(names)) == len(names)
    for name in names:
        assert re.fullmatch(r"[a-z][a-z_]*", name)
        assert name not in ("le", "quantile", "job", "instance")


def test_no_name_is_declared_twice():
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)


def test_every_row_that_has_a_name_in_the_program_is_in_the_table_once():
    declared = {value.name for value in vars(catalogue).values() if isinstance(value, Row)}
    assert declared == {row.name for row in ROWS}
    assert len(declared) == sum(map(len, SECTIONS.values()))


CORE = """
build_info: version python | station_connected: station | upstream_connected: station | frames_total: leg direction
calls_total: action verdict | call_latency_seconds: leg | calls_timed_out_total: leg | offline_messages: station
offline_oldest_timestamp_seconds: station | offline_dropped_total: reason | dead_letters:
circuit_limit_amperes: circuit phase | circuit_current_amperes: circuit phase
circuit_allocated_amperes: circuit phase | circuit_binding_limit: circuit source | evse_limit_amperes: station evse
allocation_last_success_timestamp_seconds: | input_last_reading_timestamp_seconds: input
certificate_expiry_timestamp_seconds: use | config_last_reload_successful:
"""


@pytest.mark.parametrize("wanted", [one.strip() for line in CORE.strip().splitlines() for one in line.split("|")])
def test_the_figures_that_alerts_and_dashboards_of_others_rely_on_keep_name_and_labels(wanted: str):
    name, labels = wanted.split(":")
    (row,) = (row for row in ROWS if row.name == f"localctl_{name}")
    assert [label.name for label in row.labels] == labels.split()


def test_words_of_labels_are_the_words_of_whoever_says_them():
    assert set(catalogue.LEG_CAUSES) == set(get_args(Cause))
    assert set(catalogue.VERDICTS) == {verdict.value for verdict in Verdict}
    assert {need.value for need in Need} <= set(catalogue.WHYS)
    assert catalogue.SERVICE_STATE.labels[0].values == tuple(state.value for state in ServiceState)
    (cause,) = catalogue.LINKS_LOST.labels
    assert "half_dead" in cause.values
    assert "csms_away" in catalogue.LINKS_REFUSED.labels[0].values


def test_causes_of_refusals_and_failed_handshakes_are_those_the_edge_knows():
    assert set(catalogue.TLS_CAUSES) == {*tls._CAUSES.values(), "left", "other"}
    edge = Path(tls.__file__).parent
    denials = re.findall(r'Denied\(\d+, "(\w+)"', (edge / "credentials.py").read_text(encoding="utf-8"))
    arrivals = "".join((edge / name).read_text(encoding="utf-8") for name in ("station_server.py", "half_opens.py"))
    said = re.findall(r'cause(?:: str)? = "(\w+)"|cause="(\w+)"|refusals\["(\w+)"\]', arrivals)
    told = re.findall(r'_refuse\(station, [^,]+, "(\w+)"|drop_oldest\(\S+, "(\w+)"\)', arrivals)
    assert set(catalogue.REFUSAL_CAUSES) == {word for words in (*said, *told) for word in words if word} | set(denials)
    dials = re.findall(r'dial_failures\["(\w+)"\]', (edge / "dials.py").read_text(encoding="utf-8"))
    assert set(catalogue.DIAL_CAUSES) == set(dials)


def test_both_misspelt_and_right_error_codes_of_ocpp_are_known():
    assert {"OccurenceConstraintViolation", "OccurrenceConstraintViolation", "other"} <= set(catalogue.ERROR_CODES)


def test_every_cause_of_a_closed_leg_exists_from_the_start():
    assert ("csms", "stalled") in catalogue.LEGS_CLOSED.series_at_start()
    assert len(catalogue.LEGS_CLOSED.series_at_start()) == 2 * len(catalogue.LEG_CAUSES)


def test_every_promise_but_secrecy_is_watched_by_a_figure():
    assert {row.watches for row in ROWS} == {"P1", "P2", "P3", "P4", "P5", "P6"}
