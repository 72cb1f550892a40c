"""Kept messages on their way to the CSMS: one at a time, oldest first, paced, tried again, given up at last (E13).

The edge hands out the oldest row (`Fetched`); its answer removes it (`Delivered`) and asks for the next. A CALLERROR or
no answer counts as one of MessageAttempts, and so does a connection that the CSMS closes because of the message; one
that is lost does not: it says nothing about the message. After the last attempt a late answer is waited for once more.
A CSMS that answers SecurityError wants a BootNotification first; it gets the station's last one, and where the box has
none the station is asked for it. When it then does not accept, the station itself must hear that: the link ends.
"""

from collections import OrderedDict
from math import inf
from typing import Literal

import msgspec
from msgspec import Struct

from routing import frames
from routing.actions import unsigned
from routing.carrying import splice
from routing.carrying.carry import Carry, Mode, status_of
from routing.carrying.items import Alias, Item, Row
from routing.commands import Bury, Command, Delivered, Fetch, Observe
from routing.common import Common
from routing.correlation import Call, Carried
from routing.events import Fetched
from routing.frames import CALL, ERROR, Frame
from routing.observations import BacklogDone, LateRefusal, Replayed
from routing.signed import unwrapped_answer
from routing.values import Instant

FOR_GOOD = frozenset({"Accepted", "ConcurrentTx"})
"""Verdicts that let a transaction run: ConcurrentTx may be the echo of its own repeated begin."""
UNREADABLE_S = 5.0
"""After so long a disk that could not be read is asked again."""
MOST_NUMBER = 2**63 - 1
"""What a number may be at most to be kept; OCPP's integers end long before."""
MAX_BOOTS_ASKED = 3
"""So often on one connection a station is asked for a BootNotification that the box does not know."""
MAX_ENDED = 64
"""Ended transactions that are remembered, so that they are not stopped again."""


class _Transaction(Struct, rename="camel"):
    transaction_id: str = ""


class _Status(Struct):
    status: str = ""


_decode_status = msgspec.json.Decoder(_Status).decode


class _Said(Struct, rename="camel"):
    """TransactionEvent (2.x) or StopTransaction (1.6, without an event type)."""

    event_type: str = "Ended"
    transaction_info: _Transaction | None = None
    transaction_id: int | None = None


_decode_said = msgspec.json.Decoder(_Said).decode


def ended_transaction(payload: bytes) -> str | None:
    """The transaction that this request ends, if it does."""
    try:
        said = _decode_said(payload)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    if said.event_type != "Ended":
        return None
    if said.transaction_info is not None:
        return said.transaction_info.transaction_id
    return None if said.transaction_id is None else str(said.transaction_id)


