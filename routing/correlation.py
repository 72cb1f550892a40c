"""One direction of a link: who may send a CALL now, and which CALL an answer belongs to.

A `Lane` leads to one leg. On it at most one CALL is outstanding (Part 2 FR.01, Part 4 4.1.1); CALLs that come while it
is busy wait in the order they came, because stations and CSMSs do pipeline. A SEND needs no slot but keeps its place
behind the CALLs of its sender. The box's own CALLs wait apart: SAFETY goes before everything that waits, ROUTINE when
nothing else does, and never do two of them in a row pass a relayed CALL.

An answer is matched with the outstanding CALL first. A CALL whose time is up frees the slot and is remembered for a
while: its late answer belongs to it and to nothing newer. Answered ids are remembered too, so that a second answer is
known as such. All these memories are bounded in number, bytes and time.
"""

from collections import OrderedDict, deque
from enum import Enum
from math import inf

from msgspec import Struct

from routing.carrying.items import Row
from routing.events import OwnCallAsked, Priority
from routing.frames import MAX_OCPP_ID_CHARS, SEND
from routing.values import Instant

MAX_EXPIRED, MAX_EXPIRED_BYTES, EXPIRED_S = 32, 256 * 1024, 600.0
"""How many unanswered CALLs are remembered for their late answers, with how much payload, for how long."""
MAX_ANSWERED = 64
"""How many answered ids are remembered, to tell second answers from unknown ones and to route CALLRESULTERRORs."""
MAX_OWN_WAITING = 32
"""Own CALLs that may wait for one station."""


class Carried(Struct, frozen=True):
    """What the box sends on a station's behalf: a kept row, or (None) its last BootNotification once more."""

    row: Row | None = None


class Call(Struct):
    """A CALL or SEND on its way. `own` is set when the box itself asked; then `due_at` runs from the asking on.

    `carried` is set when the box sends what it kept for the station. An `orphan` has nobody waiting for its answer.
    """

    kind: int
    message_id: str
    action: str
    payload: bytes
    text: str
    own: OwnCallAsked | None = None
    carried: Carried | None = None
    orphan: bool = False
    timeout_s: float = 0.0
    sent_at: float = 0.0
    due_at: float = inf


class Match(Enum):
    """What an answer belongs to."""

    OPEN = "open"
    LATE = "late"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"


class Answerer(Enum):
    """Who gave an answer, and whether it was already disputed by a CALLRESULTERROR."""

    PEER = "peer"
    BOX = "box"
    DISPUTED = "disputed"


