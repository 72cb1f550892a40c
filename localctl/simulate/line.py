"""A station's end of a cable, with the interface of the demo's WebSocket (`localctl.demo.wire.Line`)."""

from collections import deque
from types import TracebackType
from typing import Self

import trio

from localctl.demo.wire import Gone, TurnedAway
from localctl.simulate.cable import Cable


class MemoryLine:
    """Waits for the box's verdict, then carries texts until it ends with `Gone`."""

    def __init__(self) -> None:
        self.cable: Cable | None = None
        self.subprotocol: str | None = None
        self._texts: deque[str] = deque()
        self._ended: str | None = None
        self._refused: int | None = None
        self._opened = False
        self._news = trio.Event()

    async def opened(self) -> None:
        """Wait for the verdict. Raises `TurnedAway` or `Gone`."""
        while not self._opened:
            self._check()
            await self._wait()
        self._check()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None
    ) -> None:
        self.drop()

    def drop(self) -> None:
        """Cut it without a word."""
        if self.cable is not None and self.cable.peer_open:
            self.cable.leave(None, "cut")

    async def receive(self) -> str:
        """The next text."""
        while not self._texts:
            self._check()
            await self._wait()
        return self._texts.popleft()

    async def send(self, text: str) -> None:
        """Send one text; never waits."""
        self._check()
        if self.cable is not None:
            self.cable.say(text)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Say goodbye."""
        if self.cable is not None and self.cable.peer_open:
            self.cable.leave(code, reason)

    # The cable's calls.

    def accept(self, subprotocol: str | None) -> None:
        """The box upgraded us."""
        self.subprotocol, self._opened = subprotocol, True
        self._news.set()

    def refuse(self, status: int) -> None:
        """The box turned us away."""
        self._refused = status
        self._news.set()

    def hear(self, text: str) -> None:
        """A text arrived."""
        self._texts.append(text)
        self._news.set()

    def over(self, why: str) -> None:
        """The connection has ended."""
        self._ended = why
        self._news.set()

    def _check(self) -> None:
        if self._refused is not None:
            raise TurnedAway(self._refused)
        if self._ended is not None:
            raise Gone(self._ended)

    async def _wait(self) -> None:
        self._news = trio.Event()
        await self._news.wait()
