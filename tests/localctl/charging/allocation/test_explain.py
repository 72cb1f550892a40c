"""Promise P5: the named limit is the one that binds, and what is said to come next does come next."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.allocation.allocator import allocate
from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.allocation.explain import share, what_if
from localctl.charging.allocation.waterfill import FREE
from localctl.charging.limiting.limits import Cap, Source, State
from localctl.charging.limiting.limits_effective import Capacities
from localctl.charging.tree.rows import compile_rows
from tests.localctl.charging.sites import EAGER, asks, crowds, limits, panel, share_out, station, tree, trees


def raised(result, demands, row, more_a):
    """The amperes of all when one row has so much more room."""
    values = list(result.capacities.values)
    values[row] += more_a
    capacities = Capacities(values=tuple(values), bounds=result.capacities.bounds)
    return allocate(result.network, capacities, demands, result.turns, 0.0, EAGER).amps


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_p5_more_room_on_the_binding_row_raises_the_share_and_on_any_other_slack_row_does_not(data):
    topology = data.draw(trees(most=10))
    demands = data.draw(crowds(topology, minima=(0.0,)))
    result = share_out(topology, *demands)
    for demand in demands:
        verdict, before = result.verdicts[demand.evse], result.amps[demand.evse]
        if verdict.row == FREE:
            continue
        full = [
            row
            for row in result.network.footprints[result.footprints[demand.evse]].rows
            if result.load(row) >= result.capacities.values[row] - 1e-6
        ]
        assert verdict.row in full
        if full == [verdict.row]:
            assert raised(result, demands, verdict.row, 0.5)[demand.evse] > before
        for row in set(range(len(result.network.rows))) - set(full):
            if result.load(row) < result.capacities.values[row] - 1e-6:
                assert raised(result, demands, row, 5.0)[demand.evse] == pytest.approx(before, abs=1e-6)


def site():
    return tree(
        panel("main", amps=40.0), panel("sub", "main", 20.0), station("a", "sub"), station("b", "sub"), station("c")
    )


def test_p5_a_share_names_node_phase_source_and_the_next_limit():
    result = share_out(site(), asks("a"), asks("b"), asks("c", max_a=12.0))
    told = share(result, ("a", 1))
    assert (told.amps, told.reason) == (10.0, Reason.ROW)
    assert (told.binding.node, told.binding.phase, told.binding.bound.source) == (("panel", "sub"), "L1", "fuse")
    assert told.binding.left == pytest.approx(0.0)
    assert (told.runner_up.node, told.runner_up.left) == (("panel", "main"), 8.0)
    assert "panel sub L1: 20.0 of 20.0 A (fuse)" in str(told)


def test_p5_a_car_at_its_own_maximum_has_no_binding_row_but_a_next_one():
    result = share_out(site(), asks("a", cap_a=8.0))
    told = share(result, ("a", 1))
    assert (told.amps, told.reason, told.binding) == (8.0, Reason.CSMS, None)
    assert (told.runner_up.node, told.runner_up.left) == (("panel", "sub"), 12.0)


def test_p5_a_waiting_car_names_the_row_without_room_and_its_turn():
    topology = tree(panel("main", amps=10.0), station("a"), station("b"))
    demands = (asks("a"), asks("b"))
    first = share_out(topology, *demands)
    told = share(first, ("b", 1))
    assert (told.amps, told.reason, told.binding.node) == (0.0, Reason.WAITING, ("panel", "main"))
    assert told.turn_at == 0.0


def test_p5_without_its_binding_limit_a_share_rises_to_the_next_one():
    demands = (asks("a"), asks("b"), asks("c", max_a=12.0))
    result = share_out(site(), *demands)
    lifted = what_if(result, ("a", 1), demands, 0.0, EAGER)
    assert result.amps["a", 1] == 10.0
    assert lifted.gain_a == pytest.approx(4.0)
    assert lifted.then.binding.node == ("panel", "main")


def test_p5_behind_a_source_comes_the_next_source_of_the_same_node():
    network = compile_rows(site())
    twelve_a = Cap(a=(12.0, 12.0, 12.0))
    ems = Source(name="EMS", node=("panel", "sub"), steps=(), stale_after_s=0.0, fallback=twelve_a)
    demands = (asks("a"), asks("b"))
    result = allocate(network, limits(network, (ems,)), demands, {}, 0.0, EAGER)
    told = share(result, ("a", 1))
    assert (told.amps, told.binding.bound.source) == (6.0, "EMS")
    assert (told.runner_up.node, told.runner_up.bound.source) == (("panel", "sub"), "fuse")
    assert (told.runner_up.bound.gross, told.runner_up.bound.state) == (20.0, State.LIVE), "the fuse's own figure"
    assert what_if(result, ("a", 1), demands, 0.0, EAGER).gain_a == pytest.approx(4.0)


def test_p5_lifting_nothing_gains_nothing():
    demands = (asks("a", cap_a=8.0),)
    assert what_if(share_out(site(), *demands), ("a", 1), demands, 0.0, EAGER).gain_a == 0.0


def test_p5_a_car_trimmed_for_even_phases_names_the_imbalance_and_not_the_fuse():
    topology = tree(panel("main", imbalance_limit_a=20.0), station("a", phases=(1,), rotation="S"))
    told = share(share_out(topology, asks("a")), ("a", 1))
    assert (told.amps, told.reason) == (pytest.approx(20.0), Reason.IMBALANCE)
    assert (told.binding.phase, told.binding.bound.source, told.binding.bound.gross) == ("L2", "imbalance", 20.0)
    assert told.runner_up.bound.source == "fuse"


def test_an_evse_nobody_asked_about_has_no_share():
    network = compile_rows(site())
    result = allocate(network, limits(network), [], {}, 0.0, EAGER)
    with pytest.raises(KeyError):
        share(result, ("a", 1))
