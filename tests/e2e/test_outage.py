"""A CSMS that goes away and comes back, seen by independent peers on real sockets with a real journal (issue 4)."""

import json

from tests.e2e.joined import joined

NOW = "2026-11-22T15:00:00Z"
CARRY = 'outage = "carry"'
QUICK = "hold_s = 0.2\nretry_min_s = 0.2\nretry_range_s = 0.1"
BOOTED = f'{{"status":"Accepted","currentTime":"{NOW}","interval":300}}'
BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "V"}}


def call(message_id, action, payload):
    return json.dumps([2, message_id, action, payload])


def event(transaction, number, kind):
    info = {"transactionId": transaction}
    return {
        "eventType": kind, "timestamp": NOW, "triggerReason": "Trigger", "seqNo": number, "transactionInfo": info,
    }  # fmt: skip


async def registered(site, conn="a", identity="CP1", version="ocpp2.0.1"):
    """A station that has booted."""
    replies = {"BootNotification": BOOTED, "TransactionEvent": "{}", "StatusNotification": "{}"}
    replies |= {"StartTransaction": '{"transactionId":77,"idTagInfo":{"status":"Accepted"}}', "StopTransaction": "{}"}
    await site.csms.do("reply", by_action=replies)
    await site.csms.expect("ready to reply")
    upper = await site.open(conn, identity, version)
    boot = BOOT if version != "ocpp1.6" else {"chargePointModel": "M", "chargePointVendor": "V"}
    await site.station.do("play", conn, frames=[call("boot", "BootNotification", boot)], within_s=20)
    await site.station.expect("played", conn=conn)
    return upper


async def away(site):
    await site.csms.do("vanish")
    await site.csms.expect("vanished")


async def back(site):
    await site.csms.do("listen", port=site.csms_port)
    await site.csms.expect("listening")
    return (await site.csms.expect("connected", within_s=30))["conn"]


async def say(site, conn, *frames):
    """The station says these, each after the answer to the last."""
    await site.station.do("play", conn, frames=list(frames), within_s=20)
    await site.station.expect("played", conn=conn)


KINDS = ("Started", "Updated", "Updated", "Ended")


async def test_a_transaction_that_began_and_ended_while_the_csms_was_away_reaches_it_in_order_p4(tmp_path):
    async with joined(tmp_path, defaults=CARRY, csms_lines=QUICK) as site:
        await registered(site)
        await away(site)
        frames = [call(f"t{n}", "TransactionEvent", event("T", n, kind)) for n, kind in enumerate(KINDS)]
        await say(site, "a", call("h", "Heartbeat", {}), *frames)
        assert not site.station.unexpected("closed")
        conn = await back(site)
        for number in range(len(KINDS)):
            heard = json.loads((await site.csms.expect("frame", conn=conn))["text"])
            assert heard[1:3] == [f"t{number}", "TransactionEvent"]
            assert heard[3] == {**event("T", number, KINDS[number]), "offline": True}
        await say(site, "a", call("live", "TransactionEvent", event("U", 0, "Started")))
        live = json.loads((await site.csms.expect("frame", conn=conn))["text"])
        live[3].pop("offline", None)  # said before the box had seen that nothing is left, it went by way of the disk
        assert live[1:] == ["live", "TransactionEvent", event("U", 0, "Started")]


async def test_16_a_transaction_keeps_its_number_towards_the_station_10_7(tmp_path):
    async with joined(tmp_path, defaults=CARRY, csms_lines=QUICK) as site:
        await registered(site, version="ocpp1.6")
        await away(site)
        start = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": NOW}
        await say(site, "a", call("s", "StartTransaction", start))
        local = next(
            json.loads(text)[2]["transactionId"] for text in site.station.frames("a") if text.startswith('[3,"s"')
        )
        conn = await back(site)
        heard = await site.csms.expect("frame", conn=conn)
        assert json.loads(heard["text"])[2:] == ["StartTransaction", start]
        stop = {"transactionId": local, "meterStop": 9, "timestamp": NOW}
        await say(site, "a", call("e", "StopTransaction", stop))
        heard = await site.csms.expect("frame", conn=conn)
        assert json.loads(heard["text"])[3]["transactionId"] == 77


async def test_a_station_may_leave_and_come_back_while_its_csms_is_away(tmp_path):
    async with joined(tmp_path, defaults=CARRY, csms_lines=QUICK) as site:
        await registered(site)
        await away(site)
        await site.station.do("abort", "a")
        await site.dial("b", "CP1", "ocpp2.0.1")
        while (await site.station.expect_any("opened", "refused", conn="b"))["event"] == "refused":
            await site.dial("b", "CP1", "ocpp2.0.1")  # its password is hashed in the background when it came in first
        await say(site, "b", call("1", "TransactionEvent", event("T", 0, "Started")))
        conn = await back(site)
        heard = await site.csms.expect("frame", conn=conn)
        assert json.loads(heard["text"])[1] == "1"


async def test_a_stranger_with_a_wrong_password_stays_out_while_the_csms_is_away(tmp_path):
    async with joined(tmp_path, defaults=CARRY, csms_lines=QUICK) as site:
        await registered(site)
        await away(site)
        await site.station.do("abort", "a")
        wrong = ["Authorization", "Basic Q1AxOndyb25nLXBhc3N3b3JkLWhlcmU="]
        await site.dial("b", "CP1", "ocpp2.0.1", headers=[wrong])
        await site.station.expect("refused", conn="b", status=503)
