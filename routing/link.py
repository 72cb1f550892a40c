"""One arrival of one station: its leg, the leg to its CSMS, and how both come and go together.

    mirror: HELD ─> DIALLING ─> OPEN ─> ENDING ─> GONE      early: GREETED ─> JOINING ─> OPEN ─> ENDING ─> GONE

In `mirror` the station's upgrade waits until the CSMS has answered, and gets that answer. In `early` the station is let
in at once and what it says waits. A leg is never open without the other for long: when one goes, the other is let go
(6.3), and the link is forgotten when the edge has reported both gone. `MOVES` is the whole machine; a move that is not
in it is our bug.
"""

from collections.abc import Mapping
from enum import Enum
from math import ceil, inf
from types import MappingProxyType

from routing import handshake
from routing.commands import Accept, Close, Command, Dial, Forget, Observe, Refuse, WakeAt
from routing.errors import OurBug
from routing.events import LegLost, OwnCallAsked, ReadingStopped, StationArrived, UpstreamAccepted, UpstreamRefused
from routing.exchange import Exchange
from routing.ids import OwnIds
from routing.observations import LinkLost, LinkOpened, LinkRefused, OwnCallEnded
from routing.partings import LostCause, RefusedCause, code_onward, words
from routing.policy import StationPolicy
from routing.values import Instant, Leg, LinkId


class State(Enum):
    """Where a link stands."""

    NEW = "new"
    HELD = "held"
    DIALLING = "dialling"
    GREETED = "greeted"
    JOINING = "joining"
    OPEN = "open"
    ENDING = "ending"
    GONE = "gone"


class Move(Enum):
    """Why a link changes its state."""

    HOLD = "hold"
    GREET = "greet"
    DIAL = "dial"
    JOIN = "join"
    END = "end"
    FORGET = "forget"


MOVES: Mapping[tuple[State, Move], State] = MappingProxyType(
    {
        (State.NEW, Move.HOLD): State.HELD,
        (State.NEW, Move.DIAL): State.DIALLING,
        (State.NEW, Move.GREET): State.GREETED,
        (State.NEW, Move.END): State.ENDING,
        (State.HELD, Move.HOLD): State.HELD,
        (State.HELD, Move.DIAL): State.DIALLING,
        (State.HELD, Move.END): State.ENDING,
        (State.DIALLING, Move.JOIN): State.OPEN,
        (State.DIALLING, Move.END): State.ENDING,
        (State.GREETED, Move.HOLD): State.GREETED,
        (State.GREETED, Move.DIAL): State.JOINING,
        (State.GREETED, Move.END): State.ENDING,
        (State.JOINING, Move.JOIN): State.OPEN,
        (State.JOINING, Move.END): State.ENDING,
        (State.OPEN, Move.END): State.ENDING,
        (State.ENDING, Move.FORGET): State.GONE,
    }
)


class Presence(Enum):
    """How far one leg is there. WAITING: the station's upgrade is held, or the CSMS is being dialled."""

    ABSENT = "absent"
    WAITING = "waiting"
    UP = "up"


