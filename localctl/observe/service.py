"""Talking to systemd: ready, what we are doing, still alive, reloading, stopping.

`sd_notify` is one datagram to the socket named in NOTIFY_SOCKET; without it (no systemd) everything here does nothing.
That is too little for a library: the two there are would block on a full socket.

The watchdog is fed when a control cycle has come to its end well, never by a timer: a timer would go on ticking in a
box that has stopped thinking. A cycle that failed does not feed it. The next one follows within seconds, so one failure
costs nobody a connection; a box in which each of them fails for a whole period of the watchdog is started anew. Until
then leases bring the stations down by themselves, and health and log tell of it.
"""

import contextlib
import os
import socket
from collections.abc import Mapping
from typing import Any

from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot
from routing.values import Instant


class Notifier:
    """One socket to the service manager. Never blocks and never fails: a full or vanished socket loses the message."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        address = environ.get("NOTIFY_SOCKET", "")
        # "@" stands for the NUL byte of Linux's abstract socket names.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket: socket.socket | None = None
        if self._address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)
        self.watchdog_s = _watchdog_s(environ)
        self._status = ""
        self._fed_at: Instant | None = None

    def ready(self) -> None:
        """Listeners are bound and the box does its work; also the end of a reload."""
        self._say("READY=1")

    def status(self, line: str) -> None:
        """One line for `systemctl status`; said only when it changed."""
        line = " ".join(line.split())
        if line != self._status:
            self._status = line
            self._say(f"STATUS={line}")

    def reloading(self, now: Instant) -> None:
        """A reload has begun; `now` is CLOCK_MONOTONIC as systemd wants it. `ready` ends it."""
        self._say(f"RELOADING=1\nMONOTONIC_USEC={int(now * 1e6)}")

    def stopping(self) -> None:
        """The box is going down in an orderly way."""
        self._say("STOPPING=1")

    def cycle_finished(self, now: Instant) -> None:
        """A control cycle ended well: feed the watchdog, at most four times per its period."""
        if self.watchdog_s is None:
            return
        if self._fed_at is None or now - self._fed_at >= self.watchdog_s / 4:
            self._fed_at = now
            self._say("WATCHDOG=1")

    def close(self) -> None:
        """Give the socket back."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _say(self, message: str) -> None:
        if self._socket is None:
            return
        with contextlib.suppress(OSError):  # the service manager is gone or busy; the box works on
            self._socket.sendto(message.encode(), self._address)


def status_line(snapshot: Snapshot) -> str:
    """The box in one line: `12/12 stations, CSMS up, 63 A of 200 A`. In front what is wrong, if anything is."""
    here = [station for station in snapshot.stations if station.connected]
    away = sum(not station.upstream_connected for station in here)
    parts = [f"{len(here)}/{len(snapshot.stations)} stations"]
    if here:
        parts.append(f"CSMS away for {away} of them" if away else "CSMS up")
    parts += _amperes(snapshot.charging)
    trouble = "" if snapshot.state is ServiceState.READY else f"{snapshot.state.value}: "
    return trouble + "; ".join([*snapshot.reasons, ", ".join(parts)])


def _amperes(charging: Mapping[str, Any]) -> list[str]:
    """The fullest phase of the main panel: what flows of what may; only the latter where a meter is missing."""
    phases = [
        (line["measured_a"], line["net_a"])
        for panel in charging.get("panels", ())
        if panel["parent"] is None
        for line in panel["phases"].values()
        if line["net_a"] is not None
    ]
    if not phases:
        return []
    if any(amps is None for amps, _ in phases):
        return [f"limit {min(limit for _, limit in phases):.0f} A"]
    amps, limit = min(phases, key=lambda phase: phase[1] - phase[0])
    return [f"{amps:.0f} A of {limit:.0f} A"]


def _watchdog_s(environ: Mapping[str, str]) -> float | None:
    """The watchdog's period in seconds, or None when systemd set none for this very process."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    period = environ.get("WATCHDOG_USEC", "")
    return int(period) / 1e6 if period.isdigit() and int(period) > 0 else None
