"""`localctl config init`: what it writes checks clean, and it never takes anything away."""

import stat
from pathlib import Path

import pytest

from localctl.cli import FAILED, OK, USAGE, check, starter


@pytest.mark.parametrize("stations", [1, 2, 5, 6, 100])
def test_what_is_written_passes_a_strict_check(tmp_path: Path, stations: int, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "config.toml"
    assert starter.run(file, stations=stations, csms="wss://csms.example/ocpp") == OK
    assert check.run([file], strict=True) == OK
    assert file.read_text().count("[[station]]") == stations
    assert 'url = "wss://csms.example/ocpp"' in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) & 0o007 == 0
    told = capsys.readouterr().err
    assert all(f"localctl {command} {file}" in told for command in ("check", "simulate", "run"))


def test_its_comments_stand_in_one_column_whatever_the_file_is_called():
    for name in ("c.toml", "a/rather/long/name.toml"):
        first, second = starter.made(name, stations=1, csms="wss://a").splitlines()[2:4]
        assert first.index("names every mistake") == second.index("takes it over")


def test_p3_failsafe_currents_that_do_not_fit_the_guessed_fuse_are_nought():
    assert "failsafe_current_a = 6 " in starter.made("x", stations=5, csms="wss://a")
    assert "failsafe_current_a = 0 " in starter.made("x", stations=6, csms="wss://a")


def test_neighbours_are_rotated():
    text = starter.made("x", stations=3, csms="wss://a")
    assert [line.split('"')[1] for line in text.splitlines() if line.startswith("phase_rotation")] == [
        "RST", "STR", "TRS",
    ]  # fmt: skip


def test_a_file_that_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "config.toml"
    file.write_text("precious")
    assert starter.run(file, stations=1, csms="wss://csms.example") == FAILED
    assert file.read_text() == "precious"
    assert "left alone" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert starter.run(tmp_path / "no" / "config.toml", stations=1, csms="wss://csms.example") == FAILED
    assert "No such file or directory" in capsys.readouterr().err


def test_a_dash_prints_it(capsys: pytest.CaptureFixture[str]):
    assert starter.run(Path("-"), stations=1, csms="wss://csms.example") == OK
    assert capsys.readouterr().out == starter.made("-", stations=1, csms="wss://csms.example")


@pytest.mark.parametrize("csms", ["http://csms.example", "csms", 'wss://x"\n[http]', "wss://user:canary-5@csms.example"])
def test_an_address_that_cannot_work_is_wrong_usage_and_its_password_is_not_repeated(
    tmp_path: Path, csms: str, capsys: pytest.CaptureFixture[str]
):
    assert starter.run(tmp_path / "config.toml", stations=1, csms=csms) == USAGE
    assert not (tmp_path / "config.toml").exists()
    assert "canary-5" not in capsys.readouterr().err
