"""How much of its order each car really takes, learnt from meters: a car that leaves current lets others have it.

A sample says something only once the order has been in force for `SETTLE_S`: before that the car is still on its way
to it. Where one limit holds for a station with several EVSEs, nobody knows how the station divides it, so each car is
judged by its own share.
"""

from dataclasses import dataclass
from typing import Final

from localctl.charging.allocation.allocator_appetite import Appetite, drawn
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.tree.topology import EvseId

SETTLE_S: Final = 15.0
SAME_A: Final = 0.05


@dataclass(frozen=True, slots=True)
class Held:
    """How long an EVSE has had the current it may draw."""

    amps: float
    since: float


class Hunger:
    """What every car is held to take at most (`appetites`), and since when it has had what it has."""

    def __init__(self) -> None:
        self.appetites: dict[EvseId, Appetite] = {}
        self._held: dict[EvseId, Held] = {}

    def holds(self, evse: EvseId, envelope: Envelope, share_a: float | None, now: float) -> None:
        """What the EVSE may draw now: its own limit, or its share of the station's."""
        amps = envelope.of(evse[1])
        if envelope.station_a is not None and len(envelope.evse_a) > 1 and share_a is not None:
            amps = min(amps, share_a)
        held = self._held.get(evse)
        if held is None or abs(held.amps - amps) > SAME_A:
            self._held[evse] = Held(amps, now)

    def metered(self, evse: EvseId, drawn_a: float, rating_a: float, now: float) -> None:
        """A fresh reading of the highest phase."""
        held = self._held.get(evse)
        if held is not None and now - held.since >= SETTLE_S:
            self.appetites[evse] = drawn(self.appetites.get(evse, Appetite()), drawn_a, held.amps, rating_a)

    def limit_a(self, evse: EvseId) -> float | None:
        """The most the car is held to take; None while that is not known."""
        appetite = self.appetites.get(evse)
        return None if appetite is None else appetite.limit_a

    def left(self, evse: EvseId) -> None:
        """The car is gone; the next one has an appetite of its own."""
        self.appetites.pop(evse, None)

    def forget(self, identity: str) -> None:
        """The station is no longer part of the site."""
        for book in (self.appetites, self._held):
            for evse in [evse for evse in book if evse[0] == identity]:
                del book[evse]
