"""The switchboard of a simulated box: events in, commands out around the real router, cables instead of sockets.

It does what `localctl.net.pump.Switchboard` does and offers the controller the same: an observer, and `call`. Events
take their turns as there. A bug of ours, which costs one link, is kept in `bugs` too: a simulation in which one
happened has failed.
"""

import itertools
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

import trio

from localctl.demo.wire import Gone
from localctl.net.own_calls import FollowUpTaker, OwnCalls
from localctl.net.turns import Turns
from localctl.simulate.cable import Cable, Lag, Peer, Tamper
from localctl.simulate.line import MemoryLine
from localctl.simulate.mail import Mail
from routing.commands import Accept, Close, Command, Dial, Forget, Observe, Pause, Refuse, Resume, Send, WakeAt
from routing.errors import OurBug
from routing.events import (
    Event,
    FollowUp,
    FrameArrived,
    LegLost,
    OwnCallAsked,
    Priority,
    StationArrived,
    UpstreamAccepted,
    UpstreamFailed,
    Woke,
)
from routing.observations import FollowUpArrived, LinkLost, LinkOpened, Observation, OwnCallEnded
from routing.router import Router
from routing.values import Instant, Leg, LinkId

PATIENCE_S: Final = 20.0
UPSTREAM_LAG: Final = Lag(to_peer_s=0.03, to_box_s=0.03)
MOST_BUGS: Final = 20
Observer = Callable[[LinkId, Observation, Instant], None]


class Upstream(Protocol):
    """The CSMS as the board sees it."""

    away: bool
    """True: nobody answers a dial."""

    def admit(self, identity: str, offer: tuple[str, ...]) -> tuple[str, Peer]:
        """Take a station's connection: the version, and who hears what comes over it."""

    def joined(self, identity: str, cable: Cable) -> None:
        """The cable on which that station may be talked to."""


class _Side:
    """The box's end of one leg."""

    __slots__ = ("_board", "_leg", "_link")

    def __init__(self, board: "Board", link: LinkId, leg: Leg) -> None:
        self._board, self._link, self._leg = board, link, leg

    def heard(self, text: str) -> None:
        self._board.arrived(self._link, self._leg, text)

    def lost(self, reason: str, code: int | None) -> None:
        self._board.post(LegLost(link=self._link, leg=self._leg, reason=reason, code=code))


class _Link:
    """One arrival of one station."""

    def __init__(self, number: LinkId, identity: str, line: MemoryLine) -> None:
        self.id, self.identity, self.line = number, identity, line
        self.cables: dict[Leg, Cable] = {}
        self.paused: dict[Leg, deque[str]] = {}
        self.dialling = False
        self.broken = False


