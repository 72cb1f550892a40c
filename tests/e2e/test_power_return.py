"""A power cut on a site of 500 stations: power is back, every car draws again at once, then everybody dials at once.

Judged: no fuse carries an ampere-second too much at any time, from the cut to the last station's admission and after.
Nothing is excused: before the box reaches a station, it runs on the profiles that it kept (K01.FR.27), and the box has
given nobody else what those allow. While the box believes that a dark station is there (no good-bye, pings every two
minutes), its orders go nowhere, and count.
"""

import random

import pytest

from localctl import control
from localctl.simulate.day import Day, simulate
from localctl.simulate.figures import figures_of
from localctl.simulate.judge import Cause
from localctl.simulate.scenario import read_scenario
from localctl.simulate.station import SimStation
from tests.localctl.simulate.sites import config, station

ROWS_PER_FEEDER = 10
CUT_S, DARK_S, HOURS = 200, 60, 0.13
BUSY_S = 1.0
"""A cycle costs no virtual time; so long from one to the next is what a box with so many stations needs."""


def car_park(stations, per_s=50, burst=100):
    """Rows of ten stations below feeders of ten rows; every fuse has room for the failsafes and a third more."""
    text = f"[outage]\nadmission_per_second = {per_s}\nadmission_burst = {burst}\n"
    text += f'[[panel]]\nid = "main"\nfuse_a = {stations * 8}\n'
    rows = -(-stations // 10)
    for feeder in range(-(-rows // ROWS_PER_FEEDER)):
        text += f'[[panel]]\nid = "feeder-{feeder}"\nparent = "main"\nfuse_a = 820\n'
    for row in range(rows):
        text += f'[[panel]]\nid = "row-{row}"\nparent = "feeder-{row // ROWS_PER_FEEDER}"\nfuse_a = 85\n'
    rotations = ("RST", "STR", "TRS")
    for number in range(stations):
        text += station(f"CP-{number:03}", f"row-{number // 10}", rotation=rotations[number % 3])
    return config(text)


def cut(stations, *, box_dies=False, seed=1):
    """Most places taken before the lights go out; nobody leaves."""
    chance = random.Random(seed)
    text = f"start = 2026-06-01T15:00:00\nhours = {HOURS}\nmeter_every_s = 100\n"
    for number in range(stations):
        text += f'[[habit]]\nstation = "CP-{number:03}"\nversion = "{chance.choice(("ocpp1.6", "ocpp2.0.1"))}"\n'
        if chance.random() < 0.9:
            text += f'[[arrival]]\nat = {chance.randint(60, 120)}\nstation = "CP-{number:03}"\n'
            text += f"max_a = {chance.choice((16, 32))}\nphases = {chance.choice((1, 3, 3))}\n"
    text += f'[[fault]]\nat = {CUT_S}\nkind = "power_cut"\nfor_s = {DARK_S}\n'
    if box_dies:
        text += f'[[fault]]\nat = {CUT_S}\nkind = "box_dies"\nfor_s = {DARK_S + 20}\n'
    return read_scenario(text)


@pytest.mark.parametrize(("stations", "box_dies"), [(500, False), (150, True)])
def test_p2_p3_no_fuse_is_overdrawn_when_a_site_comes_back_from_a_power_cut(stations, box_dies, monkeypatch):
    monkeypatch.setattr(control, "DEBOUNCE_S", BUSY_S)
    scenario = cut(stations, box_dies=box_dies)
    outcome = simulate(Day(config=car_park(stations), scenario=scenario, seed=1, period_s=10.0))
    figures = figures_of(outcome)
    assert outcome.bugs == []
    assert figures.over == {}
    assert outcome.deaths == box_dies
    assert outcome.world.kept(("main", "L1"))[0].peak > 4 * stations, "cars did draw"


def test_the_judge_sees_stations_that_forgot_their_limits(monkeypatch):
    returns = SimStation.power_returns

    def forgetful(station):
        station.profiles.clear(profile_id=None, evse=None, purpose=None, level=None)
        returns(station)

    monkeypatch.setattr(SimStation, "power_returns", forgetful)
    outcome = simulate(Day(config=car_park(20), scenario=cut(20), seed=1, period_s=10.0))
    assert figures_of(outcome).over[Cause.FAULT] > 100
