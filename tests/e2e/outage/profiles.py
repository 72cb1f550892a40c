"""What a station makes of the ChargingProfiles it was given: the amperes it allows at this moment. Pure.

As simple as a simple station: one EVSE, no recurring schedules. ChargingStationMaxProfile caps; a TxProfile of the
running transaction goes before a TxDefaultProfile; of each purpose the highest stack level that is valid now counts.
"""

from datetime import datetime

VOLTS = 230.0


def seconds(text):
    """RFC 3339 as seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


class Profiles:
    """Profiles of one station, in the words of any version."""

    def __init__(self):
        self._held = {}
        self.orders = 0
        """Lasting profiles accepted so far: what a controller writes, not what a CSMS says of a transaction."""

    def put(self, profile, now, *, transaction=None):
        """Take a profile; it replaces the one with its id, and the one at its place."""
        schedule = profile["chargingSchedule"]
        schedule = schedule[0] if isinstance(schedule, list) else schedule
        number = profile.get("chargingProfileId", profile.get("id"))
        place = (profile["chargingProfilePurpose"], profile["stackLevel"])
        self._held = {key: held for key, held in self._held.items() if held["place"] != place}
        self._held[number] = {"place": place, "profile": profile, "schedule": schedule, "at": now, "of": transaction}
        self.orders += profile["chargingProfilePurpose"] != "TxProfile"

    def clear(self, keep):
        """Forget those for which `keep(number, profile)` is false; how many went."""
        before = len(self._held)
        self._held = {key: held for key, held in self._held.items() if keep(key, held["profile"])}
        return before - len(self._held)

    def ended(self, transaction):
        """A transaction is over, and its profiles with it."""
        self._held = {key: held for key, held in self._held.items() if held["of"] != transaction or held["of"] is None}

    def limit_a(self, now, transaction):
        """Amperes per phase allowed now; None where no profile says anything."""
        best = {}
        for held in self._held.values():
            purpose, level = held["place"]
            if purpose == "TxProfile" and held["of"] not in (None, transaction):
                continue
            amps = _amps(held, now)
            if amps is not None and level >= best.get(purpose, (-1, 0.0))[0]:
                best[purpose] = (level, amps)
        limits = {purpose: amps for purpose, (_, amps) in best.items()}
        if transaction is not None and "TxProfile" in limits:
            limits.pop("TxDefaultProfile", None)
        elif transaction is None:
            limits.pop("TxProfile", None)
        return min(limits.values(), default=None)


def _amps(held, now):
    """What one profile says now; None where it says nothing."""
    profile, schedule = held["profile"], held["schedule"]
    if now < seconds(profile.get("validFrom", "1970-01-01T00:00:00Z")):
        return None
    if "validTo" in profile and now >= seconds(profile["validTo"]):
        return None
    starts = seconds(schedule["startSchedule"]) if "startSchedule" in schedule else held["at"]
    elapsed = now - starts
    if elapsed < 0 or elapsed >= schedule.get("duration", float("inf")):
        return None
    current = [period for period in schedule["chargingSchedulePeriod"] if period["startPeriod"] <= elapsed]
    if not current:
        return None
    last = current[-1]
    if schedule["chargingRateUnit"] == "W":
        return last["limit"] / VOLTS / last.get("numberPhases", 3)
    return last["limit"]
