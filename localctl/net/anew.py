"""Having stations come in anew after a reload, a few at a time: a thousand at once would be a storm of their own."""

from collections.abc import Callable, Container, Iterable
from typing import Final

import structlog
import trio

from routing.events import Event, ReadingStopped
from routing.values import LinkId

PAUSE_S: Final = 0.05
log = structlog.get_logger("localctl.net")


async def come_anew(links: Iterable[LinkId], living: Container[LinkId], post: Callable[[Event], None]) -> None:
    """End these links with 1012 (service restart), one after the other; those that have ended by then are skipped."""
    waiting = list(links)
    if waiting:
        log.info("stations come in anew", count=len(waiting))
    for link in waiting:
        if link in living:
            post(ReadingStopped(link=link, reason="the configuration changed", code=1012))
            await trio.sleep(PAUSE_S)
