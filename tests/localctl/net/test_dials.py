"""Up legs from the dial to their end: what is told of each, and that no exception gets out."""

from functools import partial
from types import SimpleNamespace

import pytest
import trio
import trio.testing

from localctl.net.dials import Dials, prepared
from localctl.net.links import Link
from localctl.net.settings import StationEdge
from localctl.net.stats import NetStats
from localctl.net.upstream import Visitor
from routing.commands import Dial
from routing.events import LegLost, UpstreamAccepted, UpstreamFailed, UpstreamRefused
from routing.values import Leg, LinkId
from tests.localctl.net.kit import HOST, PATIENCE_S, csms, edge

REFUSAL = b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'
REDIRECT = b"HTTP/1.1 302 Found\r\nLocation: ws://elsewhere\r\nContent-Length: 0\r\n\r\n"


class Told:
    """Keeps what is posted. `failing`: an event of this kind meets a bug of ours."""

    def __init__(self, failing=()):
        self.events, self.bugs, self.failing = [], [], failing
        self._into, self._next = trio.open_memory_channel(10)

    async def next(self):
        with trio.fail_after(PATIENCE_S):
            return await self._next.receive()

    def post(self, event):
        self.events.append(event)
        self._into.send_nowait(event)
        if isinstance(event, self.failing):
            raise LookupError("a bug of ours")

    def bug(self, number, error):
        self.bugs.append((number, error))


class Scene:
    """One link and its dials."""

    def __init__(self, nursery, port, *, told=None, **changes):
        visitor = Visitor(identity="CP1", raw_target="/CP1", raw_segment="CP1", authorization=None, user_agent=None)
        self.link = Link(
            LinkId(7), SimpleNamespace(), visitor, StationEdge(), profile=1, peer=HOST, close_timeout_s=1
        )  # fmt: skip
        self.told, self.stats = told or Told(), NetStats()
        self.link.dialling = trio.CancelScope()
        self.dials = Dials(self.told, self.stats, nursery.start_soon, prepared(edge(port, csms=changes)))

    async def dial(self, name="csms"):
        command = Dial(link=LinkId(7), csms=name, offer=("ocpp2.0.1",))
        await self.dials.dial(self.link, command, self.link.dialling)


async def answering(nursery, words):
    """A port where somebody answers every request with these words."""

    async def answer(stream):
        await stream.receive_some(65536)
        await stream.send_all(words)
        await stream.receive_some(65536)

    (listener,) = await nursery.start(partial(trio.serve_tcp, answer, 0, host=HOST))
    return listener.socket.getsockname()[1]


async def test_a_csms_that_nobody_configured_is_named_and_not_counted_as_a_dial(nursery):
    scene = Scene(nursery, 9)
    await scene.dial("other")
    assert scene.told.events == [UpstreamFailed(link=LinkId(7), reason="no CSMS of the name 'other' is configured")]
    assert scene.stats.dials == 0


async def test_an_up_leg_is_told_when_it_opens_and_when_it_is_lost(nursery):
    async with csms() as the_csms:
        scene = Scene(nursery, the_csms.port)
        nursery.start_soon(scene.dial)
        opened = await scene.told.next()
        assert scene.link.csms.is_open
        await trio.testing.wait_all_tasks_blocked(0.05)
        await the_csms.connections[0].aclose(1001, "restart")
        lost = await scene.told.next()
    assert opened == UpstreamAccepted(link=LinkId(7), subprotocol="ocpp2.0.1")
    assert (type(lost), lost.leg, lost.code, lost.reason) == (LegLost, Leg.CSMS, 1001, "restart")
    assert scene.link.csms is None
    assert scene.stats.csms.closes == {"peer_closed": 1}


async def test_a_refusal_reaches_the_router_with_its_challenge(nursery):
    scene = Scene(nursery, await answering(nursery, REFUSAL))
    await scene.dial()
    (refused,) = scene.told.events
    assert (type(refused), refused.status) == (UpstreamRefused, 401)
    assert [(name.lower(), value) for name, value in refused.headers] == [(b"www-authenticate", b'Basic realm="x"')]
    assert scene.stats.dial_failures == {"refused": 1}


async def test_a_redirect_counts_as_a_failure_since_following_it_would_lead_past_the_box(nursery):
    scene = Scene(nursery, await answering(nursery, REDIRECT))
    await scene.dial()
    (failed,) = scene.told.events
    assert "redirects" in failed.reason
    assert scene.stats.dial_failures == {"failed": 1}


async def test_a_csms_that_never_answers_is_given_up_after_its_time(nursery):
    scene = Scene(nursery, await answering(nursery, b""), connect_timeout_s=0.2)
    await scene.dial()
    assert scene.told.events == [UpstreamFailed(link=LinkId(7), reason=f"no answer from {HOST} within 0.2 s")]
    assert scene.stats.dial_failures == {"timeout": 1}


async def test_a_station_that_leaves_meanwhile_ends_the_dial_without_a_word(nursery):
    scene = Scene(nursery, await answering(nursery, b""))
    async with trio.open_nursery() as dialling:
        dialling.start_soon(scene.dial)
        await trio.testing.wait_all_tasks_blocked(0.05)
        scene.link.dialling.cancel()
    assert scene.told.events == []
    assert sum(scene.stats.dial_failures.values()) == 0


async def test_a_dial_that_is_called_off_before_it_begins_opens_nothing(nursery):
    scene = Scene(nursery, await answering(nursery, REFUSAL))
    scene.link.dialling.cancel()
    await scene.dial()
    assert scene.told.events == []


@pytest.mark.parametrize("failing", [UpstreamRefused, UpstreamFailed])
async def test_a_bug_costs_the_link_and_nothing_else(nursery, failing):
    words = REFUSAL if failing is UpstreamRefused else REDIRECT
    scene = Scene(nursery, await answering(nursery, words), told=Told(failing))
    await scene.dial()
    ((number, _),) = scene.told.bugs
    assert number == 7


def test_only_an_address_with_tls_gets_a_context_and_a_bad_one_is_told():
    assert prepared(edge(9))["csms"].context is None
    assert prepared(edge(csms={"url": "wss://localhost"}))["csms"].context is not None
    with pytest.raises(ValueError, match="a CSMS address is"):
        prepared(edge(csms={"url": "http://localhost"}))
