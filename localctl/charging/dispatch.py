"""Dispatch: from shares to orders, so that no fuse is ever overdrawn however badly the network behaves (P2, P3).

How the control loop uses it, every cycle and whenever something happened:

    orders = dispatcher.plan(shares=…, ceilings=…, sights=…, now=…)
        1. store `dispatcher.saved()` durably, *before* any order leaves: an order that may have arrived must be counted
           by the next process too (`Dispatcher(stations, terms, saved)` takes it back; what was in flight is unknown)
        2. send each order to its station as an own CALL: `action`, `payload` (JSON text), `timeout_s`, and
           `priority`: "safety" goes before relayed CALLs, "routine" behind them
        3. when its answer, its time-out or the loss of its link is known: `dispatcher.answered(order token,
           answers.outcome(…), now)`. Late answers are welcome too, doubled ones do no harm. Call `plan` again.
    dispatcher.metered(station, evse, drawn_a, now)     each live meter sample, highest phase
    dispatcher.rebooted(station, now)                   an accepted BootNotification
    dispatcher.link_lost(station, now)                  what was in flight there is unknown

`shares`: what the allocator gave, by EVSE. An EVSE without a share keeps its failsafe: the reserve on which a new car
starts (K03). `ceilings`: every row of the site with its capacity over time. `sights`: what is seen of each station
(`sight.look`); a station without one counts as offline. `now` and all instants: seconds since 1970 UTC on a clock that
does not jump.

The rules of one plan:
  - what a station may draw at most is its envelope (`entitlement`), cell by cell over time (`headroom`)
  - a schedule that is nowhere above what the station surely has goes out at once: a fall needs no room
  - everything above that only into room that is free under every ceiling in every cell, booked when it is sent
  - who does not answer, or does not follow, counts with its envelope; the others are squeezed into what is left
  - one order per station in flight; falls first, then repairs, then renewals, then rises by priority
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final, Literal

import msgspec

from localctl.charging import actuators, capability, entitlement, headroom, obedience, pacing, steps
from localctl.charging.actuators import Place
from localctl.charging.answers import Outcome, Verdict
from localctl.charging.desk import Book, Desk, refit, synchronise
from localctl.charging.entitlement import Envelope
from localctl.charging.fleet import Ceiling, EvseId, Managed, Share, Sight
from localctl.charging.headroom import Headroom, Loads
from localctl.charging.lease import LeaseTerms
from localctl.charging.pacing import Need, Pace, PaceTerms, Track
from localctl.charging.profiles import Protocol, RateUnit
from localctl.charging.squeeze import Unit, squeeze, units_of, with_meter
from localctl.charging.steps import Steps

URGENCY: Final = {Need.FALL: 0, Need.REPAIR: 1, Need.RENEW: 2, Need.RISE: 3}
# Answers come within minutes; so many orders back, nobody waits for one any more.
MOST_OWNERS: Final = 20_000
OFFLINE: Final = Sight(online=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Settings of the whole site. `timeout_s` is for each own CALL, `most_at_once` bounds the CALLs of one plan."""

    lease: LeaseTerms = field(default_factory=LeaseTerms)
    pace: PaceTerms = field(default_factory=PaceTerms)
    timeout_s: float = 15.0
    most_at_once: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One own CALL to a station. `why` is a short word for log and metric."""

    identity: str
    token: int
    action: str
    payload: str
    priority: Literal["safety", "routine"]
    timeout_s: float
    why: str


class Dispatcher:
    """The book of all stations, and the rules by which orders leave it. No clock, no I/O."""

    def __init__(self, stations: Sequence[Managed], terms: Terms, saved: object = None) -> None:
        self.terms = terms
        book = Book(desks={}, next_token=1) if saved is None else msgspec.convert(saved, Book)
        self.next_token = book.next_token
        self.stations: dict[str, Managed] = {}
        self.desks: dict[str, Desk] = {}
        self._owners: dict[int, str] = {}
        self._undo: dict[int, Track] = {}
        self._loads = Loads()
        for station in stations:
            self.admit(station, book.desks.get(station.identity))

    def saved(self) -> object:
        """Everything as a JSON document."""
        return msgspec.to_builtins(Book(desks=self.desks, next_token=self.next_token))

    # --- who is there -------------------------------------------------------------------------------------------------

    def admit(self, station: Managed, desk: Desk | None = None) -> None:
        """A station is new, or set up anew: its orders stay counted. `desk`: what `dismiss` gave, or was stored."""
        identity = station.identity
        self.stations[identity] = station
        if identity not in self.desks:
            self.desks[identity] = desk or Desk(capability=capability.first(station))
            self._owners |= dict.fromkeys(self.desks[identity].tokens(), identity)
            self.link_lost(identity, 0.0)
        refit(self.desks[identity], station)

    def dismiss(self, identity: str) -> Desk:
        """A station leaves the site; its book, in case it comes back."""
        del self.stations[identity]
        self._owners = {token: name for token, name in self._owners.items() if name != identity}
        return self.desks.pop(identity)

    # --- what happened ------------------------------------------------------------------------------------------------

    def answered(self, token: int, outcome: Outcome, now: float) -> None:
        """An order met its end: accepted, refused, unclear or lost; also late, also twice (`answers.outcome`)."""
        identity = self._owners.get(token)
        if identity is None:
            return
        desk = self.desks[identity]
        if desk.checking == token:
            self._checked(identity, outcome)
        if desk.busy == token:
            desk.busy = None
        key = desk.holder(token)
        if key is not None:
            self._settled(identity, key, token, outcome, now)

    def unsent(self, token: int) -> None:
        """An order of the last plan surely never left the box: as if it had not been planned."""
        identity, track = self._owners.get(token), self._undo.pop(token, None)
        if identity is None or track is None:
            return
        desk = self.desks[identity]
        key = desk.holder(token)
        if key is not None:
            desk.slots[key] = entitlement.refused(desk.slots[key], token)
            desk.tracks[key] = track
        if desk.busy == token:
            desk.busy, desk.budget = None, desk.budget + 1

    def metered(self, identity: str, evse_id: int, drawn_a: float, now: float) -> None:
        """A live sample of an EVSE, its highest phase in amperes; never one out of a backlog."""
        station, desk = self.stations.get(identity), self.desks.get(identity)
        if station is None or desk is None or not desk.slots:
            return
        before = desk.drawers.get(str(evse_id), obedience.Obedience())
        after = obedience.sampled(before, drawn_a, now)
        desk.drawers[str(evse_id)] = after
        if after.distrusted and not before.distrusted:
            self._learn(identity, "contradicted")
        elif after.kept >= obedience.TO_TRUST > before.kept:
            self._learn(identity, "verified")

    def rebooted(self, identity: str, now: float) -> None:
        """The station started anew: profiles persist (K01.FR.27) unless it is known for forgetting them."""
        self.link_lost(identity, now)
        station, desk = self.stations.get(identity), self.desks.get(identity)
        if station is not None and desk is not None and not station.keeps_profiles:
            for key in desk.slots:
                place = Place(evse_id=int(key.rstrip("+")), top=key.endswith("+"))
                desk.forget_profile(key, actuators.unlimited_a(place, station), now)

    def link_lost(self, identity: str, now: float) -> None:
        """Whatever was in flight to this station may or may not have arrived."""
        desk = self.desks.get(identity)
        if desk is None:
            return
        desk.busy, desk.checking = None, None
        for key, track in desk.tracks.items():
            if track.state is Pace.SENT:
                desk.tracks[key] = pacing.answered(track, "lost", now, self.terms.pace)

    def distrusted(self) -> list[EvseId]:
        """The EVSEs that draw more than they were ordered, or whose station has no actuator left: to be alarmed."""
        found = []
        for identity, desk in self.desks.items():
            for outlet in self.stations[identity].outlets:
                record = desk.drawers.get(str(outlet.id))
                if desk.uncontrolled() or (record is not None and record.distrusted):
                    found.append((identity, outlet.id))
        return found

    def held(self, now: float, until_at: float) -> dict[str, Envelope]:
        """The most each station may draw in a window: for the allocator, the metrics and `explain`."""
        return {name: desk.envelope(self.stations[name], now, until_at) for name, desk in self.desks.items()}

    # --- what to do ---------------------------------------------------------------------------------------------------

    def plan(
        self,
        *,
        shares: Mapping[EvseId, Share],
        ceilings: Sequence[Ceiling],
        sights: Mapping[str, Sight],
        now: float,
    ) -> list[Order]:
        """The orders that are due now, most urgent first; all of them are counted as sent already."""
        self._undo.clear()
        by_station: dict[str, dict[int, Share]] = {}
        for (identity, evse_id), share in shares.items():
            by_station.setdefault(identity, {})[evse_id] = share
        for identity, desk in self.desks.items():
            if desk.busy is not None and now > desk.busy_since_at + 4 * self.terms.timeout_s:
                self.link_lost(identity, now)
            synchronise(desk, self.stations[identity], sights.get(identity, OFFLINE), now)
            desk.refill(now, self.terms.pace)
        room = self._room(ceilings, shares, now)
        held = {name: self._held(name, room, now) for name in self.desks}
        envelopes = {name: with_meter(mine, sights.get(name, OFFLINE).metered_a) for name, mine in held.items()}
        seen = {name: sights.get(name, OFFLINE) for name in self.desks}
        units = {name: self._units(name, room, by_station.get(name, {}), sight, now) for name, sight in seen.items()}
        stuck = {name: envelopes[name] for name in self.desks if self._is_stuck(name, sights.get(name, OFFLINE))}
        squeeze(room, self.stations, units, stuck)
        room.book_all(envelopes)
        return list(self._orders(room, units, held, sights, now))

    # --- one plan, part by part ---------------------------------------------------------------------------------------

    def _room(self, ceilings: Sequence[Ceiling], shares: Mapping[EvseId, Share], now: float) -> Headroom:
        known = [ceiling.capacity for ceiling in ceilings] + [share.amps for share in shares.values()]
        horizon_s = max(self.terms.lease.longest_s, self.terms.lease.lease_s)
        changes = {at for each in known for at, _ in each}
        return Headroom(ceilings, self.stations, headroom.cells(now, horizon_s, changes), self._loads)

    def _held(self, identity: str, room: Headroom, now: float) -> list[Envelope]:
        """The most the station may draw, per cell; what it was told for this moment is what its meter is judged by."""
        station, desk = self.stations[identity], self.desks[identity]
        (at_once,) = desk.by_book(station, ((now, now),))
        for outlet in station.outlets:
            before = desk.drawers.get(str(outlet.id), obedience.Obedience())
            desk.drawers[str(outlet.id)] = obedience.entitled_to(before, at_once.of(outlet.id), now)
        return desk.envelopes(station, room.windows)

    def _units(self, identity: str, room: Headroom, shares: dict[int, Share], sight: Sight, now: float) -> list[Unit]:
        station, desk = self.stations[identity], self.desks[identity]
        leases = {key: self.terms.lease.lease_for(track.renewals) for key, track in desk.tracks.items()}
        return units_of(station, desk.capability.actuator, shares, sight, leases, now, room)

    def _is_stuck(self, identity: str, sight: Sight) -> bool:
        desk = self.desks[identity]
        distrusted = any(record.distrusted for record in desk.drawers.values())
        return not sight.online or distrusted or desk.failing() or desk.uncontrolled()

    def _orders(
        self,
        room: Headroom,
        units: Mapping[str, list[Unit]],
        held: dict[str, list[Envelope]],
        sights: Mapping[str, Sight],
        now: float,
    ) -> Iterator[Order]:
        due: list[tuple[int, int, str, Unit, Place, Steps]] = []
        for identity, mine in units.items():
            if sights.get(identity, OFFLINE).online and self.desks[identity].busy is None:
                due.extend(self._due(room, mine, now))
        sent: set[str] = set()
        for *_, unit, place, wish in sorted(due, key=lambda one: (one[:3], one[4].key)):
            if unit.identity not in sent and len(sent) < self.terms.most_at_once:
                order = self._order(room, unit, place, wish, held[unit.identity], sights[unit.identity], now)
                if order is not None:
                    sent.add(unit.identity)
                    yield order
        for identity in self.desks:
            if sights.get(identity, OFFLINE).online and identity not in sent and len(sent) < self.terms.most_at_once:
                yield from self._side_order(identity, sights[identity])

    def _due(self, room: Headroom, units: list[Unit], now: float) -> Iterator[tuple[int, int, str, Unit, Place, Steps]]:
        """What might have to be sent, judged without looking at the room; most plans end here for most stations."""
        for unit in units:
            desk = self.desks[unit.identity]
            limits = unit.limits(room.edges, unit.target) if unit.is_cut() else None
            for place, wish in unit.places:
                if place.top and desk.slots[str(place.evse_id)].confirmed is None:
                    continue
                cut = wish if limits is None else steps.combined(min, [wish, limits])
                why = pacing.need(desk.tracks[place.key], cut, now, self.terms.pace.dead_band_a)
                if why is not None and not desk.awaits(why, place.key, now, self.terms.pace):
                    yield URGENCY[why], -unit.priority, unit.identity, unit, place, wish

    def _order(
        self, room: Headroom, unit: Unit, place: Place, wish: Steps, held: list[Envelope], sight: Sight, now: float
    ) -> Order | None:
        """The order for one place, cut to what is free, and booked; None if nothing worth sending is left."""
        station, desk = self.stations[unit.identity], self.desks[unit.identity]
        track, slot = desk.tracks[place.key], desk.slots[place.key]
        most = self._most(room, unit, place, held, sight)
        allowed = steps.combined(min, [wish, unit.limits(room.edges, most)])
        lease_s = self.terms.lease.lease_for(track.renewals)
        update = slot.confirmed is not None and track.failures == 0 and track.schedule is not None
        draft = actuators.draft(
            place, station, desk.capability.actuator, sight, allowed, now=now, lease_s=lease_s, update=update
        )
        why = pacing.need(track, draft.schedule, now, self.terms.pace.dead_band_a)
        if why is None or desk.awaits(why, place.key, now, self.terms.pace):
            return None
        window_s = lease_s * (1 - self.terms.lease.renew_at)
        token = self._token()
        self._undo[token] = track
        track = pacing.sent(
            track, schedule=draft.schedule, token=token, now=now, window_s=window_s, lease_s=lease_s, need=why
        )
        desk.sent(place, draft, track)
        desk.budget = max(-pacing.bucket_size(self.terms.pace), desk.budget - 1)
        room.book(unit.identity, with_meter(self._held(unit.identity, room, now), sight.metered_a))
        return self._call(unit.identity, token, draft.action, draft.payload, why.value, urgent=why in pacing.SAFETY)

    def _most(self, room: Headroom, unit: Unit, place: Place, held: list[Envelope], sight: Sight) -> list[float]:
        """The most that may be written, per cell: what it surely has, or what it may have and what is free."""
        station, desk, found = self.stations[unit.identity], self.desks[unit.identity], []
        for cell, (window, envelope) in enumerate(zip(room.windows, held, strict=True)):
            may_a = envelope.station_a if unit.evse_id == 0 else envelope.evse_a[unit.evse_id]
            may_a = station.full_a if may_a is None else may_a
            sure_a = desk.least(place, *window)
            if cell == 0 and desk.slots[place.key].confirmed is None:
                sure_a = max([sure_a, *(sight.metered_a.get(outlet.id, 0.0) for outlet in unit.outlets_of(station))])
            found.append(max(sure_a, may_a + room.room(unit.identity, unit.evse_id, cell), 0.0))
        return found

    def _side_order(self, identity: str, sight: Sight) -> Iterator[Order]:
        """Nothing to write: clear what a failed actuator left behind, or ask what the station makes of our profile."""
        station, desk = self.stations[identity], self.desks[identity]
        if desk.busy is not None or desk.checking is not None:
            return
        settled = [key for key, slot in desk.slots.items() if slot.confirmed is not None]
        if desk.leftovers and settled:
            profile_id, *rest = desk.leftovers
            desk.leftovers = tuple(rest)
            payload: dict[str, Any] = {"id" if station.protocol is Protocol.V16 else "chargingProfileId": profile_id}
            yield self._call(identity, self._token(), "ClearChargingProfile", payload, "clear", urgent=False)
        elif desk.check_due and settled:
            desk.check_due, desk.checking = False, self._token()
            word = "connectorId" if station.protocol is Protocol.V16 else "evseId"
            payload = {word: int(settled[-1].rstrip("+")), "duration": 60, "chargingRateUnit": station.unit.value}
            yield self._call(identity, desk.checking, "GetCompositeSchedule", payload, "check", urgent=False)

    def _call(
        self, identity: str, token: int, action: str, payload: dict[str, Any], why: str, *, urgent: bool
    ) -> Order:
        self._owners[token] = identity
        if len(self._owners) > MOST_OWNERS:
            del self._owners[next(iter(self._owners))]
        return Order(
            identity=identity,
            token=token,
            action=action,
            payload=json.dumps(payload, separators=(",", ":")),
            priority="safety" if urgent else "routine",
            timeout_s=self.terms.timeout_s,
            why=why,
        )

    def _token(self) -> int:
        self.next_token += 1
        return self.next_token - 1

    # --- what answers mean --------------------------------------------------------------------------------------------

    def _settled(self, identity: str, key: str, token: int, outcome: Outcome, now: float) -> None:
        desk, reaction_s = self.desks[identity], self.stations[identity].tolerance.reaction_s
        cause = "lost" if outcome.verdict in (Verdict.UNCLEAR, Verdict.LOST) else outcome.verdict.value
        slot = desk.slots[key]
        if not any(order.token == token for order in slot.open):
            return
        if outcome.verdict is Verdict.ACCEPTED:
            desk.slots[key] = entitlement.accepted(slot, token, now, reaction_s)
        elif outcome.verdict is Verdict.REFUSED:
            desk.slots[key] = entitlement.refused(slot, token)
        track = desk.tracks[key]
        if track.token == token and track.state in (Pace.SENT, Pace.UNKNOWN):
            desk.tracks[key] = pacing.answered(
                track, cause, now, self.terms.pace, rate_limited=outcome.rate_limited
            )
        if outcome.verdict in (Verdict.ACCEPTED, Verdict.REFUSED) and not outcome.rate_limited:
            self._learn(identity, cause)

    def _learn(self, identity: str, cause: str) -> None:
        station, desk = self.stations[identity], self.desks[identity]
        learnt = capability.learnt(desk.capability, cause, station)
        if learnt.actuator is not desk.capability.actuator:
            desk.change_actuator(learnt)
            return
        if learnt.trial is capability.Trial.TAKEN and desk.capability.trial is capability.Trial.UNTRIED:
            desk.check_due = True
        desk.capability = learnt

    def _checked(self, identity: str, outcome: Outcome) -> None:
        station, desk = self.stations[identity], self.desks[identity]
        desk.checking = None
        if outcome.limit is None:
            return
        settled = [track.schedule for track in desk.tracks.values() if track.state is Pace.SETTLED and track.schedule]
        per_a = 1.0 if station.unit is RateUnit.AMPS else max(outlet.watts_per_a for outlet in station.outlets)
        if settled:
            most_a = max(steps.highest(schedule, -inf) for schedule in settled)
            self._learn(identity, "verified" if outcome.limit / per_a <= most_a + 1.0 else "contradicted")
