"""A car's appetite is only learnt from orders it has had for a while, and is its own."""

from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.loop.hunger import SETTLE_S, Hunger

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
