"""Scenario files: what they say, and how mistakes in them are told."""

from pathlib import Path

import pytest

from localctl.simulate.scenario import Arrival, Scenario, ScenarioProblem, load_scenario, read_scenario
from localctl.simulate.station import Meter

FOLDER = Path(__file__).parents[2] / "fixtures" / "scenarios"


def test_the_example_says_everything_a_scenario_can_say():
    scenario = load_scenario(FOLDER / "day.toml")
    assert {name for name in Scenario.__struct_fields__ if not getattr(scenario, name)} == set()
    assert scenario.arrival[0].phases == 1
    assert scenario.limit[-1].withdraw
    assert scenario.habit_of("CP-2").meter is Meter.LYING


def test_moments_are_clock_times_or_seconds():
    scenario = read_scenario("start = 2026-06-01T06:30:00")
    assert [scenario.after_s(moment) for moment in ("06:30", "08:05:30", 90, "06:00")] == [0, 5730, 90, 23.5 * 3600]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("hours = ", "Invalid value"),
        ("hour = 3", "unknown field `hour`"),
        ('[[arrival]]\nat = "08:00"\n', "missing required field `station`"),
        ('[[fault]]\nat = 1\nkind = "gremlins"\n', "Invalid enum value 'gremlins'"),
        ('[[arrival]]\nat = "25:00"\nstation = "A"\n', "'25:00' is no moment"),
        ('[[limit]]\nat = "noon"\nsource = "ems"\npanel = "main"\n', "'noon' is no moment"),
        ('[[csms_outage]]\nat = "8:99"\nfor_s = 3\n', "'8:99' is no moment"),
    ],
)
def test_what_is_wrong_with_a_scenario_is_named(text, what):
    with pytest.raises(ScenarioProblem, match=what):
        read_scenario(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ScenarioProblem, match=r"nothing\.toml: cannot be read: No such file or directory; name a"):
        load_scenario(tmp_path / "nothing.toml")
    (tmp_path / "bad.toml").write_text("hour = 3")
    with pytest.raises(ScenarioProblem, match=r"bad\.toml: .*unknown field"):
        load_scenario(tmp_path / "bad.toml")


def test_a_station_nobody_mentions_behaves():
    habit = Scenario().habit_of("CP-9")
    assert (habit.obedient, habit.meter, habit.clock_off_s) == (True, Meter.HONEST, 0.0)


def test_a_scenario_of_values_needs_no_file():
    assert Scenario(arrival=(Arrival(at=3.0, station="A"),)).after_s(3.0) == 3.0
