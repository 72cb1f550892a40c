"""What a car would get if it were alone."""

import pytest

from localctl.demo.car import Car
from localctl.simulate.cars import asks_wh, car_of
from localctl.simulate.scenario import Arrival


def test_a_hungry_car_asks_for_all_its_stay_can_give():
    car = Car(phases=3, max_a=16, battery_wh=1e6, soc=0.1)
    assert asks_wh(car, 3, 32, 3600) == pytest.approx(16 * 230 * 3)
    assert asks_wh(car, 3, 10, 3600) == pytest.approx(10 * 230 * 3)
    assert asks_wh(car, 1, 32, 1800) == pytest.approx(16 * 230 / 2)


def test_a_car_that_has_enough_early_asks_for_what_it_lacks():
    car = Car(phases=3, max_a=16, battery_wh=10_000, soc=0.3, target_soc=0.5)
    assert asks_wh(car, 3, 32, 36_000) == pytest.approx(2000, rel=0.1)
    assert car.soc == 0.3


def test_a_full_car_asks_for_nothing():
    assert asks_wh(Car(soc=0.95, target_soc=0.9), 3, 32, 3600) == 0


def test_an_arrival_describes_its_car():
    car = car_of(Arrival(at=0.0, station="A", phases=1, max_a=20, battery_kwh=40, soc=0.2, target_soc=0.7))
    assert (car.phases, car.max_a, car.battery_wh, car.soc, car.target_soc) == (1, 20, 40_000, 0.2, 0.7)
