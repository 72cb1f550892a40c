"""The demo as a whole, with nothing between its ends, and its judgement of what was in between."""

from contextlib import asynccontextmanager

import trio

from localctl.demo.cast import Plan
from localctl.demo.door import Address
from localctl.demo.site import Way, play
from tests.localctl.demo.test_grid import Box

PLAN = Plan(duration_s=3)


@asynccontextmanager
async def nothing_between(port, roles, say):
    """Stations dial the CSMS itself."""
    assert len(roles) == 12
    say("nothing in between")
    yield Way(plain=Address(port=port), tls=Address(port=port))


@asynccontextmanager
async def with_an_api(port, roles, say):
    """Nothing in between but an EMS that is listened to."""
    yield Way(plain=Address(port=port), tls=Address(port=port), api=Box())


@asynccontextmanager
async def a_dead_end(port, roles, say):
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


async def test_who_turns_the_slider_keeps_the_csms_and_gets_more_cars_until_it_is_stopped():
    seen, told = [], set()

    def turn_and_look(scene):
        seen[:] = [scene]
        told.update(what for _, what in scene.events)
        if len(scene.csms.sides) == 12 and not scene.by_hand:
            scene.grid.ems.slide(50)
        started_at = max((at_s for at_s, what in scene.events if "a car starts" in what), default=0)
        if started_at > scene.plan.duration_s:
            scene.stop.set()

    with trio.fail_after(60):
        await play(PLAN, through=with_an_api, show=turn_and_look)
    (scene,) = seen
    assert scene.stop.is_set(), "cars came once more"
    assert "the CSMS goes away" not in told
    assert any(what.startswith("the slider is yours: the script is held") for what in told)


async def test_a_turn_to_where_the_slider_is_holds_the_script_and_says_so_at_once():
    at_s = []

    def turn_nothing(scene):
        if len(scene.csms.sides) == 12 and not scene.by_hand:
            at_s.append(scene.clock.passed_s())
            scene.grid.ems.slide(scene.grid.ems.limit_a)
        elif scene.encore:
            at_s.extend(when for when, what in scene.events if what.startswith("the slider is yours"))
            scene.stop.set()

    with trio.fail_after(60):
        await play(Plan(duration_s=20), through=with_an_api, show=turn_nothing)
    turned_at_s, told_at_s, *_ = at_s
    assert turned_at_s <= told_at_s < 20, "not only when the plan is over"


async def test_a_csms_that_is_away_is_back_at_once_for_whoever_takes_the_slider():
    plan = Plan(duration_s=5)

    def turn_while_it_is_away(scene):
        told = [what for _, what in scene.events]
        if "the CSMS goes away" in told and not scene.by_hand:
            scene.grid.ems.slide(50)
        if "the CSMS is back" in told:
            scene.stop.set()

    with trio.fail_after(60):
        outcome = await play(plan, through=with_an_api, show=turn_while_it_is_away)
    assert 0 < outcome.away_s < plan.outage_s


async def test_somebody_who_has_the_slider_always_has_cars(monkeypatch):
    monkeypatch.setattr("localctl.demo.site.ENCORE_S", 4.0)
    counted, scenes = [], []

    def turn_and_count(scene):
        if not scene.by_hand:
            scene.grid.ems.slide(50)
        scenes[:] = [scene]
        cars = sum(evse.car is not None for _, station in scene.stations for evse in station.evses.values())
        counted.append((scene.clock.passed_s(), cars))

    with trio.fail_after(60):
        await play(PLAN, through=with_an_api, show=turn_and_count)
    assert not any("DEMO-08" in what for at_s, what in scenes[0].events if at_s > PLAN.duration_s), "it had its scene"
    here = [cars for at_s, cars in counted if 1 < at_s < 6.5]
    assert len(here) > 10
    assert min(here) >= 4, "of fourteen places"


async def test_a_demo_that_goes_on_ends_by_itself(monkeypatch):
    monkeypatch.setattr("localctl.demo.site.ENCORE_S", 0.5)

    scenes = []
    with trio.fail_after(60):
        await play(PLAN, through=with_an_api, show=lambda scene: (scenes.append(scene), scene.grid.ems.slide(50)))
    assert scenes[-1].encore
    assert not scenes[-1].stop.is_set()
