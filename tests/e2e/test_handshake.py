"""P1 for the upgrade: the CSMS sees the station's request, the station sees the CSMS's verdict (Part 4 chapter 6)."""

import pytest

from tests.e2e.joined import authorization, joined

DEFLATE = ["permessage-deflate"]
PATHS = [
    "CP1",
    "ocpp/2.0.1/site%20A/RDAM%7C123",
    "steve/websocket/CentralSystemService/CP_1-2",
    "a//b/CP%2d7",
    "%C3%A9t%C3%A9/CP%20of%20L%C3%BCneburg",
    "CP8?tenant=7&x=%2F",
]
OFFERS = [
    (["ocpp1.6"], "ocpp1.6"),
    (["ocpp2.1", "ocpp1.6", "ocpp2.0.1"], "ocpp2.0.1"),
    (["ocpp0.1", "ocpp1.6"], "ocpp1.6"),
]
REFUSALS = [
    (401, [["WWW-Authenticate", 'Basic realm="the CSMS\'s own", charset="UTF-8"']]),
    (404, []),
    (403, []),
    (429, [["Retry-After", "17"]]),
]
PASSWORDS = [b"ordinary-password-0", bytes(range(128, 148)), b"a:b::c" * 3, "ключ-ключ-к".encode()]


async def test_1_1_7_the_raw_path_is_replayed_upward(tmp_path):
    async with joined(tmp_path) as site:
        for path in PATHS:
            await site.open(path, path, "ocpp1.6")


async def test_1_3_the_csms_chooses_the_version_from_the_stations_own_offer(tmp_path):
    async with joined(tmp_path, csms={"subprotocols": ["ocpp2.0.1", "ocpp1.6"]}) as site:
        for number, (offer, chosen) in enumerate(OFFERS):
            await site.dial(str(number), f"CP{number}", *offer)
            await site.station.expect("opened", conn=str(number), subprotocol=chosen)
            await site.csms.expect("connected", subprotocol=chosen)
            upgrade = await site.csms.expect("upgrade")
            offered = [value for name, value in upgrade["headers"] if name.lower() == "sec-websocket-protocol"]
            assert ", ".join(offered).replace(" ", "").split(",") == offer


async def test_tc_b_58_no_version_in_common_is_refused(tmp_path):
    async with joined(tmp_path, csms={"subprotocols": ["ocpp2.1"]}) as site:
        await site.dial("a", "CP1", "ocpp1.6")
        await site.station.expect("refused", status=400)


async def test_1_3_3_no_version_in_common_can_be_accepted_and_closed_as_part_4_says(tmp_path):
    speaks = {"subprotocols": ["ocpp2.1"], "accept_without": True}
    async with joined(tmp_path, csms=speaks, defaults='no_common_subprotocol = "close"') as site:
        await site.dial("a", "CP1", "ocpp1.6")
        await site.station.expect("opened", subprotocol=None)
        await site.station.expect("closed")


async def test_1_3_6_a_refusal_of_the_csms_reaches_the_station(tmp_path):
    async with joined(tmp_path) as site:
        for status, headers in REFUSALS:
            await site.csms.do("refuse", path="*", status=status, headers=headers, body="go away")
            await site.dial("a", "CP1", "ocpp2.0.1")
            refused = await site.station.expect("refused", status=status)
            shown = {name.lower(): value for name, value in refused["headers"]}
            assert {name.lower(): value for name, value in headers}.items() <= shown.items()


async def test_a_refused_station_comes_in_once_the_csms_admits_it(tmp_path):
    async with joined(tmp_path) as site:
        await site.csms.do("refuse", path="/CP1", status=404)
        await site.dial("a", "CP1", "ocpp2.0.1")
        await site.station.expect("refused", status=404)
        await site.csms.do("admit", path="/CP1")
        await site.open("a", "CP1", "ocpp2.0.1")


async def test_a_station_that_comes_while_the_csms_is_away_gets_503(tmp_path):
    async with joined(tmp_path, csms_lines="hold_s = 0.5") as site:
        await site.csms.do("vanish")
        await site.csms.expect("vanished")
        await site.dial("a", "CP1", "ocpp1.6")
        await site.station.expect("refused", conn="a", status=503)


async def test_a00_basic_credentials_go_up_byte_for_byte_and_nowhere_else(tmp_path):
    async with joined(tmp_path) as site:
        headers = [authorization("CP1", password) for password in PASSWORDS]
        for header in headers:
            await site.dial("a", "CP1", "ocpp1.6", headers=[header])
            await site.csms.expect("connected", authorization=header[1])
            await site.station.expect("opened")
        told = "\n".join([*await site.metrics(), *site.log])
        assert not [header for _, header in headers if header.removeprefix("Basic ") in told]
        assert PASSWORDS[0].decode() not in told


OWN, UPWARD, GIVEN = b"what-the-station-has", b"what-the-csms-knows", b"the-csms-gave-this"
TWO_PASSWORDS = f"""
[[station]]
identity = "CP1"
password = "{OWN.decode()}"
upstream_password = "{UPWARD.decode()}"
"""
CHANGE = '[2,"p","ChangeConfiguration",{"key":"AuthorizationKey","value":"' + GIVEN.hex() + '"}]'


async def test_4_1_7_a_password_of_the_way_up_gives_way_to_the_one_the_csms_hands_out(tmp_path):
    async with joined(tmp_path, more=TWO_PASSWORDS) as site:
        await site.dial("a", "CP1", "ocpp1.6", headers=[authorization("CP1", b"anybody-could-say-so")])
        await site.station.expect("refused", status=401)
        await site.station.do("reply", by_action={"ChangeConfiguration": '{"status":"Accepted"}'})
        await site.dial("a", "CP1", "ocpp1.6", headers=[authorization("CP1", OWN)])
        first = await site.csms.expect("connected", authorization=authorization("CP1", UPWARD)[1])
        await site.csms.do("send", first["conn"], text=CHANGE)
        await site.csms.expect_frame('[3,"p",{"status":"Accepted"}]')
        await site.dial("b", "CP1", "ocpp1.6", headers=[authorization("CP1", OWN)])
        await site.station.expect("refused", status=401)
        await site.dial("b", "CP1", "ocpp1.6", headers=[authorization("CP1", GIVEN)])
        await site.csms.expect("connected", authorization=authorization("CP1", GIVEN)[1])


async def test_a00_fr_204_a_user_name_that_is_not_the_identity_never_reaches_the_csms(tmp_path):
    async with joined(tmp_path) as site:
        await site.dial("a", "CP1", "ocpp1.6", headers=[authorization("CP2")])
        refused = await site.station.expect("refused", status=401)
        assert any(name.lower() == "www-authenticate" for name, _ in refused["headers"])
        assert not site.csms.unexpected("upgrade")


@pytest.mark.parametrize("down", ["deflate", None])
@pytest.mark.parametrize("up", ["deflate", None])
async def test_1_4_compression_is_negotiated_on_each_leg_by_itself(tmp_path, down, up):
    async with joined(tmp_path, csms={"compression": up}) as site:
        await site.dial("a", "CP1", "ocpp2.0.1", compression=down)
        await site.station.expect("opened", extensions=DEFLATE if down else [])
        await site.csms.expect("connected", extensions=DEFLATE if up else [])


async def test_compression_can_be_switched_off_for_stations_that_get_it_wrong(tmp_path):
    async with joined(tmp_path, defaults="compression = false") as site:
        await site.dial("a", "CP1", "ocpp2.0.1")
        await site.station.expect("opened", extensions=[])
        await site.csms.expect("connected", extensions=DEFLATE)
