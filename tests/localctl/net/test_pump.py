"""Sockets to events and back: with the real router between real sockets, and with scripted routers for bugs of ours."""

from contextlib import suppress
from functools import partial

import pytest
import trio
from websockets.exceptions import ConnectionClosed

from localctl.net.pump import HIGH_WATER
from localctl.net.settings import CsmsSettings, EdgeLimits, StationEdge
from routing.commands import Accept, Close, Command, Dial, Forget, Observe, Pause, Resume, Send, WakeAt
from routing.events import (
    FollowUp,
    FrameArrived,
    LegLost,
    OwnCallAsked,
    Priority,
    ReadingStopped,
    StationArrived,
    UpstreamAccepted,
    UpstreamFailed,
    UpstreamRefused,
    Woke,
)
from routing.observations import FollowUpArrived, LinkLost, LinkOpened, LinkRefused, OwnCallEnded
from routing.policy import StationPolicy
from routing.values import Instant, Leg
from tests.localctl.net.kit import CLOSE, HOST, PONG, box, connect, csms, edge, frame, listener, site, station, upgrade

CALL, ANSWER = '[2,"1","Heartbeat",{}]', '[3,"1",{}]'


class Plain:
    """The least a router can be: frames in, frames out. `script` may answer an event first."""

    def __init__(self, script=lambda event: None):
        self.script, self.events = script, []

    def handle(self, event, now):
        self.events.append(event)
        said = self.script(event)
        if said is not None:
            return said
        link = event.link
        match event:
            case StationArrived():
                return [Dial(link=link, csms="csms", offer=event.offer)]
            case UpstreamAccepted():
                return [Accept(link=link, subprotocol=event.subprotocol)]
            case FrameArrived():
                return [Send(link=link, leg=event.leg.other, text=event.text)]
            case LegLost(leg=Leg.STATION):
                return [Close(link=link, leg=Leg.CSMS, code=1001, reason="")]
            case LegLost():
                return [Forget(link=link)]
            case ReadingStopped():
                return [Close(link=link, leg=leg, code=event.code, reason=event.reason) for leg in Leg]
        return []

    def kinds(self, *kinds):
        """Events of these types, in order."""
        return [event for event in self.events if isinstance(event, kinds)]


async def settled(count):
    """Wait until a number grows no more."""
    before = -1
    while before != (before := count()):  # noqa: ASYNC110  (it is not said when a kernel buffer is full)
        await trio.sleep(0.2)


async def test_frames_pass_byte_for_byte_both_ways_in_order():
    odd = '[2, "é-1","Anything" ,{"n":6.00,"y":"\\u00e9\\/", "customData":{"vendorId":"a"}} ]'
    async with site(router=Plain()) as (the_box, the_csms), await station(the_box.port) as peer:
        for text in (odd, "not even json", ""):
            await peer.send(frame(text))
        await the_box.until(lambda: len(the_csms.frames) == 3)
        assert the_csms.frames == [odd, "not even json", ""]
        assert await peer.text() == '[3, "é-1",{}]'
        await the_csms.connections[0].send(odd)
        assert await peer.text() == odd


@pytest.mark.parametrize("path", ["/ocpp/RDAM%7C123", "//double//CP1", "/x/CP1/", "/x/CP1?token=a%20b", "/x/c%C3%BCp"])
async def test_1_1_6_the_raw_path_and_headers_go_up_as_they_came(path):
    extra = [
        b"Authorization: Basic " + b"Q1AxOv/+AAE=",
        b"User-Agent: OldBox/1.0",
        b"X-Secret: no",
        b"Cookie: no",
        b"X-Forwarded-For: 9.9.9.9",
        b"Origin: http://evil",
    ]
    offer = "ocpp1.6, ocpp2.0.1"
    async with site() as (the_box, the_csms), await station(the_box.port, path, extra=extra, offer=offer):
        request = the_csms.requests[0]
        assert request.path == path
        assert request.headers["Authorization"] == "Basic Q1AxOv/+AAE="
        assert request.headers["User-Agent"] == "OldBox/1.0"
        assert request.headers["Sec-WebSocket-Protocol"] == offer
        assert {name.lower() for name in request.headers} == {
            "host",
            "upgrade",
            "connection",
            "sec-websocket-key",
            "sec-websocket-version",
            "sec-websocket-protocol",
            "sec-websocket-extensions",
            "authorization",
            "user-agent",
        }


