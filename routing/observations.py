"""What the router noticed, as typed values for metrics, log, site state and charging.

Payloads are handed out as the raw JSON bytes of the frame; whoever needs one decodes it.
"""

from enum import Enum
from typing import Literal

from routing.values import Leg, Value


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
    """Station and CSMS are joined. `subprotocol` is what both speak."""

    subprotocol: str


class LinkRefused(Observation, frozen=True, kw_only=True):
    """A station was turned away with this HTTP status. `cause` is a short fixed word for metrics."""

    status: int
    cause: Literal["policy", "csms", "csms_away", "subprotocol", "replaced", "gone"]
    reason: str


class LinkLost(Observation, frozen=True, kw_only=True):
    """The link ended. `by` is the leg that went first, None when the box ended it. `cause` is a word for metrics."""

    by: Leg | None
    cause: Literal["station_closed", "csms_closed", "csms_refused", "replaced", "half_dead", "bug", "stopping"]
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

    verdict: `result`, `error` (CALLERROR, then `error_code` is set), `late` (answered after we gave its slot free).
    """

    leg: Leg
    action: str
    message_id: str
    request: bytes
    answer: bytes
    verdict: Literal["result", "error", "late"]
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

    `dropped`: never sent, or its link ended first; `answer` is empty.
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
    """A frame from `leg` went no further. `cause` is a short fixed word for metrics."""

    leg: Leg
    cause: Literal["unreadable", "unknown_type", "unknown_answer", "duplicate_answer", "own_answer", "too_many"]
    reason: str


class StationBooted(Observation, frozen=True, kw_only=True):
    """The CSMS answered a BootNotification."""

    registration: Registration
    interval_s: int


class PasswordChanged(Observation, frozen=True, kw_only=True):
    """The station took a new Basic password from the CSMS (A01; 1.6: AuthorizationKey). Secret: never log."""

    password: bytes


class NetworkProfileSet(Observation, frozen=True, kw_only=True):
    """The CSMS told the station another CSMS address and the station took it: it may leave the box."""

    url: str
    slot: int


class RootCertificateChanged(Observation, frozen=True, kw_only=True):
    """A CSMS root certificate was installed on or deleted from the station: it may stop trusting the box."""

    change: Literal["installed", "deleted"]
