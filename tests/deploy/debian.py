"""A Debian 12 in a folder: made by mmdebstrap, entered as root, booted with its own systemd.

mmdebstrap is debootstrap by way of apt: the same root in a third of the time.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.repo.tree import ROOT

CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
PATIENCE_S = 300
"""For one step: downloads included, on a busy machine."""
BOOT_S = 60
IN_PROC = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'


def ran(*words: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A command that has ended, stdout and stderr in one."""
    return subprocess.run(
        [str(word) for word in words], env=env or {**os.environ, **CLEAN}, cwd=ROOT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip


def run(*words: str | Path, env: dict[str, str] | None = None) -> str:
    """What a command says; it must end well."""
    done = ran(*words, env=env)
    assert done.returncode == 0, f"{words} ended with {done.returncode}:\n{done.stdout[-4000:]}"
    return done.stdout


def mirror() -> str:
    """Where this machine's own apt gets Debian 12 from; CI may have a mirror of its own."""
    wanted = ("--format", "$(REPO_URI)", "Created-By: Packages", "Codename: bookworm", "Component: main")
    told = subprocess.run(["apt-get", "indextargets", *wanted], capture_output=True, text=True, check=False).stdout
    return next((uri for uri in told.split() if uri.rstrip("/").endswith("debian")), "http://deb.debian.org/debian")


def bootstrap(folder: Path) -> subprocess.Popen[str]:
    """Begin to make an empty Debian 12 there, with nothing but what every Debian has."""
    words = ("mmdebstrap", "--quiet", "--variant=minbase", "--skip=cleanup/apt/lists", "bookworm", str(folder))
    return subprocess.Popen(
        [*words, mirror()], env={**os.environ, **CLEAN}, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


class Debian:
    """An empty Debian 12 in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, place: str) -> Path:
        return self.folder / place.lstrip("/")

    def inside(self, *words: str) -> str:
        """What a command says that root runs in there; it must end well."""
        return run("unshare", "--mount", "--", "sh", "-c", IN_PROC, self.folder, *words, env=CLEAN)

    def install(self, package: Path) -> None:
        """By apt, with what it depends on and nothing else."""
        shutil.copy(package, self.path("/root/localctl.deb"))
        # Nobody needs this root after a power cut, and waiting for the disk is half of dpkg's time.
        self.path("/etc/dpkg/dpkg.cfg.d/quick").write_text("force-unsafe-io\n")
        self.path("/etc/resolv.conf").unlink(missing_ok=True)
        shutil.copy("/etc/resolv.conf", self.path("/etc/resolv.conf"))
        self.inside("apt-get", "install", "--yes", "--quiet=2", "--no-install-recommends", "/root/localctl.deb")

    def leftovers(self) -> list[str]:
        """All that bears the package's name, but for what dpkg and apt write about every package."""
        theirs = ("/var/log/", "/var/cache/", "/root/")
        found = ("/" + str(path.relative_to(self.folder)) for path in self.folder.rglob("*localctl*"))
        return sorted(place for place in found if not place.startswith(theirs))

    @contextmanager
    def booted(self) -> Iterator["Booted"]:
        """Its own systemd is process 1. Skips where this machine lets no systemd boot in a container."""
        words = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--boot")
        with subprocess.Popen(
            [*words, f"--directory={self.folder}"], env=CLEAN, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ) as nspawn:  # fmt: skip
            try:
                yield Booted(_first_process(nspawn))
            finally:
                nspawn.send_signal(signal.SIGTERM)
                try:
                    nspawn.communicate(timeout=BOOT_S)
                except subprocess.TimeoutExpired:
                    nspawn.kill()


def _first_process(nspawn: subprocess.Popen[str]) -> int:
    """The container's process 1 as this machine counts it, once its manager answers."""
    children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children")
    until = time.monotonic() + BOOT_S
    while nspawn.poll() is None and time.monotonic() < until:
        for pid in children.read_text().split():
            state = ran(*_in(int(pid)), "systemctl", "is-system-running", env=CLEAN).stdout.strip()
            if state in ("running", "degraded"):
                return int(pid)
        time.sleep(0.2)
    said = nspawn.communicate()[0] if nspawn.poll() is not None else "its systemd did not come up"
    pytest.skip(f"no systemd can boot in a container here: {said[-300:]}")


def _in(pid: int) -> tuple[str, ...]:
    return ("nsenter", "--target", str(pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd", "--")


class Booted:
    """A Debian whose systemd runs."""

    def __init__(self, first_process: int) -> None:
        self._enter = _in(first_process)

    def ran(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command that has ended in there."""
        return ran(*self._enter, *words, env=CLEAN)

    def inside(self, *words: str) -> str:
        """What a command says; it must end well."""
        return run(*self._enter, *words, env=CLEAN)

    def shows(self, name: str) -> str:
        """A property of the service, as systemd knows it."""
        return self.inside("systemctl", "show", "localctl", f"--property={name}", "--value").strip()

    def until(self, name: str, value: str) -> None:
        """Wait until systemd knows this of the service."""
        until = time.monotonic() + BOOT_S
        while value not in (now := self.shows(name)):
            assert time.monotonic() < until, f"{name} is {now!r}, never {value!r}"
            time.sleep(0.2)
