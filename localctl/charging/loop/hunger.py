"""How much of its order each car really takes, learnt from meters: a car that leaves current lets others have it.

A sample says something only once the order has been in force for `SETTLE_S`: before that the car is still on its way
to it. Where one limit holds for a station with several EVSEs, nobody knows how the station divides it, so each car is
judged by its own share.

A car that says it has stopped by itself is full only where it could have had its minimum for `OFFERED_S`: some stations
give the car the blame while they hold it below that. A full one that is held below it is offered something again after
`AGAIN_S`, should it only have been slow to wake.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Final

from localctl.charging.allocation.allocator_appetite import Appetite, drawn
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.dispatching.fleet import Managed
from localctl.charging.loop.demands import Seen, has_stopped
from localctl.charging.tree.topology import EvseId

SETTLE_S: Final = 15.0
SAME_A: Final = 0.05
OFFERED_S: Final = 60.0
AGAIN_S: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Held:
    """How long an EVSE has had the current it may draw."""

    amps: float
    since: float


@dataclass(frozen=True, slots=True)
class Offer:
    """Since when an EVSE could have had its minimum, and when its car was last full."""

    since_at: float | None = None
    full_at: float | None = None


class Hunger:
    """What every car is held to take at most (`appetites`), and since when it has had what it has."""

    def __init__(self) -> None:
        self.appetites: dict[EvseId, Appetite] = {}
        self._held: dict[EvseId, Held] = {}
        self._offers: dict[EvseId, Offer] = {}

    def follow(self, seen: Seen, shares: Mapping[EvseId, float], now: float) -> None:
        """Since when each car of a station has had what it has; one that left takes its appetite with it."""
        for outlet in seen.managed.outlets:
            evse = (seen.managed.identity, outlet.id)
            share_a, stopped = shares.get(evse), has_stopped(seen, outlet.id, now)
            self.holds(evse, seen.entitled, share_a, now)
            self.offers(evse, seen.entitled, share_a, outlet.min_a, stopped, now)
            if seen.state.running(outlet.id) is None:
                self.left(evse)

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

    def offers(
        self, evse: EvseId, envelope: Envelope, share_a: float | None, min_a: float, stopped: bool, now: float
    ) -> None:
        """What the EVSE is let have, and is to be; `stopped`: its car says that it takes nothing."""
        known, since_at = self._offers.get(evse, Offer()), None
        # The share falls before the envelope does, which still counts what was let have a moment ago.
        if min(envelope.of(evse[1]), inf if share_a is None else share_a) >= min_a - SAME_A:
            since_at = now if known.since_at is None else known.since_at
        full = since_at is not None and now - since_at >= OFFERED_S
        self._offers[evse] = Offer(since_at, (now if full else known.full_at) if stopped else None)

    def offered(self, station: Managed, now: float) -> frozenset[int]:
        """The EVSEs whose car is full if it says so."""
        known = ((outlet.id, self._offers.get((station.identity, outlet.id), Offer())) for outlet in station.outlets)
        return frozenset(
            evse_id
            for evse_id, offer in known
            if (offer.since_at is not None and now - offer.since_at >= OFFERED_S)
            or (offer.full_at is not None and now - offer.full_at < AGAIN_S)
        )

    def left(self, evse: EvseId) -> None:
        """The car is gone; the next one has an appetite of its own."""
        self.appetites.pop(evse, None)

    def forget(self, identity: str) -> None:
        """The station is no longer part of the site."""
        for book in (self.appetites, self._held, self._offers):
            for evse in [evse for evse in book if evse[0] == identity]:
                del book[evse]
