"""All links of a site, and the only way in: `Router.handle`.

The router decides which link an event belongs to, and what one station's arrivals mean to each other: a newer
connection takes over when its CSMS has accepted it, not before, so a refused impostor never harms the one that works
(1.2.7). It keeps the back-off of each identity, because that outlives the link.
"""

from collections.abc import Callable

from routing.admission import Admission
from routing.backoff import Backoffs
from routing.carrying.authorizations import Authorizations
from routing.commands import Command, Forget, Observe, Refuse
from routing.common import Common, OwnAnswer, nobodys
from routing.errors import OurBug
from routing.events import (
    BacklogFound,
    Event,
    Fetched,
    FrameArrived,
    Kept,
    LegLost,
    NotKept,
    OwnCallAsked,
    ReadingStopped,
    StationArrived,
    UpstreamAccepted,
    UpstreamFailed,
    UpstreamRefused,
    Woke,
)
from routing.ids import OwnIds
from routing.link import Link
from routing.link_states import TALKING, State
from routing.observations import AdmissionDelayed, LinkRefused, OwnCallEnded
from routing.partings import undecided
from routing.policy import Policies, Refused
from routing.values import Instant, LinkId

MAX_ARRIVING = 4
"""Connections of one identity that may be under way at once, beside the one that is open."""


def _nobody_invents() -> int:
    raise OurBug("a 1.6 transaction began while the CSMS is away, and nobody numbers these")


