"""Many fault days in a row, each on a small site of its own: `python -m localctl.simulate.days --seeds 500`.

Prints a line per day and a sum at the end. Exit code 1 when on any day a fuse or a limit was overdrawn by the
controller's fault, or something broke; the seeds are named, and `--from SEED --seeds 1` plays such a day again.
"""

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from localctl.simulate.bad_days import bad_day, site
from localctl.simulate.day import Day, Outcome, simulate
from localctl.simulate.figures import figures_of
from localctl.simulate.judge import Cause
from localctl.simulate.report import text_report, verdict

HOURS: Final = 1.0
PERIOD_S: Final = 10.0
HEAD: Final = (
    f"{'seed':>6} {'EVSEs':>5} {'cars':>5} {'kWh':>7} {'asked':>6} {'spoilt':>6} {'died':>4} {'writes':>6} "
    f"{'reaction':>9} {'unreach.':>9} {'liar':>9} {'meddled':>9} {'FAULT':>9}  A·s"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One day in a line. `over` in ampere-seconds."""

    seed: int
    evses: int
    cars: int
    got_wh: float
    asked_wh: float
    hits: int
    deaths: int
    writes: int
    over: dict[Cause, float]
    good: bool
    words: str


def play(seed: int, hours: float = HOURS, period_s: float = PERIOD_S) -> Outcome:
    """The fault day of this seed."""
    config = site(seed)
    return simulate(Day(config=config, scenario=bad_day(config, seed, hours), seed=seed, period_s=period_s))


def row_of(outcome: Outcome) -> Row:
    """The figures of a day in one line."""
    figures = figures_of(outcome)
    return Row(
        seed=outcome.day.seed,
        evses=sum(len(station.evses) for station in outcome.day.config.station),
        cars=figures.cars,
        got_wh=figures.got_wh,
        asked_wh=figures.asked_wh,
        hits=outcome.hits,
        deaths=outcome.deaths,
        writes=sum(figures.writes.values()),
        over=figures.over,
        good=not outcome.bugs and not figures.fuse_faults and not figures.limit_faults,
        words=verdict(figures, outcome.bugs),
    )


def line(row: Row) -> str:
    """For the table."""
    over = " ".join(
        f"{row.over.get(cause, 0.0):9.1f}"
        for cause in (Cause.REACTION, Cause.UNREACHABLE, Cause.LIAR, Cause.MEDDLED, Cause.FAULT)
    )
    part = row.got_wh / row.asked_wh if row.asked_wh else 1.0
    return (
        f"{row.seed:6} {row.evses:5} {row.cars:5} {row.got_wh / 1000:7.1f} {part:6.0%} {row.hits:6} {row.deaths:4} "
        f"{row.writes:6} {over}  {'' if row.good else row.words}"
    ).rstrip()


def main(argv: Sequence[str] | None = None) -> int:
    """Play the days; the exit code is the verdict."""
    parser = argparse.ArgumentParser(prog="python -m localctl.simulate.days", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="how many days")
    parser.add_argument("--from", type=int, default=1, dest="first", help="seed of the first")
    parser.add_argument("--hours", type=float, default=HOURS, help="length of each")
    parser.add_argument("--period", type=float, default=PERIOD_S, help="seconds between control cycles")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="processes")
    parser.add_argument("--report", action="store_true", help="the whole report of each day")
    args = parser.parse_args(argv)
    seeds = range(args.first, args.first + args.seeds)
    print(HEAD, flush=True)
    bad, total = [], dict.fromkeys(Cause, 0.0)
    for row, report in _played(seeds, args.hours, args.period, args.jobs):
        print(line(row), flush=True)
        if args.report:
            print(report, flush=True)
        if not row.good:
            bad.append(row.seed)
        for cause, amount in row.over.items():
            total[cause] += amount
    print(f"{len(seeds)} days, {len(bad)} bad{': ' + ', '.join(map(str, bad)) if bad else ''}; ampere-seconds: "
          + ", ".join(f"{cause.value} {amount:.0f}" for cause, amount in total.items()))  # fmt: skip
    return 1 if bad else 0


def _played(seeds: Sequence[int], hours: float, period_s: float, jobs: int) -> Iterator[tuple[Row, str]]:
    one = partial(one_day, hours=hours, period_s=period_s)
    if jobs == 1:
        yield from map(one, seeds)
        return
    with ProcessPoolExecutor(jobs, initializer=_quiet) as pool:
        yield from pool.map(one, seeds)


def one_day(seed: int, *, hours: float, period_s: float) -> tuple[Row, str]:
    """A day and its report as text; to be called in a process of its own, whose log it silences."""
    _quiet()
    outcome = play(seed, hours, period_s)
    return row_of(outcome), text_report(outcome)


def _quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


if __name__ == "__main__":
    sys.exit(main())
