"""The rules Prometheus asks of names, held against the whole table."""

import re
from typing import get_args

import pytest

from localctl.net.sockets import Cause
from localctl.observe import rows_net
from localctl.observe.catalogue import ROWS, SECTIONS
from localctl.observe.row import Row

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
    if row.unit:
        assert row.unit in ("seconds", "bytes", "amperes", "watts", "volts", "ratio", "celsius")
        assert bare.endswith(f"_{row.unit}")
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


def test_every_row_of_a_module_is_in_the_table():
    for module in SECTIONS.values():
        assert set(module) <= set(ROWS)
    declared = {value for value in vars(rows_net).values() if isinstance(value, Row)}
    assert declared == set(rows_net.ROWS)


def test_the_causes_of_closed_legs_are_those_of_the_socket_adapter():
    assert set(rows_net.LEG_CAUSES) == set(get_args(Cause))
