"""From a file to the whole plan of charging."""

from pathlib import Path

from localctl.config.load import load
from localctl.plan import site_plan_of
from tests.localctl.config.files import ROUTER, good

SITE = (
    ROUTER.replace('"route"', '"adopt"\nadopt_into = "main"\nadopt_current_a = 10\nadopt_count = 2')
    + """
[[panel]]
id = "main"
fuse_a = 63
limit_a = 50
[[station]]
identity = "CP1"
panel = "main"
phase_rotation = "RST"
evses = [{ id = 1 }]
"""
)


ROOT = Path(__file__).parents[2]


def test_the_example_configuration_becomes_a_plan_with_every_station_on_its_panel():
    config = load(ROOT / "config.toml").config
    assert config is not None
    plan = site_plan_of(config)
    assert plan is not None
    assert {station.identity for station in plan.managed} == set(plan.topology.stations)
    assert plan.terms.lease.lease_s == config.charging.lease_s


def test_a_box_that_only_routes_has_no_plan_of_charging():
    assert site_plan_of(good(ROUTER)) is None


def test_the_plan_joins_tree_stations_and_limits():
    plan = site_plan_of(good(SITE))
    assert (plan.topology.root, [one.identity for one in plan.managed]) == ("main", ["CP1"])
    assert [source.name for source in plan.fixed] == ["fixed limit"]


def test_strangers_are_adopted_into_the_room_that_is_kept_for_them():
    plan = site_plan_of(good(SITE))
    assert plan.topology.loads[plan.adopted_load].reserved_a == (20, 20, 20)
    assert (plan.adopts("NEW").safe_a, plan.adopts("CP1")) == (10, None)
    assert site_plan_of(good(SITE.replace('"adopt"', '"refuse"'))).adopts("NEW") is None
