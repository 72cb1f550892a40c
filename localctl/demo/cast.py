"""The twelve stations of the demo and the panels that feed them, the cars that visit them, and when things happen.

    grid ── main 3 x 100 A ──┬── row-a 3 x 63 A ── DEMO-01 … DEMO-06
                             └── row-b 3 x 80 A ── DEMO-07 … DEMO-12, of which DEMO-08 disobeys

Everything is scaled by `pace`: at 1 the demo takes a minute; a fast demo has shorter visits and smaller batteries.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from localctl.demo.car import Car
from localctl.demo.dialect import Model
from localctl.demo.station import Visit

MINUTE_S = 60.0
SHORTEST_STAY_S = 16.0
"""Long enough to be given something, also where cars take turns."""
FIRST_S = 4.0
"""The first car comes after that: the box has met every station by then, as a site's installer makes sure of."""
PASSWORD = "only-for-this-demo-0123"
"""Every station's Basic password. Nothing outside this process tree ever accepts it."""


USUAL_A, LOW_A = 80.0, 40.0
"""What the EMS lets the whole site take per phase, and what it lets it take for a while."""
EMS_NAME = "ems"
REACTION_SHARE = 1.5
"""The box is told that stations need so many times longer to follow than they do."""
BOX_S = 3.0
"""So long may the box need until every station has heard of a new limit, also on a busy little machine."""
DISOBEYS = 7
"""Number of the station (from 0) that accepts every limit and follows none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A distribution panel. `reserve_a` is not given to stations that obey, because one does not."""

    id: str
    parent: str | None
    fuse_a: float
    reserve_a: float = 0.0


PANELS = (
    Panel(id="main", parent=None, fuse_a=100.0),
    Panel(id="row-a", parent="main", fuse_a=63.0),
    Panel(id="row-b", parent="main", fuse_a=80.0, reserve_a=16.0),
)
ROTATIONS = ("RST", "STR", "TRS")


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

    @property
    def limits(self) -> tuple[tuple[float, float], ...]:
        """What the EMS asks for and when: less before the outage, the usual after it."""
        return (0.0, USUAL_A), (self.duration_s * 0.25, LOW_A), (self.duration_s * 0.7, USUAL_A)

    @property
    def reaction_s(self) -> float:
        """How long a station takes to follow a limit."""
        return min(max(0.5, self.pace), 3.0)

    @property
    def follow_s(self) -> float:
        """How long the whole site may take to follow a lower limit of the EMS: the stations' time, and the box's."""
        return REACTION_SHARE * self.reaction_s + BOX_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One station of the cast: its model, where it is wired and how, whether it comes over TLS, its visits.

    `rotation` names the site's phases (R, S, T) at the station's conductors 1 to 3.
    """

    model: Model
    panel: str
    rotation: str
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
        phases=1 if number in (1, DISOBEYS) else 3,
        max_a=32.0 if number % 2 and number != DISOBEYS else 16.0,
        reaction_s=plan.reaction_s,
        obedient=number != DISOBEYS,
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
    if not model.obedient:  # long enough for any meter to tell; no longer, for it takes most of a low limit
        visits = (_visit(1, FIRST_S * pace, 30 * pace, Car(max_a=model.max_a, battery_wh=1000 * pace)),)
    tls = number % 3 == number // 4
    return Role(model=model, panel=PANELS[1 + number // 6].id, rotation=_rotation(number), tls=tls, visits=visits)


def _rotation(number: int) -> str:
    """Neighbours are rotated against each other, so that one-phase cars spread over the phases."""
    return ROTATIONS[(number + number // 3) % 3]


def guests(role: Role, evse: int, plan: Plan) -> Iterator[Visit]:
    """Cars without end, each `after_s` the one before has left: for whoever has taken the EMS's slider."""
    rng = random.Random(f"{role.model.identity} {evse}")
    while True:
        car = _car(rng, plan.pace, most_wh=400)
        yield _visit(evse, rng.uniform(0.5, 3) * plan.pace, rng.uniform(30, 60) * plan.pace, car)


def _visits(rng: random.Random, evse: int, plan: Plan) -> list[Visit]:
    """Cars one after the other, the last one gone before the end, and not everywhere at the same time."""
    visits, at_s, gone_s = [], rng.uniform(FIRST_S, 9), MINUTE_S * rng.uniform(0.84, 0.97)
    while gone_s - at_s >= SHORTEST_STAY_S:
        stay_s, gap_s = rng.uniform(SHORTEST_STAY_S, 32), rng.uniform(2, 5)
        if gone_s - (at_s + stay_s + gap_s) < SHORTEST_STAY_S:
            stay_s = gone_s - at_s
        visits.append(_visit(evse, at_s * plan.pace, stay_s * plan.pace, _car(rng, plan.pace, most_wh=140)))
        at_s += stay_s + gap_s
    return visits


def _visit(evse: int, after_s: float, stay_s: float, car: Car) -> Visit:
    return Visit(evse=evse, after_s=after_s, stay_s=stay_s, car=lambda: replace(car))


def _car(rng: random.Random, pace: float, *, most_wh: float) -> Car:
    """A car with a toy battery, so that a visit of seconds shows a charge of hours."""
    phases = rng.choice((1, 3, 3))
    battery_wh = rng.uniform(0.43 * most_wh, most_wh) * phases / 3 * pace
    return Car(phases=phases, max_a=rng.choice((16.0, 16.0, 32.0)), battery_wh=battery_wh, soc=rng.uniform(0.1, 0.5))
