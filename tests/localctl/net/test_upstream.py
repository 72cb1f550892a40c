"""What goes up: target, headers, addresses; and what comes back from CSMSs that answer badly."""

import ssl
from functools import partial

import pytest
import trio

from localctl.net import legs
from localctl.net.settings import CsmsSettings
from localctl.net.sockets import DialFailed, DialRefused
from localctl.net.stats import LegStats
from localctl.net.upstream import Address, Visitor, headers_for, open_wire, verdict
from routing.events import UpstreamFailed, UpstreamRefused
from tests.localctl.net.kit import HOST, box, connect, edge, upgrade
from tests.localctl.net.test_pump import Plain


def visitor(target="/ocpp/CP%7C1", segment="CP%7C1", **changes):
    return Visitor(
        **(
            {
                "identity": "CP|1",
                "raw_target": target,
                "raw_segment": segment,
                "authorization": None,
                "user_agent": None,
            }
            | changes
        )
    )


@pytest.mark.parametrize(
    ("url", "target", "expected"),
    [
        ("ws://csms", "/ocpp/CP%7C1", "/ocpp/CP%7C1"),
        ("ws://csms/", "//x//CP%7C1/?a=%20", "//x//CP%7C1/?a=%20"),
        ("ws://csms/steve/ocpp", "/box/CP%7C1?token=1", "/steve/ocpp/CP%7C1?token=1"),
        ("ws://csms/steve/ocpp/", "/box/CP%7C1", "/steve/ocpp/CP%7C1"),
        ("ws://csms", "ws://box:9000/ocpp/CP%7C1", "/ocpp/CP%7C1"),
        ("ws://csms", "/ws://box/CP%7C1", "/ws://box/CP%7C1"),
    ],
)
def test_1_1_7_the_target_is_replayed_raw(url, target, expected):
    assert Address.of(url).target_for(visitor(target)) == expected


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "header"),
    [
        ("ws://csms", "csms", 80, False, "csms"),
        ("wss://csms", "csms", 443, True, "csms"),
        ("wss://csms:8443/a", "csms", 8443, True, "csms:8443"),
        ("ws://[::1]:9000", "::1", 9000, False, "[::1]:9000"),
    ],
)
def test_an_address_is_taken_apart(url, host, port, tls, header):
    address = Address.of(url)
    assert (address.host, address.port, address.tls, address.host_header) == (host, port, tls, header)


@pytest.mark.parametrize("url", ["http://csms", "csms", "ws://", "ws://user:secret@csms", "ws://csms:99999"])
def test_what_is_no_address_is_said_so(url):
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        Address.of(url)


def test_quirk_5_credentials_go_up_as_bytes_or_are_the_installers():
    raw = b"Basic Q1A6/v8="
    forward = CsmsSettings(name="a", url="ws://a")
    fixed = CsmsSettings(name="a", url="ws://a", credentials=lambda identity: b"\xff" if identity == "CP|1" else None)
    mine = visitor(authorization=raw, user_agent=b"Box")
    assert headers_for(forward, mine) == ((b"Authorization", raw), (b"User-Agent", b"Box"))
    assert headers_for(fixed, mine)[0] == (b"Authorization", b"Basic Q1B8MTr/")
    assert headers_for(fixed, visitor(identity="other", authorization=raw))[0][1] == raw
    assert headers_for(forward, visitor()) == ()


def test_4_1_7_a_password_that_the_csms_changed_goes_up_as_the_station_sends_it():
    fixed = CsmsSettings(name="a", url="ws://a", credentials=lambda _identity: b"what it was before")
    mine = visitor(authorization=b"Basic Q1B8MTpuZXc=", was_given_another=True)
    assert headers_for(fixed, mine) == ((b"Authorization", b"Basic Q1B8MTpuZXc="),)


def test_a_visitor_shows_no_secrets():
    assert repr(visitor(authorization=b"Basic secret")) == "Visitor(identity='CP|1')"


def test_a_refusal_keeps_what_a_station_may_see_and_a_redirect_is_none():
    headers = ((b"www-authenticate", b"Basic"), (b"Set-Cookie", b"x"), (b"Retry-After", b"5"), (b"server", b"y"))
    assert verdict(DialRefused(401, headers, b"no")) == (401, (headers[0], headers[2]), b"no")
    with pytest.raises(DialFailed, match="redirects"):
        verdict(DialRefused(302, ((b"location", b"ws://elsewhere"),), b""))


