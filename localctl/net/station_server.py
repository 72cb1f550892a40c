"""Where stations arrive: listeners, the guarded accept path, and limits on what half-open connections cost.

A connection is half-open (`half_opens`) until its whole upgrade request is there. Whatever goes wrong in one connection
ends that connection only.
"""

import errno
import socket
import ssl
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Final, Protocol

import structlog
import trio

from localctl.net import tls
from localctl.net.blame import blame
from localctl.net.credentials import Gatekeeper
from localctl.net.half_opens import HalfOpen, HalfOpens
from localctl.net.legs import StationSocket
from localctl.net.places import Places
from localctl.net.ration import Ration
from localctl.net.settings import EdgeSettings, ListenerSettings, StationEdge
from localctl.net.sockets import Closed, UpgradeRequest
from localctl.net.stats import NetStats
from localctl.net.upstream import Visitor
from localctl.net.wire import Spawn, TlsWire, Wire
from routing.identity import read_target
from routing.policy import Refused

BACKLOG: Final = 4096
_AT_ONCE: Final = 64
_BREATHER_S: Final = 0.1
_BUSY: Final = ((b"Retry-After", b"30"),)
log = structlog.get_logger("localctl.net")


class Door(Protocol):
    """Whom stations are announced to."""

    def station_arrived(
        self, station: StationSocket, visitor: Visitor, edge: StationEdge, listener: ListenerSettings, peer: str
    ) -> int:
        """A station waits for its verdict; the number names it from now on."""
        ...

    def station_left(self, link: int, how: Closed) -> None:
        """It is gone, whatever the reason."""
        ...


class _Listening:
    """A listener as it is now; a reload replaces its settings and context, not its sockets."""

    def __init__(self, settings: ListenerSettings) -> None:
        """Raises tls.CertificateProblem."""
        self.scope = trio.CancelScope()
        self.port = settings.port
        self.places = Places()
        self.settings = settings
        self.context = tls.server_context(settings) if settings.uses_tls else None

    def become(self, candidate: "_Listening") -> None:
        """Treat connections as the candidate would from the next one on."""
        self.settings, self.context = candidate.settings, candidate.context


