"""What a car's current loads, by hand."""

import math

import pytest

from localctl.simulate.wiring import Place, Wiring
from tests.localctl.simulate.sites import config, station

SITE = config(
    '[[panel]]\nid = "main"\nfuse_a = 100\n[[panel]]\nid = "row"\nparent = "main"\nfuse_a = 50\n'
    '[[panel]]\nid = "delta"\nparent = "main"\nfuse_a = 50\ntransformer_ratio = 2.0\n'
    + station("CP-1", "row") + station("CP-2", "delta")
)  # fmt: skip


def loads(flow, panel):
    return {line: round(abs(current), 6) for (where, line), current in flow.items() if where == panel}


def wiring(**place):
    return Wiring(SITE, {"CP": Place(**{"panel": "row", "rotation": "RST", **place})})


def test_a_three_phase_car_loads_every_line_of_every_panel_above():
    flow = wiring().of_car("CP", (1, 2, 3))
    assert loads(flow, "row") == loads(flow, "main") == {"L1": 1, "L2": 1, "L3": 1, "W": 690}


@pytest.mark.parametrize(
    ("rotation", "line"), [("RST", "L1"), ("RTS", "L1"), ("SRT", "L2"), ("STR", "L2"), ("TRS", "L3"), ("TSR", "L3")]
)
def test_phase_rotation_names_the_lines_at_the_terminals_in_order(rotation, line):
    flow = wiring(rotation=rotation).of_car("CP", (1,))
    assert loads(flow, "row") == {line: 1, "W": 230}


def test_a_one_phase_station_on_s_loads_l2_alone():
    assert loads(wiring(rotation="S").of_car("CP", (1,)), "main") == {"L2": 1, "W": 230}


def test_two_terminals_of_a_rotated_station():
    assert set(loads(wiring(rotation="STR").of_car("CP", (1, 2)), "row")) == {"L2", "L3", "W"}


def test_cars_between_two_lines_add_up_as_arrows_do():
    place = Place(panel="row", rotation="RST", line_to_line=True)
    two = Wiring(SITE, {"CP": place})
    flow = two.of_car("CP", (1,))
    assert loads(flow, "row") == {"L1": 1, "L2": 1, "W": round(230 * math.sqrt(3), 6)}
    both = {spot: flow.get(spot, 0) + two.of_car("CP", (2,)).get(spot, 0) for spot in (("row", "L2"), ("row", "L1"))}
    assert abs(both["row", "L2"]) == pytest.approx(math.sqrt(3))
    assert abs(both["row", "L1"]) == pytest.approx(1)


def test_three_equal_currents_leave_a_delta_wye_transformer_divided_by_its_ratio():
    flow = wiring(panel="delta").of_car("CP", (1, 2, 3))
    assert loads(flow, "delta")["L1"] == 1
    assert loads(flow, "main") == {"L1": 0.5, "L2": 0.5, "L3": 0.5, "W": 690}


def test_one_current_through_a_delta_wye_transformer_returns_on_another_line():
    flow = wiring(panel="delta").of_car("CP", (1,))
    share = round(1 / (2 * math.sqrt(3)), 6)
    assert loads(flow, "main") == {"L1": share, "L2": share, "L3": 0, "W": 230}


def test_a_fixed_load_is_in_phase_with_the_cars():
    flows = wiring()
    load, car = flows.of_load("row", (10.0, 0.0, 0.0)), flows.of_car("CP", (1,))
    assert abs(load["main", "L1"] + 5 * car["main", "L1"]) == pytest.approx(15)
    assert abs(load["main", "L2"]) == 0
