"""`localctl commission` with a box that tells what the test scripts: what is shown, asked, and the exit codes."""

import json

import pytest

from localctl.cli import FAILED, INTERRUPTED, OK, UNAVAILABLE, commission
from localctl.cli.client import NobodyAnswers, Refused

STEP = {"key": "declared", "title": "ask what it says of itself", "came": "yes", "took_s": 2.5, "drawn_a": None}
SECOND = {"key": "daily", "title": "6 A", "came": "refused", "took_s": 0.0, "drawn_a": 16.0}
GOOD = {"what": "unit", "text": "amperes [A]", "word": "good"}


def told(state="running", steps=(), card=(), toml="", why=None, step=None):
    return {
        "station": "CP1", "state": state, "why": why, "steps": list(steps), "card": list(card), "toml": toml,
        "step": step, "step_within_s": 30.0, "share_a": 16.0, "drawn_a": 15.9,
    }  # fmt: skip


class Box:
    """Answers the next of its `answers` to each question; exceptions are raised."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def __call__(self, where, what, *, method="GET", body=None, token=None, **_more):
        self.asked.append((method, what, body))
        answer = self.answers.pop(0) if method != "DELETE" else told("stopped")
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def run(monkeypatch):
    def played(*answers, **options):
        box = Box(*answers)
        monkeypatch.setattr(commission, "ask", box)
        return commission.run("CP 1", sleep=lambda _s: None, **options), box

    return played


DONE = told("done", [STEP, SECOND], [GOOD], '[[station]]\nidentity = "CP1"\nlimit_unit = "W"\n')


def test_each_step_is_a_line_once_and_the_card_and_the_toml_come_last(run, capsys):
    code, box = run(told(), told(steps=[STEP], step="6 A"), told(steps=[STEP]), DONE)
    shown = capsys.readouterr().out
    assert code == OK
    assert shown.count("ask what it says of itself: yes after 2.5 s") == 1
    assert "6 A: refused" in shown
    assert "amperes [A]" in shown
    assert shown.endswith(f"Into the table of CP1 that is in the configuration already:\n\n{DONE['toml']}")
    assert box.asked[0] == (
        "POST", "/api/v1/commission/CP%201",
        {"kind": "probe", "evse": None, "car": True, "links": True, "car_within_s": 300.0},
    )  # fmt: skip


def test_defaults_that_suit_are_said_to(run, capsys):
    run(told("done", card=[GOOD]))
    assert "nothing to add to the configuration" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("end", "options", "code"),
    [
        (told("done", card=[GOOD | {"word": "bad"}]), {}, FAILED),
        (told("done", card=[GOOD | {"word": "open"}]), {}, FAILED),
        (told("done", card=[GOOD | {"word": "note"}]), {}, OK),
        (told("done", card=[GOOD | {"word": "open"}]), {"car": False}, OK),
        (told("stopped", why="the car has left"), {}, FAILED),
    ],
)
def test_the_exit_code_tells_whether_the_card_is_complete_and_good(run, capsys, end, options, code):
    assert run(end, **options)[0] == code
    said = capsys.readouterr()
    assert ("the car has left" in said.err) == (end["state"] == "stopped")


def test_the_dead_mans_test_is_asked_for(run):
    _, box = run(DONE, dead_man=True, evse=2)
    assert (box.asked[0][2]["kind"], box.asked[0][2]["evse"]) == ("dead-man", 2)


def test_json_is_the_whole_answer_and_nothing_else(run, capsys):
    assert run(told(steps=[STEP]), DONE, as_json=True)[0] == OK
    assert json.loads(capsys.readouterr().out) == DONE


def test_ctrl_c_gives_the_station_back(run, capsys):
    code, box = run(told(), KeyboardInterrupt())
    assert (code, box.asked[-1][0]) == (INTERRUPTED, "DELETE")
    assert "ordinary control has the station again" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fault", "code"), [(NobodyAnswers("no running localctl"), UNAVAILABLE), (Refused("one at a time", 409), FAILED)]
)
def test_nobody_there_and_refusals_have_their_codes_before_and_on_the_way(run, capsys, fault, code):
    assert run(fault)[0] == code
    assert run(told(), fault)[0] == code
    assert str(fault) in capsys.readouterr().err


def test_on_a_terminal_it_is_one_live_table(run, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    code, _ = run(told(steps=[STEP], step="does it pause at 0 A?"), DONE)
    shown = capsys.readouterr().out
    assert code == OK
    assert "up to 30 s" in shown or "does it pause" in shown or "refused" in shown
    assert "limit_unit" in shown
