"""The Debian package, as a new box meets it: built, judged, installed into an empty Debian 12, run, upgraded, purged.

The root holds nothing but what every Debian has, so that what the package needs beyond that is proven by its Depends.
The daemon runs there as its own user, with the configuration as shipped, in a network of its own that has only a
loopback; then once more under a real systemd. The tests are told in the order of a box's life.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.deploy.debian import CLEAN, PATIENCE_S, Debian, bootstrap, run
from tests.deploy.tools import need
from tests.repo.tree import ROOT

PROGRAMS = ("mmdebstrap", "dpkg-deb", "lintian", "unshare", "nsenter", "ip", "git")
CONFIG = "/etc/localctl/config.toml"
AS_SERVICE = 'ip link set lo up && mount -t proc proc "$0/proc" && exec chroot --userspec=localctl:localctl "$0" "$@"'
OF_SYSTEMD = {
    "NOTIFY_SOCKET": "/run/localctl/notify",
    "RUNTIME_DIRECTORY": "/run/localctl",
    "STATE_DIRECTORY": "/var/lib/localctl",
    "WATCHDOG_USEC": "4000000",
}
HEALTHY = "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:9180/-/healthy').status)"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Under /tmp: users of the new root must be able to get there, and pytest's own folders are closed to them."""
    need(*PROGRAMS, root=True)
    made = Path(tempfile.mkdtemp(prefix="localctl-debian-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def made(folder: Path) -> tuple[Path, Debian]:
    """The package and an empty Debian, made at the same time."""
    with bootstrap(folder / "root") as empty:
        try:
            (package,) = run(ROOT / "deploy/debian/build", folder, env={**os.environ, "PYTHON": sys.executable}).split()
            said, _ = empty.communicate(timeout=PATIENCE_S)
        finally:
            empty.kill()
    assert empty.returncode == 0, said
    return Path(package), Debian(folder / "root")


@pytest.fixture(scope="module")
def verdict(made: tuple[Path, Debian]) -> Iterator[subprocess.Popen[str]]:
    """lintian at work, which takes as long as all the rest."""
    with subprocess.Popen(
        ["lintian", "--allow-root", "--fail-on", "error,warning", str(made[0])], env={**os.environ, **CLEAN},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as lintian:  # fmt: skip
        yield lintian
        lintian.kill()


@pytest.fixture(scope="module")
def debian(made: tuple[Path, Debian], verdict: subprocess.Popen[str]) -> Debian:
    """The package is installed there."""
    package, root = made
    root.install(package)
    return root


@pytest.fixture
def daemon(debian: Debian) -> Iterator[tuple[subprocess.Popen[str], socket.socket]]:
    """The service as systemd would start it, and what it tells systemd."""
    uid, gid = (int(number) for number in debian.inside("sh", "-c", "id -u localctl; id -g localctl").split())
    for place in ("/var/lib/localctl", "/run/localctl"):
        debian.path(place).mkdir(mode=0o755, exist_ok=True)
        os.chown(debian.path(place), uid, gid)
    notify = debian.path(OF_SYSTEMD["NOTIFY_SOCKET"])
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(notify))
        notify.chmod(0o666)
        manager.settimeout(60)
        words = ("/usr/bin/localctl", "run", "--last-good", CONFIG)
        with subprocess.Popen(
            ["unshare", "--net", "--mount", "--", "sh", "-c", AS_SERVICE, str(debian.folder), *words],
            env=CLEAN | OF_SYSTEMD, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as process:  # fmt: skip
            yield process, manager
            process.kill()
    notify.unlink()


def heard(manager: socket.socket, word: str) -> None:
    """Wait until systemd would have heard this."""
    until = time.monotonic() + PATIENCE_S
    while word not in manager.recv(4096).decode().split("\n"):
        assert time.monotonic() < until, f"never heard {word}"


def test_the_name_tells_version_and_architecture(made: tuple[Path, Debian]):
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    architecture = run("dpkg", "--print-architecture").strip()
    assert made[0].name == f"localctl_{version[1]}-1_{architecture}.deb"


def test_nothing_of_the_build_machine_is_in_the_package(debian: Debian):
    assert str(debian.path("/opt/localctl/bin/python3").readlink()) == "/usr/bin/python3"
    assert "/tmp" not in debian.path("/opt/localctl/pyvenv.cfg").read_text()
    assert list(debian.path("/opt/localctl").rglob("direct_url.json")) == []


def test_the_shipped_configuration_checks_clean_on_a_new_box(debian: Debian):
    debian.inside("localctl", "check", "--strict", CONFIG)


def test_the_configuration_is_for_root_and_the_service_alone(debian: Debian):
    assert debian.inside("stat", "--format=%U:%G %a", CONFIG).split() == ["root:localctl", "640"]


def test_systemd_understands_the_installed_unit_and_finds_its_programs(debian: Debian):
    assert debian.inside("systemd-analyze", "verify", "--man=no", "localctl.service") == ""


def test_an_example_for_no_real_site_is_not_started_by_itself(debian: Debian):
    assert not debian.path("/etc/systemd/system/multi-user.target.wants/localctl.service").is_symlink()


def test_the_daemon_starts_as_shipped_answers_and_stops(debian: Debian, daemon):
    process, manager = daemon
    heard(manager, "READY=1")
    heard(manager, "WATCHDOG=1")
    here = ("nsenter", "--target", str(process.pid), "--net", "--", "chroot", debian.folder)
    assert "5 stations" in run(*here, "localctl", "status", env=CLEAN)
    assert run(*here, "/opt/localctl/bin/python3", "-c", HEALTHY, env=CLEAN).strip() == "200"
    process.send_signal(signal.SIGTERM)
    heard(manager, "STOPPING=1")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    kept = debian.path("/var/lib/localctl/last-good.toml")
    assert kept.read_bytes() == debian.path(CONFIG).read_bytes()
    assert kept.stat().st_mode & 0o077 == 0


def test_under_a_real_systemd_it_is_watched_reloaded_and_upgraded(debian: Debian):
    """With a credential, which systemd 252 hides from ExecReload= unless that runs as root."""
    need("systemd-nspawn")
    config, good = debian.path(CONFIG), debian.path(CONFIG).read_text(encoding="utf-8")
    bad = good + "nonsense = 1\n"
    token = debian.path("/etc/credstore/localctl.http.token")
    token.parent.mkdir(mode=0o700, exist_ok=True)
    token.write_text("a-token-of-thirty-two-characters\n")
    drop_in = debian.path("/etc/systemd/system/localctl.service.d/quick.conf")
    drop_in.parent.mkdir()
    drop_in.write_text("[Service]\nWatchdogSec=12\nRestartSec=0\n")
    with debian.booted() as box:
        box.inside("systemctl", "start", "localctl")
        assert box.shows("ActiveState") == "active"
        box.until("StatusText", "0/5 stations, limit ")
        assert "5 stations" in box.inside("localctl", "status")
        box.inside("localctl", "limit", "set", "main", "--amps", "30")

        box.inside("systemctl", "reload", "localctl")
        config.write_text(bad, encoding="utf-8")
        assert box.ran("systemctl", "reload", "localctl").returncode != 0
        assert box.shows("StatusText").startswith("0/5 stations")

        box.inside("systemctl", "restart", "localctl")
        box.until("StatusText", "degraded: runs with the last good configuration")
        first = box.shows("MainPID")
        told = box.inside("dpkg", "--install", "/root/localctl.deb")
        assert ("localctl was not restarted" in told, box.shows("MainPID")) == (True, first)
        config.write_text(good, encoding="utf-8")
        box.inside("systemctl", "reload", "localctl")
        box.until("StatusText", "0/5 stations")
        box.inside("dpkg", "--install", "/root/localctl.deb")
        assert (box.shows("ActiveState"), box.shows("MainPID") == first) == ("active", False)

        restarts = int(box.shows("NRestarts"))
        box.inside("systemctl", "kill", "--signal=STOP", "localctl")
        box.until("NRestarts", str(restarts + 1))
        box.until("ActiveState", "active")

        config.write_text(bad, encoding="utf-8")
        debian.path("/var/lib/localctl/last-good.toml").unlink()
        assert box.ran("systemctl", "restart", "localctl").returncode != 0
        assert (box.shows("SubState"), box.shows("ExecMainStatus")) == ("failed", "78")
        assert "nonsense" in box.inside("journalctl", "--unit=localctl", "--no-pager")
    config.write_text(good, encoding="utf-8")
    shutil.rmtree(drop_in.parent)
    shutil.rmtree(token.parent)
    for journal in debian.path("/var/log/journal").glob("*"):
        shutil.rmtree(journal)


def test_an_upgrade_keeps_the_installers_configuration(debian: Debian):
    config = debian.path(CONFIG)
    mine = config.read_text(encoding="utf-8").replace("garage-north", "garage-south")
    config.write_text(mine, encoding="utf-8")
    debian.inside("dpkg", "--install", "/root/localctl.deb")
    assert config.read_text(encoding="utf-8") == mine


def test_removing_keeps_configuration_and_state_and_purging_leaves_nothing(debian: Debian):
    state = debian.path("/var/lib/localctl")
    state.mkdir(exist_ok=True)
    debian.inside("dpkg", "--remove", "localctl")
    assert (debian.path(CONFIG).exists(), state.exists(), debian.path("/opt/localctl").exists()) == (True, True, False)
    debian.inside("dpkg", "--purge", "localctl")
    assert debian.leftovers() == []
    assert "localctl" not in debian.path("/etc/passwd").read_text() + debian.path("/etc/group").read_text()


def test_a_purge_leaves_the_administrators_keys_and_the_group_that_may_read_them(debian: Debian):
    debian.inside("dpkg", "--install", "/root/localctl.deb")
    key = debian.path("/etc/localctl/tls.key")
    key.write_text("a key")
    debian.inside("dpkg", "--purge", "localctl")
    assert key.exists()
    assert "localctl" in debian.path("/etc/group").read_text()


def test_lintian_finds_nothing_that_has_no_reason(verdict: subprocess.Popen[str]):
    said, _ = verdict.communicate(timeout=PATIENCE_S)
    assert verdict.returncode == 0, said