class Replay:
    """The way up for what `carry` kept. At most one row is out; it is read again from disk after every loss."""

    def __init__(self, carry: Carry, common: Common) -> None:
        self._carry = carry
        self._common = common
        self._policy = carry.policy.outage
        self._row: Row | None = None
        self._attempts = 0
        self._send_at = inf
        self._asked = 0
        self._boot_due = False
        self._booted = False
        self._doomed: str | None = None
        """Why the row is buried when its last answer is no longer waited for."""
        self._wants_boot, self._asked_for_boot = False, 0
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._looked = False
        """The edge has read what waits since the CSMS is there."""
        self._first = False
        """No StartTransaction of the backlog has been answered since the CSMS is there."""
        self.transactions: frozenset[str] = frozenset()
        """Transactions of which something waits."""

    @property
    def due_at(self) -> float:
        """When the next may go."""
        return self._send_at

    def begin(self, now: Instant, out: list[Command]) -> None:
        """The CSMS is there: start with the oldest, or with a BootNotification where that is wanted."""
        self._booted, self._boot_due = False, self._policy.boot_again and bool(self._carry.known.boot)
        if self._boot_due:
            self._drain()
            self._send_at = self._common.replay.take(now)
        else:
            self.look(out)

    def look(self, out: list[Command]) -> None:
        """Start with the oldest."""
        self._drain()
        self._fetch(out)

    def _drain(self) -> None:
        self._carry.move("recall")
        self._looked, self._first, self._asked_for_boot = False, True, 0

    @property
    def may_number(self) -> bool:
        """True while a StartTransaction is to go up that the CSMS may have numbered before, and the answer was lost.

        That can only be the first one of a backlog: the next goes when the disk knows that this one is answered.
        """
        if self._carry.mode is not Mode.DRAINING or not self._first:
            return False
        unheard = {str(one) for one in self._carry.numbers.unheard()}
        return bool(unheard) and (not self._looked or not unheard.isdisjoint(self.transactions))

    def booted(self, now: Instant) -> bool:
        """The CSMS has accepted a BootNotification of the station itself: it needs no older one. True: one was due."""
        self._booted, self._boot_due = True, False
        due = self._row is not None and unsigned(self._row.item.action) == "BootNotification"
        if due:
            self._send_at = now
        return due

    def again(self, now: Instant) -> None:
        """What was about to go did not: it goes when it may."""
        self._send_at = now

    def halt(self) -> None:
        """The CSMS is gone again."""
        self._row, self._send_at, self._doomed = None, inf, None

    def _fetch(self, out: list[Command]) -> None:
        self._row, self._send_at, self._attempts, self._doomed = None, inf, 0, None
        self._asked += 1
        self.transactions |= self._carry.take_fresh()
        out.append(Fetch(link=self._carry.link))

    def fetched(self, event: Fetched, now: Instant, out: list[Command]) -> None:
        """The edge found the oldest, or nothing: then, if nothing is on its way to the disk, the backlog is done.

        Only the answer to the last question counts: an earlier one may name a row that has gone since.
        """
        self._asked -= 1
        if self._asked or self._carry.mode is not Mode.DRAINING:
            return
        self.transactions, self._looked = event.transactions, event.row is not None or not event.waiting
        if event.row is not None:
            self._row = event.row
            self._attempts = self._common.attempts_at(self._carry.identity, event.row.number)
            self._send_at = self._common.replay.take(now)
        elif event.waiting:
            self._first, self._send_at = False, now + UNREADABLE_S
        elif not self._carry.pending:
            self._carry.drained()
            out.append(Observe(link=self._carry.link, what=BacklogDone(identity=self._carry.identity)))

    def kept_more(self, out: list[Command]) -> None:
        """Something was added behind the last one."""
        if self._carry.mode is Mode.DRAINING and self._row is None and not self._asked:
            self._fetch(out)

    def next_call(self, now: Instant, out: list[Command]) -> Call | None:
        """What is to go up now. A row that can never go is buried at once."""
        if now < self._send_at:
            return None
        self._send_at = inf
        if self._boot_due:
            return self._call(None, self._common.ids.new(), "BootNotification", self._carry.known.boot)
        row = self._row
        if row is None:
            self._fetch(out)
            return None
        if self._booted and unsigned(row.item.action) == "BootNotification":
            self._delivered(row, b"", out)
            return None
        if self._doomed is not None:
            self._bury(row, self._doomed, "never answered", out)
            return None
        payload = self._payload(row)
        if payload is None:
            self._bury(row, "TransactionUnknown", "the CSMS never took the StartTransaction of this transaction", out)
            return None
        self._attempts += 1
        return self._call(row, row.item.message_id, row.item.action, payload)

    def _call(self, row: Row | None, message_id: str, action: str, payload: str) -> Call:
        text = frames.call_text(message_id, action, payload)
        return Call(CALL, message_id, action, payload.encode(), text, carried=Carried(row))

    def _payload(self, row: Row) -> str | None:
        """What the CSMS gets: as the station said it, but for the offline flag and numbers it cannot know."""
        item = row.item
        if item.action == "TransactionEvent":
            offline = self._policy.mark_offline and row.number < self._carry.online_from
            return splice.marked_offline(item.payload) if offline else item.payload
        local = splice.transaction_number(item.payload)
        if local is None or local not in self._carry.numbers or item.action == "StartTransaction":
            return item.payload
        numbers = self._carry.numbers.to_csms()
        return splice.translated_up(item.action, item.payload, numbers) if local in numbers else None

    def is_about(self, call: Call) -> bool:
        """True where this CALL carries what is on its way just now; False for a row that is done with."""
        row = call.carried.row if call.carried is not None else None
        return row is None or (self._row is not None and row.number == self._row.number)

    def answered(self, call: Call, frame: Frame, now: Instant, out: list[Command]) -> Literal["csms_refused"] | None:
        """The CSMS answered what was sent on the station's behalf."""
        row = call.carried.row if call.carried is not None else None
        if not self.is_about(call):
            return None
        self._doomed = None
        if frame.kind == ERROR:
            self._failed(row, frame.word, now, out)
            return None
        if unsigned(call.action) == "BootNotification":
            if _status(unwrapped_answer(call.action, frame.payload)) != "Accepted":
                return "csms_refused"
            self._booted, self._boot_due = True, False
            if row is None:
                self._send_at = now
                return None
        if row is not None:
            self._delivered(row, frame.payload, out)
        return None

    def expired(self, call: Call, now: Instant, out: list[Command]) -> None:
        """No answer in time."""
        self._failed(call.carried.row if call.carried is not None else None, "timeout", now, out)

    def blamed(self, row: Row | None, out: list[Command]) -> None:
        """The CSMS closed its connection because of this message: an attempt, which outlives the connection."""
        if row is None:
            return
        self._common.note_attempts(self._carry.identity, row.number, self._attempts)
        if self._attempts >= self._policy.attempts:
            self._entomb(row, "closed", "the CSMS closed its connection at every attempt", out)

    def _failed(self, row: Row | None, code: str, now: Instant, out: list[Command]) -> None:
        if self._carry.mode is not Mode.DRAINING:
            return
        if row is not None and code == "SecurityError" and self._may_boot:
            self._boot_first(now)
            return
        if row is None:
            self._boot_due = False
            self._send_at = now + self._policy.attempt_interval_s
            return
        last = self._attempts >= self._policy.attempts
        if last and code != "timeout":
            self._bury(row, code, "refused at every attempt", out)
            return
        self._doomed = code if last else None  # a late yes to the last attempt counts for a while
        self._send_at = now + self._policy.attempt_interval_s * (1 if last else self._attempts)
        if not last:
            self._observe(row.item.action, "retry", code, out)

    @property
    def _may_boot(self) -> bool:
        """Whether a BootNotification may be what is missing, and one may be had."""
        known = bool(self._carry.known.boot) or self._asked_for_boot < MAX_BOOTS_ASKED
        return known and not self._booted

    def _boot_first(self, now: Instant) -> None:
        """The CSMS takes nothing before a BootNotification: that was no attempt. One nobody knows, the station says."""
        self._attempts -= 1
        self._boot_due = bool(self._carry.known.boot)
        self._wants_boot = not self._boot_due
        self._asked_for_boot += self._wants_boot
        self._send_at = now if self._boot_due else now + self._policy.attempt_interval_s

    def take_wants_boot(self) -> bool:
        """Whether the station must be asked for a BootNotification, once."""
        wants, self._wants_boot = self._wants_boot, False
        return wants

    def _bury(self, row: Row, code: str, text: str, out: list[Command]) -> None:
        self._entomb(row, code, text, out)
        self._fetch(out)

    def _entomb(self, row: Row, code: str, text: str, out: list[Command]) -> None:
        attempts = self._attempts
        out.append(Bury(link=self._carry.link, row=row.number, attempts=attempts, code=code, text=text))
        self._observe(row.item.action, "dead", code, out)

    def _delivered(self, row: Row, answer: bytes, out: list[Command]) -> None:
        item = row.item
        alias, ended = None, None
        if item.invented is not None:
            self._first = False
            alias = _alias(item.invented, answer)
        elif unsigned(item.action) == "StopTransaction":
            ended = self._carry.numbers.ended(item.payload)
        if alias is not None:
            self._carry.numbers.told(alias)
        out.append(Delivered(link=self._carry.link, row=row.number, alias=alias, ended=ended))
        self._observe(item.action, "delivered", None, out)
        self._judge(item, answer, out)
        self._fetch(out)

    def _judge(self, item: Item, answer: bytes, out: list[Command]) -> None:
        """What the CSMS thinks of the token, now that it has heard of it (3.15.5)."""
        status = status_of(unwrapped_answer(item.action, answer))
        if not item.transaction or status is None:
            return
        if status in FOR_GOOD:
            self._carry.lift_cap(item.transaction)
            return
        stop = self._policy.stop_refused and item.transaction not in self._ended
        if stop:
            self._carry.stop(item.transaction)
        what = LateRefusal(identity=self._carry.identity, transaction=item.transaction, status=status, stopped=stop)
        out.append(Observe(link=self._carry.link, what=what))

    def waits_of(self, transaction: str | None) -> bool:
        """True when something of this transaction, or of any, is still here, or nobody has looked yet (E14.FR.07)."""
        known = bool(self.transactions) if transaction is None else transaction in self.transactions
        return not self._looked or known or self._carry.is_fresh(transaction)

    def note_ended(self, payload: bytes) -> None:
        """The station said something of a transaction: remember those that are over."""
        transaction = ended_transaction(payload)
        if transaction is None:
            return
        self._ended[transaction] = None
        if len(self._ended) > MAX_ENDED:
            self._ended.popitem(last=False)

    def _observe(
        self, action: str, verdict: Literal["delivered", "retry", "dead"], code: str | None, out: list[Command]
    ) -> None:
        what = Replayed(
            identity=self._carry.identity, action=action, verdict=verdict, attempts=self._attempts, error_code=code
        )
        out.append(Observe(link=self._carry.link, what=what))


def _status(answer: bytes) -> str:
    try:
        return _decode_status(answer).status
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""


def _alias(local: int, answer: bytes) -> Alias | None:
    """The CSMS's number in its answer to StartTransaction; without one the messages of the transaction cannot go."""
    number = splice.transaction_number(answer.decode("utf-8", "replace"))
    return None if number is None or abs(number) > MOST_NUMBER else Alias(local=local, real=number)
