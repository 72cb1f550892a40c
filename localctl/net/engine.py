"""The engine of a leg: trio-websocket's `WebSocketConnection`, driven as `sockets.MessageSocket` asks.

Its reader task is run as the leg's own task and some of its handlers are replaced: messages go straight to their taker
instead of through a channel to a second task, every send goes through the wire's backlog instead of a lock, and a peer
that breaks the protocol is told so with the right close code. The library is pinned because private names are used.
Never use its `serve_websocket`: one malformed handshake ends the process.
"""

from collections import deque
from contextlib import suppress
from typing import Final

import trio
from trio_websocket import ConnectionClosed
from trio_websocket import WebSocketConnection as TrioWebSocket
from wsproto import ConnectionType
from wsproto.connection import ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, Pong, RejectConnection, Request, TextMessage
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

from localctl.net.deflate import Deflate
from localctl.net.sockets import Cause, Closed, Taker
from localctl.net.upgrade import FRIENDLY, LeanConnection
from localctl.net.wire import RECEIVE_BYTES, Wire

INBOX_MESSAGES: Final = 16
INBOX_BYTES: Final = 65_536
"""A held leg is read on so far, so that its pings are still answered."""
MAX_PARTS: Final = 1024
_ANSWERS_WAITING: Final = 65_536
_CAUSES: Final[dict[int, Cause]] = {1007: "bad_utf8", 1009: "too_big"}


def byte_length(text: str) -> int:
    """Length in UTF-8; for plain ASCII, which Python knows at once, without encoding."""
    return len(text) if text.isascii() else len(text.encode())


