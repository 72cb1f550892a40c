"""Sockets to events, commands to sockets. One router, all links; nothing is decided here.

Events take their turns (`turns`). A bug of ours in one link is logged, the link is ended, and no other link notices.
"""

import itertools
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Final

import structlog
import trio

from localctl.net import watch
from localctl.net.anew import come_anew
from localctl.net.blame import blame
from localctl.net.credentials import Gatekeeper
from localctl.net.dials import Dials, prepared
from localctl.net.keeping import KEEPING, Archive, Keeping
from localctl.net.legs import StationSocket
from localctl.net.links import Link, LinkStatus, Side
from localctl.net.own_calls import WAITS_S, FollowUpTaker, OwnCalls
from localctl.net.settings import EdgeSettings, ListenerSettings, StationEdge
from localctl.net.sockets import Closed
from localctl.net.station_server import StationServer
from localctl.net.stats import NetStats
from localctl.net.timers import Timers
from localctl.net.turns import Routes, Turns
from localctl.net.upstream import Visitor
from routing.commands import Accept, Close, Command, Dial, Forget, Observe, Pause, Refuse, Resume, Send, WakeAt
from routing.errors import OurBug
from routing.events import (
    Event,
    FollowUp,
    FrameArrived,
    LegLost,
    OwnCallAsked,
    Priority,
    ReadingStopped,
    StationArrived,
    Woke,
)
from routing.observations import FollowUpArrived, LinkOpened, Observation, OutageEnded, OwnCallEnded, PasswordChanged
from routing.values import Instant, Leg, LinkId

HIGH_WATER: Final = 262_144
"""A leg whose peer has so many bytes to take yet holds the other leg back."""
Observer = Callable[[LinkId, Observation, Instant], None]
log = structlog.get_logger("localctl.net")


