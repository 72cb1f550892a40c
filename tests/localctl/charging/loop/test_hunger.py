"""A car's appetite is only learnt from orders it has had for a while, and is its own."""

import pytest

from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.loop.hunger import AGAIN_S, OFFERED_S, SETTLE_S, Hunger
from tests.localctl.charging.played import Play, place

CAR = ("A", 1)


def fed(hunger, amps, *, now=0.0, draws=7.0, times=3, envelope=None, share=None):
    hunger.holds(CAR, envelope or Envelope(evse_a={1: amps}), share, now)
    for number in range(times):
        hunger.metered(CAR, draws, 32.0, now + SETTLE_S + number)
    return hunger


def test_three_low_readings_of_a_settled_order_show_an_appetite():
    assert fed(Hunger(), 16.0).limit_a(CAR) == 9.0


def test_two_are_not_enough():
    assert fed(Hunger(), 16.0, times=2).limit_a(CAR) is None


def test_a_reading_says_nothing_while_the_car_is_on_its_way_to_its_order():
    hunger = Hunger()
    for number in range(5):
        hunger.holds(CAR, Envelope(evse_a={1: 16.0 + number}), None, number * 10.0)
        hunger.metered(CAR, 7.0, 32.0, number * 10.0 + SETTLE_S - 1)
    assert hunger.limit_a(CAR) is None


def test_a_reading_before_anything_was_ordered_says_nothing():
    hunger = Hunger()
    hunger.metered(CAR, 7.0, 32.0, 99.0)
    assert hunger.appetites == {}


def test_behind_a_shared_limit_a_car_is_judged_by_its_share():
    shared = Envelope(station_a=32.0, evse_a={1: 32.0, 2: 32.0})
    assert fed(Hunger(), 0.0, draws=16.0, envelope=shared, share=16.0).limit_a(CAR) is None
    assert fed(Hunger(), 0.0, draws=16.0, envelope=shared, share=None).limit_a(CAR) == 18.0


def test_the_next_car_has_its_own_appetite():
    hunger = fed(Hunger(), 16.0)
    hunger.left(CAR)
    assert hunger.limit_a(CAR) is None


def test_a_station_is_forgotten_with_all_its_evses_and_no_other():
    hunger = fed(Hunger(), 16.0)
    hunger.appetites["B", 1] = hunger.appetites[CAR]
    hunger.forget("A")
    assert set(hunger.appetites) == {("B", 1)}
    hunger.metered(CAR, 7.0, 32.0, 99.0)
    assert set(hunger.appetites) == {("B", 1)}


def is_full(hunger, amps, until_s, *, since_s=0.0, stopped=True, share=None):
    """Cycles in which the EVSE is let have so much and its car says the same; whether it counts as full at the end."""
    for now in range(int(since_s), int(until_s) + 1, 5):
        hunger.offers(CAR, Envelope(evse_a={1: amps}), share, 6.0, stopped, float(now))
    return hunger.offered(place("A").managed, float(until_s)) == {1}


def test_a_car_that_could_have_had_its_minimum_for_a_minute_is_full_as_soon_as_it_says_so():
    assert not is_full(Hunger(), 6.0, OFFERED_S - 5, stopped=False)
    assert is_full(Hunger(), 6.0, OFFERED_S, stopped=False)


def test_a_car_that_is_held_below_its_minimum_is_not_full_whatever_its_station_says():
    hunger = Hunger()
    assert is_full(hunger, 16.0, 600, stopped=False)
    assert not is_full(hunger, 0.0, 3600, since_s=605)
    assert not is_full(hunger, 6.0, 3600 + OFFERED_S, since_s=3605)
    assert is_full(hunger, 6.0, 3605 + OFFERED_S, since_s=3605 + OFFERED_S)


def test_a_car_is_held_below_its_minimum_from_the_moment_its_share_is():
    hunger = Hunger()
    assert is_full(hunger, 16.0, 600, stopped=False)
    assert not is_full(hunger, 16.0, 605, since_s=605, share=0.0)


def test_a_full_car_that_is_held_below_its_minimum_is_offered_something_again_half_an_hour_later():
    hunger = Hunger()
    assert is_full(hunger, 6.0, OFFERED_S)
    assert is_full(hunger, 0.0, OFFERED_S + AGAIN_S - 5, since_s=OFFERED_S + 5)
    assert not is_full(hunger, 0.0, OFFERED_S + AGAIN_S, since_s=OFFERED_S + AGAIN_S)


def test_a_full_car_that_says_otherwise_has_to_be_offered_something_first_before_it_is_full_again():
    hunger = Hunger()
    assert is_full(hunger, 6.0, OFFERED_S)
    assert not is_full(hunger, 0.0, 100, since_s=65, stopped=False)
    assert not is_full(hunger, 0.0, 600, since_s=105)


def test_what_a_station_was_let_have_before_its_link_broke_says_nothing_about_the_car_there_now():
    hunger = Hunger()
    assert is_full(hunger, 6.0, OFFERED_S)
    hunger.forget("A")
    assert hunger.offered(place("A").managed, OFFERED_S) == frozenset()


@pytest.mark.parametrize("word", ["SuspendedEVSE", "SuspendedEV"])
def test_cars_take_turns_whatever_their_stations_say_while_they_are_paused(word):
    play = Play(place("A"), place("B"), main_a=32).joins("A", "B").goes_on(60).ems(10).goes_on(10)
    play.plugs_in("A").goes_on(300).plugs_in("B", chargingState=word)
    had_s = dict.fromkeys("AB", 0)
    for _ in range(4 * 60):
        for name in "AB":
            amps = play.boxes[name].allows(1, play.now)
            had_s[name] += 60 * (amps >= 6.0)
            values = [{"value": amps, "measurand": "Current.Import", "phase": f"L{phase}"} for phase in (1, 2, 3)]
            meter = [{"timestamp": play.stamp, "sampledValue": values}]
            play.event(name, "Updated", meter=meter, chargingState="Charging" if amps >= 6.0 else word)
        play.goes_on(60, step=10.0)
    assert had_s["A"] == pytest.approx(had_s["B"], rel=0.2)
