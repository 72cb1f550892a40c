"""What dispatch remembers of one station: its slots and tracks, the actuator in use, and what it may draw by them.

Everything here is plain data (`msgspec.to_builtins` and `convert` make it a JSON document and back), so that it can be
stored before an order leaves the box: an order that was sent must be counted, also by the next process.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from localctl.charging.base import steps
from localctl.charging.dispatching import actuators, capability, entitlement, pacing
from localctl.charging.dispatching.actuators import Draft, Place
from localctl.charging.dispatching.capability import Capability, Trial
from localctl.charging.dispatching.entitlement import Envelope, Envelopes, Sent, Slot
from localctl.charging.dispatching.fleet import Actuator, Managed, Sight
from localctl.charging.dispatching.obedience import Obedience
from localctl.charging.dispatching.pacing import Need, Pace, PaceTerms, Track

Window = tuple[float, float]


@dataclass(slots=True, kw_only=True)
class Desk:
    """One station's book.

    `slots` and `tracks` go by place key, `drawers` by EVSE (0: all together), `written` by hours since 1970; `busy`
    is the token in flight, `checked` the EVSE that `checking` asks about. `unread`: nobody knows yet what else is
    installed there, so that ours may do nothing. `given_up_at` is since when no actuator is left.
    """

    capability: Capability
    slots: dict[str, Slot] = field(default_factory=dict)
    tracks: dict[str, Track] = field(default_factory=dict)
    drawers: dict[str, Obedience] = field(default_factory=dict)
    top_of: dict[str, str] = field(default_factory=dict)
    busy: int | None = None
    busy_since_at: float = 0.0
    check_due: bool = False
    checking: int | None = None
    checked: int = 0
    leftovers: tuple[int, ...] = ()
    budget: float = 0.0
    budget_at: float | None = None
    written: dict[str, int] = field(default_factory=dict)
    unread: bool = False
    given_up_at: float | None = None

    def place(self, place: Place, station: Managed) -> None:
        """Make sure the place has a slot and a track.

        Where not even the floor was ever confirmed, a process before this one may have left a profile on top of it.
        """
        if place.key not in self.slots:
            floor = Place(evse_id=place.evse_id)
            unknown = place.top and self.slots[floor.key].confirmed is None
            self.slots[place.key] = Slot(unlimited_a=actuators.unlimited_a(floor if unknown else place, station))
        self.tracks.setdefault(place.key, Track())

    def orders(self) -> tuple[tuple[str, Slot], ...]:
        """All that was ever sent and still counts: what envelopes are made of."""
        return tuple(self.slots.items())

    def records(self) -> tuple[object, ...]:
        """All that `synchronise` looks at and writes."""
        return self.capability, self.orders(), tuple(self.tracks.items()), tuple(self.top_of.items())

    def edges(self) -> Iterator[float]:
        """The instants at which an envelope can change by itself."""
        return chain.from_iterable(slot.edges() for slot in self.slots.values())

    def envelope(self, station: Managed, start_at: float, end_at: float) -> Envelope:
        """The most the station may draw in a window, by all that was ever sent to it."""
        return self.envelopes(station, ((start_at, end_at),)).at(0)

    def envelopes(self, station: Managed, windows: Sequence[Window]) -> Envelopes:
        """The same for several windows. One who does not obey counts at its rating, whatever it was sent."""
        return rated(station, len(windows)) if self.distrusted() else self.by_book(station, windows)

    def by_book(self, station: Managed, windows: Sequence[Window]) -> Envelopes:
        """What it was sent, obedient or not."""
        rating = rated(station, len(windows))
        if "0" in self.slots:
            return Envelopes(self._held("0", windows), rating.evse_a)
        for evse_id, full_a in rating.evse_a.items() if self.slots else ():
            if str(evse_id) in self.slots:
                rating.evse_a[evse_id] = list(map(min, full_a, self._held(str(evse_id), windows)))
        return rating

    def _held(self, key: str, windows: Sequence[Window]) -> list[float]:
        """The most under a floor and its top."""
        floor, top = self.slots[key].mosts(windows), self.slots.get(f"{key}+")
        return floor if top is None else list(map(max, floor, top.mosts(windows)))

    def least(self, place: Place, windows: Sequence[Window]) -> list[float]:
        """What the place surely has already, per window; a top of which nothing is there is as low as its floor."""
        slot = self.slots[place.key]
        if place.top and slot.confirmed is None and slot.unlimited_a == 0:
            floor = self.slots[str(place.evse_id)]
            return [min(floor.least(*window), slot.least_open(*window)) for window in windows]
        return [slot.least(*window) for window in windows]

    def may_stand(self, place: Place, sight: Sight) -> bool:
        """Whether a profile may be written there now: a top waits until its floor is there.

        A floor that a TxProfile of the CSMS silences is there, and only a top limits the car then: it goes first.
        """
        floor, top = Place(evse_id=place.evse_id), self.tracks.get(Place(evse_id=place.evse_id, top=True).key)
        silenced = place.evse_id != 0 and floor.profile_id() in sight.overruled
        if place.top:
            return silenced or self.slots[floor.key].confirmed is not None
        return not silenced or top is None or top.schedule is not None or top.failures > 0

    def late_a(self, place: Place, now: float) -> float | None:
        """What a place may hold by its confirmed profile if the station's clock is late; None where there is none."""
        confirmed = self.slots[place.key].confirmed
        return None if confirmed is None else steps.value_at(confirmed, now)

    def sent(self, place: Place, draft: Draft, track: Track) -> None:
        """An order is about to leave: it counts from now on."""
        order = Sent(token=track.token, entitled=draft.entitled, sure=draft.sure, lapse_s=draft.lapse_s)
        self.slots[place.key] = entitlement.sending(self.slots[place.key], order)
        self.tracks[place.key] = track
        self.busy, self.busy_since_at = track.token, track.sent_at
        self.count_write(track.sent_at)

    def count_write(self, at: float, number: int = 1) -> None:
        """Profiles were written, or one was not after all (-1); by the hour, a day of them is kept."""
        hour = int(at // 3600)
        if str(hour) in self.written:
            self.written[str(hour)] += number
            return
        kept = {known: count for known, count in self.written.items() if hour - 24 < int(known) <= hour}
        self.written = kept | {str(hour): kept.get(str(hour), 0) + number}

    def writes_of_a_day(self, now: float) -> int:
        """How many profiles were written in the last 24 hours, the present hour included."""
        hour = int(now // 3600)
        return sum(count for known, count in self.written.items() if hour - 24 < int(known) <= hour)

    def holder(self, token: int) -> str | None:
        """The place whose last or still open order this is."""
        for key, slot in self.slots.items():
            if self.tracks[key].token == token or any(order.token == token for order in (*slot.open, *slot.overtaken)):
                return key
        return None

    def tokens(self) -> list[int]:
        """The orders whose answers would still be understood."""
        return [order.token for slot in self.slots.values() for order in slot.open]

    def forget_profile(self, key: str, now_a: float, now: float) -> None:
        """Our profile at a place is gone or overruled: write it anew, count what may be drawn without it."""
        slot, track = self.slots[key], self.tracks[key]
        if slot.confirmed is not None:
            self.slots[key] = entitlement.undone(slot, now_a)
        if track.state is not Pace.SENT and track.schedule is not None:
            self.tracks[key] = pacing.lost_profile(track, now)

    def clock_jumped(self, by_s: float) -> None:
        """Nobody can tell what part of a schedule holds: count the highest, and write it anew."""
        for key, slot in self.slots.items():
            self.slots[key] = entitlement.jumped(slot, by_s)
            if self.tracks[key].state is not Pace.SENT:
                self.tracks[key] = replace(self.tracks[key], schedule=None)

    def end_top(self, key: str, now: float, reaction_s: float, *, bound: bool) -> None:
        """The transaction of a top is over. A profile not bound to it (no transactionId) may still arrive."""
        kept = entitlement.ended(self.slots[key], now, reaction_s)
        self.slots[key] = kept if bound else replace(kept, open=self.slots[key].open)
        if self.tracks[key].token == self.busy:
            self.busy = None
        self.tracks[key] = Track(token=self.tracks[key].token)
        self.top_of.pop(key, None)

    def change_actuator(self, learnt: Capability) -> None:
        """Start over with the next actuator; what the old one wrote did nothing, so nothing of it counts."""
        self.leftovers = tuple(Place.of(key).profile_id() for key in self.slots)
        self.capability = learnt
        self.slots, self.tracks, self.top_of = {}, {}, {}
        # Who ignored one actuator may ignore the next: it has to be seen following before it is trusted again.
        self.drawers = {key: Obedience(distrusted=record.distrusted) for key, record in self.drawers.items()}
        self.busy, self.check_due, self.checking = None, False, None

    def try_again(self, station: Managed, now: float | None = None) -> None:
        """Where no actuator was left, begin with the first one: at once, or by `now` after a day.

        Stations refuse everything while they start or are updated, and work afterwards.
        """
        if not self.uncontrolled() or station.control is not None:
            self.given_up_at = None
        elif now is None or (self.given_up_at is not None and now >= self.given_up_at + pacing.DAY_S):
            left, self.given_up_at = self.leftovers, None
            self.change_actuator(capability.first(station, anew=True))
            self.leftovers = left
        elif self.given_up_at is None:
            self.given_up_at = now

    def awaits(self, need: Need, key: str, wish_a: float, reserve_a: float, now: float, terms: PaceTerms) -> bool:
        """True while pace or budget hold this place back. `wish_a` is wished for now, `reserve_a` for ever (K03)."""
        track = self.tracks[key]
        falls = track.state in pacing.TROUBLED and wish_a < self.slots[key].most(now, now)
        return not pacing.may_send(track, need, now, terms, self.budget, reserve_a=reserve_a, falls=falls)

    def refill(self, now: float, terms: PaceTerms) -> None:
        """Let the write budget grow with time."""
        if self.budget_at is None:
            self.budget, self.budget_at = pacing.bucket_size(terms), now
        self.budget, self.budget_at = pacing.refilled(self.budget, now - self.budget_at, terms), now

    def distrusted(self) -> bool:
        """True while this station does not follow, or nobody knows yet whether it can."""
        return self.unread or self.capability.doubted or self.disobeys()

    def disobeys(self) -> bool:
        """True while the meter says that this station does not follow."""
        for record in self.drawers.values():  # noqa: SIM110 - asked of everybody several times in every plan
            if record.distrusted:
                return True
        return False

    def failing(self) -> bool:
        """True once an order came to nothing, until one is taken: do not count on this station following."""
        return any(track.failures for track in self.tracks.values())

    def uncontrolled(self) -> bool:
        """True when no actuator works."""
        return self.capability.actuator is Actuator.UNCONTROLLED


@dataclass(slots=True, kw_only=True)
class Book:
    """All desks, as one document."""

    desks: dict[str, Desk]
    next_token: int


def rated(station: Managed, count: int) -> Envelopes:
    """The most its EVSEs can draw, in so many windows."""
    return Envelopes(None, {outlet.id: [outlet.rating_a] * count for outlet in station.outlets})


def synchronise(desk: Desk, station: Managed, sight: Sight, now: float) -> None:
    """Take in what is seen: transactions that ended or began, profiles that vanished, a clock gone insane."""
    for key, transaction_id in list(desk.top_of.items()):
        running = sight.running.get(Place.of(key).evse_id)
        if running is None or running.transaction_id != transaction_id:
            desk.end_top(key, now, station.tolerance.reaction_s, bound=station.names_transaction)
    for place in actuators.places(station, desk.capability.actuator, sight.running):
        desk.place(place, station)
        if place.top and place.evse_id:
            desk.top_of[place.key] = sight.running[place.evse_id].transaction_id
        profile_id = place.profile_id()
        if profile_id in sight.lost:
            desk.forget_profile(place.key, actuators.unlimited_a(place, station), now)
        if profile_id in sight.overruled:
            desk.forget_profile(place.key, actuators.unlimited_a(Place(evse_id=place.evse_id), station), now)
    if not sight.clock_sane(station.tolerance.skew_s):
        _lose_time(desk, station)


def refit(desk: Desk, station: Managed) -> None:
    """The station is set up otherwise, or speaks another version: keep of its book what still means something."""
    known = desk.capability
    possible = capability.order_of(station)
    if known.trial is Trial.UNTRIED and not known.failed and not desk.slots:
        desk.capability = capability.first(station, anew=known.anew)
    elif known.actuator not in possible and (station.control is not None or not known.failed):
        desk.change_actuator(capability.first(station, anew=known.anew))
    numbers = {0, *(outlet.id for outlet in station.outlets)}
    for key in [key for key in desk.slots if Place.of(key).evse_id not in numbers]:
        del desk.slots[key], desk.tracks[key]
        desk.top_of.pop(key, None)
    for key, slot in desk.slots.items():
        if slot.confirmed is None and not key.endswith("+"):
            now_a = actuators.unlimited_a(Place(evse_id=int(key)), station)
            desk.slots[key] = replace(slot, unlimited_a=now_a)


def _lose_time(desk: Desk, station: Managed) -> None:
    for key, slot in desk.slots.items():
        if key == "0+":  # a Dynamic profile counts seconds, it needs no clock
            continue
        place = Place.of(key)
        desk.slots[key] = entitlement.timeless(slot, actuators.unlimited_a(place, station), top=place.top)
        track = desk.tracks[key]
        if track.state is not Pace.SENT and track.schedule is not None and len(track.schedule) > 1:
            desk.tracks[key] = replace(track, schedule=None)
