"""Every message both demo ends say is valid by the published schemas: one virtual hour per version."""

import importlib.util
import json
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
import trio

from localctl.demo.car import Car
from localctl.demo.dialect import reading
from localctl.demo.station import Visit
from tests.localctl.demo.line import online

FOLDERS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}
VISITS = [
    Visit(evse=1, after_s=60, stay_s=1200, car=lambda: Car(soc=0.99, battery_wh=20_000)),
    Visit(evse=1, after_s=1800, stay_s=600, car=lambda: Car(phases=1)),
]
QUESTIONS = {
    "ocpp1.6": [
        ("GetConfiguration", {}),
        ("TriggerMessage", {"requestedMessage": "MeterValues"}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}),
        ("GetCompositeSchedule", {"connectorId": 0, "duration": 600}),
    ],
    "ocpp2.0.1": [
        ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}),
        ("TriggerMessage", {"requestedMessage": "MeterValues"}),
        ("TriggerMessage", {"requestedMessage": "TransactionEvent"}),
        ("GetCompositeSchedule", {"evseId": 0, "duration": 600, "chargingRateUnit": "W"}),
        ("GetChargingProfiles", {"requestId": 2, "chargingProfile": {}}),
    ],
}
QUESTIONS["ocpp2.1"] = QUESTIONS["ocpp2.0.1"]


@cache
def schema(version, name):
    """A validator, by file name."""
    folder = Path(importlib.util.find_spec("ocpp").origin).parent / FOLDERS[version] / "schemas"
    found = next(path for path in (folder / f"{name}Request.json", folder / f"{name}.json") if path.exists())
    return jsonschema_rs.Draft6Validator(json.loads(found.read_text("utf-8-sig")))


def check(version, sender, hearer):
    """Validate every CALL and SEND of the sender, and the hearer's answers to them."""
    asked = {}
    for frame in (json.loads(one.text) for one in sender.sent):
        if frame[0] in (2, 6):
            asked[frame[1]] = frame[2]
            schema(version, frame[2]).validate(frame[3])
    for frame in (json.loads(one.text) for one in sender.heard):
        if frame[0] == 3:
            schema(version, asked[frame[1]] + "Response").validate(frame[2])
    return set(asked.values())


@pytest.mark.parametrize("version", FOLDERS)
async def test_an_hour_of_conversation_is_valid_by_schema(autojump_clock, version):
    async with online(VISITS, version=version, evses=2, heartbeat_s=300) as line:
        for _ in range(12):
            await trio.sleep(300)
            for action, payload in QUESTIONS[version]:
                await line.ask(action, payload)
        said = check(version, line.station.tape, line.side.tape)
        asked = check(version, line.side.tape, line.station.tape)
    assert said >= {"BootNotification", "StatusNotification", "Heartbeat", "Authorize", "MeterValues"}
    assert said & {"StartTransaction", "TransactionEvent"}
    assert asked >= {"SetChargingProfile", "GetCompositeSchedule", "TriggerMessage"}
    assert ("NotifyReport" in said) == (version != "ocpp1.6")
    assert ("NotifyPeriodicEventStream" in said) == (version == "ocpp2.1")


def test_a_reading_has_one_decimal_and_a_phase_only_where_it_has_one():
    assert reading(16.04, "Current.Import", "A", "L1")["value"] == 16.0
    assert "phase" not in reading(1, "Energy.Active.Import.Register", "Wh")