async def test_nobody_there_is_said_in_words(nursery):
    with pytest.raises(DialFailed, match="refused"):
        await open_wire(Address.of(f"ws://{HOST}:9"), None, nursery.start_soon, None)


@pytest.mark.parametrize(("words", "said"), [(b"HTTP/1.1 400 Bad Request\r\n\r\n", "TLS"), (b"", "hung up")])
async def test_a_csms_that_hangs_up_or_talks_plain_in_the_tls_handshake_is_said_in_words(nursery, words, said):
    async def plain(stream):
        await stream.receive_some()
        await stream.send_all(words)

    listeners = await nursery.start(partial(trio.serve_tcp, host=HOST), plain, 0)
    address = Address.of(f"wss://{HOST}:{listeners[0].socket.getsockname()[1]}")
    context = ssl.create_default_context()
    with pytest.raises(DialFailed, match=said):
        await open_wire(address, context, nursery.start_soon, LegStats())
    nursery.cancel_scope.cancel()


SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
FAILURES = {
    "hangs up at once": (None, "hung up"),
    "garbage": (b"\0\xff\r\n\r\n", "no good"),
    "bad accept": (SWITCH + b"Sec-WebSocket-Accept: wrong\r\n\r\n", "accept"),
    "no accept": (SWITCH + b"\r\n", "accept"),
    "hangs up in the middle": (SWITCH, "hung up"),
    "a head without end": (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 50_000, "no good"),
    "processing": (b"HTTP/1.1 103 Early Hints\r\n\r\n", "103"),
    "redirect": (b"HTTP/1.1 301 Moved\r\nLocation: ws://elsewhere\r\nContent-Length: 0\r\n\r\n", "redirects"),
}
REFUSALS = {
    "no length, ends by hanging up": (b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n\r\nlater", 503, b"later"),
    "chunked": (b"HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", 401, b"no"),
    "endless body": (b"HTTP/1.1 404 No\r\nContent-Length: 999999\r\n\r\n" + b"x" * 9000, 404, b"x" * 4096),
}


async def what_comes_of(answer, *, hangs_up=True):
    """The router's events when a CSMS answers the upgrade with these bytes and then hangs up, or does not."""
    async with trio.open_nursery() as nursery:

        async def speak(stream):
            async with stream:
                await stream.receive_some()
                if answer:
                    await stream.send_all(answer)
                if not hangs_up:
                    await stream.receive_some()  # a reset would raise here

        listeners = await nursery.start(partial(trio.serve_tcp, host=HOST), speak, 0)
        router = Plain()
        async with box(edge(listeners[0].socket.getsockname()[1]), router=router) as the_box:
            async with await connect(the_box.port) as peer:
                await peer.send(upgrade())
                await the_box.until(lambda: router.kinds(UpstreamFailed, UpstreamRefused))
            assert the_box.stats.bugs == 0
        nursery.cancel_scope.cancel()
        return router.kinds(UpstreamFailed, UpstreamRefused)


@pytest.mark.parametrize(("answer", "said"), FAILURES.values(), ids=FAILURES)
async def test_a_csms_that_answers_badly_fails_the_dial_at_once(answer, said):
    (event,) = await what_comes_of(answer)
    assert isinstance(event, UpstreamFailed)
    assert said in event.reason.lower()


@pytest.mark.parametrize(("answer", "status", "body"), REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_is_read_however_its_body_ends(answer, status, body):
    (event,) = await what_comes_of(answer)
    assert isinstance(event, UpstreamRefused)
    assert (event.status, event.body) == (status, body)


async def test_a_refusal_is_told_although_its_body_never_ends(monkeypatch):
    monkeypatch.setattr(legs, "_REFUSAL_S", 0.01)
    (event,) = await what_comes_of(b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\nabc", hangs_up=False)
    assert (event.status, event.body) == (404, b"abc")


async def test_a_refused_dial_hangs_up_without_a_reset():
    (event,) = await what_comes_of(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", hangs_up=False)
    assert event.status == 404
