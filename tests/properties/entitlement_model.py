"""Simulated stations for the entitlement machine: they read OCPP JSON and obey it, by their own clock and own code.

Nothing of localctl is used here. A station is a set of profiles; what it allows at an instant is worked out from the
JSON as the standard says: highest stack level per purpose, TxProfile over TxDefaultProfile, the station's maximum over
all. The car behind it is the worst possible: it draws whatever is allowed, and follows a fall `REACTION_S` late.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

REACTION_S = 5.0


@lru_cache
def seconds(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


@dataclass
class Held:
    """A profile as installed: the EVSE, the JSON, and when it was set or last updated by the true clock."""

    evse: int
    profile: dict
    at: float

    @property
    def purpose(self):
        return self.profile["chargingProfilePurpose"].replace("ChargePoint", "ChargingStation")

    def limit(self, local, true, watts_per_a, tx_started):
        """Amperes by this profile now, or None where it is silent."""
        schedule = self.profile["chargingSchedule"]
        schedule = schedule[0] if isinstance(schedule, list) else schedule
        kind = self.profile["chargingProfileKind"]
        if kind == "Dynamic":
            passed = true - self.at
        elif kind == "Relative":
            passed = true - tx_started
        else:
            passed = int(local // 1) - seconds(schedule["startSchedule"])
        if passed < 0 or ("duration" in schedule and passed >= schedule["duration"]):
            return None
        running = [each["limit"] for each in schedule["chargingSchedulePeriod"] if each["startPeriod"] <= passed]
        return running[-1] / (watts_per_a if schedule["chargingRateUnit"] == "W" else 1.0)


@dataclass
class Station:
    """One simulated station. `clock_off` is how far its clock is ahead of the truth."""

    name: str
    version: str
    outlets: dict[int, float]
    clock_off: float = 0.0
    watts_per_a: float = 690.0
    held: dict[int, Held] = field(default_factory=dict)
    running: dict[int, tuple[str, float]] = field(default_factory=dict)
    past: list = field(default_factory=list)
    since: float = 0.0

    def twin(self):
        """A copy that lives on by itself."""
        return replace(self, held=dict(self.held), running=dict(self.running), past=list(self.past))

    def take(self, action, payload, true):
        """Carry out an order; the status to answer."""
        if action == "SetChargingProfile":
            return self.set(payload, true)
        if action == "UpdateDynamicSchedule":
            held = self.held.get(payload["chargingProfileId"])
            if held is None:
                return "Rejected"
            self.remember(true)
            schedule = json.loads(json.dumps(held.profile))
            schedule["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] = payload["scheduleUpdate"]["limit"]
            self.held[payload["chargingProfileId"]] = Held(held.evse, schedule, true)
            return "Accepted"
        if action == "ClearChargingProfile":
            gone = self.held.pop(payload.get("id", payload.get("chargingProfileId")), None)
            return "Accepted" if gone else "Unknown"
        return "Rejected"

    def set(self, payload, true):
        old = self.version == "ocpp1.6"
        evse, profile = (
            (payload["connectorId"], payload["csChargingProfiles"])
            if old
            else (payload["evseId"], payload["chargingProfile"])
        )
        key = profile["chargingProfileId" if old else "id"]
        if profile["chargingProfilePurpose"] == "TxProfile":
            running = self.running.get(evse)
            if running is None or str(profile["transactionId"]) != running[0]:
                return "Rejected"
        if profile["chargingProfilePurpose"] in ("ChargingStationMaxProfile", "ChargePointMaxProfile") and evse != 0:
            return "Rejected"
        self.remember(true)
        self.held[key] = Held(evse, profile, true)
        return "Accepted"

    def remember(self, true):
        """What was allowed until now can still be drawn for a moment."""
        self.past = [view for view in self.past if view[1] > true - REACTION_S]
        self.past.append((self.since, true, dict(self.held), dict(self.running)))
        self.since = true

    def start(self, evse, transaction, true):
        self.remember(true)
        self.running[evse] = (transaction, true)

    def end(self, evse, true):
        self.remember(true)
        gone, _ = self.running.pop(evse)
        self.held = {key: held for key, held in self.held.items() if str(held.profile.get("transactionId", "")) != gone}

    def allowed(self, true, held=None, running=None):
        """(station's total or None, {evse: amperes}) by the profiles alone."""
        held = self.held if held is None else held
        running = self.running if running is None else running
        local = true + self.clock_off
        whole = [one for one in held.values() if one.purpose == "ChargingStationMaxProfile"]
        total = self.leading(whole, local, true, 0)
        per_evse = {}
        for evse, rating in self.outlets.items():
            here = [one for one in held.values() if one.evse in (0, evse)]
            started = running[evse][1] if evse in running else true
            amps = None
            if evse in running:
                amps = self.leading([one for one in here if one.purpose == "TxProfile"], local, true, started)
            if amps is None:
                amps = self.leading([one for one in here if one.purpose == "TxDefaultProfile"], local, true, started)
            per_evse[evse] = rating if amps is None else min(rating, amps)
        return total, per_evse

    def leading(self, candidates, local, true, started):
        for one in sorted(candidates, key=lambda one: -one.profile["stackLevel"]):
            limit = one.limit(local, true, self.watts_per_a, started)
            if limit is not None:
                return limit
        return None

    def worst(self, true, factors):
        """The most this station loads a ceiling with these factors {evse: factor}, late falls included."""
        loads = []
        for begun, over, held, running in [*self.past, (self.since, true, self.held, self.running)]:
            moments = {min(over, true - back) for back in (0.0, 1.0, 2.0, 3.0, 4.0, REACTION_S - 0.01)}
            loads += [
                self.load(self.allowed(moment, held, running), factors)
                for moment in moments
                if begun <= moment and moment > true - REACTION_S
            ]
        return max(loads)

    @staticmethod
    def load(allowed, factors):
        total, per_evse = allowed
        if total is None:
            return sum(factors.get(evse, 0) * amps for evse, amps in per_evse.items())
        load, left = 0.0, total
        for evse in sorted(factors, key=lambda evse: -factors[evse]):
            part = min(left, per_evse[evse])
            load, left = load + factors[evse] * part, left - part
        return load
