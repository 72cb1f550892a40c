"""Where the commands look for the running localctl when nobody says it."""

import os
from pathlib import Path

import pytest

from localctl.cli.places import sockets, sockets_of

SYSTEM = Path("/run/localctl/localctl.sock")


def written(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text)
    return file


def test_a_file_that_names_a_socket_is_believed_and_the_name_starts_beside_it(tmp_path: Path):
    assert sockets_of(written(tmp_path, '[http]\nsocket = "run/x.sock"\n'), {}) == [tmp_path / "run" / "x.sock"]
    assert sockets_of(written(tmp_path, '[http]\nsocket = "/a/x.sock"\n'), {}) == [Path("/a/x.sock")]


def test_else_it_is_beside_the_state(tmp_path: Path):
    file = written(tmp_path, '[controller]\nstate_dir = "state"\n')
    assert sockets_of(file, {}) == [tmp_path / "state" / "localctl.sock"]


def test_else_it_is_where_the_service_has_it_or_where_a_person_who_started_it_has(tmp_path: Path):
    beside_the_state = Path("/var/lib/localctl/localctl.sock")
    found = sockets_of(written(tmp_path, ""), {})
    assert found == ([SYSTEM, beside_the_state] if os.getuid() == 0 else [beside_the_state])
    service = sockets_of(written(tmp_path, ""), {"RUNTIME_DIRECTORY": "/run/box"})
    assert service == [Path("/run/box/localctl.sock"), beside_the_state]


@pytest.mark.parametrize("text", ["not toml", "[http]\nsocket = 5\n", "http = 5\n", '[http]\nsocket = ""\n'])
def test_a_file_with_mistakes_is_no_reason_to_give_up(tmp_path: Path, text: str):
    found = sockets_of(written(tmp_path, text), {"RUNTIME_DIRECTORY": "/run/box"})
    assert found[:1] in ([], [Path("/run/box/localctl.sock")])


def test_what_stands_above_a_mistake_is_believed_so_that_the_running_box_can_be_asked(tmp_path: Path):
    file = written(tmp_path, '[controller]\nstate_dir = "state"\n[http]\nport 9180\n')
    assert sockets_of(file, {}) == [tmp_path / "state" / "localctl.sock"]


def test_the_service_s_own_socket_is_always_among_those_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    written(tmp_path, '[controller]\nstate_dir = "state"\n')
    tried = sockets({})
    assert tried[0] == tmp_path / "state" / "localctl.sock"
    assert tried[-1] == SYSTEM
