"""Configuration to topology: every key arrives, and the tree's complaints find their line."""

from localctl.charging.tree.topology import Current, Imbalance
from localctl.plan_site import check_topology, loads_of, panels_of, stations_of, topology_of
from tests.localctl.config.files import ROUTER, good, read

SITE = (
    ROUTER.replace('"route"', '"refuse"\nfailsafe_current_a = 7')
    + """
[site]
nominal_voltage_v = 240
[[panel]]
id = "main"
fuse_a = [63, 50, 63]
reserve_a = 3
limit_w = 30_000
imbalance_limit_a = 20
imbalance = "strict"
[[panel]]
id = "sub"
parent = "main"
phases = "RS"
fuse_a = 32
transformer_ratio = 2
[[load]]
name = "kitchen"
panel = "main"
current_a = [10, 0, 5]
[[station]]
identity = "AC"
panel = "main"
phase_rotation = "STR"
priority = 2
weight = 3
max_a = 40
evses = [{ id = 1, phases = [2], min_a = 8, max_a = 20 }]
[[station]]
identity = "DC"
panel = "main"
phase_rotation = "RST"
control = "uncontrolled"
failsafe_current_a = 1
evses = [{ id = 7, current = "DC", max_w = 11_000, max_a = 20, efficiency = 0.9 }]
[[station]]
identity = "ROUTED"
"""
)


def test_panels_have_no_ampere_on_a_phase_that_does_not_reach_them():
    main, sub = panels_of(good(SITE))
    assert (main.fuse_a, main.reserve_a, main.limit_w) == ((63, 50, 63), 3, 30_000)
    assert (main.imbalance_limit_a, main.imbalance, main.parent) == (20, Imbalance.STRICT, None)
    assert (sub.fuse_a, sub.parent, sub.transformer_ratio) == ((32, 32, None), "main", 2)


def test_stations_on_a_panel_arrive_with_their_evses_and_defaults():
    first, second = stations_of(good(SITE))
    assert (first.phase_rotation, first.priority, first.weight, first.max_a) == ("STR", 2, 3, 40)
    assert (first.failsafe_a, first.controllable) == (7, True)
    assert (first.evses[0].phases, first.evses[0].min_a, first.evses[0].max_a) == ((2,), 8, 20)
    assert (second.failsafe_a, second.controllable) == (1, False)
    assert (second.evses[0].id, second.evses[0].current, second.evses[0].max_w) == (7, Current.DC, 11_000)
    assert second.evses[0].efficiency == 0.9


def test_loads_keep_their_phases():
    assert [(load.id, load.panel, load.reserved_a) for load in loads_of(good(SITE))] == [
        ("kitchen", "main", (10, 0, 5))
    ]


def test_the_whole_is_one_tree():
    topology, problems = topology_of(good(SITE))
    assert problems == ()
    assert topology.root == "main"
    assert topology.site.nominal_voltage_v == 240


def test_a_router_has_no_tree_and_no_complaint():
    assert topology_of(good(ROUTER)) == (None, ())
    loaded = read(ROUTER)
    assert check_topology(loaded) is loaded


def test_a_file_with_errors_is_given_back_as_it_is():
    loaded = read(ROUTER + "x = 1\n")
    assert check_topology(loaded) is loaded


def test_complaints_name_the_line_of_what_they_are_about():
    ring = SITE.replace('id = "main"\n', 'id = "main"\nparent = "sub"\n')
    loaded = check_topology(read(ring))
    assert loaded.config is None
    paths = {problem.path for problem in loaded.errors}
    assert "panel" in paths or "panel[0]" in paths
    twice = check_topology(read(SITE.replace("{ id = 7,", "{ id = 7 }, { id = 7,")))
    assert "station[1].evses[1]" in {problem.path for problem in twice.errors}


ADOPT = (
    ROUTER.replace('"route"', '"adopt"\nadopt_into = "main"\nadopt_count = {}\nadopt_current_a = 10')
    + """
[[panel]]
id = "main"
phases = "RS"
fuse_a = 63
[[station]]
identity = "CP1"
panel = "main"
phase_rotation = "R"
evses = [{{ id = 1, phases = 1 }}]
"""
)


def test_p3_room_for_every_station_that_may_be_adopted_is_kept_on_their_panel():
    (load,) = loads_of(good(ADOPT.format(3)))
    assert (load.panel, load.reserved_a) == ("main", (30, 30, None))
    assert loads_of(good(ADOPT.format(3).replace('"adopt"', '"refuse"'))) == ()


def test_p3_adopted_stations_count_in_the_failsafe_sum_and_are_named_when_it_does_not_hold():
    assert topology_of(good(ADOPT.format(5)))[1] == ()
    (problem,) = check_topology(read(ADOPT.format(6))).errors
    assert problem.path == "panel[0].fuse_a"
    assert "60 A are kept for adopted stations" in problem.hint


def test_p3_a_fuse_that_would_not_bear_the_rating_of_a_forgetful_station_is_a_warning_at_its_line():
    keeps = ADOPT.format(1).replace("fuse_a = 63", "fuse_a = 31")
    forgets = keeps.replace('phase_rotation = "R"', 'phase_rotation = "R"\nkeeps_profiles = false')
    assert [problem.path for problem in check_topology(read(keeps)).problems] == []
    found = check_topology(read(forgets))
    assert [(problem.path, problem.severity.value) for problem in found.problems] == [("panel[0].fuse_a", "warning")]
    assert "these forget their profiles: CP1" in found.problems[0].what
    assert found.errors == ()
