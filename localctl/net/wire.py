"""Bytes over one TCP connection, in clear or under TLS. Reading waits, writing never does.

`write` hands to the kernel what it takes at once and keeps the rest in a backlog that a short-lived task drains. So a
frame costs no task switch while the peer keeps up, and whoever fills the backlog is asked to stop (`queued`, `on_room`)
instead of being blocked in the middle of something. TLS runs on memory BIOs, so the same holds for it.
"""

import socket
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import trio

from localctl.net.stats import LegStats

RECEIVE_BYTES: Final = 16_384
LOW_WATER: Final = 32_768
"""Below so many waiting bytes there is room again."""
_RESET: Final = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # struct linger: on, 0 s

Spawn = Callable[[Callable[[], Awaitable[object]]], object]
"""Start a task that belongs to somebody, like `nursery.start_soon`."""


def _nobody() -> None:
    pass


class Wire:
    """A non-blocking connection in clear. Also the stream that trio-websocket reads from."""

    __slots__ = (
        "_backlog",
        "_clock",
        "_empty",
        "_eof",
        "_ripe",
        "_sock",
        "_spawn",
        "broken",
        "heard_at",
        "on_room",
        "peer",
        "queued",
        "stalled_since",
        "stats",
    )

    def __init__(
        self,
        sock: socket.socket,
        spawn: Spawn,
        stats: LegStats,
        *,
        peer: str = "",
        ripe: bool = False,
        clock: Callable[[], float] = trio.current_time,
    ) -> None:
        """`ripe`: something is there to be read already."""
        sock.setblocking(False)
        self._sock = sock
        self._spawn = spawn
        self._clock = clock
        self._backlog: deque[memoryview] = deque()
        self._eof = False
        self._ripe = ripe
        self._empty: trio.Event | None = None
        self.stats = stats
        self.peer = peer
        self.queued = 0
        self.broken = False
        self.heard_at = clock()
        self.stalled_since: float | None = None
        """Since when the peer has taken nothing of what waits for it."""
        self.on_room: Callable[[], None] = _nobody

    def write(self, data: bytes | bytearray) -> None:
        """Send now or queue; never waits. After a failure it does nothing: the reader reports the loss."""
        self._push(data)

    def _push(self, data: bytes | bytearray) -> None:
        if self.broken:
            return
        self.stats.wire_bytes_out += len(data)
        if self._backlog:
            self._queue(memoryview(data))
            return
        sent = self._send(data)
        if sent < len(data) and not self.broken:
            self.stalled_since = self._clock()
            self._queue(memoryview(data)[sent:])
            self._spawn(self._drain)

    def _queue(self, data: memoryview) -> None:
        self._backlog.append(data)
        self.queued += len(data)

    def _send(self, data: bytes | bytearray | memoryview) -> int:
        try:
            return self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self._break()
            return 0

    def _break(self) -> None:
        """Nothing can be written any more; wake the reader so that it finds out."""
        self.broken = True
        self._backlog.clear()
        self.queued = 0
        self.stalled_since = None
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._drained()
        self.on_room()

    async def _drain(self) -> None:
        try:
            while self._backlog:
                await trio.lowlevel.wait_writable(self._sock)
                self._drain_once()
            self._drained()
        except (OSError, trio.ClosedResourceError):
            self._break()

    def _drain_once(self) -> None:
        if not self._backlog:
            return
        front = self._backlog[0]
        sent = self._send(front)
        if not sent:
            return
        self.queued -= sent
        self.stalled_since = self._clock() if self.queued else None
        if sent == len(front):
            self._backlog.popleft()
        else:
            self._backlog[0] = front[sent:]
        if self.queued < LOW_WATER:
            self.on_room()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Bytes of the peer, `b""` at the end. Raises trio.BrokenResourceError when the connection was reset."""
        return await self._receive(max_bytes or RECEIVE_BYTES)

    async def _receive(self, max_bytes: int) -> bytes:
        while not self._eof:
            if not self._ripe:
                await trio.lowlevel.wait_readable(self._sock)
            self._ripe = False
            try:
                data = self._sock.recv(max_bytes)
            except (BlockingIOError, InterruptedError):
                continue
            except OSError as error:
                raise trio.BrokenResourceError(error.strerror or "reset") from error
            self.heard_at = self._clock()
            self.stats.wire_bytes_in += len(data)
            return data
        await trio.lowlevel.checkpoint()
        return b""

    def stop_reading(self) -> None:
        """Make the next read say end of stream; what the peer still sends is thrown away by `finish`."""
        self._eof = True

    async def finish(self) -> None:
        """Let the peer have what is queued, say goodbye, and wait until it has gone too; then free the socket.

        Closing at once while unread bytes lie here would reset the connection, and the peer might never read our last
        words. The caller bounds the time.
        """
        try:
            self._goodbye()
            await self._emptied()
            self._sock.shutdown(socket.SHUT_WR)
            while True:
                await trio.lowlevel.wait_readable(self._sock)
                if not self._sock.recv(RECEIVE_BYTES):
                    break
        except (OSError, trio.ClosedResourceError):
            pass
        finally:
            self.close()

    async def _emptied(self) -> None:
        if self._backlog:
            self._empty = trio.Event()
            await self._empty.wait()

    def _drained(self) -> None:
        if self._empty is not None:
            self._empty.set()
            self._empty = None

    def _goodbye(self) -> None:
        """TLS says close_notify; TCP needs nothing."""

    def abort(self) -> None:
        """Cut the connection: the peer gets a reset, nothing queued is sent."""
        with suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.close()

    def close(self) -> None:
        """Free the socket. Tasks that wait on it get trio.ClosedResourceError."""
        if self._sock.fileno() != -1:
            trio.lowlevel.notify_closing(self._sock)
            self._sock.close()
        self.broken = True
        self._backlog.clear()
        self.queued = 0
        self.stalled_since = None
        self._drained()
        self.on_room = _nobody  # no cycle, so that a leg's memory is free at once


class TlsWire(Wire):
    """The same under TLS. `handshake` first, then as a Wire."""

    __slots__ = ("_incoming", "_outgoing", "tls")

    def __init__(
        self,
        sock: socket.socket,
        spawn: Spawn,
        stats: LegStats,
        context: ssl.SSLContext,
        *,
        server_hostname: str | None = None,
        peer: str = "",
        ripe: bool = False,
        clock: Callable[[], float] = trio.current_time,
    ) -> None:
        super().__init__(sock, spawn, stats, peer=peer, ripe=ripe, clock=clock)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_hostname is None, server_hostname=server_hostname
        )

    async def handshake(self) -> None:
        """Agree on keys. Raises ssl.SSLError (what the peer did wrong), trio.BrokenResourceError (it left)."""
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
            except ssl.SSLError:
                self._flush()  # the alert tells the peer why
                raise
            else:
                self._flush()
                return
            await self._feed()

    async def _feed(self) -> None:
        data = await self._receive(RECEIVE_BYTES)
        if not data:
            raise trio.BrokenResourceError("closed")
        self._incoming.write(data)

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._push(self._outgoing.read())

    def write(self, data: bytes | bytearray) -> None:
        """Encrypt, then send now or queue."""
        if self.broken:
            return
        try:
            view = memoryview(data)
            while view:
                view = view[self.tls.write(view) :]
        except ssl.SSLError:
            self._break()
        else:
            self._flush()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Decrypted bytes of the peer, `b""` at the end."""
        while not self._eof:
            try:
                data = self.tls.read(max_bytes or RECEIVE_BYTES)
            except ssl.SSLWantReadError:
                self._flush()
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLError as error:
                raise trio.BrokenResourceError(error.reason or "TLS error") from error
            else:
                return data
            raw = await self._receive(RECEIVE_BYTES)
            if not raw:
                return b""
            self._incoming.write(raw)
        await trio.lowlevel.checkpoint()
        return b""

    def _goodbye(self) -> None:
        with suppress(ssl.SSLError):  # it wants the peer's goodbye too; ours is written
            self.tls.unwrap()
        self._flush()
