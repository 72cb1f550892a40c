"""Tools of the edge's tests: peers that speak raw bytes, a CSMS on an independent library, and a box between them."""

import base64
import os
import random
import struct
from contextlib import asynccontextmanager, suppress
from functools import partial

import trio
from websockets.exceptions import ConnectionClosed
from websockets.trio.server import serve

from localctl.net.pump import Switchboard
from localctl.net.settings import CsmsSettings, EdgeLimits, EdgeSettings, ListenerSettings, StationEdge
from routing.policy import StationPolicy
from routing.router import Router

HOST = "127.0.0.1"
TEXT, BINARY, CLOSE, PING, PONG, MORE = 1, 2, 8, 9, 10, 0
PATIENCE_S = 10


def upgrade(path="/ocpp/CP1", *, offer="ocpp2.0.1", extra=(), host=b"box", connection=b"Upgrade", version=b"13"):
    """The bytes of an upgrade request; None leaves a header out."""
    lines = [b"GET " + path.encode() + b" HTTP/1.1", b"Upgrade: websocket"]
    key = base64.b64encode(os.urandom(16))
    for name, value in (
        (b"Host", host),
        (b"Connection", connection),
        (b"Sec-WebSocket-Key", key),
        (b"Sec-WebSocket-Version", version),
        (b"Sec-WebSocket-Protocol", offer and offer.encode()),
    ):
        if value is not None:
            lines.append(name + b": " + value)
    return b"\r\n".join([*lines, *extra]) + b"\r\n\r\n"


def frame(payload=b"", opcode=TEXT, *, fin=True, rsv1=False, mask=True):
    """One WebSocket frame as a client sends it."""
    payload = payload.encode() if isinstance(payload, str) else payload
    head = bytes([fin << 7 | rsv1 << 6 | opcode])
    flag = 0x80 if mask else 0
    if len(payload) < 126:
        head += bytes([flag | len(payload)])
    elif len(payload) < 65536:
        head += bytes([flag | 126]) + struct.pack("!H", len(payload))
    else:
        head += bytes([flag | 127]) + struct.pack("!Q", len(payload))
    return head + (b"\0\0\0\0" if mask else b"") + payload


class RawPeer:
    """A TCP connection whose owner decides every byte."""

    def __init__(self, stream):
        self.stream = stream
        self._buffer = b""

    async def send(self, data):
        await self.stream.send_all(data)

    async def _more(self):
        with trio.fail_after(PATIENCE_S):
            data = await self.stream.receive_some(65536)
        if not data:
            raise EOFError
        self._buffer += data

    async def _exactly(self, count):
        while len(self._buffer) < count:
            await self._more()
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    async def head(self):
        """Status and headers (lower-case names) of an HTTP answer."""
        while b"\r\n\r\n" not in self._buffer:
            await self._more()
        head, self._buffer = self._buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        return int(first.split()[1]), {k.lower(): v.strip() for k, v in (line.split(":", 1) for line in lines)}

    async def frame(self):
        """Opcode and payload of the next frame."""
        first, second = await self._exactly(2)
        size = second & 0x7F
        if size == 126:
            size = struct.unpack("!H", await self._exactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", await self._exactly(8))[0]
        key = await self._exactly(4) if second & 0x80 else b""
        payload = await self._exactly(size)
        self.rsv1 = bool(first & 0x40)
        if key:
            payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
        return first & 0x0F, payload

    async def text(self):
        """The next message, which must be text."""
        opcode, payload = await self.frame()
        assert opcode == TEXT, (opcode, payload)
        return payload.decode()

    async def closed_with(self):
        """The close code that comes next, None for the end without one."""
        try:
            while True:
                opcode, payload = await self.frame()
                if opcode == CLOSE:
                    return struct.unpack("!H", payload[:2])[0] if payload else 1005
        except (EOFError, trio.BrokenResourceError):
            return None

    async def ended(self):
        """Wait until the other side has gone."""
        with suppress(EOFError, trio.BrokenResourceError):
            while True:
                await self._more()

    async def reset(self):
        """Vanish with a TCP reset."""
        sock = self.stream.socket
        sock.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, struct.pack("ii", 1, 0))
        await self.stream.aclose()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await trio.aclose_forcefully(self.stream)


