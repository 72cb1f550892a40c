"""`localctl run`: what keeps it from starting, and what signals make of it."""

import gc
import os
import re
import signal
import socket
import subprocess
import sys
from functools import partial

import pytest
import trio
from structlog.testing import capture_logs

from localctl.cli import BAD_CONFIG, FAILED, OK, run
from localctl.net.tls import CertificateProblem
from tests.e2e.joined import free_port, http_get, read_lines, ready
from tests.e2e.processes import REPOSITORY
from tests.localctl.boxes import taken_port, text, until


@pytest.fixture(autouse=True)
def _as_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "set_threshold", lambda *_: None)
    monkeypatch.setattr(run, "set_up_logs", lambda **_: None)


def written(folder, content: str):
    file = folder / "config.toml"
    file.write_text(content)
    return file


def test_an_unusable_configuration_ends_with_78_and_every_mistake_on_stderr(tmp_path, capsys):
    file = written(tmp_path, text(tmp_path).replace("[defaults]", "[defaults]\nnonsense = 1\nping_s = -1"))
    assert run.run(file) == BAD_CONFIG
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "nonsense" in shown.err
    assert "ping_s" in shown.err


def test_a_missing_configuration_ends_with_78_and_its_name(tmp_path, capsys):
    assert run.run(tmp_path / "none.toml") == BAD_CONFIG
    assert "none.toml" in capsys.readouterr().err


def test_a_failsafe_sum_that_does_not_hold_never_starts(tmp_path, capsys):
    """P3."""
    site = '[[panel]]\nid = "main"\nfuse_a = 5\n[[station]]\nidentity = "CP1"\npanel = "main"\nevses = [{ id = 1 }]\n'
    assert run.run(written(tmp_path, text(tmp_path, more=site))) == BAD_CONFIG
    assert "with nobody in control" in capsys.readouterr().err


