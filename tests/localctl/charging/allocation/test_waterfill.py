"""The fill is the lexicographic max-min point: by certificate, by linear programs, and by hand."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.allocation.waterfill import FREE, book, book_all, fill
from localctl.charging.tree.rows import compile_rows
from tests.localctl.charging.judge import most_fair
from tests.localctl.charging.sites import crowds, limits, panel, station, tree, trees


def pour(topology, demands, sources=()):
    """Fill for cars whose minima fit: amperes and binding rows, with the network and the lanes' load after it."""
    network = compile_rows(topology)
    values = list(limits(network, sources).values)
    cars = [(network.footprint(d.evse, d.phases), d.weight, d.min_a, d.max_a) for d in demands]
    used = [0.0] * network.lane_count
    book_all(network, used, [(car[0], car[2]) for car in cars])
    return network, values, cars, used


def fits(network, values, used):
    return all(network.load(row, used) <= values[row] + 1e-6 for row in range(len(network.rows)))


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_each_car_below_its_maximum_has_a_full_row_in_which_nobody_is_better_off(data):
    topology = data.draw(trees(most=25))
    demands = data.draw(crowds(topology, minima=(0.0, 1.0)))
    network, values, cars, used = pour(topology, demands)
    if not fits(network, values, used):
        return
    shares = fill(network, values, used, cars)
    assert fits(network, values, used)
    for (footprint, weight, low, high), (amps, row) in zip(cars, shares, strict=True):
        assert low <= amps <= high
        if amps == high:
            continue
        assert network.load(row, used) == pytest.approx(values[row], abs=1e-6)
        assert row in network.footprints[footprint].rows
        for (other, other_weight, other_low, _), (other_amps, _) in zip(cars, shares, strict=True):
            if row in network.footprints[other].rows and other_amps > other_low + 1e-9:
                assert other_amps / other_weight <= max(amps / weight, low / weight) + 1e-6


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_the_fill_is_what_a_sequence_of_linear_programs_finds(data):
    topology = data.draw(trees(most=7))
    demands = data.draw(crowds(topology, minima=(0.0, 2.0)))
    network, values, cars, used = pour(topology, demands)
    if not fits(network, values, used):
        return
    ours = [amps for amps, _ in fill(network, values, used, cars)]
    assert ours == pytest.approx(most_fair(topology, demands), abs=1e-5)


@st.composite
def angled(draw):
    """Line-to-line and star cars mixed, half of them behind a transformer."""
    fuse = st.floats(15.0, 70.0)
    panels = [
        panel("grid", None, (draw(fuse), draw(fuse), draw(fuse))),
        panel("wye", "grid", draw(st.floats(30.0, 150.0)), transformer_ratio=draw(st.sampled_from([480 / 208, 1.0]))),
    ]
    stations = [
        station(
            f"s{number}",
            draw(st.sampled_from(["grid", "wye"])),
            rotation=draw(st.sampled_from(["RST", "STR", "SRT"])),
            phases=draw(st.sampled_from([(1,), (2,), (3,), (1, 2, 3)])),
            line_to_line=draw(st.booleans()),
        )
        for number in range(draw(st.integers(1, 8)))
    ]
    return tree(*panels, *stations)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_with_angles_the_worst_served_car_gets_as_much_as_can_be_and_nothing_is_left_over(data):
    topology = data.draw(angled())
    demands = [replace(demand, phases=None) for demand in data.draw(crowds(topology, minima=(0.0,)))]
    network, values, cars, used = pour(topology, demands)
    amps = [share for share, _ in fill(network, values, used, cars)]
    assert fits(network, values, used)
    level = common_level(network, values, cars)
    for number, (footprint, weight, low, high) in enumerate(cars):
        assert amps[number] >= min(high, max(low, weight * level)) - 1e-5
        more = used.copy()
        book(network, more, footprint, 0.01)
        assert amps[number] == high or not fits(network, values, more)


def common_level(network, values, cars):
    """The highest level all cars can have at once, by halving."""
    low, high = 0.0, 1000.0
    for _ in range(60):
        middle = (low + high) / 2
        used = [0.0] * network.lane_count
        book_all(network, used, [(f, min(most, max(least, weight * middle))) for f, weight, least, most in cars])
        low, high = (middle, high) if fits(network, values, used) else (low, middle)
    return low


def test_rotated_single_phase_cars_do_not_share_a_conductor():
    topology = tree(panel("main", amps=20.0), *(station(name, phases=(1,), rotation=name) for name in "RST"))
    network = compile_rows(topology)
    cars = [(network.footprint((name, 1)), 1.0, 6.0, 16.0) for name in "RST"]
    used = [0.0] * network.lane_count
    book_all(network, used, [(car[0], car[2]) for car in cars])
    assert [amps for amps, _ in fill(network, [20.0] * 3, used, cars)] == [16.0, 16.0, 16.0]


def test_a_car_held_back_elsewhere_leaves_its_part_to_the_others():
    topology = tree(
        panel("main", amps=60.0),
        panel("small", "main", 10.0),
        station("a", "small"),
        station("b", "main"),
        station("c", "main"),
    )
    network = compile_rows(topology)
    cars = [(network.footprint((name, 1)), weight, 6.0, 32.0) for name, weight in (("a", 1.0), ("b", 1.0), ("c", 3.0))]
    used = [0.0] * network.lane_count
    book_all(network, used, [(car[0], car[2]) for car in cars])
    shares = fill(network, list(limits(network).values), used, cars)
    assert [amps for amps, _ in shares] == pytest.approx([10.0, 18.0, 32.0])
    assert network.rows[shares[0][1]].node == ("panel", "small")
    assert network.rows[shares[1][1]].node == ("panel", "main")
    assert shares[2][1] == FREE


def test_a_row_that_is_over_its_limit_already_keeps_its_cars_at_their_minimum_and_no_others():
    topology = tree(panel("main", amps=(5.0, 100.0, 100.0)), station("a", phases=(1,)), station("b", phases=(2,)))
    network = compile_rows(topology)
    cars = [(network.footprint((name, 1)), 1.0, 6.0, 32.0) for name in "ab"]
    used = [0.0] * network.lane_count
    book_all(network, used, [(car[0], car[2]) for car in cars])
    assert [amps for amps, _ in fill(network, [5.0, 100.0, 100.0], used, cars)] == [6.0, 32.0]


def test_without_any_limit_everybody_gets_the_maximum():
    topology = tree(panel("main"), station("a"))
    network = compile_rows(topology)
    used = [0.0] * network.lane_count
    assert fill(network, [inf] * 3, used, [(network.footprint(("a", 1)), 1.0, 0.0, 32.0)]) == [(32.0, FREE)]
    assert used[:3] == [32.0] * 3


def test_what_is_booked_lands_on_every_lane_of_the_footprint():
    topology = tree(panel("main"), panel("sub", "main"), station("a", "sub", phases=(2,)))
    network = compile_rows(topology)
    used = [0.0] * network.lane_count
    book(network, used, network.footprint(("a", 1)), 7.0)
    loaded = {(row.node[1], row.phase) for number, row in enumerate(network.rows) if used[number] == 7.0}
    assert loaded == {("main", "L2"), ("sub", "L2")}
