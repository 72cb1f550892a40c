"""Frames in the log, at debug level only: what came in, and what the box itself said, without secrets (P7).

It stands between the sockets and the router and changes nothing. What is only relayed is told once, as it came in.
Payloads pass `redact_frame`: cards, passwords and keys are hidden, a frame that cannot be read is told by its length.
"""

from collections import OrderedDict
from typing import Final, Protocol

from localctl.observe.redact import redact_frame
from routing.commands import Command, Send
from routing.events import Event, FrameArrived, StationArrived
from routing.values import Instant, LinkId

LONGEST: Final = 2000
"""Characters of a frame that are shown."""
MOST_NAMES: Final = 20_000
"""As many as stations may be connected."""


class Routes(Protocol):
    """What a router does."""

    def handle(self, event: Event, now: Instant) -> list[Command]:
        """What to do about it."""
        ...


class Log(Protocol):
    """What is needed of a structlog logger."""

    def debug(self, event: str, **facts: object) -> object:
        """For somebody who looks closely."""


class FrameLog:
    """A router that tells what passes it while `on`. Identities are noted all the time, the newest only."""

    def __init__(self, router: Routes, log: Log) -> None:
        self._router, self._log = router, log
        self._names: OrderedDict[LinkId, str] = OrderedDict()
        self.on = False

    def handle(self, event: Event, now: Instant) -> list[Command]:
        """What the router says to do about it."""
        if isinstance(event, StationArrived):
            self._note(event)
        commands = self._router.handle(event, now)
        if self.on:
            self._tell(event, commands)
        return commands

    def _note(self, event: StationArrived) -> None:
        self._names[event.link] = event.identity
        if len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)

    def _tell(self, event: Event, commands: list[Command]) -> None:
        came = event.text if isinstance(event, FrameArrived) else None
        if isinstance(event, FrameArrived):
            self._line("frame came in", event.link, event.leg.value, event.text)
        for command in commands:
            if isinstance(command, Send) and command.text != came:
                self._line("frame sent by localctl", command.link, command.leg.value, command.text)

    def _line(self, what: str, link: LinkId, leg: str, text: str) -> None:
        shown = redact_frame(text)
        cut = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}… ({len(shown)} characters)"
        self._log.debug(what, station=self._names.get(link, "?"), leg=leg, frame=cut)
