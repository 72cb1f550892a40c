"""What happened. Past tense, one value per fact; the edge makes them, `Router.handle` takes them."""

from enum import IntEnum

from routing.carrying.items import Known, Row
from routing.values import Leg, LinkId, Value


class Event(Value, frozen=True, kw_only=True):
    """Base of everything that can happen to a link."""

    link: LinkId


class StationArrived(Event, frozen=True, kw_only=True):
    """A station asked for the upgrade and waits. Transport checks (TLS, certificate, local password) have passed.

    `identity` is the decoded last part of its path, `offer` its subprotocols in its order of preference.
    """

    identity: str
    offer: tuple[str, ...] = ()
    known: Known = Known()
    """What the journal remembers of it."""


class UpstreamAccepted(Event, frozen=True, kw_only=True):
    """The CSMS upgraded our dial. `subprotocol` is what it chose, None if it named none."""

    subprotocol: str | None


class UpstreamRefused(Event, frozen=True, kw_only=True):
    """The CSMS answered the dial with an HTTP status other than 101. `headers` are those worth mirroring."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


class UpstreamFailed(Event, frozen=True, kw_only=True):
    """The dial came to nothing: no route, refused connection, TLS failure, time-out. `reason` is for the log."""

    reason: str


class FrameArrived(Event, frozen=True, kw_only=True):
    """One whole text message came in on a leg, exactly as sent."""

    leg: Leg
    text: str


class LegLost(Event, frozen=True, kw_only=True):
    """A leg is gone. `code` is the peer's close code, None when it vanished without one.

    With a code, `reason` is the peer's own word and is repeated to the other peer; without, it is for the log only.

    Reported once for every leg that was there, whatever ended it, the box's own `Close` included: the station's from
    `StationArrived` on (not after `Refuse`), the CSMS's from `UpstreamAccepted` on. The link is forgotten when both
    are reported. A dial that was abandoned by `Close` needs no report; one does no harm, nor does any event of a link
    that is already forgotten.
    """

    leg: Leg
    reason: str
    code: int | None = None


class Kept(Event, frozen=True, kw_only=True):
    """What `Keep` asked for is on disk, under this row: it survives a power cut from now on."""

    ticket: int
    row: int


class NotKept(Event, frozen=True, kw_only=True):
    """What `Keep` asked for could not be stored, and never will be."""

    ticket: int


class Fetched(Event, frozen=True, kw_only=True):
    """The oldest that is kept for this station, None when nothing is, or when it cannot be read just now.

    `waiting` is how many are kept, `transactions` those that something waits of.
    """

    row: Row | None
    waiting: int = 0
    transactions: frozenset[str] = frozenset()


class BacklogFound(Event, frozen=True, kw_only=True):
    """Something is kept for this station, maybe put back by an operator. Too early or too often does no harm."""


class Woke(Event, frozen=True, kw_only=True):
    """The moment asked for with `WakeAt` has come. Too early or too often does no harm."""


class Priority(IntEnum):
    """Who goes first when a CALL of ours and a CALL of the CSMS wait for the same station.

    SAFETY passes everything that waits, ROUTINE waits until nothing relayed does. A relayed CALL that waits is passed
    once at most: after one CALL of ours its turn comes, whatever else we want (2.3.4b).
    """

    SAFETY = 0
    ROUTINE = 1


class FollowUp(Value, frozen=True, kw_only=True):
    """The request that an own CALL makes the station send: absorbed, answered `{}`, handed to the asker.

    Matched by `action` and, where given, by `request_id` (payload member `requestId`) or `evse_id` (`evseId`, `evse.id`
    or 1.6's `connectorId`). The last part of a report is told by its `tbc`. An own CALL that the station does not
    accept ends the expectation. Transaction, boot and authorisation messages are never absorbed: the CSMS would miss a
    seqNo (E01); nor is anything that an empty result does not answer.
    """

    action: str
    request_id: int | None = None
    evse_id: int | None = None
    within_s: float = 60.0


class OwnCallAsked(Event, frozen=True, kw_only=True):
    """The box itself wants something of the station. `token` comes back in `OwnCallEnded` and `FollowUpArrived`.

    It waits its turn, and while the station's registration is Pending or Rejected (7.1.7); if `timeout_s` passes
    meanwhile it ends as `dropped`. Once sent it has `timeout_s` for the answer.
    """

    token: int
    action: str
    payload: str
    """JSON text of the request."""
    priority: Priority = Priority.ROUTINE
    timeout_s: float | None = None
    follow_up: FollowUp | None = None


class ReadingStopped(Event, frozen=True, kw_only=True):
    """The edge found a bug of ours in this link (or is shutting down): let both peers go and forget the link."""

    reason: str
    code: int = 1011