@pytest.mark.parametrize("whose", ["port", "http_port"])
def test_a_taken_port_ends_with_1_and_one_line_that_names_it(tmp_path, whose):
    taken, port = taken_port()
    with taken, capture_logs() as logs:
        assert run.run(written(tmp_path, text(tmp_path, **{whose: port}))) == FAILED
    (line,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert line["event"] == "cannot start"
    assert str(port) in line["reason"]
    assert "\n" not in line["reason"]
    assert "another localctl or a demo may be running" in line["hint"]
    assert {"port": "[[listen]]", "http_port": "[http]"}[whose] in line["hint"]


def test_a_certificate_that_breaks_after_the_check_ends_with_1_and_one_line(tmp_path, monkeypatch):
    def broken(*_, **__) -> None:
        raise CertificateProblem("a.crt with a.key: no usable PEM in it")

    monkeypatch.setattr(run, "App", broken)
    with capture_logs() as logs:
        assert run.run(written(tmp_path, text(tmp_path))) == FAILED
    assert logs == [
        {"event": "cannot start", "log_level": "error", "reason": "a.crt with a.key: no usable PEM in it"}
    ]


def test_warnings_are_told_and_do_not_keep_it_from_starting(tmp_path, capsys):
    taken, port = taken_port()
    file = written(tmp_path, text(tmp_path, port=port, more='[[station]]\nidentity = "a:b"\n'))
    with taken, capture_logs():
        assert run.run(file) == FAILED
    assert "a colon separates" in capsys.readouterr().err


async def test_a_bug_is_not_hidden_as_a_failed_start():
    class Broken:
        async def heed_signals(self, scope, *, task_status):
            task_status.started()

        async def run(self) -> None:
            raise RuntimeError("ours")

    with pytest.RaisesGroup(pytest.RaisesExc(RuntimeError, match="ours")):
        await run.serve(Broken())


def test_each_trouble_of_a_group_is_told_by_itself():
    group = BaseExceptionGroup("", [OSError("a"), BaseExceptionGroup("", [OSError("b"), OSError("c")])])
    assert [str(error) for error in run.flat(group)] == ["a", "b", "c"]


def test_reading_again_logs_each_mistake_with_its_place(tmp_path):
    file = written(tmp_path, text(tmp_path) + "ping_s = -1\nnonsense = 1\n")
    source = run.Source(file)
    with capture_logs() as logs:
        assert source.read_again() is None
    places = [(entry["log_level"], entry["key"], entry["place"].rpartition(":")[0]) for entry in logs]
    assert places == [("error", "defaults.ping_s", str(file)), ("error", "defaults.nonsense", str(file))]
    assert all(re.fullmatch(r"\d+", entry["place"].rpartition(":")[2]) for entry in logs)


def test_reading_again_gives_a_good_file_and_logs_its_warnings(tmp_path):
    file = written(tmp_path, text(tmp_path, more='[[station]]\nidentity = "a:b"\n'))
    with capture_logs() as logs:
        assert run.Source(file).read_again().station_of("A:B") is not None
    assert [entry["log_level"] for entry in logs] == ["warning"]


def started(monkeypatch) -> list:
    """What `run` would start: (configuration, borrowed) of each box."""
    boxes = []

    class Box:
        def __init__(self, config, *, read_again, keep, borrowed, mistakes) -> None:
            boxes.append((config, borrowed))
            keep()

    monkeypatch.setattr(run, "App", Box)
    monkeypatch.setattr(trio, "run", lambda _serve, _box: OK)
    return boxes


def test_with_last_good_a_file_with_mistakes_starts_the_copy_and_says_so(tmp_path, monkeypatch, capsys):
    boxes, file = started(monkeypatch), written(tmp_path, text(tmp_path))
    assert run.run(file, last_good=True) == OK
    file.write_text(file.read_text() + "nonsense = 1\n")
    assert run.run(file) == BAD_CONFIG
    with capture_logs() as logs:
        assert run.run(file, last_good=True) == OK
    (good, _), (borrowed, why) = boxes
    assert (borrowed, boxes[0][1]) == (good, None)
    assert "nonsense" in capsys.readouterr().err
    assert [entry["reason"] for entry in logs if entry["log_level"] == "error"] == [why]
    assert f"because {file} has 1 mistake;" in why


def test_without_any_good_copy_last_good_ends_with_78_too(tmp_path, monkeypatch, capsys):
    boxes, file = started(monkeypatch), written(tmp_path, text(tmp_path) + "nonsense = 1\n")
    assert run.run(file, last_good=True) == BAD_CONFIG
    assert not boxes
    assert "nonsense" in capsys.readouterr().err


def test_p3_a_copy_whose_failsafe_sum_does_not_hold_never_starts_either(tmp_path, monkeypatch):
    boxes, file = started(monkeypatch), written(tmp_path, text(tmp_path))
    assert run.run(file) == OK
    site = '[[panel]]\nid = "main"\nfuse_a = 5\n[[station]]\nidentity = "CP1"\npanel = "main"\nevses = [{ id = 1 }]\n'
    (tmp_path / "state" / "last-good.toml").write_text(file.read_text() + site)
    file.write_text("[[[")
    assert run.run(file, last_good=True) == BAD_CONFIG
    assert len(boxes) == 1


async def test_signals_reload_and_stop_the_real_process_and_systemd_hears_of_it(tmp_path):
    http_port, log = free_port(), []
    first = text(tmp_path, http_port=http_port)
    file = written(tmp_path, first)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        process_run = partial(
            trio.run_process, [sys.executable, "-m", "localctl", "run", str(file)], check=False, cwd=REPOSITORY,
            env={**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        async with trio.open_nursery() as nursery:
            process = await nursery.start(process_run)
            try:
                nursery.start_soon(read_lines, process.stdout, log)
                await ready(http_port, process, log)
                process.send_signal(signal.SIGHUP)
                await until(lambda: said(log, "configuration reloaded") == 1)
                file.write_text(first + "nonsense = 1\n")
                process.send_signal(signal.SIGHUP)
                await until(lambda: said(log, "reload refused"))
                assert (await http_get(http_port, "/-/ready"))[0] == 200
                file.write_text(first)
                process.send_signal(signal.SIGHUP)
                await until(lambda: said(log, "configuration reloaded") == 2)
                process.send_signal(signal.SIGTERM)
                with trio.fail_after(20):
                    await process.wait()
            finally:
                process.kill()
        told = heard(manager)
    assert process.returncode == OK
    assert said(log, "nonsense")
    assert log[-1].endswith("event=stopped")
    words = [word for word in told if word.startswith(("READY", "RELOADING", "STOPPING"))]
    assert words == ["READY=1", *3 * ["RELOADING=1", "READY=1"], "STOPPING=1"]
    assert "STATUS=0/0 stations" in told


def said(log: list[str], words: str) -> int:
    """How many lines of the log hold these words."""
    return sum(words in line for line in log)


def heard(manager: socket.socket) -> list[str]:
    """What came to the service manager so far, first lines only."""
    told = []
    while True:
        try:
            told.append(manager.recv(4096).decode().partition("\n")[0])
        except BlockingIOError:
            return told
