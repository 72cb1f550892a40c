"""From a tree to rows: who loads what, through rotations, line-to-line plugs and transformers."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.allocation.waterfill import book
from localctl.charging.tree.rows import RowKind, compile_rows
from localctl.charging.tree.topology import Evse, Group, Imbalance
from tests.localctl.charging.sites import asks, limits, panel, share_out, station, tree


def loads(topology, *cars):
    """What each row with a load carries when the named cars draw so many amperes: {(node, phase): load}."""
    network = compile_rows(topology)
    used = [0.0] * network.lane_count
    for name, amps, *phases in cars:
        book(network, used, network.footprint((name, 1), phases[0] if phases else None), amps)
    found = {(row.node[1], row.phase): network.load(number, used) for number, row in enumerate(network.rows)}
    return {key: value for key, value in found.items() if value > 1e-9}


def test_a_rotated_single_phase_car_loads_its_own_conductor_all_the_way_up():
    topology = tree(panel("main"), panel("sub", "main"), station("a", "sub", rotation="STR"))
    assert loads(topology, ("a", 10.0, (1,))) == {("main", "L2"): 10.0, ("sub", "L2"): 10.0}


def test_a_single_phase_car_on_unknown_rotation_loads_every_conductor():
    topology = tree(panel("main"), station("a", rotation="unknown"))
    assert loads(topology, ("a", 10.0, (1,))) == {("main", phase): 10.0 for phase in ("L1", "L2", "L3")}


def test_unknown_rotation_below_a_single_phase_panel_is_no_riddle():
    topology = tree(panel("main"), panel("sub", "main", (None, 32.0, None)), station("a", "sub", (1,), "unknown"))
    assert loads(topology, ("a", 10.0)) == {("main", "L2"): 10.0, ("sub", "L2"): 10.0}


def test_conductors_an_evse_does_not_have_are_not_believed():
    topology = tree(panel("main"), station("a", phases=(1,), rotation="T"))
    assert loads(topology, ("a", 10.0, (2, 3))) == {("main", "L3"): 10.0}


def test_watts_count_the_conductors_in_use():
    topology = tree(panel("main", limit_w=11_000.0), station("a"), station("b", phases=(1,)))
    assert loads(topology, ("a", 10.0), ("b", 10.0))["main", "W"] == pytest.approx(9_200.0)


def test_rows_for_watts_appear_where_a_source_asks_for_them():
    topology = tree(panel("main"), station("a"))
    nodes = frozenset({("panel", "main"), ("station", "a")})
    assert [(row.node[0], row.kind) for row in compile_rows(topology, nodes).rows if row.phase == "W"] == [
        ("panel", RowKind.POWER),
        ("station", RowKind.POWER),
    ]


def test_groups_count_with_their_weights_and_strict_imbalance_only_uneven_cars():
    group = Group(id="tenant", weights=((("a", 1), 2.0),))
    main = panel("main", imbalance_limit_a=20.0, imbalance=Imbalance.STRICT)
    topology = tree(main, station("a", phases=(1,)), station("b"), groups=(group,))
    network = compile_rows(topology)
    kinds = {network.rows[row].kind for row in network.footprints[network.footprint(("b", 1))].rows}
    assert kinds == {RowKind.CURRENT}
    assert loads(topology, ("a", 5.0), ("b", 7.0))["tenant", "sum"] == 10.0


def test_cars_of_one_place_share_a_footprint():
    topology = tree(panel("main"), *(station(f"s{number}") for number in range(50)))
    network = compile_rows(topology)
    assert len({network.footprint(evse) for evse in topology.evses}) == 1
    assert len(network.footprints) == 1


def delta(*names, amps=100.0, **main):
    """Line-to-line plugs at 208 V on one panel: names are the conductor they start from."""
    stations = [station(name, phases=(int(name[-1]),), line_to_line=True) for name in names]
    return tree(panel("main", amps=amps, **main), *stations, voltage_v=120.0)


def test_two_line_to_line_cars_load_their_common_conductor_with_root_three_not_two():
    found = loads(delta("ab1", "ca3"), ("ab1", 10.0), ("ca3", 10.0))
    assert found["main", "L1"] == pytest.approx(10.0 * math.sqrt(3))
    assert found["main", "L2"] == pytest.approx(10.0)
    assert found["main", "L3"] == pytest.approx(10.0)


def test_three_balanced_line_to_line_cars_are_a_balanced_load():
    found = loads(delta("ab1", "bc2", "ca3"), ("ab1", 10.0), ("bc2", 10.0), ("ca3", 10.0))
    assert [found["main", phase] for phase in ("L1", "L2", "L3")] == pytest.approx([10.0 * math.sqrt(3)] * 3)


def test_a_plug_that_books_half_its_watts_on_each_conductor_would_be_15_percent_over():
    amps = share_out(delta("ab1", amps=20.0), asks("ab1")).amps["ab1", 1]
    assert amps == pytest.approx(20.0)
    watts_per_conductor = 120.0 * math.sqrt(3) * amps / 2
    booked_a = watts_per_conductor / 120.0
    assert amps / booked_a == pytest.approx(1.1547, abs=1e-4)


def test_line_to_line_cars_share_a_conductor_exactly():
    result = share_out(delta("ab1", "ca3", amps=30.0), asks("ab1"), asks("ca3"))
    assert [*result.amps.values()] == pytest.approx([30.0 / math.sqrt(3)] * 2)
    assert result.load(0) == pytest.approx(30.0)


def test_watts_of_a_line_to_line_car_are_those_between_the_conductors():
    found = loads(delta("ab1", limit_w=10_000.0), ("ab1", 10.0))
    assert found["main", "W"] == pytest.approx(2_078.46, abs=0.01)


def test_a_balanced_load_passes_a_transformer_with_its_ratio_and_a_single_car_does_not():
    topology = tree(panel("grid"), panel("wye", "grid", transformer_ratio=480 / 208), station("a", "wye"))
    even = loads(topology, ("a", 10.0))
    assert [even["grid", phase] for phase in ("L1", "L2", "L3")] == pytest.approx([10.0 * 208 / 480] * 3)
    odd = loads(topology, ("a", 10.0, (1,)))
    assert odd["grid", "L1"] == odd["grid", "L2"] == pytest.approx(10.0 * 208 / 480 / math.sqrt(3))
    assert ("grid", "L3") not in odd


def transformer_site(fuse_a):
    """A 480 V delta feeding 208 V line-to-line plugs, as in a large North American garage."""
    stations = [station(f"c{n}", "wye", phases=(n % 3 + 1,), line_to_line=True) for n in range(9)]
    return tree(panel("grid", amps=fuse_a), panel("wye", "grid", 400.0, transformer_ratio=480 / 208), *stations)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_p2_any_line_to_line_car_behind_a_transformer_may_stop_and_no_conductor_overloads(data):
    topology = transformer_site(data.draw(st.floats(20, 80)))
    demands = [asks(name, max_a=data.draw(st.sampled_from([16.0, 32.0]))) for name in topology.stations]
    result = share_out(topology, *demands)
    gone = data.draw(st.sets(st.sampled_from(sorted(result.amps))))
    left = {evse: 0.0 if evse in gone else amps for evse, amps in result.amps.items()}
    for phase, current in enumerate(primary(left)):
        assert abs(current) <= topology.panels["grid"].fuse_a[phase] + 1e-6


def test_a_transformer_is_used_to_its_limit():
    result = share_out(transformer_site(40.0), *(asks(name) for name in transformer_site(40.0).stations))
    assert max(abs(current) for current in primary(result.amps)) == pytest.approx(40.0)


def primary(amps):
    """The primary line currents, worked out by hand: winding currents from secondary lines, lines from windings."""
    angle = {1: 30.0, 2: -90.0, 3: 150.0}
    branch = {1: 0j, 2: 0j, 3: 0j}
    for (name, _), value in amps.items():
        number = int(name[1:]) % 3 + 1
        branch[number] += value * complex(math.cos(math.radians(angle[number])), math.sin(math.radians(angle[number])))
    a, b, c = branch[1] - branch[3], branch[2] - branch[1], branch[3] - branch[2]
    turns = 480 / 208 * math.sqrt(3)
    return (a - c) / turns, (b - a) / turns, (c - b) / turns


def test_mixed_star_and_line_to_line_cars_add_up_as_in_copper():
    plugs = station("ll", phases=(1,), line_to_line=True)
    topology = tree(panel("main"), plugs, station("ln", phases=(1,)), voltage_v=120.0)
    found = loads(topology, ("ll", 10.0), ("ln", 10.0))
    assert found["main", "L1"] == pytest.approx(2 * 10.0 * math.cos(math.radians(15)))


def test_a_station_row_exists_only_where_it_can_bind():
    two = station("two", evse=Evse(id=1), max_a=20.0)
    network = compile_rows(tree(panel("main"), two, station("one")))
    assert {row.node for row in network.rows} == {("panel", "main"), ("station", "two")}
    assert limits(network).values[-1] == 20.0
