"""R19: a node may draw the smaller of its own limits and its children together."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.limits_site import node_limits
from localctl.charging.rows import compile_rows
from localctl.charging.topology import Evse
from tests.localctl.charging.sites import crowds, limits, panel, share_out, station, tree, trees


def most(topology, evse_a=None):
    network = compile_rows(topology)
    return node_limits(network, limits(network), evse_a or {})


def test_r19_children_bind_where_they_are_smaller_and_the_node_where_it_is():
    topology = tree(
        panel("main", amps=50.0),
        panel("a", "main", 40.0),
        panel("b", "main", 63.0),
        *(station(n, n[0]) for n in ("a1", "a2", "b1")),
    )
    found = most(topology, {("b1", 1): 8.0})
    assert found["station", "b1"] == (8.0, 8.0, 8.0)
    assert found["panel", "a"] == (40.0, 40.0, 40.0)
    assert found["panel", "b"] == (8.0, 8.0, 8.0)
    assert found["panel", "main"] == (48.0, 48.0, 48.0)


def test_r19_phases_are_summed_where_they_hang_and_unknown_ones_everywhere():
    topology = tree(
        panel("main"),
        station("r", phases=(1,)),
        station("s", phases=(1,), rotation="S"),
        station("u", phases=(1,), rotation="unknown"),
    )
    assert most(topology)["panel", "main"] == (64.0, 64.0, 32.0)


def test_r19_a_phase_the_panel_lacks_has_no_limit_to_tell_and_adds_nothing_above():
    topology = tree(panel("main"), panel("shed", "main", (None, 20.0, None)), station("a", "shed", (2,)))
    found = most(topology)
    assert found["panel", "shed"] == (None, 20.0, None)
    assert found["panel", "main"] == (0.0, 20.0, 0.0)


def test_r19_a_station_is_held_by_its_own_rating():
    topology = tree(panel("main"), station("a", evse=Evse(id=1, max_a=32.0), max_a=20.0))
    assert most(topology)["station", "a"] == (20.0, 20.0, 20.0)


def test_r19_behind_a_transformer_the_worst_case_is_told():
    topology = tree(panel("main"), panel("wye", "main", transformer_ratio=2.0), station("a", "wye"))
    assert most(topology)["panel", "main"] == pytest.approx((2 * 32 / (2 * 3**0.5),) * 3)


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_r19_no_allocation_ever_needs_more_than_is_told(data):
    topology = data.draw(trees(most=12))
    demands = data.draw(crowds(topology))
    result = share_out(topology, *demands)
    told = most(topology, {demand.evse: demand.max_a for demand in demands})
    for number, row in enumerate(result.network.rows):
        assert result.load(number) <= told[row.node][("L1", "L2", "L3").index(row.phase)] + 1e-6
