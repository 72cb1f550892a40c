"""When a new schedule is worth sending, per slot: dead band, gaps, retries and the write budget.

    settled --send--> sent --accepted--> settled
                       |---refused---> refused --send--> sent     (again later, ever more rarely)
                       |---lost------> unknown --send--> sent     (again soon: both values are counted meanwhile)
    An answer that comes after all settles `unknown` too.

Falls are safety: nothing holds them back but the slot's own retry time, and that not for long: what was refused may be
taken now, what got lost may arrive. Rises and renewals are routine: they wait for the gap, for the budget, and rises
for the dead band. A rise from below the reserve an EVSE always has (K03) waits for hardly anything. Renewals leave the
last quarter of the budget to nobody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Final

from localctl.charging.base.moves import after
from localctl.charging.base.steps import SAME_S, Steps, value_at
from localctl.charging.base.units import NOISE_A

DAY_S: Final = 86_400.0
MOST_BACKOFF: Final = 6
MOST_REPAIR_BACKOFF: Final = 9
REPAIR_MEMORY_S: Final = 900.0


class Pace(Enum):
    """What became of the last order of a slot."""

    SETTLED = "settled"
    SENT = "sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Need(StrEnum):
    """Why a schedule should be sent now, most urgent first."""

    FALL = "fall"
    REPAIR = "repair"
    RENEW = "renew"
    RISE = "rise"


SAFETY: Final = frozenset({Need.FALL, Need.REPAIR})
TROUBLED: Final = frozenset({Pace.REFUSED, Pace.UNKNOWN})


MOVES: Final[Mapping[tuple[Pace, str], Pace]] = {
    (Pace.SETTLED, "send"): Pace.SENT,
    (Pace.REFUSED, "send"): Pace.SENT,
    (Pace.UNKNOWN, "send"): Pace.SENT,
    (Pace.SENT, "accepted"): Pace.SETTLED,
    (Pace.SENT, "refused"): Pace.REFUSED,
    (Pace.SENT, "lost"): Pace.UNKNOWN,
    (Pace.UNKNOWN, "accepted"): Pace.SETTLED,
    (Pace.UNKNOWN, "refused"): Pace.REFUSED,
    (Pace.UNKNOWN, "lost"): Pace.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceTerms:
    """The installer's and operator's settings. Currents in A per phase, times in seconds."""

    dead_band_a: float = 1.0
    rise_gap_s: float = 10.0
    retry_s: float = 5.0
    fall_retry_s: float = 30.0
    rate_limited_s: float = 60.0
    writes_per_day: float = 2000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Where one slot stands: its state, what was last sent (None: write anew) and when it may be sent again.

    `breaks` counts the links that broke while an order was in flight, since the last one that was taken.
    """

    state: Pace = Pace.SETTLED
    schedule: Steps | None = None
    token: int = 0
    sent_at: float = 0.0
    window_s: float = 0.0
    lease_s: float = 0.0
    failures: int = 0
    renewals: int = 0
    not_before_at: float = 0.0
    repairs: int = 0
    breaks: int = 0


def sent(
    track: Track, *, schedule: Steps, token: int, now: float, window_s: float, lease_s: float, need: Need
) -> Track:
    """An order went out."""
    return Track(
        state=after(MOVES, track.state, "send", "pacing"),
        schedule=schedule,
        token=token,
        sent_at=now,
        window_s=window_s,
        lease_s=lease_s,
        failures=track.failures,
        renewals=track.renewals + 1 if need is Need.RENEW else 0,
        not_before_at=track.not_before_at,
        repairs=track.repairs,
        breaks=track.breaks,
    )


def answered(track: Track, cause: str, now: float, terms: PaceTerms, *, rate_limited: bool = False) -> Track:
    """The order's end: `accepted`, `refused` or `lost`. What failed is written anew, later each time."""
    state = after(MOVES, track.state, cause, "pacing")
    if cause == "lost" and track.state is Pace.UNKNOWN:
        return track  # known already, from the loss of its link
    if cause == "accepted":
        return replace(track, state=state, failures=0, breaks=0, not_before_at=now)
    failures = track.failures + 1
    wait_s = terms.retry_s * 2.0 ** min(failures - 1, MOST_BACKOFF)
    if rate_limited:
        wait_s = max(wait_s, terms.rate_limited_s)
    return replace(track, state=state, schedule=None, failures=failures, not_before_at=now + wait_s)


