"""The place where one station of the site is commissioned: between the controller's cycle and the trial.

    bench.begin(…)      one station at a time; Busy, NotPossible say why not
    bench.turn(…)       every cycle, after the shares are known: looks, books, and gives the deeds to be done
    bench.held(…)       the shares with the trial's cut: never more than the site gives (P2)
    bench.silences(…)   the station is to be left alone (dead man's test)

Once something of it is held a station is on probation: its meter teaches dispatch nothing about its obedience and its
appetite, and what the trial sends it counts in its envelope beside the share, whichever is more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

from localctl.charging.allocation.allocator import Allocation
from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.base import steps
from localctl.charging.base.phases import PerPhase
from localctl.charging.commissioning import levers
from localctl.charging.commissioning.known import Known, Terms
from localctl.charging.commissioning.levers import Placed
from localctl.charging.commissioning.stages import Deed, Done
from localctl.charging.commissioning.trial import Trial, View
from localctl.charging.dispatching.actuators import Place, places
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.fleet import Actuator, EvseId, Managed, Share, Sight
from localctl.charging.dispatching.lease import LeaseTerms
from localctl.charging.knowing.site_state import EvseState, StationState
from localctl.charging.loop.ground import Ground
from localctl.charging.tree.topology import Topology

WAITING: Final = frozenset({Reason.WAITING, Reason.PAUSING})
SITE_METER: Final = "the site's meter"
LATE_S: Final = 60.0
"""How much later than it should a fall may be measured."""


class NotPossible(Exception):
    """Why this station cannot be commissioned now, in a sentence."""


class Bench:
    """At most one trial, the last one kept for who asks how it went."""

    def __init__(self) -> None:
        self.trial: Trial | None = None
        self._numbers = count(1)  # over all trials: a late end of an earlier one's deed is nobody's
        self._site_meter: tuple[float, PerPhase] | None = None
        self._counted: dict[Actuator, Placed] = {}

    def begin(
        self, station: Managed, evse_id: int | None, terms: Terms, sight: Sight, desk: Desk, lease: LeaseTerms,
        now: float,
    ) -> Trial:  # fmt: skip
        """Start a trial of this station. Raises NotPossible."""
        running = self._running()
        if running is not None:
            raise NotPossible(f"{running.known.station.identity} is being commissioned; one station at a time")
        if not sight.online:
            raise NotPossible(f"{station.identity} is not connected, or its CSMS has not accepted it yet")
        chosen = _outlet(station, evse_id, sight)
        late_s = station.tolerance.skew_s + station.tolerance.reaction_s
        known = Known(
            terms=terms, station=station, evse_id=chosen, sight=sight, daily=desk.capability.actuator,
            working=any(slot.confirmed is not None for slot in desk.slots.values()),
            silence_s=2 * max(lease.lease_s, lease.longest_s) + 2 * late_s + LATE_S, results={},
        )  # fmt: skip
        self.trial, self._site_meter = Trial(known, now, self._numbers), None
        return self.trial

    def of(self, identity: str) -> Trial | None:
        """The trial of this station, running or over."""
        return self.trial if self.trial is not None and self.trial.known.station.identity == identity else None

    def metered(self, identity: str, amps: PerPhase, now: float) -> bool:
        """A reading of a meter that the station is behind, for its wiring alone; False when nobody tries it out."""
        if self.tries(identity):
            self._site_meter = (now, amps)
        return self.tries(identity)

    def tries(self, identity: str) -> bool:
        """This station is being tried out now."""
        trial = self._running()
        return trial is not None and trial.known.station.identity == identity

    def on_probation(self, identity: str, now: float) -> bool:
        """What this station shows says nothing about its days: it is tried out, or was a moment ago."""
        trial = self.of(identity)
        return trial is not None and trial.touched and (trial.ended_at is None or now < trial.ended_at + LATE_S)

    def silences(self, identity: str) -> bool:
        """Nothing is to be sent to this station now."""
        return self.trial is not None and self.trial.silent and self.tries(identity)

    def stop(self, identity: str | None, why: str, now: float) -> None:
        """End the trial of this station, or of whichever (None)."""
        trial = self._running()
        if trial is not None and identity in (None, trial.known.station.identity):
            trial.stop(why, now)

    def linked(self, identity: str, now: float) -> None:
        """The station has come."""
        if self.trial is not None and self.tries(identity):
            self.trial.linked(now)

    def taken(self, identity: str, now: float) -> None:
        """The station took a profile of daily use."""
        if self.trial is not None and self.tries(identity):
            self.trial.ordered(now)

    def done(self, deed: Deed, done: Done, now: float) -> None:
        """A deed met its end."""
        if self.trial is not None:
            self.trial.done(deed.number, done, now)

    def turn(
        self, sights: Mapping[str, Sight], states: Mapping[str, StationState], desks: Mapping[str, Desk],
        allocation: Allocation, ground: Ground, now: float,
    ) -> list[Deed]:  # fmt: skip
        """Look at the station and go on; what is to be done, booked already."""
        trial = self._running()
        if trial is None:
            return []
        name = trial.known.station.identity
        if name not in sights:
            trial.stop("the station is no longer part of the site", now)
            return []
        evse = states[name].evses.get(str(trial.known.evse_id)) or EvseState()
        view = View(
            sight=sights[name],
            share_a=allocation.amps.get((name, trial.known.evse_id), 0.0),
            currents={int(phase): amps for phase, amps in evse.current_a.items()},
            measured_at=evse.measured_at,
            meters=self._meters(ground, name),
            crowded=bool(allocation.overloaded) or any(one.reason in WAITING for one in allocation.verdicts.values()),
        )
        deeds = trial.turn(view, now)
        self._book(trial, desks[name], now)
        return deeds

    def held(self, shares: dict[EvseId, Share], desks: Mapping[str, Desk]) -> dict[EvseId, Share]:
        """The shares, with the tried EVSE's cut to what the trial wants; beside it nobody draws from a common limit."""
        trial = self._running()
        hold_a = None if trial is None else trial.hold_a
        if trial is None or hold_a is None:
            return shares
        station = trial.known.station
        tried = (station.identity, trial.known.evse_id)
        found = dict(shares)
        if tried in found:
            found[tried] = _cut(found[tried], hold_a)
        if Place(evse_id=0) in places(station, desks[station.identity].capability.actuator, {}):
            for outlet in station.outlets:
                found.setdefault((station.identity, outlet.id), Share(amps=steps.constant(0.0)))
        return found

    def heard_silence(self, sights: dict[str, Sight]) -> dict[str, Sight]:
        """What is seen of the stations, the silenced one as if it were away."""
        return {name: replace(one, online=False) if self.silences(name) else one for name, one in sights.items()}

    def _meters(self, ground: Ground, station: str) -> dict[str, tuple[float, PerPhase]]:
        """The meters on the panels that feed the station, and the one read for this alone."""
        above, loads = _above(ground.plan.topology, station), ground.plan.topology.loads
        found = {name: ground.loads.reading(name) for name, load in loads.items() if load.panel in above}
        found[SITE_METER] = self._site_meter
        return {name: reading for name, reading in found.items() if reading is not None}

    def _running(self) -> Trial | None:
        return None if self.trial is None or self.trial.over else self.trial

    def _book(self, trial: Trial, desk: Desk, now: float) -> None:
        """Count what may be at the station; what is surely gone no longer than a car takes to notice."""
        tolerance = trial.known.station.tolerance
        late_s = tolerance.skew_s + tolerance.reaction_s
        left = {
            actuator: replace(placed, ends_at=now + levers.DAY_S) for actuator, placed in trial.take_left().items()
        }
        for actuator, placed in self._counted.items():
            if actuator not in trial.placed and actuator not in left:
                levers.gone(desk, placed, now + tolerance.reaction_s)
        self._counted = dict(trial.placed)
        for placed in (*trial.placed.values(), *left.values()):
            levers.counted(desk, placed, now, late_s)
        desk.leftovers = (*desk.leftovers, *(levers.IDS[actuator] for actuator in left))


def _cut(share: Share, amps: float) -> Share:
    return replace(share, amps=steps.combined(min, [share.amps, steps.constant(amps)]))


def _outlet(station: Managed, asked: int | None, sight: Sight) -> int:
    """The EVSE to try: the one asked for, else the one with a car, else the first."""
    numbers = [outlet.id for outlet in station.outlets]
    if asked is not None and asked not in numbers:
        raise NotPossible(f"{station.identity} has no EVSE {asked}; there are {', '.join(map(str, numbers))}")
    chosen = asked if asked is not None else next((one for one in numbers if one in sight.running), numbers[0])
    others = [number for number in sight.running if number != chosen]
    if others:
        raise NotPossible(f"EVSE {others[0]} has a car too: only one may charge while {station.identity} is tried")
    return chosen


def _above(topology: Topology, station: str) -> Sequence[str]:
    found, panel = list[str](), topology.stations[station].panel if station in topology.stations else None
    while panel is not None:
        found.append(panel)
        panel = topology.panels[panel].parent
    return found
