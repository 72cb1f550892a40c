"""Making room for those who do not follow."""

from localctl.charging.base.steps import ALWAYS, constant
from localctl.charging.dispatching import squeeze
from localctl.charging.dispatching.entitlement import Envelopes
from localctl.charging.dispatching.fleet import Actuator, Ceiling, Managed, Outlet, Share, Sight
from localctl.charging.dispatching.headroom import Headroom
from localctl.charging.profile.profiles import Protocol

NAMES = ("a", "b", "c")
STATIONS = {name: Managed(identity=name, protocol=Protocol.V201, outlets=(Outlet(id=1),)) for name in NAMES}
EDGES = (0.0, 150.0, 300.0, 600.0)


def squeezed(amps, shares, stuck=None, actuator=Actuator.TX_DEFAULT):
    ceiling = Ceiling(name="main", capacity=constant(amps), factors={(name, 1): 1.0 for name in NAMES})
    room = Headroom([ceiling], STATIONS, EDGES)
    sight, leases = Sight(), {"1": 300.0, "0": 300.0}
    units = {
        name: squeeze.units_of(STATIONS[name], actuator, {1: share}, sight, leases, 0.0, room)
        for name, share in shares.items()
    }
    held = {name: Envelopes(None, {1: [each] * room.count}) for name, each in (stuck or {}).items()}
    following = {name: squeeze.targets(STATIONS[name], mine, room.count) for name, mine in units.items()}
    amounts = {name: room.amounts(name, envelopes) for name, envelopes in (following | held).items()}
    squeeze.squeeze(room, STATIONS, units, held.keys(), amounts)
    return room, {name: mine[0].target[0] for name, mine in units.items() if name not in held}


def share(amps, priority=0):
    return Share(amps=constant(amps), priority=priority)


def test_shares_that_fit_are_left_alone():
    assert squeezed(48.0, dict.fromkeys(NAMES, share(16.0)))[1] == dict.fromkeys(NAMES, 16.0)


def test_p2_a_silent_station_is_taken_off_what_the_others_get():
    targets = squeezed(48.0, dict.fromkeys(NAMES, share(16.0)), stuck={"a": 24.0})[1]
    assert targets == {"b": 12.0, "c": 12.0}


def test_below_the_minimum_whole_cars_are_paused_lowest_priority_first():
    shares = {"a": share(16.0), "b": share(8.0, priority=1), "c": share(16.0)}
    assert squeezed(40.0, shares, stuck={"a": 32.0})[1] == {"b": 6.0, "c": 0.0}


def test_when_nothing_is_left_everyone_else_is_paused():
    assert squeezed(20.0, dict.fromkeys(NAMES, share(16.0)), stuck={"a": 32.0})[1] == {"b": 0.0, "c": 0.0}


def test_a_whole_station_is_squeezed_like_an_evse():
    targets = squeezed(40.0, dict.fromkeys(NAMES, share(16.0)), actuator=Actuator.MAX_PROFILE)[1]
    assert sum(targets.values()) <= 40.0 + 1e-9
    assert all(6.0 <= amps <= 16.0 for amps in targets.values())


def test_room_that_shows_up_later_is_not_taken_in_advance():
    unit = squeeze.Unit(identity="a", evse_id=1, min_a=6.0, priority=0, asked=[16.0] * 5, target=[16.0] * 5)
    assert unit.limits(EDGES, [8.0, 12.0, 16.0, 16.0, 16.0]) == ((ALWAYS, 8.0),)
    assert unit.limits(EDGES, [16.0, 12.0, 16.0, 16.0, 9.0]) == ((ALWAYS, 16.0), (150.0, 12.0), (600.0, 9.0))


def test_a_wish_that_rises_later_is_allowed_to():
    unit = squeeze.Unit(identity="a", evse_id=1, min_a=6.0, priority=0, asked=[0, 0, 0, 6, 6], target=[0, 0, 0, 6, 6])
    assert unit.limits(EDGES, [32.0] * 5) == ((ALWAYS, 0), (600.0, 6))


def test_what_is_drawn_now_may_be_drawn_now():
    held = Envelopes(None, {1: [6.0, 8.0], 2: [6.0, 8.0]})
    assert squeeze.with_meter(held, {1: 9.0}, 2).evse_a == {1: [9.0, 8.0], 2: [6.0, 8.0]}
    whole = squeeze.with_meter(Envelopes([6.0, 6.0], {1: [32.0, 32.0]}), {1: 9.0}, 2)
    assert whole.station_a == [9.0, 6.0]
    assert squeeze.with_meter(whole, {}, 2) is whole


def test_p5_the_ceiling_that_took_from_what_a_car_is_to_get_now_is_remembered():
    unit = squeeze.Unit(identity="a", evse_id=1, min_a=6.0, priority=0, asked=[16.0, 9.0], target=[16.0, 9.0])
    unit.cut(1, 6.0, 7)
    assert (unit.target, unit.cut_by) == ([16.0, 6.0], None)
    unit.cut(0, 12.0, 3)
    unit.cut(0, 12.0, 5)
    assert (unit.target, unit.cut_by) == ([12.0, 6.0], 3)
    unit.uncut()
    assert (unit.target, unit.cut_by) == ([16.0, 9.0], None)
