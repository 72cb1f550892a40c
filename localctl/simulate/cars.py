"""What a car asks for: the energy it would get in its stay if it were alone on the site."""

from dataclasses import replace
from typing import Final

from localctl.demo.car import Car
from localctl.simulate.scenario import Arrival

STEP_S: Final = 60.0


def car_of(arrival: Arrival) -> Car:
    """The car of an arrival."""
    return Car(
        phases=arrival.phases,
        max_a=arrival.max_a,
        battery_wh=arrival.battery_kwh * 1000.0,
        soc=arrival.soc,
        target_soc=arrival.target_soc,
    )


def asks_wh(car: Car, wires: int, rating_a: float, stay_s: float) -> float:
    """Watt-hours of an undisturbed stay at an EVSE with this rating and so many conductors."""
    alone, wh, left_s = replace(car), 0.0, stay_s
    while left_s > 0:
        drawn_a = alone.draws_a(rating_a)
        if drawn_a <= 0:
            break
        wh += alone.charge(drawn_a, wires, min(STEP_S, left_s))
        left_s -= STEP_S
    return wh
