"""Connections that are lost, replaced and regained (Part 4 section 6.3; field quirks of reconnecting stations)."""

from tests.e2e.joined import joined

HEARTBEAT = '[2,"h{}","Heartbeat",{{}}]'


async def test_3_5_a_lost_station_is_lost_for_the_csms_too(tmp_path):
    async with joined(tmp_path) as site:
        clean, cut = await site.open("a", "CP1", "ocpp2.0.1"), await site.open("b", "CP2", "ocpp1.6")
        await site.station.do("close", "a", code=1000, reason="going home")
        await site.csms.expect("closed", conn=clean)
        await site.station.do("abort", "b")
        await site.csms.expect("closed", conn=cut)


async def test_3_6_a_lost_csms_connection_closes_its_station_and_no_other(tmp_path):
    async with joined(tmp_path) as site:
        lost, kept = await site.open("a", "CP1", "ocpp2.0.1"), await site.open("b", "CP2", "ocpp2.0.1")
        await site.csms.do("abort", lost)
        closed = await site.station.expect("closed", conn="a")
        assert closed["received"] == 1001
        await site.station.do("send", "b", text=HEARTBEAT.format(1))
        await site.csms.expect_frame(HEARTBEAT.format(1), conn=kept)
        assert not site.station.unexpected("closed")


async def test_close_style_drop_cuts_the_connection_of_stations_that_never_return_after_a_close_frame(tmp_path):
    async with joined(tmp_path, defaults='close_style = "drop"') as site:
        conn = await site.open("a", "CP1", "ocpp1.6")
        await site.csms.do("abort", conn)
        closed = await site.station.expect("closed", conn="a")
        assert closed["received"] is None


async def test_stations_come_back_after_the_csms_was_away_and_go_on_without_booting(tmp_path):
    async with joined(tmp_path, csms_lines="hold_s = 0.2\nretry_min_s = 0.2\nretry_range_s = 0.1") as site:
        await site.csms.do("reply", by_action={"Heartbeat": '{"currentTime":"2026-11-22T15:00:00Z"}'})
        for name in ("a", "b", "c"):
            await site.open(name, f"CP-{name}", "ocpp2.0.1")
        await site.csms.do("vanish")
        for name in ("a", "b", "c"):
            await site.station.expect("closed", conn=name)
        await site.dial("a", "CP-a", "ocpp2.0.1")
        await site.station.expect("refused", conn="a", status=503)
        await site.csms.expect("vanished")
        await site.csms.do("listen", port=site.csms_port)
        await site.csms.expect("listening")
        for name in ("a", "b", "c"):
            await site.dial(name, f"CP-{name}", "ocpp2.0.1", within_s=20)
            while (await site.station.expect_any("opened", "refused", conn=name))["event"] == "refused":
                await site.dial(name, f"CP-{name}", "ocpp2.0.1", within_s=20)
            await site.station.do("play", name, frames=[HEARTBEAT.format(name)], within_s=20)
            await site.station.expect("played", conn=name)


async def test_a_station_that_connects_again_replaces_its_old_connection(tmp_path):
    async with joined(tmp_path) as site:
        old = await site.open("old", "CP1", "ocpp2.0.1")
        new = await site.open("new", "CP1", "ocpp2.0.1")
        await site.csms.expect("closed", conn=old)
        await site.station.expect("closed", conn="old")
        await site.station.do("send", "new", text=HEARTBEAT.format(2))
        await site.csms.expect_frame(HEARTBEAT.format(2), conn=new)
        assert not site.csms.unexpected("closed")


async def test_1_1_3_the_same_identity_in_other_letters_is_the_same_station(tmp_path):
    async with joined(tmp_path) as site:
        old = await site.open("old", "cp-One", "ocpp2.0.1")
        await site.open("new", "CP-oNE", "ocpp2.0.1")
        await site.csms.expect("closed", conn=old)
        await site.station.expect("closed", conn="old")


async def test_a_first_frame_right_behind_the_handshake_is_not_lost(tmp_path):
    async with joined(tmp_path) as site:
        boot = '[2,"1","BootNotification",{"chargePointVendor":"a","chargePointModel":"b"}]'
        await site.dial("a", "CP1", "ocpp1.6", first=boot)
        await site.csms.expect_frame(boot)


async def test_pings_are_answered_on_both_legs(tmp_path):
    async with joined(tmp_path) as site:
        conn = await site.open("a", "CP1", "ocpp2.0.1")
        await site.station.do("ping", "a")
        await site.station.expect("pong", conn="a")
        await site.csms.do("ping", conn)
        await site.csms.expect("pong", conn=conn)


async def test_a_csms_that_goes_silent_is_noticed_and_its_station_let_go(tmp_path):
    async with joined(tmp_path, csms_lines="ping_s = 0.5\npong_timeout_s = 0.5") as site:
        conn = await site.open("a", "CP1", "ocpp2.0.1")
        await site.csms.do("freeze", for_s=5)
        await site.station.expect("closed", conn="a")
        await site.csms.expect("closed", conn=conn)
