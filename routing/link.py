"""One arrival of one station: its leg, the leg to its CSMS, and how both come and go together.

In `mirror` the station's upgrade waits until the CSMS has answered, and gets that answer. In `early` the station is let
in at once and what it says waits. When one leg goes, the other is let go (6.3), and the link is forgotten when the edge
has reported both gone. Where the policy says so the station stays while its CSMS is lost: for a moment of grace in
which what it says waits, or for as long as the box can stand in (`conversation`). A CSMS that refuses is not lost: its
refusal is the station's (3.15.9). The states are in `link_states`.
"""

from math import inf

from routing import handshake
from routing.commands import Accept, Command, Dial, Observe, Refuse, WakeAt
from routing.common import Common
from routing.conversation import Conversation
from routing.errors import OurBug
from routing.events import (
    BacklogFound,
    Fetched,
    Kept,
    LegLost,
    NotKept,
    OwnCallAsked,
    ReadingStopped,
    StationArrived,
    UpstreamAccepted,
    UpstreamRefused,
)
from routing.exchange import Ending
from routing.link_legs import LinkLegs, Presence, unavailable
from routing.link_states import TALKING, Move, State
from routing.observations import LinkOpened, OutageBegan, OutageEnded, OwnCallEnded
from routing.partings import LostCause, RefusedCause, blames_message, deliberate, undecided, words
from routing.policy import StationPolicy
from routing.values import Instant, Leg

CROWDED = "more stations at once than may go on to their CSMS"


