"""What is 2.0.1 or 2.1 about a station."""

import pytest
import trio

from localctl.demo.car import Car
from localctl.demo.clock import moment
from localctl.demo.station import Visit
from tests.localctl.demo.line import online

VISIT = Visit(evse=1, after_s=10, stay_s=2000, car=lambda: Car(max_a=32, battery_wh=1e6))
VERSIONS = ["ocpp2.0.1", "ocpp2.1"]


def dynamic(limit, **more):
    """A Dynamic profile for every EVSE."""
    schedule = {
        "id": 1,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}],
        **more,
    }
    head = {"id": 4, "stackLevel": 0, "chargingProfilePurpose": "ChargingStationMaxProfile"}
    return {"evseId": 0, "chargingProfile": {**head, "chargingProfileKind": "Dynamic", "chargingSchedule": [schedule]}}


async def test_the_csms_profile_of_a_running_transaction_is_obeyed_and_reported(autojump_clock):
    async with online([VISIT]) as line:
        await trio.sleep(100)
        assert line.station.evses[1].drawn_a == 24
        assert (await line.ask("GetChargingProfiles", {"requestId": 3, "chargingProfile": {}}))["status"] == "Accepted"
        await trio.sleep(1)
        report = line.said("ReportChargingProfiles")[0]
        assert (report["requestId"], report["tbc"], report["evseId"]) == (3, False, 1)
        assert report["chargingProfile"][0]["chargingProfilePurpose"] == "TxProfile"
        nothing = {"requestId": 4, "chargingProfile": {"stackLevel": 8}}
        assert await line.ask("GetChargingProfiles", nothing) == {"status": "NoProfiles"}


async def test_k08_the_composite_schedule_is_what_will_be_allowed(autojump_clock):
    async with online([VISIT]) as line:
        await trio.sleep(20)
        composite = await line.ask("GetCompositeSchedule", {"evseId": 1, "duration": 600})
        limits = [period["limit"] for period in composite["schedule"]["chargingSchedulePeriod"]]
        assert limits == [16, 10, 24]
        assert moment(composite["schedule"]["scheduleStart"]) <= line.clock.now_at()
        rejected = await line.ask("GetCompositeSchedule", {"evseId": 9, "duration": 600})
        assert rejected["status"] == "Rejected"


async def test_k28_a_dynamic_profile_is_updated_and_falls_silent_without_updates(autojump_clock):
    async with online([VISIT], version="ocpp2.1") as line:
        await trio.sleep(100)
        assert await line.ask("SetChargingProfile", dynamic(12.0, duration=120)) == {"status": "Accepted"}
        await trio.sleep(10)
        assert line.station.evses[1].drawn_a == 12
        update = {"chargingProfileId": 4, "scheduleUpdate": {"limit": 8.0}}
        assert await line.ask("UpdateDynamicSchedule", update) == {"status": "Accepted"}
        await trio.sleep(10)
        assert line.station.evses[1].drawn_a == 8
        await trio.sleep(120)
        assert line.station.evses[1].drawn_a == 24
        assert await line.ask("UpdateDynamicSchedule", update | {"chargingProfileId": 9}) == {"status": "Rejected"}


async def test_2_0_1_knows_no_dynamic_updates_and_no_streams(autojump_clock):
    async with online([VISIT]) as line:
        assert await line.ask("UpdateDynamicSchedule", {}) == "NotImplemented"
        await trio.sleep(200)
        assert "OpenPeriodicEventStream" not in line.actions()


async def test_2_1_streams_its_current_after_opening_the_stream(autojump_clock):
    async with online([VISIT], version="ocpp2.1") as line:
        await trio.sleep(200)
        actions = line.actions()
        assert actions.index("OpenPeriodicEventStream") < actions.index("NotifyPeriodicEventStream")
        streamed = [float(one["data"][0]["v"]) for one in line.said("NotifyPeriodicEventStream")]
        assert streamed[-1] == line.station.evses[1].drawn_a == 24
        assert len(streamed) == sum(
            one["triggerReason"] == "MeterValuePeriodic" for one in line.said("TransactionEvent")
        )


@pytest.mark.parametrize("version", VERSIONS)
async def test_variables_are_told_set_and_reported(autojump_clock, version):
    async with online(version=version) as line:
        known = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        unknown = {"component": {"name": "X"}, "variable": {"name": "Y"}}
        wanted = {"setVariableData": [known | {"attributeValue": "77"}, unknown | {"attributeValue": "1"}]}
        done = await line.ask("SetVariables", wanted)
        assert [one["attributeStatus"] for one in done["setVariableResult"]] == ["Accepted", "UnknownVariable"]
        told = await line.ask("GetVariables", {"getVariableData": [known, unknown]})
        assert [one.get("attributeValue") for one in told["getVariableResult"]] == ["77", None]
        await line.ask("GetBaseReport", {"requestId": 5, "reportBase": "FullInventory"})
        await trio.sleep(1)
        report = line.said("NotifyReport")[0]
        assert (report["requestId"], report["tbc"]) == (5, False)
        assert {"value": "77"} in [one["variableAttribute"][0] for one in report["reportData"]]


@pytest.mark.parametrize(
    "what", ["BootNotification", "Heartbeat", "StatusNotification", "MeterValues", "TransactionEvent"]
)
async def test_triggered_messages_are_sent_after_the_answer(autojump_clock, what):
    async with online([VISIT]) as line:
        await trio.sleep(100)
        before = line.actions().count(what)
        trigger = {"requestedMessage": what, "evse": {"id": 1}}
        assert await line.ask("TriggerMessage", trigger) == {"status": "Accepted"}
        await trio.sleep(1)
        assert line.actions().count(what) == before + 1
        assert await line.ask("TriggerMessage", {"requestedMessage": "LogStatusNotification"}) == {
            "status": "NotImplemented"
        }
