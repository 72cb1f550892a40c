"""Which car gets more of what its class shares, where departures hold."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.allocation.allocator_demand import Demand
from localctl.charging.knowing.facts import NeedsTold
from localctl.charging.knowing.phase_watch import PhaseWatch
from localctl.charging.loop.urgency import MOST, STEP, Urgency, needed_a
from tests.localctl.charging.loop.test_demands import NOW, seen
from tests.localctl.charging.played import Play, place

HOUR = 3600.0
OUTLET_W_PER_A = 3 * 230.0


def needy(energy_wh=None, hours=None, most_a=None, **evse):
    """An EVSE whose car told what it needs, and in how many hours it goes."""
    departure_at = None if hours is None else NOW + hours * HOUR
    needs = NeedsTold(evse_id=1, energy_wh=energy_wh, departure_at=departure_at, most_a=most_a)
    return seen(charging="Charging", needs=needs, **evse)


@pytest.mark.parametrize(
    ("told", "needed"),
    [
        ({"energy_wh": 6900.0, "hours": 1}, 10.0),
        ({"energy_wh": 6900.0, "hours": 2}, 5.0),
        ({"energy_wh": 6900.0, "hours": 2, "served_wh": 3450.0}, 2.5),
        ({"energy_wh": 6900.0, "hours": 2, "served_wh": 9000.0}, 0.0),
        ({"energy_wh": 690_000.0, "hours": 1}, 32.0),
        ({"energy_wh": 690_000.0, "hours": 1, "most_a": 16.0}, 16.0),
        ({"energy_wh": 6900.0, "hours": 0.1}, 10.0),
        ({"energy_wh": 6900.0, "hours": -0.9}, 10.0),
        ({"energy_wh": 6900.0, "hours": -1.1}, None),
        ({"energy_wh": 6900.0}, None),
        ({"hours": 2}, None),
    ],
)
def test_what_a_car_needs_is_its_missing_energy_over_the_time_it_has_left(told, needed):
    """No more than it can take; it is taken to stay an hour at least, and an hour too long at most."""
    one = needy(**told)
    assert needed_a(one, one.managed.outlets[0], NOW) == (None if needed is None else pytest.approx(needed))


def test_a_one_phase_car_at_a_three_phase_outlet_needs_three_times_the_current():
    one = needy(6900.0, 2, measured_at=NOW)
    evse = replace(one.state.evses["1"], phases=PhaseWatch(used=(2,)))
    one = replace(one, state=replace(one.state, evses={"1": evse}))
    assert needed_a(one, one.managed.outlets[0], NOW) == pytest.approx(15.0)


def weights(*needed, urgency=None, priorities=None, names="ABCDEFGH"):
    """The weights of as many cars, each of which needs so many amperes; None told nothing."""
    sites, demands = {}, []
    for name, amps, priority in zip(names, needed, priorities or [0] * len(needed), strict=False):
        energy_wh = None if amps is None else amps * OUTLET_W_PER_A
        sites[name] = needy(energy_wh, 1)
        demands.append(Demand(evse=(name, 1), priority=priority))
    # Every station of `seen` is called A; only its EVSE's number and what its car needs matter here.
    found = (urgency or Urgency()).weighed(sites, tuple(demands), NOW)
    return [round(demand.weight, 3) for demand in found]


def test_who_needs_more_than_its_class_gets_more_weight_and_who_told_nothing_keeps_its_own():
    assert weights(10, 10, None) == [1.0, 1.0, 1.0]
    pressed, easy, silent = weights(24, 8, None)
    assert easy < silent == 1.0 < pressed
    assert weights(3, 3, 30, 3) == [0.333, 0.333, MOST, 0.333]


def test_classes_are_compared_within_themselves():
    assert weights(30, 30, 6, 6, priorities=[1, 1, 0, 0]) == [1.0] * 4


def test_all_served_means_nobody_presses():
    assert weights(1e-9, 1e-9) == [1.0, 1.0]


def test_reserved_evses_have_no_say():
    one = needy(6900.0, 1)
    fixed = Demand(evse=("A", 1), fixed_a=6.0)
    assert Urgency().weighed({"A": one}, (fixed,), NOW) == (fixed,)


def test_a_need_that_wavers_does_not_make_weights_flicker():
    urgency, seen_weights = Urgency(), set()
    for amps in (11.0, 11.6, 11.2, 11.8, 11.1, 11.7) * 3:
        seen_weights.add(tuple(weights(amps, 10.0, urgency=urgency)))
    assert len(seen_weights) == 1


@given(st.lists(st.one_of(st.none(), st.floats(1e-3, 32)), min_size=1, max_size=8))
def test_weights_stay_between_a_third_and_three_and_follow_the_needs(needed):
    found = weights(*needed)
    assert all(1 / MOST - 1e-3 <= weight <= MOST + 1e-3 for weight in found)
    told = sorted((amps, weight) for amps, weight in zip(needed, found, strict=True) if amps is not None)
    assert all(one[1] <= other[1] for one, other in itertools.pairwise(told))
    assert all(weight == 1.0 for amps, weight in zip(needed, found, strict=True) if amps is None)


def depot(**more):
    """Two vans that charge at a fuse too small for both."""
    play = Play(place("A"), place("B"), main_a=32.0, **more).joins("A", "B").plugs_in("A").plugs_in("B").goes_on(60)
    return play.needs("A", 20_000, hours=3).needs("B", 20_000, hours=12).goes_on(120)


def test_k15_where_departures_hold_the_van_that_leaves_first_charges_first():
    play = depot(departures_bind=True)
    shares = play.controller.last.allocation.amps
    assert shares["A", 1] == pytest.approx(shares["B", 1] * STEP**2 / STEP**-3, rel=0.05)
    assert sum(shares.values()) == pytest.approx(32.0, abs=0.1)


def test_k15_elsewhere_what_a_driver_says_of_his_departure_has_no_say():
    depot().gives(A=16, B=16)