class Router:
    """Events in, commands out. `own_key` marks the ids of own CALLs and should outlive restarts; `uniform` draws 0..1.

    `invent` numbers 1.6 transactions that begin while the CSMS is away and must never repeat. `common` is what all
    links share: its clock and paces are the edge's to set. `own_answer` knows the requests that are about what the box
    itself put on a station: they are answered here, because the CSMS would not understand them (Part 4 6.4).
    `policies` may be replaced at any time; links that are there keep the policy they came with.
    """

    def __init__(
        self,
        policies: Policies,
        *,
        own_key: bytes,
        uniform: Callable[[], float],
        authorizations: Authorizations | None = None,
        invent: Callable[[], int] = _nobody_invents,
        own_answer: OwnAnswer = nobodys,
    ) -> None:
        self.policies = policies
        self.common = Common(OwnIds(own_key, uniform), authorizations or Authorizations(own_key), invent, uniform)
        self.common.own_answer = own_answer
        self._backoffs = Backoffs(uniform)
        self._admission = Admission(self.common.admission, uniform)
        self._links: dict[LinkId, Link] = {}
        self._open: dict[str, Link] = {}
        self._arriving: dict[str, list[Link]] = {}

    def handle(self, event: Event, now: Instant) -> list[Command]:
        """What to do about one event. Events of forgotten links do nothing. Raises only `OurBug`."""
        out: list[Command] = []
        if isinstance(event, StationArrived):
            self._arrived(event, now, out)
            return out
        link = self._links.get(event.link)
        if link is None:
            return _too_late(event)
        self._dispatch(link, event, now, out)
        if link.state is not State.OPEN:
            self._settle(link, now, out)
        link.arm(out)
        return out

    def __len__(self) -> int:
        """Links that are not forgotten yet."""
        return len(self._links)

    def _dispatch(self, link: Link, event: Event, now: Instant, out: list[Command]) -> None:
        if isinstance(event, FrameArrived):
            link.frame(event.leg, event.text, now, out)
        elif isinstance(event, Woke):
            link.woke(now, out)
        elif isinstance(event, OwnCallAsked):
            link.ask(event, now, out)
        elif isinstance(event, LegLost):
            self._lost(link, event, now, out)
        elif isinstance(event, Kept | NotKept | Fetched | BacklogFound):
            link.stored(event, now, out)
        elif isinstance(event, UpstreamAccepted):
            self._accepted(link, event, now, out)
        elif isinstance(event, UpstreamRefused):
            self._refused(link, event, now, out)
        elif isinstance(event, UpstreamFailed):
            self._failed(link, event, now, out)
        elif isinstance(event, ReadingStopped):
            link.stopped(event, out)
        else:
            raise OurBug(f"unknown event {type(event).__name__}")

    def _arrived(self, event: StationArrived, now: Instant, out: list[Command]) -> None:
        if event.link in self._links:
            raise OurBug(f"link {event.link} arrived twice")
        policy = self.policies(event.identity)
        if isinstance(policy, Refused):
            out += _turned_away(event, policy)
            return
        link = Link(event, policy, self.common)
        self._links[event.link] = link
        arriving = self._arriving.setdefault(link.key, [])
        arriving.append(link)
        link.arrive(now, out)
        self._settle(link, now, out)
        link.arm(out)
        while len(arriving) > MAX_ARRIVING:
            self._replace(arriving[0], out)

    def _settle(self, link: Link, now: Instant, out: list[Command]) -> None:
        """Dial when that is due; take a link on its way out off the books."""
        if link.dial_due(now):
            mine: list[Command] = []
            link.dial(self._wait_s(link, now, out), now, mine)
            self._take_over(link, out)
            self._make_way(link, out)
            out += mine
        if link.over:
            self._detach(link)

    def _wait_s(self, link: Link, now: Instant, out: list[Command]) -> float:
        """Seconds until this link may dial: its back-off, then its place in the line of all that want to (storms)."""
        wait_s = self._backoffs.wait_s(link.key, now)
        link.crowded = False
        if wait_s > 0 or link.admitted:
            return wait_s
        turn = self._admission.ask(link.key, link.patience_s(now), now)
        link.admitted, link.crowded = turn.admitted, not turn.admitted
        if turn.wait_s > 0 and link.state is State.NEW:
            out.append(Observe(link=link.link, what=AdmissionDelayed(identity=link.identity, wait_s=turn.wait_s)))
        return turn.wait_s

    def _lost(self, link: Link, event: LegLost, now: Instant, out: list[Command]) -> None:
        """A station that stays without its CSMS waits before the first dial, like one that comes back (1.6.2)."""
        link.lost(event, now, out)
        if link.state is State.CARRYING:
            self._backoffs.failed(link.key, link.policy, now)

    def _replace(self, link: Link, out: list[Command]) -> None:
        link.replaced(out)
        self._detach(link)

    def _accepted(self, link: Link, event: UpstreamAccepted, now: Instant, out: list[Command]) -> None:
        self._backoffs.reached(link.key)
        mine: list[Command] = []
        link.accepted(event, now, mine)
        self._take_over(link, out)
        out += mine

    def _take_over(self, link: Link, out: list[Command]) -> None:
        """What came before a link that is in now is over, also what still waits for its CSMS; what came after stays."""
        arriving = self._arriving.get(link.key, [])
        if link.state not in TALKING or link not in arriving:
            return
        for older in arriving[: arriving.index(link)]:
            self._replace(older, out)
        current = self._open.get(link.key)
        if current is not None:
            self._replace(current, out)
        self._left_arrivals(link)
        self._open[link.key] = link

    def _make_way(self, link: Link, out: list[Command]) -> None:
        """Two dials for one station at once: a CSMS keeps the one that came last, which may be the one we let go.

        So a link that the box stands in for is over once a newer one, whose credentials are known here, dials.
        """
        current = self._open.get(link.key)
        dials = link.state in (State.DIALLING, State.JOINING)
        if dials and link.trusted and current is not None and current.state in (State.CARRYING, State.REDIALLING):
            self._replace(current, out)

    def _refused(self, link: Link, event: UpstreamRefused, now: Instant, out: list[Command]) -> None:
        """A CSMS that did not decide is as good as away; a refusal shows that it is there."""
        if link.over:
            return
        if undecided(event.status):
            self._backoffs.failed(link.key, link.policy, now)
        else:
            self._backoffs.reached(link.key)
        mine: list[Command] = []
        link.refused(event, now, mine)
        self._take_over(link, out)
        out += mine

    def _failed(self, link: Link, event: UpstreamFailed, now: Instant, out: list[Command]) -> None:
        if link.over:
            return
        mine: list[Command] = []
        link.failed(event.reason, self._backoffs.failed(link.key, link.policy, now), now, mine)
        self._take_over(link, out)
        out += mine

    def _detach(self, link: Link) -> None:
        """A link on its way out holds no place any more; the newer one of its station stays untouched."""
        self._left_arrivals(link)
        if self._open.get(link.key) is link:
            del self._open[link.key]
        if link.state is State.GONE:
            self._links.pop(link.link, None)

    def _left_arrivals(self, link: Link) -> None:
        arriving = self._arriving.get(link.key)
        if arriving is not None and link in arriving:
            arriving.remove(link)
            if not arriving:
                del self._arriving[link.key]


def _turned_away(event: StationArrived, policy: Refused) -> list[Command]:
    refused = LinkRefused(identity=event.identity, status=policy.status, cause="policy", reason=policy.reason)
    return [
        Refuse(link=event.link, status=policy.status, reason=policy.reason),
        Observe(link=event.link, what=refused),
        Forget(link=event.link),
    ]


def _too_late(event: Event) -> list[Command]:
    """Whoever asked for an own CALL waits for its end, also when the link is gone."""
    if not isinstance(event, OwnCallAsked):
        return []
    ended = OwnCallEnded(identity="", token=event.token, action=event.action, verdict="dropped")
    return [Observe(link=event.link, what=ended)]
