"""`localctl explain` against a real port."""

import json
from collections.abc import Iterator

import pytest

from localctl.cli import FAILED, OK, UNAVAILABLE, explain
from tests.localctl.web.served import Served


@pytest.fixture
def box() -> Iterator[Served]:
    one = Served()
    yield one
    one.stop()


def test_p5_the_sentences_are_those_of_the_api(box: Served, capsys: pytest.CaptureFixture[str]):
    assert explain.run("cp1/1", url=box.url) == OK
    lines = capsys.readouterr().out.splitlines()
    assert lines == box.ask("GET", "/api/v1/stations/CP1/explain?evse=1&what_if=1")[1]["text"]
    assert lines[1] == "CP1/1 gets 6.5 A per phase: a limit of the site is used up."


def test_a_terminal_gets_a_table_too(box: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "160")
    assert explain.run("CP1", url=box.url) == OK
    shown = capsys.readouterr().out
    assert "panel:main L1: 13 A (ems-1)" in shown
    assert "panel:sub L1: 22 A (fuse)" in shown


def test_json_is_the_answer_as_it_came(box: Served, capsys: pytest.CaptureFixture[str]):
    assert explain.run("CP1", url=box.url, as_json=True) == OK
    shown = json.loads(capsys.readouterr().out)
    assert shown["station"]["identity"] == "CP1"


@pytest.mark.parametrize("place", ["CP9", "CP1/9", "", "CP1/x", "/1"])
def test_a_place_that_is_not_there_is_told_on_stderr(box: Served, place: str, capsys: pytest.CaptureFixture[str]):
    assert explain.run(place, url=box.url) == FAILED
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err


def test_no_running_localctl_is_69(capsys: pytest.CaptureFixture[str]):
    assert explain.run("CP1", url="http://127.0.0.1:1") == UNAVAILABLE
    assert "hint:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("place", "parts"),
    [("CP1", ("CP1", None)), ("CP1/2", ("CP1", "2")), ("a/b", ("a/b", None)), ("a/b/3", ("a/b", "3"))],
)
def test_only_a_number_after_the_slash_is_an_evse(place: str, parts: tuple[str, str | None]):
    assert explain.split(place) == parts


def test_a_panel_is_explained_by_its_limits(box: Served, capsys: pytest.CaptureFixture[str]):
    assert explain.run("main", url=box.url) == OK
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("panel main L1, 13.0 A for charging by ems-1 (20.0 A less ")
    assert ", since 2027-01-15 08:00:20 UTC, until 2027-01-15 08:15:20 UTC; at most 13.0 A may flow" in lines[0]
    assert len([line for line in lines if line.startswith("panel main L")]) == 3
    assert "localctl profiles --panel main" in lines[-1]
    assert explain.run("panel:sub", url=box.url, as_json=True) == OK
    assert json.loads(capsys.readouterr().out)["panel"]["id"] == "sub"
