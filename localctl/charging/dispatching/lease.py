"""Leases: what is written to a station so that it falls back by itself when nobody renews it (P3).

A written schedule holds the share for `lease_s` seconds, with every change already known inside, and then the failsafe
current for ever. A share below the failsafe (a paused car) is held twice as long: then the leases of the others, which
took its place, have ended before it rises again. Whoever is silent, dead or cut off needs nobody's help.

Times on the wire are read by the station's clock, which may be off by `skew_s` either way, and a car follows a fall up
to `reaction_s` late. So falls are written early and rises late (`steps.lowest_within`), to whole seconds, and what the
station may then draw at most, at any true instant, is computed back from what was written (`entitled`). A station
whose clock is off by more than `skew_s` gets one period that began in 1970 and never ends: no lease (`timeless`).
Every other schedule begins in 1970 too, with the least of it all: that holds where a clock was lost with its power.

Renewing costs a flash write at many stations: a shorter lease falls back sooner and lets silent stations hold less, a
longer one writes less. A share that is held all day costs 86 400 / (lease * `renew_at`) writes, which `localctl check`
compares with the write budget (`pacing`). `lease_for` lets an unchanged share be renewed ever more rarely; a station
at its failsafe needs no lease and is never rewritten.
"""

from dataclasses import dataclass
from math import floor

from localctl.charging.base import steps
from localctl.charging.base.steps import Steps
from localctl.charging.base.units import NOISE_A, floor_tenth


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far a station may be from its schedule: clock off by `skew_s` either way, car `reaction_s` behind a fall."""

    skew_s: float = 30.0
    reaction_s: float = 5.0

    @property
    def start_before_s(self) -> int:
        """How long ago what holds now must have begun so that it holds on the slowest tolerated clock (K01.FR.30)."""
        return floor(self.skew_s) + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseTerms:
    """The trade-off between falling back soon and writing rarely.

    `lease_s` is how long a fresh share lasts; each renewal of an unchanged share doubles it up to `longest_s`.
    `renew_at` is the part of a lease after which it is renewed.
    """

    lease_s: float = 300.0
    longest_s: float = 300.0
    renew_at: float = 0.5

    def lease_for(self, renewals: int) -> float:
        """Seconds of the next lease of a share that was renewed so often without a change."""
        if self.longest_s <= self.lease_s:
            return self.lease_s
        return float(min(self.lease_s * 2 ** min(renewals, 16), max(self.lease_s, self.longest_s)))


def wanted(share: Steps, *, failsafe_a: float, now: float, lease_s: float) -> Steps:
    """The wish: the share with its known changes for a lease, the failsafe after it (P3)."""
    share_a = share[0][1] if len(share) == 1 else steps.value_at(share, now)
    ends_at = now + (lease_s if share_a >= failsafe_a else 2 * lease_s)
    if len(share) == 1:
        return share if share_a == failsafe_a else ((steps.ALWAYS, share_a), (ends_at, failsafe_a))
    known = [(at, amps) for at, amps in share if now < at < ends_at]
    return steps.tidy([(steps.ALWAYS, share_a), *known, (ends_at, failsafe_a)])


def written(wish: Steps, tolerance: Tolerance, *, min_a: float, most_periods: int, now: float) -> Steps:
    """The schedule to write: never above the wish at any instant the station can mistake for another.

    Whole seconds, limits rounded down to one digit (R17) and, below what a car can take, to nothing (5.8.9).
    """
    early = tolerance.skew_s + tolerance.reaction_s + 1
    safe = steps.lowest_within(steps.since(wish, now - early), tolerance.skew_s + 1, early)
    rounded = [(float(floor(at)), usable(amps, min_a)) for at, amps in safe]
    return fewer(steps.since(steps.tidy(rounded), floor(now) - tolerance.start_before_s), most_periods)


def usable(amps: float, min_a: float) -> float:
    """What a limit is worth: one digit, and nothing below the car's minimum (IEC 61851: 6 A on AC)."""
    return 0.0 if amps < min_a - NOISE_A else floor_tenth(amps)


def fewer(schedule: Steps, most: int) -> Steps:
    """The same in at most so many periods: the cheapest neighbours become one at the lower of both."""
    pairs = list(schedule)
    while len(pairs) > max(1, most):
        at = min(range(1, len(pairs)), key=lambda i: abs(pairs[i][1] - pairs[i - 1][1]))
        pairs[at - 1 : at + 1] = [(pairs[at - 1][0], min(pairs[at - 1][1], pairs[at][1]))]
    return steps.tidy(pairs)


def entitled(schedule: Steps, tolerance: Tolerance) -> Steps:
    """The most a station with this schedule may draw, by true time."""
    return steps.highest_within(schedule, tolerance.skew_s + tolerance.reaction_s, tolerance.skew_s)


def sure(schedule: Steps, tolerance: Tolerance) -> Steps:
    """The least a station with this schedule is allowed, by true time: what it may be given without giving more."""
    return steps.lowest_within(schedule, tolerance.skew_s + 1, tolerance.skew_s + 1)


def timeless(wish: Steps, now: float, min_a: float) -> Steps:
    """One value for ever, for a station without a sane clock: the least of the wish from now on."""
    return steps.constant(usable(steps.lowest(wish, now), min_a))
