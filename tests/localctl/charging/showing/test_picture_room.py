"""Who counts on a conductor whatever it is told."""

from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.showing.picture_room import Room, is_unheard
from tests.localctl.charging.played import Play, place


def room_of(play):
    controller = play.controller
    held = controller.dispatcher.held(play.now, play.now)
    return Room(controller, controller.last, {name: held[name] for name in controller.managed})


def row(play, phase):
    rows = play.controller.last.allocation.network.rows
    return next(number for number, row in enumerate(rows) if row.name == f"panel main {phase}")


def test_who_never_told_anything_is_unheard_until_it_comes():
    play = Play(place("A"), place("B")).joins("A").goes_on(10)
    assert [is_unheard(play.controller, name) for name in "AB"] == [False, True]
    assert not is_unheard(play.joins("B").controller, "B")


def test_each_kind_is_named_apart_and_only_on_the_conductors_it_loads():
    single = place("U", phases=(1,), placed={"controllable": False}, outlet={"failsafe_a": 16.0, "rating_a": 16.0})
    play = Play(place("A"), place("B"), single, main_a=100).joins("A", "B").goes_on(30).leaves("B").goes_on(900)
    assert room_of(play).takers(row(play, "L1"), unruly=False) == [
        {"why": "away", "stations": ["B"], "count": 1, "load": 6.0},
        {"why": "uncontrolled", "stations": ["U"], "count": 1, "load": 16.0},
    ]
    assert [one["why"] for one in room_of(play).takers(row(play, "L2"), unruly=False)] == ["away"]


def test_who_disobeys_takes_room_from_dispatch_and_none_from_the_allocator():
    play = Play(place("A"), place("B"), main_a=64).joins("A", "B").plugs_in("A").goes_on(60).ems(12).goes_on(30)
    for _ in range(6):
        play.goes_on(20).meters("A", 32, 32, 32)
    room, main = room_of(play.goes_on(5)), row(play, "L1")
    assert room.takers(main, unruly=False) == []
    assert room.takers(main, unruly=True) == [{"why": "disobeys", "stations": ["A"], "count": 1, "load": 32.0}]


def test_a_row_is_short_when_reservations_alone_leave_less_than_a_minimum():
    play = Play(place("A"), place("B"), main_a=37).joins("A").plugs_in("A").goes_on(60)
    assert play.reason("A") is Reason.WAITING
    assert room_of(play).short_of(("A", 1), 6.0) == row(play, "L1")
    assert room_of(play).short_of(("A", 1), 5.0) is None


def test_a_station_that_took_an_order_once_is_not_unheard_even_when_it_has_forgotten_it():
    play = Play(place("A"), place("B", keeps_profiles=False)).joins("A", "B").goes_on(30).leaves("B").goes_on(5)
    assert not is_unheard(play.controller, "B")
