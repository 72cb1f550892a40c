"""Every mistake in a site is named at once, with its place and the way out."""

from dataclasses import replace
from math import inf, nan

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from localctl.charging.allocation.allocator import allocate
from localctl.charging.allocation.allocator_demand import Demand
from localctl.charging.allocation.topology_failsafe import check_failsafe
from localctl.charging.limiting.limits_effective import effective
from localctl.charging.tree.rows import compile_rows
from localctl.charging.tree.topology import Evse, Group, Load, Panel, Severity, Site, Station
from localctl.charging.tree.topology_check import build
from tests.localctl.charging.sites import panel, station


def problems(*things, site=None, loads=(), groups=()):
    """(code, path, other) of each problem."""
    panels = [thing for thing in things if not hasattr(thing, "identity")]
    stations = [thing for thing in things if hasattr(thing, "identity")]
    topology, found = build(site or Site(), panels, stations, loads, groups)
    assert (topology is None) == any(problem.severity is Severity.ERROR for problem in found)
    assert all(problem.message and problem.hint for problem in found)
    return [(problem.code, problem.path, problem.other) for problem in found]


def test_a_sound_site_has_no_problem():
    assert problems(panel("main"), panel("p", "main", 63.0), station("a", "p")) == []


def test_all_problems_come_at_once():
    found = problems(panel("main"), panel("main"), panel("lost", "nowhere"), station("a", "gone"), station("a"))
    assert ("duplicate", ("panel", "main"), None) in found
    assert ("duplicate", ("station", "a"), None) in found
    assert ("orphan", ("panel", "lost"), ("panel", "nowhere")) in found
    assert ("orphan", ("station", "a"), ("panel", "gone")) in found


def test_there_is_exactly_one_main_panel():
    assert problems() == [("no-root", ("panel",), None)]
    assert ("two-roots", ("panel", "b"), ("panel", "a")) in problems(panel("a"), panel("b"))


def test_a_ring_of_panels_is_found_and_spelled_out():
    _, found = build(Site(), [panel("main"), panel("a", "b"), panel("b", "a")], [])
    (ring,) = [problem for problem in found if problem.code == "cycle"]
    assert ring.path == ("panel", "a")
    assert "a - b - a" in ring.message


def test_a_panel_that_feeds_itself_is_a_ring_too():
    assert ("cycle", ("panel", "a"), None) in problems(panel("main"), panel("a", "a"))


@pytest.mark.parametrize(
    ("thing", "path"),
    [
        (panel("sub", "main", (None, None, 16.0)), ("panel", "sub")),
        (station("a", phases=(1,), rotation="T"), ("station", "a")),
        (station("a"), ("station", "a")),
        (station("a", phases=(2,), line_to_line=True), ("station", "a")),
    ],
)
def test_phases_that_the_parent_lacks_are_named(thing, path):
    assert problems(panel("main", amps=(63.0, 63.0, None)), thing) == [("phase", path, ("panel", "main"))]


def test_a_load_on_a_phase_its_panel_lacks_is_named_and_zero_amperes_are_no_load():
    main = panel("main", amps=(63.0, None, None))
    assert problems(main, loads=(Load(id="lift", panel="main", reserved_a=(5.0, 0.0, None)),)) == []
    found = problems(main, loads=(Load(id="lift", panel="main", reserved_a=(5.0, 5.0, None)),))
    assert found == [("phase", ("load", "lift"), ("panel", "main"))]


def test_more_conductors_than_the_rotation_names():
    assert ("phase", ("station", "a"), None) in problems(panel("main"), station("a", rotation="S"))


def test_a_child_fused_above_its_parent_is_a_warning_that_lets_the_site_run():
    topology, (warning,) = build(Site(), [panel("main", amps=63.0), panel("sub", "main", (63.0, 80.0, 63.0))], [])
    assert topology is not None
    assert (warning.code, warning.severity, warning.path) == ("rating", Severity.WARNING, ("panel", "sub"))
    assert "L2" in warning.message


def test_a_transformer_between_makes_other_ratings_sensible():
    assert problems(panel("main", amps=100.0), panel("wye", "main", 200.0, transformer_ratio=480 / 208)) == []


