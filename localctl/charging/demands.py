"""What each EVSE asks of the allocator, from what is known of its station.

| the EVSE | asks for |
| -------- | -------- |
| its station is away, not yet booted, or nobody steers it | what it may draw at most, as a fixed reservation |
| has no car, or one that is full | the failsafe, as a fixed reserve on which a new car starts (K03) |
| charges or waits to charge | from the car's minimum to what it may and wants to take |

An idle reserve gives way when there is not even room for that.
"""

from dataclasses import dataclass
from math import floor
from typing import Final

from localctl.charging import steps
from localctl.charging.allocator_demand import Demand
from localctl.charging.composite import Ask, Rating, evse_schedule
from localctl.charging.composite_stack import Book
from localctl.charging.entitlement import Envelope
from localctl.charging.fleet import Managed, Outlet
from localctl.charging.instants import Instant
from localctl.charging.ledger import Ledger
from localctl.charging.profiles import RateUnit
from localctl.charging.profiles import Transaction as Running
from localctl.charging.site_state import EvseState, StationState, Transaction
from localctl.charging.steps import Steps
from localctl.charging.topology import Station as Placed
from localctl.charging.units import HardLimit, Supply

FULL: Final = frozenset({"SuspendedEV"})
IDLE_A: Final = 1.0
FRESH_S: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One station as the demands need it. `steered`: it is there and follows orders."""

    placed: Placed
    managed: Managed
    state: StationState
    ledger: Ledger
    steered: bool
    entitled: Envelope

    def evse(self, evse_id: int) -> EvseState:
        """What is known of one EVSE, also when nothing is."""
        return self.state.evses.get(str(evse_id)) or EvseState()


def used_phases(seen: Seen, outlet: Outlet) -> tuple[int, ...] | None:
    """The conductors the car really uses; None while that is not known, or may change behind our back."""
    if not seen.steered or seen.state.running(outlet.id) is None:
        return None
    return seen.evse(outlet.id).phases.used


def demand_of(seen: Seen, outlet: Outlet, *, appetite_a: float | None, cap_a: float | None, now: float) -> Demand:
    """One EVSE's demand at this moment."""
    evse = (seen.placed.identity, outlet.id)
    if not seen.steered:
        return Demand(evse=evse, fixed_a=seen.entitled.of(outlet.id))
    transaction = seen.state.running(outlet.id)
    if transaction is None or is_full(seen, transaction, outlet.id, now):
        return Demand(evse=evse, fixed_a=outlet.failsafe_a)
    return Demand(
        evse=evse,
        min_a=outlet.min_a,
        max_a=outlet.rating_a,
        cap_a=cap_a,
        appetite_a=appetite_a,
        phases=used_phases(seen, outlet),
        priority=seen.placed.priority + seen.state.priority(transaction),
        weight=seen.placed.weight,
    )


def is_full(seen: Seen, transaction: Transaction, evse_id: int, now: float) -> bool:
    """The car itself has stopped, and the meter agrees or says nothing."""
    drawn_a = seen.evse(evse_id).drawn_a(now, FRESH_S)
    return transaction.charging_state in FULL and (drawn_a is None or drawn_a < IDLE_A)


def csms_cap(seen: Seen, outlet: Outlet, now: float, horizon_s: float, voltage_v: float) -> Steps | None:
    """What the CSMS's own profiles allow this EVSE, from now on in amperes; None where it has set none.

    The composite without ours (K08): what is written never lets the station exceed either.
    """
    installed = seen.ledger.at(outlet.id, ours=False)
    transaction = seen.state.running(outlet.id)
    if not installed:
        return None
    running = () if transaction is None else (_running(transaction, outlet.id),)
    book = Book(protocol=seen.ledger.protocol, installed=installed, transactions=running)
    supply = Supply(voltage_v=voltage_v, default_phases=outlet.phases, dc=outlet.dc)
    hard = HardLimit(limit_a=outlet.rating_a)
    ask = Ask(start_at=Instant(floor(now)), duration_s=int(horizon_s), unit=RateUnit.AMPS)
    periods = evse_schedule(book, outlet.id, ask, Rating(supply=supply, local=hard, default=hard))
    begins = floor(now)
    found = [
        (steps.ALWAYS if not period.start_s else float(begins + period.start_s), period.limit) for period in periods
    ]
    return steps.tidy(found)


def _running(transaction: Transaction, evse_id: int) -> Running:
    offered = transaction.offered_at
    return Running(
        evse_id=evse_id,
        id=transaction.id,
        started_at=Instant(floor(transaction.started_at)),
        energy_offered_at=None if offered is None else Instant(floor(offered)),
    )
