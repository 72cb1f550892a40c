"""The simulated CSMS: answers, wishes, outages."""

import json

import trio

from localctl.simulate.cable import Cable, Lag
from localctl.simulate.csms import SimCsms
from localctl.simulate.mail import Mail
from tests.localctl.simulate.wire_kit import Ear


def joined(nursery, version="ocpp2.0.1"):
    mail, box = Mail(), Ear()
    nursery.start_soon(mail.run)
    csms = SimCsms(mail, lambda: "now")
    spoken, desk = csms.admit("A", (version,))
    csms.joined("A", Cable(mail, Lag(to_peer_s=0.1, to_box_s=0.1), box=box, peer=desk))
    assert spoken == version
    return csms, desk, box


def frames(box):
    return [json.loads(text) for _, text in box.texts]


async def said(desk, action, payload):
    desk.hear(json.dumps([2, "m", action, payload]))
    await trio.sleep(1)


async def test_it_accepts_boots_and_gives_transactions_of_16_their_numbers(autojump_clock, nursery):
    csms, desk, box = joined(nursery, "ocpp1.6")
    await said(desk, "BootNotification", {})
    await said(desk, "StartTransaction", {"connectorId": 2})
    await said(desk, "Authorize", {})
    boot, start, authorize = frames(box)
    assert boot == [3, "m", {"currentTime": "now", "interval": 900, "status": "Accepted"}]
    assert start[2]["transactionId"] == 1
    assert authorize[2] == {"idTagInfo": {"status": "Accepted"}}
    assert csms.transaction_of("A", 2) == 1


async def test_it_follows_transactions_of_2x(autojump_clock, nursery):
    csms, desk, box = joined(nursery)
    event = {"eventType": "Started", "evse": {"id": 1}, "transactionInfo": {"transactionId": "T"}, "idToken": {}}
    await said(desk, "TransactionEvent", event)
    assert csms.transaction_of("A", 1) == "T"
    await said(desk, "TransactionEvent", {**event, "eventType": "Ended"})
    assert csms.transaction_of("A", 1) is None
    assert frames(box)[0][2] == {"idTokenInfo": {"status": "Accepted"}}


async def test_it_asks_one_thing_at_a_time(autojump_clock, nursery):
    csms, desk, box = joined(nursery)
    asking = []
    csms.on_asking = asking.append
    csms.ask("A", "SetChargingProfile", {"n": 1})
    csms.ask("A", "SetChargingProfile", {"n": 2})
    await trio.sleep(1)
    assert [frame[3] for frame in frames(box)] == [{"n": 1}]
    desk.hear(json.dumps([3, frames(box)[0][1], {"status": "Rejected"}]))
    await trio.sleep(1)
    assert [frame[3] for frame in frames(box)] == [{"n": 1}, {"n": 2}]
    assert csms.refusals == 1
    assert asking == ["A", "A", "A"]


async def test_what_was_asked_over_a_connection_that_broke_is_asked_again(autojump_clock, nursery):
    csms, desk, box = joined(nursery)
    csms.ask("A", "Reset", {})
    await trio.sleep(1)
    desk.over("reset")
    _, again = csms.admit("A", ("ocpp2.0.1",))
    csms.joined("A", Cable(csms._mail, Lag(), box=box, peer=again))
    await trio.sleep(1)
    assert [frame[2] for frame in frames(box)] == ["Reset", "Reset"]


async def test_a_station_that_never_answers_is_given_up(autojump_clock, nursery):
    csms, _, box = joined(nursery)
    csms.ask("A", "Reset", {})
    csms.ask("A", "ClearCache", {})
    await trio.sleep(61)
    assert [frame[2] for frame in frames(box)] == ["Reset", "ClearCache"]


async def test_a_wish_for_a_station_that_is_not_there_waits(autojump_clock, nursery):
    csms, _, _ = joined(nursery)
    csms.ask("B", "Reset", {})
    box = Ear()
    _, desk = csms.admit("B", ("ocpp1.6",))
    csms.joined("B", Cable(csms._mail, Lag(), box=box, peer=desk))
    await trio.sleep(1)
    assert len(box.texts) == 1
    assert csms.version_of("B") == "ocpp1.6"
    assert csms.version_of("never came") == "ocpp2.0.1"
