"""One connection in memory: whole texts with a delay each way, in order, and every way a connection can end.

A cable lies between the box (the side that `Board` holds) and a peer, a station or the CSMS. A *stalled* cable is a
pulled plug that nobody has noticed: what is said waits, as TCP would keep trying, until it is plugged in again or one
side gives up. `Tamper` may do worse things to single texts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import trio

from localctl.simulate.mail import Deliver, Mail

CLOSE_TIMEOUT_S: Final = 5.0
Parcels = list[tuple[str, float]]
"""Texts to carry on, each with the seconds it takes beyond the usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """Seconds a text takes to the peer and to the box."""

    to_peer_s: float = 0.05
    to_box_s: float = 0.05


class Peer(Protocol):
    """The far end of a cable."""

    def hear(self, text: str) -> None:
        """A text arrived."""

    def over(self, why: str) -> None:
        """The connection has ended."""


class Box(Protocol):
    """The near end of a cable."""

    def heard(self, text: str) -> None:
        """A text arrived."""

    def lost(self, reason: str, code: int | None) -> None:
        """The connection has ended; once."""


class Tamper(Protocol):
    """Something on the way that loses, delays, doubles or answers texts."""

    def down(self, cable: "Cable", text: str) -> Parcels:
        """What becomes of a text on its way to the peer."""

    def up(self, cable: "Cable", text: str) -> Parcels:
        """What becomes of a text on its way to the box."""


class Cable:
    """The connection itself. `box` and `peer` are set by whoever joins them."""

    def __init__(self, mail: Mail, lag: Lag, *, box: Box, peer: Peer, tamper: Tamper | None = None) -> None:
        self.box, self.peer = box, peer
        self.stalled = False
        self.box_open = self.peer_open = True
        self._mail, self._lag, self._tamper = mail, lag, tamper
        self._held: list[tuple[Callable[[float, Deliver], None], Deliver]] = []
        self._last_down_at = self._last_up_at = 0.0

    # The box's side.

    def give(self, text: str) -> None:
        """Send to the peer."""
        for parcel, extra_s in [(text, 0.0)] if self._tamper is None else self._tamper.down(self, text):
            self.deliver_down(parcel, extra_s)

    def tell(self, deliver: Deliver) -> None:
        """Do something at the peer, in its turn among the texts."""
        self._down(0.0, deliver)

    def hang_up(self, code: int, reason: str) -> None:
        """Close in good order: both sides know in the end, the box at the latest when its patience is over."""
        self._mail.after(CLOSE_TIMEOUT_S, lambda: self._box_over("no answer to the close", None))
        self._down(0.0, lambda: self._answer_close(code, reason))

    def abort(self) -> None:
        """The box drops it: the peer hears of that later, if at all."""
        self._down(0.0, lambda: self._peer_over("reset"))
        self._box_over("aborted", None)

    # The peer's side.

    def say(self, text: str) -> None:
        """Send to the box."""
        for parcel, extra_s in [(text, 0.0)] if self._tamper is None else self._tamper.up(self, text):
            self.deliver_up(parcel, extra_s)

    def leave(self, code: int | None, reason: str) -> None:
        """The peer ends it; a code of None is a cut without a word."""
        self._peer_over(reason)
        self._up(0.0, lambda: self._box_over(reason, code))

    # What happens to the cable.

    def deliver_down(self, text: str, extra_s: float = 0.0) -> None:
        """Carry one text to the peer."""
        self._down(extra_s, lambda: self.peer.hear(text) if self.peer_open else None)

    def deliver_up(self, text: str, extra_s: float = 0.0) -> None:
        """Carry one text to the box."""
        self._up(extra_s, lambda: self.box.heard(text) if self.box_open else None)

    def snap(self) -> None:
        """Both sides lose it at once and notice."""
        self._peer_over("connection reset")
        self._box_over("connection reset", None)

    def stall(self, noticed_after_s: float) -> None:
        """Nothing gets through any more; the box notices when its pings stay unanswered."""
        self.stalled = True
        self._mail.after(noticed_after_s, lambda: self._box_over("no pong", None) if self.stalled else None)

    def vanish(self, noticed_after_s: float) -> None:
        """The peer's power is gone: it says nothing more, and the box notices when its pings stay unanswered."""
        self._peer_over("no power")
        self.stall(noticed_after_s)

    def unstall(self) -> None:
        """What waited arrives."""
        self.stalled, held = False, self._held
        self._held = []
        for way, deliver in held:
            way(0.0, deliver)

    def _down(self, extra_s: float, deliver: Deliver) -> None:
        if self.stalled:
            self._held.append((self._down, deliver))
            return
        self._last_down_at = max(self._last_down_at, trio.current_time() + self._lag.to_peer_s + extra_s)
        self._mail.at(self._last_down_at, deliver)

    def _up(self, extra_s: float, deliver: Deliver) -> None:
        if self.stalled:
            self._held.append((self._up, deliver))
            return
        self._last_up_at = max(self._last_up_at, trio.current_time() + self._lag.to_box_s + extra_s)
        self._mail.at(self._last_up_at, deliver)

    def _answer_close(self, code: int, reason: str) -> None:
        self._peer_over(f"closed with {code} {reason}".rstrip())
        self._up(0.0, lambda: self._box_over(reason, code))

    def _peer_over(self, why: str) -> None:
        if self.peer_open:
            self.peer_open = False
            self.peer.over(why)

    def _box_over(self, reason: str, code: int | None) -> None:
        if self.box_open:
            self.box_open = False
            self.box.lost(reason, code)
