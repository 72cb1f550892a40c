"""Who gets in by the Unix socket: what the kernel says, and the one sentence for everybody else."""

import grp
import json
import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localctl.web.admission import Admission, Peer, peer_of
from localctl.web.local_socket import LocalSocket
from tests.localctl.web.served import Served

NOBODY = pwd.getpwnam("nobody")
AS_NOBODY = """
import json, os, sys
from localctl.cli.client import ask, Refused
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
try: print(json.dumps(ask("unix:" + sys.argv[1], "/api/v1/state")))
except Refused as refused: print(json.dumps([refused.status, str(refused)]))
"""
root_only = pytest.mark.skipif(os.getuid() != 0, reason="only root can ask as somebody else")


def peer(uid: int, gid: int = 4_000_000) -> Peer:
    return Peer(pid=1, uid=uid, gid=gid)


def test_root_and_the_service_s_own_user_get_in_and_others_do_not():
    admission = Admission(own_uid=5000)
    assert [admission.admits(peer(uid)) for uid in (0, 5000, 5001)] == [True, True, False]


def test_named_users_and_members_of_named_groups_get_in():
    assert Admission(["nobody"], own_uid=5000).admits(peer(NOBODY.pw_uid))
    group = grp.getgrgid(NOBODY.pw_gid).gr_name
    assert Admission(groups=[group], own_uid=5000).admits(peer(5001, NOBODY.pw_gid))
    assert Admission(groups=[group], own_uid=5000).admits(peer(NOBODY.pw_uid))
    assert not Admission(groups=[group], own_uid=5000).admits(peer(5001))


def test_names_that_do_not_exist_admit_nobody():
    admission = Admission(["no-such-user"], ["no-such-group"], own_uid=5000)
    assert not admission.admits(peer(5001))


def test_the_kernel_says_who_is_at_the_other_end():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert peer_of(ours) == Peer(os.getpid(), os.getuid(), os.getgid())
    with socket.create_server(("127.0.0.1", 0)) as port:
        assert peer_of(port) is None


@pytest.fixture
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that every user of the box may enter."""
    folder = tmp_path_factory.mktemp("open")
    for one in (folder, folder.parent, folder.parent.parent):
        one.chmod(0o755)
    return folder


def asked_as_nobody(path: Path) -> object:
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(path), str(NOBODY.pw_uid)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def served(open_folder: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    path = open_folder / "box.sock"
    one = Served(local=LocalSocket(path=path, users=getattr(request, "param", ())))
    yield path
    one.stop()


@root_only
def test_another_user_is_refused_by_the_file_s_mode_with_the_way_out(served: Path):
    status, words = asked_as_nobody(served)
    assert (status, "socket_users" in words) == (403, True)


@root_only
@pytest.mark.parametrize("served", [["daemon"]], indirect=True)
def test_where_others_may_another_user_is_still_told_no_and_by_name(served: Path):
    status, words = asked_as_nobody(served)
    assert status == 403
    assert f"nobody (uid {NOBODY.pw_uid}) may not use this socket" in words


@root_only
@pytest.mark.parametrize("served", [["nobody"]], indirect=True)
def test_a_named_user_is_served(served: Path):
    assert asked_as_nobody(served)["version"] == "1.2.3"


def test_a_request_over_tcp_cannot_pretend_to_have_come_by_the_socket(tmp_path: Path):
    one = Served(local=LocalSocket(path=tmp_path / "box.sock"))
    one.token = None
    answer, told = one.ask("DELETE", "/api/v1/limits/main", token=None)
    one.stop()
    assert answer.status == 403
    assert "read-only" in told["error"]
