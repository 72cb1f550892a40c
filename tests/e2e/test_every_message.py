"""P1: every message type of every version passes through localctl both ways as the very text that was sent."""

import json
from contextlib import AsyncExitStack

import pytest

from tests.e2e.joined import authorization, boxed, certificates, joined
from tests.e2e.payloads import VERSIONS, Conversation, schemas
from tests.e2e.processes import peer

JOINTS = {
    "ws-deflate": {"down": "deflate", "up": "deflate"},
    "ws-deflate-above-only": {"down": None, "up": "deflate"},
    "wss-deflate-below-only": {"down": "deflate", "up": None, "tls_down": True, "tls_up": True},
    "wss-plain": {"down": None, "up": None, "tls_down": True, "tls_up": True},
}
CARRIED_WITHIN_S = 90


def told(exchanges):
    """What the asking side sends and what the answering side sends, in order."""
    return [one.call for one in exchanges], [one.reply for one in exchanges if one.reply is not None]


async def carry(asker, asking, answerer, answering, exchanges):
    """Play all CALLs one after the other and compare both records with what was written."""
    calls, replies = told(exchanges)
    await asker.do("play", asking, frames=calls, within_s=20)
    outcome = await asker.expect_any("played", "stuck", within_s=CARRIED_WITHIN_S)
    assert outcome["event"] == "played", outcome
    # The last frame may be a SEND, which nobody answers.
    await answerer.expect_frame(calls[-1], conn=answering)
    assert answerer.frames(answering)[-len(calls) :] == calls
    assert asker.frames(asking)[-len(replies) :] == replies


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("joint", JOINTS)
async def test_every_message_type_travels_both_ways_unchanged(tmp_path, version, joint):
    up_calls = Conversation(version, seed=joint, prefix="s").exchanges()
    down_calls = Conversation(version, seed=joint + " down", prefix="c").exchanges(variants=2)
    how = dict(JOINTS[joint])
    down, up = how.pop("down"), how.pop("up")
    async with joined(tmp_path, csms={"compression": up}, **how) as site:
        await site.csms.do("reply", replies={reply_id(one): one.reply for one in up_calls if one.reply})
        await site.station.do("reply", replies={reply_id(one): one.reply for one in down_calls if one.reply})
        conn = await site.open("a", "CP%2D1", version, compression=down)
        await carry(site.station, "a", site.csms, conn, up_calls)
        await carry(site.csms, conn, site.station, "a", down_calls)
    seen = {one.action for one in (*up_calls, *down_calls)}
    assert seen >= schemas(version).keys()


def reply_id(exchange):
    """The CALL's id, as its answer's key."""
    return json.loads(exchange.call)[1]


@pytest.mark.parametrize("version", VERSIONS)
async def test_crossing_calls_of_every_type_are_all_answered(tmp_path, version):
    up_calls = Conversation(version, seed="crossing up", prefix="s").exchanges(variants=2)
    down_calls = Conversation(version, seed="crossing down", prefix="c").exchanges(variants=2)
    async with joined(tmp_path) as site:
        await site.csms.do("reply", replies={reply_id(one): one.reply for one in up_calls if one.reply})
        await site.station.do("reply", replies={reply_id(one): one.reply for one in down_calls if one.reply})
        conn = await site.open("a", "CP1", version)
        await site.station.do("play", "a", frames=told(up_calls)[0], within_s=20)
        await site.csms.do("play", conn, frames=told(down_calls)[0], within_s=20)
        await site.station.expect("played", within_s=CARRIED_WITHIN_S)
        await site.csms.expect("played", within_s=CARRIED_WITHIN_S)
        for talker, name, other in ((site.csms, conn, up_calls), (site.station, "a", down_calls)):
            own = down_calls if other is up_calls else up_calls
            heard = talker.frames(name)
            assert [frame for frame in heard if frame in set(told(other)[0])] == told(other)[0]
            assert [frame for frame in heard if frame in set(told(own)[1])] == told(own)[1]
            assert len(heard) == len(other) + len(told(own)[1])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("encrypted", [False, True], ids=["ws", "wss"])
async def test_the_ocpp_package_charges_a_car_through_localctl(tmp_path, version, encrypted):
    pair = certificates(tmp_path)
    async with AsyncExitStack() as stack:
        csms = await stack.enter_async_context(peer("ocpp_csms", version, *(pair.values() if encrypted else ())))
        port = (await csms.expect("listening"))["port"]
        box = await stack.enter_async_context(boxed(tmp_path, port, tls_down=encrypted, tls_up=encrypted))
        argv = [version, f"{box['url']}/CP1", authorization("CP1")[1], *([box["ca"]] if encrypted else [])]
        station = await stack.enter_async_context(peer("ocpp_station", *argv))
        await station.expect("done")
        await csms.expect("gone", conn="after")
        for conn in ("before", "after"):
            assert station.frames(conn, "sent") == csms.frames(conn, "received")
            assert csms.frames(conn, "sent") == station.frames(conn, "received")
