"""An ordinary working day for any site: cars in the morning, some in the evening, an EMS that speaks now and then."""

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from localctl.config.model import Config
from localctl.simulate.scenario import Arrival, Habit, Limit, Scenario

START: Final = datetime(2026, 6, 1)
"""A Monday."""
MORNING: Final = (0.85, 8.25, 0.75, 8.0, 1.5)
EVENING: Final = (0.35, 17.5, 1.0, 2.5, 0.8)
"""Part of the EVSEs with a car; hour of arrival and its spread; hours of stay and their spread."""
VERSIONS: Final = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
METER_S: Final = 300.0


def workday(config: Config, seed: int, hours: float = 24.0) -> Scenario:
    """A scenario that begins at midnight of a Monday."""
    rng = random.Random(f"workday {seed}")
    wanted = [arrival for wave in (MORNING, EVENING) for arrival in _wave(config, rng, *wave)]
    arrivals = tuple(one for one in wanted if float(one.at) < hours * 3600)
    return Scenario(
        start=START,
        hours=hours,
        meter_every_s=METER_S,
        arrival=arrivals,
        limit=tuple(_limits(config, rng, hours)),
        habit=tuple(habits(config, rng)),
    )


def habits(config: Config, rng: random.Random) -> Iterator[Habit]:
    """Every station with a version of its own, unless the configuration pins one."""
    for station in config.station:
        yield Habit(station=station.identity, version=rng.choice(VERSIONS))


def car(rng: random.Random) -> dict[str, float]:
    """A car as they come: one-phase ones with 16 or 32 A, three-phase ones mostly with 16 A."""
    phases = rng.choices((1, 2, 3), (25, 10, 65))[0]
    most_a = rng.choice((16.0, 32.0)) if phases == 1 else rng.choices((16.0, 32.0), (80, 20))[0]
    return {
        "phases": phases,
        "max_a": most_a,
        "battery_kwh": round(rng.uniform(35, 90), 1),
        "soc": round(rng.uniform(0.15, 0.75), 2),
        "target_soc": rng.choice((0.8, 0.9, 1.0)),
    }


def _wave(
    config: Config, rng: random.Random, part: float, hour: float, hour_spread: float, stay: float, stay_spread: float
) -> Iterator[Arrival]:
    for station in config.station:
        for evse in station.evses if station.panel is not None else ():
            if rng.random() < part:
                at_s = round(max(0.1, rng.gauss(hour, hour_spread)) * 3600)
                stay_h = round(max(0.5, rng.gauss(stay, stay_spread)), 2)
                made = car(rng)
                yield Arrival(
                    at=float(at_s), station=station.identity, evse=evse.id, stay_h=stay_h, phases=int(made["phases"]),
                    max_a=made["max_a"], battery_kwh=made["battery_kwh"], soc=made["soc"],
                    target_soc=made["target_soc"],
                )  # fmt: skip


def _limits(config: Config, rng: random.Random, hours: float) -> Iterator[Limit]:
    """Each source repeats itself before it gets stale: now all of the main fuse, now a part of it."""
    main = next(panel for panel in config.panel if panel.parent is None)
    for source in config.limit_source:
        at_s, until_s, part = 60.0, 0.0, 1.0
        while at_s < hours * 3600:
            if at_s >= until_s:
                part, until_s = rng.choice((1.0, 0.9, 0.75, 0.6)), at_s + rng.uniform(1800, 7200)
            amps = (main.fuse_a[0] * part, main.fuse_a[1] * part, main.fuse_a[2] * part)
            yield Limit(at=at_s, source=source.name, panel=main.id, limit_a=amps, for_s=source.stale_after_s)
            at_s += source.stale_after_s / 2
