"""What the answer to one of our orders means.

Only "Accepted" confirms. "Rejected" and errors that say "I do not do that" leave everything as it was. Any other error
is unclear: the station may have acted and then failed, so both values stay counted. No answer is no answer.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from localctl.charging.base.json_reader import number_or_none

# CALLERROR codes by which a station says that it did not act at all (2.4; the misspelt ones are 1.6's own, 10.3).
PLAIN_REFUSALS: Final = frozenset(
    {
        "NotImplemented",
        "NotSupported",
        "FormatViolation",
        "FormationViolation",
        "ProtocolError",
        "PropertyConstraintViolation",
        "OccurrenceConstraintViolation",
        "OccurenceConstraintViolation",
        "TypeConstraintViolation",
    }
)


TOO_EARLY: Final = "InvalidMessageSeq"
"""A TxProfile came before the car had told its needs (K15.FR.17)."""


class Verdict(Enum):
    """How an order ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of an order. `status` is the answer's, `reason` that or why.

    `limit` is the first limit of a composite schedule, in the unit that was asked for.
    """

    verdict: Verdict
    rate_limited: bool = False
    reason: str = ""
    limit: float | None = None
    status: str = ""

    @property
    def is_about_the_order(self) -> bool:
        """Whether it tells what the station makes of such an order, and not only of one at this moment."""
        settled = self.verdict in (Verdict.ACCEPTED, Verdict.REFUSED)
        return settled and not self.rate_limited and self.reason != TOO_EARLY


def outcome(verdict: str, answer: object = None, error_code: str | None = None) -> Outcome:
    """Read how an own CALL ended: `result` with its decoded payload, `error` with its code, `expired`, `dropped`.

    A result that is no object with a status, as some stations send, is unclear.
    """
    if verdict == "error":
        refused = error_code in PLAIN_REFUSALS
        return Outcome(verdict=Verdict.REFUSED if refused else Verdict.UNCLEAR, reason=error_code or "")
    if verdict != "result":
        return Outcome(verdict=Verdict.LOST, reason=verdict)
    body: dict[str, Any] = answer if isinstance(answer, dict) else {}
    status = body.get("status")
    if status == "Accepted":
        return Outcome(verdict=Verdict.ACCEPTED, limit=first_limit(body))
    reason = reason_code(body)
    if isinstance(status, str):
        limited = reason == "RateLimitExceeded"
        return Outcome(verdict=Verdict.REFUSED, reason=reason or status, rate_limited=limited, status=status)
    return Outcome(verdict=Verdict.UNCLEAR, reason="no status")


def reason_code(body: dict[str, Any]) -> str:
    """`statusInfo.reasonCode`, empty where there is none."""
    info = body.get("statusInfo")
    code = info.get("reasonCode") if isinstance(info, dict) else None
    return code if isinstance(code, str) else ""


def first_limit(body: dict[str, Any]) -> float | None:
    """The first period's limit of a GetCompositeSchedule answer: `schedule` in 2.x, `chargingSchedule` in 1.6."""
    schedule = body.get("schedule", body.get("chargingSchedule"))
    periods = schedule.get("chargingSchedulePeriod") if isinstance(schedule, dict) else None
    first = periods[0] if isinstance(periods, list) and periods else None
    return number_or_none(first.get("limit")) if isinstance(first, dict) else None
