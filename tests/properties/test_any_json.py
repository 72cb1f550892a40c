"""P6: whatever JSON stations and CSMSs say, control goes on, and everything about it can still be told.

Real messages are spoilt: a member gone, doubled or of another type, dates of 1970 and 9999, numbers that no device has.
After a few of them a cycle has to come to its end, and picture and sentences have to be made.
"""

import json
import random
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.profile.profiles import Protocol
from localctl.charging.showing.picture import picture
from localctl.charging.showing.picture_text import explain
from tests.localctl.charging.played import Play, place

NOW = "2027-01-15T08:00:00Z"
OURS = 2_000_000_000
ODD: Final = (
    None, True, -1, 0, 1, 2, 3, 1.5, 4000, -4000, 9e300, -1e308, 2**63, "", "x", "NaN", "1e400", "5", [], {}, [{}],
    "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2027-01-15T08:00:00+14:00", "L1", "kW",
    "Power.Active.Import", "Ended", "Updated", "SuspendedEV", "TxProfile", "ChargingStationMaxProfile", "Relative",
    "Recurring", "Dynamic", "Rejected", OURS, OURS + 2,
)  # fmt: skip
METER: Final = [{"timestamp": NOW, "sampledValue": [{"value": 10, "measurand": "Current.Import", "phase": "L1"}]}]
SCHEDULE: Final = {
    "id": 1, "chargingRateUnit": "A", "startSchedule": NOW, "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}]
}  # fmt: skip
PROFILE: Final = {
    "id": 5, "chargingProfileId": 5, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute", "chargingSchedule": [SCHEDULE],
}  # fmt: skip
SAID: Final = (
    ("TransactionEvent", {
        "eventType": "Started", "timestamp": NOW, "seqNo": 0, "triggerReason": "x", "evse": {"id": 1},
        "transactionInfo": {"transactionId": "t1", "chargingState": "Charging"}, "meterValue": METER,
    }),
    ("MeterValues", {"evseId": 1, "connectorId": 1, "transactionId": 1, "meterValue": METER}),
    ("StatusNotification", {"timestamp": NOW, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}),
    ("BootNotification", {"reason": "PowerUp", "chargingStation": {"vendorName": "x", "model": "y"}}),
    ("NotifyEVChargingNeeds", {"evseId": 1, "chargingNeeds": {
        "departureTime": NOW, "acChargingParameters": {"evMaxCurrent": 16, "energyAmount": 9000},
    }}),
    ("NotifyEVChargingSchedule", {"evseId": 1, "timeBase": NOW, "chargingSchedule": SCHEDULE}),
    ("ReportChargingProfiles", {
        "requestId": 1, "evseId": 1, "chargingLimitSource": "CSO", "chargingProfile": [PROFILE], "tbc": False,
    }),
    ("StartTransaction", {"connectorId": 1, "idTag": "x", "meterStart": 0, "timestamp": NOW}),
    ("StopTransaction", {"transactionId": 1, "meterStop": 0, "timestamp": NOW}),
    ("PullDynamicScheduleUpdate", {"chargingProfileId": OURS}),
)  # fmt: skip
TOLD: Final = (
    ("SetChargingProfile", {
        "evseId": 0, "connectorId": 0, "chargingProfile": PROFILE,
        "csChargingProfiles": PROFILE | {"chargingSchedule": SCHEDULE},
    }),
    ("ClearChargingProfile", {"chargingProfileId": 5}),
    ("RequestStartTransaction", {"remoteStartId": 1, "evseId": 1, "chargingProfile": PROFILE}),
    ("GetChargingProfiles", {"requestId": 4, "chargingProfile": {}}),
    ("UpdateDynamicSchedule", {"chargingProfileId": 5, "scheduleUpdate": {"limit": 7}}),
)  # fmt: skip
ANSWER: Final = {"status": "Accepted", "transactionId": 1, "idTokenInfo": {"chargingPriority": 3}}


def spoilt(chance: random.Random, value):
    """The value, wrong in one place anywhere in it, or gone there."""
    if isinstance(value, dict) and value:
        name = chance.choice(list(value))
        rest = {key: each for key, each in value.items() if key != name}
        return rest if chance.random() < 0.05 else rest | {name: spoilt(chance, value[name])}
    if isinstance(value, list) and value:
        return [spoilt(chance, value[0]), *value[1:]] * chance.choice((1, 1, 2))
    return chance.choice(ODD)


def happens(play: Play, chance: random.Random) -> None:
    """One message, whoever says it, or a car."""
    name = chance.choice("ABC")
    match chance.choices(("said", "told", "plugs", "ems"), (6, 3, 1, 1))[0]:
        case "said":
            action, request = chance.choice(SAID)
            play.says(name, action, spoilt(chance, request), chance.choice((ANSWER, spoilt(chance, ANSWER))))
        case "told":
            action, request = chance.choice(TOLD)
            taken = chance.choice((True, True, False, None))
            play.controller.told(name, action, spoilt(chance, request), taken, spoilt(chance, ANSWER), play.now)
        case "plugs":
            play.plugs_in(name)
        case _:
            play.ems(chance.choice((0, 3, 7, 16, 40, 1e9)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_p6_no_json_of_any_peer_stops_control_or_its_explanation(seed):
    chance = random.Random(seed)
    controls = (None, Actuator.TX_PROFILE, Actuator.TX_DEFAULT, Actuator.MAX_PROFILE)
    versions = list(Protocol)
    boxes = [
        place(name, protocol=chance.choice(versions), control=chance.choice(controls), evses=chance.choice((1, 2)))
        for name in "ABC"
    ]
    main_a, bind = chance.choice((20.0, 40.0, 100.0)), chance.random() < 0.5
    play = Play(*boxes, main_a=main_a, departures_bind=bind).joins("A", "B", "C").goes_on(20)
    for _ in range(20):
        for _ in range(4):
            happens(play, chance)
        shown = picture(play.goes_on(chance.choice((1, 5))).controller, play.now)
        assert json.dumps(shown, allow_nan=False)
        assert all(explain(station) for station in shown["stations"])
    assert play.restarts().joins("A", "B", "C").goes_on(10).controller.last is not None
