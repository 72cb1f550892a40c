"""HTTP connections with manners enforced: nobody keeps the port busy by not talking.

uvicorn has a limit on the size of a request's head but none on the time it may take, beyond its limit of connections it
answers 503 to everybody, and it goes on reading the body of a request long answered. So a few hundred sockets that
never finish a request would lock Prometheus out, and one with a huge body would keep a core busy. Here every connection
without a request in work has a deadline, every request a size, and when there are too many connections the one that has
waited longest is dropped: a newcomer always gets in.
"""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from localctl.web.admission import STATE, peer_of

REQUEST_DEADLINE_S = 10.0
MAX_CONNECTIONS = 128
MAX_REQUEST_BYTES = 128 * 1024


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 connection with a deadline and a size for each request, and a bound on their number."""

    _deadline: asyncio.TimerHandle | None = None
    _received = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected: note who on this box it is, make room if needed and start its clock."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, STATE: peer_of(transport.get_extra_info("socket"))}
        if len(self.connections) > MAX_CONNECTIONS:
            self._drop_the_longest_waiting()
        self._opened_at = self.loop.time()
        self._deadline = self.loop.call_later(REQUEST_DEADLINE_S, self._abort_if_waiting)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone: its clock stops."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes came. Whatever goes wrong with them ends this connection and nothing else."""
        if self.conn.their_state is h11.IDLE:
            self._received = 0
        self._received += len(data)
        if self._received > MAX_REQUEST_BYTES:
            self.transport.abort()
            return
        try:
            super().data_received(data)
        except Exception:  # a parser's bug met by hostile bytes must not reach the loop's handler
            self.transport.abort()

    def on_response_complete(self) -> None:
        """A request was answered: the next one on this connection has its own deadline."""
        super().on_response_complete()
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(REQUEST_DEADLINE_S, self._abort_if_waiting)

    @property
    def is_waiting(self) -> bool:
        """True while no request is being answered on this connection."""
        return self.cycle is None or self.cycle.response_complete

    def _abort_if_waiting(self) -> None:
        if self.is_waiting:
            self.transport.abort()

    def _drop_the_longest_waiting(self) -> None:
        others: list[Any] = [other for other in self.connections if other is not self]
        waiting = [other for other in others if isinstance(other, BoundedProtocol) and other.is_waiting]
        if waiting:
            oldest = min(waiting, key=lambda other: other._opened_at)
            oldest.connections.discard(oldest)
            oldest.transport.abort()