async def test_1_3_6_the_verdict_of_the_csms_is_given_to_the_station():
    def no(connection, request):
        response = connection.respond(401, "who are you?\n")
        response.headers["WWW-Authenticate"] = 'Basic realm="theirs"'
        response.headers["Set-Cookie"] = "a=b"
        return response

    async with site(csms_options={"process_request": no}) as (the_box, _), await connect(the_box.port) as peer:
        await peer.send(upgrade())
        status, headers = await peer.head()
        assert (status, headers["www-authenticate"]) == (401, 'Basic realm="theirs"')
        assert "set-cookie" not in headers
        assert await peer._exactly(int(headers["content-length"])) == b"who are you?\n"
        await peer.ended()
        await the_box.until(lambda: not the_box.switchboard.links())
        assert the_box.stats.dial_failures == {"refused": 1}
        assert [seen.cause for seen in the_box.seen(LinkRefused)] == ["csms"]


async def test_a_csms_that_is_away_gives_503():
    async with box(edge(9)) as the_box, await connect(the_box.port) as peer:
        await peer.send(upgrade())
        assert (await peer.head())[0] == 503
        assert the_box.stats.dial_failures == {"failed": 1}


async def test_a_csms_that_never_answers_gives_up_after_its_timeout():
    async with box(edge(9), router=(router := Plain())) as the_box, trio.open_nursery() as nursery:

        async def never_answer(_stream):
            await trio.sleep_forever()

        listeners = await nursery.start(trio.serve_tcp, never_answer, 0)
        slow = edge(listeners[0].socket.getsockname()[1], csms={"connect_timeout_s": 0.05})
        await the_box.switchboard.reload(slow)
        async with await connect(the_box.port) as peer:
            await peer.send(upgrade())
            await the_box.until(lambda: router.kinds(UpstreamFailed))
        assert the_box.stats.dial_failures == {"timeout": 1}
        nursery.cancel_scope.cancel()


async def test_a_dial_to_a_csms_nobody_knows_fails_in_words():
    def wrong(event):
        return [Dial(link=event.link, csms="nobody", offer=())] if isinstance(event, StationArrived) else None

    async with box(edge(9), router=(router := Plain(wrong))) as the_box, await connect(the_box.port) as peer:
        await peer.send(upgrade())
        await the_box.until(lambda: router.kinds(UpstreamFailed))
        assert "nobody" in router.kinds(UpstreamFailed)[0].reason


async def test_6_3_a_lost_station_closes_its_csms_leg_and_a_lost_csms_its_station():
    async with site() as (the_box, the_csms):
        async with await station(the_box.port) as peer:
            await peer.reset()
        await the_box.until(lambda: the_csms.codes)
        async with await station(the_box.port) as peer:
            await the_csms.connections[1].aclose()
            assert await peer.closed_with() == 1000
        await the_box.until(lambda: not the_box.switchboard.links())
        assert [(seen.by, seen.cause) for seen in the_box.seen(LinkLost)] == [
            (Leg.STATION, "station_closed"),
            (Leg.CSMS, "csms_closed"),
        ]


async def test_a_station_may_be_let_go_by_cutting_the_connection():
    policy = StationPolicy(csms="csms", close_style="drop")
    async with site(policy=policy) as (the_box, the_csms), await station(the_box.port) as peer:
        await the_csms.connections[0].aclose()
        assert await peer.closed_with() is None


# -- back-pressure


