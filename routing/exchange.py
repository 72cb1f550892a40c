"""The conversation on one link: every frame of both legs, and the box's own CALLs in between.

What a peer says goes on as the same text, in order, at once if the lane towards the other leg is free. Answers never
wait. The box speaks for itself in four cases only: to what cannot be routed (CALLERROR "-1"), in its own CALLs to the
station, in the empty results to follow-ups of those, and to requests about what it put on the station itself. None of
that reaches the CSMS.

`Exchange` appends commands to the list it is given and knows nothing of connecting or closing; where the link must end
(a peer that floods, a station that answers nothing any more) it says so by returning the cause. What happens while the
CSMS is away is added by `conversation`.
"""

from typing import Literal

from routing import frames
from routing.commands import Command, Observe, Pause, Resume, Send
from routing.correlation import MAX_OWN_WAITING, Answerer, Call, Lane, Match
from routing.errors import OurBug, PeerFault
from routing.events import OwnCallAsked
from routing.followups import MAX_EXPECTED, Expectations
from routing.frames import CALL, ERROR, NO_ID, RESULT, RESULT_ERROR, SEND, Frame
from routing.ids import OwnIds
from routing.observations import (
    CallAnswered,
    CallExpired,
    CallSeen,
    DropCause,
    FollowUpArrived,
    FrameDropped,
    Observation,
    OwnCallEnded,
    Registration,
    StationBooted,
)
from routing.policy import StationPolicy
from routing.readings import accepted, read_exchange
from routing.values import Instant, Leg, LinkId

Ending = Literal["overrun", "half_dead", "journal", "csms_refused", "clock"]
OVERRUN_SLACK = 64
"""Frames the edge may still deliver after `Pause`, on top of twice the waiting room."""


