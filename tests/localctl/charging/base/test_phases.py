"""Conductors and currents."""

import pytest

from localctl.charging.base.phases import ROTATIONS, conductors, line_to_line, star, through_delta_wye


def test_every_rotation_of_ocpp_says_where_each_conductor_hangs():
    assert conductors("RST", (1, 2, 3)) == (0, 1, 2)
    assert conductors("STR", (1,)) == (1,)
    assert conductors("TSR", (2, 3)) == (1, 0)
    assert conductors("T", (1, 2)) == (2,)
    assert conductors("unknown", (1,)) is None
    assert len(ROTATIONS) == 9


def test_currents_in_phase_have_length_one_where_they_flow_and_nothing_elsewhere():
    assert [abs(current) for current in star((0, 2))] == pytest.approx([1.0, 0.0, 1.0])


def test_what_flows_from_one_conductor_to_another_comes_back_there():
    flow = line_to_line(((0, 1),))
    assert abs(flow[0] + flow[1]) < 1e-12
    assert [abs(current) for current in flow] == pytest.approx([1.0, 1.0, 0.0])


def test_a_transformer_turns_a_single_phase_load_into_two_line_currents():
    primary = through_delta_wye(star((0,)), 3**-0.5)
    assert [abs(current) for current in primary] == pytest.approx([1.0, 1.0, 0.0])