class Engine(TrioWebSocket):
    """What both sides share: reading, sending, ending."""

    wire: Wire
    _wsproto: LeanConnection

    def __init__(self, wire: Wire, side: ConnectionType, *, request: Request | None = None) -> None:
        super().__init__(
            wire,  # type: ignore[arg-type]  # it needs three of a stream's methods
            LeanConnection(side),
            host="",
            path="",
            receive_buffer_size=RECEIVE_BYTES,
        )
        self._initial_request = request
        self.wire = wire
        wire.on_room = self._room_again
        self.taker: Taker | None = None
        self.ended: Closed | None = None
        self.closing_at: float | None = None
        """When closing began."""
        self.pinged_at = 0.0
        self.ponged_at: float | None = None
        self.over = False
        """Nothing more comes from this leg."""
        self._held = False
        self._inbox: deque[str] = deque()
        self._inbox_bytes = 0
        self._unheld: trio.Event | None = None

    def settle(self, *, compression: bool, max_message: int) -> None:
        """Before the upgrade: whether this leg may compress, and how many bytes its messages may have."""
        self._max_message_size = max_message
        self._wsproto.extensions = [Deflate(max_inflated=max_message, stats=self.wire.stats)] if compression else []

    @property
    def is_open(self) -> bool:
        """Messages can be sent."""
        return self.ended is None and self._close_reason is None and self._wsproto.state is ConnectionState.OPEN

    @property
    def waiting_in(self) -> int:
        """Messages read ahead while held."""
        return len(self._inbox)

    # -- sending

    def send(self, text: str) -> None:
        """Put a message behind all earlier ones. After the end of the leg it is dropped."""
        if not self.is_open:
            return
        stats = self.wire.stats
        stats.frames_out += 1
        stats.text_bytes_out += byte_length(text)
        self.wire.write(self._wsproto.send(TextMessage(data=text)))

    def send_ping(self) -> None:
        """Ask for a sign of life."""
        if self.is_open:
            self.wire.stats.pings_sent += 1
            self.wire.write(self._wsproto.send(Ping()))

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; 1005 says no code."""
        self._end(Closed(None, reason, "closed"))
        self.closing_at = trio.current_time()
        self._say_close(code, reason)
        self.unhold()

    def abort(self, cause: Cause = "dropped") -> None:
        """Cut the connection now."""
        self._end(Closed(None, cause, cause))
        self.unhold()
        self.wire.abort()

    def _end(self, how: Closed) -> None:
        if self.ended is None:
            self.ended = how

    def _say_close(self, code: int, reason: str) -> None:
        bare = code == CloseReason.NO_STATUS_RCVD
        said = CloseConnection(code=CloseReason.NO_STATUS_RCVD if bare else code, reason=None if bare else reason)
        with suppress(LocalProtocolError):  # it is closing already
            self.wire.write(self._wsproto.send(said))

    def _fail(self, code: int, reason: str, cause: Cause) -> None:
        """The peer broke the protocol: tell it, then read no more."""
        self._end(Closed(None, reason, cause))
        self._say_close(code, reason)
        self._stop()

    def _stop(self) -> None:
        self._reader_running = False
        self.wire.stop_reading()

    # -- holding

    def hold(self) -> None:
        """Hand out no further message until `unhold`."""
        self._held = True

    def unhold(self) -> None:
        """Hand out messages again, first those that `take` gives."""
        self._held = False
        self._wake_reader()

    def take(self) -> str | None:
        """The next message read ahead, if it may be handed out."""
        if self._held or not self._inbox:
            return None
        text = self._inbox.popleft()
        self._inbox_bytes -= len(text)
        self._wake_reader()
        return text

    def _inbox_full(self) -> bool:
        return len(self._inbox) >= INBOX_MESSAGES or self._inbox_bytes >= INBOX_BYTES

    def _wake_reader(self) -> None:
        if self._unheld is not None and (self.ended is not None or not self._inbox_full()):
            self._unheld.set()
            self._unheld = None

    async def _deliver(self, text: str, size: int) -> None:
        stats = self.wire.stats
        stats.frames_in += 1
        stats.text_bytes_in += size
        if self.ended is not None or self.taker is None:
            return
        if not self._held and not self._inbox:
            self.taker.text_arrived(text)
            return
        self._inbox.append(text)
        self._inbox_bytes += len(text)
        while self._inbox_full() and self.ended is None:
            self._unheld = trio.Event()
            await self._unheld.wait()

    def _room_again(self) -> None:
        if self.taker is not None:
            self.taker.room_again()
        self._wake_reader()

    # -- trio-websocket's hooks

    async def _send(self, event: Event) -> None:
        """Send for the reader task: pongs, close answers, refusals."""
        if isinstance(event, RejectConnection):
            self._end(Closed(None, "the request is malformed", "bad_request"))
            headers = tuple((bytes(name), bytes(value)) for name, value in event.headers)
            self.wire.write(self._wsproto.refusal(event.status_code, headers, FRIENDLY))
            return
        try:
            self.wire.write(self._wsproto.send(event))
        except LocalProtocolError:
            return  # a pong after our close frame
        if isinstance(event, Pong):
            while self.wire.queued > _ANSWERS_WAITING and self.ended is None:
                self._unheld = trio.Event()  # it asks for more answers than it takes
                await self._unheld.wait()

    async def _handle_message_event(self, event: BytesMessage | TextMessage) -> None:
        if isinstance(event, BytesMessage):
            self._fail(1003, "OCPP messages are text", "binary")
            return
        data = event.data
        size = byte_length(data)
        if event.message_finished and not self._message_parts:
            if size > self._max_message_size:
                self._too_big()
            else:
                await self._deliver(data, size)
            return
        self._message_size += size
        if self._message_size > self._max_message_size:
            self._too_big()
            return
        parts = self._message_parts
        if data:
            parts.append(data)
        if event.message_finished:
            text = "".join(parts)  # type: ignore[arg-type]  # binary never gets here
            size, self._message_parts, self._message_size = self._message_size, [], 0
            await self._deliver(text, size)
        elif len(parts) >= MAX_PARTS:
            self._message_parts = ["".join(parts)]  # type: ignore[arg-type]

    def _too_big(self) -> None:
        self._message_parts = []
        self._fail(1009, f"messages may have at most {self._max_message_size} bytes", "too_big")

    async def _handle_ping_event(self, event: Ping) -> None:
        self.wire.stats.pings_heard += 1
        await self._send(event.response())

    async def _handle_pong_event(self, event: Pong) -> None:
        """Any bytes are a sign of life already; who asked for this one wants to know."""
        self.ponged_at = trio.current_time()

    async def _handle_close_connection_event(self, event: CloseConnection) -> None:
        reason = event.reason or ""
        if self._wsproto.state is ConnectionState.OPEN:
            unasked = reason == "Reserved bit set unexpectedly"
            cause = _CAUSES.get(event.code, "compressed_unasked" if unasked else "protocol")
            self._fail(event.code, reason, cause)
            return
        if self._wsproto.state is ConnectionState.REMOTE_CLOSING:
            self._end(Closed(int(event.code), reason, "peer_closed"))
            await self._send(event.response())
        self._stop()

    async def _close_stream(self) -> None:
        """The reader task thinks all is over; the socket is freed by `linger`."""
        self._stop()

    async def _abort_web_socket(self) -> None:
        self._reader_running = False

    # -- life

    async def run(self) -> Closed:
        """Read until the leg has ended, and say how. `linger` afterwards frees the socket."""
        with suppress(ConnectionClosed):
            await self._reader_task()
        self._end(Closed(None, "connection lost", "vanished"))
        assert self.ended is not None
        self.over, self.taker = True, None
        self._inbox.clear()
        return self.ended

    async def linger(self, limit_s: float) -> None:
        """Let the peer read our last words, then free the socket."""
        with trio.move_on_after(limit_s):
            await self.wire.finish()
        self.wire.abort()