class Link:
    """State and both legs of one arrival. Every method appends what is to be done to `out`."""

    def __init__(self, event: StationArrived, policy: StationPolicy, ids: OwnIds) -> None:
        self.link: LinkId = event.link
        self.identity = event.identity
        self.key = event.identity.casefold()
        self.policy = policy
        self.state = State.NEW
        self._offer = event.offer
        self._ids = ids
        self._legs = {Leg.STATION: Presence.WAITING, Leg.CSMS: Presence.ABSENT}
        self._exchange: Exchange | None = None
        self._dial_at = inf
        self._give_up_at = inf
        self._armed_at = inf
        self._upward: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """True once the link is on its way out."""
        return self.state in (State.ENDING, State.GONE)

    @property
    def wants_dial(self) -> bool:
        """True while the next step is to dial the CSMS."""
        return self.state in (State.NEW, State.HELD, State.GREETED)

    @property
    def exchange(self) -> Exchange:
        """The conversation; there is one from `Accept` on."""
        if self._exchange is None:
            raise OurBug(f"link {self.link}: no conversation while {self.state.name}")
        return self._exchange

    def dial_due(self, now: Instant) -> bool:
        """True when a link that waits has waited long enough."""
        return self.wants_dial and now >= self._dial_at

    def arrive(self, now: Instant, out: list[Command]) -> None:
        """Take the station in: turned away, greeted, or ready to dial (`wants_dial`)."""
        version = handshake.early(self.policy, self._offer) if self.policy.handshake == "early" else None
        self._upward = handshake.upward(self.policy, self._offer)
        if handshake.hopeless(self.policy, self._offer) or (version is None and self.policy.handshake == "early"):
            self._no_common_version(out)
        elif version is not None:
            self._greet(version, now, out)
        else:
            self._dial_at = now

    def _greet(self, version: handshake.Version, now: Instant, out: list[Command]) -> None:
        self._move(Move.GREET)
        self._upward = (version.spoken,) if version.spoken else ()
        out.append(Accept(link=self.link, subprotocol=version.header))
        self._legs[Leg.STATION] = Presence.UP
        self._exchange = Exchange(self.link, self.identity, self.policy, version.spoken, self._ids)
        self._dial_at = now + self.policy.probe_grace_s

    def dial(self, wait_s: float, now: Instant, out: list[Command]) -> None:
        """Dial, or wait for the back-off to end if that is soon enough, or give up (5.4)."""
        if wait_s <= 0:
            self._move(Move.DIAL)
            self._legs[Leg.CSMS] = Presence.WAITING
            self._dial_at = inf
            out.append(Dial(link=self.link, csms=self.policy.csms, offer=self._upward))
            return
        self._give_up_at = min(self._give_up_at, now + self.policy.hold_s)
        if now + wait_s > self._give_up_at:
            self.away(f"CSMS {self.policy.csms} was away at the last attempt", wait_s, out)
            return
        self._move(Move.HOLD)
        self._dial_at = now + wait_s

    def accepted(self, event: UpstreamAccepted, now: Instant, out: list[Command]) -> None:
        """The CSMS took the dial: join both legs, or part if they have no version in common."""
        if self.over:
            return
        self._expect(State.DIALLING, State.JOINING)
        self._legs[Leg.CSMS] = Presence.UP
        if self.state is State.JOINING:
            self._join_greeted(event, now, out)
            return
        version = handshake.agreed(self.policy, self._offer, event.subprotocol)
        if version is None:
            self._no_common_version(out)
            return
        self._move(Move.JOIN)
        out.append(Accept(link=self.link, subprotocol=version.header))
        self._legs[Leg.STATION] = Presence.UP
        self._exchange = Exchange(self.link, self.identity, self.policy, version.spoken, self._ids)
        self._opened(now, out)

    def _join_greeted(self, event: UpstreamAccepted, now: Instant, out: list[Command]) -> None:
        offer = self._upward if self._offer else ()
        version = handshake.agreed(self.policy, offer, event.subprotocol)
        if version is None or version.spoken != self.exchange.subprotocol:
            self._no_common_version(out)
            return
        self._move(Move.JOIN)
        self._opened(now, out)

    def _opened(self, now: Instant, out: list[Command]) -> None:
        exchange = self.exchange
        out.append(Observe(link=self.link, what=LinkOpened(identity=self.identity, subprotocol=exchange.subprotocol)))
        exchange.join(now, out)

    def refused(self, event: UpstreamRefused, out: list[Command]) -> None:
        """The CSMS's refusal is the station's (1.3.6)."""
        if self.over:
            return
        self._expect(State.DIALLING, State.JOINING)
        self._legs[Leg.CSMS] = Presence.ABSENT
        cause: RefusedCause = "csms_away" if event.status >= 500 else "csms"
        refusal = Refuse(
            link=self.link,
            status=event.status,
            reason=f"CSMS {self.policy.csms} answered {event.status}",
            headers=event.headers,
            body=event.body,
        )
        self._turn_away(refusal, cause, out)

    def failed(self, reason: str, retry_s: float, out: list[Command]) -> None:
        """The dial came to nothing."""
        if self.over:
            return
        self._expect(State.DIALLING, State.JOINING)
        self._legs[Leg.CSMS] = Presence.ABSENT
        self.away(reason, retry_s, out)

    def away(self, reason: str, retry_s: float, out: list[Command]) -> None:
        """The CSMS cannot be reached: 503, with the time when asking again makes sense."""
        self._turn_away(_unavailable(self.link, reason, retry_s), "csms_away", out)

    def replaced(self, out: list[Command]) -> None:
        """A newer connection of the same station takes over (1.2.7)."""
        if self.state is State.OPEN:
            self._part("replaced", None, None, "a newer connection of this station", out)
        else:
            self._turn_away(_unavailable(self.link, "a newer connection of this station", 1.0), "replaced", out)

    def stopped(self, event: ReadingStopped, out: list[Command]) -> None:
        """The edge gives this link up: a bug of ours, or the box stops."""
        if self.over:
            return
        cause: LostCause = "bug" if event.code == 1011 else "stopping"
        if self.state is State.OPEN:
            self._part(cause, None, event.code, event.reason, out)
        else:
            self._turn_away(_unavailable(self.link, event.reason, 1.0), "bug" if cause == "bug" else "stopping", out)

    def lost(self, event: LegLost, out: list[Command]) -> None:
        """A leg is gone: the other is let go (6.3), the last one ends the link."""
        was = self._legs[event.leg]
        self._legs[event.leg] = Presence.ABSENT
        if self.state is State.ENDING:
            self._forget_if_alone(out)
        elif self.state is State.OPEN:
            self._part(_lost_cause(event), event.leg, event.code, event.reason, out)
        elif event.leg is Leg.CSMS:
            self._legs[event.leg] = was
            raise OurBug(f"link {self.link}: CSMS leg lost while {self.state.name}")
        else:
            self._end(1001, words(event.reason, event.code), out)
            self._refused(499, "gone", event.reason, out)
            self._forget_if_alone(out)

    def frame(self, leg: Leg, text: str, now: Instant, out: list[Command]) -> None:
        """A frame of either peer. What arrives while the link ends is too late to be of use."""
        if self.over:
            return
        if self._legs[leg] is not Presence.UP:
            raise OurBug(f"link {self.link}: frame from the {leg.value} while {self.state.name}")
        ending = self.exchange.frame(leg, text, now, out)
        if ending is not None:
            self._overrun(out)
        elif self.state is State.GREETED:
            self._dial_at = min(self._dial_at, now) if self._give_up_at == inf else self._dial_at

    def ask(self, event: OwnCallAsked, now: Instant, out: list[Command]) -> None:
        """An own CALL; without an open link it ends at once."""
        if self.state is State.OPEN:
            self.exchange.ask(event, now, out)
        else:
            ended = OwnCallEnded(identity=self.identity, token=event.token, action=event.action, verdict="dropped")
            out.append(Observe(link=self.link, what=ended))

    def woke(self, now: Instant, out: list[Command]) -> None:
        """Time has passed: free slots, recycle a half-dead station."""
        if now >= self._armed_at:
            self._armed_at = inf
        if self.state is State.OPEN and self.exchange.expire(now, out) == "half_dead":
            self._part("half_dead", None, None, "station answers no CALL", out)

    def arm(self, out: list[Command]) -> None:
        """Have the edge wake this link when something is due; one alarm at a time is enough."""
        if self.state is State.OPEN and self._exchange is not None:
            due_at = self._exchange.due_at()
        else:
            due_at = self._dial_at if self.wants_dial else inf
        if due_at < self._armed_at:
            self._armed_at = due_at
            out.append(WakeAt(link=self.link, at=Instant(due_at)))

    def _no_common_version(self, out: list[Command]) -> None:
        """HTTP 400 (TC_B_58_CSMS), or Part 4's upgrade without a version that is closed at once (3.3)."""
        reason = "no OCPP version in common"
        if self._legs[Leg.STATION] is Presence.WAITING and self.policy.no_common_subprotocol == "close":
            out.append(Accept(link=self.link, subprotocol=None))
            self._legs[Leg.STATION] = Presence.UP
            self._turn_away(Refuse(link=self.link, status=101, reason=reason), "subprotocol", out, code=1002)
        else:
            self._turn_away(Refuse(link=self.link, status=400, reason=reason), "subprotocol", out, code=1002)

    def _overrun(self, out: list[Command]) -> None:
        reason = "too many frames wait"
        if self.state is State.OPEN:
            self._part("overrun", None, 1013, reason, out)
        else:
            self._turn_away(_unavailable(self.link, reason, 1.0), "overrun", out, code=1013)

    def _turn_away(self, refusal: Refuse, cause: RefusedCause, out: list[Command], *, code: int | None = None) -> None:
        """Before the link was open: refuse the upgrade, or close what was already upgraded."""
        if self._legs[Leg.STATION] is Presence.WAITING:
            out.append(refusal)
            self._legs[Leg.STATION] = Presence.ABSENT
        fallback = 1008 if cause == "csms" else self.policy.close_code
        self._end(code or fallback, "", out)
        self._refused(refusal.status, cause, refusal.reason, out)
        self._forget_if_alone(out)

    def _part(self, cause: LostCause, by: Leg | None, code: int | None, reason: str, out: list[Command]) -> None:
        """An open link ends: whoever is still there is let go (6.3)."""
        self._end(
            code_onward(code, self.policy.close_code),
            words(reason, code),
            out,
            code_up=code_onward(code, 1001),
            half_dead=cause == "half_dead",
        )
        self.exchange.end(out)
        lost = LinkLost(identity=self.identity, by=by, cause=cause, code=code, reason=reason)
        out.append(Observe(link=self.link, what=lost))
        self._forget_if_alone(out)

    def _end(self, code: int, reason: str, out: list[Command], *, code_up: int = 1001, half_dead: bool = False) -> None:
        self._move(Move.END)
        if self._legs[Leg.CSMS] is not Presence.ABSENT:
            out.append(Close(link=self.link, leg=Leg.CSMS, code=code_up, reason=reason))
        if self._legs[Leg.CSMS] is Presence.WAITING:
            self._legs[Leg.CSMS] = Presence.ABSENT
        if self._legs[Leg.STATION] is Presence.UP:
            style = "drop" if half_dead else self.policy.close_style
            out.append(Close(link=self.link, leg=Leg.STATION, code=code, reason=reason, style=style))

    def _refused(self, status: int, cause: RefusedCause, reason: str, out: list[Command]) -> None:
        what = LinkRefused(identity=self.identity, status=status, cause=cause, reason=reason)
        out.append(Observe(link=self.link, what=what))

    def _forget_if_alone(self, out: list[Command]) -> None:
        if all(presence is Presence.ABSENT for presence in self._legs.values()):
            self._move(Move.FORGET)
            out.append(Forget(link=self.link))

    def _expect(self, *states: State) -> None:
        if self.state not in states:
            raise OurBug(f"link {self.link}: news of a dial while {self.state.name}")

    def _move(self, move: Move) -> None:
        try:
            self.state = MOVES[self.state, move]
        except KeyError:
            raise OurBug(f"link {self.link}: no move {move.name} from {self.state.name}") from None


def _lost_cause(event: LegLost) -> LostCause:
    if event.leg is Leg.STATION:
        return "station_closed"
    return "csms_refused" if event.code == 1008 else "csms_closed"


def _unavailable(link: LinkId, reason: str, retry_s: float) -> Refuse:
    retry = str(max(1, ceil(retry_s))).encode("ascii")
    return Refuse(link=link, status=503, reason=reason, headers=((b"Retry-After", retry),))
