"""Where the commands look for the running localctl when nobody says it."""

import os
from pathlib import Path

import pytest

from localctl.cli.places import socket_of, sockets

SYSTEM = Path("/run/localctl/localctl.sock")


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    return file


def test_a_file_that_names_a_socket_is_believed_and_the_name_starts_beside_it(tmp_path: Path):
    assert socket_of(written(tmp_path, '[http]\nsocket = "run/x.sock"\n'), {}) == tmp_path / "run" / "x.sock"
    assert socket_of(written(tmp_path, '[http]\nsocket = "/a/x.sock"\n'), {}) == Path("/a/x.sock")


def test_else_it_is_beside_the_state(tmp_path: Path):
    file = written(tmp_path, '[controller]\nstate_dir = "state"\n')
    assert socket_of(file, {}) == tmp_path / "state" / "localctl.sock"


def test_else_it_is_where_the_service_has_it(tmp_path: Path):
    beside_the_state = Path("/var/lib/localctl/localctl.sock")
    assert socket_of(written(tmp_path, ""), {}) == (SYSTEM if os.getuid() == 0 else beside_the_state)
    assert socket_of(written(tmp_path, ""), {"RUNTIME_DIRECTORY": "/run/box"}) == Path("/run/box/localctl.sock")


@pytest.mark.parametrize("text", ["not toml", "[http]\nsocket = 5\n", "http = 5\n", '[http]\nsocket = ""\n'])
def test_a_file_with_mistakes_is_no_reason_to_give_up(tmp_path: Path, text: str):
    file = written(tmp_path, text)
    assert socket_of(file, {"RUNTIME_DIRECTORY": "/run/box"}) in (None, Path("/run/box/localctl.sock"))


def test_the_service_s_own_socket_is_always_among_those_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, '[controller]\nstate_dir = "state"\n')
    tried = sockets({})
    assert tried[0] == tmp_path / "state" / "localctl.sock"
    assert tried[-1] == SYSTEM