def link_lost(track: Track, now: float, terms: PaceTerms) -> Track:
    """What got lost on a dead link need not wait on the next one; what was in flight may be what breaks links."""
    if track.state is not Pace.SENT:
        return replace(track, not_before_at=min(track.not_before_at, now)) if track.state is Pace.UNKNOWN else track
    wait_s = terms.retry_s * 2.0 ** min(track.breaks, MOST_BACKOFF)
    return replace(answered(track, "lost", now, terms), not_before_at=now + wait_s, breaks=track.breaks + 1)


def asked_for(track: Track, now: float, terms: PaceTerms) -> Track:
    """The station asks for the value itself: the next renewal is due now, unless one has only just been sent."""
    if track.schedule is None or now < track.sent_at + terms.rise_gap_s:
        return track
    return replace(track, window_s=max(track.window_s, track.lease_s))


def lost_profile(track: Track, now: float) -> Track:
    """What was written is gone or overruled: at once anew, but a CSMS that insists is not fought without end."""
    repairs = track.repairs if now - track.sent_at < REPAIR_MEMORY_S else 0
    wait_s = 0.0 if repairs == 0 else 2.0 ** min(repairs, MOST_REPAIR_BACKOFF)
    not_before_at = max(track.not_before_at, track.sent_at + wait_s)
    return replace(track, schedule=None, repairs=repairs + 1, not_before_at=not_before_at)


def need(track: Track, wish: Steps, now: float, dead_band_a: float, late_a: float | None = None) -> Need | None:
    """Whether and why `wish` must replace what was sent, looking as far ahead as the next renewal.

    `late_a` is what still holds where the station's clock is as late as is tolerated: what was written may have fallen
    by ours, in time for a limit known then, and a new one cannot wait for it. A wish falls as early, too.
    """
    if track.schedule is None:
        return Need.REPAIR
    if late_a is not None and late_a > until(wish, now) + NOISE_A and until(track.schedule, now) >= late_a - NOISE_A:
        return Need.FALL
    # A wish that ends with a lease of the same length ends after it, whatever sums of instants are rounded to.
    lease_s, window_s = track.lease_s - SAME_S, track.window_s - SAME_S
    why = None
    until_at = now + max(lease_s, window_s)
    for at in (now, *[at for steps in (wish, track.schedule) for at, _ in steps if now < at < until_at]):
        gap_a = value_at(wish, at) - value_at(track.schedule, at)
        if gap_a < -NOISE_A and at - now < lease_s:  # however small: on one row the tenths of many add up
            return Need.FALL
        if gap_a >= dead_band_a and at == now:
            why = Need.RISE
        elif gap_a >= dead_band_a and at - now < window_s:
            why = why or Need.RENEW
    return why


def until(schedule: Steps, now: float) -> float:
    """The most it has held until now."""
    return max((amps for at, amps in schedule if at <= now), default=value_at(schedule, now))


def may_send(
    track: Track, why: Need, now: float, terms: PaceTerms, budget: float, *, reserve_a: float = 0.0, falls: bool = False
) -> bool:
    """Whether pace and budget let it go out now. `budget` is how many writes are left in the bucket.

    `reserve_a` is what the place should always have, `falls` says that it may hold more than is wished now.
    """
    not_before_at = track.not_before_at
    if falls and track.state in TROUBLED:
        refused_s = terms.rate_limited_s if track.state is Pace.REFUSED else 0.0
        not_before_at = min(not_before_at, track.sent_at + max(terms.fall_retry_s, refused_s))
    if track.state is Pace.SENT or now < not_before_at:
        return False
    if why in SAFETY:
        return True
    if why is Need.RENEW:
        return budget >= 1
    if track.schedule is not None and value_at(track.schedule, now) < reserve_a:
        return budget >= 1 and now >= track.sent_at + min(terms.retry_s, terms.rise_gap_s)
    return budget >= 1 + bucket_size(terms) / 4 and now >= track.sent_at + terms.rise_gap_s


def bucket_size(terms: PaceTerms) -> float:
    """The most writes that can be saved up: a quarter of a day's."""
    return max(8.0, terms.writes_per_day / 4)


def refilled(budget: float, passed_s: float, terms: PaceTerms) -> float:
    """The bucket after some time; it fills evenly over the day."""
    return min(bucket_size(terms), budget + max(0.0, passed_s) * terms.writes_per_day / DAY_S)
