"""The simulated station: what it says, what it obeys, and how it lives through outages. Virtual time throughout."""

from dataclasses import replace

import pytest
import trio

from localctl.demo.car import Car
from localctl.demo.station import Visit
from localctl.demo.tape import compare
from tests.localctl.demo.line import MODEL, Line, online

LONG = Visit(evse=1, after_s=10, stay_s=3000, car=lambda: Car(max_a=32, battery_wh=1e6))
PROFILE = {"id": 1, "stackLevel": 3, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative"}


def profile(amperes, **more):
    """SetChargingProfile with this limit."""
    periods = [{"startPeriod": 0, "limit": amperes}]
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
    return {"evseId": 1, "chargingProfile": PROFILE | {"chargingSchedule": [schedule]} | more}


async def test_it_boots_first_and_then_tells_its_state(autojump_clock):
    async with online() as line:
        assert line.actions() == ["BootNotification", "StatusNotification"]
        assert line.said("BootNotification")[0]["reason"] == "PowerUp"


async def test_a_visit_is_a_transaction_with_meter_values_from_first_to_last(autojump_clock):
    visit = Visit(evse=1, after_s=10, stay_s=200, car=Car)
    async with online([visit]) as line:
        await trio.sleep(300)
        events = line.said("TransactionEvent")
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        kinds = [event["eventType"] for event in events]
        assert (kinds[0], kinds[-1], set(kinds[1:-1])) == ("Started", "Ended", {"Updated"})
        assert sum(event["triggerReason"] == "MeterValuePeriodic" for event in events) == 3
        energy = [event["meterValue"][0]["sampledValue"][0]["value"] for event in events if "meterValue" in event]
        assert energy == sorted(energy)
        assert energy[-1] > energy[0] > 0
        assert line.station.evses[1].drawn_a == 0


async def test_it_follows_a_profile_after_its_reaction_time_and_the_end_of_a_period_too(autojump_clock):
    async with online([LONG]) as line:
        await trio.sleep(100)
        await line.ask("ClearChargingProfile", {"chargingProfileCriteria": {"chargingProfilePurpose": "TxProfile"}})
        await trio.sleep(100)
        draws = []
        line.station.on_draw = lambda evse: draws.append((line.clock.passed_s() - set_at, evse.drawn_a))
        set_at = line.clock.passed_s()
        assert await line.ask("SetChargingProfile", profile(10.0)) == {"status": "Accepted"}
        await trio.sleep(60)
        assert draws == [(pytest.approx(5, abs=0.01), 10)]
        assert await line.ask("ClearChargingProfile", {"chargingProfileId": 1}) == {"status": "Accepted"}
        await trio.sleep(60)
        assert draws[1:] == [(pytest.approx(65, abs=0.01), 32)]


async def test_a_disobedient_station_accepts_and_does_not_follow(autojump_clock):
    async with online([LONG], obedient=False) as line:
        await trio.sleep(100)
        assert await line.ask("SetChargingProfile", profile(6.0)) == {"status": "Accepted"}
        await trio.sleep(60)
        assert line.station.evses[1].drawn_a == 32


async def test_a_profile_that_is_none_is_rejected_with_a_reason(autojump_clock):
    async with online() as line:
        bad = profile(6.0, chargingProfilePurpose="TxProfile", transactionId="nobody's")
        assert (await line.ask("SetChargingProfile", bad))["statusInfo"] == {"reasonCode": "TxNotFound"}
        unknown = profile(6.0) | {"evseId": 9}
        assert (await line.ask("SetChargingProfile", unknown))["statusInfo"] == {"reasonCode": "UnknownEvse"}
        assert (await line.ask("SetChargingProfile", {"evseId": 1, "chargingProfile": {}}))["status"] == "Rejected"


async def test_transaction_messages_wait_out_an_outage_in_order_and_nothing_is_lost(autojump_clock):
    async with online([Visit(evse=1, after_s=10, stay_s=400, car=Car)]) as line:
        await trio.sleep(100)
        line.down = True
        await line.csms.cut_all()
        await trio.sleep(600)
        assert not line.station.online
        line.down = False
        await trio.sleep(60)
        await line.station.drain()
        events = line.said("TransactionEvent")
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        assert any(event["offline"] for event in events)
        assert events[-1]["eventType"] == "Ended"
        assert line.actions().count("BootNotification") == 1
        assert compare(line.station.tape, line.side.tape).good


@pytest.mark.parametrize("stolen", range(1, 9))
async def test_a_connection_that_breaks_in_any_moment_costs_no_message(autojump_clock, stolen):
    async with online([LONG], version="ocpp1.6", meter_every_s=10) as line:
        for _ in range(10):
            await trio.sleep(7 + stolen / 8)
            await line.csms.cut_all()
        await trio.sleep(60)
        await line.station.drain()
        await line.csms.drain()
        assert line.station.connections == 11
        assert compare(line.station.tape, line.side.tape).good
        assert all(one["transactionId"] == 1 for one in line.said("MeterValues"))


async def test_part_4_5_4_the_back_off_doubles_and_stays(autojump_clock):
    model = replace(MODEL, retry_min_s=2, retry_range_s=1, retry_repeats=3)
    async with trio.open_nursery() as nursery:
        line = Line(nursery, model)
        line.down = True
        nursery.start_soon(line.station.run)
        await trio.sleep(100)
        waits = [later - earlier for earlier, later in zip(line.dialled_at, line.dialled_at[1:], strict=False)]
        for wait, least in zip(waits, [2, 4, 8, 16, 16, 16], strict=False):
            assert least <= wait <= least + 1
        assert len(set(waits[3:])) > 1
        nursery.cancel_scope.cancel()


async def test_a_station_that_boots_again_says_so_on_every_connection(autojump_clock):
    async with online(boots_again=True) as line:
        await line.csms.cut_all()
        await trio.sleep(30)
        assert line.actions().count("BootNotification") == 2


async def test_reset_ends_the_transaction_and_boots_again(autojump_clock):
    async with online([LONG]) as line:
        await trio.sleep(100)
        assert await line.ask("Reset", {"type": "Immediate"}) == {"status": "Accepted"}
        await trio.sleep(60)
        assert line.actions().count("BootNotification") == 2
        ended = line.said("TransactionEvent")[-1]
        assert (ended["eventType"], ended["transactionInfo"]["stoppedReason"]) == ("Ended", "ImmediateReset")
        assert line.station.online
        assert compare(line.station.tape, line.side.tape).good


async def test_the_csms_stops_and_starts_a_transaction_by_remote_control(autojump_clock):
    async with online([LONG]) as line:
        await trio.sleep(100)
        running = line.station.evses[1].transaction.id
        assert await line.ask("RequestStopTransaction", {"transactionId": running}) == {"status": "Accepted"}
        assert await line.ask("RequestStopTransaction", {"transactionId": running}) == {"status": "Rejected"}
        token = {"idToken": "REMOTE", "type": "Central"}
        assert await line.ask("RequestStartTransaction", {"remoteStartId": 9, "idToken": token}) == {
            "status": "Accepted"
        }
        await trio.sleep(1)
        infos = [event["transactionInfo"] for event in line.said("TransactionEvent")]
        assert infos[-1]["remoteStartId"] == 9
        assert any(info.get("stoppedReason") == "Remote" for info in infos)


async def test_what_it_does_not_know_it_refuses_and_what_is_broken_too(autojump_clock):
    async with online() as line:
        assert await line.ask("PublishFirmware", {}) == "NotImplemented"
        assert await line.ask("GetVariables", {"nonsense": 1}) == "FormatViolation"


async def test_two_evses_share_the_stations_limit(autojump_clock):
    both = [LONG, replace(LONG, evse=2)]
    async with online(both, evses=2) as line:
        await trio.sleep(100)
        most = profile(40.0, chargingProfilePurpose="ChargingStationMaxProfile", chargingProfileKind="Absolute")
        most["chargingProfile"]["chargingSchedule"][0]["startSchedule"] = line.clock.stamp()
        assert await line.ask("SetChargingProfile", most | {"evseId": 0}) == {"status": "Accepted"}
        await trio.sleep(10)
        assert [evse.drawn_a for evse in line.station.evses.values()] == [20, 20]
