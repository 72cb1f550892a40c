"""Ports on loopback: where the CSMS listens, goes away and comes back, and how a station gets a stream to somewhere."""

import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import trio

HOST = "127.0.0.1"
Serve = Callable[[trio.abc.Stream], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to go: a port on loopback, and the authority to trust when it speaks TLS."""

    port: int
    ca_file: Path | None = None

    async def dial(self) -> trio.abc.Stream:
        """A stream to this address, its TLS handshake done. OSError when nothing is there or TLS fails."""
        stream: trio.abc.Stream = await trio.open_tcp_stream(HOST, self.port)
        if self.ca_file is None:
            return stream
        context = ssl.create_default_context(cafile=str(self.ca_file))
        secured = trio.SSLStream(stream, context, server_hostname=HOST, https_compatible=True)
        try:
            with trio.fail_after(10):
                await secured.do_handshake()
        except (trio.BrokenResourceError, trio.TooSlowError) as why:
            await trio.aclose_forcefully(secured)
            raise OSError(f"no TLS with port {self.port}: {why!r}") from None
        return secured


class Door:
    """A port that `serve` answers while it is open. Shutting it drops every connection without a word."""

    def __init__(self, serve: Serve) -> None:
        self._serve, self._scope = serve, trio.CancelScope()
        self.port = 0
        self.is_open = False

    async def stay_open(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen (always on the same port) until `shut`."""
        with trio.CancelScope() as self._scope:
            listeners = await trio.open_tcp_listeners(self.port, host=HOST)
            self.port = listeners[0].socket.getsockname()[1]
            self.is_open = True
            task_status.started()
            await trio.serve_listeners(self._serve, listeners)

    def shut(self) -> None:
        """Power off."""
        self.is_open = False
        self._scope.cancel()


def free_ports(*wanted: int) -> list[int]:
    """The wanted ports, each another one; for one that is taken, or 0, any that is free."""
    with ExitStack() as held:
        return [_held(held.enter_context(socket.socket()), port) for port in wanted]


def _held(probe: socket.socket, wanted: int) -> int:
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        probe.bind((HOST, wanted))
    except OSError:
        probe.bind((HOST, 0))
    probe.listen()  # until it listens, another socket that may reuse addresses could be given the same port
    port: int = probe.getsockname()[1]
    return port
