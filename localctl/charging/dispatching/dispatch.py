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
    dispatcher.pulled(station, profile id, now)         it asks for the value of a Dynamic profile
    dispatcher.rebooted(station, now)                   an accepted BootNotification
    dispatcher.out_of_sight(station, now)               its link is lost: what was in flight there is unknown

`shares`: what the allocator gave, by EVSE. An EVSE without a share keeps its failsafe: the reserve on which a new car
starts (K03). `ceilings`: every row of the site with its capacity over time. `sights`: what is seen of each station
(`sight.look`); a station without one counts as offline. `now` and all instants: seconds since 1970 UTC on a clock that
does not jump.

The rules of one plan (`planning`):
  - what a station may draw at most is its envelope (`entitlement`), cell by cell over time (`headroom`)
  - a schedule that is nowhere above what the station surely has goes out at once: a fall needs no room
  - everything above that only into room that is free under every ceiling in every cell, booked when it is sent
  - who does not answer counts with its envelope, who does not follow (`watching`) with its rating; the others are
    squeezed into what is left. Who does not follow is ordered to its failsafe, asked what it makes of our profile,
    and trusted again once it was seen following a limit that it felt
  - one order per station in flight; falls first, then repairs, then renewals, then rises by priority
  - with nothing known, everybody is ordered to 0 A first and back to the failsafe as soon as that is confirmed
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from localctl.charging.base.recall import Recall
from localctl.charging.dispatching import actuators, capability, entitlement, headroom, pacing, verdicts, watching
from localctl.charging.dispatching.actuators import Place
from localctl.charging.dispatching.answers import Outcome
from localctl.charging.dispatching.desk import Book, Desk, refit, synchronise
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.dispatching.fleet import Actuator, Ceiling, EvseId, Managed, Share, Sight
from localctl.charging.dispatching.headroom import Headroom, Loads
from localctl.charging.dispatching.orders import Order, Outbox, Terms
from localctl.charging.dispatching.pacing import Track
from localctl.charging.dispatching.planning import Planning, Squeezed
from localctl.charging.dispatching.standing import Standings

OFFLINE: Final = Sight(online=False)


