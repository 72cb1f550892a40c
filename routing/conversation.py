"""The conversation on one link, also while its CSMS is away: `Exchange`, and what `carrying` adds to it.

`suspend` when the up leg is lost and the station stays, `carry_on` when the box begins to answer in the CSMS's place,
`join` when the CSMS is there again: then kept messages go first.
"""

import json
import re
from math import inf

from routing.actions import unsigned
from routing.carrying import splice
from routing.carrying.carry import Carry, Mode
from routing.carrying.items import Known
from routing.carrying.replay import Replay
from routing.commands import Command, Remember, Resume
from routing.common import Common
from routing.correlation import Answerer, Call, Lane, Match
from routing.events import Fetched, OwnCallAsked
from routing.exchange import Ending, Exchange
from routing.frames import ERROR, SEND, Frame
from routing.observations import Registration
from routing.policy import StationPolicy
from routing.signed import unwrapped, unwrapped_answer
from routing.values import Instant, Leg, LinkId

NOBODY = 0
"""Token of CALLs whose end nobody waits for."""
CARRIES = frozenset({"ocpp1.6", "ocpp2.0.1", "ocpp2.1"})
"""Versions whose requests have local answers."""
NUMBER_S, MAX_HELD = 5.0, 4
"""So long, and so many, requests of the CSMS wait until it has told its number of the transaction they are about."""
_TELLS_TIME = frozenset({"BootNotification", "Heartbeat"})


