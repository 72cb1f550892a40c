"""The part of a conversation that goes on without the CSMS: LIVE ─> CARRYING ─> DRAINING ─> LIVE.

CARRYING: the up leg is gone. Every request of the station gets its local answer (`answers`); what the CSMS must hear
later is kept first, and answered only when it is on disk (P4). DRAINING: the up leg is there again and kept messages go
up, oldest first (`replay`); whatever must not overtake them is kept behind them, everything else passes as usual. A
transaction that began here under a number of ours keeps it towards the station for its whole life (10.7).
"""

from collections.abc import Mapping
from enum import Enum
from functools import partial
from math import inf
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec import Struct

from routing import frames
from routing.actions import unsigned
from routing.carrying import splice
from routing.carrying.answers import local_answer, number_given, state_of
from routing.carrying.authorizations import Verdict
from routing.carrying.desk import Desk, Local
from routing.carrying.energy import energy_wh
from routing.carrying.items import Alias, Item, Known
from routing.carrying.repeats import Repeats
from routing.carrying.rules import BY_ACTION
from routing.carrying.states import LONG_S
from routing.commands import Command, Keep, Observe, Send
from routing.common import Common
from routing.errors import OurBug
from routing.frames import Frame
from routing.observations import CallAnswered, CallSeen, CapReached
from routing.policy import StationPolicy
from routing.signed import unwrapped_answer
from routing.values import Instant, Leg, LinkId

LONGEST_INTERVAL_S = 366 * 86_400
"""A CSMS that wants a Heartbeat more rarely than once a year has not said anything useful."""


class Mode(Enum):
    """Who answers the station."""

    LIVE = "live"
    CARRYING = "carrying"
    DRAINING = "draining"


MOVES: Mapping[tuple[Mode, Literal["lose", "recall", "drained"]], Mode] = MappingProxyType(
    {
        (Mode.LIVE, "lose"): Mode.CARRYING,
        (Mode.LIVE, "recall"): Mode.DRAINING,
        (Mode.CARRYING, "recall"): Mode.DRAINING,
        (Mode.DRAINING, "lose"): Mode.CARRYING,
        (Mode.DRAINING, "recall"): Mode.DRAINING,
        (Mode.DRAINING, "drained"): Mode.LIVE,
    }
)


class _Pending(Struct, frozen=True):
    """An answer that waits for the disk."""

    frame: Frame
    answer: str
    sign: bytes = b""


