"""The command line against a real box in a process of its own: the socket, the reload, and every exit code."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import trio

from localctl.cli import BAD_CONFIG, EXIT_CODES, FAILED, INTERRUPTED, OK, UNAVAILABLE, USAGE, WARNINGS
from tests.e2e.joined import LOOPBACK, box, boxed, free_port, joined, listener
from tests.e2e.processes import REPOSITORY

SITE = """
[[panel]]
id = "main"
fuse_a = 63
[[station]]
identity = "CP1"
panel = "main"
phase_rotation = "RST"
evses = [{ id = 1, phases = 3, max_a = 16 }]
"""


def command(*words, stdin: bytes = b"", **environ: str) -> tuple[list[str], dict[str, object]]:
    """The command and how it is run: a plain environment, no terminal."""
    env = {"PATH": os.environ["PATH"], "COLUMNS": "200", **environ}
    return [sys.executable, "-m", "localctl", *map(str, words)], {"cwd": REPOSITORY, "env": env, "stdin": stdin}


async def localctl(*words, **environ: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    argv, how = command(*words, **environ)
    done = await trio.run_process(argv, check=False, capture_stdout=True, capture_stderr=True, **how)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


async def shown(at: tuple[object, ...], wanted: Callable[[dict], bool]) -> dict:
    """The state once it is so: the picture is made anew once a second."""
    with trio.fail_after(30):
        while not wanted(state := json.loads((await localctl("status", "--json", *at))[1])):
            continue
    return state


async def test_the_box_is_asked_and_changed_over_its_socket_without_any_token(tmp_path):
    path = tmp_path / "state" / "localctl.sock"
    async with boxed(tmp_path, free_port(), more=SITE):
        code, out, err = await localctl("status", "--json", LOCALCTL_SOCKET=str(path))
        assert (code, err) == (OK, "")
        assert json.loads(out)["stations"][0]["identity"] == "CP1"
        code, out, _ = await localctl("limit", "set", "main", "--amps", "20", "--socket", path)
        assert (code, "20 A" in out) == (OK, True)
        code, _, err = await localctl("limit", "set", "nowhere", "--amps", "20", "--socket", path)
        assert (code, "no panel or station 'nowhere'" in err) == (FAILED, True)
        code, out, _ = await localctl("outbox", "list", "--socket", path)
        assert (code, out) == (OK, "nothing is waiting\n")
        code, out, _ = await localctl("explain", "CP1", "--socket", path)
        assert (code, "CP1" in out) == (OK, True)
    assert not path.exists()
    code, out, err = await localctl("status", "--socket", path)
    assert (code, out) == (UNAVAILABLE, "")
    assert f"no running localctl at {path} (No such file or directory)" in err


async def test_status_watch_prints_again_and_again_where_there_is_no_terminal(tmp_path):
    path = tmp_path / "state" / "localctl.sock"
    argv, how = command("status", "--watch", "--json", "--socket", path)
    async with boxed(tmp_path, free_port(), more=SITE), trio.open_nursery() as nursery:
        run = partial(trio.run_process, argv, check=False, stdout=subprocess.PIPE, **how)
        process = await nursery.start(run)
        heard = b""
        with trio.fail_after(30):
            async for chunk in process.stdout:
                heard += chunk
                if heard.count(b"\n") >= 2:
                    break
            process.send_signal(signal.SIGINT)
            assert await process.wait() == OK
    assert [json.loads(line)["site"] for line in heard.splitlines()[:2]] == ["localctl", "localctl"]


async def test_a_reload_tells_what_changed_and_a_bad_file_changes_nothing(tmp_path):
    file, at = tmp_path / "config.toml", ("--socket", tmp_path / "state" / "localctl.sock")
    async with boxed(tmp_path, free_port(), more=SITE):
        edited(file, "fuse_a = 63", "fuse_a = 50")
        edited(file, "[http]", '[http]\nsocket_users = ["root"]')
        code, out, _ = await localctl("reload", *at)
        assert code == OK
        lines = [line.split() for line in out.splitlines()]
        assert any(line[:1] == ["panel[main].fuse_a"] and line[-2:] == ["in", "force"] for line in lines), out
        assert "in force after a restart of the service only: http.socket_users" in out
        code, out, _ = await localctl("reload", *at)
        assert (code, "nothing has changed" in out) == (OK, True)

        edited(file, "fuse_a = 50", "fuse_aa = 50")
        code, out, err = await localctl("reload", *at)
        assert (code, out) == (BAD_CONFIG, "")
        assert "panel[0].fuse_aa" in err
        assert "did you mean `fuse_a`?" in err
        assert "the old configuration goes on" in err
        state = await shown(at, lambda state: state["state"] == "degraded")
        assert state["charging"]["panels"][0]["phases"]["L1"]["fuse_a"] == 50

        edited(file, "fuse_aa = 50", "fuse_a = 40")
        assert (await localctl("reload", *at))[0] == OK
        await shown(at, lambda state: not any("reload was refused" in reason for reason in state["reasons"]))


async def test_doctor_finds_the_csms_away_and_the_bundle_says_so(tmp_path):
    file = tmp_path / "config.toml"
    async with boxed(tmp_path, free_port(), more=SITE):
        code, out, err = await localctl("doctor", file, "--bundle", tmp_path / "b.tgz", "--json")
    found = json.loads(out)
    faults = [one for one in found if one["level"] == "fault"]
    assert code == FAILED
    assert [(one["where"], one["what"].endswith("Connection refused")) for one in faults] == [("CSMS upper", True)]
    assert any(one["where"] == "localctl" and one["level"] == "good" for one in found)
    assert f"support bundle written to {tmp_path / 'b.tgz'}" in err


async def test_doctor_finds_nothing_wrong_with_a_healthy_box_and_takes_nobody_s_place_at_the_csms(tmp_path):
    async with joined(tmp_path, more=SITE, tls_up=True) as site:
        conn = await site.open("a", "CP1", "ocpp2.0.1")
        code, out, err = await localctl("doctor", tmp_path / "config.toml")
        assert (code, err) == (OK, ""), out
        assert "its certificate is accepted and ends in" in out
        assert "0 faults" in out
        await site.csms.expect("connected", path="/localctl-doctor")
        await site.csms.do("send", conn, text='[2,"1","Reset",{"type":"OnIdle"}]')
        await site.station.expect_frame('[2,"1","Reset",{"type":"OnIdle"}]', conn="a")
        code, out, _ = await localctl("doctor", tmp_path / "config.toml", "--as", "CP1")
        assert (code, "its CSMS is not asked in its name" in out) == (OK, True)


async def test_a_socket_left_by_a_killed_box_is_taken_over(tmp_path):
    (tmp_path / "state").mkdir()
    path = tmp_path / "state" / "localctl.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert (await localctl("status", "--socket", path))[0] == UNAVAILABLE
    async with boxed(tmp_path, free_port()):
        assert (await localctl("status", "--socket", path))[0] == OK


async def test_a_second_box_does_not_take_the_socket_of_the_first(tmp_path):
    (tmp_path / "second").mkdir()
    path = tmp_path / "state" / "localctl.sock"
    upper = f'[[csms]]\nurl = "ws://{LOOPBACK}:9"\n[defaults]\nunknown_stations = "route"\n'
    lines = f'socket = "{path}"\n{listener(free_port(), False)}{upper}'
    async with boxed(tmp_path, free_port()):
        async with box(tmp_path / "second", lines, free_port()) as log:
            assert any(f"another localctl answers on {path}" in line for line in log)
        assert (await localctl("status", "--socket", path))[0] == OK


async def test_every_exit_code_is_what_a_real_process_ends_with(tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    warned = REPOSITORY / "tests" / "fixtures" / "config" / "adopt_unused.bad.toml"
    assert (await localctl("config", "init", good, "--stations", "3"))[0] == OK
    bad.write_text("[controller]\nnonsense = 1\n")
    ends = {
        OK: await localctl("check", "--strict", good),
        FAILED: await localctl("config", "init", good),
        USAGE: await localctl("chekc"),
        WARNINGS: await localctl("check", "--strict", warned),
        UNAVAILABLE: await localctl("status", "--socket", tmp_path / "none.sock"),
        BAD_CONFIG: await localctl("run", bad),
    }
    assert {meant: end[0] for meant, end in ends.items()} == {code: code for code in ends}
    assert set(ends) | {INTERRUPTED} == set(EXIT_CODES)


def test_ctrl_c_ends_a_command_with_130(tmp_path):
    """A command that waits for somebody who never answers."""
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        argv, how = command("status", "--socket", tmp_path / "s")
        del how["stdin"]
        process = subprocess.Popen(argv, stderr=subprocess.PIPE, **how)
        connection, _ = silent.accept()
        connection.recv(1000)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        connection.close()
    assert process.returncode == INTERRUPTED
    assert b"Traceback" not in err


@pytest.mark.parametrize("words", [("docs",), ("docs", "cli"), ("version",), ("config", "init", "-")])
async def test_data_goes_to_stdout_and_nothing_to_stderr(words):
    code, out, err = await localctl(*words)
    assert (code, err) == (OK, "")
    assert out
