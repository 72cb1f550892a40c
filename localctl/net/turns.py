"""Turns: events go through a router one after the other, never inside each other, and a bug of ours costs one link.

What happens while commands are carried out waits in a queue. An exception of the router or of a command ends the link
it belongs to, and no other link notices. A simulated box takes its turns here too, so both route in the same order.
"""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

import trio

from routing.commands import Command
from routing.events import Event, ReadingStopped
from routing.values import Instant, LinkId


class Routes(Protocol):
    """What is needed of `routing.router.Router`."""

    def handle(self, event: Event, now: Instant) -> list[Command]:
        """What to do about it."""
        ...


class Breakable(Protocol):
    """A link; `broken` once a bug has ended it."""

    broken: bool


L = TypeVar("L", bound=Breakable)


class Turns(Generic[L]):
    """One router's turns. `carry_out` does what it says to `links`, `forget` drops a link whose end failed as well.

    `tell` hears of every bug with its link, if that is still there. `read_ahead` is asked for more while nothing waits.
    """

    def __init__(
        self,
        router: Routes,
        links: Mapping[LinkId, L],
        *,
        carry_out: Callable[[Command, Instant], None],
        forget: Callable[[L], None],
        tell: Callable[[L | None, BaseException], None],
        read_ahead: Callable[[], Event | None] = lambda: None,
    ) -> None:
        self.busy = False
        self._router, self._links, self._read_ahead = router, links, read_ahead
        self._carry_out, self._forget, self._tell = carry_out, forget, tell
        self._events: deque[Event] = deque()

    def post(self, event: Event) -> None:
        """Let the router handle this, now or right after what it is handling."""
        self._events.append(event)
        if self.busy:
            return
        self.busy = True
        try:
            while (following := self._events.popleft() if self._events else self._read_ahead()) is not None:
                self._handle(following)
        finally:
            self.busy = False

    def bug(self, number: LinkId, error: BaseException) -> None:
        """Ours, whatever the peers sent: say so, end this link, spare all others."""
        link = self._links.get(number)
        self._tell(link, error)
        if link is None:
            return
        if link.broken:
            self._forget(link)
        else:
            link.broken = True
            self.post(ReadingStopped(link=number, reason="internal error"))

    def _handle(self, event: Event) -> None:
        now = Instant(trio.current_time())
        try:
            commands = self._router.handle(event, now)
        except Exception as error:
            self.bug(event.link, error)
            return
        for command in commands:
            try:
                self._carry_out(command, now)
            except Exception as error:
                self.bug(command.link, error)
