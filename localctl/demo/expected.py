"""A station's own composite schedule: what it expects to allow over the coming while (K08)."""

from typing import Protocol

from localctl.demo.car import NOMINAL_V
from localctl.demo.evse import Evse
from localctl.demo.limits import Profiles

Period = tuple[float, float]
"""Start in seconds from now, and limit."""


class Equipment(Protocol):
    """What is limited: a station's EVSEs by its profiles."""

    profiles: Profiles
    evses: dict[int, Evse]


def expected(station: Equipment, number: int, at: float, duration_s: float, *, unit: str) -> list[Period]:
    """Limits from `at` on for one EVSE, or for the whole station (0): the sum of its EVSEs under its own limit.

    Where no profile says anything the hardware limits. In "A" per phase; in "W" in total. Equal neighbours are one.
    """
    sessions = {one.id: session for one in station.evses.values() if (session := one.session()) is not None}
    evses = [station.evses[number]] if number else list(station.evses.values())
    volts = NOMINAL_V * evses[0].phases if unit == "W" else 1.0
    periods: list[Period] = []
    moment_at = at
    while moment_at < at + max(duration_s, 1):
        limit = _limit_a(station, evses, moment_at, whole=number == 0) * volts
        if not periods or periods[-1][1] != limit:
            periods.append((moment_at - at, limit))
        moment_at = station.profiles.next_change_at(moment_at, sessions)
    return periods


def _limit_a(station: Equipment, evses: list[Evse], at: float, *, whole: bool) -> float:
    allowed = [(evse.max_a, station.profiles.limit_a(evse.id, at, evse.session())) for evse in evses]
    together_a = sum(max_a if limit_a is None else min(max_a, limit_a) for max_a, limit_a in allowed)
    station_a = station.profiles.station_limit_a(at) if whole else None
    return together_a if station_a is None else min(together_a, station_a)
