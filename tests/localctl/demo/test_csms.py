"""The demo's CSMS: who may come in, and what it says."""

import json
from base64 import b64encode

import pytest
import trio
import trio.testing

from localctl.demo.clock import Clock
from localctl.demo.csms import Csms
from localctl.demo.wire import Gone, Place, TurnedAway, dial
from tests.localctl.demo.line import online


def place(password=None, offer=("ocpp2.0.1",)):
    """Where CP1 dials, with a password or without."""
    basic = b"Basic " + b64encode(f"CP1:{password}".encode())
    headers = () if password is None else ((b"Authorization", basic),)
    return Place(host="h", path="/CP1", offer=offer, headers=headers)


async def dial_csms(nursery, csms, where):
    """A wire to this CSMS."""
    ours, theirs = trio.testing.memory_stream_pair()
    nursery.start_soon(csms.serve, theirs)
    return await dial(ours, where)


@pytest.mark.parametrize(
    ("where", "status"), [(place("wrong"), 401), (place(), 401), (place("right", offer=("ocpp1.5",)), 400)]
)
async def test_strangers_and_old_versions_are_turned_away(where, status):
    csms = Csms(Clock(), passwords={"CP1": "right"})
    async with trio.open_nursery() as nursery:
        with pytest.raises(TurnedAway, match=str(status)):
            await dial_csms(nursery, csms, where)


async def test_the_newest_connection_of_a_station_wins():
    csms = Csms(Clock(), passwords={"CP1": "right"})
    async with trio.open_nursery() as nursery:
        old = await dial_csms(nursery, csms, place("right"))
        await trio.testing.wait_all_tasks_blocked()
        new = await dial_csms(nursery, csms, place("right"))
        with pytest.raises(Gone):
            await old.receive()
        await new.send('[2,"1","Heartbeat",{}]')
        assert json.loads(await new.receive())[0] == 3
        assert csms.connected == 1
        nursery.cancel_scope.cancel()


async def test_it_asks_something_now_and_then_until_it_drains(autojump_clock):
    async with trio.open_nursery() as nursery:
        csms = Csms(Clock(), chat_every_s=10)
        wire = await dial_csms(nursery, csms, place())
        asked = [json.loads(await wire.receive())]
        await wire.send(f'[3,"{asked[0][1]}",{{}}]')
        asked.append(json.loads(await wire.receive()))
        await wire.send(f'[4,"{asked[1][1]}","NotSupported","",{{}}]')
        assert {frame[2] for frame in asked} <= {"GetVariables", "TriggerMessage"}
        await csms.drain()
        with trio.move_on_after(100) as scope:
            await wire.receive()
        assert scope.cancelled_caught
        nursery.cancel_scope.cancel()


async def test_a_call_that_an_outage_swallowed_is_asked_again_with_its_id(autojump_clock):
    async with trio.open_nursery() as nursery:
        csms = Csms(Clock(), chat_every_s=1e6)
        wire = await dial_csms(nursery, csms, place())
        await trio.testing.wait_all_tasks_blocked()
        csms.ask("CP1", "Reset", {"type": "OnIdle"})
        first = await wire.receive()
        await csms.cut_all()
        wire = await dial_csms(nursery, csms, place())
        assert await wire.receive() == first
        nursery.cancel_scope.cancel()


async def test_1_6_transactions_are_numbered_over_all_stations(autojump_clock):
    async with online(version="ocpp1.6") as line:
        side = line.side
        numbers = [line.csms._handle(side, "StartTransaction", {"connectorId": 1})["transactionId"] for _ in range(3)]
        assert numbers == [1, 2, 3]