class Switchboard:
    """All sockets of the box around one router.

    `observer` gets every observation; what it raises is logged and goes no further. `gatekeeper` knows passwords and
    profiles across restarts. `archive` keeps what stations said while their CSMS was away.
    """

    def __init__(
        self,
        router: Routes,
        edge: EdgeSettings,
        observer: Observer,
        *,
        gatekeeper: Gatekeeper | None = None,
        stats: NetStats | None = None,
        archive: Archive | None = None,
    ) -> None:
        self.stats = stats or NetStats()
        self._edge = edge
        self._observer = observer
        self._gatekeeper = gatekeeper or Gatekeeper()
        self._dials = Dials(self, self.stats, self._spawn, prepared(edge))
        self._server = StationServer(self, self._gatekeeper, self.stats, self._spawn, lambda: self._edge)
        self._timers = Timers(lambda link: self.post(Woke(link=LinkId(link))), self._tick)
        self._nursery: trio.Nursery | None = None
        self._links: dict[LinkId, Link] = {}
        self._turns = Turns(
            router, self._links, carry_out=self._carry_out, forget=self._forget, tell=self._tell_bug,
            read_ahead=self._hand_out,
        )  # fmt: skip
        self.bug = self._turns.bug
        self._open: dict[str, LinkId] = {}
        self._ids = itertools.count(1)
        self._calls = OwnCalls()
        self.keeping = Keeping(archive, self.post)
        self._thawed: deque[tuple[Link, Leg]] = deque()
        self._all_gone: trio.Event | None = None

    # -- life

    async def serve(self, task_status: trio.TaskStatus[dict[tuple[str, int], int]] = trio.TASK_STATUS_IGNORED) -> None:
        """Listen and route until `stop` or cancellation. Reports the ports once all listeners are open.

        Raises OSError (address in use) or tls.CertificateProblem before it has started.
        """
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            await self._server.apply(self._edge.listeners)
            nursery.start_soon(self._timers.run)
            task_status.started(self._server.ports)
        self._nursery = None

    async def reload(self, edge: EdgeSettings) -> None:
        """Use these settings from now on; sockets that are up stay. Raises what `serve` raises and changes nothing."""
        csmses = prepared(edge)
        await self._server.apply(edge.listeners)
        self._edge, self._dials.csmses = edge, csmses

    def reconnect(self, identities: Iterable[str]) -> None:
        """Have these stations come in anew, one after the other."""
        wanted = set(identities)
        links = [number for number, link in self._links.items() if link.visitor.identity in wanted]
        self._spawn(partial(come_anew, links, self._links, self.post))

    async def stop(self, grace_s: float = 5.0) -> None:
        """Close every link with 1001, give the peers a moment to hear it, then end `serve`."""
        self._server.close()
        for link in list(self._links):
            self.post(ReadingStopped(link=link, reason="the local controller stops", code=1001))
        with trio.move_on_after(grace_s):
            if self._links:
                self._all_gone = trio.Event()
                await self._all_gone.wait()
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    @property
    def ports(self) -> dict[tuple[str, int], int]:
        """Configured (address, port) to the port that is really listened on."""
        return self._server.ports

    def links(self) -> list[LinkStatus]:
        """All links as they are now."""
        return [link.status() for link in self._links.values()]

    def link_of(self, identity: str) -> Link | None:
        """The joined link of a station, for who tries out its connection (`wires`)."""
        number = self._open.get(identity.casefold())
        return None if number is None else self._links.get(number)

    def _spawn(self, task: Callable[[], Awaitable[object]]) -> None:
        if self._nursery is not None:
            self._nursery.start_soon(task)

    # -- events in

    def post(self, event: Event) -> None:
        """Let the router handle this, now or right after what it is handling."""
        self._turns.post(event)

    def _hand_out(self) -> FrameArrived | None:
        """The next message that was read ahead while its leg was held."""
        while self._thawed:
            link, leg = self._thawed[0]
            socket = link.socket(leg)
            text = socket.take() if socket is not None else None
            if text is not None:
                return FrameArrived(link=link.id, leg=leg, text=text)
            self._thawed.popleft()
        return None

    def _tell_bug(self, link: Link | None, error: BaseException) -> None:
        self.stats.bugs += 1
        log.error("a link ended by a bug of ours", identity=link and link.visitor.identity, **blame(error))

    def station_arrived(
        self, station: StationSocket, visitor: Visitor, edge: StationEdge, listener: ListenerSettings, peer: str
    ) -> int:
        """A station waits for its verdict."""
        number = LinkId(next(self._ids))
        link = Link(
            number,
            station,
            visitor,
            edge,
            profile=listener.security_profile,
            peer=peer,
            close_timeout_s=self._edge.limits.close_timeout_s,
        )
        self._links[number] = link
        station.taker = Side(self, link, Leg.STATION)
        known = self.keeping.known(visitor.identity, trusted=visitor.trusted)
        self.post(StationArrived(link=number, identity=visitor.identity, offer=station.offer, known=known))
        return number

    def station_left(self, link: int, how: Closed) -> None:
        """The down leg is gone."""
        self.post(LegLost(link=LinkId(link), leg=Leg.STATION, reason=how.reason, code=how.code))

    def frame_arrived(self, link: Link, leg: Leg, text: str) -> None:
        """A message came in."""
        self.post(FrameArrived(link=link.id, leg=leg, text=text))

    def room_again(self, link: Link, leg: Leg) -> None:
        """This leg takes again, so the other one may bring."""
        if leg.other in link.choked:
            link.choked.discard(leg.other)
            self._thaw(link, leg.other)

    # -- commands out

    def _carry_out(self, command: Command, now: Instant) -> None:
        match command:
            case Observe():
                self._observe(command.link, command.what, now)
                return
            case WakeAt():
                self._timers.at(command.at, command.link)
                return
        link = self._links.get(command.link)
        if link is None:
            return
        match command:
            case Send():
                self._send(link, command.leg, command.text)
            case Dial():
                link.dialling = trio.CancelScope()
                self._spawn(partial(self._dials.dial, link, command, link.dialling))
            case Accept():
                link.station.accept(command.subprotocol)
            case Refuse():
                link.station.refuse(command.status, command.headers, command.body)
            case Close():
                self._close(link, command)
            case Pause():
                link.paused.add(command.leg)
                self._hold(link, command.leg)
            case Resume():
                link.paused.discard(command.leg)
                self._thaw(link, command.leg)
            case Forget():
                self._forget(link)
            case _ if isinstance(command, KEEPING):
                self.keeping.carry_out(link.visitor.identity, command)
            case _:
                raise OurBug(f"no way to carry out {type(command).__name__}")

    def _send(self, link: Link, leg: Leg, text: str) -> None:
        socket = link.socket(leg)
        if socket is None:
            return
        socket.send(text)
        if socket.wire.queued > HIGH_WATER:
            link.choked.add(leg.other)
            self._hold(link, leg.other)

    def _hold(self, link: Link, leg: Leg) -> None:
        socket = link.socket(leg)
        if socket is not None:
            socket.hold()

    def _thaw(self, link: Link, leg: Leg) -> None:
        socket = link.socket(leg)
        if socket is None or link.is_held(leg):
            return
        socket.unhold()
        if socket.waiting_in:
            self._thawed.append((link, leg))
            if not self._turns.busy:
                self.post(Woke(link=link.id))

    def _close(self, link: Link, command: Close) -> None:
        if command.leg is Leg.CSMS and link.csms is None:
            if link.dialling is not None:
                link.dialling.cancel()
            return
        socket = link.socket(command.leg)
        if socket is None:
            return
        if command.style == "close" and socket.is_open:
            socket.close(command.code, command.reason)
        else:
            socket.abort()

    def _forget(self, link: Link) -> None:
        self._links.pop(link.id, None)
        key = link.visitor.identity.casefold()
        if self._open.get(key) == link.id:
            del self._open[key]
        link.cut()
        if self._all_gone is not None and not self._links:
            self._all_gone.set()

    def _observe(self, number: LinkId, what: Observation, now: Instant) -> None:
        link = self._links.get(number)
        match what:
            case OwnCallEnded():
                self._calls.end(what)
            case FollowUpArrived():
                taker = self._calls.taker_of(what.token)
                if taker is not None:
                    self._call_quietly(partial(taker, what))
            case LinkOpened() if link is not None:
                self._open[link.visitor.identity.casefold()] = number
                if not what.carried:
                    self._gatekeeper.came_in(link.visitor.identity, link.profile)
                    self._learn_password(link)
            case OutageEnded() if link is not None:
                self._learn_password(link)
            case PasswordChanged():
                edge = self._edge.station(what.identity)
                self._spawn(partial(self._gatekeeper.learn, edge, what.identity, what.password))
        self._call_quietly(partial(self._observer, number, what, now))

    def _learn_password(self, link: Link) -> None:
        """The CSMS took what the station sent: so can we, when the CSMS cannot be asked."""
        if link.edge.carries and link.edge.verify == "csms":
            identity, authorization = link.visitor.identity, link.visitor.authorization
            self._spawn(partial(self._gatekeeper.accepted, link.edge, identity, authorization))

    def _call_quietly(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:
            self.stats.observer_errors += 1
            log.error("an observer failed", **blame(error))

    def backlog_found(self, identity: str) -> None:
        """Something is kept for this station: send it, if station and CSMS are here and it is not under way."""
        number = self._open.get(identity.casefold())
        if number is not None:
            self.keeping.found(number)

    # -- own calls

    async def call(
        self,
        identity: str,
        action: str,
        payload: str,
        *,
        priority: Priority = Priority.ROUTINE,
        timeout_s: float | None = None,
        follow_up: FollowUp | None = None,
        on_follow_up: FollowUpTaker | None = None,
    ) -> OwnCallEnded:
        """Ask a station something in the box's own name and wait for the end of it, whatever that is.

        `payload` is JSON text. A station that is not there gives `dropped`. What `follow_up` makes the station send
        goes to `on_follow_up`.
        """
        number = self._open.get(identity.casefold())
        token = self._calls.new_token()
        if number is None:
            return OwnCallEnded(identity=identity, token=token, action=action, verdict="dropped")
        if follow_up is not None and on_follow_up is not None:
            self._calls.expect(token, on_follow_up, follow_up.within_s, waits_s=timeout_s or WAITS_S)
            self._spawn(partial(self._calls.forget_later, token))
        asked = OwnCallAsked(
            link=number,
            token=token,
            action=action,
            payload=payload,
            priority=priority,
            timeout_s=timeout_s,
            follow_up=follow_up,
        )
        return await self._calls.ended(token, partial(self.post, asked))

    def _tick(self, now: float) -> None:
        for link in list(self._links.values()):
            watch.look_at(link, now, self._edge.limits)
