"""A station's connection tried out by hand: does it answer a ping, and what does it do when it is let go?"""

from collections.abc import Callable
from typing import Final

import trio

from localctl.net.links import Link

LOOK_S: Final = 0.05
GOING_AWAY: Final = 1001


class Wires:
    """The connections of the stations that are there; `link_of` gives one by identity."""

    def __init__(self, link_of: Callable[[str], Link | None]) -> None:
        self._link_of = link_of

    async def ping(self, identity: str, within_s: float) -> bool | None:
        """Whether a pong came in time; None for a station that is not there, or left meanwhile."""
        link = self._link_of(identity)
        if link is None:
            return None
        socket, asked_at = link.station, trio.current_time()
        socket.send_ping()
        while trio.current_time() < asked_at + within_s and socket.is_open:
            await trio.sleep(LOOK_S)
            if socket.ponged_at is not None and socket.ponged_at >= asked_at:
                return True
        return False if socket.is_open else None

    def let_go(self, identity: str, *, close: bool) -> bool:
        """End its connection with a close frame, or by dropping TCP; False for a station that is not there."""
        link = self._link_of(identity)
        if link is None:
            return False
        if close:
            link.station.close(GOING_AWAY, "tried out by the installer")
        else:
            link.station.abort()
        return True
