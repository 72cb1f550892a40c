"""`localctl limit set` and `limit clear` against a real port."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localctl.cli import FAILED, OK, UNAVAILABLE, USAGE, limits
from localctl.cli.client import Misused
from tests.localctl.web.served import TOKEN, Served


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv(limits.TOKEN_VARIABLE, TOKEN)
    one = Served()
    yield one
    one.stop()


def put(box: Served, node: str = "main", **changes) -> int:
    usual = {"amps": "18", "watts": None, "lasts": "15m", "source": "EMS", "url": box.url}
    return limits.put(node, **(usual | changes))


def test_a_limit_is_set_and_what_is_in_force_is_shown(box: Served, capsys: pytest.CaptureFixture[str]):
    assert put(box) == OK
    line = next(line for line in capsys.readouterr().out.splitlines() if "L1" in line)
    assert line.split()[:7] == ["panel:main", "L1", "18", "A", "11", "A", "ems-1"]
    assert box.scene.cycles().phase("main")["limit_a"] == 18.0


def test_watts_and_each_phase_can_be_set(box: Served, capsys: pytest.CaptureFixture[str]):
    assert put(box, amps=None, watts=9000.0) == OK
    assert "9000 W" in capsys.readouterr().out
    assert put(box, amps="16,16,10") == OK
    assert box.scene.cycles().phase("main", "L3")["limit_a"] == 10.0


def test_a_limit_is_cleared_and_clearing_nothing_is_no_mistake(box: Served, capsys: pytest.CaptureFixture[str]):
    assert limits.clear("main", source="EMS", url=box.url) == OK
    assert "withdrawn: ems-1" in capsys.readouterr().out
    assert limits.clear("main", source=None, url=box.url) == OK
    assert "withdrawn: nothing was set" in capsys.readouterr().out


def test_json_is_the_answer_as_it_came(box: Served, capsys: pytest.CaptureFixture[str]):
    put(box, as_json=True)
    assert json.loads(capsys.readouterr().out)["limits"]["L1"]["limit_a"] == 18.0


def test_the_token_can_come_from_a_file(box: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(limits.TOKEN_VARIABLE)
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    assert put(box) == FAILED
    assert put(box, token_file=file) == OK


def test_p7_a_wrong_token_is_refused_and_never_repeated(
    box: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv(limits.TOKEN_VARIABLE, "not-the-token")
    assert put(box) == FAILED
    shown = capsys.readouterr()
    assert "Authorization: Bearer" in shown.err
    assert "--token-file" in shown.err
    assert "not-the-token" not in shown.err + shown.out


@pytest.mark.parametrize(
    "changes",
    [
        {"amps": None},
        {"watts": 5.0},
        {"amps": "sixteen"},
        {"amps": "1,2"},
        {"amps": "nan"},
        {"amps": "16,inf,16"},
        {"amps": None, "watts": float("nan")},
        {"lasts": "soon"},
        {"lasts": "-5m"},
        {"token_file": Path("/nonexistent/token")},
        {"url": "ftp://x"},
    ],
)
def test_wrong_usage_is_2_and_changes_nothing(box: Served, changes):
    assert put(box, **changes) == USAGE
    assert box.woken == 0


def test_what_localctl_refuses_is_told_on_stderr(box: Served, capsys: pytest.CaptureFixture[str]):
    assert put(box, "mian") == FAILED
    assert "no panel or station 'mian'" in capsys.readouterr().err
    assert put(box, amps="-1") == FAILED
    assert "must not be negative" in capsys.readouterr().err


def test_no_running_localctl_is_69():
    assert limits.put("main", amps="1", watts=None, lasts="1m", source="EMS", url="http://127.0.0.1:1") == UNAVAILABLE


@pytest.mark.parametrize(("text", "expected"), [("90s", 90), ("15m", 900), ("2h", 7200), ("1.5 d", 129600)])
def test_times_are_read_as_people_write_them(text: str, expected: float):
    assert limits.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "15", "m", "1w", "1e3", "٣m", "9" * 40])
def test_what_is_no_time_is_wrong_usage(text: str):
    with pytest.raises(Misused):
        limits.seconds(text)