class Lane:
    """All CALLs towards one leg. `timeout_s` is the patience with relayed ones."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._waiting: deque[Call] = deque()
        self._safety: list[Call] = []
        self._routine: list[Call] = []
        self._own_last = False
        self._expired: OrderedDict[str, Call] = OrderedDict()
        self._expired_bytes = 0
        self._answered: OrderedDict[str, Answerer] = OrderedDict()
        self.open: Call | None = None
        self.waiting_chars = 0
        self.unanswered = 0
        """CALLs expired since this leg last answered anything."""

    @property
    def waiting(self) -> int:
        """Relayed CALLs and SENDs that wait."""
        return len(self._waiting)

    @property
    def own_waiting(self) -> int:
        """Own CALLs that wait."""
        return len(self._safety) + len(self._routine)

    @property
    def remembered(self) -> int:
        """Entries in the memories of expired and answered ids; bounded."""
        return len(self._expired) + len(self._answered)

    def wait(self, call: Call) -> None:
        """Put a relayed CALL or SEND at the end, an own CALL at the end of its priority."""
        if call.own is not None:
            queue = self._safety if call.own.priority is Priority.SAFETY else self._routine
            queue.append(call)
        else:
            self._waiting.append(call)
            self.waiting_chars += len(call.text)

    def release(self, now: Instant, *, own_may: bool) -> Call | None:
        """The next frame that may go out now; a CALL becomes the outstanding one. None: all must wait."""
        waiting = self._waiting
        if waiting and waiting[0].kind == SEND:
            return self._shift()
        if self.open is not None:
            return None
        own = self._own_turn() if own_may else None
        if own is None and not waiting:
            return None
        call = self._shift() if own is None else own
        self._own_last = own is not None
        call.sent_at = now
        call.due_at = now + (call.timeout_s or self._timeout_s)
        self.open = call
        if self._expired or self._answered:
            self._forget(call.message_id)
        return call

    def _own_turn(self) -> Call | None:
        if self._safety and not (self._waiting and self._own_last):
            return self._safety.pop(0)
        return self._routine.pop(0) if self._routine and not self._waiting else None

    def _shift(self) -> Call:
        call = self._waiting.popleft()
        self.waiting_chars -= len(call.text)
        return call

    def answered(self, message_id: str, now: Instant) -> tuple[Match, Call | None]:
        """Find the CALL of an answer from this leg. Each CALL is found at most once (2.3.4e)."""
        self.unanswered = 0
        call = self.open
        if call is not None and call.message_id == message_id:
            self.open = None
            self.remember(message_id, Answerer.PEER)
            return Match.OPEN, call
        late = self._expired.get(message_id)
        if late is not None:
            self._drop_expired(message_id)
            if now <= late.due_at + EXPIRED_S:
                self.remember(message_id, Answerer.PEER)
                return Match.LATE, late
        return (Match.DUPLICATE if message_id in self._answered else Match.UNKNOWN), None

    def complained(self, now: Instant) -> tuple[Match, Call | None]:
        """Find the CALL of a CALLERROR that names none: the outstanding one, if its peer had a right to complain (2.4).

        Only of a relayed CALL that is no good frame is that certain; else the complaint may be about anything.
        """
        call = self.open
        if call is None or call.own is not None or call.carried is not None:
            return Match.UNKNOWN, None
        if call.payload and len(call.message_id) <= MAX_OCPP_ID_CHARS:
            return Match.UNKNOWN, None
        return self.answered(call.message_id, now)

    def remember(self, message_id: str, answerer: Answerer) -> None:
        """Note that this id has its answer, and from whom."""
        self._answered[message_id] = answerer
        if len(self._answered) > MAX_ANSWERED:
            self._answered.popitem(last=False)

    def dispute(self, message_id: str) -> Answerer | None:
        """Who answered the CALL whose answer the caller complains of (2.1 FR.06); None when not known any more."""
        answerer = self._answered.get(message_id)
        if answerer is Answerer.PEER:
            self._answered[message_id] = Answerer.DISPUTED
        return answerer

    def orphan(self) -> None:
        """The peer that asked is gone: what waits is dropped, and answers to what was sent go nowhere."""
        self._waiting.clear()
        self.waiting_chars = 0
        sent = [*self._expired.values()] if self.open is None else [*self._expired.values(), self.open]
        for call in sent:
            call.orphan = call.own is None

    def take_back(self) -> None:
        """The peer that was asked is gone: what it had not answered waits again, in front (a retry, 2.2.2)."""
        call, self.open = self.open, None
        if call is not None and call.carried is None:
            self._waiting.appendleft(call)
            self.waiting_chars += len(call.text)
        self.drop_carried()

    def drop_carried(self) -> bool:
        """What was kept is still on disk: it need not wait here. True if something did."""
        dropped = [call for call in self._waiting if call.carried is not None]
        for call in dropped:
            self._waiting.remove(call)
            self.waiting_chars -= len(call.text)
        return bool(dropped)

    def take_all(self) -> list[Call]:
        """Everything relayed that waits, taken out."""
        calls = list(self._waiting)
        self._waiting.clear()
        self.waiting_chars = 0
        return calls

    def expire(self, now: Instant) -> tuple[Call | None, list[Call]]:
        """Take out what is past its time: the outstanding CALL, and own CALLs that never got out."""
        unsent = [call for call in (*self._safety, *self._routine) if call.due_at <= now]
        if unsent:
            self._safety = [call for call in self._safety if call.due_at > now]
            self._routine = [call for call in self._routine if call.due_at > now]
        call = self.open
        if call is None or call.due_at > now:
            return None, unsent
        self.open = None
        self.unanswered += 1
        self._keep_expired(call)
        return call, unsent

    def due_at(self) -> float:
        """When `expire` has something to do next."""
        due_at = inf if self.open is None else self.open.due_at
        if self._safety or self._routine:
            due_at = min(due_at, *(call.due_at for call in (*self._safety, *self._routine)))
        return due_at

    def own_calls(self) -> list[Call]:
        """Every own CALL not yet over, for the end of the link."""
        calls = [*self._safety, *self._routine]
        return calls if self.open is None or self.open.own is None else [self.open, *calls]

    def _keep_expired(self, call: Call) -> None:
        call.text = ""
        self._expired[call.message_id] = call
        self._expired_bytes += _weight(call)
        while len(self._expired) > MAX_EXPIRED or self._expired_bytes > MAX_EXPIRED_BYTES:
            self._drop_expired(next(iter(self._expired)))

    def _drop_expired(self, message_id: str) -> None:
        self._expired_bytes -= _weight(self._expired.pop(message_id))

    def _forget(self, message_id: str) -> None:
        """An id used again belongs to its newest CALL (retries may repeat it, 2.2.2)."""
        self._answered.pop(message_id, None)
        if message_id in self._expired:
            self._drop_expired(message_id)


def _weight(call: Call) -> int:
    """What a remembered CALL holds on to; its text is let go."""
    return len(call.payload) + len(call.action)
