"""The switchboard of the simulation carries out what the real router commands."""

import json

import pytest
import trio

from localctl.demo.wire import Gone, TurnedAway
from routing.events import FollowUp
from tests.localctl.simulate.board_kit import Site, router

ACCEPTED = {"status": "Accepted"}


async def test_a_station_is_joined_with_its_csms_and_its_calls_are_answered(autojump_clock, nursery):
    site = Site(nursery)
    links = []
    site.board.on_link = lambda identity, joined: links.append((identity, joined))
    line, heard = await site.station()
    assert line.subprotocol == "ocpp2.0.1"
    assert heard[0][:2] == [3, "boot"]
    assert heard[0][2]["status"] == "Accepted"
    assert links == [("S1", True)]
    assert {"LinkOpened", "CallSeen", "CallAnswered", "StationBooted"} <= set(site.kinds())


async def test_an_own_call_brings_the_stations_answer_and_never_reaches_the_csms(autojump_clock, nursery):
    site = Site(nursery)
    await site.station(answer=ACCEPTED)
    before = site.csms.heard
    ended = await site.board.call("s1", "ClearChargingProfile", '{"chargingProfileId":1}')
    assert (ended.verdict, json.loads(ended.answer)) == ("result", ACCEPTED)
    assert site.csms.heard == before


async def test_an_own_call_that_nobody_answers_expires(autojump_clock, nursery):
    site = Site(nursery)
    await site.station(answer=None)
    ended = await site.board.call("S1", "ClearChargingProfile", "{}", timeout_s=7.0)
    assert ended.verdict == "expired"


async def test_an_own_call_to_a_station_that_is_not_there_is_dropped(autojump_clock, nursery):
    assert (await Site(nursery).board.call("S9", "Reset", "{}")).verdict == "dropped"


async def test_what_a_follow_up_brings_goes_to_the_asker(autojump_clock, nursery):
    site, reports = Site(nursery), []
    line, _ = await site.station(answer=ACCEPTED)
    follow_up = FollowUp(action="ReportChargingProfiles", request_id=7)
    await site.board.call("S1", "GetChargingProfiles", '{"requestId":7,"chargingProfile":{}}', follow_up=follow_up,
                          on_follow_up=reports.append)  # fmt: skip
    await line.send(json.dumps([2, "r1", "ReportChargingProfiles", {"requestId": 7, "tbc": False, "evseId": 1}]))
    await trio.sleep(1)
    assert [json.loads(report.payload)["requestId"] for report in reports] == [7]


async def test_a_csms_that_is_away_means_503(autojump_clock, nursery):
    site = Site(nursery)
    site.csms.away = True
    with pytest.raises(TurnedAway) as refused:
        await site.board.dial("S1", ("ocpp2.0.1",))
    assert refused.value.status == 503


async def test_an_outage_of_the_csms_lets_the_stations_go(autojump_clock, nursery):
    site = Site(nursery)
    _, heard = await site.station()
    site.csms.away = True
    site.board.csms_lost()
    await trio.sleep(2)
    assert heard[-1].startswith("closed with 1001")
    assert "LinkLost" in site.kinds()


async def test_a_newer_connection_takes_over(autojump_clock, nursery):
    site = Site(nursery)
    _, old = await site.station()
    await site.station()
    await trio.sleep(2)
    assert old[-1].startswith("closed with")
    assert site.board.cable_of("S1").box_open


async def test_an_unreachable_station_finds_nobody(autojump_clock, nursery):
    site = Site(nursery)
    site.board.unreachable.add("S1")
    with pytest.raises(OSError, match="no answer"):
        await site.board.dial("S1", ("ocpp2.0.1",))


async def test_a_box_that_dies_says_nothing_and_comes_back_empty(autojump_clock, nursery):
    site, seen = Site(nursery), []
    _, heard = await site.station(answer=ACCEPTED)
    site.board.crash()
    await trio.sleep(1)
    assert heard[-1] == "reset"
    with pytest.raises(OSError, match="no answer"):
        await site.board.dial("S1", ("ocpp2.0.1",))
    site.board.start_again(router(), lambda _link, what, _now: seen.append(what))
    await site.station(answer=ACCEPTED)
    assert (await site.board.call("S1", "Reset", "{}")).verdict == "result"
    assert seen


async def test_a_bug_of_ours_costs_one_link_and_is_kept(autojump_clock, nursery):
    site = Site(nursery)
    line, heard = await site.station("S1")
    _, spared = await site.station("S2", answer=ACCEPTED)

    def breaks(_text):
        raise RuntimeError("ours")

    site.board.cable_of("S1").give = breaks
    await line.send(json.dumps([2, "x", "Heartbeat", {}]))
    await trio.sleep(2)
    assert "ours" in site.board.bugs[0]
    assert heard[-1] != spared[-1]
    assert (await site.board.call("S2", "Reset", "{}")).verdict == "result"


async def test_an_observer_that_fails_is_noted_and_costs_nothing(autojump_clock, nursery):
    site = Site(nursery)

    def fails(_link, _what, _now):
        raise RuntimeError("observer")

    site.board._observer = fails
    _, heard = await site.station()
    assert heard[0][0] == 3
    assert any("observer" in bug for bug in site.board.bugs)


async def test_nobody_waits_for_an_upgrade_longer_than_its_patience(autojump_clock, nursery):
    site = Site(nursery)
    site.board._dial = lambda _link, _offer: None
    with pytest.raises(Gone, match="no answer to the upgrade"):
        await site.board.dial("S1", ("ocpp2.0.1",))
