"""A second opinion on composite schedules: second by second, in exact fractions, straight from the rules R1 to R18.

It shares nothing with the product: it reads the JSON requests of the calculator itself, knows no change points, no
curves and no floats, and asks for each second anew who leads. Slow and plain on purpose.
"""

import math
from datetime import UTC, datetime
from fractions import Fraction

SPECIAL = ("PriorityCharging", "TxProfile", "TxDefaultProfile")
MAX, EXTERNAL, GENERATION = "ChargingStationMaxProfile", "ChargingStationExternalConstraints", "LocalGeneration"
DAY = 86_400


def seconds(text):
    """R1: whole seconds, rounded down."""
    return math.floor(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def number(value):
    return None if value is None else Fraction(str(value))


def schedule_of(request):
    """All periods of the answer, one per change of what a second says."""
    periods = []
    for offset in range(max(1, request["duration_s"])):
        said = at_second(request, seconds(request["start"]) + offset)
        if not periods or said != periods[-1][1]:
            periods.append((offset, said))
    return [{"startPeriod": offset, **said} for offset, said in periods]


def at_second(request, now):
    """What the answer says of one second."""
    profiles = installed(request)
    exact, phases, use = (
        of_station(request, profiles, now)
        if request["evseId"] == 0
        else of_evse(request, profiles, request["evseId"], now)
    )
    said = {"limit": float(Fraction(math.floor(exact * 10), 10))}
    if phases and not on_dc(request):
        said["numberPhases"] = phases
        if use and request["protocol"] != "ocpp1.6":
            said["phaseToUse"] = use
    return said


def assumed(request, name, otherwise=None):
    value = request.get("assumptions", {}).get(name)
    return otherwise if value is None else value


def on_dc(request):
    return assumed(request, "default_phases", 3) == 0


def worth(request, phases):
    """R11: watts of one ampere."""
    return number(assumed(request, "voltage", 230)) * (1 if on_dc(request) else phases)


def default_phases(request):
    return assumed(request, "default_phases", 3) or 1


# --- what is installed -------------------------------------------------------------------------------------------


def installed(request):
    """Installing one after the other: ids replace on their EVSE and purpose, in 1.6 also purpose, level, connector."""
    there = []
    for new in request.get("profiles", []):
        profile = new["profile"]
        if profile["chargingProfilePurpose"] == "TxProfile" and not for_running(request, new):
            continue
        if profile["chargingProfilePurpose"] != EXTERNAL:
            there = [old for old in there if not replaced(request, old, new)]
        there.append(new)
    return there


def replaced(request, old, new):
    if old["profile"]["chargingProfilePurpose"] == EXTERNAL:
        return False
    ours, theirs = old["profile"], new["profile"]
    if (old["evseId"], ours["chargingProfilePurpose"]) != (new["evseId"], theirs["chargingProfilePurpose"]):
        return False
    same_level = request["protocol"] == "ocpp1.6" and ours["stackLevel"] == theirs["stackLevel"]
    return same_level or ours["id"] == theirs["id"]


def transaction_on(request, evse):
    there = [each for each in request.get("transactions", []) if each["evseId"] == evse]
    return there[-1] if there else None


def for_running(request, one):
    """R7: a TxProfile is for the running transaction of its EVSE only."""
    transaction = transaction_on(request, one["evseId"])
    if transaction is None:
        return False
    meant = one["profile"].get("transactionId")
    return meant is None or str(meant) == str(transaction["transactionId"])


# --- one profile, one second -------------------------------------------------------------------------------------


def period_now(profile, now, zero):
    """The period this profile has at this second, with its unit, or None."""
    if "validFrom" in profile and now < seconds(profile["validFrom"]):
        return None
    if "validTo" in profile and now >= seconds(profile["validTo"]):
        return None
    schedule = profile["chargingSchedule"][0]
    kind = profile["chargingProfileKind"]
    start = zero
    if kind == "Dynamic" and "dynUpdateTime" in profile:
        start = seconds(profile["dynUpdateTime"])
    elif kind != "Relative" and "startSchedule" in schedule:
        start = seconds(schedule["startSchedule"])
    if now < start:
        return None
    into = now - start
    if kind == "Recurring":
        into %= {"Daily": DAY, "Weekly": 7 * DAY}[profile["recurrencyKind"]]
    if "duration" in schedule and into >= schedule["duration"]:
        return None
    begun = [period for period in schedule["chargingSchedulePeriod"] if period["startPeriod"] <= into]
    return {**begun[-1], "unit": schedule["chargingRateUnit"]}


def leader(entries, now, zero):
    """R6: the strongest of those that have a period; entries are (strength, profile)."""
    having = [(strength, period_now(profile, now, zero)) for strength, profile in entries]
    having = [(strength, period) for strength, period in having if period is not None]
    return max(having, key=lambda pair: pair[0])[1] if having else None


def stack(profiles, purposes, evses):
    """Entries of the given purposes on the given EVSEs, with what decides between them."""
    entries = []
    for age, one in enumerate(profiles):
        profile, evse = one["profile"], one["evseId"]
        if profile["chargingProfilePurpose"] in purposes and evse in evses:
            rank = -purposes.index(profile["chargingProfilePurpose"])
            entries.append(((rank, profile["stackLevel"], evse > 0, age), profile))
    return entries


# --- one EVSE ----------------------------------------------------------------------------------------------------


def session_leader(request, profiles, evse, now):
    transaction = transaction_on(request, evse)
    asked = seconds(request["start"])
    wanted = list(SPECIAL) if transaction else ["TxDefaultProfile"]  # R8
    if transaction and transaction.get("priorityCharging") is False:
        wanted.remove("PriorityCharging")
    mine = [one for one in profiles if one["profile"]["chargingProfilePurpose"] != "TxProfile" or one["evseId"] == evse]
    own_default = any(
        one["evseId"] == evse and one["profile"]["chargingProfilePurpose"] == "TxDefaultProfile" for one in mine
    )
    if request["protocol"] == "ocpp1.6" and own_default:
        mine = [
            one
            for one in mine
            if one["profile"]["chargingProfilePurpose"] != "TxDefaultProfile" or one["evseId"] == evse
        ]
    zero = seconds(transaction["start"]) if transaction else asked
    return leader(stack(mine, wanted, {0, evse}), now, zero), zero


def of_evse(request, profiles, evse, now):
    """R9: the lowest of session, external limits and station maximum."""
    session, zero = session_leader(request, profiles, evse, now)
    caps = [
        session,
        leader(stack(profiles, [EXTERNAL], {evse}), now, zero),
        leader(stack(profiles, [EXTERNAL], {0}), now, zero),
        leader(stack(profiles, [MAX], {0}), now, zero),
    ]
    extra = leader(stack(profiles, [GENERATION], {0, evse}), now, zero)
    return resolve(request, [cap for cap in caps if cap], extra, [], "local")


def phases_of(request, period):
    return period.get("numberPhases") or default_phases(request)


def converted(request, period, phases):
    limit = number(period["limit"])
    if period["unit"] == request["unit"]:
        return limit
    return limit * worth(request, phases) if request["unit"] == "W" else limit / worth(request, phases)


def resolve(request, caps, extra, above, whose, total=None):
    """R10, R11, R12, R14 for one second; returns limit, phases (None: nothing applies), phase to use."""
    if not caps:
        phases = filling_phases(request, above)
        hard = hardware(request, whose, phases)
        return (fallback(request, phases) if hard is None else hard), None, None
    phases = min(phases_of(request, cap) for cap in caps + above)
    limits = [converted(request, cap, phases) for cap in caps]
    limit = min(limits if total is None else [*limits, total])
    if extra:
        limit += converted(request, extra, phases)
    hard = hardware(request, whose, phases)
    if hard is not None:
        limit = min(limit, hard)
    uses = {cap["phaseToUse"] for cap in caps if cap.get("numberPhases") == 1 and cap.get("phaseToUse")}
    return limit, phases, (uses.pop() if phases == 1 and len(uses) == 1 else None)


def filling_phases(request, above):
    """Phases of an EVSE that only fills the sum: those of the station's caps, else the default."""
    return min((phases_of(request, cap) for cap in above), default=default_phases(request))


def hardware(request, whose, phases):
    """R14: amperes per phase and watts in total, the lower of both in the asked unit."""
    amps, watts = (number(assumed(request, f"{whose}_limit_{unit}")) for unit in "AW")
    if request["unit"] == "A":
        both = [amps, None if watts is None else watts / worth(request, phases)]
    else:
        both = [None if amps is None else amps * worth(request, phases), watts]
    return min((each for each in both if each is not None), default=None)


def fallback(request, phases):
    """The default in the asked unit, else the other one converted, else 48 A or 33120 W."""
    amps, watts = number(assumed(request, "default_limit_A")), number(assumed(request, "default_limit_W"))
    if request["unit"] == "A":
        return amps if amps is not None else (Fraction(48) if watts is None else watts / worth(request, phases))
    return watts if watts is not None else (Fraction(33120) if amps is None else amps * worth(request, phases))


# --- the station -------------------------------------------------------------------------------------------------


def of_station(request, profiles, now):
    """R13: each EVSE in the asked unit with its own phases, added, then under the station's caps."""
    asked = seconds(request["start"])
    above = [leader(stack(profiles, [purpose], {0}), now, asked) for purpose in (MAX, EXTERNAL)]
    above = [cap for cap in above if cap]
    extra = leader(stack(profiles, [GENERATION], {0}), now, asked)
    parts = []
    for evse in dict.fromkeys(request["evseIds"]):
        session, zero = session_leader(request, profiles, evse, now)
        own = [session, leader(stack(profiles, [EXTERNAL], {evse}), now, zero)]
        on_top = leader(stack(profiles, [GENERATION], {evse}), now, zero)
        parts.append(resolve(request, [cap for cap in own if cap], on_top, above, "local"))
    total = sum(limit for limit, _, _ in parts)
    known = any(assumed(request, f"local_limit_{unit}") is not None for unit in "AW")
    if any(phases for _, phases, _ in parts):
        phases = max(phases or filling_phases(request, above) for _, phases, _ in parts)
        whole = {"limit": str_of(total), "unit": request["unit"], "numberPhases": phases}
        return (*resolve(request, [whole, *above], extra, [], "station")[:2], None)
    hard = hardware(request, "station", default_phases(request))
    if above:
        adds_up = known or hard is None
        return (*resolve(request, above, extra, [], "station", total if adds_up else None)[:2], None)
    if hard is None:
        return total, None, None
    return (min(hard, total) if known else hard), None, None


def str_of(exact):
    """Fractions survive `number` as text of the form 1/3."""
    return f"{exact.numerator}/{exact.denominator}"