@pytest.mark.parametrize(
    "thing",
    [
        panel("x", "main", -1.0),
        panel("x", "main", nan),
        panel("x", "main", (None, None, None)),
        panel("x", "main", transformer_ratio=0.0),
        station("a", rotation="RTX"),
        station("a", weight=0.0),
        station("a", weight=inf),
        station("a", max_a=nan),
        panel("x", "main", imbalance_limit_a=-1.0),
        station("a", failsafe_a=-1.0),
        station("a", evse=Evse(id=1, min_a=16.0, max_a=10.0)),
        station("a", evse=Evse(id=1, phases=())),
        station("a", evse=Evse(id=1, phases=(1, 1))),
        station("a", evse=Evse(id=1, phases=(4,))),
    ],
)
def test_values_that_make_no_sense_are_refused(thing):
    assert "value" in [code for code, _, _ in problems(panel("main"), thing)]


def test_a_voltage_of_nothing_is_refused():
    assert problems(panel("main"), site=Site(nominal_voltage_v=0.0)) == [("value", ("site",), None)]


def test_an_evse_number_used_twice_is_named():
    twice = replace(station("a"), evses=(Evse(id=1), Evse(id=1)))
    assert problems(panel("main"), twice) == [("duplicate", ("station", "a", "evse", "1"), None)]


def test_angles_need_a_known_rotation():
    unknown = ("rotation", ("station", "a"), ("panel", "main"))
    assert problems(panel("main"), station("a", rotation="unknown", line_to_line=True)) == [unknown]
    wye = panel("wye", "main", transformer_ratio=2.0)
    behind = problems(panel("main"), wye, station("a", "wye", rotation="unknown"))
    assert behind == [("rotation", ("station", "a"), ("panel", "wye"))]


def test_a_group_of_evses_that_do_not_exist_is_named():
    group = Group(id="tenant", weights=((("a", 1), 1.0), (("b", 7), 1.0)))
    assert problems(panel("main"), station("a"), groups=(group,)) == [("group", ("group", "tenant"), None)]


names = st.sampled_from(["a", "b", "c", ""])
amps = st.sampled_from([0.0, 6.0, 10.0, 32.0, 63.0, 100.0, -1.0, nan, inf, 1e300])
any_panel = st.builds(
    Panel,
    id=names,
    parent=st.none() | names,
    fuse_a=st.tuples(*[st.none() | amps] * 3),
    reserve_a=amps,
    limit_w=st.none() | amps,
    imbalance_limit_a=st.none() | st.just(20.0),
    transformer_ratio=st.none() | st.sampled_from([0.0, -1.0, 2.3, nan]),
)
any_evse = st.builds(
    Evse,
    id=st.integers(0, 2),
    phases=st.sampled_from([(1,), (2,), (1, 2, 3), (3, 1), (), (0,), (1, 1), (4, 5, 6, 7)]),
    min_a=amps,
    max_a=amps,
    efficiency=st.sampled_from([0.0, 0.9, 2.0]),
)
any_station = st.builds(
    Station,
    identity=names,
    panel=names,
    evses=st.lists(any_evse, max_size=2).map(tuple),
    phase_rotation=st.sampled_from(["RST", "STR", "S", "unknown", "XYZ", ""]),
    failsafe_a=amps,
    max_a=st.none() | amps,
    weight=amps,
    line_to_line=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(any_panel, max_size=4), st.lists(any_station, max_size=3))
@example([panel("a")], [station("b", "a")])
def test_p6_no_site_however_broken_raises_and_every_site_let_through_can_be_computed(panels, stations):
    topology, found = build(Site(), panels, stations)
    assert (topology is None) == any(problem.severity is Severity.ERROR for problem in found)
    if topology is not None:
        network = compile_rows(topology)
        check_failsafe(network)
        demands = [Demand(evse=evse) for evse in topology.evses]
        result = allocate(network, effective(network, (), {}, 0.0, 1.0).at(0.0), demands, {}, 0.0)
        assert all(share >= 0 for share in result.amps.values())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.builds(panel, names, st.none() | names), max_size=4),
    st.lists(st.builds(station, names, names), max_size=3),
)
def test_a_site_is_let_through_exactly_when_it_is_one_tree_of_things_with_names_of_their_own(panels, stations):
    topology, _ = build(Site(), panels, stations)
    parents = {each.id: each.parent for each in panels}
    sound = len(parents) == len(panels) and len({s.identity for s in stations}) == len(stations)
    sound = sound and [*parents.values()].count(None) == 1 and all(s.panel in parents for s in stations)
    assert (topology is not None) == (sound and all(reaches_root(name, parents) for name in parents))


def reaches_root(name, parents):
    for _ in parents:
        if name not in parents or parents[name] is None:
            break
        name = parents[name]
    return name in parents and parents[name] is None
