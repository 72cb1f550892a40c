"""Every happening of a scenario comes to pass at its moment."""

import json

import pytest

from localctl.simulate.day import Day, _Play, simulate
from localctl.simulate.scenario import load_scenario, read_scenario
from localctl.simulate.script import Script
from tests.localctl.simulate.sites import SMALL
from tests.localctl.simulate.test_scenario import FOLDER

HEAD = "start = 2026-06-01T15:00:00\nhours = 0.2\n"


@pytest.fixture
def spoken(monkeypatch):
    """What the CSMS asked of the stations."""
    from localctl.simulate.csms import SimCsms

    asked, ask = [], SimCsms.ask
    monkeypatch.setattr(SimCsms, "ask", lambda csms, *what: (asked.append(what), ask(csms, *what)))
    return asked


def play(text):
    return simulate(Day(config=SMALL, scenario=read_scenario(HEAD + text), seed=1, period_s=5.0))


@pytest.mark.parametrize(
    ("version", "action", "expected"),
    [
        ("ocpp2.0.1", "SetChargingProfile", {"evseId": 0}),
        ("ocpp1.6", "SetChargingProfile", {"connectorId": 0}),
    ],
)
def test_the_csms_sets_and_clears_profiles_in_the_stations_version(version, action, expected, spoken):
    play(
        f'[[habit]]\nstation = "CP-1"\nversion = "{version}"\n'
        '[[profile]]\nat = "15:02"\nstation = "CP-1"\npurpose = "ChargingStationMaxProfile"\nlimit_a = 9\nfor_s = 60\n'
        '[[profile]]\nat = "15:04"\nstation = "CP-1"\nclear = true\n'
    )
    (_, set_action, payload), (_, clear_action, cleared) = spoken
    assert (set_action, clear_action) == (action, "ClearChargingProfile")
    assert expected.items() <= payload.items()
    assert '"limit": 9.0' in json.dumps(payload)
    assert 500 in cleared.values()


def test_outages_overlap_and_the_csms_is_back_after_the_last(monkeypatch):
    text = '[[csms_outage]]\nat = 100\nfor_s = 100\n[[csms_outage]]\nat = 150\nfor_s = 200\n'
    plays = []
    monkeypatch.setattr(_Play, "__init__", _remembering(_Play.__init__, plays))
    outcome = play(text)
    assert plays[0].csms.away is False
    assert outcome.bugs == []
    assert all(station.online for station in plays[0].stations.values())


def _remembering(init, plays):
    def remember(self, *arguments):
        plays.append(self)
        init(self, *arguments)

    return remember


@pytest.mark.parametrize("kind", ["cut", "offline", "half_dead", "reboot", "slow", "deaf", "box_dies", "power_cut"])
def test_stations_are_back_after_every_fault(kind, monkeypatch):
    plays = []
    monkeypatch.setattr(_Play, "__init__", _remembering(_Play.__init__, plays))
    outcome = play(f'[[fault]]\nat = 120\nkind = "{kind}"\nfor_s = 60\n')
    assert outcome.bugs == []
    assert [station.online for station in plays[0].stations.values()] == [True, True]
    again = [station.connections > 1 for station in plays[0].stations.values()]
    assert all(again) == (kind not in ("slow", "deaf", "half_dead"))


def test_a_limit_of_an_ems_that_finds_the_box_dead_is_put_when_it_is_back(monkeypatch):
    told, put = [], Script._put
    monkeypatch.setattr(Script, "_put", lambda script, limit: told.append(put(script, limit)) or told[-1])
    play(
        '[[fault]]\nat = 120\nkind = "box_dies"\nfor_s = 38\n'
        '[[limit]]\nat = 125\nsource = "ems"\npanel = "main"\nlimit_a = 20\nfor_s = 100\n'
    )
    assert told == [False, False, False, False, True]


def test_the_example_scenario_is_played_without_trouble():
    outcome = simulate(Day(config=SMALL, scenario=load_scenario(FOLDER / "day.toml"), seed=1, period_s=10.0))
    assert outcome.bugs == []
    assert outcome.deaths == 1
    assert len(outcome.stays) == 2


def test_what_concerns_nobody_here_is_passed_over():
    outcome = play(
        '[[arrival]]\nat = 60\nstation = "NOBODY"\n[[arrival]]\nat = 60\nstation = "CP-1"\nevse = 9\n'
        '[[fault]]\nat = 60\nkind = "cut"\nstation = "NOBODY"\n'
    )
    assert (outcome.stays, outcome.bugs) == ([], [])
