"""The witnesses themselves, joined directly: a peer that alters or drops frames could not judge localctl."""

import pytest

from tests.e2e.processes import peer


@pytest.mark.parametrize("compression", ["deflate", None])
async def test_a_frame_arrives_as_the_text_that_was_sent(compression):
    frame = '[2, "é-1","Heartbeat" ,{"x":6.0,"y":"\\u00e9\\/", "customData":{"vendorId":"a"}} ]'
    async with peer("csms") as csms, peer("station") as station:
        await csms.do("listen", subprotocols=["ocpp2.0.1"], compression=compression)
        port = (await csms.expect("listening"))["port"]
        await station.do("connect", "a", url=f"ws://127.0.0.1:{port}/CP%2F1//x?y=%20", subprotocols=["ocpp2.0.1"])
        opened = await station.expect("opened", conn="a", subprotocol="ocpp2.0.1")
        assert opened["extensions"] == (["permessage-deflate"] if compression else [])
        await csms.expect("connected", conn="1", path="/CP%2F1//x?y=%20")
        await station.do("send", "a", text=frame)
        await csms.expect_frame(frame, conn="1")
        await csms.do("send", "1", text="not even json")
        await station.expect_frame("not even json", conn="a")


async def test_a_played_script_waits_for_each_answer():
    async with peer("csms") as csms, peer("station") as station:
        await csms.do("listen")
        await csms.do("reply", replies={"1": '[3,"1",{ }]'}, by_action={"Heartbeat": "{}"})
        port = (await csms.expect("listening"))["port"]
        await station.do("connect", "a", url=f"ws://127.0.0.1:{port}/a", subprotocols=["ocpp1.6"])
        await station.expect("opened")
        await station.do("play", "a", frames=['[2,"1","X",{}]', '[2,"2","Heartbeat",{}]'], within_s=10)
        await station.expect("played", frames=2)
        assert station.frames("a") == ['[3,"1",{ }]', '[3,"2",{}]']
        await station.do("play", "a", frames=['[2,"3","Unheard",{}]'], within_s=0.2)
        await station.expect("stuck", frame='[2,"3","Unheard",{}]')


async def test_a_refusal_is_reported_with_status_headers_and_body():
    async with peer("csms") as csms, peer("station") as station:
        await csms.do("listen", subprotocols=["ocpp1.6"])
        port = (await csms.expect("listening"))["port"]
        challenge = ["WWW-Authenticate", 'Basic realm="x"']
        await csms.do("refuse", path="/a", status=401, headers=[challenge], body="no")
        await station.do("connect", "a", url=f"ws://127.0.0.1:{port}/a", subprotocols=["ocpp1.6"])
        refused = await station.expect("refused", status=401, body="no")
        assert challenge in refused["headers"]
        await station.do("connect", "b", url=f"ws://127.0.0.1:{port}/b", subprotocols=["ocpp9"])
        await station.expect("refused", conn="b", status=400)


async def test_a_csms_that_vanished_comes_back_on_its_port():
    async with peer("csms") as csms, peer("station") as station:
        await csms.do("listen")
        port = (await csms.expect("listening"))["port"]
        url = f"ws://127.0.0.1:{port}/a"
        await station.do("connect", "a", url=url, subprotocols=["ocpp1.6"])
        await station.expect("opened")
        await csms.do("vanish")
        assert (await station.expect("closed"))["received"] is None
        await csms.expect("vanished")
        await station.do("connect", "a", url=url, subprotocols=["ocpp1.6"])
        await station.expect("failed")
        await csms.do("listen", port=port)
        await csms.expect("listening")
        await station.do("connect", "a", url=url, subprotocols=["ocpp1.6"])
        await station.expect("opened")


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_the_ocpp_package_charges_a_car_with_itself(version):
    async with peer("ocpp_csms", version) as csms:
        port = (await csms.expect("listening"))["port"]
        async with peer("ocpp_station", version, f"ws://127.0.0.1:{port}/CP1", "Basic x") as station:
            await station.expect("done")
            assert station.frames("before", "sent") == csms.frames("before", "received")
            assert csms.frames("after", "sent") == station.frames("after", "received")
