"""What each station may draw at most, now and later: the envelope behind promise P2.

An order is true only when confirmed. A *slot* is one thing that can be limited at a station: EVSE 0 is the station as
a whole; an EVSE has a floor (what holds without a transaction's own profile) and may have a top (the profile of its
transaction, or a Dynamic one). For every slot this keeps what was last confirmed, every order that was sent and may or
may not have arrived, and old values whose fall was confirmed only a moment ago: a car follows `reaction_s` late.
Every value is a function of time (`steps`): a lease falls to the failsafe by itself, so silence needs no event.

    most(t)  = the highest of all of them; the rating while nothing was ever confirmed
    least(t) = the lowest of what the station may be holding: what it may get without being given more

Answers may be late, doubled, out of order or missing. A CALL that was answered was processed after every CALL sent
before it on that connection, so an answer settles all older orders of its slot; a second answer to one is ignored.
A refusal removes its order; an unclear error or none at all leaves both values counted. A station that says yes to an
older order after all did not keep to their sequence: which of both it holds is not known, and both count again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final, NamedTuple

from localctl.charging.base import steps
from localctl.charging.base.steps import Steps

MOST_OPEN: Final = 4
MOST_FADING: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An order that may have arrived: the most it allows, and the least it `sure`ly allows (None: just as much).

    `lapse_s`: it ends so long after its arrival (a Dynamic profile's duration).
    """

    token: int
    entitled: Steps
    sure: Steps | None = None
    lapse_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fading:
    """A value that no longer holds on the station but may still be drawn until `until_at`."""

    entitled: Steps
    until_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One limit at a station. `unlimited_a` is what holds with nothing confirmed: the rating, or 0 for a top.

    `confirmed` is the most that was confirmed, `sure` the least of it (None: just as much). `overtaken` were settled
    without an answer of their own, by that to a newer order.
    """

    unlimited_a: float
    confirmed: Steps | None = None
    sure: Steps | None = None
    open: tuple[Sent, ...] = ()
    fading: tuple[Fading, ...] = ()
    overtaken: tuple[Sent, ...] = ()

    def most(self, start_at: float, end_at: float = inf) -> float:
        """The most that may be drawn under this slot at any instant of the window."""
        held = steps.highest(self.confirmed, start_at, end_at) if self.confirmed is not None else self.unlimited_a
        for sent in self.open:
            held = max(held, steps.highest(sent.entitled, start_at, end_at))
        for old in self.fading:
            if old.until_at > start_at:
                held = max(held, steps.highest(old.entitled, start_at, min(end_at, old.until_at)))
        return held

    def mosts(self, windows: Sequence[tuple[float, float]]) -> list[float]:
        """The same for several windows."""
        if self.open or self.fading or (self.confirmed is not None and len(self.confirmed) > 1):
            return [self.most(*window) for window in windows]
        return [self.unlimited_a if self.confirmed is None else self.confirmed[0][1]] * len(windows)

    def edges(self) -> Iterator[float]:
        """The instants at which the most that may be drawn can change by itself."""
        if self.confirmed is not None:
            yield from steps.edges(self.confirmed)
        for sent in self.open:
            yield from steps.edges(sent.entitled)
        for old in self.fading:
            yield from steps.edges(old.entitled)
            yield old.until_at

    def least(self, start_at: float, end_at: float = inf) -> float:
        """The least the station may be held to at any instant of the window; 0 while nothing is confirmed."""
        held = steps.lowest(self.sure or self.confirmed, start_at, end_at) if self.confirmed is not None else 0.0
        return min(held, self.least_open(start_at, end_at)) if self.open else held

    def least_open(self, start_at: float, end_at: float = inf) -> float:
        """The same by the orders alone of which nobody knows; infinite where there are none."""
        return min((steps.lowest(sent.sure or sent.entitled, start_at, end_at) for sent in self.open), default=inf)


def sending(slot: Slot, order: Sent) -> Slot:
    """Count an order from the moment it is sent, whatever becomes of it."""
    waiting = (*slot.open, order)
    if len(waiting) > MOST_OPEN:
        oldest, second, *rest = waiting
        both = steps.combined(max, [oldest.entitled, second.entitled])
        least = steps.combined(min, [oldest.sure or oldest.entitled, second.sure or second.entitled])
        # The merged one can no longer be told apart: only a later acceptance settles it, never a refusal.
        waiting = (Sent(token=-1, entitled=both, sure=least), *rest)
    return Slot(
        unlimited_a=slot.unlimited_a, confirmed=slot.confirmed, sure=slot.sure, open=waiting, fading=slot.fading,
        overtaken=slot.overtaken,
    )  # fmt: skip


def accepted(slot: Slot, token: int, now: float, reaction_s: float) -> Slot:
    """The station took this order: it holds, older ones are over, what they allowed fades in `reaction_s`."""
    at = next((i for i, sent in enumerate(slot.open) if sent.token == token), None)
    if at is None:
        return out_of_sequence(slot, token)
    taken = slot.open[at]
    holds = taken.entitled
    if taken.lapse_s is not None:
        ends_at = now + taken.lapse_s + reaction_s
        holds = steps.tidy([(steps.ALWAYS, steps.value_at(holds, now)), (ends_at, holds[-1][1])])
    before = slot.confirmed if slot.confirmed is not None else steps.constant(slot.unlimited_a)
    over = [before, *(sent.entitled for sent in slot.open[:at])]
    return replace(
        slot,
        confirmed=steps.since(holds, now - reaction_s),
        sure=None if taken.sure is None else steps.since(taken.sure, now - reaction_s),
        open=slot.open[at + 1 :],
        fading=faded((*slot.fading, Fading(entitled=steps.combined(max, over), until_at=now + reaction_s)), now),
        overtaken=(*slot.overtaken, *slot.open[:at])[-MOST_OPEN:] if at else slot.overtaken,
    )


def out_of_sequence(slot: Slot, token: int) -> Slot:
    """The station took an order after a newer one: it may hold either, until it takes one that was sent after this."""
    found = next((sent for sent in slot.overtaken if sent.token == token), None)
    if found is None:
        return slot
    left = tuple(sent for sent in slot.overtaken if sent is not found)
    # Under no number: its own answer, said twice, must not settle what came between.
    return replace(slot, open=(*slot.open, replace(found, token=-1)), overtaken=left)


def refused(slot: Slot, token: int) -> Slot:
    """The station did not take this order: as if it had never been sent."""
    return replace(
        slot,
        open=tuple(sent for sent in slot.open if sent.token != token),
        overtaken=tuple(sent for sent in slot.overtaken if sent.token != token),
    )


def undone(slot: Slot, unlimited_a: float) -> Slot:
    """Our profile is gone or overruled at the station: nothing is confirmed, `unlimited_a` is what it may draw now."""
    return replace(slot, confirmed=None, sure=None, unlimited_a=unlimited_a)


def ended(slot: Slot, now: float, reaction_s: float) -> Slot:
    """The transaction this top belonged to is over: what it allowed fades in `reaction_s`, nothing else is left."""
    last = Fading(entitled=steps.constant(slot.most(now)), until_at=now + reaction_s)
    return Slot(unlimited_a=0.0, fading=faded((last,), now))


def timeless(slot: Slot, unlimited_a: float, *, top: bool) -> Slot:
    """The station's clock went insane: any step may hold at any time, and a schedule may not have begun at all.

    Before its start a schedule limits nothing (K01.FR.30); below a top there is still the floor.
    """

    def held(schedule: Steps) -> Steps:
        if len(schedule) == 1:
            return schedule
        return steps.constant(steps.highest(schedule, -inf) if top else unlimited_a)

    def least(schedule: Steps) -> Steps:
        return steps.constant(steps.lowest(schedule, -inf))

    return replace(
        slot,
        confirmed=None if slot.confirmed is None else held(slot.confirmed),
        sure=None if slot.confirmed is None else least(slot.sure or slot.confirmed),
        open=tuple(
            replace(sent, entitled=held(sent.entitled), sure=least(sent.sure or sent.entitled)) for sent in slot.open
        ),
    )


def jumped(slot: Slot, by_s: float) -> Slot:
    """Our own clock went ahead by so much: any step may hold, and what fades takes as long as before."""
    fading = tuple(replace(old, until_at=old.until_at + by_s) for old in slot.fading)
    return replace(timeless(slot, slot.unlimited_a, top=True), fading=fading)


def faded(fading: tuple[Fading, ...], now: float) -> tuple[Fading, ...]:
    """Only what still counts, and not more than a few: the oldest two become one, at their highest and latest."""
    left = [old for old in fading if old.until_at > now]
    while len(left) > MOST_FADING:
        one, two, *rest = left
        both = steps.combined(max, [one.entitled, two.entitled])
        left = [Fading(entitled=both, until_at=max(one.until_at, two.until_at)), *rest]
    return tuple(left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The most a station may draw in one window: together (None: no limit of its own) and per EVSE, A per phase."""

    station_a: float | None = None
    evse_a: dict[int, float] = field(default_factory=dict)

    def of(self, evse_id: int) -> float:
        """The most on one EVSE."""
        return self.evse_a[evse_id] if self.station_a is None else min(self.station_a, self.evse_a[evse_id])


class Envelopes(NamedTuple):
    """The envelopes of several windows, as one list for the station and one for each EVSE."""

    station_a: list[float] | None
    evse_a: dict[int, list[float]]

    def at(self, window: int) -> Envelope:
        """The envelope of one window."""
        evse_a = {evse_id: amps[window] for evse_id, amps in self.evse_a.items()}
        return Envelope(station_a=None if self.station_a is None else self.station_a[window], evse_a=evse_a)

    def raised(self, evse_id: int, amps: Sequence[float]) -> "Envelopes":
        """The same where an EVSE, or the station (0), may draw so much, per window; itself where it may already."""
        before = self.station_a if evse_id == 0 else self.evse_a.get(evse_id)
        if before is None or (after := list(map(max, before, amps))) == before:
            return self
        if evse_id == 0:
            return self._replace(station_a=after)
        return self._replace(evse_a=self.evse_a | {evse_id: after})

    def of(self, evse_id: int) -> list[float]:
        """The most on one EVSE, per window."""
        return self.evse_a[evse_id] if self.station_a is None else list(map(min, self.station_a, self.evse_a[evse_id]))
