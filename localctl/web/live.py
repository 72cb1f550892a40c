"""Live updates: one stream of server-sent events per open page, with the parts that changed.

    data: {"parts": {"head": "<…>", "station-3": "<…>"}}

A stream ends by itself after a while, and when the box stops; browsers come back on their own. There are only so many
streams: who comes too late is told so and reloads the page now and then instead. A reader that does not read holds up
nobody but itself, and not for long.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from localctl.observe.health import ServiceState
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.web.headers import HEADERS
from localctl.web.page import PageMaker, Parts
from localctl.web.reader import Reader, reader_of

MOST_STREAMS: Final = 24
LASTS_S: Final = 600.0
LOOK_S: Final = 0.5
PING_S: Final = 15.0
MANY_STATIONS: Final = 50
SLOW_S: Final = 3.0
"""With many stations the page is made anew so seldom."""


class Live:
    """The streams over one snapshot box."""

    def __init__(self, box: SnapshotBox, maker: PageMaker) -> None:
        self._box, self._maker = box, maker
        self.open = 0

    async def stream(self, request: Request) -> Response:
        """A stream, or 503 when there are too many."""
        if self.open >= MOST_STREAMS:
            answer = "there are too many live pages; this one reloads now and then instead\n"
            return PlainTextResponse(answer, 503, headers={**HEADERS, "retry-after": "60"})
        return _Stream(self, self._changes(reader_of(request)))

    async def _changes(self, reader: Reader) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        ends_at, ping_at, look_at = loop.time() + LASTS_S, loop.time() + PING_S, loop.time()
        seen: Snapshot | None = None
        sent: Parts = {}
        yield b"retry: 3000\n\n"
        while loop.time() < ends_at:
            snapshot = self._box.get()
            if snapshot.state is ServiceState.STOPPING:
                return
            if snapshot is not seen and loop.time() >= look_at:
                look_at = loop.time() + (LOOK_S if len(snapshot.stations) <= MANY_STATIONS else SLOW_S)
                parts = await run_in_threadpool(self._maker.parts, snapshot, reader)
                changed = {name: part for name, part in parts.items() if sent.get(name) != part}
                if sent and parts.keys() != sent.keys():
                    yield b'data: {"reload":true}\n\n'
                    return
                if changed:
                    yield b"data: " + msgspec.json.encode({"parts": changed}) + b"\n\n"
                    ping_at = loop.time() + PING_S
                seen, sent = snapshot, parts
            if loop.time() >= ping_at:
                yield b": still here\n\n"
                ping_at = loop.time() + PING_S
            await asyncio.sleep(LOOK_S)


class _Stream(StreamingResponse):
    """One stream, counted while it is open and cut when its reader does not read."""

    def __init__(self, live: Live, changes: AsyncIterator[bytes]) -> None:
        super().__init__(changes, media_type="text/event-stream", headers=HEADERS)
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until it ends."""
        self._live.open += 1
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LASTS_S + PING_S):
                    await super().__call__(scope, receive, send)
        finally:
            self._live.open -= 1
