"""The two kinds of leg: a station's begins with a request that waits for its verdict, a CSMS's with a dial."""

from collections.abc import Awaitable, Callable
from typing import Final

import trio
from trio_websocket import ConnectionRejected
from wsproto import ConnectionType
from wsproto.events import AcceptConnection, RejectConnection, RejectData, Request

from localctl.net.engine import Engine
from localctl.net.sockets import Cause, Closed, DialFailed, DialRefused, UpgradeRequest
from localctl.net.upgrade import BadAnswer, Headers
from localctl.net.wire import RECEIVE_BYTES, TlsWire, Wire
from routing.errors import OurBug

EARLY_BYTES: Final = 65_536
"""So much may come before the upgrade is answered."""
_REFUSAL_BYTES: Final = 4096
_REFUSAL_S: Final = 2.0
"""So long a CSMS may take for the text behind a refusal before the station is told without it."""


class StationSocket(Engine):
    """The down leg: first a request that waits for its verdict, then a leg."""

    def __init__(self, wire: Wire, on_request: Callable[["StationSocket", UpgradeRequest], Awaitable[None]]) -> None:
        super().__init__(wire, ConnectionType.SERVER)
        self._on_request = on_request
        self._waiting = trio.CancelScope()
        self.offer: tuple[str, ...] = ()
        self._answered = False
        self._has_early = False

    def accept(self, subprotocol: str | None) -> None:
        """Upgrade. Raises wsproto's LocalProtocolError for a subprotocol that was not offered (a bug of ours)."""
        if self._answered or self.ended is not None:
            return
        self._subprotocol = subprotocol
        self.wire.write(self._wsproto.send(AcceptConnection(subprotocol=subprotocol)))
        self.wire.stats.opened += 1
        self._answered = True
        if self._has_early or self._wsproto.has_early:
            self._waiting.cancel()

    def refuse(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer the request with an HTTP status instead."""
        if self._answered or self.ended is not None:
            return
        self.wire.write(self._wsproto.refusal(status, headers, body))
        self._end(Closed(None, f"refused with {status}", "refused"))
        self._stop()
        self._answered = True
        self._waiting.cancel()

    def abort(self, cause: Cause = "dropped") -> None:
        """Cut the connection now, also while the request waits."""
        super().abort(cause)
        self._waiting.cancel()

    async def _handle_request_event(self, event: Request) -> None:
        request = _read_request(event, self.wire)
        self.offer = request.offer
        try:
            await self._on_request(self, request)
        except KeyError as error:  # the reader task takes that for something else
            raise OurBug(f"a look-up failed while a request was judged: {error}") from error
        early = bytearray()
        with self._waiting:
            try:
                await self._read_early(early)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self._left("reset")
        if self.ended is not None and (self._waiting.cancelled_caught or not self._reader_running):
            self._stop()
        elif early:
            self._wsproto.receive_data(bytes(early))

    async def _read_early(self, early: bytearray) -> None:
        """Keep what comes before the verdict, and notice when the station leaves.

        A read that is under way when the station is let in goes on, for what it brings is the first of the leg:
        breaking it off would cost a station's arrival a twentieth of its time.
        """
        while len(early) <= EARLY_BYTES and not self._answered:
            data = await self.wire.receive_some(RECEIVE_BYTES)
            if not data:
                self._left("left")
                return
            early += data
            self._has_early = True
        if not self._answered:
            await trio.sleep_forever()

    def _left(self, how: str) -> None:
        """The station went; before the verdict that is worth a word of its own."""
        if not self._answered:
            self._end(Closed(None, f"{how} before its upgrade was answered", "vanished"))
        self._stop()


class CsmsSocket(Engine):
    """The up leg: dials, then a leg."""

    def __init__(
        self,
        wire: Wire,
        on_open: Callable[["CsmsSocket"], None],
        *,
        host: str,
        target: str,
        offer: tuple[str, ...],
        headers: Headers,
    ) -> None:
        request = Request(host=host, target=target, subprotocols=list(offer), extra_headers=list(headers))
        super().__init__(wire, ConnectionType.CLIENT, request=request)
        self._on_open = on_open
        self._opened = False
        self._patience = trio.CancelScope()

    async def run(self) -> Closed:
        """Upgrade, then read until the leg has ended. Raises DialRefused, DialFailed."""
        try:
            with self._patience:
                how = await super().run()
                if self._opened:
                    return how
        except ConnectionRejected:
            raise self._refused() from None
        except BadAnswer as error:
            if self._opened:
                raise
            raise DialFailed(f"the CSMS's answer to the upgrade is no good: {error}") from None
        if self._reject_status:
            raise self._refused()
        raise DialFailed("the CSMS hung up in the middle of the handshake")

    def _refused(self) -> DialRefused | DialFailed:
        if self._reject_status < 200:
            return DialFailed(f"the CSMS answered the upgrade with status {self._reject_status}")
        return DialRefused(self._reject_status, self._reject_headers, self._reject_body[:_REFUSAL_BYTES])

    async def _handle_accept_connection_event(self, event: AcceptConnection) -> None:
        self._subprotocol = event.subprotocol
        self._opened = True
        self._wsproto.answered()
        self.wire.stats.opened += 1
        self._on_open(self)

    async def _handle_reject_connection_event(self, event: RejectConnection) -> None:
        self._patience.deadline = trio.current_time() + _REFUSAL_S
        await super()._handle_reject_connection_event(event)

    async def _handle_reject_data_event(self, event: RejectData) -> None:
        self._reject_body += event.data
        if event.body_finished or len(self._reject_body) > _REFUSAL_BYTES:
            raise ConnectionRejected(self._reject_status, self._reject_headers, None)


def _read_request(event: Request, wire: Wire) -> UpgradeRequest:
    headers = dict(event.extra_headers)
    return UpgradeRequest(
        target=event.target,
        offer=tuple(name for name in event.subprotocols if name),
        authorization=headers.get(b"authorization"),
        user_agent=headers.get(b"user-agent"),
        forwarded_for=headers.get(b"x-forwarded-for"),
        peer=wire.peer,
        tls=wire if isinstance(wire, TlsWire) else None,
    )
