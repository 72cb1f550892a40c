"""Promise P2 as properties: whatever comes in, rows hold, and nobody gets a current its car cannot use."""

import random
from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.allocation.allocator import allocate, plan
from localctl.charging.allocation.allocator_demand import Demand, Reason
from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.limiting.limits import Cap, Source, Step
from localctl.charging.limiting.limits_effective import Other, effective
from localctl.charging.tree.rows import compile_rows
from localctl.charging.tree.topology import Current, Evse, Group, Imbalance
from tests.localctl.charging.judge import matrix, most_cars, most_fair
from tests.localctl.charging.sites import (
    EAGER,
    asks,
    crowds,
    kept_waiting,
    limits,
    panel,
    share_out,
    station,
    tree,
    trees,
)

numbers = st.one_of(
    st.floats(),
    st.floats(-50.0, 200.0),
    st.sampled_from([0.0, -0.0, 6.0, 32.0, nan, inf, -inf, 1e308, -1e308, 5e-324]),
)
hostile = st.builds(
    lambda low, high, cap, appetite, target, weight, fixed, wants, priority: {
        "min_a": low, "max_a": high, "cap_a": cap, "appetite_a": appetite, "target_a": target,
        "weight": weight, "fixed_a": fixed, "wants": wants, "priority": priority,
    },
    numbers, numbers, st.none() | numbers, st.none() | numbers, st.none() | numbers, numbers,
    st.none() | st.none() | numbers, st.booleans() | st.just(True), st.integers(-9, 9),
)  # fmt: skip


def rows_hold(topology, demands, result, slack_a=1e-6):
    """The judge's own sums, not the product's."""
    lines, fuses = matrix(topology, demands)
    amps = [result.amps[demand.evse] for demand in demands]
    return all(lines @ amps <= fuses + slack_a)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_p2_no_panel_and_phase_is_ever_over_its_fuse_and_no_car_between_nothing_and_its_minimum(data):
    topology = data.draw(trees(most=20))
    demands = data.draw(crowds(topology, classes=3, minima=(6.0, 8.0)))
    result = share_out(topology, *demands)
    assert rows_hold(topology, demands, result)
    for demand in demands:
        assert result.amps[demand.evse] == 0 or demand.min_a <= result.amps[demand.evse] <= demand.max_a


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_p2_numbers_that_make_no_sense_never_overload_a_row_or_raise(data):
    topology = data.draw(trees(most=6))
    demands = [Demand(evse=evse, **data.draw(hostile)) for evse in topology.evses]
    network = compile_rows(topology)
    values = tuple(data.draw(st.one_of(st.floats(0, 100), numbers)) for _ in network.rows)
    capacities = replace(limits(network), values=values)
    result = allocate(network, capacities, demands, {}, 0.0, EAGER)
    for row, limit in enumerate(values):
        fixed = sum(
            factor * result.amps[demand.evse]
            for demand in demands
            if result.verdicts[demand.evse].reason is Reason.FIXED
            for factor, lanes in network.footprints[result.footprints[demand.evse]].blocks
            if row in lanes
        )
        floor = fixed if fixed > 0 else 0.0
        assert result.load(row) <= max(0.0 if limit != limit else limit, floor) * (1 + 1e-9) + 1e-6
    for demand in demands:
        amps = result.amps[demand.evse]
        assert amps == 0 or demand.fixed_a is not None or demand.min_a <= amps <= demand.max_a


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_p2_any_car_may_stop_at_any_moment_and_the_rows_still_hold(data):
    topology = data.draw(trees(most=15))
    demands = data.draw(crowds(topology))
    result = share_out(topology, *demands)
    gone = data.draw(st.sets(st.sampled_from([demand.evse for demand in demands])))
    result.amps.update(dict.fromkeys(gone, 0.0))
    assert rows_hold(topology, demands, result)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_answer_does_not_depend_on_the_order_of_stations_and_is_the_same_every_time(data):
    topology = data.draw(trees(most=15))
    demands = data.draw(crowds(topology, classes=2))
    shuffled = demands.copy()
    data.draw(st.randoms(use_true_random=False)).shuffle(shuffled)
    first, again = share_out(topology, *demands), share_out(topology, *shuffled)
    assert first.amps == again.amps
    assert first.verdicts == again.verdicts
    assert first.turns == again.turns


