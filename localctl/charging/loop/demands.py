"""What each EVSE asks of the allocator, from what is known of its station.

| the EVSE | asks for |
| -------- | -------- |
| its station is away, not yet booted, or nobody steers it | what it may draw at most, as a fixed reservation |
| has no car, or one that is full | the failsafe, as a fixed reserve on which a new car starts (K03) |
| charges or waits to charge | from the car's minimum to what it may and wants to take |

An idle reserve gives way when there is not even room for that (`sharing`).

A car counts on the conductors it was measured on only while its station is there, the transaction that was measured
runs, and the last sample is at most `PHASES_FRESH_S` old. Otherwise it counts on every conductor its EVSE has, at once,
and the others are ordered down: a transient like a limit that drops. That is in time, because another car cannot be
plugged in and draw current within a minute, which is longer than an order and a car's reaction take.
"""

from dataclasses import dataclass
from typing import Final

from localctl.charging.allocation.allocator_demand import Demand
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.dispatching.fleet import Managed, Outlet
from localctl.charging.knowing.ledger import Ledger
from localctl.charging.knowing.site_state import EvseState, StationState
from localctl.charging.profile.profiles import Protocol
from localctl.charging.tree.topology import Station as Placed

FULL: Final = frozenset({"SuspendedEV"})
IDLE_A: Final = 1.0
FRESH_S: Final = 120.0
PHASES_FRESH_S: Final = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One station as the demands need it. `steered`: it is there and follows orders.

    `wired`: every conductor of its EVSEs counts, whatever its cars use. `offered`: at these EVSEs a car that says
    so is full (`hunger`).
    """

    placed: Placed
    managed: Managed
    state: StationState
    ledger: Ledger
    steered: bool
    entitled: Envelope
    wired: bool = False
    offered: frozenset[int] = frozenset()

    def evse(self, evse_id: int) -> EvseState:
        """What is known of one EVSE, also when nothing is."""
        return self.state.evses.get(str(evse_id)) or EvseState()


def used_phases(seen: Seen, outlet: Outlet, now: float) -> tuple[int, ...] | None:
    """The conductors the car really uses; None while that is not known, or may change behind our back."""
    if seen.wired or not seen.steered or seen.state.running(outlet.id) is None:
        return None
    evse = seen.evse(outlet.id)
    if evse.measured_at is None or now - evse.measured_at > PHASES_FRESH_S:
        return None
    return evse.phases.used


def demand_of(seen: Seen, outlet: Outlet, *, appetite_a: float | None, cap_a: float | None, now: float) -> Demand:
    """One EVSE's demand at this moment."""
    evse = (seen.placed.identity, outlet.id)
    if not seen.steered:
        return Demand(evse=evse, fixed_a=silent_a(seen, outlet))
    transaction = seen.state.running(outlet.id)
    if transaction is None or is_full(seen, outlet.id, now):
        return Demand(evse=evse, fixed_a=outlet.failsafe_a)
    return Demand(
        evse=evse,
        min_a=outlet.min_a,
        max_a=outlet.rating_a,
        cap_a=cap_a,
        appetite_a=least_of(appetite_a, told_a(seen, outlet)),
        phases=used_phases(seen, outlet, now),
        priority=seen.placed.priority + seen.state.priority(transaction),
        weight=seen.placed.weight,
    )


def told_a(seen: Seen, outlet: Outlet) -> float | None:
    """The most the car said it can take (NotifyEVChargingNeeds), on the supply side; less than a minimum is no word."""
    needs = seen.evse(outlet.id).needs
    if needs is None:
        return None
    most_a = needs.most_a if needs.most_w is None else needs.most_w / outlet.watts_per_a
    return most_a if most_a is not None and most_a >= outlet.min_a else None


def least_of(one: float | None, other: float | None) -> float | None:
    """The lower of two that may not be known."""
    return min((each for each in (one, other) if each is not None), default=None)


def silent_a(seen: Seen, outlet: Outlet) -> float:
    """What an EVSE nobody steers may draw. EVSEs on the same conductors share their station's own limit in turn."""
    most_a, station_a = seen.entitled.of(outlet.id), seen.entitled.station_a
    evses = seen.placed.evses
    if station_a is None or len({evse.phases for evse in evses}) > 1:
        return most_a
    before_a = sum(seen.entitled.of(evse.id) for evse in evses if evse.id < outlet.id)
    return max(0.0, min(most_a, station_a - before_a))


def is_full(seen: Seen, evse_id: int, now: float) -> bool:
    """The car itself has stopped, although it was let have something."""
    return evse_id in seen.offered and has_stopped(seen, evse_id, now)


def has_stopped(seen: Seen, evse_id: int, now: float) -> bool:
    """The station says that the car has stopped, and the meter agrees or says nothing. In 1.6 the connector tells."""
    transaction = seen.state.running(evse_id)
    if transaction is None:
        return False
    drawn_a = seen.evse(evse_id).drawn_a(now, FRESH_S)
    word = transaction.charging_state
    if seen.ledger.protocol is Protocol.V16:
        word = seen.evse(evse_id).connectors.get(str(evse_id))
    return word in FULL and (drawn_a is None or drawn_a < IDLE_A)
