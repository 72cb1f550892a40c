"""The twelve stations of the demo, the cars that visit them, and when things happen.

Everything is scaled by `pace`: at 1 the demo takes a minute; a fast demo has shorter visits and smaller batteries.
"""

import random
from dataclasses import dataclass

from localctl.demo.car import Car
from localctl.demo.dialect import Model
from localctl.demo.station import Visit

MINUTE_S = 60.0
PASSWORD = "only-for-this-demo-0123"
"""Every station's Basic password. Nothing outside this process tree ever accepts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When the demo does what, in seconds from its start."""

    duration_s: float = MINUTE_S

    @property
    def pace(self) -> float:
        """1 for a demo of a minute."""
        return self.duration_s / MINUTE_S

    @property
    def outage_at_s(self) -> float:
        """The CSMS goes away half-way."""
        return self.duration_s * 0.45

    @property
    def outage_s(self) -> float:
        """And comes back."""
        return self.duration_s * 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One station of the cast: its model, whether it comes over TLS, its visits."""

    model: Model
    tls: bool
    visits: tuple[Visit, ...]


def cast(plan: Plan) -> list[Role]:
    """The twelve: four of each version, a third over TLS, one- and three-phase, one that disobeys limits."""
    return [_role(number, plan) for number in range(12)]


def _role(number: int, plan: Plan) -> Role:
    version = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")[number % 3]
    pace = plan.pace
    model = Model(
        identity=f"DEMO-{number + 1:02}",
        version=version,
        evses=2 if number in (4, 9) else 1,
        phases=1 if number in (1, 6) else 3,
        max_a=32.0 if number % 2 else 16.0,
        first_phase=number % 3,
        reaction_s=max(0.5, 1.5 * pace),
        obedient=number != 7,
        boots_again=number % 4 == 0,
        meter_every_s=max(0.25, 0.75 * pace),
        heartbeat_s=10.0 * pace,
        retry_min_s=0.5 * pace,
        retry_range_s=1.0 * pace,
        retry_repeats=2,
        password=PASSWORD,
        seed=number,
    )
    rng = random.Random(number)
    visits = tuple(visit for evse in range(1, model.evses + 1) for visit in _visits(rng, evse, plan))
    return Role(model=model, tls=number % 3 == number // 4, visits=visits)


def _visits(rng: random.Random, evse: int, plan: Plan) -> list[Visit]:
    """Cars one after the other, the last one gone before the end."""
    visits, at_s = [], rng.uniform(1, 8)
    while at_s < MINUTE_S * 0.8:
        stay_s = min(rng.uniform(12, 30), MINUTE_S * 0.92 - at_s)
        visits.append(_visit(evse, at_s * plan.pace, stay_s * plan.pace, _car(rng, plan.pace)))
        at_s += stay_s + rng.uniform(2, 5)
    return visits


def _visit(evse: int, after_s: float, stay_s: float, car: Car) -> Visit:
    return Visit(evse=evse, after_s=after_s, stay_s=stay_s, car=lambda: car)


def _car(rng: random.Random, pace: float) -> Car:
    """A car with a toy battery, so that a visit of seconds shows a charge of hours."""
    phases = rng.choice((1, 3, 3))
    battery_wh = rng.uniform(60, 140) * phases / 3 * pace
    return Car(phases=phases, max_a=rng.choice((16.0, 16.0, 32.0)), battery_wh=battery_wh, soc=rng.uniform(0.1, 0.5))
