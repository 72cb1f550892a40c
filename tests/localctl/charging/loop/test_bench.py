"""Who may be commissioned, one at a time, and what that means for the rest of the controller."""

import pytest

from localctl.charging.commissioning.known import Terms
from localctl.charging.commissioning.levers import Placed
from localctl.charging.commissioning.stages import Done
from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.limiting.limits_baseload import MeterRules
from localctl.charging.loop.bench import NotPossible
from localctl.charging.tree.topology import Load
from tests.localctl.charging.played import Play, place
from tests.localctl.charging.sites import panel

NO_CAR = Terms(car=False, links=False)


def played(**more):
    return Play(place("A", **more), place("B")).joins("A", "B").goes_on(60)


def refused(play, identity, evse_id=None):
    with pytest.raises(NotPossible) as why:
        play.controller.commission(identity, evse_id, NO_CAR, play.now)
    return str(why.value)


def test_one_station_at_a_time():
    play = played()
    play.controller.commission("a", None, NO_CAR, play.now)
    assert refused(play, "B") == "A is being commissioned; one station at a time"


def test_a_station_that_is_not_there_or_not_known_cannot_be_tried():
    play = played().leaves("A")
    assert "A is not connected" in refused(play, "A")
    assert "no station 'C' under control here" in refused(play, "C")
    play.controller.registered("B", False, play.now)
    assert "B is not connected, or its CSMS has not accepted it yet" in refused(play, "B")


def test_the_evse_is_the_one_with_the_car_and_no_other_may_have_one():
    play = played(evses=2).plugs_in("A", evse=2)
    assert "A has no EVSE 3; there are 1, 2" in refused(play, "A", 3)
    assert "EVSE 2 has a car too" in refused(play, "A", 1)
    assert play.controller.commission("A", None, NO_CAR, play.now).known.evse_id == 2


def test_a_new_plan_ends_it_and_so_does_a_station_that_is_no_longer_part_of_it():
    play = played()
    trial = play.controller.commission("A", None, NO_CAR, play.now)
    play.controller.replan(play.plan, play.now)
    assert trial.why == "the configuration has changed"
    play.cycles()
    assert trial.over
    assert not play.controller.bench.tries("A")
    assert play.controller.bench.of("A") is trial


def test_a_deed_is_known_to_the_controller_and_its_profile_counted_in_the_same_cycle():
    play = played()
    play.controller.commission("A", None, NO_CAR, play.now)
    play.cycles()
    (ask,) = play.controller.deeds
    assert ask.action == "GetVariables"
    play.cycles()
    assert play.controller.deeds == []


def test_a_meter_for_the_wiring_is_read_only_while_its_station_is_tried():
    play = played()
    assert not play.controller.bench.metered("A", (1.0, 2.0, 3.0), play.now)
    play.controller.commission("A", None, NO_CAR, play.now)
    assert play.controller.bench.metered("A", (1.0, 2.0, 3.0), play.now)
    assert not play.controller.bench.metered("B", (1.0, 2.0, 3.0), play.now)
    play.cycles()
    assert play.controller.bench.trial.view.meters == {"the site's meter": (play.now, (1.0, 2.0, 3.0))}


def test_on_probation_a_meter_teaches_nothing():
    play = played().plugs_in("A").goes_on(30)
    trial = play.controller.commission("A", None, NO_CAR, play.now)
    assert not play.controller.bench.on_probation("A", play.now)
    trial.placed[Actuator.TX_DEFAULT] = Placed(amps=6.0, ends_at=play.now + 300)
    assert play.controller.bench.on_probation("A", play.now)
    for _ in range(20):
        trial.watched(play.now)
        play.controller.hunger.appetites.clear()
        play.meters("A", 40.0, 40.0, 40.0)
        play.now += 5
    assert play.controller.dispatcher.distrusted() == []
    assert play.controller.hunger.appetites == {}


def test_the_meters_of_the_panels_that_feed_the_station_are_looked_at_and_no_others():
    panels = (panel("sub", "main", 32.0), panel("other", "main", 32.0))
    loads = [Load(id=name, panel=name, reserved_a=(1.0, 1.0, 1.0)) for name in ("main", "sub", "other")]
    rules = {name: MeterRules(worst_a=(1.0, 1.0, 1.0)) for name in ("main", "sub", "other")}
    play = Play(place("A", on="sub"), panels=panels, loads=loads, meters=rules).joins("A").goes_on(60)
    play.controller.commission("A", None, NO_CAR, play.now)
    for name in ("main", "other"):
        play.controller.meter(name, (3.0, 4.0, 5.0), play.now)
    play.cycles()
    assert play.controller.bench.trial.view.meters == {"main": (play.now, (3.0, 4.0, 5.0))}


def test_a_late_answer_to_an_earlier_trial_is_nobodys_but_its_stations():
    play = played()
    play.controller.commission("A", None, NO_CAR, play.now)
    (old,) = play.cycles().controller.deeds
    play.controller.bench.stop("A", "by the installer", play.now)
    play.cycles()
    trial = play.controller.commission("B", None, NO_CAR, play.now)
    (new,) = play.cycles().controller.deeds
    assert new.number != old.number
    play.controller.did("A", old, Done(taken=False), play.now)
    assert trial.known.results == {}
    play.controller.did("B", new, Done(taken=True, answer={}), play.now)
    assert set(trial.known.results) == {"declared"}
