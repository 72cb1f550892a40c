"""The HTTP half of a WebSocket: wsproto's handshake, tolerant where stations need it and tight where strangers push.

`LeanConnection` is the protocol object that trio-websocket drives. It differs from wsproto's own in five ways: it
offers and answers compression; bytes that come with the upgrade request are kept (a station's BootNotification often
does); a missing `Connection: Upgrade` is forgiven (seen in the field, lbbrhzn PR #1984), and so are two `Connection`
lines; what no parser foresaw becomes a RemoteProtocolError instead of ending a task; and the HTTP parser is thrown away
when it has done its work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from http.client import responses
from typing import Final

import h11
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Event, RejectConnection, RejectData, Request
from wsproto.extensions import Extension
from wsproto.handshake import H11Handshake
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

Headers = tuple[tuple[bytes, bytes], ...]

_ONCE: Final = (b"authorization", b"upgrade", b"sec-websocket-key", b"sec-websocket-version")
FRIENDLY: Final = b"This is an OCPP endpoint: it speaks WebSocket only.\n"


class BadAnswer(Exception):
    """The CSMS's answer to our upgrade request is no good; the text says why."""


def _refusal(reason: str, status: int = 400, headers: Headers = ()) -> RemoteProtocolError:
    return RemoteProtocolError(reason, event_hint=RejectConnection(status_code=status, headers=list(headers)))


def _checked(request: h11.Request) -> h11.Request:
    """The request with a forgiven `Connection` header; RemoteProtocolError for one that may not come in."""
    names = [name for name, _ in request.headers]
    if any(names.count(name) > 1 for name in _ONCE):
        raise _refusal("a header stands twice")
    if request.http_version < b"1.1":
        raise _refusal("HTTP/1.0 knows no upgrade")
    if b"transfer-encoding" in names or any(n == b"content-length" and v != b"0" for n, v in request.headers):
        raise _refusal("an upgrade request has no body")
    headers = dict(request.headers)
    if headers.get(b"upgrade", b"").lower() != b"websocket":
        raise _refusal("not an upgrade", 426, ((b"Upgrade", b"websocket"), (b"Connection", b"Upgrade, close")))
    if names.count(b"connection") == 1 and b"upgrade" in headers[b"connection"].lower():
        return request
    kept = [(name, value) for name, value in request.headers if name != b"connection"]
    return h11.Request(
        method=request.method,
        target=request.target,
        headers=[*kept, (b"connection", b"Upgrade")],
        http_version=request.http_version,
    )


def _phrased(head: bytes, status: int) -> bytes:
    """The status line with its usual words: they are optional, but simple parsers in stations look for them."""
    line, _, rest = head.partition(b"\r\n")
    return line.rstrip() + b" " + responses.get(status, "").encode() + b"\r\n" + rest


class TolerantHandshake(H11Handshake):
    """wsproto's handshake with our own look at the request first."""

    def _process_connection_request(self, event: h11.Request) -> Request:
        return super()._process_connection_request(_checked(event))

    def early_bytes(self) -> bytes:
        """What came behind the HTTP head and belongs to the WebSocket."""
        return self._h11_connection.trailing_data[0]


class _Over:
    """Stands where the handshake was: the HTTP parser and the request's headers are freed."""

    def events(self) -> Iterable[Event]:
        return ()


_OVER = _Over()


class LeanConnection(WSConnection):
    """wsproto's connection with compression injected and nothing escaping. One per leg."""

    def __init__(self, connection_type: ConnectionType) -> None:
        super().__init__(connection_type)
        self.handshake = TolerantHandshake(connection_type)
        self.extensions: Sequence[Extension] = ()
        self.has_early = False
        """The first of the WebSocket came right behind the request."""

    def send(self, event: Event) -> bytes:
        """Bytes for this event."""
        if isinstance(event, AcceptConnection | Request):
            event = replace(event, extensions=list(self.extensions))
        data = super().send(event)
        if isinstance(event, AcceptConnection):
            assert isinstance(self.handshake, TolerantHandshake)
            early = self.handshake.early_bytes()
            self._end_handshake()
            self.has_early = bool(early)
            if early:
                self.receive_data(early)
        return data

    def receive_data(self, data: bytes | None) -> None:
        """Take bytes in. Raises RemoteProtocolError (server) or BadAnswer (client), nothing else."""
        if self.connection is not None:
            self.connection.receive_data(data)
            return
        try:
            super().receive_data(data)
        except RemoteProtocolError as error:
            if self.client:
                raise BadAnswer(str(error)) from error
            raise
        except (UnicodeError, ValueError, LocalProtocolError, h11.ProtocolError) as error:
            if self.client:
                raise BadAnswer(str(error)) from error
            raise _refusal("not readable") from error

    def answered(self) -> None:
        """The client's handshake is done and its events are out."""
        self._end_handshake()

    def _end_handshake(self) -> None:
        self.handshake = _OVER  # type: ignore[assignment]  # only its events() is asked from here on

    def refusal(self, status: int, headers: Headers, body: bytes) -> bytes:
        """The HTTP answer that turns a waiting request away. Empty when it was answered already."""
        lines = [*headers, (b"Content-Length", str(len(body)).encode())]
        if not any(name.lower() == b"connection" for name, _ in headers):
            lines.append((b"Connection", b"close"))
        try:
            head = super().send(RejectConnection(status_code=status, headers=lines, has_body=True))
            return _phrased(head, status) + super().send(RejectData(data=body, body_finished=True))
        except (LocalProtocolError, h11.LocalProtocolError):
            return b""
