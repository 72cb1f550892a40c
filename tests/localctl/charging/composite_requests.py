"""Random requests for the calculator: everything the rules speak of, with its edges inside short windows."""

from datetime import UTC, datetime, timedelta

BASE = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
DAY = 86_400
VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1")
AMPS = (0, 0.1, 6, 6.5, 7.3, 8, 10, 13.37, 16, 20, 32, 63, 999999)
WATTS = (0, 230, 1380, 3680, 4140, 4600, 6210, 6900, 7360.5, 11000, 11040, 22080, 43000)


def text(second):
    """RFC 3339, now and then with a fraction or an offset."""
    moment = BASE + timedelta(seconds=second)
    if second % 5 == 1:
        return moment.strftime("%Y-%m-%dT%H:%M:%S.75Z")
    if second % 5 == 2:
        return (moment + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00")
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def request(rng, span=120):
    """One request whose window and edges lie within `span` seconds around BASE."""
    protocol = rng.choice(VERSIONS)
    evses = list(range(1, rng.choice([1, 1, 2, 3]) + 1))
    evse = rng.choice([0, *evses])
    ids = [str(rng.randint(1, 3)) for _ in evses] if rng.random() < 0.7 else ["41", "42", "43"]
    transactions = [
        {"evseId": each, "transactionId": ids[each - 1], "start": text(rng.randint(-span, span // 4))}
        for each in evses
        if rng.random() < 0.6
    ]
    if protocol == "ocpp2.1" and transactions and rng.random() < 0.3:
        transactions[0]["priorityCharging"] = rng.random() < 0.5
    profiles = [
        installed(rng, protocol, evses, ids, number, span) for number in range(1, rng.choice([0, 1, 2, 4, 6, 9]) + 1)
    ]
    return {
        "id": rng.randint(0, 10**6),
        "protocol": protocol,
        "start": text(rng.randint(0, 30)),
        "duration_s": rng.choice([0, 1, span // 2, span]),
        "unit": rng.choice("AW"),
        "evseId": evse,
        "evseIds": evses,
        "assumptions": assumptions(rng),
        "transactions": transactions,
        "profiles": profiles,
    }


def assumptions(rng):
    """Everything may be missing."""
    wide = {
        "voltage": rng.choice([230, 230, 120, 231.5, 400]),
        "default_phases": rng.choice([3, 3, 3, 1, 2, 0]),
        "default_limit_A": rng.choice([48, 16, 10.05]),
        "default_limit_W": rng.choice([33120, 11040]),
        "local_limit_A": rng.choice([32, 16, 6.66]),
        "local_limit_W": rng.choice([22080, 7400, 3680.5]),
        "station_limit_A": rng.choice([63, 40, 16]),
        "station_limit_W": rng.choice([43470, 22000]),
    }
    return {name: value for name, value in wide.items() if rng.random() < 0.4}


def installed(rng, protocol, evses, transaction_ids, number, span):
    """One profile that may be installed by itself, and where."""
    purposes = ["TxDefaultProfile"] * 3 + ["TxProfile"] * 3 + ["ChargingStationMaxProfile"]
    if protocol != "ocpp1.6":
        purposes.append("ChargingStationExternalConstraints")
    if protocol == "ocpp2.1":
        purposes += ["PriorityCharging", "LocalGeneration"]
    purpose = rng.choice(purposes)
    evse = 0 if purpose == "ChargingStationMaxProfile" else rng.choice([0, *evses])
    if purpose == "TxProfile":
        evse = rng.choice(evses)
    if purpose == "ChargingStationExternalConstraints" and protocol == "ocpp2.0.1":
        evse = 0
    profile = {
        "id": rng.randint(1, 9) if rng.random() < 0.1 else 100 + number,
        "stackLevel": rng.randint(0, 2),
        "chargingProfilePurpose": purpose,
        **kind(rng, protocol, purpose, span),
    }
    if purpose == "TxProfile" and rng.random() < 0.85:
        profile["transactionId"] = transaction_ids[evse - 1] if rng.random() < 0.8 else "77"
    if rng.random() < 0.3:
        profile["validFrom"] = text(rng.randint(-span, span))
    if rng.random() < 0.3:
        profile["validTo"] = text(rng.randint(0, span + 30))
    return {"evseId": evse, "profile": profile}


def kind(rng, protocol, purpose, span):
    """The kind, with a schedule that goes with it."""
    kinds = ["Absolute", "Recurring"] + ["Relative"] * (purpose != "ChargingStationMaxProfile")
    kinds += ["Dynamic"] * (protocol == "ocpp2.1")
    chosen = rng.choice(kinds)
    start = rng.randint(-span, span)
    made = {"chargingProfileKind": chosen, "chargingSchedule": [schedule(rng, span, chosen)]}
    if chosen == "Recurring":
        made["recurrencyKind"] = rng.choice(["Daily", "Weekly"])
        start -= rng.choice([0, 0, 1, 7, 70, 7000]) * DAY
    if chosen == "Dynamic" and rng.random() < 0.8:
        made["dynUpdateTime"] = text(rng.randint(-span, span // 2))
    absent = chosen == "Relative" or (chosen == "Dynamic" and rng.random() < 0.7)
    if not absent and not (protocol == "ocpp1.6" and chosen == "Absolute" and rng.random() < 0.2):
        made["chargingSchedule"][0]["startSchedule"] = text(start)
    return made


def schedule(rng, span, chosen):
    """One to six periods in one unit."""
    unit = rng.choice("AW")
    count = 1 if chosen == "Dynamic" else rng.randint(1, 6)
    starts = [0, *sorted(rng.sample(range(1, span), count - 1))]
    if chosen == "Recurring" and rng.random() < 0.2:
        starts.append(DAY + rng.randint(-span, span))
    made = {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": [period(rng, unit, at) for at in starts]}
    if rng.random() < 0.5:
        made["duration"] = rng.choice([0, span // 3, span, DAY, DAY + 30, 9 * DAY])
    if rng.random() < 0.2:
        made["minChargingRate"] = rng.choice([6, 10])
    return made


def period(rng, unit, at):
    """A limit, with or without phases."""
    made = {"startPeriod": at, "limit": rng.choice(AMPS if unit == "A" else WATTS)}
    if rng.random() < 0.6:
        made["numberPhases"] = rng.choice([1, 1, 2, 3])
    if made.get("numberPhases") == 1 and rng.random() < 0.5:
        made["phaseToUse"] = rng.randint(1, 3)
    return made
