"""The control loop's hands: observations become facts, cycles run, orders go out, their ends come back.

Decides nothing; `charging.controller` does. A cycle runs every `period_s` and soon after anything happened that
charging cares about. What must outlive this process is stored before an order leaves the box: an order that may have
arrived must be counted by the next process too. Where it cannot be stored, only falls are sent. A bug in a cycle is
logged and told, the next cycle runs all the same, and routing never notices.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final, Protocol

import msgspec
import structlog
import trio

from localctl.charging.answers import PLAIN_REFUSALS, Outcome, Verdict, outcome
from localctl.charging.controller import Controller
from localctl.charging.dispatch import Order
from localctl.charging.profiles import Protocol as Version
from localctl.charging.readings import READERS_2X, READERS_16
from routing import observations as seen
from routing.events import FollowUp, Priority
from routing.values import Instant, Leg, LinkId

DEBOUNCE_S: Final = 0.05
STORE_S: Final = 60.0
"""What was heard since is stored at least so often, orders or not."""
MOST_OPEN: Final = 4096
OF_STATION: Final = frozenset({*READERS_2X, *READERS_16, "ReportChargingProfiles"})
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
    ) -> seen.OwnCallEnded: ...


class Control:
    """One site's control loop. `store` writes a document durably and raises OSError where it cannot.

    `on_round` is called after every cycle with its trouble, None when it went well.
    """

    def __init__(
        self,
        controller: Controller,
        *,
        call: Call,
        unix_now: Callable[[], float],
        store: Callable[[dict[str, object]], Awaitable[None]],
        on_round: Callable[[str | None], None] = lambda _trouble: None,
        period_s: float = 5.0,
    ) -> None:
        self.controller = controller
        self._call, self._unix_now, self._store, self._on_round = call, unix_now, store, on_round
        self._period_s = period_s
        self._stored_at = unix_now()
        self._news = trio.Event()
        self._links: dict[str, LinkId] = {}
        self._open: OrderedDict[tuple[LinkId, Leg, str], tuple[str, bytes]] = OrderedDict()
        self._late: OrderedDict[int, int] = OrderedDict()

    # --- facts in -----------------------------------------------------------------------------------------------------

    def observe(self, link: LinkId, what: seen.Observation, now: Instant) -> None:
        """Take in what the router noticed. Cheap for everything that has nothing to do with charging."""
        match what:
            case seen.CallSeen():
                self._seen(link, what)
            case seen.CallAnswered():
                self._answered(link, what)
            case seen.CallExpired(own=False):
                self._expired(link, what)
            case seen.LinkOpened():
                self._opened(link, what)
            case seen.LinkLost():
                if self._links.get(what.identity.casefold()) == link:
                    del self._links[what.identity.casefold()]
                    self.controller.unlinked(what.identity, self._unix_now())
                    self.wake()
            case seen.OwnCallEnded(late=True) if what.token in self._late:
                self.controller.answered(self._late.pop(what.token), _outcome(what), self._unix_now())
                self.wake()
            case _:
                return

    def wake(self) -> None:
        """Something changed: run a cycle soon."""
        self._news.set()

    def _opened(self, link: LinkId, what: seen.LinkOpened) -> None:
        if what.subprotocol not in set(Version):
            return
        self._links[what.identity.casefold()] = link
        self.controller.linked(what.identity, Version(what.subprotocol), self._unix_now())
        self.wake()

    def _seen(self, link: LinkId, what: seen.CallSeen) -> None:
        if what.action in (OF_STATION if what.leg is Leg.STATION else OF_CSMS):
            self._open[link, what.leg, what.message_id] = (what.action, what.payload)
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)

    def _answered(self, link: LinkId, what: seen.CallAnswered) -> None:
        known = self._open.pop((link, what.leg, what.message_id), None)
        if known is None and what.verdict != "late":
            return
        if what.leg is Leg.STATION:
            answer = None if what.error_code else _decoded(what.answer)
            self._heard(what.identity, what.action, what.request, answer)
        elif what.action in OF_CSMS:
            self._told(what.identity, what.action, what.request, _taken(what), _decoded(what.answer))

    def _expired(self, link: LinkId, what: seen.CallExpired) -> None:
        known = self._open.pop((link, what.to.other, what.message_id), None)
        if known is None:
            return
        action, request = known
        if what.to is Leg.CSMS:
            self._heard(what.identity, action, request, None)
        else:
            self._told(what.identity, action, request, None, None)

    def _heard(self, identity: str, action: str, request: bytes, answer: object) -> None:
        self.controller.heard(identity, action, _decoded(request), answer, self._unix_now())
        self.wake()

    def _told(self, identity: str, action: str, request: bytes, taken: bool | None, answer: object) -> None:
        self.controller.told(identity, action, _decoded(request), taken, answer, self._unix_now())
        self.wake()

    # --- orders out ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Control until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                await self._cycle(nursery)
                with trio.move_on_after(self._period_s):
                    await self._news.wait()
                await trio.sleep(DEBOUNCE_S)
                self._news = trio.Event()

    async def _cycle(self, nursery: trio.Nursery) -> None:
        try:
            orders = self.controller.cycle(self._unix_now())
        except Exception as error:
            log.exception("a control cycle failed; leases run on, the next cycle tries again")
            self._on_round(f"a control cycle failed: {type(error).__name__}")
            return
        trouble = await self._keep(due=bool(orders))
        for order in orders:
            if trouble is None or order.priority == "safety":
                nursery.start_soon(self._send, order)
            else:
                self.controller.answered(
                    order.token, Outcome(verdict=Verdict.LOST, reason="not sent"), self._unix_now()
                )
        self._on_round(trouble)

    async def _keep(self, *, due: bool) -> str | None:
        now = self._unix_now()
        if not due and now - self._stored_at < STORE_S:
            return None
        try:
            await self._store(self.controller.saved())
        except OSError as error:
            return f"charging state cannot be stored, currents are only lowered: {error.strerror or error}"
        self._stored_at = now
        return None

    async def _send(self, order: Order) -> None:
        priority = Priority.SAFETY if order.priority == "safety" else Priority.ROUTINE
        ended = await self._call(
            order.identity, order.action, order.payload, priority=priority, timeout_s=order.timeout_s
        )
        log.info("order", station=order.identity, action=order.action, why=order.why, verdict=ended.verdict)
        if ended.verdict == "expired":
            self._late[ended.token] = order.token
            if len(self._late) > MOST_OPEN:
                self._late.popitem(last=False)
        self.controller.answered(order.token, _outcome(ended), self._unix_now())
        self.wake()


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