class Conversation(Exchange):
    """`Exchange` with a memory. `known` is what earlier connections taught about the station."""

    def __init__(
        self, link: LinkId, identity: str, policy: StationPolicy, subprotocol: str, common: Common, known: Known
    ) -> None:
        super().__init__(link, identity, policy, subprotocol, common.ids)
        self.carry = Carry(link, identity, policy, subprotocol, common, known)
        self.replay = Replay(self.carry, common)
        self._common = common
        self._remembers = policy.outage.mode == "carry"
        self._accepted = known.accepted
        self._held: list[tuple[Frame, str]] = []
        self._held_until = inf

    def may_carry(self, now: Instant) -> bool:
        """True when the box can stand in for the CSMS: the station is registered, and somebody knows the time."""
        return (
            self.policy.outage.mode == "carry"
            and self.subprotocol in CARRIES
            and (self._accepted or self.registration is Registration.ACCEPTED)
            and self.registration not in (Registration.PENDING, Registration.REJECTED)
            and self._common.clock.trusted(self.policy.csms, now)
        )

    @property
    def carries(self) -> bool:
        """True while the box stands in for the CSMS, or has kept something for it."""
        return self.carry.mode is not Mode.LIVE or self.carry.has_backlog

    @property
    def _may_send_kept(self) -> bool:
        return self.joined and self.registration not in (Registration.PENDING, Registration.REJECTED)

    def due_at(self) -> float:
        """When `expire` has something to do next."""
        due_at = min(super().due_at(), self._held_until)
        return min(due_at, self.replay.due_at) if self._may_send_kept else due_at

    def join(self, now: Instant, out: list[Command]) -> None:
        """The CSMS is there: what was kept goes first, what waits follows."""
        if self._remembers:
            out.append(Remember(link=self.link, subprotocol=self.subprotocol))
            self.carry.back(now, out)
        if self.carries:
            self.replay.begin(now, out)
        self._queue_behind(now, out)
        if self.carries:
            self.carry.online()
        super().join(now, out)
        self._send_kept(now, out)

    def _queue_behind(self, now: Instant, out: list[Command]) -> None:
        """What waited for the CSMS and must not overtake what was kept before it."""
        for call in self.up.take_all():
            self._note_state(_frame_of(call))
            if self.carry.takes(call.action):
                self._stand_in(_frame_of(call), now, out, seen=True)
            else:
                self.up.wait(call)

    def _note_state(self, frame: Frame) -> None:
        """What a station says of its connectors counts once its CSMS has let it in, or the box stands in for that."""
        if self._remembers and frame.word.startswith("StatusNotification"):
            self.carry.note_state(frame)

    def suspend(self, out: list[Command]) -> None:
        """The CSMS is gone and the station stays: nobody waits for its answers any more, what it said waits again."""
        self.joined = False
        self.up.take_back()
        self.down.orphan()
        self._held, self._held_until = [], inf
        self.replay.halt()
        if self._paused is Leg.CSMS:
            self._paused = None
            out.append(Resume(link=self.link, leg=Leg.CSMS))

    def carry_on(self, now: Instant, out: list[Command]) -> None:
        """From now on the box answers, beginning with what waits."""
        if self.carry.mode is not Mode.CARRYING:
            self.carry.move("lose")
        self.carry.away(now)
        for call in self.up.take_all():
            self._note_state(_frame_of(call))
            self._stand_in(_frame_of(call), now, out, seen=True)
        self._relieve(out)

    def kept(self, ticket: int, row: int, now: Instant, out: list[Command]) -> None:
        """What the station said is on disk, so it may hear its answer."""
        for message_id in self.carry.kept(ticket, row, out):
            self.up.remember(message_id, Answerer.BOX)
        self.replay.kept_more(out)
        self._relieve(out)

    def blamed(self, out: list[Command]) -> None:
        """The CSMS closed because of what it was sent last. The station's own live messages are its own business."""
        call = self.up.open
        if call is not None and call.carried is not None:
            self.replay.blamed(call.carried.row, out)

    def not_kept(self, ticket: int) -> Ending | None:
        """It could not be stored: the station may not stay without its answer, where it waits for one."""
        return "journal" if self.carry.forgo(ticket) else None

    def found(self, now: Instant, out: list[Command]) -> None:
        """Something is kept although nothing was under way."""
        if self.joined and self.carry.mode is Mode.LIVE:
            self.replay.look(out)
            self.carry.online()
            self._send_kept(now, out)

    def fetched(self, event: Fetched, now: Instant, out: list[Command]) -> None:
        """The edge read the oldest kept message."""
        self.replay.fetched(event, now, out)
        self._send_kept(now, out)
        self._let_go(now, out)

    def expire(self, now: Instant, out: list[Command]) -> Ending | None:
        """Free the slots of CALLs whose time is up and let the next go."""
        ending = super().expire(now, out)
        if ending is None:
            self._send_kept(now, out)
            self._let_go(now, out)
        return ending

    def _send_kept(self, now: Instant, out: list[Command]) -> None:
        call = self.replay.next_call(now, out) if self._may_send_kept else None
        if call is not None:
            self.up.wait(call)
            self._release(Leg.CSMS, now, out)

    def _request(self, leg: Leg, frame: Frame, text: str, now: Instant, out: list[Command]) -> Ending | None:
        carry = self.carry
        if leg is Leg.STATION and (self.joined or carry.mode is Mode.CARRYING):
            self._note_state(frame)
        if leg is Leg.STATION and (carry.takes(frame.word) or carry.begins_again(frame)):
            return self._taken(frame, now, out)
        if leg is Leg.CSMS and carry.numbers:
            return self._numbered(frame, text, now, out)
        if carry.numbers:
            text = carry.up(frame, text)
        return super()._request(leg, frame, text, now, out)

    def _numbered(self, frame: Frame, text: str, now: Instant, out: list[Command]) -> Ending | None:
        """A request of the CSMS, with the station's number; it may have to wait until that is known.

        A CSMS gives a transaction its number, and the answer is lost. It speaks of that number as soon as it is back,
        before the StartTransaction was said to it again.
        """
        if self._held or (self.replay.may_number and self.carry.names_stranger(frame)):
            self._held_until = min(self._held_until, now + NUMBER_S)
            self._held.append((frame, text))
            if len(self._held) > MAX_HELD:
                self._held_until = now
            self._let_go(now, out)
            return None
        return super()._request(Leg.CSMS, *self.carry.down(frame, text), now, out)

    def _let_go(self, now: Instant, out: list[Command]) -> None:
        """Hand on what waited for a number, now that it is known or nothing will tell it soon."""
        if now < self._held_until and self.replay.may_number:
            return
        held, self._held, self._held_until = self._held, [], inf
        for frame, text in held:
            super()._request(Leg.CSMS, *self.carry.down(frame, text), now, out)

    def _ours(self, frame: Frame) -> str | None:
        return self._common.own_answer(frame.word, frame.payload)

    def _taken(self, frame: Frame, now: Instant, out: list[Command]) -> Ending | None:
        if frame.kind != SEND and len(self.expected) and self._absorb(frame, now, out):
            return None
        if self.carry.mode is Mode.CARRYING and not self._common.clock.trusted(self.policy.csms, now):
            return "clock"
        self._stand_in(frame, now, out)
        return self._press(Leg.STATION, self.up, out)

    def _stand_in(self, frame: Frame, now: Instant, out: list[Command], *, seen: bool = False) -> None:
        """Answer the station in the CSMS's place (3.15). A SEND is what nobody has to answer or to keep."""
        if frame.kind == SEND:
            self._drop(Leg.STATION, "csms_away", "SEND while the CSMS is away", out)
            return
        if self.carry.take(frame, now, out, seen=seen):
            self.up.remember(frame.message_id, Answerer.BOX)
        if unsigned(frame.word) in ("TransactionEvent", "StopTransaction"):
            self.replay.note_ended(unwrapped(frame.word, frame.payload))
        self._stop_what_must(now, out)

    def _waiting(self, lane: Lane) -> int:
        return lane.waiting + (self.carry.pending if lane is self.up else 0)

    def _stop_what_must(self, now: Instant, out: list[Command]) -> None:
        for transaction in self.carry.take_to_stop():
            request = stop_request(self.subprotocol, transaction)
            if request is not None:
                self._ask(now, *request, out)

    def _carried_answer(self, call: Call, frame: Frame, now: Instant, out: list[Command]) -> Ending | None:
        if self.replay.is_about(call):
            self.up.drop_carried()
        ending = self.replay.answered(call, frame, now, out)
        if frame.kind != ERROR:
            if ending is None and call.carried is not None and call.carried.row is None:
                self.carry.say_states_again(out)  # as the station does when it has started (B01)
            self._learn(Leg.STATION, call, frame, now, out)
            self._teach(Leg.STATION, call, frame, now)
        self._stop_what_must(now, out)
        if self.replay.take_wants_boot():
            self._ask(now, "TriggerMessage", '{"requestedMessage":"BootNotification"}', out)
        self._send_kept(now, out)
        self._let_go(now, out)
        return ending

    def _ask(self, now: Instant, action: str, payload: str, out: list[Command]) -> None:
        self.ask(OwnCallAsked(link=self.link, token=NOBODY, action=action, payload=payload), now, out)

    def _expired(self, to: Leg, call: Call, now: Instant, out: list[Command]) -> None:
        super()._expired(to, call, now, out)
        if call.carried is not None:
            self.replay.expired(call, now, out)

    def _answer_text(self, call: Call, frame: Frame, text: str) -> str:
        """GetTransactionStatus: the station believes it has said everything, but some of it is still here (E14)."""
        if call.action != "GetTransactionStatus" or frame.kind == ERROR or self.carry.mode is not Mode.DRAINING:
            return text
        asked = splice.member(_text(call.payload), ("transactionId",))
        if not self.replay.waits_of(None if asked is None else _plain(asked)):
            return text
        return self.carry.respelled(frame, text, splice.with_messages_in_queue(frame.payload.decode()))

    def _exchange_done(
        self, leg: Leg, call: Call, frame: Frame, match: Match, now: Instant, out: list[Command]
    ) -> None:
        super()._exchange_done(leg, call, frame, match, now, out)
        if frame.kind == ERROR:
            return
        self._teach(leg.other, call, frame, now)
        if self._remembers and leg is Leg.CSMS:
            self._note(call, frame, now, out)

    def _teach(self, caller: Leg, call: Call, frame: Frame, now: Instant) -> None:
        """What an answer tells that is good to know once the CSMS is away: its time, and its mind about tokens."""
        common = self._common
        if caller is Leg.STATION and unsigned(call.action) in _TELLS_TIME:
            common.clock.heard(self.policy.csms, unwrapped_answer(call.action, frame.payload), now)
        if self._remembers:
            common.authorizations.learn(
                self.policy.csms,
                self.identity,
                self.subprotocol,
                caller is Leg.STATION,
                call.action,
                call.payload,
                frame.payload,
                common.clock.unix(self.policy.csms, now),
            )

    def _note(self, call: Call, frame: Frame, now: Instant, out: list[Command]) -> None:
        """The CSMS answered a live request of the station: that it did shows that the station is registered."""
        ended = self.carry.numbers.ended(_text(call.payload)) if call.action == "StopTransaction" else None
        if ended is not None:
            out.append(Remember(link=self.link, ended=ended))
        if call.action == "StartTransaction" and self.carry.numbers:
            out += [Remember(link=self.link, alias=alias) for alias in self.carry.numbers.pass_on(_text(frame.payload))]
        if unsigned(call.action) == "BootNotification":
            self._accepted = self.registration is Registration.ACCEPTED
            if self._accepted:
                if self.replay.booted(now):
                    self.up.drop_carried()
                self._send_kept(now, out)
            elif self.up.drop_carried():
                self.replay.again(now)
            self.carry.booted(call.action, call.payload, frame.payload)
            known = self.carry.known
            out.append(
                Remember(link=self.link, accepted=self._accepted, boot=known.boot, heartbeat_s=known.heartbeat_s)
            )
        elif not self._accepted and self.registration is Registration.UNKNOWN:
            self._accepted = True
            out.append(Remember(link=self.link, accepted=True))


def _plain(asked: str) -> str:
    """A JSON string as text; anything else as it is written."""
    return str(json.loads(asked))


def _text(payload: bytes) -> str:
    return payload.decode("utf-8", "replace")


def _frame_of(call: Call) -> Frame:
    return Frame(call.kind, call.message_id, call.action, call.payload)


def stop_request(subprotocol: str, transaction: str) -> tuple[str, str] | None:
    """Action and payload that stop a transaction; its number in 1.6 is the one the station knows.

    None for a 1.6 transaction that its station calls by no number: nobody can stop that.
    """
    if subprotocol == "ocpp1.6":
        if not re.fullmatch(r"-?[0-9]{1,18}", transaction, re.ASCII):
            return None
        return "RemoteStopTransaction", json.dumps({"transactionId": int(transaction)})
    return "RequestStopTransaction", json.dumps({"transactionId": transaction})
