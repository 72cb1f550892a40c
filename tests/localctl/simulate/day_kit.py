"""Short days on small sites."""

from localctl.simulate.day import Day, simulate
from localctl.simulate.scenario import read_scenario
from tests.localctl.simulate.sites import SMALL

TWO_CARS = """
start = 2026-06-01T15:00:00
hours = 0.4
[[arrival]]
at = "15:03"
station = "CP-1"
stay_h = 0.2
max_a = 32
[[arrival]]
at = "15:04"
station = "CP-2"
"""


def played(text=TWO_CARS, config=SMALL, seed=1, period_s=5.0):
    """The outcome of a scenario."""
    return simulate(Day(config=config, scenario=read_scenario(text), seed=seed, period_s=period_s))