async def test_a_station_that_stops_reading_holds_its_csms_back_and_nobody_else():
    async with (
        site(settings=partial(edge, csms={"compression": False}), router=Plain()) as (the_box, the_csms),
        await station(the_box.port, "/slow") as slow,
        await station(the_box.port, "/fast") as fast,
    ):
        big = '[2,"1","X",{"a":"' + "b" * 100_000 + '"}]'
        sent = []

        async def flood():
            for number in range(900):
                await the_csms.connections[0].send(big)
                sent.append(number)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(flood)
            await the_box.until(lambda: the_box.switchboard.links()[0].queued_down > HIGH_WATER)
            await settled(lambda: len(sent))
            await fast.send(frame(CALL))
            assert await fast.text() == ANSWER
            assert len(sent) < 900
            assert the_box.switchboard.links()[0].queued_down < 4 * HIGH_WATER
            for _ in range(900):
                assert await slow.text() == big
        assert len(sent) == 900


async def test_a_peer_that_stops_reading_is_cut_off_after_the_send_deadline():
    settings = partial(edge, limits=EdgeLimits(send_deadline_s=0.5, close_timeout_s=1))
    async with site(settings=settings, router=Plain()) as (the_box, the_csms):
        async with await station(the_box.port), trio.open_nursery() as nursery:

            async def flood():
                with suppress(ConnectionClosed):
                    while True:
                        await the_csms.connections[0].send("x" * 200_000)

            nursery.start_soon(flood)
            await the_box.until(lambda: the_box.stats.station.closes)
            nursery.cancel_scope.cancel()
        assert the_box.stats.station.closes == {"stalled": 1}


async def test_a_paused_leg_is_read_no_further_and_resumes_in_order():
    held = []

    def script(event):
        if isinstance(event, FrameArrived) and event.text == "pause":
            return [Pause(link=event.link, leg=Leg.STATION)]
        if isinstance(event, FrameArrived) and event.leg is Leg.STATION:
            held.append(event.text)
        if isinstance(event, FrameArrived) and event.text == "again":
            return [Resume(link=event.link, leg=Leg.STATION), Send(link=event.link, leg=Leg.CSMS, text="resumed")]
        if isinstance(event, FrameArrived) and event.text == "3":
            return [Pause(link=event.link, leg=Leg.STATION)]
        return None

    async with site(router=Plain(script)) as (the_box, the_csms), await station(the_box.port) as peer:
        await peer.send(frame("pause") + b"".join(frame(str(number)) for number in range(40)) + frame(b"", 9))
        await trio.sleep(0.05)
        assert held == []
        await the_csms.connections[0].send("again")
        await the_box.until(lambda: "resumed" in the_csms.frames and len(held) == 4)
        await trio.sleep(0.05)
        assert held == ["0", "1", "2", "3"]
        await the_csms.connections[0].send("again")
        await the_box.until(lambda: len(held) == 40)
        assert held == [str(number) for number in range(40)]
        assert (await peer.frame())[0] == PONG
        assert the_csms.frames[:4] == ["resumed", "0", "1", "2"]


# -- bugs of ours


@pytest.mark.parametrize(
    ("when", "broken"),
    [
        (FrameArrived, lambda link: [Command(link=link)]),
        (FrameArrived, lambda link: 1 / 0),
        (UpstreamAccepted, lambda link: [Accept(link=link, subprotocol="never-offered")]),
        (FrameArrived | ReadingStopped, lambda link: 1 / 0),
    ],
)
async def test_a_bug_of_ours_ends_its_own_link_and_no_other(when, broken):
    def script(event):
        return broken(event.link) if event.link == 1 and isinstance(event, when) else None

    async with site(router=Plain(script)) as (the_box, _), await connect(the_box.port) as victim:
        await victim.send(upgrade("/victim") + frame(CALL))
        await victim.ended()
        async with await station(the_box.port, "/other") as other:
            await other.send(frame(CALL))
            assert await other.text() == ANSWER
        assert the_box.stats.bugs >= 1


