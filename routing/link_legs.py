"""Both legs of a link, and how they are let go; what makes them come and go is in `link`.

Whoever is still there when one leg ends is closed with a code it may be told (`partings`), and the link is forgotten
when the edge has reported both legs gone.
"""

from enum import Enum
from math import ceil

from routing.commands import Accept, Close, Command, Forget, Observe, Refuse
from routing.conversation import Conversation
from routing.errors import OurBug
from routing.link_states import MOVES, TALKING, Move, State
from routing.observations import LinkLost, LinkRefused
from routing.partings import LostCause, RefusedCause, code_onward, words
from routing.policy import CloseStyle, StationPolicy
from routing.values import Leg, LinkId


class Presence(Enum):
    """How far one leg is there. WAITING: the station's upgrade is held, or the CSMS is being dialled."""

    ABSENT = "absent"
    WAITING = "waiting"
    UP = "up"


class LinkLegs:
    """State and legs of one link. Methods append what is to be done to `out`."""

    def __init__(self, link: LinkId, identity: str, policy: StationPolicy) -> None:
        self.link = link
        self.identity = identity
        self.policy = policy
        self.state = State.NEW
        self._legs = {Leg.STATION: Presence.WAITING, Leg.CSMS: Presence.ABSENT}
        self._exchange: Conversation | None = None

    @property
    def over(self) -> bool:
        """True once the link is on its way out."""
        return self.state in (State.ENDING, State.GONE)

    @property
    def exchange(self) -> Conversation:
        """The conversation; there is one from `Accept` on."""
        if self._exchange is None:
            raise OurBug(f"link {self.link}: no conversation while {self.state.name}")
        return self._exchange

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
        if self.state in TALKING:
            self._part("overrun", None, 1013, reason, out)
        else:
            self._turn_away(unavailable(self.link, reason, 1.0), "overrun", out, code=1013)

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
            style: CloseStyle = "drop" if half_dead or self.policy.close_style != "close" else "close"
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


def unavailable(link: LinkId, reason: str, retry_s: float) -> Refuse:
    retry = str(max(1, ceil(retry_s))).encode("ascii")
    return Refuse(link=link, status=503, reason=reason, headers=((b"Retry-After", retry),))