def test_not_even_the_last_bit_depends_on_the_order_of_stations():
    names = [f"s{number:02}" for number in range(30)]
    topology = tree(panel("main", amps=200.3), *(station(name) for name in names))
    demands = [asks(name, fixed_a=number * 0.7 if number % 2 else None, min_a=1.3) for number, name in enumerate(names)]
    first = share_out(topology, *demands)
    for seed in range(5):
        random.Random(seed).shuffle(demands)
        assert share_out(topology, *demands).amps == first.amps


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_admitted_cars_share_as_the_linear_programs_say(data):
    topology = data.draw(trees(most=7))
    demands = data.draw(crowds(topology))
    result = share_out(topology, *demands)
    running = [demand for demand in demands if result.amps[demand.evse] > 0]
    if running:
        ours = [result.amps[demand.evse] for demand in running]
        assert ours == pytest.approx(most_fair(topology, running), abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_with_one_phase_per_car_and_equal_minima_as_many_cars_run_as_possible(data):
    topology = data.draw(trees(most=12, single_only=True))
    demands = [asks(name) for name in topology.stations]
    result = share_out(topology, *demands)
    assert sum(amps > 0 for amps in result.amps.values()) == most_cars(topology, demands)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_higher_class_is_served_as_if_the_lower_had_only_its_minima(data):
    topology = data.draw(trees(most=8))
    demands = data.draw(crowds(topology, classes=2))
    result = share_out(topology, *demands)
    running = [demand for demand in demands if result.amps[demand.evse] > 0]
    first = [demand for demand in running if demand.priority == 1]
    held = [replace(demand, max_a=demand.min_a) if demand.priority == 0 else demand for demand in running]
    if first:
        alone = dict(zip((d.evse for d in held), most_fair(topology, held), strict=True))
        assert [result.amps[d.evse] for d in first] == pytest.approx([alone[d.evse] for d in first], abs=1e-5)


def test_single_phase_cars_come_first_where_ranks_are_equal():
    singles = [station(name, phases=(1,), rotation=name) for name in "RST"]
    result = share_out(
        tree(panel("main", amps=7.0), station("A", phases=(1, 2, 3)), *singles), *(asks(n) for n in "ARST")
    )
    assert [result.amps[name, 1] for name in "ARST"] == [0.0, 7.0, 7.0, 7.0]


def test_a_car_known_to_use_one_phase_is_costed_on_that_phase_alone():
    topology = tree(panel("main", amps=40.0), station("a"), station("b"))
    blind = share_out(topology, asks("a"), asks("b"))
    known = share_out(topology, asks("a", phases=(1,)), asks("b", phases=(2,)))
    assert [*blind.amps.values()] == [20.0, 20.0]
    assert [*known.amps.values()] == [32.0, 32.0]


def test_unknown_rotation_is_costed_on_every_phase():
    topology = tree(panel("main", amps=20.0), *(station(name, phases=(1,), rotation="unknown") for name in "ab"))
    assert [*share_out(topology, asks("a"), asks("b")).amps.values()] == [10.0, 10.0]


def test_what_an_unreachable_station_may_draw_is_taken_off_every_row_above_it_first():
    topology = tree(panel("main", amps=40.0), station("a"), station("lost"))
    result = share_out(topology, asks("a"), asks("lost", fixed_a=25.0))
    assert result.amps == {("a", 1): 15.0, ("lost", 1): 25.0}
    assert result.overloaded == ()


def test_reservations_beyond_the_fuse_stop_everybody_else_and_are_reported():
    topology = tree(panel("main", amps=20.0), station("a"), station("lost"))
    result = share_out(topology, asks("a"), asks("lost", fixed_a=32.0))
    assert result.amps["a", 1] == 0
    assert {result.network.rows[row].phase for row in result.overloaded} == {"L1", "L2", "L3"}


@pytest.mark.parametrize(
    ("demand", "amps", "reason"),
    [
        (asks("a"), 32.0, Reason.RATING),
        (asks("a", cap_a=12.0), 12.0, Reason.CSMS),
        (asks("a", cap_a=5.9), 0.0, Reason.BELOW_MIN),
        (asks("a", cap_a=0.0), 0.0, Reason.BELOW_MIN),
        (asks("a", cap_a=nan), 0.0, Reason.BELOW_MIN),
        (asks("a", appetite_a=11.0), 11.0, Reason.APPETITE),
        (asks("a", appetite_a=3.0), 6.0, Reason.APPETITE),
        (asks("a", wants=False), 0.0, Reason.IDLE),
        (asks("a", min_a=nan), 0.0, Reason.INVALID),
        (asks("a", fixed_a=9.0), 9.0, Reason.FIXED),
        (asks("a", fixed_a=nan), 32.0, Reason.FIXED),
    ],
)
def test_every_answer_names_its_reason(demand, amps, reason):
    result = share_out(tree(panel("main"), station("a")), demand)
    assert (result.amps["a", 1], result.verdicts["a", 1].reason) == (amps, reason)


def test_a_planned_target_yields_first_and_gets_what_is_left_last():
    topology = tree(panel("main", amps=40.0), station("a"), station("b"))
    result = share_out(topology, asks("a", target_a=8.0), asks("b", target_a=20.0))
    assert result.amps == {("a", 1): 20.0, ("b", 1): 20.0}
    scarce = share_out(topology, asks("a", target_a=8.0), asks("b"))
    assert scarce.amps == {("a", 1): 8.0, ("b", 1): 32.0}


def test_a_rise_within_the_dead_band_waits_and_a_fall_never_does():
    topology = tree(panel("main", amps=20.0), station("a"))
    calm = Policy(dead_band_a=1.0)
    for before, after, reason in ((19.5, 19.5, Reason.HELD), (18.0, 20.0, Reason.ROW), (20.3, 20.0, Reason.ROW)):
        result = share_out(topology, asks("a"), turns={("a", 1): kept_waiting(before)}, policy=calm)
        assert (result.amps["a", 1], result.verdicts["a", 1].reason) == (after, reason)


def test_a_car_inside_its_minimum_on_time_keeps_its_minimum_unless_a_row_says_no():
    topology = tree(panel("main", amps=8.0), station("a"), station("vip"))
    turns = {("a", 1): kept_waiting(8.0), ("vip", 1): kept_waiting()}
    demands = (asks("a"), asks("vip", priority=5))
    assert share_out(topology, *demands, turns=turns, now=60.0, policy=Policy()).amps == {
        ("a", 1): 8.0,
        ("vip", 1): 0.0,
    }
    later = share_out(topology, *demands, turns=turns, now=901.0, policy=Policy())
    assert later.amps == {("a", 1): 0.0, ("vip", 1): 8.0}
    network = compile_rows(topology)
    closed = replace(limits(network), values=(5.0, 8.0, 8.0))
    assert set(allocate(network, closed, demands, turns, 60.0, Policy()).amps.values()) == {0.0}


def test_a_car_that_had_to_stop_pauses_for_its_minimum_off_time_and_is_told_until_when():
    topology = tree(panel("main"), station("a"))
    turns = {("a", 1): kept_waiting(stopped_at=100.0)}
    result = share_out(topology, asks("a"), turns=turns, now=150.0, policy=Policy(min_off_s=300.0))
    assert result.verdicts["a", 1].reason is Reason.PAUSING
    assert result.waits == {("a", 1): 400.0}
    assert share_out(topology, asks("a"), turns=turns, now=400.0, policy=Policy()).amps["a", 1] == 32.0


def test_a_group_across_panels_and_a_power_limit_are_rows_like_any_other():
    group = Group(id="tenant", weights=((("a", 1), 1.0), (("b", 1), 1.0)))
    topology = tree(
        panel("main", limit_w=30_000.0),
        panel("p", "main"),
        station("a", "p"),
        station("b"),
        station("c"),
        groups=(group,),
    )
    network = compile_rows(topology)
    cap = Source(name="lease", node=("group", "tenant"), steps=(Step(at=-10.0, cap=Cap(total=20.0)),))
    result = allocate(network, limits(network, (cap,)), [asks(name) for name in "abc"], {}, 0.0, EAGER)
    assert result.amps["a", 1] == result.amps["b", 1] == pytest.approx(10.0)
    assert result.amps["c", 1] == pytest.approx(30_000 / 690 - 20)


def test_a_dc_station_counts_with_what_it_takes_from_the_supply():
    evse = Evse(id=1, current=Current.DC, min_a=0.0, max_a=400.0, max_w=50_000.0, efficiency=0.95)
    rating = evse.rating_a(230.0)
    assert rating == pytest.approx(50_000 / (3 * 230 * 0.95))
    topology = tree(panel("main", amps=50.0), station("dc", evse=evse))
    amps = share_out(topology, asks("dc", min_a=0.0, max_a=rating)).amps["dc", 1]
    assert amps == 50.0
    assert evse.plug_w(amps, 230.0) == pytest.approx(50 * 690 * 0.95)


def test_two_evses_of_a_station_share_its_own_rating():
    both = (Evse(id=1), Evse(id=2))
    topology = tree(panel("main"), replace(station("a"), evses=both, max_a=32.0))
    result = share_out(topology, Demand(evse=("a", 1)), Demand(evse=("a", 2)))
    assert [*result.amps.values()] == [16.0, 16.0]


def test_strict_imbalance_is_a_row_for_one_and_two_phase_cars_only():
    main = panel("main", imbalance_limit_a=20.0, imbalance=Imbalance.STRICT)
    topology = tree(main, station("one", phases=(1,)), station("uno", phases=(1,)), station("three"))
    result = share_out(topology, asks("one"), asks("uno"), asks("three"))
    assert result.amps == {("one", 1): 10.0, ("three", 1): 32.0, ("uno", 1): 10.0}


def test_a_plan_has_one_allocation_for_each_span_between_change_points():
    topology = tree(panel("main", amps=40.0), station("a"), station("b"))
    network = compile_rows(topology)
    evening = Source(
        name="EMS",
        node=("panel", "main"),
        steps=(Step(at=100.0, cap=Cap(a=(10.0, 10.0, 10.0))), Step(at=200.0, cap=Cap(a=(30.0, 30.0, 30.0)))),
    )
    horizon = effective(network, (evening,), {}, 0.0, 300.0)
    spans = plan(
        network, horizon, lambda at: [asks("a"), asks("b", cap_a=8.0 if at >= 250 else None)], {}, EAGER, (250.0,)
    )
    assert [(span.start, span.end) for span in spans] == [(0.0, 100.0), (100.0, 200.0), (200.0, 250.0), (250.0, 300.0)]
    assert [[*span.allocation.amps.values()] for span in spans] == [
        [20.0, 20.0],
        [10.0, 0.0],
        [15.0, 15.0],
        [22.0, 8.0],
    ]


def test_what_others_draw_is_taken_off_before_anything_is_shared():
    topology = tree(panel("main", amps=40.0, reserve_a=2.0), station("a"))
    network = compile_rows(topology)
    base = {"main": Other(a=(5.0, 20.0, 0.0), source="meter")}
    assert allocate(network, limits(network, (), base), [asks("a")], {}, 0.0, EAGER).amps["a", 1] == 18.0


def test_a_day_of_random_cars_never_overloads_a_row_whatever_the_turns_remember():
    chance = random.Random(7)
    topology = tree(
        panel("main", amps=50.0),
        panel("p", "main", 20.0),
        *(station(f"s{n}", chance.choice(["main", "p"])) for n in range(9)),
    )
    network, turns = compile_rows(topology), {}
    for tick in range(300):
        demands = [asks(name, wants=chance.random() < 0.8, weight=chance.uniform(0.5, 2)) for name in topology.stations]
        result = allocate(network, limits(network), demands, turns, tick * 60.0, Policy())
        assert rows_hold(topology, demands, result)
        turns = result.turns
