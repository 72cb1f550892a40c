"""WebSocket for the demo's two ends: wsproto on any trio stream, no compression, nothing shared with the product.

`dial` makes the station's end of a stream, `answer` the CSMS's end. Both give a `Wire`, which carries texts. A stream
is all that is needed, so a whole site also runs over memory streams on a virtual clock.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import trio
from wsproto import ConnectionType, WSConnection
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Event,
    Ping,
    Pong,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

READ_SIZE = 16384
PATIENCE_S = 20.0
"""A handshake and a send may take this long; then the peer counts as gone."""

Headers = list[tuple[bytes, bytes]]
Admission = Callable[[Request], AcceptConnection | RejectConnection]


class Gone(Exception):
    """The connection ended; the text says how."""


@contextmanager
def one_gone() -> Iterator[None]:
    """Around a nursery: tasks that end with `Gone` end it with one plain `Gone`; whatever else ended one wins.

    Raising inside `except*` would be shorter, but Python before 3.11.4 wraps that in a group; Debian 12 has 3.11.2.
    """
    try:
        yield
    except BaseExceptionGroup as group:
        gone, others = group.split(Gone)
        if gone is None or others is not None:
            raise (others or group) from None
        raise Gone(str(gone.exceptions[0])) from None


class TurnedAway(Exception):
    """The other side answered the upgrade with this HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"upgrade answered with HTTP {status}")
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a station goes: `host` and raw `path`, the versions it offers, its further headers."""

    host: str
    path: str
    offer: tuple[str, ...]
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Line(Protocol):
    """What both ends need of an open connection: `Wire` is one, and so is one in memory. Ends with `Gone`."""

    async def __aenter__(self) -> Self:
        """Use it in an `async with`: the connection ends with the block."""

    async def __aexit__(
        self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None
    ) -> None:
        """Drop the connection."""

    async def receive(self) -> str:
        """The next text."""

    async def send(self, text: str) -> None:
        """Send one text."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye."""


class Wire:
    """One open connection that carries texts. Ends with `Gone`, whoever ended it."""

    def __init__(self, stream: trio.abc.Stream, protocol: WSConnection) -> None:
        self._stream, self._protocol = stream, protocol
        self._events: list[Event] = []
        self._parts: list[str] = []
        self._writing = trio.StrictFIFOLock()
        self.subprotocol: str | None = None
        self.path = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None
    ) -> None:
        await trio.aclose_forcefully(self._stream)

    async def receive(self) -> str:
        """The next text, once all of its fragments are there."""
        while True:
            event = await self._next()
            match event:
                case TextMessage():
                    self._parts.append(event.data)
                    if event.message_finished:
                        text, self._parts = "".join(self._parts), []
                        return text
                case Ping():
                    await self._write(event.response())
                case CloseConnection():
                    if self._protocol.state is ConnectionState.REMOTE_CLOSING:
                        await self._write(event.response())
                    raise Gone(f"closed with {event.code} {event.reason or ''}".rstrip())
                case Pong():
                    pass
                case _:
                    raise Gone(f"unexpected {type(event).__name__}")

    async def send(self, text: str) -> None:
        """Send one text; `Gone` when the peer does not take it in time."""
        await self._write(TextMessage(data=text))

    async def ping(self) -> None:
        """Ask for a sign of life."""
        await self._write(Ping())

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye; the receiving side then ends with `Gone`. A wire that is gone already stays so."""
        try:
            await self._write(CloseConnection(code=code, reason=reason))
        except Gone:
            await trio.aclose_forcefully(self._stream)

    async def cut(self) -> None:
        """Drop the connection without a word, as a lost cable does."""
        await trio.aclose_forcefully(self._stream)

    async def _write(self, event: Event) -> None:
        with trio.move_on_after(PATIENCE_S):
            async with self._writing:
                try:
                    await self._stream.send_all(self._protocol.send(event))
                except (LocalProtocolError, trio.BrokenResourceError, trio.ClosedResourceError) as why:
                    raise Gone(repr(why)) from None
                return
        raise Gone("the peer does not read")

    async def _next(self) -> Event:
        while not self._events:
            try:
                data = await self._stream.receive_some(READ_SIZE)
                self._protocol.receive_data(bytes(data) or None)
                self._events = list(self._protocol.events())
            except (RemoteProtocolError, UnicodeDecodeError, trio.BrokenResourceError, trio.ClosedResourceError) as why:
                raise Gone(repr(why)) from None
            if not data and not self._events:
                raise Gone("connection lost")
        return self._events.pop(0)


async def dial(stream: trio.abc.Stream, place: Place) -> Wire:
    """Upgrade a stream as a station; `TurnedAway` or `Gone` when the other side does not want to."""
    wire = Wire(stream, WSConnection(ConnectionType.CLIENT))
    offer = list(place.offer)
    request = Request(host=place.host, target=place.path, subprotocols=offer, extra_headers=list(place.headers))
    with trio.move_on_after(PATIENCE_S):
        await wire._write(request)
        match await wire._next():
            case AcceptConnection(subprotocol=chosen):
                wire.subprotocol, wire.path = chosen, place.path
                return wire
            case RejectConnection(status_code=status):
                raise TurnedAway(status)
            case other:
                raise Gone(f"unexpected {type(other).__name__}")
    raise Gone("no answer to the upgrade")


async def answer(stream: trio.abc.Stream, admission: Admission) -> Wire | None:
    """Upgrade a stream as a CSMS, or refuse it (None), as `admission` says of the request."""
    wire = Wire(stream, WSConnection(ConnectionType.SERVER))
    with trio.move_on_after(PATIENCE_S):
        request = await wire._next()
        if not isinstance(request, Request):
            return None
        verdict = admission(request)
        await wire._write(verdict)
        if isinstance(verdict, RejectConnection):
            return None
        wire.subprotocol, wire.path = verdict.subprotocol, request.target
        return wire
    return None
