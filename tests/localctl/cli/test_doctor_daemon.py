"""What doctor makes of the running box's own picture."""

import pytest

from localctl.cli import doctor_daemon as doctor
from localctl.cli.findings import Level


def station(identity: str, *, here: bool = True, up: bool = True) -> dict[str, object]:
    return {"identity": identity, "connected": here, "upstream_connected": up}


def test_what_the_box_says_is_wrong_is_a_fault_and_else_it_is_well():
    assert [one.level for one in doctor.reasons({"version": "1", "state": "ready", "reasons": []})] == [Level.GOOD]
    (found,) = doctor.reasons({"reasons": ["no disk"]})
    assert (found.level, found.what) == (Level.FAULT, "no disk")


def test_stations_without_their_csms_are_a_fault_and_absent_ones_a_warning():
    state = {"stations": [station("A"), station("B", up=False), station("C", here=False, up=False)]}
    assert [(one.level, one.what) for one in doctor.stations(state)] == [
        (Level.FAULT, "here, but without their CSMS: B"),
        (Level.WARNING, "not connected: C"),
    ]
    assert [one.level for one in doctor.stations({"stations": [station("A")]})] == [Level.GOOD]
    assert list(doctor.stations({"stations": []})) == []


def test_long_lists_are_cut():
    (found,) = doctor.stations({"stations": [station(f"S{n}", here=False) for n in range(12)]})
    assert found.what.endswith("S9 and 2 more")


@pytest.mark.parametrize(("state", "level"), [("live", Level.GOOD), ("stale", Level.FAULT)])
def test_a_limit_source_that_fell_silent_is_a_fault(state, level):
    source = {"source": "ems", "node": "panel:main", "state": state, "heard_at": None}
    (found,) = doctor.inputs({"charging": {"external": [source], "loads": []}})
    assert (found.level, found.where) == (level, "limit source ems for panel:main")


@pytest.mark.parametrize(("known", "level"), [("meter", Level.GOOD), ("meter not heard: worst case", Level.FAULT)])
def test_a_meter_that_fell_silent_is_a_fault_and_a_reserved_load_needs_none(known, level):
    loads = [
        {"name": "pump", "metered": True, "known": known, "read_at": 100.0},
        {"name": "kitchen", "metered": False, "known": "reserved", "read_at": None},
    ]
    (found,) = doctor.inputs({"charging": {"loads": loads}})
    assert (found.level, found.where) == (level, "meter of load pump")


def test_a_router_has_no_inputs():
    assert list(doctor.inputs({"charging": {}})) == []
