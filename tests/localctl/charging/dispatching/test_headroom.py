"""Room under ceilings, cell by cell."""

from math import inf

import pytest

from localctl.charging.base import steps
from localctl.charging.base.steps import constant
from localctl.charging.dispatching import headroom
from localctl.charging.dispatching.entitlement import Envelope, Envelopes
from localctl.charging.dispatching.fleet import Ceiling, Managed, Outlet
from localctl.charging.dispatching.headroom import Headroom
from localctl.charging.profile.profiles import Protocol

PAIR = (Outlet(id=1), Outlet(id=2))
STATIONS = {
    "one": Managed(identity="one", protocol=Protocol.V201, outlets=(Outlet(id=1),)),
    "two": Managed(identity="two", protocol=Protocol.V201, outlets=PAIR),
}
EDGES = (0.0, 150.0, 300.0, 600.0)


def ceiling(amps, **changes):
    factors = {("one", 1): 1.0, ("two", 1): 1.0, ("two", 2): 0.5}
    return Ceiling(**({"name": "main", "capacity": constant(amps), "factors": factors} | changes))


def always(evse_a, station_a=None):
    """The same envelope in every cell."""
    whole = None if station_a is None else [station_a] * (len(EDGES) + 1)
    return Envelopes(whole, {evse_id: [amps] * (len(EDGES) + 1) for evse_id, amps in evse_a.items()})


def booked(*ceilings, one=6.0, two=(6.0, 6.0), station_a=None):
    room = Headroom(ceilings, STATIONS, EDGES)
    room.book("one", always({1: one}))
    room.book("two", always(dict(zip((1, 2), two, strict=True)), station_a))
    return room


def test_cells_begin_at_the_ends_of_leases_and_at_known_changes():
    assert headroom.cells(0.0, 300.0, [-5.0, 50.0, 150.0, 9999.0]) == (0.0, 50.0, 150.0, 300.0, 600.0)


def test_cells_are_bounded():
    assert len(headroom.cells(0.0, 300.0, [at * 0.5 for at in range(1, 1000)])) <= headroom.MOST_CELLS


def test_the_last_cell_is_after_everything():
    room = Headroom([], STATIONS, EDGES)
    assert [room.window(cell) for cell in (0, 3, 4)] == [(0, 150), (600, inf), (inf, inf)]


def test_room_is_what_the_others_leave_divided_by_the_own_factor():
    room = booked(ceiling(20.0))
    assert room.room("one", 1)[0] == 20 - 6 - 6 - 3
    assert room.room("two", 2)[0] == (20 - 6 - 6 - 3) / 0.5


def test_the_tightest_ceiling_counts():
    assert booked(ceiling(20.0), ceiling(16.0, name="branch")).room("one", 1)[0] == 1


def test_an_overdrawn_ceiling_has_negative_room():
    assert booked(ceiling(10.0)).room("one", 1)[0] == -5


def test_who_is_under_no_ceiling_has_all_room():
    assert booked(ceiling(20.0, factors={("two", 1): 1.0})).room("one", 1)[0] == inf


def test_a_capacity_counts_with_its_lowest_in_each_cell_and_at_rest():
    room = booked(ceiling(0, capacity=steps.tidy([(0, 40.0), (200, 20.0), (400, 30.0)]), rest_a=16.0))
    assert [room.room("one", 1)[cell] for cell in range(5)] == [25, 5, 5, 15, 1]


def test_a_station_with_its_own_total_counts_once_on_a_conductor():
    assert booked(ceiling(40.0), two=(32.0, 32.0), station_a=20.0).room("one", 1)[0] == 40 - 6 - 20
    # As a sum of watts or over different conductors its outlets may both have all of it.
    assert booked(ceiling(40.0, conductor=False), two=(32.0, 32.0), station_a=20.0).room("one", 1)[0] == 40 - 6 - 30


def test_one_more_ampere_of_a_station_costs_its_heaviest_outlet():
    room = booked(ceiling(40.0), two=(32.0, 32.0), station_a=20.0)
    assert room.room("two", 0)[0] == 14
    wide = booked(ceiling(40.0, conductor=False), two=(32.0, 32.0), station_a=20.0)
    assert wide.room("two", 0)[0] == pytest.approx(4 / 1.5)


def test_booking_again_replaces_and_clearing_forgets():
    room = booked(ceiling(20.0))
    room.book("one", always({1: 10.0}))
    assert room.room("two", 1)[0] == 1
    room.rebook("one", 0, Envelope(evse_a={1: 0.0}))
    assert [room.room("two", 1)[cell] for cell in (0, 1)] == [11, 1]
    room.clear()
    assert room.room("two", 1)[0] == 20


def test_everyone_under_a_ceiling_is_known():
    room = booked(ceiling(20.0), ceiling(9.0, name="branch", factors={("two", 1): 1.0}))
    assert [identity for identity, _ in room.under(0)] == ["one", "two"]
    assert [identity for identity, _ in room.under(1)] == ["two"]
    assert room.under(7) == []


def test_booking_all_at_once_is_booking_one_by_one():
    room = booked(ceiling(20.0), ceiling(16.0, name="branch"))
    two, one = always({1: 4.0, 2: 8.0}), always({1: 5.0})
    room.book_all({name: room.amounts(name, each) for name, each in (("two", two), ("one", one))})
    assert [room.room("one", 1)[cell] for cell in (0, 4)] == [3, 3]
    room.book("one", always({1: 6.0}))
    assert room.room("two", 1)[0] == 2
