"""Cars: they take what they are offered and can use."""

import pytest

from localctl.demo.car import Car


def test_a_car_takes_the_offer_up_to_what_it_can():
    car = Car(max_a=16, soc=0.2)
    assert [car.draws_a(offer) for offer in (6, 10, 16, 32)] == [6, 10, 16, 16]


def test_a_car_takes_nothing_below_the_floor():
    assert Car().draws_a(5.9) == 0


def test_a_nearly_full_battery_asks_for_less_and_a_full_one_for_nothing():
    asks = [Car(max_a=32, soc=soc).asks_a() for soc in (0.5, 0.8, 0.9, 0.99, 1.0)]
    assert asks == sorted(asks, reverse=True)
    assert asks[0] == 32
    assert asks[-1] == 0


def test_charging_fills_the_battery_by_what_flowed():
    car = Car(phases=3, battery_wh=11_040, soc=0.0)
    assert car.charge(16, 3, 1800) == pytest.approx(5520)
    assert car.soc == pytest.approx(0.5)


def test_a_battery_is_never_more_than_full():
    car = Car(battery_wh=100, soc=0.9)
    car.charge(32, 3, 3600)
    assert car.soc == 1.0