class Carry:
    """One station's conversation without its CSMS. Methods append what is to be done to `out`."""

    def __init__(
        self, link: LinkId, identity: str, policy: StationPolicy, subprotocol: str, common: Common, known: Known
    ) -> None:
        self.link, self.identity, self.policy, self.subprotocol = link, identity, policy, subprotocol
        self.mode = Mode.LIVE
        self.known = known
        self.numbers = common.numbers_of(identity, known)
        self._to_stop: list[str] = []
        self._common = common
        self._repeats = common.repeats_of(identity, subprotocol, known)
        self._cap = common.cap_of(identity, policy.outage.energy_cap_wh)
        self._states = common.states_of(identity)
        self._away_since: Instant | None = None
        self._pending: dict[int, list[_Pending]] = {}
        self._tickets = 0
        self._fresh: set[str] = set()
        self._open: set[bytes] = set()
        self._offline_tickets = 0
        self.online_from: float = inf
        """Rows from this one on were kept behind the backlog while the CSMS was there."""
        self.pending = 0
        """Answers that wait for the disk."""

    @property
    def has_backlog(self) -> bool:
        """True when something is kept for the CSMS, also by another connection of the station since this one came."""
        return self.known.waiting > 0 or self._common.has_kept(self.identity)

    def drained(self) -> None:
        """The CSMS has all that was kept."""
        self.move("drained")
        self.known = msgspec.structs.replace(self.known, waiting=0)
        self._common.note_kept(self.identity, some=False)

    def is_fresh(self, transaction: str | None) -> bool:
        """True when something of it, or of any, was kept after the journal was asked last."""
        return bool(self._fresh) if transaction is None else transaction in self._fresh

    def take_fresh(self) -> frozenset[str]:
        """The transactions of which something was kept since the last time."""
        fresh, self._fresh = frozenset(self._fresh), set()
        return fresh

    def move(self, why: Literal["lose", "recall", "drained"]) -> None:
        """Change the mode; a move that is not in the table is our bug."""
        try:
            self.mode = MOVES[self.mode, why]
        except KeyError:
            raise OurBug(f"link {self.link}: no move {why} from {self.mode.name}") from None
        self.online_from = inf

    def online(self) -> None:
        """What is kept from now on happens while the CSMS is there, unless it is lost before that is delivered."""
        self._offline_tickets = self._tickets

    def takes(self, action: str) -> bool:
        """True for requests of the station that are not relayed now."""
        return self.mode is Mode.CARRYING or (self.mode is Mode.DRAINING and self._queues(action))

    def begins_again(self, frame: Frame) -> bool:
        """True for a 1.6 StartTransaction that got its number here and is with the CSMS: it gets that number again.

        Relayed, it would get the CSMS's number, and nobody could tell which of the two answers the station has heard.
        """
        if not self.numbers:
            return False
        given = number_given(self.subprotocol, frame.word, frame.message_id, frame.payload, self._repeats)
        return given in self.numbers.to_csms()

    def _queues(self, action: str) -> bool:
        """True where a live request must stay behind the backlog: its like may wait there (8.7a).

        A BootNotification must not: once the CSMS is there, only it registers a station.
        """
        rule = BY_ACTION.get((self.subprotocol, unsigned(action)))
        return rule is not None and rule.keep is not None and rule.action != "BootNotification"

    def take(self, frame: Frame, now: Instant, out: list[Command], *, seen: bool) -> bool:
        """Answer a request of the station here, at once (True) or when what must be kept of it is on disk.

        `seen`: it was observed when it came, before it had to wait.
        """
        if not seen:
            self._observe_seen(frame, out)
        self._repeats.drop_open(but=self._open)
        local = local_answer(self.subprotocol, frame.word, frame.message_id, frame.payload, self._desk(now))
        if local.error is not None:
            text = frames.error_text(frame.message_id, local.error, "the local controller stands in for the CSMS")
            out.append(Send(link=self.link, leg=Leg.STATION, text=text))
            self._observe_answer(frame, text.encode(), local.error, out)
            return True
        if frame.word == "BootNotification":
            self.known = msgspec.structs.replace(self.known, boot=_text(frame.payload))
        self._stop_what_took_enough(frame, local, now, out)
        if local.item is None:
            return self._answer_in_turn(frame, local, out)
        if local.item.invented is not None:
            self.numbers.told(Alias(local=local.item.invented))
        if local.item.transaction:
            self._fresh.add(local.item.transaction)
        self._open.add(local.sign)
        self._keep(local.item, [_Pending(frame, local.payload, local.sign)], out)
        return False

    def _keep(self, item: Item, answers: list[_Pending], out: list[Command]) -> None:
        self._common.note_kept(self.identity, some=True)
        self.pending += len(answers)
        self._tickets += 1
        self._pending[self._tickets] = answers
        out.append(Keep(link=self.link, ticket=self._tickets, item=item))

    def note_state(self, frame: Frame) -> None:
        """The station said something of a connector, whoever answers it."""
        item = state_of(self.subprotocol, frame.word, frame.message_id, frame.payload)
        if item is not None:
            self._states.note(item)

    def away(self, now: Instant) -> None:
        """The CSMS is away; for how long counts from the first time this is said."""
        self._away_since = now if self._away_since is None else self._away_since

    def back(self, now: Instant, out: list[Command]) -> None:
        """The CSMS is there: after a long time it hears of all connectors (2.x: B04.FR.01)."""
        since, self._away_since = self._away_since, None
        if since is not None and now - since >= LONG_S and self.subprotocol != "ocpp1.6":
            self.say_states_again(out)

    def say_states_again(self, out: list[Command]) -> None:
        """Keep the last state of each connector once more, behind all that is kept."""
        for item in self._states.all():
            self._keep(item, [], out)

    def _answer_in_turn(self, frame: Frame, local: Local, out: list[Command]) -> bool:
        """Nothing new to keep; but a repetition must not be answered before its first is on disk."""
        if self._pending and local.repeated:
            self.pending += 1
            self._pending[self._tickets].append(_Pending(frame, local.payload))
            return False
        self._answer(frame, local.payload, out)
        return True

    def kept(self, ticket: int, row: int, out: list[Command]) -> list[str]:
        """It is on disk: the station may hear its answer. The ids of what is answered."""
        if ticket > self._offline_tickets and self.mode is Mode.DRAINING:
            self.online_from = min(self.online_from, row)
        waiting = self._pending.pop(ticket, [])
        self.pending -= len(waiting)
        for pending in waiting:
            self._repeats.confirm(pending.sign)
            self._open.discard(pending.sign)
            self._answer(pending.frame, pending.answer, out)
        return [pending.frame.message_id for pending in waiting]

    def forgo(self, ticket: int) -> bool:
        """It will never be on disk: True where the station waits for an answer to it."""
        return bool(self._pending.pop(ticket, []))

    def booted(self, action: str, request: bytes, answer: bytes) -> None:
        """The CSMS answered a BootNotification: what it looks like, and how often it wants a Heartbeat.

        A signed one is not repeated: it is good for its moment, and nobody here could sign another.
        """
        interval_s = _interval(unwrapped_answer(action, answer)) or self.known.heartbeat_s
        readable = action == "BootNotification" and request.startswith(b"{")
        boot = _text(request) if readable else self.known.boot
        self.known = msgspec.structs.replace(self.known, boot=boot, heartbeat_s=interval_s)

    def stop(self, transaction: str) -> None:
        """The box must ask the station to stop this one."""
        self._to_stop.append(transaction)

    def take_to_stop(self) -> list[str]:
        """What must be stopped and was not asked for yet."""
        found, self._to_stop = self._to_stop, []
        return found

    def up(self, frame: Frame, text: str) -> str:
        """What the CSMS gets of a live request: the same text, but for numbers that only the station knows."""
        payload = splice.translated_up(frame.word, _text(frame.payload), self.numbers.to_csms())
        return self.respelled(frame, text, payload)

    def names_stranger(self, frame: Frame) -> bool:
        """True for a request of the CSMS that may be about a 1.6 transaction whose number is not known here yet."""
        number = splice.number_down(frame.word, _text(frame.payload))
        return number is not None and number not in self.numbers.to_station()

    def down(self, frame: Frame, text: str) -> tuple[Frame, str]:
        """What the station gets of a request of the CSMS."""
        payload = splice.translated_down(frame.word, _text(frame.payload), self.numbers.to_station())
        respelled = self.respelled(frame, text, payload)
        if respelled is text:
            return frame, text
        return Frame(frame.kind, frame.message_id, frame.word, payload.encode()), respelled

    def lift_cap(self, transaction: str) -> None:
        """The CSMS accepted the token after all."""
        self._cap.lift(transaction)

    def respelled(self, frame: Frame, text: str, payload: str) -> str:
        """The frame with its payload changed; the text itself where nothing changed."""
        if not frame.payload or payload == _text(frame.payload):
            return text
        head, found, tail = text.rpartition(_text(frame.payload))
        return head + payload + tail if found else text

    def _desk(self, now: Instant) -> Desk:
        common = self._common
        unix_at = common.clock.unix(self.policy.csms, now)

        def judge(token: bytes) -> Verdict:
            csms, identity = self.policy.csms, self.identity
            return common.authorizations.verdict(csms, identity, self.subprotocol, token, unix_at)

        return Desk(
            time=common.clock.text(self.policy.csms, now),
            heartbeat_s=self.known.heartbeat_s,
            identity=self.identity,
            judge=judge,
            invent=common.invent,
            repeats=self._repeats,
        )

    def _stop_what_took_enough(self, frame: Frame, local: Local, now: Instant, out: list[Command]) -> None:
        transaction = local.item.transaction if local.item is not None else ""
        if not transaction or self._cap.limit_wh is None:
            return
        if not self._cap.resumed:
            self._resume_cap(now)
        if self._exceeds(transaction, frame.word, frame.payload, local):
            self.stop(transaction)
            out.append(Observe(link=self.link, what=CapReached(identity=self.identity, transaction=transaction)))

    def _resume_cap(self, now: Instant) -> None:
        """After a restart of the box: what it kept tells of transactions that are watched. None is stopped again."""
        self._cap.resumed = True
        for item in self.known.recent:
            payload, number = item.payload.encode(), item.invented or 0
            desk = msgspec.structs.replace(self._desk(now), repeats=Repeats(), invent=partial(int, number))
            local = local_answer(self.subprotocol, item.action, item.message_id, payload, desk)
            self._exceeds(item.transaction, item.action, payload, local)

    def _exceeds(self, transaction: str, action: str, payload: bytes, local: Local) -> bool:
        if local.unknown_token:
            self._cap.begin(transaction)
        wh = energy_wh(self.subprotocol, action, payload)
        return wh is not None and self._cap.exceeded(transaction, wh)

    def _answer(self, frame: Frame, payload: str, out: list[Command]) -> None:
        out.append(Send(link=self.link, leg=Leg.STATION, text=frames.result_text(frame.message_id, payload)))
        self._observe_answer(frame, payload.encode(), None, out)

    def _observe_seen(self, frame: Frame, out: list[Command]) -> None:
        seen = CallSeen(
            identity=self.identity,
            leg=Leg.STATION,
            action=frame.word,
            message_id=frame.message_id,
            payload=frame.payload,
        )
        out.append(Observe(link=self.link, what=seen))

    def _observe_answer(self, frame: Frame, answer: bytes, error: str | None, out: list[Command]) -> None:
        answered = CallAnswered(
            identity=self.identity,
            leg=Leg.STATION,
            action=frame.word,
            message_id=frame.message_id,
            request=frame.payload,
            answer=answer,
            verdict="carried",
            latency_s=0.0,
            error_code=error,
        )
        out.append(Observe(link=self.link, what=answered))


def _text(payload: bytes) -> str:
    return payload.decode("utf-8", "replace")


class _Status(Struct):
    status: str = ""


class _Answer(Struct, rename="camel"):
    id_token_info: _Status | None = None
    id_tag_info: _Status | None = None
    interval: int = 0


_decode = msgspec.json.Decoder(_Answer).decode


def status_of(answer: bytes) -> str | None:
    """The status that an answer gives a token (idTokenInfo, 1.6 idTagInfo); None when it says nothing of one."""
    found = _read(answer)
    info = found.id_token_info or found.id_tag_info
    return info.status if info is not None else None


def _interval(answer: bytes) -> int:
    interval_s = _read(answer).interval
    return interval_s if 0 <= interval_s <= LONGEST_INTERVAL_S else 0


def _read(answer: bytes) -> _Answer:
    try:
        return _decode(answer)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _Answer()