async def connect(port):
    """A raw connection to this port."""
    return RawPeer(await trio.open_tcp_stream(HOST, port))


async def station(port, path="/ocpp/CP1", **request):
    """A raw station that the box has let in."""
    peer = await connect(port)
    await peer.send(upgrade(path, **request))
    status, peer.headers = await peer.head()
    assert status == 101, status
    return peer


class Csms:
    """A CSMS on the websockets library: answers `[2,id,…]` with `[3,id,{}]` and keeps what it saw."""

    def __init__(self, port):
        self.port = port
        self.requests, self.frames, self.connections = [], [], []
        self.codes = []
        self.answering = trio.Event()
        self.answering.set()

    async def serve_one(self, connection):
        self.requests.append(connection.request)
        self.connections.append(connection)
        try:
            while True:
                text = await connection.recv()
                self.frames.append(text)
                await self.answering.wait()
                if text.startswith("[2,"):
                    await connection.send(f"[3,{text.split(',')[1]},{{}}]")
        except ConnectionClosed:
            pass
        self.codes.append(connection.close_code)


@asynccontextmanager
async def csms(**options):
    """A CSMS that listens."""
    options = {"subprotocols": ["ocpp2.0.1", "ocpp1.6"], "ping_interval": None, "max_size": 2**23} | options
    async with trio.open_nursery() as nursery:
        the_csms = Csms(0)

        server = await nursery.start(partial(serve, the_csms.serve_one, 0, host=HOST, **options))
        the_csms.port = server.listeners[0].socket.getsockname()[1]
        yield the_csms
        nursery.cancel_scope.cancel()


def listener(**changes):
    """A lab listener on any port."""
    return ListenerSettings(**({"address": HOST, "port": 0, "security_profile": 0, "allow_insecure": True} | changes))


def edge(csms_port=9, *, listeners=None, limits=None, station=None, csms=None, **changes):
    """Settings with one CSMS on loopback."""
    usual = {"name": "csms", "url": f"ws://{HOST}:{csms_port}", "connect_timeout_s": 5}
    treatment, upward = station or StationEdge(), CsmsSettings(**(usual | (csms or {})))
    return EdgeSettings(
        listeners=listeners or (listener(),),
        csmses=(upward,),
        station=lambda _identity: treatment,
        limits=limits or EdgeLimits(close_timeout_s=1),
        **changes,
    )


class Box:
    """A running switchboard and what it observed."""

    def __init__(self, switchboard, observed):
        self.switchboard, self.observed = switchboard, observed
        self.port = next(iter(switchboard.ports.values()))
        self.stats = switchboard.stats

    async def until(self, true):
        """Wait until something has come about."""
        with trio.fail_after(PATIENCE_S):
            while not true():  # noqa: ASYNC110  (anything may make it true)
                await trio.sleep(0.005)

    def seen(self, kind):
        """Observations of this type."""
        return [what for what in self.observed if isinstance(what, kind)]


@asynccontextmanager
async def box(settings, *, policy=None, router=None, gatekeeper=None, observer=None):
    """A box with the real router."""
    observed = []

    def note(link, what, now):
        observed.append(what)
        if observer is not None:
            observer(what)

    policy = policy or StationPolicy(csms="csms")
    the_router = router or Router(lambda _identity: policy, own_key=b"k" * 16, uniform=random.random)
    switchboard = Switchboard(the_router, settings, note, gatekeeper=gatekeeper)
    async with trio.open_nursery() as nursery:
        await nursery.start(switchboard.serve)
        yield Box(switchboard, observed)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def site(*, settings=None, csms_options=None, **options):
    """A CSMS and a box before it. `settings` makes the edge from the CSMS's port."""
    async with csms(**(csms_options or {})) as the_csms, box((settings or edge)(the_csms.port), **options) as the_box:
        yield the_box, the_csms
