"""What the CSMS's own profiles leave each EVSE and each station, over time: ours are merged with them by minimum.

Our profiles stand above those of the CSMS and silence them, so whatever the CSMS allowed has to be inside ours (K08).
Two caps come of that: per EVSE the composite schedule of everything the CSMS installed, and for a station with several
EVSEs also its ChargingStationMaxProfile, which they share: that one is a limit on the station's own row.

Composites are exact for a stretch of time and are only computed again when the profiles or the transaction changed, or
when the stretch is half over.
"""

from dataclasses import dataclass, replace
from math import floor, inf
from typing import Final

from localctl.charging.base import steps
from localctl.charging.base.instants import Instant
from localctl.charging.base.recall import Recall
from localctl.charging.base.steps import Steps
from localctl.charging.base.units import HardLimit, Supply
from localctl.charging.composition.composite import Ask, Rating, evse_schedule
from localctl.charging.composition.composite_runs import TooManyPieces
from localctl.charging.composition.composite_stack import Book
from localctl.charging.dispatching.fleet import Outlet
from localctl.charging.knowing.site_state import Transaction
from localctl.charging.limiting.limits import Cap, Covers, Source, Step
from localctl.charging.loop.demands import Seen
from localctl.charging.profile.profiles import Installed, Purpose, RateUnit
from localctl.charging.profile.profiles import Transaction as Running
from localctl.charging.tree.topology import EvseId

SOURCE: Final = "CSMS profile"
OF_STATION: Final = frozenset({Purpose.STATION_MAX, Purpose.EXTERNAL})
NOTHING: Final = steps.constant(0.0)


@dataclass(frozen=True, slots=True)
class _Known:
    """A cap that was worked out, out of what, and until when it is far-sighted enough."""

    installed: tuple[Installed, ...]
    running: Running | None
    until_at: float
    cap: Steps | None


UNSAID: Final = _Known((), None, inf, None)


class CsmsCaps:
    """The caps of one site; `horizon_s` is how far ahead they have to be known, in seconds."""

    def __init__(self, horizon_s: float, voltage_v: float) -> None:
        self._horizon_s, self._voltage_v = horizon_s, voltage_v
        self._known: dict[EvseId, _Known] = {}
        self._of_evses: Recall[_Known] = Recall()

    def of_evse(self, one: Seen, outlet: Outlet, now: float) -> Steps | None:
        """Amperes the CSMS allows this EVSE, from now on; None where it has set nothing."""
        transaction = one.state.running(outlet.id)
        key, made_of = (one.managed.identity, outlet.id), (one.ledger, outlet, transaction)
        known = self._of_evses.again(key, made_of, now)
        if known is None:
            running = None if transaction is None else running_of(transaction, outlet.id)
            known = self._cap(one, outlet, outlet.rating_a, running, one.ledger.at(outlet.id, ours=False), now)
            self._of_evses.keep(key, made_of, known, now, known.until_at)
        return known.cap

    def of_station(self, one: Seen, now: float) -> Source | None:
        """The CSMS's limit for a whole station with several EVSEs, as a source on the station's own row."""
        if len(one.managed.outlets) < 2:
            return None
        installed = tuple(each for each in one.ledger.installed(ours=False) if each.profile.purpose in OF_STATION)
        whole = replace(max(one.managed.outlets, key=lambda outlet: outlet.phases), id=0)
        cap = self._cap(one, whole, one.managed.full_a, None, installed, now).cap
        if cap is None:
            return None
        found = tuple(Step(at=at, cap=Cap(a=(amps, amps, amps))) for at, amps in cap)
        return Source(name=SOURCE, node=("station", one.managed.identity), steps=found, covers=Covers.CHARGING)

    def forget(self, identity: str) -> None:
        """The station is no longer part of the site."""
        for evse in [evse for evse in self._known if evse[0] == identity]:
            del self._known[evse]

    def _cap(
        self, one: Seen, outlet: Outlet, full_a: float, running: Running | None, installed: tuple[Installed, ...],
        now: float,
    ) -> _Known:  # fmt: skip
        if not installed:
            return UNSAID
        key = (one.managed.identity, outlet.id)
        known = self._known.get(key)
        if known is None or known.installed != installed or known.running != running or now >= known.until_at:
            book = Book(protocol=one.ledger.protocol, installed=installed, transactions=(running,) if running else ())
            cap = composite(book, outlet, full_a, now, 2 * self._horizon_s, self._voltage_v)
            known = self._known[key] = _Known(installed, running, now + self._horizon_s, cap)
        return known


def composite(book: Book, outlet: Outlet, full_a: float, now: float, horizon_s: float, voltage_v: float) -> Steps:
    """The composite schedule of what the CSMS installed, as steps; nothing at all where it cannot be worked out."""
    hard = HardLimit(limit_a=full_a)
    # Direct current has one "phase" that is worth what an ampere on the supply side delivers at the plug.
    worth_v = outlet.watts_per_a if outlet.dc else voltage_v
    supply = Supply(voltage_v=worth_v, default_phases=outlet.phases, dc=outlet.dc)
    ask = Ask(start_at=Instant(floor(now)), duration_s=int(horizon_s), unit=RateUnit.AMPS)
    try:
        periods = evse_schedule(book, outlet.id, ask, Rating(supply=supply, local=hard, default=hard))
    except TooManyPieces:
        return NOTHING
    begins = floor(now)
    return steps.tidy(
        [(steps.ALWAYS if not period.start_s else float(begins + period.start_s), period.limit) for period in periods]
    )


def running_of(transaction: Transaction, evse_id: int) -> Running:
    """The transaction in the words of the composite engine; Relative profiles count from the offer of energy."""
    offered = transaction.offered_at
    return Running(
        evse_id=evse_id,
        id=transaction.id,
        started_at=Instant(floor(transaction.started_at)),
        energy_offered_at=None if offered is None else Instant(floor(offered)),
    )