async def test_what_happens_while_commands_are_carried_out_waits_until_they_are():
    def script(event):
        if isinstance(event, FrameArrived):
            return [Command(link=event.link), Send(link=event.link, leg=Leg.CSMS, text="first")]
        if isinstance(event, ReadingStopped):
            return [Send(link=event.link, leg=Leg.CSMS, text="second")]
        return None

    async with site(router=Plain(script)) as (the_box, the_csms), await station(the_box.port) as peer:
        await peer.send(frame("x"))
        await the_box.until(lambda: len(the_csms.frames) == 2)
        assert the_csms.frames == ["first", "second"]


async def test_an_observer_that_fails_is_logged_and_goes_no_further():
    def failing(what):
        raise RuntimeError("observer")

    async with site(observer=failing) as (the_box, _), await station(the_box.port) as peer:
        await peer.send(frame(CALL))
        assert await peer.text() == ANSWER
        assert the_box.stats.observer_errors >= 1
        assert the_box.stats.bugs == 0


# -- time


async def test_the_router_is_woken_when_it_asked_to_be():
    def script(event):
        if isinstance(event, StationArrived):
            return [WakeAt(link=event.link, at=Instant(trio.current_time() + delay)) for delay in (0.05, 0.01)]
        return None

    async with box(edge(9), router=(router := Plain(script))) as the_box, await connect(the_box.port) as peer:
        await peer.send(upgrade())
        await the_box.until(lambda: len(router.kinds(Woke)) == 2)


async def test_1_5_4_a_quiet_peer_is_pinged_and_a_dead_one_cut_off_on_both_legs():
    quick = StationEdge(ping_s=0.5, pong_timeout_s=1)
    async with site(settings=partial(edge, station=quick, csms={"ping_s": 0.5, "pong_timeout_s": 20})) as (the_box, _):
        async with await station(the_box.port) as peer:
            assert (await peer.frame())[0] == 9
            await the_box.until(lambda: the_box.stats.station.closes == {"silent": 1})
        assert the_box.stats.csms.pings_sent >= 1
        assert the_box.stats.csms.closes.keys() <= {"closed"}


# -- own calls


async def test_an_own_call_is_answered_by_the_station_and_never_seen_by_the_csms():
    async with site() as (the_box, the_csms), await station(the_box.port) as peer, trio.open_nursery() as nursery:
        ends = []

        async def ask():
            ends.append(await the_box.switchboard.call("cp1", "TriggerMessage", '{"requestedMessage":"Heartbeat"}'))

        nursery.start_soon(ask)
        call = await peer.text()
        assert '"TriggerMessage",{"requestedMessage":"Heartbeat"}' in call
        await peer.send(frame(f'[3,{call.split(",")[1]},{{"status":"Accepted"}}]'))
        await the_box.until(lambda: ends)
        assert (ends[0].verdict, ends[0].answer) == ("result", b'{"status":"Accepted"}')
        assert the_csms.frames == []


async def test_an_own_call_for_a_station_that_is_not_there_is_dropped_at_once():
    async with site() as (the_box, _):
        ended = await the_box.switchboard.call("nobody", "Reset", "{}", priority=Priority.SAFETY)
        assert (ended.verdict, ended.identity) == ("dropped", "nobody")


async def test_what_an_own_call_makes_the_station_send_goes_to_who_asked():
    def script(event):
        if isinstance(event, OwnCallAsked):
            follow = FollowUpArrived(identity="CP1", token=event.token, action="NotifyReport", payload=b"{}")
            end = OwnCallEnded(identity="CP1", token=event.token, action=event.action, verdict="result", answer=b"{}")
            return [Observe(link=event.link, what=what) for what in (end, follow, end)]
        if isinstance(event, UpstreamAccepted):
            opened = LinkOpened(identity="CP1", subprotocol="ocpp2.0.1")
            return [Accept(link=event.link, subprotocol="ocpp2.0.1"), Observe(link=event.link, what=opened)]
        return None

    got = []
    async with site(router=Plain(script)) as (the_box, _), await station(the_box.port):

        def again(token):
            follow = FollowUpArrived(identity="CP1", token=token, action="NotifyReport", payload=b"[]")
            the_box.switchboard._observe(1, follow, Instant(0))

        ended = await the_box.switchboard.call(
            "CP1",
            "GetBaseReport",
            "{}",
            timeout_s=0.05,
            follow_up=FollowUp(action="NotifyReport", within_s=0.1),
            on_follow_up=got.append,
        )
        again(ended.token)
        assert [seen.payload for seen in got][-1:] == [b"[]"]
        await trio.sleep(0.15)
        again(ended.token)
        assert [seen.payload for seen in got].count(b"[]") == 1


