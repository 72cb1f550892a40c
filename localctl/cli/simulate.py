"""`localctl simulate`: a day of the configured site in seconds, with the real controller, and a report.

Exit codes: 0 no fuse and no limit was overdrawn, 1 one was (or something broke), 2 the scenario cannot be played or the
report cannot be written where it should, 78 the configuration is invalid.
"""

import gc
import logging
import sys
from pathlib import Path
from types import TracebackType
from typing import Final

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from localctl.cli import BAD_CONFIG, FAILED, OK, USAGE
from localctl.cli.check import read
from localctl.cli.render import talk
from localctl.config.load import default_file
from localctl.config.model import Config
from localctl.config.report import as_text, counted
from localctl.simulate.bad_days import bad_day
from localctl.simulate.day import Day, NoSite, Outcome, simulate
from localctl.simulate.day import Progress as Step
from localctl.simulate.figures import figures_of
from localctl.simulate.report import text_report
from localctl.simulate.report_html import html_report
from localctl.simulate.scenario import Scenario, ScenarioProblem, load_scenario
from localctl.simulate.workday import workday

FAULT_HOURS: Final = 4.0
LINE_EVERY: Final = 0.1
"""Off a terminal a line is said each time so much of the day has passed."""


def run(
    file: Path | None,
    *,
    scenario: Path | None,
    faults: bool,
    seed: int,
    hours: float | None,
    report: Path | None,
    period_s: float,
) -> int:
    """Simulate a day of this configuration and print its report."""
    loaded = read(file or default_file())
    if loaded.config is None:
        print(as_text(loaded.problems, [loaded.file]), file=sys.stderr)
        return BAD_CONFIG
    if report is not None and not report.parent.is_dir():
        talk(f"the report cannot be written to {report}: there is no folder {report.parent}; nothing was simulated")
        return USAGE
    try:
        played = _scenario(loaded.config, scenario, faults=faults, seed=seed, hours=hours)
        outcome = _simulate(Day(config=loaded.config, scenario=played, seed=seed, period_s=period_s))
    except (ScenarioProblem, NoSite) as problem:
        talk(str(problem))
        return USAGE
    print(text_report(outcome))
    if report is not None:
        try:
            report.write_text(html_report(outcome), encoding="utf-8")
        except OSError as error:
            talk(f"the report cannot be written to {report}: {error.strerror or error}")
            return FAILED
    return exit_code(outcome)


def exit_code(outcome: Outcome) -> int:
    """What the shell is told."""
    figures = figures_of(outcome)
    return FAILED if outcome.bugs or figures.fuse_faults or figures.limit_faults else OK


def _scenario(config: Config, file: Path | None, *, faults: bool, seed: int, hours: float | None) -> Scenario:
    if file is not None:
        return load_scenario(file)
    return bad_day(config, seed, hours or FAULT_HOURS) if faults else workday(config, seed, hours or 24.0)


def _simulate(day: Day) -> Outcome:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    gc.set_threshold(100_000, 20, 100)
    console = Console(stderr=True)
    with Bar(console) if console.is_terminal else Lines() as view:
        return simulate(day, view.show)


class Lines:
    """Progress where there is no terminal: a line now and then."""

    def __init__(self) -> None:
        self._next_part = 0.0

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        pass

    def show(self, step: Step) -> None:
        """How far it is."""
        if step.part >= self._next_part:
            self._next_part = step.part + LINE_EVERY
            talk(f"{step.part:4.0%}  {step.clock}, {counted(step.cars, 'car')} plugged in")


class Bar:
    """Progress on a terminal."""

    def __init__(self, console: Console) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
        self._progress = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
        self._task = self._progress.add_task("", total=1.0)

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def show(self, step: Step) -> None:
        """How far it is."""
        self._progress.update(self._task, completed=step.part, description=f"{step.clock}, {counted(step.cars, 'car')}")
