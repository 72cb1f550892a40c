"""Stations that know only some currents get one they know, and little is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.allocator_levels import on_levels
from tests.localctl.charging.sites import asks, crowds, panel, share_out, station, tree, trees

COARSE = (0.0, 8.0, 16.0, 24.0, 32.0)


def coarse(topology, *demands, levels=COARSE):
    """Amperes by station on the same levels for all."""
    result = share_out(topology, *demands)
    found = on_levels(result, demands, dict.fromkeys(result.amps, levels))
    return {evse[0]: amps for evse, amps in found.items()}


def test_shares_are_rounded_down_to_tenths_by_default():
    topology = tree(panel("main", amps=20.0), *(station(name) for name in "abc"))
    demands = [asks(name, max_a=6.66) for name in "abc"]
    assert on_levels(share_out(topology, *demands), demands, {}) == {(name, 1): 6.6 for name in "abc"}


def test_what_rounding_freed_raises_whoever_still_fits():
    topology = tree(panel("main", amps=30.0), station("a"), station("b"))
    assert coarse(topology, asks("a"), asks("b")) == {"a": 16.0, "b": 8.0}


def test_nobody_rises_above_its_maximum_and_nobody_who_waits_starts():
    topology = tree(panel("main", amps=15.0), station("a"), station("b"), station("c"))
    demands = [asks(name, min_a=7.0, max_a=7.2) for name in "abc"]
    assert coarse(topology, *demands, levels=1.0) == {"a": 7.0, "b": 7.0, "c": 0.0}


def test_a_share_below_the_lowest_setting_is_none_or_that_setting_where_it_fits():
    topology = tree(panel("main", amps=7.0), station("a"))
    assert coarse(topology, asks("a"), levels=(8.0, 16.0)) == {"a": 0.0}
    assert coarse(tree(panel("main", amps=9.0), station("a")), asks("a", cap_a=8.5)) == {"a": 8.0}


def test_no_level_lies_between_nothing_and_the_minimum():
    topology = tree(panel("main", amps=7.9), station("a"))
    assert coarse(topology, asks("a", min_a=7.5), levels=1.0) == {"a": 0.0}
    assert coarse(tree(panel("main", amps=8.1), station("a")), asks("a", min_a=7.5, max_a=8.0), levels=4.0) == {
        "a": 8.0
    }


def test_a_share_a_hair_below_a_level_is_that_level():
    topology = tree(panel("main", amps=15.999999999999), station("a"))
    assert coarse(topology, asks("a"), levels=1.0) == {"a": 16.0}


def test_reservations_are_left_as_they_are():
    topology = tree(panel("main"), station("a"))
    assert coarse(topology, asks("a", fixed_a=7.77)) == {"a": 7.77}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_p2_rows_hold_on_levels_too(data):
    topology = data.draw(trees(most=12))
    demands = data.draw(crowds(topology))
    result = share_out(topology, *demands)
    levels = {evse: data.draw(st.sampled_from([0.1, 1.0, COARSE])) for evse in result.amps}
    found = on_levels(result, demands, levels)
    network = result.network
    for row in range(len(network.rows)):
        load = sum(
            factor * found[evse]
            for evse in found
            for factor, lanes in network.footprints[result.footprints[evse]].blocks
            if row in lanes
        )
        assert load <= result.capacities.values[row] + 1e-6
    for demand in demands:
        assert found[demand.evse] == 0 or demand.min_a <= found[demand.evse] + 1e-9 <= demand.max_a + 2e-9
        if levels[demand.evse] == COARSE:
            assert found[demand.evse] in COARSE
        else:
            steps = found[demand.evse] / levels[demand.evse]
            assert steps == pytest.approx(round(steps), abs=1e-6)
