"""The demo as a whole, with nothing between its ends, and its judgement of what was in between."""

from contextlib import asynccontextmanager

import trio

from localctl.demo.cast import Plan
from localctl.demo.door import Address
from localctl.demo.site import Outcome, Way, play
from localctl.demo.tape import Verdict

PLAN = Plan(duration_s=3)


@asynccontextmanager
async def nothing_between(port, identities, say):
    """Stations dial the CSMS itself."""
    assert len(identities) == 12
    say("nothing in between")
    yield Way(plain=Address(port=port), tls=Address(port=port), metrics_url="http://127.0.0.1:1/metrics")


@asynccontextmanager
async def a_dead_end(port, identities, say):
    """Nobody ever gets through."""
    yield Way(plain=Address(port=1), tls=Address(port=1))


async def test_twelve_stations_an_outage_and_nothing_lost():
    scenes = []
    outcome = await play(PLAN, through=nothing_between, show=scenes.append)
    assert outcome.good
    assert (outcome.stations, outcome.back, outcome.verdict.lost, outcome.verdict.altered) == (12, 12, 0, 0)
    assert outcome.verdict.messages > 300
    assert outcome.away_s >= PLAN.outage_s
    assert all(station.connections >= 2 for _, station in scenes[-1].stations)
    told = [what for _, what in scenes[-1].events]
    assert told.index("the CSMS goes away") < told.index("the CSMS is back")


async def test_it_can_be_stopped_early_and_still_judges():
    def stop_once_charging(scene):
        if len(scene.csms.sides) == 12 and scene.said > 20:
            scene.stop.set()

    outcome = await play(Plan(duration_s=60), through=nothing_between, show=stop_once_charging)
    assert outcome.good
    assert outcome.away_s == 0


async def test_a_way_that_leads_nowhere_is_not_good(monkeypatch):
    monkeypatch.setattr("localctl.demo.site.DRAIN_WITHIN_S", 0.2)
    with trio.fail_after(30):
        outcome = await play(Plan(duration_s=0.5), through=a_dead_end, show=lambda _scene: None)
    assert (outcome.good, outcome.back) == (False, 0)


def outcome_of(**features):
    """An outcome that is good unless told otherwise."""
    made = {"verdict": Verdict(messages=4812), "stations": 12, "back": 12, "away_s": 12.2, "metrics_url": None}
    return Outcome(**made | features)


def test_the_sentence_at_the_end_says_it_all():
    url = "http://127.0.0.1:9180/metrics"
    assert outcome_of(metrics_url=url).sentence() == (
        "4,812 messages, 0 lost, 0 altered; CSMS was away 12 s, 12 of 12 stations came back; "
        "metrics were at http://127.0.0.1:9180/metrics"
    )
    assert "3 sent again" in outcome_of(verdict=Verdict(messages=1, again=3)).sentence()
    assert "; 7 more were localctl's own;" in outcome_of(verdict=Verdict(messages=1, own=7)).sentence()
    assert outcome_of(away_s=0).sentence() == "4,812 messages, 0 lost, 0 altered"


def test_good_means_everything_arrived_and_everybody_came_back():
    assert outcome_of().good
    assert not outcome_of(back=11).good
    assert not outcome_of(verdict=Verdict(messages=10, lost=1)).good
    assert not outcome_of(verdict=Verdict(messages=10, altered=1)).good
    assert not outcome_of(verdict=Verdict()).good