class Link(LinkLegs):
    """State and both legs of one arrival. Every method appends what is to be done to `out`."""

    def __init__(self, event: StationArrived, policy: StationPolicy, common: Common) -> None:
        super().__init__(event.link, event.identity, policy)
        self.key = event.identity.casefold()
        self._offer = event.offer
        self._known = event.known
        self._common = common
        self._dial_at = inf
        self._give_up_at = inf
        self._armed_at = inf
        self._grace_ends_at = inf
        self._upward: tuple[str, ...] = ()
        self.admitted = False
        """It has its place in the line of those that dial."""
        self.crowded = False
        """That line is longer than it can wait."""

    @property
    def trusted(self) -> bool:
        """The box itself knows that the station is who it says."""
        return self._known.trusted

    @property
    def wants_dial(self) -> bool:
        """True while the next step is to dial the CSMS."""
        return self.state in (State.NEW, State.HELD, State.GREETED, State.CARRYING)

    def patience_s(self, now: Instant) -> float:
        """How long this link may still wait before it dials; who stays without its CSMS has all the time."""
        if self.state is State.CARRYING:
            return inf
        whole_s = 0.0 if self.policy.close_style == "refuse" else self.policy.hold_s
        return max(0.0, min(whole_s, self._give_up_at - now))

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
        self._exchange = self._conversation(version.spoken)
        self._dial_at = now + self.policy.probe_grace_s

    def _conversation(self, spoken: str) -> Conversation:
        return Conversation(self.link, self.identity, self.policy, spoken, self._common, self._known)

    def dial(self, wait_s: float, now: Instant, out: list[Command]) -> None:
        """Dial, or wait for the back-off to end if that is soon enough, or give up (5.4)."""
        if wait_s <= 0:
            self._move(Move.DIAL)
            self.admitted = False
            self._legs[Leg.CSMS] = Presence.WAITING
            self._dial_at = inf
            out.append(Dial(link=self.link, csms=self.policy.csms, offer=self._upward))
            return
        self._give_up_at = now + self.patience_s(now)
        if now + wait_s > self._give_up_at:
            self._cannot_wait(wait_s, now, out)
            return
        self._move(Move.HOLD)
        self._dial_at = now + wait_s

    def accepted(self, event: UpstreamAccepted, now: Instant, out: list[Command]) -> None:
        """The CSMS took the dial: join both legs, or part if they have no version in common."""
        if self.over:
            return
        self._expect(State.DIALLING, State.JOINING, State.REDIALLING)
        self._legs[Leg.CSMS] = Presence.UP
        if self.state is not State.DIALLING:
            self._join_again(event, now, out)
            return
        version = handshake.agreed(self.policy, self._offer, event.subprotocol)
        if version is None:
            self._no_common_version(out)
            return
        self._move(Move.JOIN)
        out.append(Accept(link=self.link, subprotocol=version.header))
        self._legs[Leg.STATION] = Presence.UP
        self._exchange = self._conversation(version.spoken)
        self._opened(now, out)

    def _join_again(self, event: UpstreamAccepted, now: Instant, out: list[Command]) -> None:
        """The station is in already: its version stands."""
        offer = self._upward if self._offer else ()
        version = handshake.agreed(self.policy, offer, event.subprotocol)
        if version is None or version.spoken != self.exchange.subprotocol:
            self._other_version(out)
            return
        greeted = self.state is State.JOINING
        self._move(Move.JOIN)
        self._grace_ends_at = inf
        if greeted:
            self._opened(now, out)
            return
        out.append(Observe(link=self.link, what=OutageEnded(identity=self.identity, backlog=self.exchange.carries)))
        self.exchange.join(now, out)

    def _other_version(self, out: list[Command]) -> None:
        """The CSMS speaks another version now than with this station before."""
        if self.state is State.JOINING:
            self._no_common_version(out)
        else:
            self._part("csms_refused", Leg.CSMS, 1002, "no OCPP version in common", out)

    def _opened(self, now: Instant, out: list[Command]) -> None:
        self._observe_opened(out, carried=False)
        self.exchange.join(now, out)

    def _observe_opened(self, out: list[Command], *, carried: bool) -> None:
        spoken = self.exchange.subprotocol
        opened = LinkOpened(identity=self.identity, subprotocol=spoken, carried=carried)
        out.append(Observe(link=self.link, what=opened))

    def refused(self, event: UpstreamRefused, now: Instant, out: list[Command]) -> None:
        """The CSMS's refusal is the station's (1.3.6)."""
        if self.over:
            return
        self._expect(State.DIALLING, State.JOINING, State.REDIALLING)
        self._legs[Leg.CSMS] = Presence.ABSENT
        reason = f"CSMS {self.policy.csms} answered {event.status}"
        away = undecided(event.status)
        if away and self._stays(reason, now, out):
            return
        if self.state is State.REDIALLING:
            self._part("csms_refused", Leg.CSMS, 1008, reason, out)
            return
        cause: RefusedCause = "csms_away" if away else "csms"
        refusal = Refuse(
            link=self.link,
            status=event.status,
            reason=reason,
            headers=event.headers,
            body=event.body,
        )
        self._turn_away(refusal, cause, out)

    def failed(self, reason: str, retry_s: float, now: Instant, out: list[Command]) -> None:
        """The dial came to nothing."""
        if self.over:
            return
        self._expect(State.DIALLING, State.JOINING, State.REDIALLING)
        self._legs[Leg.CSMS] = Presence.ABSENT
        self.away(reason, retry_s, now, out)

    def away(self, reason: str, retry_s: float, now: Instant, out: list[Command]) -> None:
        """The CSMS cannot be reached: the station stays or comes in where the box can stand in, else 503 (and when)."""
        if not self._stays(reason, now, out):
            self._turn_away(unavailable(self.link, reason, retry_s), "csms_away", out)

    def _cannot_wait(self, retry_s: float, now: Instant, out: list[Command]) -> None:
        """It is not its turn soon enough: it comes in where the box can stand in, else it comes back later."""
        if not self.crowded:
            self.away(f"CSMS {self.policy.csms} was away at the last attempt", retry_s, now, out)
        elif not self._stays(CROWDED, now, out):
            self._turn_away(unavailable(self.link, CROWDED, retry_s), "crowded", out)

    def _stays(self, reason: str, now: Instant, out: list[Command]) -> bool:
        """Keep a station without its CSMS, if that may be."""
        if self.state is State.REDIALLING:
            self._move(Move.STAY)
        elif self.state is State.CARRYING:
            return True
        elif not self._comes_in(now, out):
            return False
        self._dial_at = now
        if now >= self._grace_ends_at:
            self._stand_in(reason, now, out)
        return True

    def _comes_in(self, now: Instant, out: list[Command]) -> bool:
        """A station that arrives while its CSMS is away: it must have been there before, and prove itself here."""
        if self.policy.outage.mode != "carry" or not self._known.trusted:
            return False
        greeted = self._exchange is not None
        version = handshake.remembered(self.policy, self._offer, self._known.subprotocol)
        exchange = self._exchange or (self._conversation(version.spoken) if version is not None else None)
        if exchange is None or not exchange.may_carry(now):
            return False
        self._move(Move.STAY)
        self._exchange, self._upward = exchange, (exchange.subprotocol,)
        if not greeted and version is not None:
            out.append(Accept(link=self.link, subprotocol=version.header))
            self._legs[Leg.STATION] = Presence.UP
        self._observe_opened(out, carried=True)
        self._grace_ends_at = now
        return True

    def _stand_in(self, reason: str, now: Instant, out: list[Command]) -> None:
        """The grace is over: the box answers from now on, or lets the station go."""
        self._grace_ends_at = inf
        if not self.exchange.may_carry(now):
            self._part("csms_closed", Leg.CSMS, None, reason, out)
            return
        out.append(Observe(link=self.link, what=OutageBegan(identity=self.identity, carried=True, reason=reason)))
        self.exchange.carry_on(now, out)

    def _left_alone(self, event: LegLost, now: Instant, out: list[Command]) -> bool:
        """The CSMS of an open link is lost: True when the station stays for now. A refusal is no loss (3.15.9)."""
        outage = self.policy.outage
        carries = self.exchange.may_carry(now)
        if deliberate(event.code) or not (carries or outage.grace_s):
            return False
        self._move(Move.STAY)
        self.exchange.suspend(out)
        self._dial_at, self._upward = now, (self.exchange.subprotocol,) if self.exchange.subprotocol else ()
        self._grace_ends_at = now + outage.grace_s
        if outage.grace_s:
            began = OutageBegan(identity=self.identity, carried=False, reason=event.reason)
            out.append(Observe(link=self.link, what=began))
        else:
            self._stand_in(event.reason, now, out)
        return True

    def replaced(self, out: list[Command]) -> None:
        """A newer connection of the same station takes over (1.2.7)."""
        if self.state in TALKING:
            self._part("replaced", None, None, "a newer connection of this station", out)
        else:
            self._turn_away(unavailable(self.link, "a newer connection of this station", 1.0), "replaced", out)

    def stopped(self, event: ReadingStopped, out: list[Command]) -> None:
        """The edge gives this link up: a bug of ours, or the box stops."""
        if self.over:
            return
        cause: LostCause = "bug" if event.code == 1011 else "stopping"
        if self.state in TALKING:
            self._part(cause, None, event.code, event.reason, out)
        else:
            self._turn_away(unavailable(self.link, event.reason, 1.0), "bug" if cause == "bug" else "stopping", out)

    def lost(self, event: LegLost, now: Instant, out: list[Command]) -> None:
        """A leg is gone: the other is let go (6.3), the last one ends the link."""
        was = self._legs[event.leg]
        self._legs[event.leg] = Presence.ABSENT
        if self.state is State.ENDING:
            self._forget_if_alone(out)
            return
        if self.state is State.OPEN and event.leg is Leg.CSMS and blames_message(event.code):
            self.exchange.blamed(out)
        if self.state is State.OPEN and event.leg is Leg.CSMS and self._left_alone(event, now, out):
            return
        elif self.state is State.OPEN or (self.state in TALKING and event.leg is Leg.STATION):
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
            self._ends(ending, out)
        elif self.state is State.GREETED:
            self._dial_at = min(self._dial_at, now) if self._give_up_at == inf else self._dial_at

    def ask(self, event: OwnCallAsked, now: Instant, out: list[Command]) -> None:
        """An own CALL; without an open link it ends at once."""
        if self.state in TALKING:
            self.exchange.ask(event, now, out)
        else:
            ended = OwnCallEnded(identity=self.identity, token=event.token, action=event.action, verdict="dropped")
            out.append(Observe(link=self.link, what=ended))

    def woke(self, now: Instant, out: list[Command]) -> None:
        """Time has passed: free slots, recycle a half-dead station."""
        if now >= self._armed_at:
            self._armed_at = inf
        if self.state not in TALKING:
            return
        if now >= self._grace_ends_at:
            self._stand_in("the CSMS did not come back in time", now, out)
        if self.state in TALKING:
            self._ends(self.exchange.expire(now, out), out)

    def stored(self, event: Kept | NotKept | Fetched | BacklogFound, now: Instant, out: list[Command]) -> None:
        """News of the journal."""
        if self.state not in TALKING:
            return
        if isinstance(event, Kept):
            self.exchange.kept(event.ticket, event.row, now, out)
        elif isinstance(event, Fetched):
            self.exchange.fetched(event, now, out)
        elif isinstance(event, BacklogFound):
            self.exchange.found(now, out)
        else:
            self._ends(self.exchange.not_kept(event.ticket), out)

    def _ends(self, ending: Ending | None, out: list[Command]) -> None:
        """What the conversation found makes the link end."""
        if ending == "overrun":
            self._overrun(out)
        elif ending == "half_dead":
            self._part("half_dead", None, None, "station answers no CALL", out)
        elif ending == "journal":
            self._part("journal", None, None, "what the station said cannot be stored", out)
        elif ending == "clock":
            self._part("csms_closed", Leg.CSMS, None, "nobody trustworthy tells the time", out)
        elif ending == "csms_refused":
            self._part("csms_refused", Leg.CSMS, None, "the CSMS did not accept the station's BootNotification", out)

    def arm(self, out: list[Command]) -> None:
        """Have the edge wake this link when something is due; one alarm at a time is enough."""
        due_at = self._dial_at if self.wants_dial else inf
        if self.state in TALKING:
            due_at = min(due_at, self._grace_ends_at, self.exchange.due_at())
        if due_at < self._armed_at:
            self._armed_at = due_at
            out.append(WakeAt(link=self.link, at=Instant(due_at)))


def _lost_cause(event: LegLost) -> LostCause:
    if event.leg is Leg.STATION:
        return "station_closed"
    return "csms_refused" if event.code == 1008 else "csms_closed"
