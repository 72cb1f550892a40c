"""Promise P3: when nobody answers, everything still fits, or the site is refused with the worst place named."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.allocation.topology_failsafe import check_failsafe
from localctl.charging.tree.rows import compile_rows
from localctl.charging.tree.topology import Evse, Group, Load, Severity
from tests.localctl.charging.judge import matrix
from tests.localctl.charging.sites import asks, panel, station, tree, trees


def refused(*things, **more):
    """(node, phase) of each problem, the worst first."""
    return [(problem.path, problem.other[1]) for problem in check_failsafe(compile_rows(tree(*things, **more)))]


def test_p3_failsafe_currents_that_fit_exactly_are_accepted():
    assert refused(panel("main", amps=12.0), station("a"), station("b")) == []


def test_p3_one_ampere_too_many_is_refused_and_says_by_how_much():
    topology = tree(panel("main", amps=(11.0, 12.0, 12.0)), station("a"), station("b"))
    (problem,) = check_failsafe(compile_rows(topology))
    assert (problem.path, problem.other) == (("panel", "main"), ("phase", "L1"))
    assert "may draw 12.0 A, 1.0 A more than the 11.0 A" in problem.message
    assert "failsafe_current_a" in problem.hint


def test_p3_the_worst_panel_comes_first():
    found = refused(
        panel("main", amps=20.0),
        panel("sub", "main", (20.0, 20.0, 6.0)),
        *(station(name, "sub") for name in "abcd"),
    )
    assert found == [(("panel", "sub"), "L3"), (("panel", "main"), "L1")]


def test_p3_loads_and_reserves_count_too():
    lift = Load(id="lift", panel="sub", reserved_a=(0.0, 10.0, 0.0))
    things = (panel("main", amps=20.0, reserve_a=5.0), panel("sub", "main"), station("a", "sub"))
    assert refused(*things) == []
    assert refused(*things, loads=(lift,)) == [(("panel", "main"), "L2")]


def test_p3_reserves_beyond_the_fuse_are_refused_even_without_stations():
    topology = tree(panel("main", amps=10.0, reserve_a=12.0))
    (problem,) = check_failsafe(compile_rows(topology))
    assert "exceed the fuse by 2.0 A" in problem.message


def test_p3_a_station_that_cannot_be_steered_counts_with_its_rating():
    assert refused(panel("main", amps=31.0), station("a", controllable=False)) == [(("panel", "main"), "L1")]
    assert refused(panel("main", amps=32.0), station("a", controllable=False)) == []


def test_p3_a_failsafe_above_the_rating_is_the_rating():
    assert refused(panel("main", amps=10.0), station("a", evse=Evse(id=1, max_a=10.0), failsafe_a=16.0)) == []


def test_p3_unknown_rotation_is_costed_on_every_phase_and_the_hint_says_so():
    singles = [station(name, phases=(1,), rotation="unknown") for name in "abc"]
    topology = tree(panel("main", amps=10.0), *singles)
    (problem,) = check_failsafe(compile_rows(topology))
    assert "unknown phase_rotation" in problem.hint
    known = [station(name, phases=(1,), rotation=name) for name in "RST"]
    assert refused(panel("main", amps=10.0), *known) == []


def test_p3_power_limits_count_and_groups_without_a_standing_limit_do_not():
    group = Group(id="tenant", weights=((("a", 1), 1.0),))
    assert refused(panel("main", limit_w=4_000.0), station("a"), groups=(group,)) == [(("panel", "main"), "W")]


def test_p3_line_to_line_plugs_are_added_as_in_copper():
    plugs = [station(name, phases=(int(name[-1]),), line_to_line=True, failsafe_a=10.0) for name in ("ab1", "ca3")]
    assert refused(panel("main", amps=17.4), *plugs) == []
    assert refused(panel("main", amps=17.3), *plugs) == [(("panel", "main"), "L1")]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_p3_a_site_is_refused_exactly_when_a_plain_sum_says_so(data):
    topology = data.draw(trees())
    demands = [asks(name) for name in topology.stations]
    lines, fuses = matrix(topology, demands)
    fits = all(lines.sum(axis=1) * 6.0 <= fuses + 1e-9)
    assert (check_failsafe(compile_rows(topology)) == ()) == fits


@pytest.mark.parametrize("failsafe_a", [0.0, 6.0])
def test_p3_two_evses_of_a_station_each_fall_back(failsafe_a):
    both = station("a", failsafe_a=failsafe_a)
    things = (panel("main", amps=6.0), both, station("b", failsafe_a=failsafe_a))
    assert (refused(*things) == []) == (failsafe_a == 0.0)


def forgetful(name, on="main", **more):
    return station(name, on, keeps_profiles=False, **more)


def test_p3_stations_that_forget_their_profiles_are_a_warning_that_names_them_and_by_how_much():
    names = [f"f{number}" for number in range(5)]
    topology = tree(panel("main", amps=60.0), station("a"), *map(forgetful, names))
    (problem,) = check_failsafe(compile_rows(topology))
    assert (problem.path, problem.other, problem.severity) == (("panel", "main"), ("phase", "L1"), Severity.WARNING)
    assert "may draw 166.0 A until they are told again, 106.0 A more than its fuse leaves" in problem.message
    assert problem.message.endswith("these forget their profiles: f0, f1, f2 and 2 more")


def test_p3_ratings_that_fit_are_no_warning_and_failsafes_that_do_not_are_still_refused():
    assert refused(panel("main", amps=38.0), station("a"), forgetful("f")) == []
    (problem,) = check_failsafe(compile_rows(tree(panel("main", amps=11.0), station("a"), forgetful("f"))))
    assert problem.severity is Severity.ERROR


def test_p3_the_panel_on_which_a_restart_is_worst_comes_first_and_only_its_own_stations_are_named():
    things = (panel("main", amps=60.0), panel("sub", "main", 20.0), forgetful("f", "sub"), forgetful("g"))
    found = check_failsafe(compile_rows(tree(*things)))
    assert [problem.path for problem in found] == [("panel", "sub"), ("panel", "main")]
    assert found[0].message.endswith(": f")
    assert found[1].message.endswith(": f, g")


def test_p3_a_forgetful_station_draws_no_more_than_its_own_rating_for_all_its_evses():
    pair = replace(forgetful("f", max_a=32.0), evses=(Evse(id=1), Evse(id=2)))
    assert refused(panel("main", amps=32.0), pair) == []
    assert refused(panel("main", amps=31.0), pair) == [(("panel", "main"), "L1")]
    apart = replace(forgetful("f", max_a=20.0), evses=(Evse(id=1, phases=(1,)), Evse(id=2, phases=(2,))))
    assert refused(panel("main", amps=20.0), apart) == []
