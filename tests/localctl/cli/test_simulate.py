"""`localctl simulate` from the outside."""

from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner

from localctl.cli.main import app
from localctl.cli.simulate import Bar, Lines, exit_code
from localctl.simulate.day import Progress
from localctl.simulate.judge import Cause
from tests.localctl.simulate.day_kit import TWO_CARS, played

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def log_as_before():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def simulate(*arguments):
    return CliRunner().invoke(app, ["simulate", *map(str, arguments)])


def test_the_example_configuration_is_simulated_with_a_report(tmp_path):
    page = tmp_path / "report.html"
    result = simulate(ROOT / "config.toml", "--hours", "0.2", "--seed", "3", "--report", page)
    assert result.exit_code == 0, result.output
    assert "no fuse and no limit was overdrawn" in result.stdout
    assert "100%" in result.stderr or " 0%" in result.stderr
    assert page.read_text().startswith("<!doctype html>")


def test_a_fault_day_of_ones_own_site():
    result = simulate(ROOT / "config.toml", "--faults", "--hours", "0.2")
    assert result.exit_code == 0, result.output


def test_a_scenario_file_is_played(tmp_path):
    file = tmp_path / "day.toml"
    file.write_text("hours = 0.1\n")
    assert "simulated 0.1 h" in simulate(ROOT / "config.toml", "--scenario", file).stdout


def test_a_bad_scenario_is_wrong_usage(tmp_path):
    file = tmp_path / "day.toml"
    file.write_text("hour = 1\n")
    result = simulate(ROOT / "config.toml", "--scenario", file)
    assert result.exit_code == 2
    assert "unknown field `hour`" in result.stderr


@pytest.mark.parametrize("words", [["--faults"], ["--hours", "2"]])
def test_what_a_scenario_says_itself_is_not_silently_ignored(tmp_path, words):
    file = tmp_path / "day.toml"
    file.write_text("hours = 0.1\n")
    result = simulate(ROOT / "config.toml", "--scenario", file, *words)
    assert (result.exit_code, "leave out" in result.stderr) == (2, True)


def test_a_report_that_has_no_folder_is_told_before_the_day_is_simulated(tmp_path):
    result = simulate(ROOT / "config.toml", "--hours", "0.2", "--report", tmp_path / "none" / "report.html")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"there is no folder {tmp_path}/none" in result.stderr


def test_a_bad_configuration_is_named_and_nothing_runs(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("[[panel]]\n")
    assert simulate(file).exit_code == 78


def test_a_report_that_cannot_be_written_is_a_failure(tmp_path):
    result = simulate(ROOT / "config.toml", "--hours", "0.1", "--report", tmp_path)
    assert result.exit_code == 1
    assert "cannot be written" in result.stderr


def test_an_overdrawn_fuse_is_exit_code_1():
    outcome = played(TWO_CARS.replace("hours = 0.4", "hours = 0.1"))
    assert exit_code(outcome) == 0
    outcome.world.kept(("main", "L1"))[0].over = {Cause.FAULT: 5.0}
    outcome.world.kept(("main", "L1"))[0].peak = 5.0
    assert exit_code(outcome) == 1


def test_progress_without_a_terminal_is_a_line_now_and_then(capsys):
    with Lines() as lines:
        for part in (0.0, 0.05, 0.1, 0.25):
            lines.show(Progress(part=part, clock="06:00", cars=3))
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == ["0%", "10%", "25%"]


def test_progress_on_a_terminal_is_a_bar():
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    with Bar(Console(file=out, force_terminal=True, width=80)) as bar:
        bar.show(Progress(part=0.5, clock="06:00 + 1.0 h", cars=3))
    assert "06:00 + 1.0 h, 3 cars" in out.getvalue()
