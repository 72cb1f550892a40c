"""A short language for composite schedules, so that a case reads as one line in and one line out.

Steps are written `0=6 100=8/1@2`: from second 0 a limit of 6, from 100 a limit of 8 on 1 phase, phase 2. Answers come
in the same words; what stands for no phases is left out. Seconds count from 2026-01-01T00:00:00Z.
"""

import itertools
from datetime import UTC, datetime, timedelta

from localctl.charging.composition.composite_request import calculate

ZERO = datetime(2026, 1, 1, tzinfo=UTC)
NEXT_ID = itertools.count(1)
DAY = 86_400


def when(second):
    """Seconds as RFC 3339; text passes."""
    return second if isinstance(second, str) else (ZERO + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def step(words):
    """One step as a chargingSchedulePeriod."""
    start, limit = words.split("=")
    limit, _, phases = limit.partition("/")
    phases, _, use = phases.partition("@")
    made = {"startPeriod": int(start), "limit": float(limit)}
    if phases:
        made["numberPhases"] = int(phases)
    return made | ({"phaseToUse": int(use)} if use else {})


def profile(purpose, steps, *, evse=1, level=0, start=0, lasting=None, unit="A", **more):
    """One installed profile: Absolute from `start`, Daily or Weekly with `every`, Relative with start None."""
    schedule = {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": [step(each) for each in steps.split()]}
    made = {"id": next(NEXT_ID), "stackLevel": level, "chargingProfilePurpose": purpose, "chargingSchedule": [schedule]}
    made["chargingProfileKind"] = "Relative" if start is None else "Absolute"
    if start is not None:
        schedule["startSchedule"] = when(start)
    if lasting is not None:
        schedule["duration"] = lasting
    if every := more.pop("every", None):
        made |= {"chargingProfileKind": "Recurring", "recurrencyKind": every}
    for name in ("validFrom", "validTo", "dynUpdateTime"):
        if name in more:
            made[name] = when(more.pop(name))
    return {"evseId": evse, "profile": made | more}


def default(steps, **more):
    """A TxDefaultProfile."""
    return profile("TxDefaultProfile", steps, **more)


def tx(steps, **more):
    """A TxProfile of transaction "t"."""
    return profile("TxProfile", steps, **{"transactionId": "t", **more})


def station_max(steps, **more):
    """A ChargingStationMaxProfile."""
    return profile("ChargingStationMaxProfile", steps, evse=0, **more)


def external(steps, **more):
    """A ChargingStationExternalConstraints profile."""
    return profile("ChargingStationExternalConstraints", steps, **{"evse": 0, **more})


def request(*profiles, evse=1, evses=(1,), unit="A", at=0, ask=400, protocol="ocpp2.0.1", running=None, **assumed):
    """A request of the calculator; `running` maps EVSEs to the start of transaction "t" there."""
    transactions = [{"evseId": on, "transactionId": "t", "start": when(begun)} for on, begun in (running or {}).items()]
    return {
        "id": "case",
        "protocol": protocol,
        "start": when(at),
        "duration_s": ask,
        "unit": unit,
        "evseId": evse,
        "evseIds": list(evses),
        "assumptions": {"voltage": 230, "default_phases": 3, "default_limit_A": 48, "default_limit_W": 33120} | assumed,
        "transactions": transactions,
        "profiles": list(profiles),
    }


def composite(*profiles, **asked):
    """What the calculator answers, in the words of `step`."""
    return words(calculate(request(*profiles, **asked)))


def words(answer):
    """An answer as one line, or its error."""
    return answer["error"] if "error" in answer else " ".join(word(period) for period in answer["periods"])


def word(period):
    """One period as `start=limit/phases@use`."""
    phases = f"/{period['numberPhases']}" if "numberPhases" in period else ""
    use = f"@{period['phaseToUse']}" if "phaseToUse" in period else ""
    return f"{period['startPeriod']}={period['limit']:g}{phases}{use}"
