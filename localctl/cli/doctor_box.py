"""What `doctor` looks at on the box itself: clock, disk, ports, certificates, file descriptors, the configuration."""

import ctypes
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localctl.cli.findings import Finding, fault, good, warning
from localctl.config.load import Loaded
from localctl.config.model import Config
from localctl.config.problems import Severity
from localctl.config.report import counted
from localctl.net.tls import CertificateProblem, expires_at
from localctl.plan_net import certificates_of

DAY_S: Final = 86_400
SOON_S: Final = 14 * DAY_S
LEAST_FREE_BYTES: Final = 200 * 1024 * 1024
UNSYNCHRONISED: Final = 5
"""TIME_ERROR of adjtimex(2)."""
TIMEX_BYTES: Final = 512
"""More than struct timex has anywhere."""
DESCRIPTORS_BESIDE: Final = 100
"""Listeners, files, HTTP clients, the journal."""
CONNECT_S: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A localctl on this box that runs with another file than the one that is looked at."""

    socket: Path
    file: Path | None = None

    @property
    def hint(self) -> str:
        """How to look at that one."""
        asked = f"--socket {self.socket}" if self.file is None else str(self.file)
        return f"a localctl answers on {self.socket}; if that is the one you mean: `localctl doctor {asked}`"


def configuration(loaded: Loaded) -> Iterator[Finding]:
    """Every problem of the file; the failsafe sum of every fuse is one of its rules (P3)."""
    for problem in loaded.problems:
        place = f"{problem.file}:{problem.place.line}" if problem.place else problem.file
        told = fault if problem.severity is Severity.ERROR else warning
        hint = problem.hint or f"`localctl check {problem.file}` shows the line"
        yield told(place, f"{problem.path}: {problem.what}" if problem.path else problem.what, hint)
    if loaded.config is not None and loaded.config.panel:
        yield good(loaded.file, "the failsafe currents of all outlets fit every fuse")
    elif loaded.config is not None:
        yield warning(loaded.file, "no [[panel]]: this box routes and limits nothing", "`localctl docs config`")


def clock(state: Callable[[], int] | None = None) -> Iterator[Finding]:
    """Whether something keeps the clock right; schedules and certificates depend on it."""
    if (clock_state if state is None else state)() == UNSYNCHRONISED:
        yield warning(
            "clock", "the kernel's clock is not synchronised", "start an NTP client: `timedatectl set-ntp true`"
        )
    else:
        yield good("clock", "synchronised")


def clock_state() -> int:
    """What adjtimex(2) says when asked for nothing; raises OSError where the kernel does not let us."""
    library = ctypes.CDLL(None, use_errno=True)
    answer = int(library.adjtimex(ctypes.create_string_buffer(TIMEX_BYTES)))
    if answer < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")
    return answer


def state_folder(config: Config) -> Iterator[Finding]:
    """The state directory is there, can be written, and its disk has room."""
    folder = Path(config.controller.state_dir)
    there = next(one for one in (folder, *folder.parents) if one.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        hint = "ask again as root; else give it to the service's user, or name another `state_dir` in [controller]"
        yield fault(str(folder), "this user cannot write there", hint)
        return
    free = shutil.disk_usage(there).free
    if free < LEAST_FREE_BYTES:
        yield fault(str(folder), f"only {free // 1024**2} MiB are free", "make room: what is not kept is lost (P4)")
    else:
        yield good(str(folder), f"can be written, {free // 1024**2} MiB are free")


def certificates(config: Config, now: float | None = None) -> Iterator[Finding]:
    """When each certificate of this box ends."""
    now = time.time() if now is None else now
    for use, file in certificates_of(config).items():
        try:
            left_s = expires_at(file) - now
        except CertificateProblem as problem:
            yield fault(f"certificate {use}", str(problem), "put a PEM file there that this user may read")
            continue
        where, hint = f"certificate {use}: {file}", "renew it, then `localctl reload`"
        if left_s <= 0:
            yield fault(where, f"ended {days(-left_s)} ago", hint)
        elif left_s < SOON_S:
            yield warning(where, f"ends in {days(left_s)}", hint)
        else:
            yield good(where, f"ends in {days(left_s)}")


def days(seconds: float) -> str:
    """Whole days in words."""
    return counted(round(seconds / DAY_S), "day")


def ports(config: Config, *, runs: bool, other: Neighbour | None = None) -> Iterator[Finding]:
    """While localctl runs, its ports answer; while it does not, nobody else has them, not even another localctl."""
    places = [(listen.address, listen.port) for listen in config.listen]
    for address, port in [*places, (config.http.address, config.http.port)]:
        where, answers = f"{address}:{port}", _answers(address, port)
        if runs and not answers:
            yield fault(
                where, "nobody answers there although localctl runs", "does it run with this file? try a restart"
            )
        elif not runs and answers and other is not None:
            yield fault(where, "is taken, perhaps by a localctl that runs here with another file", other.hint)
        elif not runs and answers:
            yield fault(where, "another program has this port", f"find it with `ss -ltnp 'sport = :{port}'`")
        else:
            yield good(where, "answers" if runs else "is free")


def _answers(address: str, port: int) -> bool:
    try:
        socket.create_connection((_near(address), port), CONNECT_S).close()
    except OSError:
        return False
    return True


def _near(address: str) -> str:
    """Where to knock on this box for an address that stands for all of its own."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)


def http_url(config: Config) -> str:
    """The address of the [http] port as seen from this box."""
    host = _near(config.http.address)
    return f"http://{f'[{host}]' if ':' in host else host}:{config.http.port}"


def descriptors(config: Config, *, pid: int | None) -> Iterator[Finding]:
    """Each station needs two, one per side; a service that runs out turns stations away."""
    limit, needed = _limit(pid), 2 * len(config.station) + DESCRIPTORS_BESIDE
    where = f"process {pid}" if pid else "this user's processes"
    if limit is not None and limit < needed:
        yield fault(where, f"may open {limit} files and needs {needed}", "set LimitNOFILE= in the service unit")
    elif limit is not None:
        yield good(where, f"may open {limit} files and needs {needed}")


def _limit(pid: int | None) -> int | None:
    """The soft limit of open files; None where there is no limit or it cannot be read."""
    text = Path(f"/proc/{pid or 'self'}/limits").read_text(encoding="ascii")
    line = next((line for line in text.splitlines() if line.startswith("Max open files")), "")
    words = line.split()
    return int(words[3]) if len(words) > 3 and words[3].isdigit() else None
