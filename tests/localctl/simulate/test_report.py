"""The report as text."""

from math import inf

import pytest

from localctl.simulate.figures import figures_of
from localctl.simulate.judge import Cause
from localctl.simulate.report import amount, text_report, verdict
from localctl.simulate.world import Incident
from tests.localctl.simulate.day_kit import TWO_CARS, played


@pytest.fixture
def outcome():
    return played(TWO_CARS.replace("hours = 0.4", "hours = 0.2"))


def test_it_says_what_was_delivered_and_how_every_limit_was_kept(outcome):
    report = text_report(outcome)
    assert "no fuse and no limit was overdrawn" in report
    assert "simulated 0.2 h" in report
    assert "kWh asked for" in report
    assert "fairness (Jain)" in report
    assert "profiles; per station" in report
    assert "stations follow within 5 s (configured)" in report
    assert any(line.startswith("main            L1    fuse") and "40.0 A" in line for line in report.splitlines())


def test_an_overdrawn_fuse_is_told_with_moment_and_load(outcome):
    outcome.world.kept(("main", "L2"))[0].over = {Cause.FAULT: 12.5}
    outcome.world.incidents.append(
        Incident(at=outcome.start_at + 90, spot=("main", "L2"), hard=True, load=44.0, limit=40.0)
    )
    report = text_report(outcome)
    assert "FAILED: 1 fuse overdrawn" in report
    assert "12.5  by the controller's fault" in report
    assert "Mon 15:01:30 main L2: 44.0 A, fuse 40.0 A" in report


def test_a_set_limit_that_was_exceeded_fails_too(outcome):
    kept = outcome.world.kept(("main", "L2"))[1]
    kept.peak, kept.over = 20.0, {Cause.FAULT: 1.0}
    assert verdict(figures_of(outcome), []) == "FAILED: 1 set limit exceeded"


def test_internal_errors_come_first(outcome):
    outcome.bugs.append("KeyError('x')")
    assert "FAILED: 1 internal error, first: KeyError('x')" in text_report(outcome)


def test_amounts_as_people_write_them():
    assert (amount(12.345, "L1"), amount(12345.0, "W"), amount(inf, "L1")) == ("12.3 A", "12.3 kW", "-")
