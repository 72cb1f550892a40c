"""What a station still has to tell its CSMS, in order. Transaction messages outlive an outage, the rest does not."""

import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import trio

from localctl.demo.rpc import Json

MOST = 2000
"""More than this is never kept; the oldest message that may be dropped goes first, then the oldest."""


def _nothing(_answer: Json) -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One CALL to be. `payload` is made when it is sent, because 1.6 learns its transaction id from an answer."""

    action: str
    payload: Callable[[], Json]
    keep: bool = False
    unconfirmed: bool = False
    """A 2.1 SEND: nobody answers."""
    answered: Callable[[Json], None] = _nothing
    call_id: str = field(default_factory=lambda: str(uuid.uuid4()))


class Outbox:
    """First in, first out. A message stays until `done`, so one that an outage swallowed is sent again, same id."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._news, self._empty = trio.Event(), trio.Event()
        self._made: dict[str, Json] = {}

    def __len__(self) -> int:
        return len(self._messages)

    def put(self, message: Message) -> None:
        """Queue one more."""
        if len(self._messages) >= MOST:
            self._messages.remove(next((one for one in self._messages if not one.keep), self._messages[0]))
        self._messages.append(message)
        self._news.set()

    async def first(self) -> tuple[Message, Json]:
        """The oldest message and its payload, once there is one. The payload is made only once."""
        while not self._messages:
            self._news = trio.Event()
            await self._news.wait()
        message = self._messages[0]
        return message, self._made.setdefault(message.call_id, message.payload())

    def done(self, message: Message) -> None:
        """The message is answered (or refused for good)."""
        self._messages.remove(message)
        self._made.pop(message.call_id, None)
        self._empty.set()

    async def emptied(self) -> None:
        """Wait until every message is done."""
        while self._messages:
            self._empty = trio.Event()
            await self._empty.wait()

    def forget_idle_talk(self) -> None:
        """The connection is lost: drop what need not be kept, unless it was on its way already."""
        self._messages = deque(one for one in self._messages if one.keep or one.call_id in self._made)
