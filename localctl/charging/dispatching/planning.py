"""One plan of the whole site at one moment: from shares to the orders that are due, each booked when it is made.

The steps, in the order in which they happen (`Planning.orders`): what every station may draw and is to get, cell by
cell (`standing`); cuts where some do not follow (`squeeze`); then, most urgent first, every order is cut to the room
that is free at its turn, counted in its station's book, and its room is taken. `dispatch` has the rules.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from localctl.charging.base import steps
from localctl.charging.base.steps import Steps
from localctl.charging.dispatching import actuators, pacing, verdicts
from localctl.charging.dispatching.actuators import Draft, Place
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.dispatching.fleet import EvseId, Managed, Share, Sight
from localctl.charging.dispatching.headroom import Headroom
from localctl.charging.dispatching.orders import Order, Outbox, Terms, text_of
from localctl.charging.dispatching.pacing import Need, Track
from localctl.charging.dispatching.squeeze import Unit, squeeze
from localctl.charging.dispatching.standing import NO_SHARES, Standings, Wants, wished
from localctl.charging.profile.profiles import Protocol

URGENCY: Final = {Need.FALL: 0, Need.REPAIR: 1, Need.RENEW: 2, Need.RISE: 3}


class Squeezed(NamedTuple):
    """What a station, or one EVSE of it, is told instead of its share, and the ceiling that has no more room."""

    amps: float
    ceiling: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A place that should be written, before anybody looked at the room."""

    why: Need
    unit: Unit
    place: Place
    wish: Steps

    @property
    def turn(self) -> tuple[int, int, str, str]:
        """Falls first, then repairs, renewals and rises; inside of that by priority."""
        return URGENCY[self.why], -self.unit.priority, self.unit.identity, self.place.key


