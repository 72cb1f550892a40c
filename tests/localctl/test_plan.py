"""From a file to a plan of charging."""

from pathlib import Path

from localctl.config.load import load, parse
from localctl.plan import site_plan_of

ROOT = Path(__file__).parents[2]


def test_the_example_configuration_becomes_a_plan_with_every_station_on_its_panel():
    config = load(ROOT / "config.toml").config
    assert config is not None
    plan = site_plan_of(config)
    assert plan is not None
    assert {station.identity for station in plan.managed} == set(plan.topology.stations)
    assert plan.terms.lease.lease_s == config.charging.lease_s


def test_a_file_without_panels_is_a_pure_router():
    text = '[[listen]]\nport = 1\nsecurity_profile = 1\n[[csms]]\nurl = "ws://127.0.0.1:1"\n'
    config = parse(text.encode(), file="c.toml", folder=ROOT, environ={}).config
    assert config is not None
    assert site_plan_of(config) is None
