"""Composite schedule of one EVSE: 10 profiles, 24 hours. Run: python bench/composite.py

Prints microseconds for one schedule, beside the plain way: collect every instant at which any profile could change,
ask each profile for its period there, resolve. Both run alternately in one process, best of many, and both must give
the same schedule.
"""

import gc
import time
from collections.abc import Callable

from localctl.charging.base.instants import Instant
from localctl.charging.base.units import HardLimit
from localctl.charging.composition.composite import Ask, Rating, Resolver, evse_schedule, to_periods
from localctl.charging.composition.composite_curves import CompositePeriod
from localctl.charging.composition.composite_runs import UNLIMITED, Candidate, Rate, rate_of, start_at
from localctl.charging.composition.composite_stack import Book, evse_stacks, station_stacks
from localctl.charging.profile.profiles import (
    ChargingProfile,
    ChargingSchedule,
    Installed,
    Kind,
    Period,
    Purpose,
    RateUnit,
    Recurrency,
    Transaction,
)

NOW = Instant(1_750_000_000)
DAY_S = 86_400
AIM_US = 300.0
ROUNDS = 600


def profile(number: int, purpose: Purpose, level: int, kind: Kind, steps: int, step_s: int) -> Installed:
    """One of the ten: `steps` periods of `step_s`, its limits different from everybody else's."""
    in_watts = number % 3 == 0
    periods = tuple(
        Period(
            start_s=step * step_s,
            limit=(6.0 + (step * 7 + number * 3) % 26) * (690.0 if in_watts else 1.0),
            number_phases=1 if (step + number) % 11 == 0 else 3,
        )
        for step in range(steps)
    )
    schedule = ChargingSchedule(
        unit=RateUnit.WATTS if in_watts else RateUnit.AMPS,
        periods=periods,
        start_at=None if kind is Kind.RELATIVE else Instant(NOW - 400 * DAY_S - 1234 * number),
        duration_s=steps * step_s,
    )
    if kind is Kind.ABSOLUTE:
        schedule = ChargingSchedule(
            unit=schedule.unit, periods=periods, start_at=Instant(NOW - 1800 * number), duration_s=steps * step_s
        )
    return Installed(
        evse_id=0 if purpose in (Purpose.STATION_MAX, Purpose.EXTERNAL) else 1,
        profile=ChargingProfile(
            id=number,
            stack_level=level,
            purpose=purpose,
            kind=kind,
            recurrency=Recurrency.DAILY if kind is Kind.RECURRING else None,
            transaction_id="tx" if purpose is Purpose.TX else None,
            schedules=(schedule,),
        ),
    )


def ten_profiles() -> Book:
    """A busy EVSE: limits of the station by the hour, defaults on three levels, a transaction with two profiles."""
    return Book(
        installed=(
            profile(1, Purpose.STATION_MAX, 0, Kind.RECURRING, 24, 3600),
            profile(2, Purpose.STATION_MAX, 1, Kind.ABSOLUTE, 4, 1800),
            profile(3, Purpose.EXTERNAL, 0, Kind.ABSOLUTE, 8, 2700),
            profile(4, Purpose.EXTERNAL, 1, Kind.RECURRING, 6, 1200),
            profile(5, Purpose.TX_DEFAULT, 0, Kind.RECURRING, 24, 3600),
            profile(6, Purpose.TX_DEFAULT, 1, Kind.RECURRING, 12, 900),
            profile(7, Purpose.TX_DEFAULT, 2, Kind.RELATIVE, 6, 1800),
            profile(8, Purpose.TX_DEFAULT, 3, Kind.ABSOLUTE, 4, 900),
            profile(9, Purpose.TX, 0, Kind.RELATIVE, 12, 1200),
            profile(10, Purpose.TX, 1, Kind.ABSOLUTE, 6, 600),
        ),
        transactions=(Transaction(evse_id=1, id="tx", started_at=Instant(NOW - 900)),),
    )


def plain_period(candidate: Candidate, at: int) -> Rate | None:
    """The rate a profile has at one instant, found by walking its periods."""
    profile, schedule = candidate.profile, candidate.schedule
    if (profile.valid_from_at or 0) > at or (profile.valid_to_at is not None and at >= profile.valid_to_at):
        return None
    since = at - start_at(candidate)
    if profile.recurrency is not None and since >= 0:
        since %= profile.recurrency.seconds
    if since < 0 or (schedule.duration_s is not None and since >= schedule.duration_s):
        return None
    found = None
    for period in schedule.periods:
        if period.start_s <= since:
            found = period
    return None if found is None else rate_of(found, schedule.unit is RateUnit.AMPS)


def plain_edges(candidate: Candidate, ask: Ask) -> set[int]:
    """Every instant of the window at which the profile could change."""
    profile, schedule = candidate.profile, candidate.schedule
    every = profile.recurrency.seconds if profile.recurrency is not None else 0
    start = start_at(candidate)
    first = max(0, (ask.start_at - start) // every) if every else 0
    found: set[int] = {at for at in (profile.valid_from_at, profile.valid_to_at) if at is not None}
    for occurrence in range(first, first + (ask.duration_s // every + 2 if every else 1)):
        begin = start + occurrence * every
        found |= {begin + period.start_s for period in schedule.periods}
        found |= {begin} | ({begin + schedule.duration_s} if schedule.duration_s is not None else set())
    return {at for at in found if ask.start_at <= at < ask.end_at}


def plain(book: Book, ask: Ask, rating: Rating) -> list[CompositePeriod]:
    """The same schedule, every profile asked at every candidate edge."""
    stacks = evse_stacks(book, 1, ask.start_at, 0, alone=True)
    above = station_stacks(book, ask.start_at, 0)
    slots = (stacks.session, stacks.external, above.external, above.station_max)
    edges = {int(ask.start_at)}.union(*(plain_edges(each, ask) for slot in slots for each in slot))
    resolver = Resolver(rating, ask.unit)
    result = []
    for at in sorted(edges):
        leading = (next((rate for each in slot if (rate := plain_period(each, at))), None) for slot in slots)
        result.append((at, resolver.resolve([rate for rate in leading if rate and rate.limit != UNLIMITED], None)))
    return to_periods(result, ask, with_phases=True, with_choice=True)


def microseconds(call: Callable[[], object]) -> float:
    """Time of one call."""
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1e6


def main() -> None:
    """Measure both, alternating, and print one line each."""
    book, rating = ten_profiles(), Rating(local=HardLimit(limit_a=32.0))
    ask = Ask(start_at=NOW, duration_s=DAY_S, unit=RateUnit.AMPS)
    ours = evse_schedule(book, 1, ask, rating)
    if ours != plain(book, ask, rating):
        raise SystemExit("bench/composite.py: the two ways disagree")
    gc.freeze()
    engine_us = plain_us = float("inf")
    for _ in range(ROUNDS):
        engine_us = min(engine_us, microseconds(lambda: evse_schedule(book, 1, ask, rating)))
        plain_us = min(plain_us, microseconds(lambda: plain(book, ask, rating)))
    print(f"composite of an EVSE, 10 profiles, 24 h, {len(ours)} periods out")
    print(f"  engine         {engine_us:8.0f} us  (aim: below {AIM_US:.0f} us)")
    print(f"  plain way      {plain_us:8.0f} us")
    print(f"  ratio          {plain_us / engine_us:8.1f}")


if __name__ == "__main__":
    main()
