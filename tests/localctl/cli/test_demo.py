"""`localctl demo`: exit codes and last words. The demo itself is played in tests/e2e/test_demo.py."""

import pytest

from localctl.cli import demo
from localctl.demo.box import BoxFailed
from localctl.demo.site import Outcome
from localctl.demo.tape import Verdict


def outcome(**counts):
    """An outcome with these counts."""
    verdict = Verdict(messages=100, **counts)
    return Outcome(verdict=verdict, stations=12, back=12, away_s=3.0, metrics_url=None)


def playing(monkeypatch, result):
    """Let the demo end at once with this result; returns the plans it was played with."""
    plans = []

    async def play(plan, view):
        plans.append(plan)
        if isinstance(result, BaseException):
            raise BaseExceptionGroup("nursery", [BaseExceptionGroup("nursery", [result])])
        return result

    monkeypatch.setattr(demo, "_play", play)
    return plans


def test_everything_arrived_is_exit_code_0(monkeypatch, capsys):
    playing(monkeypatch, outcome())
    assert demo.run() == demo.ARRIVED == 0
    assert "100 messages, 0 lost, 0 altered" in capsys.readouterr().out


@pytest.mark.parametrize("counts", [{"lost": 1}, {"altered": 1}])
def test_anything_lost_or_altered_is_exit_code_1(monkeypatch, capsys, counts):
    playing(monkeypatch, outcome(**counts))
    assert demo.run() == demo.NOT_ARRIVED == 1


def test_a_box_that_does_not_start_is_told_without_a_traceback(monkeypatch, capsys):
    playing(monkeypatch, BoxFailed("localctl did not become ready"))
    assert demo.run() == demo.NOT_ARRIVED
    assert capsys.readouterr().out == "localctl did not become ready\n"


@pytest.mark.parametrize("leaving", [KeyboardInterrupt(), SystemExit(1)])
def test_a_second_ctrl_c_and_a_closed_pipe_end_it_at_once(monkeypatch, leaving):
    playing(monkeypatch, leaving)
    with pytest.raises(type(leaving)):
        demo.run()


def test_options_make_the_plan(monkeypatch, capsys):
    plans = playing(monkeypatch, outcome())
    for options in ({}, {"fast": True}, {"duration_s": 30}, {"duration_s": 1}):
        demo.run(plain=True, **options)
    assert [plan.duration_s for plan in plans] == [60, demo.FAST_S, 30, demo.SHORTEST_S]
