"""Where the commands look for the running localctl when nobody says it."""

import os
import socket
from pathlib import Path

import pytest

from localctl.cli.places import known, sockets, sockets_of

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


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the reader's own with a box's file in it, that is not called config.toml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "state").mkdir()
    (tmp_path / "site.toml").write_text('[controller]\nstate_dir = "state"\n')
    return tmp_path


def test_a_box_that_was_started_in_this_folder_is_found_whatever_its_file_is_called(here: Path):
    (here / "config.toml").write_text("")  # an example that lies there says nothing of its own
    (here / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert next(iter(known({}).items())) == (here / "state" / "localctl.sock", Path("site.toml"))
    assert SYSTEM in sockets({})


def test_a_box_that_has_not_made_its_folder_yet_is_named_among_those_looked_for(here: Path):
    (here / "state").rmdir()
    assert here / "state" / "localctl.sock" in sockets({})


def test_a_home_that_nobody_has_and_a_pipe_called_like_a_file_are_passed_over(here: Path):
    os.mkfifo(here / "a.toml")
    (here / "b.toml").write_text('[controller]\nstate_dir = "~nobody-has-this-name/state"\n')
    assert next(iter(known({}))) == here / "state" / "localctl.sock"


@pytest.mark.parametrize("open_to_all", [".", "site.toml", "state"])
def test_nothing_that_everybody_may_write_is_believed(here: Path, open_to_all: str):
    (here / open_to_all).chmod(0o777)
    assert here / "state" / "localctl.sock" not in sockets({})


@pytest.mark.parametrize("not_mine", [".", "site.toml", "state"])
def test_what_a_stranger_owns_is_not_believed(here: Path, not_mine: str, monkeypatch: pytest.MonkeyPatch):
    if os.getuid() == 0:
        os.chown(here / not_mine, 4711, -1)
    else:  # nobody else can give files away: then all of it is a stranger's
        uid = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: uid + 1)
    assert here / "state" / "localctl.sock" not in sockets({})


def test_a_socket_that_others_may_use_counts_by_its_owner_and_a_file_in_its_place_by_its_mode(here: Path):
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("state/localctl.sock")
        Path("state/localctl.sock").chmod(0o666)
        assert here / "state" / "localctl.sock" in sockets({})
    Path("state/localctl.sock").unlink()
    Path("state/localctl.sock").touch()
    Path("state/localctl.sock").chmod(0o666)
    assert here / "state" / "localctl.sock" not in sockets({})