class Planning:
    """One plan. Changes the desks' books; `undo` gets the track each order's place had before.

    `squeezed` gets, by station and EVSE (0: all together), who is told less than its share because others may draw more
    than theirs.

    `kinds` gives stations that differ in nothing but their identity the same number.
    """

    def __init__(
        self,
        desks: Mapping[str, Desk],
        stations: Mapping[str, Managed],
        sights: Mapping[str, Sight],
        terms: Terms,
        outbox: Outbox,
        room: Headroom,
        now: float,
        standings: Standings,
        kinds: Mapping[str, int],
    ) -> None:
        self.desks, self.stations, self.sights = desks, stations, sights
        self.terms, self.outbox, self.room, self.now, self._standings = terms, outbox, room, now, standings
        self._kinds, self._drafts = kinds, dict[tuple[object, ...], tuple[Draft, str]]()
        self.holds = {
            name: standings.holding(desk, stations[name], sights[name], room, now) for name, desk in desks.items()
        }
        self.undo: dict[int, Track] = {}
        self.squeezed: dict[EvseId, Squeezed] = {}

    def orders(self, shares: Mapping[EvseId, Share]) -> Iterator[Order]:
        """The orders that are due, most urgent first; each is booked when it comes out."""
        by_station: dict[str, dict[int, Share]] = {}
        for (identity, evse_id), share in shares.items():
            by_station.setdefault(identity, {})[evse_id] = share
        wants = {name: self._wants(name, by_station.get(name, NO_SHARES)) for name in self.desks}
        stuck = {name for name, one in wants.items() if one.stuck}
        targets = {name: (self.holds[name] if one.stuck else one).amounts for name, one in wants.items()}
        units = {name: one.units for name, one in wants.items()}
        cut = squeeze(self.room, self.stations, units, stuck, targets)
        self._note(unit for name in cut for unit in units[name])
        self.room.book_all({name: one.amounts for name, one in self.holds.items()})
        due: list[Due] = []
        for name, one in wants.items():
            if (not one.calm or name in cut) and self.sights[name].online and self.desks[name].busy is None:
                due.extend(self._due(one, self._fresh(one, by_station.get(name, NO_SHARES))))
        yield from self._due_orders(due)

    def _note(self, units: Iterable[Unit]) -> None:
        """What is left of the shares of this moment from which something was cut."""
        for unit in units:
            if unit.cut_by is not None:
                ceiling = self.room.ceilings[unit.cut_by].name
                self.squeezed[unit.identity, unit.evse_id] = Squeezed(unit.target[0], ceiling)

    # --- what everybody is to get -------------------------------------------------------------------------------------

    def _wants(self, identity: str, shares: dict[int, Share]) -> Wants:
        desk, station, sight = self.desks[identity], self.stations[identity], self.sights[identity]
        return self._standings.wants(desk, station, sight, shares, self.room, self.terms, self.now)

    def _fresh(self, wants: Wants, shares: dict[int, Share]) -> list[Unit]:
        """The units with the wishes of this moment and the targets that were found."""
        if wants.made_at == self.now or not wants.units:
            return wants.units
        name = wants.units[0].identity
        fresh = wished(
            self.desks[name], self.stations[name], self.sights[name], shares, self.room, self.terms, self.now
        )
        for unit, known in zip(fresh, wants.units, strict=True):
            unit.target = known.target
        return fresh

    # --- what has to be said ------------------------------------------------------------------------------------------

    def _due_orders(self, due: list[Due]) -> Iterator[Order]:
        sent: set[str] = set()
        for one in sorted(due, key=lambda one: one.turn):
            if one.unit.identity not in sent and len(sent) < self.terms.most_at_once:
                order = self._order(one)
                if order is not None:
                    sent.add(one.unit.identity)
                    yield order
        for identity, desk in self.desks.items():
            if (desk.leftovers or desk.check_due) and identity not in sent and len(sent) < self.terms.most_at_once:
                yield from self._side_order(identity)

    def _due(self, wants: Wants, units: list[Unit]) -> Iterator[Due]:
        """What might have to be sent, judged without looking at the room; most plans end here for most stations."""
        for unit in units:
            desk = self.desks[unit.identity]
            limits = unit.limits(self.room.edges, unit.target) if unit.is_cut() else None
            for place, wish in unit.places:
                if not desk.may_stand(place, self.sights[unit.identity]):
                    continue
                if limits is None and wants.made_at == self.now:
                    why, cut = wants.needs.get(place.key), wish
                else:
                    cut = wish if limits is None else steps.combined(min, [wish, limits])
                    why = self._need(desk, place, cut)
                if why is not None and not self._awaits(why, unit, place, cut):
                    yield Due(why=why, unit=unit, place=place, wish=wish)

    def _need(self, desk: Desk, place: Place, wish: Steps) -> Need | None:
        late_a = desk.late_a(place, self.now)
        return pacing.need(desk.tracks[place.key], wish, self.now, self.terms.pace.dead_band_a, late_a)

    def _awaits(self, why: Need, unit: Unit, place: Place, wish: Steps) -> bool:
        """Whether pace or budget hold a wish back."""
        reserve_a = sum(outlet.failsafe_a for outlet in unit.outlets_of(self.stations[unit.identity]))
        wish_a = steps.value_at(wish, self.now)
        return self.desks[unit.identity].awaits(why, place.key, wish_a, reserve_a, self.now, self.terms.pace)

    def _order(self, due: Due) -> Order | None:
        """The order for one place, cut to what is free, and booked; None if nothing worth sending is left."""
        unit, place, identity = due.unit, due.place, due.unit.identity
        desk = self.desks[identity]
        track, slot = desk.tracks[place.key], desk.slots[place.key]
        allowed = steps.combined(min, [due.wish, unit.limits(self.room.edges, self._most(unit, place))])
        lease_s = self.terms.lease.lease_for(track.renewals)
        installed = slot.confirmed is not None and track.failures == 0 and track.schedule is not None
        # An update of its value leaves a Dynamic profile the duration it was installed with (K28.FR.13 to 15).
        update = installed and track.lease_s == lease_s
        draft, text = self._draft(identity, place, allowed, lease_s, update)
        why = self._need(desk, place, draft.schedule)
        # Whatever held this place back would have done so before, unless less is to be sent now than was wished.
        same = why is due.why and track.state not in pacing.TROUBLED
        if why is None or (not same and self._awaits(why, unit, place, draft.schedule)):
            return None
        window_s = lease_s * (1 - self.terms.lease.renew_at)
        token = self.outbox.number()
        self.undo[token] = track
        track = pacing.sent(
            track, schedule=draft.schedule, token=token, now=self.now, window_s=window_s, lease_s=lease_s, need=why
        )
        desk.sent(place, draft, track)
        desk.budget = max(-pacing.bucket_size(self.terms.pace), desk.budget - 1)
        self._book(identity, place, draft)
        return self._call(identity, token, draft.action, text, why.value, urgent=why in pacing.SAFETY)

    def _book(self, identity: str, place: Place, draft: Draft) -> None:
        """Take the room of an order: it adds to what the station may draw already, unless that is its rating."""
        if not self.desks[identity].distrusted():
            amps = [steps.highest(draft.entitled, *window) for window in self.room.windows]
            before = self.holds[identity].envelopes
            after = before.raised(place.evse_id, amps)
            if after is not before:
                self.room.book(identity, after)

    def _draft(self, identity: str, place: Place, allowed: Steps, lease_s: float, update: bool) -> tuple[Draft, str]:
        """The draft and its text. Equal shares make equal profiles: those of one plan are written once."""
        station, sight = self.stations[identity], self.sights[identity]
        actuator = self.desks[identity].capability.actuator
        level, sane = actuators.level_of(place, station, actuator, sight), sight.clock_sane(station.tolerance.skew_s)
        running = sight.running.get(place.evse_id) if place.top else None
        alike = (self._kinds[identity], place, actuator, level, sane, running, allowed, lease_s, update)
        if alike not in self._drafts:
            draft = actuators.draft(
                place, station, actuator, sight, allowed, now=self.now, lease_s=lease_s, update=update
            )
            self._drafts[alike] = draft, text_of(draft.payload)
        return self._drafts[alike]

    def _most(self, unit: Unit, place: Place) -> list[float]:
        """The most that may be written, per cell: what it surely has, or what it may have and what is free."""
        identity = unit.identity
        station, desk, metered_a = self.stations[identity], self.desks[identity], self.sights[identity].metered_a
        sure = desk.least(place, self.room.windows)
        if desk.slots[place.key].confirmed is None:
            sure[0] = max([sure[0], *(metered_a.get(outlet.id, 0.0) for outlet in unit.outlets_of(station))])
        room, held = self.room.room(identity, unit.evse_id), self.holds[identity].held
        if unit.evse_id == 0:
            may = [station.full_a] * self.room.count if held.station_a is None else held.station_a
        else:
            may = held.evse_a[unit.evse_id]
        most = [may_a + more_a for may_a, more_a in zip(may, room, strict=True)]
        if unit.evse_id == 0 and len(station.outlets) > 1:
            rating = Envelope(evse_a={outlet.id: outlet.rating_a for outlet in station.outlets})
            most = [min(most_a, self.room.whole(identity, rating, cell)) for cell, most_a in enumerate(most)]
        return [max(sure_a, most_a, 0.0) for sure_a, most_a in zip(sure, most, strict=True)]

    def _side_order(self, identity: str) -> Iterator[Order]:
        """Nothing to write: clear what a failed actuator left behind, or ask what the station makes of our profile."""
        station, desk = self.stations[identity], self.desks[identity]
        if not self.sights[identity].online or desk.busy is not None or desk.checking is not None:
            return
        settled = any(slot.confirmed is not None for slot in desk.slots.values())
        # A place has one id whatever the actuator: what stands there now must not be cleared.
        in_use = {Place.of(key).profile_id() for key in desk.slots}
        desk.leftovers = tuple(profile_id for profile_id in desk.leftovers if profile_id not in in_use)
        telling = [*verdicts.telling(desk, station)] if desk.check_due else []
        if desk.leftovers and settled:
            profile_id, *rest = desk.leftovers
            desk.leftovers = tuple(rest)
            word = "id" if station.protocol is Protocol.V16 else "chargingProfileId"
            text = text_of({word: profile_id})
            yield self._call(identity, self.outbox.number(), "ClearChargingProfile", text, "clear")
        elif desk.check_due and telling and self.now >= desk.busy_since_at + 2 * station.tolerance.reaction_s:
            # Not sooner: a station that never answers this would keep the next order waiting, maybe a car's first.
            desk.check_due, desk.checking, desk.checked = False, self.outbox.number(), telling[-1]
            word = "connectorId" if station.protocol is Protocol.V16 else "evseId"
            payload = {word: desk.checked, "duration": 60, "chargingRateUnit": station.unit.value}
            yield self._call(identity, desk.checking, "GetCompositeSchedule", text_of(payload), "check")

    def _call(self, identity: str, token: int, action: str, payload: str, why: str, *, urgent: bool = False) -> Order:
        timeout_s = self.terms.timeout_s
        return self.outbox.order(identity, token, action, payload, why=why, timeout_s=timeout_s, urgent=urgent)
