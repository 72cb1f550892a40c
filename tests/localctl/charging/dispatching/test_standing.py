"""Where a station stands in a plan, worked out anew only where something about it changed."""

from dataclasses import replace

from localctl.charging.base.steps import ALWAYS, constant
from localctl.charging.dispatching import capability, headroom
from localctl.charging.dispatching.capability import Capability
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Slot
from localctl.charging.dispatching.fleet import Actuator, Ceiling, Share, Sight
from localctl.charging.dispatching.headroom import Headroom
from localctl.charging.dispatching.orders import Terms
from localctl.charging.dispatching.pacing import Track
from localctl.charging.dispatching.standing import Standings
from tests.localctl.charging.dispatched import START, station

LEASED = ((ALWAYS, 16.0), (START + 200, 6.0))
BOX = station("a", control=Actuator.MAX_PROFILE)
TERMS = Terms()


class Standing:
    """One station that was told 16 A for another 200 s, and is to have 16 A."""

    def __init__(self):
        track = Track(schedule=LEASED, sent_at=START - 100, window_s=150.0, lease_s=300.0)
        known = Capability(actuator=Actuator.MAX_PROFILE, trial=capability.Trial.PROVEN)
        self.desk = Desk(capability=known, slots={"0": Slot(unlimited_a=32.0, confirmed=LEASED)}, tracks={"0": track})
        self.standings, self.loads, self.sight = Standings(), headroom.Loads(), Sight()
        self.shares = {1: Share(amps=constant(16.0))}
        self.ceilings = [Ceiling(name="main", capacity=constant(32.0), factors={("a", 1): 1.0})]

    def room(self, now):
        cells = headroom.cells(now, 300.0, [])
        return Headroom(self.ceilings, {"a": BOX}, cells, self.loads, headroom.moving(300.0))

    def holds(self, now):
        return self.standings.holding(self.desk, BOX, self.sight, self.room(now), now)

    def wants(self, now):
        return self.standings.wants(self.desk, BOX, self.sight, self.shares, self.room(now), TERMS, now)


def test_while_nothing_changes_a_station_stands_where_it_stood():
    one = Standing()
    first = one.holds(START), one.wants(START)
    assert one.holds(START + 5) is first[0]
    assert one.wants(START + 5) is first[1]


def test_an_edge_that_comes_to_lie_in_another_cell_is_seen():
    one = Standing()
    assert one.holds(START).held.station_a == [16.0, 16.0, 6.0, 6.0, 6.0]
    assert one.holds(START + 60).held.station_a == [16.0, 6.0, 6.0, 6.0, 6.0]


def test_p2_what_the_meter_shows_is_added_at_once():
    one = Standing()
    assert one.holds(START).amounts == [[16.0, 16.0, 6.0, 6.0, 6.0]]
    one.sight = Sight(metered_a={1: 20.0})
    assert one.holds(START).amounts == [[20.0, 16.0, 6.0, 6.0, 6.0]]


def test_a_station_is_calm_until_its_lease_is_to_be_renewed():
    one = Standing()
    assert one.wants(START).calm
    assert one.wants(START + 49).calm
    assert not one.wants(START + 51).calm


def test_another_share_is_a_need():
    one = Standing()
    assert one.wants(START).calm
    one.shares = {1: Share(amps=constant(10.0))}
    assert not one.wants(START).calm


def test_what_was_cut_in_one_plan_is_asked_for_in_the_next():
    one = Standing()
    unit = one.wants(START).units[0]
    unit.cut(0, 6.0, 3)
    assert (unit.target[0], unit.cut_by) == (6.0, 3)
    unit = one.wants(START + 1).units[0]
    assert (unit.target, unit.cut_by) == ([16.0, 16.0, 6.0, 6.0, 6.0], None)


def test_who_is_away_or_failing_is_not_counted_on():
    one = Standing()
    assert not one.wants(START).stuck
    one.desk.tracks["0"] = replace(one.desk.tracks["0"], failures=1)
    assert one.wants(START).stuck
    one.desk.tracks["0"] = replace(one.desk.tracks["0"], failures=0)
    one.sight = Sight(online=False)
    assert one.wants(START).stuck