# -- life


async def test_stop_says_1001_to_all_and_ends():
    async with site() as (the_box, the_csms), await station(the_box.port) as peer:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(the_box.switchboard.stop, 2)
            assert await peer.closed_with() == 1001
            await peer.send(frame(b"\x03\xe9", CLOSE))
        assert the_box.switchboard.links() == []
        await the_box.until(lambda: the_csms.codes == [1001])
        with pytest.raises(OSError, match="all attempts"):
            await connect(the_box.port)


async def test_stop_does_not_wait_longer_than_its_grace():
    async with site() as (the_box, _), await station(the_box.port):
        await the_box.switchboard.stop(0.05)
        assert the_box.switchboard._nursery.cancel_scope.cancel_called


async def test_a_reload_opens_changes_and_closes_listeners_and_keeps_sockets():
    async with csms() as the_csms, box(edge(the_csms.port)) as the_box, await station(the_box.port) as peer:
        both = edge(the_csms.port, listeners=(listener(), listener(address="127.0.0.2")))
        await the_box.switchboard.reload(both)
        assert len(the_box.switchboard.ports) == 2
        only = edge(the_csms.port, listeners=(listener(address="127.0.0.2", base_path="/new"),))
        await the_box.switchboard.reload(only)
        await peer.send(frame(CALL))
        assert await peer.text() == ANSWER
        with pytest.raises(OSError, match="all attempts"):
            await connect(the_box.port)
        stream = await trio.open_tcp_stream("127.0.0.2", next(iter(the_box.switchboard.ports.values())))
        async with stream:
            await stream.send_all(upgrade("/ocpp/CP2"))
            assert b" 404 " in await stream.receive_some()


async def test_a_reload_that_cannot_work_changes_nothing():
    async with site() as (the_box, the_csms), await station(the_box.port) as peer:
        with pytest.raises(ValueError, match="CSMS address"):
            await the_box.switchboard.reload(edge(the_csms.port, csms={"url": "http://x"}))
        with pytest.raises(OSError, match=r"not available|[Cc]annot assign"):
            await the_box.switchboard.reload(edge(the_csms.port, listeners=(listener(address="203.0.113.1", port=1),)))
        await peer.send(frame(CALL))
        assert await peer.text() == ANSWER
        async with await station(the_box.port, "/second"):
            pass


async def test_links_tell_the_status_page_who_is_there():
    async with site() as (the_box, _), await station(the_box.port):
        status = the_box.switchboard.links()[0]
        assert (status.identity, status.peer, status.subprotocol, status.joined) == ("CP1", HOST, "ocpp2.0.1", True)
        assert (status.queued_down, status.queued_up, status.security_profile) == (0, 0, 0)
        assert status.csms_heard_at >= status.connected_at


async def test_events_of_a_refusal_reach_the_router_as_they_are():
    def no(connection, request):
        return connection.respond(503, "later")

    async with (
        site(csms_options={"process_request": no}, router=(router := Plain())) as (the_box, _),
        await connect(the_box.port) as peer,
    ):
        await peer.send(upgrade())
        await the_box.until(lambda: router.kinds(UpstreamRefused))
    refused = router.kinds(UpstreamRefused)[0]
    assert (refused.status, refused.body) == (503, b"later")


def test_settings_do_not_show_passwords():
    shown = repr(StationEdge(password_hash="scrypt$secret"))
    assert "secret" not in shown
    assert CsmsSettings(name="a", url="ws://b").credentials is None
