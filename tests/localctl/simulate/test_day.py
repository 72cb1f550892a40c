"""Whole short days: the real controller keeps a small site inside its fuse, and a day can be played again."""

import pytest

from localctl.simulate.day import Day, NoSite, simulate
from localctl.simulate.figures import figures_of
from localctl.simulate.judge import Cause
from localctl.simulate.scenario import ScenarioProblem, read_scenario
from tests.localctl.simulate.day_kit import TWO_CARS, played
from tests.localctl.simulate.sites import SMALL, config, station


def test_two_cars_share_a_fuse_and_the_second_gets_what_the_first_leaves():
    outcome = played()
    figures = figures_of(outcome)
    assert outcome.bugs == []
    assert figures.over == {}
    assert 36 < outcome.world.kept(("main", "L1"))[0].peak <= 40
    assert figures.cars == 2
    assert figures.got_wh > 4000
    assert all(writes > 0 for writes in outcome.writes.values())


def test_the_same_seed_is_the_same_day():
    one, two = played(), played()
    assert [(stay.got_wh, stay.first_amp_at) for stay in one.stays] == [
        (stay.got_wh, stay.first_amp_at) for stay in two.stays
    ]
    assert (one.writes, one.messages) == (two.writes, two.messages)


def steered(control):
    """Two stations of which only this one means may limit."""
    more = f'control = "{control}"'
    return config('[[panel]]\nid = "main"\nfuse_a = 40\n' + station("CP-1", more=more) + station("CP-2", more=more))


def older(purpose, amps, level=5):
    """Profiles of the CSMS that both stations have had for years."""
    names, told = ("CP-1", "CP-2"), f'purpose = "{purpose}"\nlimit_a = {amps}\nstack_level = {level}\n'
    return "".join(f'[[installed]]\nstation = "{name}"\n{told}' for name in names)


@pytest.mark.parametrize(
    ("control", "purpose"), [("tx_default", "TxDefaultProfile"), ("max_profile", "ChargingStationMaxProfile")]
)
def test_5_8_5_profiles_older_than_the_box_and_above_ours_overdraw_nothing_and_are_overruled(control, purpose):
    outcome = played(TWO_CARS + older(purpose, 32), config=steered(control))
    figures = figures_of(outcome)
    assert (outcome.bugs, figures.over) == ([], {})
    assert outcome.world.kept(("main", "L1"))[0].peak > 36
    assert figures.got_wh > 4000


def test_5_8_4_what_a_csms_allowed_before_the_box_came_is_kept():
    text = TWO_CARS + older("TxDefaultProfile", 7, level=0)
    assert played(text, config=steered("tx_default")).world.kept(("main", "L1"))[0].peak == pytest.approx(14)


def test_an_installed_profile_that_no_station_takes_is_a_mistake_in_the_scenario():
    wrong = '[[installed]]\nstation = "CP-1"\nevse = 1\npurpose = "ChargingStationMaxProfile"\n'
    with pytest.raises(ScenarioProblem, match="CP-1 does not take profile 400"):
        played(TWO_CARS + wrong)


def test_an_ems_limit_is_kept_once_the_cars_have_followed():
    outcome = played(
        TWO_CARS + '[[limit]]\nat = "15:10"\nsource = "ems"\npanel = "main"\nlimit_a = 14\nfor_s = 600\n'
    )
    figures, (_, kept) = figures_of(outcome), outcome.world.kept(("main", "L1"))
    assert kept.over.get(Cause.REACTION, 0) > 0
    assert figures.limit_faults == figures.fuse_faults == []
    assert outcome.world.limit(("main", "L1")) == 40


def test_a_box_that_dies_leaves_the_stations_on_their_leases():
    outcome = played(TWO_CARS + '[[fault]]\nat = "15:08"\nkind = "box_dies"\nfor_s = 60\n')
    assert outcome.deaths == 1
    assert figures_of(outcome).fuse_faults == []
    assert outcome.bugs == []


def test_what_a_liar_takes_before_it_is_noticed_is_no_fault_of_the_controller():
    site = config('[[panel]]\nid = "main"\nfuse_a = 34\n' + station("CP-1") + station("CP-2"))
    liar = '[[habit]]\nstation = "CP-1"\nobedient = false\n'
    figures = figures_of(played(TWO_CARS.replace("hours = 0.4", "hours = 0.1") + liar, config=site))
    assert figures.over.get(Cause.LIAR, 0.0) > 0
    assert figures.fuse_faults == []


def test_progress_is_told_from_the_beginning_to_the_end():
    steps = []
    simulate(Day(config=SMALL, scenario=read_scenario(TWO_CARS), seed=1), steps.append)
    assert steps[0].part == 0.0
    assert 0.9 < steps[-1].part <= 1.0
    assert max(step.cars for step in steps) == 2


def test_a_box_that_only_routes_has_nothing_to_simulate():
    routed = config('[[station]]\nidentity = "CP-1"\n')
    with pytest.raises(NoSite, match="nothing to simulate"):
        simulate(Day(config=routed, scenario=read_scenario("hours = 1")))


def test_a_station_that_nobody_may_steer_is_counted_at_its_rating():
    site = config(
        '[[panel]]\nid = "main"\nfuse_a = 40\n' + station("CP-1", more='control = "uncontrolled"') + station("CP-2")
    )
    outcome = played(config=site)
    assert figures_of(outcome).over == {}
    assert outcome.writes["CP-1"] == 0
