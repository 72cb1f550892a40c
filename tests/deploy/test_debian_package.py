"""The Debian package, as a new box meets it: built, judged, installed into an empty Debian 12, run, upgraded, purged.

The root is made by mmdebstrap, which is debootstrap by way of apt: the same root in a third of the time. It holds
nothing but what every Debian has, so that what the package needs beyond that is proven by its Depends. The daemon runs
there as its own user, with the configuration as shipped, in a network of its own that has only a loopback.
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

from tests.deploy.tools import need
from tests.repo.tree import ROOT

PROGRAMS = ("mmdebstrap", "dpkg-deb", "lintian", "unshare", "nsenter", "ip", "git")
CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
PATIENCE_S = 300
"""For one step: downloads included, on a busy machine."""
IN_PROC = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
AS_SERVICE = 'ip link set lo up && mount -t proc proc "$0/proc" && exec chroot --userspec=localctl:localctl "$0" "$@"'
CONFIG = "/etc/localctl/config.toml"
HEALTHY = "from urllib.request import urlopen; print(urlopen('http://127.0.0.1:9180/-/healthy').status)"


def run(*words: str | Path, env: dict[str, str] | None = None) -> str:
    """What a command says; it must end well."""
    done = subprocess.run(
        [str(word) for word in words], env=env or {**os.environ, **CLEAN}, cwd=ROOT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout[-4000:]}"
    return done.stdout


def mirror() -> str:
    """Where this machine's own apt gets Debian 12 from; CI may have a mirror of its own."""
    wanted = ("--format", "$(REPO_URI)", "Created-By: Packages", "Codename: bookworm", "Component: main")
    told = subprocess.run(["apt-get", "indextargets", *wanted], capture_output=True, text=True, check=False).stdout
    return next((uri for uri in told.split() if uri.rstrip("/").endswith("debian")), "http://deb.debian.org/debian")


class Debian:
    """An empty Debian 12 in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def inside(self, *words: str) -> str:
        """What a command says that root runs in there."""
        return run("unshare", "--mount", "--", "sh", "-c", IN_PROC, self.folder, *words, env=CLEAN)

    def path(self, place: str) -> Path:
        return self.folder / place.lstrip("/")

    def apt_install(self) -> None:
        self.inside("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", "/root/localctl.deb")

    def leftovers(self) -> list[str]:
        """All that bears the package's name, but for what dpkg and apt themselves write about every package."""
        theirs = ("/var/log/", "/var/cache/", "/root/")
        found = ("/" + str(path.relative_to(self.folder)) for path in self.folder.rglob("*localctl*"))
        return sorted(place for place in found if not place.startswith(theirs))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Under /tmp: users of the new root must be able to get there, and pytest's own folders are closed to them."""
    need(*PROGRAMS, root=True)
    made = Path(tempfile.mkdtemp(prefix="localctl-debian-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def built(folder: Path) -> tuple[Path, Debian]:
    """The package and an empty Debian, made at the same time."""
    words = ("mmdebstrap", "--quiet", "--variant=minbase", "--skip=cleanup/apt/lists", "bookworm", folder / "root")
    with subprocess.Popen(
        [*map(str, words), mirror()], env={**os.environ, **CLEAN}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as bootstrap:
        try:
            (package,) = run(ROOT / "deploy/debian/build", folder, env={**os.environ, "PYTHON": sys.executable}).split()
            said, _ = bootstrap.communicate(timeout=PATIENCE_S)
        finally:
            bootstrap.kill()
    assert bootstrap.returncode == 0, said.decode()
    return Path(package), Debian(folder / "root")


@pytest.fixture(scope="module")
def debian(built: tuple[Path, Debian]) -> Debian:
    """The package is installed there, with what it depends on and nothing else."""
    package, root = built
    shutil.copy(package, root.path("/root/localctl.deb"))
    resolver = root.path("/etc/resolv.conf")
    resolver.unlink(missing_ok=True)
    shutil.copy("/etc/resolv.conf", resolver)
    root.apt_install()
    return root


@pytest.fixture
def daemon(debian: Debian) -> Iterator[tuple[subprocess.Popen[str], socket.socket]]:
    """The service as systemd would start it, and what it tells systemd."""
    owner = debian.path("/var/lib/localctl"), debian.path("/run/localctl")
    uid, gid = (int(number) for number in debian.inside("sh", "-c", "id -u localctl; id -g localctl").split())
    for place in owner:
        place.mkdir(mode=0o755, exist_ok=True)
        os.chown(place, uid, gid)
    notify = debian.path("/run/localctl/notify")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as manager:
        manager.bind(str(notify))
        notify.chmod(0o666)
        manager.settimeout(60)
        words = ("/usr/bin/localctl", "run", "--last-good", CONFIG)
        service = {"NOTIFY_SOCKET": "/run/localctl/notify", "RUNTIME_DIRECTORY": "/run/localctl", "WATCHDOG_USEC": "4000000"}
        with subprocess.Popen(
            ["unshare", "--net", "--mount", "--", "sh", "-c", AS_SERVICE, str(debian.folder), *words],
            env=CLEAN | service | {"STATE_DIRECTORY": "/var/lib/localctl"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as process:  # fmt: skip
            yield process, manager
            process.kill()
    notify.unlink()


def heard(manager: socket.socket, word: str) -> None:
    """Wait until systemd would have heard this."""
    until = time.monotonic() + PATIENCE_S
    while word not in manager.recv(4096).decode().split("\n"):
        assert time.monotonic() < until, f"never heard {word}"


def test_lintian_finds_nothing_that_has_no_reason(built: tuple[Path, Debian]):
    run("lintian", "--allow-root", "--fail-on", "error,warning", built[0])


def test_the_name_tells_version_and_architecture(built: tuple[Path, Debian]):
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version is not None
    architecture = run("dpkg", "--print-architecture").strip()
    assert built[0].name == f"localctl_{version[1]}-1_{architecture}.deb"


def test_the_shipped_configuration_checks_clean_on_a_new_box(debian: Debian):
    debian.inside("localctl", "check", "--strict", CONFIG)


def test_the_configuration_is_for_root_and_the_service_alone(debian: Debian):
    told = debian.inside("stat", "--format=%U:%G %a", CONFIG)
    assert told.split() == ["root:localctl", "640"]


def test_systemd_understands_the_installed_unit_and_finds_its_programs(debian: Debian):
    assert debian.inside("systemd-analyze", "verify", "--man=no", "localctl.service") == ""


def test_an_example_for_no_real_site_is_not_started_by_itself(debian: Debian):
    assert not debian.path("/etc/systemd/system/multi-user.target.wants/localctl.service").is_symlink()


def test_nothing_of_the_build_machine_is_in_the_package(debian: Debian):
    for place in ("pyvenv.cfg", "bin/python3"):
        path = debian.path(f"/opt/localctl/{place}")
        assert (str(path.readlink()) if path.is_symlink() else path.read_text()).count("/tmp") == 0
    assert debian.path("/opt/localctl/bin/python3").readlink() == Path("/usr/bin/python3")


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
    debian.apt_install()
    key = debian.path("/etc/localctl/tls.key")
    key.write_text("a key")
    debian.inside("dpkg", "--purge", "localctl")
    assert key.exists()
    assert "localctl" in debian.path("/etc/group").read_text()
