"""What is 1.6 about a 1.6 station."""

import pytest
import trio

from localctl.demo.car import Car
from localctl.demo.station import Visit
from tests.localctl.demo.line import online

VISIT = Visit(evse=1, after_s=10, stay_s=1000, car=lambda: Car(max_a=32, battery_wh=1e6))
SCHEDULE = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.0}]}


def profile(number, purpose, kind="Absolute", **more):
    """csChargingProfiles of 8 A."""
    head = {"chargingProfileId": number, "stackLevel": 7, "chargingProfilePurpose": purpose}
    return {**head, "chargingProfileKind": kind, "chargingSchedule": SCHEDULE, **more}


async def test_the_transaction_id_of_the_csms_is_in_every_later_message(autojump_clock):
    async with online([VISIT], version="ocpp1.6") as line:
        await trio.sleep(1100)
        values, stop = line.said("MeterValues"), line.said("StopTransaction")
        assert {one["transactionId"] for one in (*values, *stop)} == {1}
        assert len(values) == 16
        states = [one["status"] for one in line.said("StatusNotification")]
        assert states == ["Available", "Preparing", "SuspendedEVSE", "Charging", "Finishing", "Available"]


@pytest.mark.parametrize(
    ("connector", "purpose", "more", "drawn_a"),
    [
        (1, "TxProfile", {"transactionId": 1}, 8),
        (1, "TxProfile", {}, 8),
        (0, "ChargePointMaxProfile", {}, 8),
        (1, "TxDefaultProfile", {}, 24),
    ],
)
async def test_every_purpose_of_1_6_is_understood(autojump_clock, connector, purpose, more, drawn_a):
    async with online([VISIT], version="ocpp1.6") as line:
        await trio.sleep(100)
        asked = {"connectorId": connector, "csChargingProfiles": profile(5, purpose, **more)}
        assert await line.ask("SetChargingProfile", asked) == {"status": "Accepted"}
        await trio.sleep(10)
        assert line.station.evses[1].drawn_a == drawn_a


async def test_a_tx_profile_for_another_transaction_is_rejected(autojump_clock):
    async with online([VISIT], version="ocpp1.6") as line:
        await trio.sleep(100)
        asked = {"connectorId": 1, "csChargingProfiles": profile(5, "TxProfile", transactionId=99)}
        assert await line.ask("SetChargingProfile", asked) == {"status": "Rejected"}


async def test_a_profile_of_the_same_purpose_and_level_replaces(autojump_clock):
    async with online(version="ocpp1.6") as line:
        for number in (1, 2):
            asked = {"connectorId": 1, "csChargingProfiles": profile(number, "TxDefaultProfile")}
            assert await line.ask("SetChargingProfile", asked) == {"status": "Accepted"}
        assert [one.id for one in line.station.profiles.installed()] == [2]
        composite = await line.ask("GetCompositeSchedule", {"connectorId": 1, "duration": 60})
        assert composite["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 8.0}]
        cleared = {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 7, "connectorId": 1}
        assert await line.ask("ClearChargingProfile", cleared) == {"status": "Accepted"}
        assert await line.ask("ClearChargingProfile", {}) == {"status": "Unknown"}


async def test_settings_are_told_and_changed(autojump_clock):
    async with online(version="ocpp1.6") as line:
        assert await line.ask("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "7"}) == {
            "status": "Accepted"
        }
        told = await line.ask("GetConfiguration", {"key": ["HeartbeatInterval", "Other"]})
        assert told["configurationKey"][0]["value"] == "7"
        assert told["unknownKey"] == ["Other"]
        assert await line.ask("ChangeConfiguration", {"key": "Other", "value": "7"}) == {"status": "NotSupported"}


async def test_remote_start_and_stop(autojump_clock):
    async with online([VISIT], version="ocpp1.6") as line:
        await trio.sleep(100)
        assert await line.ask("RemoteStopTransaction", {"transactionId": 1}) == {"status": "Accepted"}
        assert await line.ask("RemoteStartTransaction", {"idTag": "R"}) == {"status": "Accepted"}
        assert await line.ask("RemoteStartTransaction", {"idTag": "R"}) == {"status": "Rejected"}
        await trio.sleep(1)
        assert line.said("StopTransaction")[0]["reason"] == "Remote"
        assert line.said("StartTransaction")[1]["idTag"] == "R"


@pytest.mark.parametrize("what", ["BootNotification", "Heartbeat", "StatusNotification", "MeterValues"])
async def test_triggered_messages_are_sent_after_the_answer(autojump_clock, what):
    async with online(version="ocpp1.6") as line:
        before = line.actions().count(what)
        assert await line.ask("TriggerMessage", {"requestedMessage": what}) == {"status": "Accepted"}
        await trio.sleep(1)
        assert line.actions().count(what) == before + 1
        assert '"Accepted"' in line.station.tape.sent[-2].text
