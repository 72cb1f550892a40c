"""What stations and CSMSs do beside the orderly ping-pong of the specification, and what must come out of it."""

import json

from tests.e2e.joined import joined

BIG = 900_000


def call(call_id, action="Heartbeat", payload="{}"):
    """A CALL's text."""
    return f'[2,"{call_id}","{action}",{payload}]'


def result(call_id, payload="{}"):
    """A CALLRESULT's text."""
    return f'[3,"{call_id}",{payload}]'


async def test_2_3_1_a_pipelining_station_gets_every_answer_and_the_csms_one_call_at_a_time(tmp_path):
    calls = [call(n, "MeterValues") for n in range(20)]
    async with joined(tmp_path) as site:
        conn = await site.open("a", "CP1", "ocpp1.6")
        for one in calls:
            await site.station.do("send", "a", text=one)
        for number, one in enumerate(calls):
            await site.csms.expect_frame(one, conn=conn)
            assert site.csms.frames(conn) == calls[: number + 1]
            await site.csms.do("send", conn, text=result(number))
            await site.station.expect_frame(result(number), conn="a")


async def test_2_3_1_crossing_calls_do_not_wait_for_each_other(tmp_path):
    async with joined(tmp_path) as site:
        conn = await site.open("a", "CP1", "ocpp2.0.1")
        await site.station.do("send", "a", text=call("1"))
        await site.csms.expect_frame(call("1"))
        await site.csms.do("send", conn, text=call("1", "Reset", '{"type":"OnIdle"}'))
        await site.station.expect_frame(call("1", "Reset", '{"type":"OnIdle"}'))
        await site.csms.do("send", conn, text=result("1", '{"of":"the Heartbeat"}'))
        await site.station.expect_frame(result("1", '{"of":"the Heartbeat"}'))
        await site.station.do("send", "a", text=result("1", '{"of":"the Reset"}'))
        await site.csms.expect_frame(result("1", '{"of":"the Reset"}'))


async def test_2_3_4e_a_late_answer_is_still_carried_and_the_next_call_is_not_held_up(tmp_path):
    async with joined(tmp_path, defaults="call_timeout_s = 0.5") as site:
        conn = await site.open("a", "CP1", "ocpp2.0.1")
        await site.station.do("send", "a", text=call("slow"))
        await site.csms.expect_frame(call("slow"))
        await site.station.do("send", "a", text=call("next"))
        await site.csms.expect_frame(call("next"))
        await site.csms.do("send", conn, text=result("slow"))
        await site.station.expect_frame(result("slow"))
        await site.csms.do("send", conn, text=result("next"))
        await site.station.expect_frame(result("next"))


async def test_2_2_2_a_retry_may_use_its_old_id(tmp_path):
    async with joined(tmp_path) as site:
        conn = await site.open("a", "CP1", "ocpp1.6")
        for answer in ('{"first":1}', '{"second":2}'):
            await site.station.do("send", "a", text=call("10"))
            await site.csms.expect_frame(call("10"))
            await site.csms.do("send", conn, text=result("10", answer))
            await site.station.expect_frame(result("10", answer))


async def test_frames_of_900_kb_and_frames_in_pieces_arrive_whole(tmp_path):
    filling = "".join(chr(0x21 + n * 7919 % 90) for n in range(BIG)).replace('"', "ä").replace("\\", "ö")
    big = call("big", "DataTransfer", json.dumps({"vendorId": "x", "data": filling}, ensure_ascii=False))
    async with joined(tmp_path, defaults="max_message_bytes = 4000000") as site:
        conn = await site.open("a", "CP1", "ocpp1.6")
        await site.station.do("send", "a", text=big)
        await site.csms.expect_frame(big)
        pieces = [big[at : at + 60_001] for at in range(0, len(big), 60_001)]
        await site.csms.do("send", conn, pieces=pieces)
        await site.station.expect_frame(big)
        small = call("small", "DataTransfer", '{"data":"é€"}')
        await site.csms.do("send", conn, text=result("big"))
        await site.station.do("send", "a", pieces=list(small))
        await site.csms.expect_frame(small)