class StationServer:
    """All listeners. `spawn` starts tasks, `edge()` gives the settings of now."""

    def __init__(
        self, door: Door, gatekeeper: Gatekeeper, stats: NetStats, spawn: Spawn, edge: Callable[[], EdgeSettings]
    ) -> None:
        self._door = door
        self._gatekeeper = gatekeeper
        self._stats = stats
        self._spawn = spawn
        self._edge = edge
        self._half_opens = HalfOpens()
        self._ration = Ration()
        self._listening: dict[tuple[str, int], _Listening] = {}
        self._places = Places()

    @property
    def ports(self) -> dict[tuple[str, int], int]:
        """Configured place to the port that is really listened on."""
        return {place: listening.port for place, listening in self._listening.items()}

    async def apply(self, listeners: tuple[ListenerSettings, ...]) -> None:
        """Open, change and close listeners until they are these; connections that are up stay.

        Raises OSError (address in use) or tls.CertificateProblem; what was listened on before is still listened on.
        """
        wanted = {settings.place: settings for settings in listeners}
        fresh = {place: _Listening(settings) for place, settings in wanted.items() if place not in self._listening}
        changed = {place: _Listening(settings) for place, settings in wanted.items() if place in self._listening}
        opened = await _open_all(fresh)
        for place, candidate in changed.items():
            self._listening[place].become(candidate)
        for place in [place for place in self._listening if place not in wanted]:
            self._listening.pop(place).scope.cancel()
        for place, listening, socks in opened:
            self._start(place, listening, socks)

    def _start(self, place: tuple[str, int], listening: _Listening, socks: list[socket.socket]) -> None:
        listening.port = socks[0].getsockname()[1]
        self._listening[place] = listening
        self._spawn(partial(self._accept_all, listening, socks))
        log.info(
            "listening for stations",
            address=place[0],
            port=listening.port,
            security_profile=listening.settings.security_profile,
        )
        if listening.settings.security_profile == 0:
            log.warning("anybody may pretend to be any station on this port (security profile 0)", port=listening.port)

    def close(self) -> None:
        """Take no more connections."""
        for listening in self._listening.values():
            listening.scope.cancel()
        self._listening.clear()

    async def _accept_all(self, listening: _Listening, socks: list[socket.socket]) -> None:
        with listening.scope:
            async with trio.open_nursery() as nursery:
                for sock in socks:
                    nursery.start_soon(self._accept, listening, sock)

    async def _accept(self, listening: _Listening, sock: socket.socket) -> None:
        with sock:
            while True:
                await trio.lowlevel.wait_readable(sock)
                if not self._accept_some(listening, sock):
                    await trio.sleep(_BREATHER_S)

    def _accept_some(self, listening: _Listening, sock: socket.socket) -> bool:
        """Take what waits, some at once; False when the system has no room (EMFILE and its like)."""
        for _ in range(_AT_ONCE):
            try:
                connection, address = sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return True
            except OSError as error:
                self._stats.accept_errors += 1
                log.error("cannot take a connection", error=errno.errorcode.get(error.errno or 0, "unknown"))
                self._half_opens.drop_oldest(cause="no_room")
                return False
            self._stats.accepted += 1
            self._spawn(partial(self._guarded, listening, connection, str(address[0])))
        return True

    async def _guarded(self, listening: _Listening, connection: socket.socket, peer: str) -> None:
        """One connection from accept to its end. No exception gets out."""
        limits = self._edge().limits
        half = self._half_opens.add(
            peer,
            trio.current_time() + limits.handshake_deadline_s,
            most=limits.max_handshakes,
            most_per_peer=limits.max_handshakes_per_peer,
        )
        self._stats.handshakes = len(self._half_opens)
        try:
            with half.scope:
                await _Arrival(self, listening, half, connection).serve()
            if half.scope.cancelled_caught:
                self._stats.refusals[half.cause] += 1
        except* (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            self._stats.refusals["left"] += 1
        except* Exception as errors:
            self._stats.bugs += 1
            log.error("a connection ended by a bug of ours", peer=peer, **blame(errors))
        finally:
            self.settled(half)
            connection.close()

    def settled(self, half: HalfOpen) -> None:
        """This connection is not half-open any more."""
        self._half_opens.remove(half)
        self._stats.handshakes = len(self._half_opens)

    def is_full(self, listening: _Listening, identity: str) -> bool:
        """One more station would be too many."""
        return not (
            self._places.has_room(identity, self._edge().limits.max_connections)
            and listening.places.has_room(identity, listening.settings.max_connections)
        )

    def came(self, listening: _Listening, identity: str) -> None:
        """A station takes its place."""
        self._places.take(identity)
        listening.places.take(identity)

    def went(self, listening: _Listening, identity: str) -> None:
        """Its place is free again."""
        self._places.leave(identity)
        listening.places.leave(identity)


class _Arrival:
    """One connection on its way from TCP to a link."""

    def __init__(self, server: StationServer, listening: _Listening, half: HalfOpen, connection: socket.socket) -> None:
        self._server = server
        self._listening = listening
        self._settings = listening.settings
        self._half = half
        self._connection = connection
        self._link: int | None = None
        self._came_as: str | None = None

    async def serve(self) -> None:
        """TLS, request, checks, then the leg itself until it ends."""
        wire = await self._secured()
        if wire is None:
            return
        station = StationSocket(wire, self._asked)
        how = Closed(None, "ended by a bug of ours", "dropped")
        try:
            how = await station.run()
        finally:
            self._left(how)
        await station.linger(self._server._edge().limits.close_timeout_s)

    async def _secured(self) -> Wire | None:
        server, stats = self._server, self._server._stats
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await trio.lowlevel.wait_readable(self._connection)  # a silent stranger costs no more than this
        context, peer = self._listening.context, self._half.peer
        if context is None:
            return Wire(self._connection, server._spawn, stats.station, peer=peer, ripe=True)
        secure = TlsWire(self._connection, server._spawn, stats.station, context, peer=peer, ripe=True)
        try:
            await secure.handshake()
        except (ssl.SSLError, trio.BrokenResourceError) as error:
            cause = tls.failure_cause(error)
            stats.tls_failures[cause] += 1
            if server._ration.take():
                log.warning("TLS handshake of a station failed", peer=self._half.peer, cause=cause)
            with trio.move_on_after(1):
                await secure.finish()
            return None
        return secure

    async def _asked(self, station: StationSocket, request: UpgradeRequest) -> None:
        """The whole request is there: may it come in?"""
        server, edge = self._server, self._server._edge()
        target = read_target(request.target, self._settings.base_path, strict=edge.strict_identities, named=edge.named)
        if isinstance(target, Refused):
            self._refuse(station, target.status, "path", target.reason)
            return
        if server.is_full(self._listening, target.identity):
            reason = "as many stations as allowed are connected"
            self._refuse(station, 503, "full", reason, _BUSY, identity=target.identity)
            return
        treatment = edge.station(target.identity)
        station.settle(compression=treatment.compression, max_message=treatment.max_message)
        certificate = request.tls.tls.getpeercert() if request.tls is not None else None
        gatekeeper = server._gatekeeper
        denied = await gatekeeper.check(self._settings, treatment, target.identity, request.authorization, certificate)
        if denied is not None:
            self._refuse(station, denied.status, denied.cause, denied.reason, denied.headers, identity=target.identity)
            return
        trusted = await gatekeeper.vouches(self._settings, treatment, target.identity, request.authorization)
        self._announce(
            station,
            request,
            treatment,
            Visitor(
                identity=target.identity,
                raw_target=request.target,
                raw_segment=target.raw_segment,
                authorization=request.authorization,
                user_agent=request.user_agent,
                trusted=trusted,
                was_given_another=gatekeeper.was_given_another(target.identity, treatment),
            ),
        )

    def _announce(self, station: StationSocket, request: UpgradeRequest, edge: StationEdge, visitor: Visitor) -> None:
        self._half.scope.deadline = inf
        self._server.settled(self._half)
        self._server.came(self._listening, visitor.identity)
        self._came_as = visitor.identity
        self._link = self._server._door.station_arrived(station, visitor, edge, self._settings, self._peer_of(request))

    def _peer_of(self, request: UpgradeRequest) -> str:
        """The station's address: where a proxy of ours stands before us, the one it names."""
        if request.peer in self._settings.trusted_proxies and request.forwarded_for:
            return request.forwarded_for.split(b",")[-1].strip().decode("latin-1")[:64]
        return request.peer

    def _refuse(
        self,
        station: StationSocket,
        status: int,
        cause: str,
        reason: str,
        headers: tuple[tuple[bytes, bytes], ...] = (),
        *,
        identity: str | None = None,
    ) -> None:
        self._server._stats.refusals[cause] += 1
        if self._server._ration.take():
            log.warning(
                "station refused", status=status, cause=cause, reason=reason, peer=self._half.peer, identity=identity
            )
        station.refuse(status, headers, b"")

    def _left(self, how: Closed) -> None:
        server = self._server
        server._stats.station.closes[how.cause] += 1
        if how.cause == "bad_request":
            server._stats.refusals["bad_request"] += 1
        if self._came_as is not None:
            server.went(self._listening, self._came_as)
        if self._link is not None:
            server._door.station_left(self._link, how)


async def _open_all(
    fresh: dict[tuple[str, int], _Listening],
) -> list[tuple[tuple[str, int], _Listening, list[socket.socket]]]:
    """All or none of them. Raises an OSError that names the place."""
    opened: list[tuple[tuple[str, int], _Listening, list[socket.socket]]] = []
    try:
        for place, listening in fresh.items():
            opened.append((place, listening, await _open(listening.settings)))
    except OSError as error:
        for _, _, socks in opened:
            for sock in socks:
                sock.close()
        words = f"cannot listen on {place[0]} port {place[1]}: {error.strerror}"
        raise OSError(error.errno, words) from None
    return opened


async def _open(settings: ListenerSettings) -> list[socket.socket]:
    """The listening sockets of one address: `::` is every address of both families, a socket each."""
    host = None if settings.address == "::" else settings.address
    found = await trio.open_tcp_listeners(settings.port, host=host, backlog=BACKLOG)
    socks = [socket.socket(fileno=listener.socket.detach()) for listener in found]
    for sock in socks:
        sock.setblocking(False)
    return socks
