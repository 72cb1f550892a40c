"""The socket for this box's own people: where it is, who bound it, what happens to old ones."""

import grp
import os
import socket
import stat
from pathlib import Path

import pytest

from localctl.web.local_socket import LocalSocket, SocketTaken, bind, remove, usual_groups, usual_path

STATE = Path("/var/lib/localctl")


@pytest.mark.parametrize(
    ("configured", "state_dir", "environ", "uid", "expected"),
    [
        (Path("/x.sock"), STATE, {"RUNTIME_DIRECTORY": "/run/a"}, 0, "/x.sock"),
        (None, STATE, {"RUNTIME_DIRECTORY": "/run/a:/run/b"}, 7, "/run/a/localctl.sock"),
        (None, STATE, {}, 0, "/run/localctl/localctl.sock"),
        (None, STATE, {}, 7, "/var/lib/localctl/localctl.sock"),
        (None, Path("/home/me/state"), {}, 0, "/home/me/state/localctl.sock"),
    ],
)
def test_the_usual_place_follows_the_service_and_else_the_state(configured, state_dir, environ, uid, expected):
    assert usual_path(configured, state_dir, environ=environ, uid=uid) == Path(expected)


def test_the_socket_is_for_owner_and_group_until_others_are_named(tmp_path: Path):
    path = tmp_path / "new" / "a.sock"
    with bind(LocalSocket(path=path)):
        assert stat.S_ISSOCK(path.stat().st_mode)
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert os.listdir(path.parent) == ["a.sock"]
    with bind(LocalSocket(path=path, users=("somebody",))):
        assert stat.S_IMODE(path.stat().st_mode) == 0o666


def test_one_named_group_owns_it_and_only_where_it_cannot_the_mode_lets_everybody_ask(tmp_path: Path):
    own = grp.getgrgid(os.getgid()).gr_name
    with bind(LocalSocket(path=tmp_path / "a.sock", groups=(own,))):
        status = (tmp_path / "a.sock").stat()
        assert (status.st_gid, stat.S_IMODE(status.st_mode)) == (os.getgid(), 0o660)
    for groups in (("no-such-group",), (own, "no-such-group")):
        with bind(LocalSocket(path=tmp_path / "b.sock", groups=groups)):
            assert stat.S_IMODE((tmp_path / "b.sock").stat().st_mode) == 0o666


def test_as_a_service_the_service_s_own_group_is_asked_and_by_hand_nobody_s():
    gid = grp.getgrnam("daemon").gr_gid
    service = {"RUNTIME_DIRECTORY": "/run/localctl"}
    assert usual_groups((), environ=service, gid=gid) == ("daemon",)
    assert usual_groups(("a", "b"), environ=service, gid=gid) == ("a", "b")
    assert usual_groups((), environ={}, gid=gid) == ()
    assert usual_groups((), environ=service, gid=0) == ()
    assert usual_groups((), environ=service, gid=4_000_000) == ()


def test_what_an_ended_process_left_behind_is_replaced(tmp_path: Path):
    path = tmp_path / "a.sock"
    bind(LocalSocket(path=path)).close()
    assert path.exists()
    with bind(LocalSocket(path=path)), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_socket_that_somebody_answers_on_is_never_touched(tmp_path: Path):
    path = tmp_path / "a.sock"
    with bind(LocalSocket(path=path)):
        before = path.stat().st_ino
        with pytest.raises(SocketTaken, match="another localctl answers"):
            bind(LocalSocket(path=path))
        assert path.stat().st_ino == before
        assert os.listdir(tmp_path) == ["a.sock"]


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_no_socket_is_left_alone_and_named(tmp_path: Path, kind: str):
    path = tmp_path / "a.sock"
    match kind:
        case "file":
            path.write_text("precious")
        case "folder":
            path.mkdir()
        case _:
            path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="is no socket"):
        bind(LocalSocket(path=path))
    assert path.is_symlink() or path.exists()


def test_a_name_that_is_too_long_is_told_with_the_way_out(tmp_path: Path):
    with pytest.raises(OSError, match="too long a name"):
        bind(LocalSocket(path=tmp_path / ("a" * 100)))


def test_only_our_own_socket_is_removed_at_the_end(tmp_path: Path):
    path = tmp_path / "a.sock"
    with bind(LocalSocket(path=path)):
        remove(path, path.stat().st_ino + 1)
        assert path.exists()
        remove(path, path.stat().st_ino)
        remove(path, 1)
    assert not path.exists()


def test_a_folder_that_cannot_be_made_is_told_with_the_way_out(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file/state cannot be made: Not a directory; name another `state_dir`"):
        bind(LocalSocket(path=tmp_path / "file" / "state" / "s.sock"))
