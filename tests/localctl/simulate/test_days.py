"""Many fault days and their table."""

import pytest
import structlog

from localctl.simulate import days
from localctl.simulate.judge import Cause


@pytest.fixture(autouse=True)
def log_as_before():
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def test_a_day_becomes_a_row_and_a_report():
    row, report = days.one_day(4, hours=0.2, period_s=10.0)
    assert (row.seed, row.good) == (4, True)
    assert row.evses >= 5
    assert "simulated 0.2 h" in report


def test_a_bad_day_says_so_in_its_line():
    row = days.Row(seed=7, evses=6, cars=3, got_wh=1000, asked_wh=4000, hits=5, deaths=1, writes=9,
                   over={Cause.FAULT: 3.0}, good=False, words="FAILED: 1 fuse overdrawn")  # fmt: skip
    line = days.line(row)
    assert line.startswith("     7     6     3     1.0    25%")
    assert line.endswith("3.0  FAILED: 1 fuse overdrawn")


def test_the_table_ends_with_a_sum_and_the_exit_code_is_the_verdict(capsys):
    assert days.main(["--seeds", "2", "--from", "3", "--hours", "0.1", "--jobs", "1"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == days.HEAD
    assert [line.split()[0] for line in out[1:3]] == ["3", "4"]
    assert out[-1].startswith("2 days, 0 bad; ampere-seconds: fault 0")


def test_seeds_that_went_wrong_are_named(capsys, monkeypatch):
    good, report = days.one_day(4, hours=0.05, period_s=10.0)
    bad = days.Row(**{name: getattr(good, name) for name in days.Row.__dataclass_fields__} | {"good": False})
    monkeypatch.setattr(days, "one_day", lambda seed, **_: (bad, report))
    assert days.main(["--seeds", "1", "--jobs", "1", "--report"]) == 1
    out = capsys.readouterr().out
    assert "1 days, 1 bad: 4" in out
    assert report in out
