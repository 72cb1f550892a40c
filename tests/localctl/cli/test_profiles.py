"""`localctl profiles` against a real port."""

import json
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from localctl.cli import FAILED, OK, UNAVAILABLE, profiles
from localctl.cli.main import app
from tests.localctl.charging.showing.test_picture_profiles import theirs
from tests.localctl.web.served import Served


@pytest.fixture
def box() -> Iterator[Served]:
    one = Served()
    yield one
    one.stop()


def test_ours_and_the_csmss_profiles_are_told_apart(box: Served, capsys: pytest.CaptureFixture[str]):
    theirs(box.scene, periods=6, limit=16.0)
    assert profiles.run("CP1", url=box.url) == OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("CP1 (ocpp2.0.1) at 2027-01-15T08:01:00Z: 2 profiles known")
    ours = next(line for line in lines if line.startswith("localctl"))
    csms = next(line for line in lines if line.startswith("CSMS"))
    assert "ChargingStationMaxProfile" in ours
    assert "from 1970-01-01T00:00:00Z: +0 s 6 A, 2027-01-15T0" in ours
    assert "TxDefaultProfile" in csms
    assert "and 2 more" in csms


def test_the_composite_is_shown_with_and_without_ours(box: Served, capsys: pytest.CaptureFixture[str]):
    theirs(box.scene, limit=16.0)
    profiles.run("CP1", url=box.url, hours=1)
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("1 ")]
    assert rows[0][2:] == ["6.5", "A", "16", "A"]
    assert rows[1][2:] == ["6", "A", "16", "A"]


def test_what_is_not_sure_says_so(box: Served, capsys: pytest.CaptureFixture[str]):
    theirs(box.scene, taken=None)
    profiles.run("CP1", url=box.url)
    assert "CSMS (perhaps)" in capsys.readouterr().out


def test_json_is_the_answer_as_it_came(box: Served, capsys: pytest.CaptureFixture[str]):
    assert profiles.run("cp1", url=box.url, as_json=True) == OK
    assert json.loads(capsys.readouterr().out)["station"] == "CP1"


def test_an_unknown_station_is_named_with_those_there_are(box: Served, capsys: pytest.CaptureFixture[str]):
    assert profiles.run("CP9", url=box.url) == FAILED
    assert "there are CP1, CP2, CP3" in capsys.readouterr().err


def test_r19_a_panel_shows_its_day_conductor_by_conductor(box: Served, capsys: pytest.CaptureFixture[str]):
    assert profiles.run_panel("sub", url=box.url) == OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("sub at 2027-01-15T08:01:00Z: 2 stations at or below it")
    first = next(line.split() for line in lines if line.startswith("L1"))
    assert first[2:] == ["13", "A", "22", "A", "13", "A"]
    assert {line[:2] for line in lines} >= {"L1", "L2", "L3"}
    assert profiles.run_panel("sub", url=box.url, as_json=True) == OK
    assert json.loads(capsys.readouterr().out)["stations"] == ["CP1", "CP2"]


def test_an_unknown_panel_is_named_with_those_there_are(box: Served, capsys: pytest.CaptureFixture[str]):
    assert profiles.run_panel("attic", url=box.url) == FAILED
    assert "there are main, sub" in capsys.readouterr().err
    assert profiles.run_panel("main", url="http://127.0.0.1:1") == UNAVAILABLE


@pytest.mark.parametrize("words", [[], ["CP1", "--panel", "sub"]])
def test_either_a_station_or_a_panel_is_named(words):
    told = CliRunner().invoke(app, ["profiles", *words])
    assert (told.exit_code, "--panel" in told.output) == (2, True)


def test_no_running_localctl_is_69():
    assert profiles.run("CP1", url="http://127.0.0.1:1") == UNAVAILABLE
