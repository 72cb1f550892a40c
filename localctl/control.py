"""The control loop's hands: observations become facts, cycles run, orders go out, their ends come back.

Decides nothing; `charging.controller` does. A cycle runs every `period_s` and soon after anything happened that
charging cares about, but never takes more than a fifth of the box's time. What must outlive this process is stored
before an order leaves the box: an order that may have arrived must be counted by the next process too. Where it cannot
be stored, nothing is sent that gives anybody more, or for longer. A bug in a cycle is logged and told, the next
cycle runs all the same, and routing never notices.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import msgspec
import structlog
import trio

from localctl.charging.commissioning.stages import Deed, Done
from localctl.charging.dispatching.answers import PLAIN_REFUSALS, Outcome, Verdict, outcome
from localctl.charging.dispatching.orders import Order
from localctl.charging.knowing.readings import READERS_2X, READERS_16
from localctl.charging.loop.controller import Controller
from localctl.charging.loop.reading import MOST_S
from localctl.charging.loop.site_plan import SitePlan
from localctl.charging.profile.profiles import Protocol as Version
from localctl.own_requests import PULL
from routing import observations as seen
from routing.events import FollowUp, Priority
from routing.signed import unwrapped
from routing.values import Instant, Leg, LinkId, Value

DEBOUNCE_S: Final = 0.05
BREATH: Final = 4.0
"""A cycle is followed by so many times its own length for everybody else."""
STORE_S: Final = 60.0
"""What was heard since is stored at least so often, orders or not."""
STORE_WITHIN_S: Final = 5.0
"""A disk that takes longer is as good as none."""
MOST_OPEN: Final = 256
"""CALLs on one link that are followed to their end."""
MOST_LATE: Final = 4096
NOT_STORED: Final = "charging state cannot be stored, nobody is given more"
NEEDS_STORE: Final = frozenset({"rise", "renew"})
CAN_WAIT: Final = frozenset({"MeterValues", "StatusNotification", "Authorize"})
"""What they say is taken in at once, and is early enough for the next regular cycle."""
REPORT: Final = "ReportChargingProfiles"
OF_STATION: Final = frozenset({*READERS_2X, *READERS_16, REPORT, PULL})
OF_CSMS: Final = frozenset(
    {
        "SetChargingProfile",
        "ClearChargingProfile",
        "RequestStartTransaction",
        "RemoteStartTransaction",
        "UpdateDynamicSchedule",
        "GetChargingProfiles",
    }
)
log = structlog.get_logger("localctl.control")


class CycleEnd(Value, frozen=True, kw_only=True):
    """How a control cycle ended. `trouble` is a sentence for people, None when all went well.

    `failed`: it broke off and nothing was decided. With any other trouble it has come to its end and limits hold.
    """

    trouble: str | None = None
    failed: bool = False


class Call(Protocol):
    """How the box asks a station something in its own name (`net.pump.Switchboard.call`)."""

    async def __call__(
        self,
        identity: str,
        action: str,
        payload: str,
        *,
        priority: Priority = ...,
        timeout_s: float | None = ...,
        follow_up: FollowUp | None = ...,
        on_follow_up: Callable[[seen.FollowUpArrived], None] | None = ...,
    ) -> seen.OwnCallEnded: ...


class Hand(Protocol):
    """Does what a station that is being commissioned is to be asked (`hand.StationHand`)."""

    async def do(self, identity: str, deed: Deed) -> Done: ...


class Counts(Protocol):
    """Whoever counts what control does (`observe.charging_feed.ChargingCounts`)."""

    def order_ended(self, station: str, action: str, why: str, verdict: str) -> None: ...
    def cycle_took(self, seconds: float) -> None: ...


class Control:
    """One site's control loop. `store` writes a document durably and raises OSError where it cannot.

    `on_round` is called after every cycle, failed ones too. `follow` tells by how much `unix_now` has jumped ahead.
    """

    def __init__(
        self,
        controller: Controller,
        *,
        call: Call,
        unix_now: Callable[[], float],
        store: Callable[[dict[str, object]], Awaitable[None]],
        on_round: Callable[[CycleEnd], None] = lambda _round: None,
        period_s: float = 5.0,
        counts: Counts | None = None,
        hand: Hand | None = None,
        follow: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.controller, self._follow = controller, follow
        self._counts, self._hand = counts or _Uncounted(), hand
        self._call, self._unix_now, self._store, self._on_round = call, unix_now, store, on_round
        self._period_s = period_s
        self._stored_at = unix_now()
        self._news = trio.Event()
        self._links: dict[str, tuple[LinkId, seen.LinkOpened]] = {}
        self._open: dict[LinkId, OrderedDict[tuple[Leg, str], tuple[str, bytes]]] = {}
        self._late: OrderedDict[int, int] = OrderedDict()
        self._writing = _Writing()
        self._writing.over.set()
        self._trouble: str | None = None
        for trouble in controller.troubles:
            log.warning("stored charging state not taken over", what=trouble)

    # --- facts in -----------------------------------------------------------------------------------------------------

    def observe(self, link: LinkId, what: seen.Observation, now: Instant) -> None:
        """Take in what the router noticed. Cheap for everything that has nothing to do with charging."""
        match what:
            case seen.CallSeen():
                self._seen(link, what)
            case seen.CallAnswered():
                self._answered(link, what)
            case seen.CallExpired(own=False):
                self._expired(link, what.identity, (what.to.other, what.message_id))
            case seen.LinkOpened():
                self._opened(link, what)
            case seen.LinkLost():
                self._lost(link, what.identity)
            case seen.LinkRefused():
                self._open.pop(link, None)
            case seen.StationBooted():
                accepted = what.registration is seen.Registration.ACCEPTED
                self.controller.registered(what.identity, accepted, self._unix_now())
                self.wake()
            case seen.OwnCallEnded(late=True) if what.token in self._late:
                self.controller.answered(self._late.pop(what.token), _outcome(what), self._unix_now())
                self.wake()
            case _:
                return

    def replan(self, plan: SitePlan) -> None:
        """The installer changed the site; stations that are there are met again under the new plan."""
        self.controller.replan(plan, self._unix_now())
        for _, opened in self._links.values():
            self.controller.linked(opened.identity, Version(opened.subprotocol), self._unix_now())
        self.wake()

    def wake(self) -> None:
        """Something changed: run a cycle soon."""
        self._news.set()

    def _opened(self, link: LinkId, what: seen.LinkOpened) -> None:
        if what.subprotocol not in set(Version):
            return
        self._links[what.identity.casefold()] = (link, what)
        self.controller.linked(what.identity, Version(what.subprotocol), self._unix_now())
        self.wake()

    def _lost(self, link: LinkId, identity: str) -> None:
        """What was asked on this link finds no answer any more; a newer link of the station is not touched."""
        for key in list(self._open.get(link, ())):
            self._expired(link, identity, key)
        self._open.pop(link, None)
        known = self._links.get(identity.casefold())
        if known is not None and known[0] == link:
            del self._links[identity.casefold()]
            self.controller.unlinked(identity, self._unix_now())
            self.wake()

    def _seen(self, link: LinkId, what: seen.CallSeen) -> None:
        if what.action in (OF_STATION if what.leg is Leg.STATION else OF_CSMS):
            waiting = self._open.setdefault(link, OrderedDict())
            waiting[what.leg, what.message_id] = (what.action, what.payload)
            if len(waiting) > MOST_OPEN:
                self._give_up(link, what.identity, next(iter(waiting)))

    def _give_up(self, link: LinkId, identity: str, key: tuple[Leg, str]) -> None:
        """Wait no longer for its answer. On a link that never opened a stranger may speak: it counts for nothing."""
        known = self._links.get(identity.casefold())
        if known is not None and known[0] == link:
            self._expired(link, identity, key)
        else:
            self._taken_out(link, key)

    def _answered(self, link: LinkId, what: seen.CallAnswered) -> None:
        known = self._taken_out(link, (what.leg, what.message_id))
        if known is None and what.verdict != "late":
            return
        if what.leg is Leg.STATION:
            answer = None if what.error_code else _decoded(what.answer)
            self._heard(what.identity, what.action, what.request, answer)
        elif what.action in OF_CSMS and not (what.verdict == "late" and what.action == "GetChargingProfiles"):
            self._told(what.identity, what.action, what.request, _taken(what), _decoded(what.answer))

    def _taken_out(self, link: LinkId, key: tuple[Leg, str]) -> tuple[str, bytes] | None:
        """A CALL that was waited for, as action and payload."""
        waiting = self._open.get(link)
        return None if waiting is None else waiting.pop(key, None)

    def _expired(self, link: LinkId, identity: str, key: tuple[Leg, str]) -> None:
        known = self._taken_out(link, key)
        if known is None:
            return
        action, request = known
        if key[0] is Leg.STATION:
            self._heard(identity, action, request, None)
        else:
            self._told(identity, action, request, None, None)

    def _heard(self, identity: str, action: str, request: bytes, answer: object) -> None:
        self.controller.heard(identity, action, _decoded(request), answer, self._unix_now())
        if action not in CAN_WAIT:
            self.wake()

    def _told(self, identity: str, action: str, request: bytes, taken: bool | None, answer: object) -> None:
        self.controller.told(identity, action, _decoded(request), taken, answer, self._unix_now())
        self.wake()

    # --- orders out ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Control until cancelled; what was heard by then is still stored."""
        try:
            async with trio.open_nursery() as nursery:
                while True:
                    took_s = await self._cycle(nursery)
                    with trio.move_on_after(self._period_s):
                        await self._news.wait()
                    await trio.sleep(max(DEBOUNCE_S, BREATH * took_s))
                    self._news = trio.Event()
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + STORE_WITHIN_S):
                await self._write(self.controller.saved(), _Writing())

    async def _cycle(self, nursery: trio.Nursery) -> float:
        """One cycle; how many seconds it kept everybody else waiting."""
        began_at = trio.current_time()
        try:
            if jumped_s := self._follow():
                log.warning("the box's clock jumped ahead; all limits are written anew", seconds=round(jumped_s))
                self.controller.clock_jumped(jumped_s)
            orders = self.controller.cycle(self._unix_now())
            deeds = self.controller.deeds
            due = bool(orders or deeds) or self._trouble is not None or self._unix_now() - self._stored_at >= STORE_S
            document = self.controller.saved() if due else None
        except Exception as error:
            log.exception("a control cycle failed; leases run on, the next cycle tries again")
            self._on_round(CycleEnd(trouble=f"a control cycle failed: {type(error).__name__}", failed=True))
            return trio.current_time() - began_at
        took_s = trio.current_time() - began_at
        self._counts.cycle_took(took_s)
        self._trouble = None if document is None else await self._put_away(document, nursery)
        for order in orders:
            if self._trouble is None or order.why not in NEEDS_STORE:
                nursery.start_soon(self._send, order)
            else:
                self.controller.unsent(order.token)
        for deed in deeds:
            nursery.start_soon(self._do, deed)
        self._on_round(CycleEnd(trouble=self._trouble))
        return took_s

    async def _put_away(self, document: dict[str, object], nursery: trio.Nursery) -> str | None:
        """Store a document durably; what to tell people where that fails, or takes so long that falls must not wait."""
        if not self._writing.over.is_set():
            return f"{NOT_STORED}: the disk is still busy with what it was given before"
        self._writing = writing = _Writing()
        nursery.start_soon(self._write, document, writing)
        with trio.move_on_after(STORE_WITHIN_S):
            await writing.over.wait()
            return writing.trouble
        return f"{NOT_STORED}: the disk takes longer than {STORE_WITHIN_S:g} s"

    async def _write(self, document: dict[str, object], writing: "_Writing") -> None:
        try:
            await self._store(document)
            self._stored_at = self._unix_now()
        except OSError as error:
            writing.trouble = f"{NOT_STORED}: {error.strerror or error}"
        except Exception as error:
            log.exception("charging state could not be stored")
            writing.trouble = f"{NOT_STORED}: {type(error).__name__}"
        finally:
            writing.over.set()

    async def _do(self, deed: Deed) -> None:
        """Ask something of the station that is being commissioned; not while its books cannot be stored (P2)."""
        trial, done = self.controller.bench.trial, Done(taken=None)
        identity = "" if trial is None else trial.known.station.identity
        try:
            if identity and self._hand is not None and self._trouble is None:
                done = await self._hand.do(identity, deed)
        except Exception:
            log.exception("a step of commissioning could not be done")
        self.controller.did(identity, deed, done, self._unix_now())
        self.wake()

    async def _send(self, order: Order) -> None:
        priority = Priority.SAFETY if order.priority == "safety" else Priority.ROUTINE
        reports = None
        if order.reports is not None:
            reports = FollowUp(action=REPORT, request_id=order.reports, within_s=MOST_S)
        try:
            ended = await self._call(
                order.identity,
                order.action,
                order.payload,
                priority=priority,
                timeout_s=order.timeout_s,
                follow_up=reports,
                on_follow_up=lambda news: self._heard(
                    order.identity, REPORT, unwrapped(news.action, news.payload), None
                ),
            )
            end = _outcome(ended)
            if ended.verdict == "expired":
                self._late[ended.token] = order.token
                if len(self._late) > MOST_LATE:
                    self._late.popitem(last=False)
        except Exception:
            log.exception("an order could not be sent", station=order.identity)
            end = Outcome(verdict=Verdict.LOST, reason="not sent")
        log.info("order", station=order.identity, action=order.action, why=order.why, end=end.verdict.value)
        self._counts.order_ended(order.identity, order.action, order.why, end.verdict.value)
        self.controller.answered(order.token, end, self._unix_now())
        self.wake()


class _Uncounted:
    """Nobody counts."""

    def order_ended(self, station: str, action: str, why: str, verdict: str) -> None:
        pass

    def cycle_took(self, seconds: float) -> None:
        pass


class _Writing:
    """A document on its way to the disk."""

    def __init__(self) -> None:
        self.over = trio.Event()
        self.trouble: str | None = None


def _outcome(ended: seen.OwnCallEnded) -> Outcome:
    return outcome(ended.verdict, _decoded(ended.answer), ended.error_code)


def _taken(what: seen.CallAnswered) -> bool | None:
    """Did the station take it? An error that says "I do not do that" is a no, any other error says nothing."""
    if what.error_code is not None:
        return False if what.error_code in PLAIN_REFUSALS else None
    answer = _decoded(what.answer)
    return answer.get("status") == "Accepted" if isinstance(answer, dict) else None


def _decoded(payload: bytes) -> Any:  # noqa: ANN401 - a peer's JSON can be anything
    try:
        return msgspec.json.decode(payload) if payload else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
