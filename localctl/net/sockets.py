"""Messages over one leg: what the rest of the box knows of WebSockets.

`engine` and `legs` implement `MessageSocket` on trio-websocket and are the only modules that know it; another engine
could stand behind these names.
"""

from typing import Literal, NamedTuple, Protocol

from localctl.net.upgrade import Headers
from localctl.net.wire import TlsWire, Wire

Cause = Literal[
    "peer_closed",
    "vanished",
    "too_big",
    "bad_utf8",
    "binary",
    "compressed_unasked",
    "protocol",
    "silent",
    "stalled",
    "closed",
    "dropped",
    "refused",
    "bad_request",
]
"""Why a leg ended, as a word for metrics. `closed`, `dropped`: we let it go."""


class Closed(NamedTuple):
    """How a leg ended. `code` is the peer's close code (1005: it gave none), None when it vanished or we ended it."""

    code: int | None
    reason: str
    cause: Cause


class DialRefused(Exception):
    """The CSMS answered our upgrade request with another HTTP status."""

    def __init__(self, status: int, headers: Headers, body: bytes) -> None:
        super().__init__(f"HTTP status {status}")
        self.status, self.headers, self.body = status, headers, body


class DialFailed(Exception):
    """No connection came about; the text says why, for the log."""


class MessageSocket(Protocol):
    """One open leg. Nothing here waits: what the peer does not take at once is queued, and `queued` says how much."""

    wire: Wire
    closing_at: float | None
    """When the closing handshake began."""
    pinged_at: float
    ponged_at: float | None
    """When its last pong came."""

    @property
    def subprotocol(self) -> str | None:
        """What both sides speak."""
        ...

    @property
    def is_open(self) -> bool:
        """Messages can be sent."""
        ...

    @property
    def waiting_in(self) -> int:
        """Messages read ahead while held."""
        ...

    def send(self, text: str) -> None:
        """Put a message behind all earlier ones. After the end of the leg it is dropped."""
        ...

    def send_ping(self) -> None:
        """Ask for a sign of life; any frame is one."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Start the closing handshake; whoever keeps the time aborts it."""
        ...

    def abort(self, cause: Cause = "dropped") -> None:
        """Cut the connection now."""
        ...

    def hold(self) -> None:
        """Hand out no further message until `unhold`; a few are read ahead so that pings are answered."""
        ...

    def unhold(self) -> None:
        """Hand out messages again, first those that `take` gives."""
        ...

    def take(self) -> str | None:
        """The next message read ahead, if it may be handed out."""
        ...


class Taker(Protocol):
    """Who takes what an engine has to tell. All calls are quick and never wait."""

    def text_arrived(self, text: str) -> None:
        """One whole message."""
        ...

    def room_again(self) -> None:
        """The backlog has become small."""
        ...


class UpgradeRequest(NamedTuple):
    """What a station asked for, as it came."""

    target: str
    offer: tuple[str, ...]
    authorization: bytes | None
    user_agent: bytes | None
    forwarded_for: bytes | None
    peer: str
    tls: TlsWire | None

    def __repr__(self) -> str:
        return f"UpgradeRequest(peer={self.peer!r})"  # no credentials, and targets may carry some