class Exchange:
    """Frames in, commands out. `subprotocol` is what both legs speak, "" if nobody said."""

    def __init__(self, link: LinkId, identity: str, policy: StationPolicy, subprotocol: str, ids: OwnIds) -> None:
        self.link, self.identity, self.policy, self.subprotocol = link, identity, policy, subprotocol
        self.registration = Registration.UNKNOWN
        self.joined = False
        """False while the CSMS is not there yet: what the station sends waits."""
        self.up, self.down = Lane(policy.call_timeout_s), Lane(policy.call_timeout_s)
        self.expected = Expectations()
        self._ids = ids
        self._types_21 = subprotocol == "ocpp2.1"
        self._paused: Leg | None = None

    def lane_from(self, sender: Leg) -> Lane:
        """The lane that carries this peer's CALLs, towards the other leg."""
        return self.up if sender is Leg.STATION else self.down

    def due_at(self) -> float:
        """When `expire` has something to do next."""
        return min(self.up.due_at(), self.down.due_at())

    def frame(self, leg: Leg, text: str, now: Instant, out: list[Command]) -> Ending | None:
        """One frame came in; where it goes, or a `FrameDropped` that says why it goes nowhere."""
        try:
            frame = frames.read(text)
        except PeerFault as fault:
            self._answer_fault(leg, fault, out)
            return None
        kind = frame.kind
        if kind == CALL and leg is Leg.STATION and self._answered_here(frame, out):
            return None
        if kind == CALL or (kind == SEND and self._types_21):
            return self._request(leg, frame, text, now, out)
        if kind in (RESULT, ERROR):
            return self._answer(leg, frame, text, now, out)
        if kind == RESULT_ERROR and self._types_21:
            self._dispute(leg, frame, text, out)
        else:
            self._drop(leg, "unknown_type", f"message type {kind}", out)
        return None

    def join(self, now: Instant, out: list[Command]) -> None:
        """The CSMS is there: what waited for it goes."""
        self.joined = True
        self._release(Leg.CSMS, now, out)
        self._relieve(out)

    def ask(self, event: OwnCallAsked, now: Instant, out: list[Command]) -> None:
        """An own CALL takes its place in the queue, or is dropped at once when that is full."""
        self.expected.purge(now)
        if self.down.own_waiting >= MAX_OWN_WAITING or (event.follow_up and len(self.expected) >= MAX_EXPECTED):
            self._observe(_dropped(self.identity, event), out)
            return
        message_id = self._ids.new()
        timeout_s = event.timeout_s or self.policy.own_call_timeout_s
        text = frames.call_text(message_id, event.action, event.payload)
        self.down.wait(
            Call(CALL, message_id, event.action, b"", text, own=event, timeout_s=timeout_s, due_at=now + timeout_s)
        )
        self._release(Leg.STATION, now, out)

    def expire(self, now: Instant, out: list[Command]) -> Ending | None:
        """Free the slots of CALLs whose time is up and let the next go."""
        for leg, lane in ((Leg.CSMS, self.up), (Leg.STATION, self.down)):
            expired, unsent = lane.expire(now)
            self._drop_own(unsent, out)
            if expired is not None:
                self._expired(leg, expired, now, out)
        if self._half_dead():
            return "half_dead"
        self._release(Leg.CSMS, now, out)
        self._release(Leg.STATION, now, out)
        self._relieve(out)
        return None

    def _half_dead(self) -> bool:
        """Many CALLs in a row unanswered. While the station is paused its answers lie unread: that is not its fault."""
        if self._paused is Leg.STATION:
            self.down.unanswered = 0
        limit = self.policy.max_call_timeouts
        return limit > 0 and self.down.unanswered >= limit

    def end(self, out: list[Command]) -> None:
        """The link is over: own CALLs end, relayed ones die with their sockets (3.5: nobody answers for a peer)."""
        self._drop_own(self.down.own_calls(), out)

    def _request(self, leg: Leg, frame: Frame, text: str, now: Instant, out: list[Command]) -> Ending | None:
        if len(self.expected) and leg is Leg.STATION and frame.kind == CALL and self._absorb(frame, now, out):
            return None
        lane = self.lane_from(leg)
        lane.wait(Call(frame.kind, frame.message_id, frame.word, frame.payload, text))
        self._release(leg.other, now, out)
        self._observe(self._call_seen(leg, frame), out)
        return self._press(leg, lane, out) if self._waiting(lane) else None

    def _ours(self, frame: Frame) -> str | None:
        """The box's own answer to a request of the station; None for what is the CSMS's."""
        return None

    def _answered_here(self, frame: Frame, out: list[Command]) -> bool:
        """Answer what is about the box's own doings; nothing of it reaches the CSMS (Part 4 6.4)."""
        answer = self._ours(frame)
        if answer is None:
            return False
        out.append(Send(link=self.link, leg=Leg.STATION, text=frames.result_text(frame.message_id, answer)))
        self.up.remember(frame.message_id, Answerer.BOX)
        self._observe(self._call_seen(Leg.STATION, frame), out)
        self._observe(
            CallAnswered(
                identity=self.identity,
                leg=Leg.STATION,
                action=frame.word,
                message_id=frame.message_id,
                request=frame.payload,
                answer=answer.encode(),
                verdict="carried",
                latency_s=0.0,
            ),
            out,
        )
        return True

    def _call_seen(self, leg: Leg, frame: Frame) -> CallSeen:
        return CallSeen(
            identity=self.identity, leg=leg, action=frame.word, message_id=frame.message_id, payload=frame.payload
        )

    def _waiting(self, lane: Lane) -> int:
        """Frames of one peer that are held here."""
        return lane.waiting

    def _release(self, to: Leg, now: Instant, out: list[Command]) -> None:
        """Send towards a leg what may go now."""
        if to is Leg.CSMS and not self.joined:
            return
        lane = self.lane_from(to.other)
        own_may = self.registration not in (Registration.PENDING, Registration.REJECTED)
        while (call := lane.release(now, own_may=own_may)) is not None:
            out.append(Send(link=self.link, leg=to, text=call.text))
            if call.own is not None and call.own.follow_up is not None:
                self.expected.expect(call.own.token, call.own.follow_up, now)

    def _answer(self, leg: Leg, frame: Frame, text: str, now: Instant, out: list[Command]) -> Ending | None:
        lane = self.lane_from(leg.other)
        match, call = lane.answered(frame.message_id, now)
        if call is None and frame.kind == ERROR and frame.message_id == NO_ID:
            match, call = lane.complained(now)
        if call is None:
            self._drop_answer(leg, frame.message_id, match, out)
            return None
        ending: Ending | None = None
        if call.own is not None:
            self._own_answer(call, call.own, frame, late=match is Match.LATE, out=out)
        elif call.carried is not None:
            ending = self._carried_answer(call, frame, now, out)
        else:
            if not call.orphan:
                out.append(Send(link=self.link, leg=leg.other, text=self._answer_text(call, frame, text)))
            self._exchange_done(leg, call, frame, match, now, out)
        self._release(leg, now, out)
        self._relieve(out)
        return ending

    def _answer_text(self, call: Call, frame: Frame, text: str) -> str:
        """What the asker gets of an answer: the text as received."""
        return text

    def _carried_answer(self, call: Call, frame: Frame, now: Instant, out: list[Command]) -> Ending | None:
        raise OurBug(f"link {self.link}: an answer to {call.action}, which was never kept")

    def _exchange_done(
        self, leg: Leg, call: Call, frame: Frame, match: Match, now: Instant, out: list[Command]
    ) -> None:
        error = frame.kind == ERROR
        self._observe(
            CallAnswered(
                identity=self.identity,
                leg=leg.other,
                action=call.action,
                message_id=call.message_id,
                request=call.payload,
                answer=frame.payload,
                verdict="late" if match is Match.LATE else "error" if error else "result",
                latency_s=now - call.sent_at,
                error_code=frame.word if error else None,
            ),
            out,
        )
        if not error:
            self._learn(leg.other, call, frame, now, out)

    def _learn(self, caller: Leg, call: Call, frame: Frame, now: Instant, out: list[Command]) -> None:
        for fact in read_exchange(self.identity, caller, call.action, call.payload, frame.payload):
            self._observe(fact, out)
            if isinstance(fact, StationBooted):
                self.registration = fact.registration
                self._release(Leg.STATION, now, out)

    def _own_answer(self, call: Call, asked: OwnCallAsked, frame: Frame, *, late: bool, out: list[Command]) -> None:
        error = frame.kind == ERROR
        if asked.follow_up is not None and (error or not accepted(frame.payload)):
            self.expected.cancel(asked.token)
        self._observe(
            OwnCallEnded(
                identity=self.identity,
                token=asked.token,
                action=asked.action,
                verdict="error" if error else "result",
                answer=frame.payload,
                error_code=frame.word if error else None,
                late=late,
            ),
            out,
        )

    def _absorb(self, frame: Frame, now: Instant, out: list[Command]) -> bool:
        """Answer a follow-up here, if it is one (3.9)."""
        token = self.expected.take(frame, now)
        if token is None:
            return False
        out.append(Send(link=self.link, leg=Leg.STATION, text=frames.result_text(frame.message_id)))
        self.up.remember(frame.message_id, Answerer.BOX)
        self._observe(
            FollowUpArrived(identity=self.identity, token=token, action=frame.word, payload=frame.payload), out
        )
        return True

    def _dispute(self, leg: Leg, frame: Frame, text: str, out: list[Command]) -> None:
        """A CALLRESULTERROR goes to whoever gave the answer it complains of (2.1 FR.06)."""
        answerer = self.lane_from(leg).dispute(frame.message_id)
        if answerer is Answerer.PEER and (leg is Leg.CSMS or self.joined):
            out.append(Send(link=self.link, leg=leg.other, text=text))
        elif answerer is Answerer.PEER:
            self._drop(leg, "csms_away", "CALLRESULTERROR while the CSMS is away", out)
        elif answerer is Answerer.BOX:
            self._drop(leg, "own_answer", "CALLRESULTERROR to an answer of the box itself", out)
        elif answerer is Answerer.DISPUTED:
            self._drop(leg, "duplicate_answer", "second CALLRESULTERROR to one answer", out)
        else:
            self._drop(leg, "unknown_answer", "CALLRESULTERROR to no answer known", out)

    def _expired(self, to: Leg, call: Call, now: Instant, out: list[Command]) -> None:
        own = call.own
        self._observe(
            CallExpired(
                identity=self.identity,
                to=to,
                action=call.action,
                message_id=call.message_id,
                own=own is not None,
            ),
            out,
        )
        if own is not None:
            self._observe(
                OwnCallEnded(identity=self.identity, token=own.token, action=own.action, verdict="expired"), out
            )

    def _drop_own(self, calls: list[Call], out: list[Command]) -> None:
        for call in calls:
            if call.own is not None:
                self._observe(_dropped(self.identity, call.own), out)

    def _drop_answer(self, leg: Leg, message_id: str, match: Match, out: list[Command]) -> None:
        if leg is Leg.STATION and self._ids.made(message_id):
            self._drop(leg, "own_answer", "answer to an own CALL that is over", out)
        elif match is Match.DUPLICATE:
            self._drop(leg, "duplicate_answer", "second answer to one CALL", out)
        else:
            self._drop(leg, "unknown_answer", "answer to no CALL known", out)

    def _answer_fault(self, leg: Leg, fault: PeerFault, out: list[Command]) -> None:
        if fault.call_id is not None:
            code = frames.error_code(fault.code, self.subprotocol)
            out.append(Send(link=self.link, leg=leg, text=frames.error_text(fault.call_id, code, fault.text)))
        self._drop(leg, "unreadable", fault.text, out)

    def _press(self, leg: Leg, lane: Lane, out: list[Command]) -> Ending | None:
        """Stop reading from a peer whose CALLs pile up, unless the other peer is stopped already.

        Only one leg is ever paused: each brings the answers that drain the other's queue.
        """
        limit, limit_chars = self.policy.max_waiting, self.policy.max_waiting_chars
        waiting = self._waiting(lane)
        if waiting > 2 * limit + OVERRUN_SLACK or lane.waiting_chars > 2 * limit_chars:
            self._drop(leg, "too_many", f"{waiting} frames wait", out)
            return "overrun"
        if self._paused is None and (waiting > limit or lane.waiting_chars > limit_chars):
            self._paused = leg
            out.append(Pause(link=self.link, leg=leg))
        return None

    def _relieve(self, out: list[Command]) -> None:
        """Read on from a paused peer once half its queue is gone; then the other may be due for a pause."""
        paused = self._paused
        if paused is None:
            return
        lane = self.lane_from(paused)
        if 2 * self._waiting(lane) > self.policy.max_waiting or 2 * lane.waiting_chars > self.policy.max_waiting_chars:
            return
        self._paused = None
        out.append(Resume(link=self.link, leg=paused))
        other = self.lane_from(paused.other)
        if self._waiting(other):
            self._press(paused.other, other, out)

    def _drop(self, leg: Leg, cause: DropCause, reason: str, out: list[Command]) -> None:
        self._observe(FrameDropped(identity=self.identity, leg=leg, cause=cause, reason=reason), out)

    def _observe(self, what: Observation, out: list[Command]) -> None:
        out.append(Observe(link=self.link, what=what))


def _dropped(identity: str, asked: OwnCallAsked) -> OwnCallEnded:
    return OwnCallEnded(identity=identity, token=asked.token, action=asked.action, verdict="dropped")