class Dispatcher:
    """The book of all stations, and the rules by which orders leave it. No clock, no I/O."""

    def __init__(self, stations: Sequence[Managed], terms: Terms, saved: object = None) -> None:
        self.terms = terms
        book = Book(desks={}, next_token=1) if saved is None else msgspec.convert(saved, Book)
        self.outbox = Outbox(book.next_token)
        self.stations: dict[str, Managed] = {}
        self.desks: dict[str, Desk] = {}
        self.squeezed: dict[EvseId, Squeezed] = {}
        """Who is told less than its share (`planning`), as of the last plan."""
        self._undo: dict[int, Track] = {}
        self._loads, self._standings = Loads(), Standings()
        self._in_step: Recall[bool] = Recall()
        self._kinds: dict[str, int] = {}
        self._numbers: dict[Managed, int] = {}
        for station in stations:
            self.admit(station, book.desks.get(station.identity))

    def saved(self) -> object:
        """Everything as a JSON document."""
        return msgspec.to_builtins(Book(desks=self.desks, next_token=self.outbox.next_token))

    # --- who is there -------------------------------------------------------------------------------------------------

    def admit(self, station: Managed, desk: Desk | None = None) -> None:
        """A station is new, or set up anew: its orders stay counted. `desk`: what `dismiss` gave, or was stored."""
        identity = station.identity
        self.stations[identity] = station
        self._kinds[identity] = self._numbers.setdefault(replace(station, identity=""), len(self._numbers))
        if identity not in self.desks:
            self.desks[identity] = desk or Desk(capability=capability.first(station))
            self.outbox.belong(self.desks[identity].tokens(), identity)
            self.out_of_sight(identity, 0.0)
        refit(self.desks[identity], station)

    def dismiss(self, identity: str) -> Desk:
        """A station leaves the site; its book, in case it comes back."""
        del self.stations[identity], self._kinds[identity]
        self.outbox.forget(identity)
        self._standings.forget(identity)
        self._in_step.forget(identity)
        return self.desks.pop(identity)

    # --- what happened ------------------------------------------------------------------------------------------------

    def answered(self, token: int, outcome: Outcome, now: float) -> None:
        """An order met its end: accepted, refused, unclear or lost; also late, also twice (`answers.outcome`)."""
        identity = self.outbox.owner(token)
        if identity is not None:
            verdicts.answered(self.desks[identity], self.stations[identity], token, outcome, now, self.terms.pace)

    def unsent(self, token: int) -> None:
        """An order of the last plan surely never left the box: as if it had not been planned."""
        identity, track = self.outbox.owner(token), self._undo.pop(token, None)
        if identity is None or track is None:
            return
        desk = self.desks[identity]
        key = desk.holder(token)
        if key is not None:
            desk.slots[key] = entitlement.refused(desk.slots[key], token)
            desk.tracks[key] = track
        if desk.busy == token:
            desk.busy, desk.budget = None, desk.budget + 1
            desk.count_write(desk.busy_since_at, -1)

    def metered(
        self,
        identity: str,
        evse_id: int,
        drawn_a: float,
        now: float,
        *,
        since_at: float | None = None,
        from_power: bool = False,
    ) -> None:
        """A live sample of an EVSE, its highest phase in amperes; never one out of a backlog.

        EVSE 0: what all EVSEs draw on their fullest conductor; the oldest reading in it was taken at `since_at`.
        `from_power`: it is a power by a voltage that nobody measured.
        """
        station, desk = self.stations.get(identity), self.desks.get(identity)
        if station is None or desk is None or not desk.slots:
            return
        if evse_id in {outlet.id for outlet in station.outlets} or (evse_id == 0 and len(station.outlets) > 1):
            begun_at = now if since_at is None else since_at
            watching.metered(desk, station, evse_id, drawn_a, now, begun_at, from_power=from_power)

    def pulled(self, identity: str, profile_id: int, now: float) -> None:
        """The station asks what a Dynamic profile of ours is worth now: an order tells it soon (K28)."""
        desk = self.desks.get(identity)
        for key, track in () if desk is None else list(desk.tracks.items()):
            if Place.of(key).profile_id() == profile_id:
                self.desks[identity].tracks[key] = pacing.asked_for(track, now, self.terms.pace)

    def rebooted(self, identity: str, now: float) -> None:
        """The station started anew: profiles persist (K01.FR.27) unless it is known for forgetting them."""
        self.out_of_sight(identity, now)
        if identity in self.desks:
            self.desks[identity].try_again(self.stations[identity])

    def out_of_sight(self, identity: str, now: float) -> None:
        """The station is away, or was while this box was not there: nobody sees whether it starts anew.

        One that is known for forgetting its profiles counts at its rating until they are written again.
        """
        self.link_lost(identity, now)
        station, desk = self.stations.get(identity), self.desks.get(identity)
        if station is not None and desk is not None and not station.keeps_profiles:
            for key in desk.slots:
                place = Place.of(key)
                desk.forget_profile(key, actuators.unlimited_a(place, station), now)

    def clock_jumped(self, by_s: float) -> None:
        """The box's own clock went ahead: every step of what was written counts, and all of it is written anew."""
        for desk in self.desks.values():
            desk.clock_jumped(by_s)

    def link_lost(self, identity: str, now: float) -> None:
        """Whatever was in flight to this station may or may not have arrived; what got lost before need not wait."""
        desk = self.desks.get(identity)
        if desk is not None:
            desk.tracks = {key: pacing.link_lost(track, now, self.terms.pace) for key, track in desk.tracks.items()}
            desk.busy, desk.checking = None, None

    def distrusted(self) -> list[EvseId]:
        """The EVSEs that draw more than they were ordered, or whose station has no actuator that works: to be alarmed.

        One that the installer does not want to be limited is none of them.
        """
        found = []
        for identity, desk in self.desks.items():
            station = self.stations[identity]
            lost = (desk.uncontrolled() or desk.capability.doubted) and station.control is not Actuator.UNCONTROLLED
            for outlet in station.outlets:
                records = [desk.drawers.get(key) for key in (str(outlet.id), watching.WHOLE)]
                if lost or any(record is not None and record.distrusted for record in records):
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
        seen = {name: sights.get(name, OFFLINE) for name in self.desks}
        for identity, desk in self.desks.items():
            if desk.busy is not None and now > desk.busy_since_at + 4 * self.terms.timeout_s:
                self.link_lost(identity, now)
            desk.try_again(self.stations[identity], now)
            self._synchronise(desk, self.stations[identity], seen[identity], now)
            desk.refill(now, self.terms.pace)
        room = self._room(ceilings, shares, now)
        planning = Planning(
            self.desks, self.stations, seen, self.terms, self.outbox, room, now, self._standings, self._kinds
        )
        orders = list(planning.orders(shares))
        self._undo, self.squeezed = planning.undo, planning.squeezed
        return orders

    def _synchronise(self, desk: Desk, station: Managed, sight: Sight, now: float) -> None:
        """Where it changed nothing the last time, it changes nothing now: time has no say in whether it does."""
        before = desk.records()
        made_of = (station, sight, before)
        if self._in_step.again(station.identity, made_of, now) is None:
            synchronise(desk, station, sight, now)
            if desk.records() == before:
                self._in_step.keep(station.identity, made_of, True, now)

    def _room(self, ceilings: Sequence[Ceiling], shares: Mapping[EvseId, Share], now: float) -> Headroom:
        known = [ceiling.capacity for ceiling in ceilings] + [share.amps for share in shares.values()]
        horizon_s = max(self.terms.lease.longest_s, self.terms.lease.lease_s)
        changes = {at for each in known for at, _ in each}
        cells = headroom.cells(now, horizon_s, changes)
        return Headroom(ceilings, self.stations, cells, self._loads, headroom.moving(horizon_s))
