"""What the router noticed, as typed values for metrics, log, site state and charging.

Payloads are handed out as the raw JSON bytes of the frame; whoever needs one decodes it.
"""

from enum import Enum
from typing import Literal

from routing.partings import LostCause, RefusedCause
from routing.values import Leg, Value

DropCause = Literal[
    "unreadable", "unknown_type", "unknown_answer", "duplicate_answer", "own_answer", "too_many", "csms_away"
]
"""Why a frame went no further, as a word for metrics."""


class Observation(Value, frozen=True, kw_only=True):
    """Base of everything worth knowing about a link. `identity` is the station's, as it wrote it."""

    identity: str


class Registration(Enum):
    """What the CSMS last said to the station's BootNotification on this link."""

    UNKNOWN = "Unknown"
    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class LinkOpened(Observation, frozen=True, kw_only=True):
    """Station and CSMS are joined. `subprotocol` is what both speak.

    `carried`: the CSMS is away and the box stands in for it; an `OutageEnded` tells when it is there.
    """

    subprotocol: str
    carried: bool = False


class LinkRefused(Observation, frozen=True, kw_only=True):
    """A station was turned away with this HTTP status. `cause` is a short fixed word for metrics.

    Every arrival ends in exactly one `LinkRefused`, or one `LinkOpened` and later one `LinkLost`. A station already
    upgraded (`early`, or no version in common with style `close`) is closed instead; `status` then says why: 101 for
    the latter, else what it would have been told. 499 (`gone`): the station left before it got an answer. `crowded`:
    too many came at once, it was told when to come back.
    """

    status: int
    cause: RefusedCause
    reason: str


class LinkLost(Observation, frozen=True, kw_only=True):
    """The link ended. `by` is the leg that went first, None when the box ended it. `cause` is a word for metrics.

    `replaced` comes before the `LinkOpened` of the newer link. `overrun`: a peer sent on although it was paused.
    `journal`: a message could not be stored, so the station has to keep it itself.
    """

    by: Leg | None
    cause: LostCause
    code: int | None
    reason: str


class CallSeen(Observation, frozen=True, kw_only=True):
    """A relayed CALL (or SEND) came in from `leg`: for what must be known before its answer."""

    leg: Leg
    action: str
    message_id: str
    payload: bytes


class CallAnswered(Observation, frozen=True, kw_only=True):
    """A relayed CALL of `leg` found its end. Latency is from sending it on to its answer.

    verdict: `result`, `error` (CALLERROR, then `error_code` is set), `late` (answered after we gave its slot free),
    `carried` (answered by the box: the CSMS is away, or the request was about what the box itself did).
    `answer` is the payload of a CALLRESULT (empty when its JSON is broken), for a CALLERROR the whole frame.
    """

    leg: Leg
    action: str
    message_id: str
    request: bytes
    answer: bytes
    verdict: Literal["result", "error", "late", "carried"]
    latency_s: float
    error_code: str | None = None


class CallExpired(Observation, frozen=True, kw_only=True):
    """A CALL towards `to` stayed without answer and its slot was freed. `own` tells the box's own CALLs."""

    to: Leg
    action: str
    message_id: str
    own: bool


class OwnCallEnded(Observation, frozen=True, kw_only=True):
    """An own CALL is over: `result` and `error` carry the station's words, `expired` and `dropped` none.

    `answer` is the payload of a CALLRESULT, for a CALLERROR the whole frame. `dropped`: never sent, or its link ended
    first (an `identity` of "" means: the link was gone already when the call was asked for).
    """

    token: int
    action: str
    verdict: Literal["result", "error", "expired", "dropped"]
    answer: bytes = b""
    error_code: str | None = None
    late: bool = False
    """True for an answer that came after `expired` was reported: the station did act on it."""


class FollowUpArrived(Observation, frozen=True, kw_only=True):
    """The station sent what an own CALL asked for; it was answered here and never reached the CSMS."""

    token: int
    action: str
    payload: bytes


class FrameDropped(Observation, frozen=True, kw_only=True):
    """A frame from `leg` went no further. `reason` is for the log."""

    leg: Leg
    cause: DropCause
    reason: str


class StationBooted(Observation, frozen=True, kw_only=True):
    """The CSMS answered a BootNotification."""

    registration: Registration
    interval_s: int


class PasswordChanged(Observation, frozen=True, kw_only=True):
    """The station took a new Basic password from the CSMS (A01; 1.6: AuthorizationKey). Secret: never log.

    `password` is the value as written by the CSMS, in UTF-8; a 1.6 key is usually hex for the bytes that the station
    will send, so compare both forms (10.23).
    """

    password: bytes

    def __repr__(self) -> str:
        return f"PasswordChanged(identity={self.identity!r}, password=...)"


class NetworkProfileSet(Observation, frozen=True, kw_only=True):
    """The CSMS told the station another CSMS address and the station took it: it may leave the box."""

    url: str
    slot: int


class RootCertificateChanged(Observation, frozen=True, kw_only=True):
    """A CSMS root certificate was installed on or deleted from the station: it may stop trusting the box.

    A deletion names its certificate by hash only, so every accepted deletion is reported.
    """

    change: Literal["installed", "deleted"]


class OutageBegan(Observation, frozen=True, kw_only=True):
    """The CSMS was lost and the station stays. `carried`: the box answers it; otherwise what it says waits a moment."""

    carried: bool
    reason: str


class OutageEnded(Observation, frozen=True, kw_only=True):
    """The CSMS is there again; `backlog` tells that kept messages go first."""

    backlog: bool


class Replayed(Observation, frozen=True, kw_only=True):
    """A kept message was sent to the CSMS: taken, to be tried again, or given up (E13)."""

    action: str
    verdict: Literal["delivered", "retry", "dead"]
    attempts: int
    error_code: str | None = None


class BacklogDone(Observation, frozen=True, kw_only=True):
    """Everything kept for this station is with its CSMS."""


class LateRefusal(Observation, frozen=True, kw_only=True):
    """The CSMS refused the token of a transaction that was allowed to begin while it was away."""

    transaction: str
    status: str
    stopped: bool
    """The box asks the station to stop it."""


class CapReached(Observation, frozen=True, kw_only=True):
    """A transaction of an unknown token drew as much energy as it may while the CSMS is away: it is being stopped."""

    transaction: str


class AdmissionDelayed(Observation, frozen=True, kw_only=True):
    """Many stations came at once: this one waits its turn to be let through to its CSMS, or is told to come again."""

    wait_s: float
