"""A charging profile as the demo's stations read it: what it says at a moment, and when that may change.

Written from the OCPP text for the demo's stations and never shared with the controller's engine: a station that used
the controller's arithmetic could not show the controller's mistakes. Profiles come in the 2.0.1 shape (1.6 profiles are
brought into it by `dialect16`). Times are whole seconds since 1970.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from localctl.demo.clock import moment

STATION_MAX, TX_DEFAULT, TX = "ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"
EXTERNAL, PRIORITY, LOCAL_GENERATION = "ChargingStationExternalConstraints", "PriorityCharging", "LocalGeneration"
PURPOSES = {STATION_MAX, TX_DEFAULT, TX}
REPEATS_S = {"Daily": 86_400, "Weekly": 604_800}
FOREVER = float("inf")


class BadProfile(Exception):
    """A profile this station does not take; the text is a 2.1 reason code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What a profile needs to know of an EVSE's transaction: its id, and when energy was first offered."""

    transaction_id: str
    offered_at: float


@dataclass(slots=True, kw_only=True)
class Profile:
    """One installed profile. `start_at` is None for Relative ones; `periods` are (start s, limit, phases)."""

    id: int
    evse: int
    level: int
    purpose: str
    transaction_id: str | None
    valid: tuple[float, float]
    kind: str
    repeat_s: int | None
    start_at: float | None
    duration_s: float
    unit: str
    periods: tuple[tuple[float, float, int], ...]
    source: dict[str, Any]

    def starts(self, at: float, session: Session | None) -> float | None:
        """When the run that matters at this moment began; None when there is none yet."""
        if self.start_at is None:
            return at if session is None else session.offered_at
        if at < self.start_at:
            return None
        return at - (at - self.start_at) % self.repeat_s if self.repeat_s else self.start_at

    def at(self, at: float, session: Session | None) -> tuple[float, int] | None:
        """Limit (in the profile's unit) and phases at this moment; None when the profile is silent."""
        start = self.starts(at, session)
        if start is None or not self.valid[0] <= at < self.valid[1] or at - start >= self.duration_s:
            return None
        return next(((limit, phases) for begin, limit, phases in reversed(self.periods) if begin <= at - start), None)

    def changes(self, at: float, session: Session | None) -> Iterable[float]:
        """Moments after `at` at which this profile may begin to say something else."""
        start = self.starts(at, session)
        runs = [self.start_at or 0.0] if start is None else [start, start + self.repeat_s] if self.repeat_s else [start]
        for run in runs:
            yield run
            yield run + self.duration_s
            yield from (run + begin for begin, _, _ in self.periods)
        yield from self.valid


def read_profile(evse: int, raw: dict[str, Any], now_at: float) -> Profile:
    """A `chargingProfile` of the wire as a value. `BadProfile` names what is wrong with it."""
    schedule = raw["chargingSchedule"][0]
    start, kind, purpose = schedule.get("startSchedule"), raw["chargingProfileKind"], raw["chargingProfilePurpose"]
    periods = tuple(
        (float(one["startPeriod"]), float(one["limit"]), int(one.get("numberPhases", 3)))
        for one in schedule["chargingSchedulePeriod"]
    )
    _check(evse, raw, periods, start)
    return Profile(
        id=raw["id"],
        evse=evse,
        level=raw["stackLevel"],
        purpose=purpose,
        transaction_id=raw.get("transactionId"),
        valid=(_moment(raw.get("validFrom"), 0.0), _moment(raw.get("validTo"), FOREVER)),
        kind=kind,
        repeat_s=REPEATS_S[raw.get("recurrencyKind", "Daily")] if kind == "Recurring" else None,
        start_at=None if kind == "Relative" else _moment(start or raw.get("dynUpdateTime"), now_at),
        duration_s=float(schedule.get("duration", FOREVER)),
        unit=schedule["chargingRateUnit"],
        periods=periods,
        source=raw,
    )


def _moment(text: str | None, otherwise: float) -> float:
    return otherwise if text is None else float(int(moment(text)))


def _check(evse: int, raw: dict[str, Any], periods: tuple[tuple[float, float, int], ...], start: str | None) -> None:
    kind, purpose = raw["chargingProfileKind"], raw["chargingProfilePurpose"]
    starts = [begin for begin, _, _ in periods]
    if purpose not in PURPOSES:
        raise BadProfile("UnsupportedPurpose")
    if (purpose == STATION_MAX and (evse != 0 or kind == "Relative")) or (purpose == TX and evse == 0):
        raise BadProfile("InvalidProfile")
    if not starts or starts[0] != 0 or starts != sorted(set(starts)):
        raise BadProfile("InvalidSchedule")
    if (kind in ("Absolute", "Recurring")) != (start is not None):
        raise BadProfile("InvalidSchedule")
