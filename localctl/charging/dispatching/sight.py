"""From what is known of a station (state and ledger) to what dispatch has to see of it (`fleet.Sight`)."""

from typing import Final

from localctl.charging.base.recall import unchanged_until
from localctl.charging.dispatching.actuators import Place
from localctl.charging.dispatching.fleet import Managed, Running, Sight
from localctl.charging.knowing.clock_watch import ClockWatch
from localctl.charging.knowing.ledger import Ledger
from localctl.charging.knowing.site_state import StationState, Transaction

METER_FRESH_S: Final = 60.0
NEEDS_WITHIN_S: Final = 60.0
"""A car without ISO 15118 charges at such a station too, and never tells: nobody waits for its needs any longer."""


def look(station: Managed, state: StationState, ledger: Ledger, *, online: bool, now: float) -> Sight:
    """What dispatch sees now. Feed our own accepted answers to the ledger before, or our profiles look lost.

    `online`: the link is up and the CSMS has accepted the station's boot (7.1.7).
    """
    running, metered_a = {}, {}
    for outlet in station.outlets:
        transaction = state.running(outlet.id)
        if transaction is not None:
            running[outlet.id] = seen(transaction, state, outlet.id, now)
        evse = state.evses.get(str(outlet.id))
        drawn_a = evse.drawn_a(now, METER_FRESH_S) if evse is not None else None
        if drawn_a is not None:
            metered_a[outlet.id] = drawn_a
    return Sight(
        online=online,
        running=running,
        metered_a=metered_a,
        clock_off_s=clock_off_s(state.clock),
        csms_levels=ledger.levels(),
        lost=profile_ids(station) - ledger.present(),
        overruled=ledger.overruled(),
    )


def clock_off_s(clock: ClockWatch) -> float | None:
    """How far its clock is ahead; a guess counts while it is all there is (1.6 may tell its states without a stamp)."""
    return clock.guess[0] if clock.last_s is None and clock.guess is not None else clock.last_s


def holds_until(state: StationState, now: float) -> float:
    """Until when it looks the same, unless something happens: a reading gets old, needs are waited for no longer."""
    taken = (evse.measured_at for evse in state.evses.values() if evse.measured_at is not None)
    begun = (one.started_at for one in state.open.values() if state.tells_needs)
    return min(unchanged_until(taken, (-METER_FRESH_S,), now), unchanged_until(begun, (-NEEDS_WITHIN_S,), now))


def seen(transaction: Transaction, state: StationState, evse_id: int, now: float) -> Running:
    """A transaction as dispatch has to know it; Relative schedules count from the offer of energy (K01.FR.42)."""
    started_at = transaction.started_at if transaction.offered_at is None else transaction.offered_at
    awaits = state.tells_needs and awaits_needs(transaction, state, evse_id, now)
    return Running(transaction_id=transaction.id, started_at=started_at, awaits_needs=awaits)


def awaits_needs(transaction: Transaction, state: StationState, evse_id: int, now: float) -> bool:
    """Whether a car's needs may still come: a TxProfile before them would be refused (K15.FR.17)."""
    evse = state.evses.get(str(evse_id))
    told = evse is not None and evse.needs is not None
    return not told and transaction.charging_state != "Charging" and now - transaction.started_at < NEEDS_WITHIN_S


def profile_ids(station: Managed) -> frozenset[int]:
    """Every id a profile of ours could have at this station."""
    numbers = (0, *(outlet.id for outlet in station.outlets))
    return frozenset(Place(evse_id=number, top=top).profile_id() for number in numbers for top in (False, True))