class Board:
    """All cables of the box around one router. `tampers` gives what meddles with a station's cable, if anything."""

    def __init__(
        self,
        router: Router,
        mail: Mail,
        upstream: Upstream,
        observer: Observer,
        *,
        lag: Callable[[str], Lag] = lambda _identity: Lag(),
        tampers: Callable[[str], Tamper | None] = lambda _identity: None,
    ) -> None:
        self.bugs: list[str] = []
        self.up = True
        self.unreachable: set[str] = set()
        """Stations whose dials come to nothing."""
        self.on_link: Callable[[str, bool], None] = lambda _identity, _open: None
        """Told when a station and its CSMS are joined, and when no longer."""
        self.on_order: Callable[[str, str], None] = lambda _identity, _action: None
        """Told of every own CALL that is asked for."""
        self._mail, self._upstream, self._observer = mail, upstream, observer
        self._lag, self._tampers = lag, tampers
        self._links: dict[LinkId, _Link] = {}
        self._open: dict[str, LinkId] = {}
        self._ids = itertools.count(1)
        self._calls = OwnCalls()
        self._follow_ups: dict[int, FollowUpTaker] = {}
        self._turns = self._turns_of(router)

    # A station's way in.

    async def dial(self, identity: str, offer: tuple[str, ...]) -> MemoryLine:
        """Connect a station. Raises OSError when nobody listens, `TurnedAway` or `Gone` like a WebSocket would."""
        await trio.sleep(self._lag(identity).to_box_s)
        if not self.up or identity in self.unreachable:
            raise OSError("no answer")
        number, line = LinkId(next(self._ids)), MemoryLine()
        link = self._links[number] = _Link(number, identity, line)
        side = _Side(self, number, Leg.STATION)
        cable = Cable(self._mail, self._lag(identity), box=side, peer=line, tamper=self._tampers(identity))
        line.cable = link.cables[Leg.STATION] = cable
        self.post(StationArrived(link=number, identity=identity, offer=offer))
        with trio.move_on_after(PATIENCE_S):
            try:
                await line.opened()
                return line
            except BaseException:
                line.drop()
                raise
        line.drop()
        raise Gone("no answer to the upgrade")

    # What happens to the box.

    def cable_of(self, identity: str) -> Cable | None:
        """The station's newest cable, if it has one."""
        found = [link for link in self._links.values() if link.identity == identity]
        return found[-1].cables.get(Leg.STATION) if found else None

    def csms_lost(self) -> None:
        """Every connection to the CSMS breaks."""
        for link in list(self._links.values()):
            if Leg.CSMS in link.cables:
                link.cables[Leg.CSMS].snap()

    def crash(self) -> None:
        """The box loses power: every connection ends, nothing is said."""
        self.up = False
        links, self._links, self._open = list(self._links.values()), {}, {}
        for link in links:
            for cable in link.cables.values():
                cable.box_open = False
                cable.tell(partial(cable.leave, None, "reset"))
            self.on_link(link.identity, False)

    def start_again(self, router: Router, observer: Observer) -> None:
        """The box is back, with a new router."""
        self._turns, self._observer, self._calls, self.up = self._turns_of(router), observer, OwnCalls(), True

    def _turns_of(self, router: Router) -> Turns[_Link]:
        return Turns(router, self._links, carry_out=self._carry_out, forget=self._forget, tell=self._tell_bug)

    # Events in.

    def post(self, event: Event) -> None:
        """Let the router handle this, now or right after what it is handling."""
        if event.link in self._links:
            self._turns.post(event)

    def arrived(self, number: LinkId, leg: Leg, text: str) -> None:
        """A text came in; it waits while its leg is paused."""
        link = self._links.get(number)
        if link is None:
            return
        if leg in link.paused:
            link.paused[leg].append(text)
        else:
            self.post(FrameArrived(link=number, leg=leg, text=text))

    def _tell_bug(self, link: _Link | None, error: BaseException) -> None:
        self._note(f"{link and link.identity}: {error!r}")

    def _note(self, bug: str) -> None:
        if len(self.bugs) < MOST_BUGS:
            self.bugs.append(bug)

    # Commands out.

    def _carry_out(self, command: Command, now: Instant) -> None:
        if isinstance(command, Observe):
            self._observe(command.link, command.what, now)
            return
        if isinstance(command, WakeAt):
            self._mail.at(command.at, partial(self.post, Woke(link=command.link)))
            return
        link = self._links.get(command.link)
        if link is None:
            return
        match command:
            case Send():
                if command.leg in link.cables:
                    link.cables[command.leg].give(command.text)
            case Dial():
                link.dialling = True
                self._mail.after(UPSTREAM_LAG.to_peer_s * 2, partial(self._dial, link, command.offer))
            case Accept():
                link.cables[Leg.STATION].tell(partial(link.line.accept, command.subprotocol))
            case Refuse():
                self._refuse(link, command.status)
            case Close():
                self._close(link, command)
            case Pause():
                link.paused.setdefault(command.leg, deque())
            case Resume():
                for text in link.paused.pop(command.leg, ()):
                    self.post(FrameArrived(link=link.id, leg=command.leg, text=text))
            case Forget():
                self._forget(link)
            case _:
                raise OurBug(f"no way to carry out {type(command).__name__}")

    def _dial(self, link: _Link, offer: tuple[str, ...]) -> None:
        if not link.dialling or link.id not in self._links:
            return
        link.dialling = False
        if self._upstream.away:
            self.post(UpstreamFailed(link=link.id, reason="no answer"))
            return
        version, peer = self._upstream.admit(link.identity, offer)
        side = _Side(self, link.id, Leg.CSMS)
        cable = link.cables[Leg.CSMS] = Cable(self._mail, UPSTREAM_LAG, box=side, peer=peer)
        self._upstream.joined(link.identity, cable)
        self.post(UpstreamAccepted(link=link.id, subprotocol=version))

    def _refuse(self, link: _Link, status: int) -> None:
        cable = link.cables[Leg.STATION]
        cable.box_open = False
        cable.tell(partial(link.line.refuse, status))

    def _close(self, link: _Link, command: Close) -> None:
        if command.leg is Leg.CSMS and Leg.CSMS not in link.cables:
            link.dialling = False
            return
        cable = link.cables[command.leg]
        if not cable.box_open:
            return
        if command.style == "close":
            cable.hang_up(command.code, command.reason)
        else:
            cable.abort()

    def _forget(self, link: _Link) -> None:
        self._links.pop(link.id, None)
        if self._open.get(link.identity.casefold()) == link.id:
            del self._open[link.identity.casefold()]

    def _observe(self, number: LinkId, what: Observation, now: Instant) -> None:
        match what:
            case OwnCallEnded():
                self._calls.end(what)
            case FollowUpArrived():
                taker = self._follow_ups.get(what.token)
                if taker is not None:
                    self._quietly(partial(taker, what))
            case LinkOpened():
                self._open[what.identity.casefold()] = number
                self.on_link(what.identity, True)
            case LinkLost():
                self.on_link(what.identity, False)
        self._quietly(partial(self._observer, number, what, now))

    def _quietly(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception as error:
            self._note(f"an observer failed: {error!r}")

    # Own CALLs.

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
        """Ask a station something in the box's own name and wait for the end of it, whatever that is."""
        number, token = self._open.get(identity.casefold()), self._calls.new_token()
        if number is None or number not in self._links:
            return OwnCallEnded(identity=identity, token=token, action=action, verdict="dropped")
        if follow_up is not None and on_follow_up is not None:
            self._follow_ups[token] = on_follow_up
            self._mail.after(follow_up.within_s, partial(self._forget_follow_up, token))
        self.on_order(identity, action)
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

    def _forget_follow_up(self, token: int) -> None:
        self._follow_ups.pop(token, None)
