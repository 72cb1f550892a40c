"""Phases stay even where a panel asks for it, at the cost of the cars that cause the spread."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.tree.topology import Imbalance
from tests.localctl.charging.judge import matrix
from tests.localctl.charging.sites import asks, panel, share_out, station, tree


def phase_sums(topology, demands, result):
    lines, _ = matrix(topology, demands)
    return lines[:3] @ [result.amps[demand.evse] for demand in demands]


def test_only_the_single_phase_cars_on_the_high_phase_give_way():
    topology = tree(
        panel("main", imbalance_limit_a=20.0),
        station("r1", phases=(1,), rotation="R"),
        station("r2", phases=(1,), rotation="R"),
        station("s1", phases=(1,), rotation="S"),
        station("three"),
    )
    demands = [asks("r1"), asks("r2"), asks("s1", max_a=10.0), asks("three")]
    result = share_out(topology, *demands)
    assert result.amps == pytest.approx({("r1", 1): 10.0, ("r2", 1): 10.0, ("s1", 1): 10.0, ("three", 1): 32.0})
    assert result.verdicts["r1", 1].reason is Reason.IMBALANCE
    assert result.verdicts["three", 1].reason is Reason.RATING


def test_the_best_served_per_weight_is_trimmed_first():
    topology = tree(panel("main", imbalance_limit_a=20.0), *(station(name, phases=(1,)) for name in ("big", "small")))
    result = share_out(topology, asks("big"), asks("small", max_a=8.0))
    assert result.amps == pytest.approx({("big", 1): 12.0, ("small", 1): 8.0})


def test_where_even_the_minima_are_too_uneven_the_last_in_rank_pauses():
    topology = tree(panel("main", imbalance_limit_a=20.0), *(station(name, phases=(1,)) for name in "abcd"))
    result = share_out(
        topology, *(asks(name, priority=priority) for name, priority in zip("abcd", (0, 1, 1, 1), strict=True))
    )
    assert result.amps["a", 1] == 0
    assert result.verdicts["a", 1].reason is Reason.IMBALANCE
    assert sum(result.amps.values()) == pytest.approx(20.0)


def test_of_many_cars_on_one_phase_as_many_stay_as_the_limit_has_minima_for():
    names = [f"c{number:03}" for number in range(200)]
    topology = tree(panel("main", amps=9000.0, imbalance_limit_a=20.0), *(station(name, phases=(1,)) for name in names))
    running = [amps for amps in share_out(topology, *(asks(name) for name in names)).amps.values() if amps > 0]
    assert running == pytest.approx([20.0 / 3] * 3)


def test_cars_paused_for_even_phases_take_turns_too():
    names = [f"c{number}" for number in range(5)]
    topology = tree(panel("main", imbalance_limit_a=20.0), *(station(name, phases=(1,)) for name in names))
    turns, charged = {}, set()
    for tick in range(30):
        result = share_out(topology, *(asks(name) for name in names), turns=turns, now=tick * 100.0, policy=Policy())
        turns = result.turns
        charged |= {evse[0] for evse, amps in result.amps.items() if amps > 0}
        assert set(result.waits) == {evse for evse, amps in result.amps.items() if amps == 0}
    assert charged == set(names)


def test_what_the_cut_frees_goes_to_cars_on_all_phases():
    topology = tree(panel("main", amps=40.0, imbalance_limit_a=10.0), station("r", phases=(1,)), station("three"))
    result = share_out(topology, asks("r"), asks("three"))
    assert result.amps == pytest.approx({("r", 1): 10.0, ("three", 1): 30.0})


def test_reporting_only_changes_nothing():
    main = panel("main", imbalance_limit_a=20.0, imbalance=Imbalance.REPORT)
    assert share_out(tree(main, station("r", phases=(1,))), asks("r")).amps["r", 1] == 32.0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_spread_holds_for_any_mix_of_cars(data):
    names = [f"c{number}" for number in range(data.draw(st.integers(1, 8)))]
    rotations = [data.draw(st.sampled_from(["R", "S", "T", "RST", "STR"])) for _ in names]
    stations = [
        station(name, phases=(1,) if len(rotation) == 1 else (1, 2, 3), rotation=rotation)
        for name, rotation in zip(names, rotations, strict=True)
    ]
    topology = tree(panel("main", amps=60.0, imbalance_limit_a=data.draw(st.sampled_from([5.0, 20.0]))), *stations)
    demands = [
        asks(
            name,
            phases=data.draw(st.sampled_from([None, (1,), (1, 2)])) if len(rotation) == 3 else None,
            max_a=data.draw(st.sampled_from([8.0, 16.0, 32.0])),
            weight=data.draw(st.sampled_from([1.0, 2.0])),
        )
        for name, rotation in zip(names, rotations, strict=True)
    ]
    result = share_out(topology, *demands)
    sums = phase_sums(topology, demands, result)
    assert max(sums) <= 60.0 + 1e-6
    assert max(sums) - min(sums) <= topology.panels["main"].imbalance_limit_a + 1e-5
    assert all(amps == 0 or amps >= 6.0 for amps in result.amps.values())