async def test_a_frame_that_is_too_long_costs_its_sender_the_connection_and_nobody_else(tmp_path):
    async with joined(tmp_path) as site:
        await site.open("a", "CP1", "ocpp1.6")
        other = await site.open("b", "CP2", "ocpp1.6")
        await site.station.do("send", "a", text=call("1", "DataTransfer", json.dumps({"data": "x" * 2_000_000})))
        closed = await site.station.expect("closed", conn="a")
        assert closed["received"] == 1009
        await site.station.do("send", "b", text=call("2"))
        await site.csms.expect_frame(call("2"), conn=other)


async def test_2_1_2_send_is_carried_both_ways_past_an_open_call_and_never_answered(tmp_path):
    element = '{"id":1,"pending":0,"basetime":"2026-11-22T15:00:00Z","data":[{"t":0.50,"v":"1"}]}'
    async with joined(tmp_path) as site:
        conn = await site.open("a", "CP1", "ocpp2.1")
        await site.station.do("send", "a", text=call("open"))
        await site.csms.expect_frame(call("open"))
        for number in range(5):
            stream = f'[6,"s{number}","NotifyPeriodicEventStream",{element}]'
            await site.station.do("send", "a", text=stream)
            await site.csms.expect_frame(stream)
        await site.csms.do("send", conn, text=f'[6,"c1","Whatever",{element}]')
        await site.station.expect_frame(f'[6,"c1","Whatever",{element}]')
        await site.csms.do("send", conn, text=result("open"))
        await site.station.expect_frame(result("open"))
        assert len(site.station.frames("a")) == 2
        assert len(site.csms.frames(conn)) == 6


async def test_3_10_callresulterror_goes_back_to_whoever_sent_the_result(tmp_path):
    complaint = '[5,"1","FormatViolation","not what was asked",{"at":1.0}]'
    async with joined(tmp_path) as site:
        conn = await site.open("a", "CP1", "ocpp2.1")
        await site.station.do("send", "a", text=call("1"))
        await site.csms.expect_frame(call("1"))
        await site.csms.do("send", conn, text=result("1"))
        await site.station.expect_frame(result("1"))
        await site.station.do("send", "a", text=complaint)
        await site.csms.expect_frame(complaint)
        await site.csms.do("send", conn, text=call("1", "Reset"))
        await site.station.expect_frame(call("1", "Reset"))
        await site.station.do("send", "a", text=result("1"))
        await site.csms.expect_frame(result("1"))
        await site.csms.do("send", conn, text=complaint)
        await site.station.expect_frame(complaint)


async def test_one_station_that_stops_reading_holds_up_no_other(tmp_path):
    filler = json.dumps({"data": "x" * 100_000})
    async with joined(tmp_path) as site:
        stuck, other = await site.open("a", "CP1", "ocpp1.6"), await site.open("b", "CP2", "ocpp1.6")
        await site.station.do("pause", "a")
        for number in range(100):
            await site.csms.do("send", stuck, text=result(number, filler))
        for number in range(10):
            await site.station.do("send", "b", text=call(number))
            await site.csms.expect_frame(call(number), conn=other)
            await site.csms.do("send", other, text=result(number))
            await site.station.expect_frame(result(number), conn="b")


async def test_order_is_kept_between_answers_and_calls_of_one_peer(tmp_path):
    async with joined(tmp_path) as site:
        conn = await site.open("a", "CP1", "ocpp2.0.1")
        sent = []
        for number in range(15):
            await site.station.do("send", "a", text=call(f"up{number}"))
            await site.csms.expect_frame(call(f"up{number}"))
            pair = [result(f"up{number}"), call(f"down{number}", "GetVariables")]
            sent += pair
            for text in pair:
                await site.csms.do("send", conn, text=text)
            await site.station.expect_frame(pair[1])
            await site.station.do("send", "a", text=result(f"down{number}"))
            await site.csms.expect_frame(result(f"down{number}"))
        assert site.station.frames("a") == sent
