"""When does which period of a profile run, and who leads when (R1 to R6).

A profile *has a period* at an instant when it is valid then (validFrom <= t < validTo) and its schedule runs then:
from its start until its duration ends, for Recurring in each occurrence and never past the next one. Validity clips,
it never shifts. Nothing runs before the start, for Recurring neither (R2), and nothing is searched by looping over
occurrences outside the window: the first one inside is computed, so a start decades ago costs nothing.

`leaders` lays profiles over each other, strongest first: each fills only what the stronger ones left silent. What
comes out is a timeline: instants in order, each with the rate that leads from there on, or None for silence.

Decisions where the text is silent:
- Dynamic (2.1) runs from its last update, the duration being its dead man; without an update time it runs from
  startSchedule, else from the zero point of Relative.
- Per-phase limits (2.1) count as the lowest of the three on every phase (K01.FR.147).
- A period without a limit (2.1) allows its setpoint, in mode Idle nothing, else everything: it leads, but does not
  limit. Randomised delays count as 0 and local time as UTC: the caller has no time zone.
- The work is bounded: more than MAX_PIECES pieces for one purpose is answered with TooManyPieces, not computed.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from localctl.charging.profile.profiles import ChargingProfile, ChargingSchedule, Kind, OperationMode, Period, RateUnit

MAX_PIECES: Final = 200_000
FOR_EVER: Final = 10**15
UNLIMITED: Final = float("inf")

start_of: Final = attrgetter("start_s")


class TooManyPieces(ValueError):
    """The window holds more steps than anybody can use; ask for a shorter one."""

    def __init__(self) -> None:
        super().__init__(f"duration_s: the window holds more than {MAX_PIECES} steps, ask for a shorter one")


class Rate(NamedTuple):
    """What a period allows: a limit, its unit, its phases (None: not said) and the phase to use.

    `fill_phases` is for a fill, where no profile leads that could say phases: those its limit was counted with.
    """

    limit: float
    in_amps: bool
    phases: int | None
    phase_to_use: int | None
    fill_phases: int | None = None


class Candidate(NamedTuple):
    """A profile in a stack, the instant its Relative schedule counts from, and which of its schedules is meant."""

    profile: ChargingProfile
    zero_at: int
    schedule: ChargingSchedule


Run = tuple[int, int, Rate]
Timeline = Sequence[tuple[int, Rate | None]]


def rate_of(period: Period, in_amps: bool) -> Rate:
    """The rate of a period, per-phase members of 2.1 folded into one limit."""
    if period.v2x is None and period.limit is not None:
        return Rate(period.limit, in_amps, period.number_phases, period.phase_to_use)
    return Rate(folded_limit(period, in_amps), in_amps, period.number_phases, period.phase_to_use)


def folded_limit(period: Period, in_amps: bool) -> float:
    """One limit out of what 2.1 says for each phase or instead of a limit."""
    v2x, limit = period.v2x, period.limit
    if limit is None:
        if v2x is not None and v2x.setpoint is not None:
            return max(0.0, v2x.setpoint)
        return 0.0 if v2x is not None and v2x.operation_mode is OperationMode.IDLE else UNLIMITED
    each = [limit] + [one for one in ((v2x.limit_l2, v2x.limit_l3) if v2x else ()) if one is not None]
    if len(each) == 1:
        return limit
    return min(each) if in_amps else min(each) * (period.number_phases or len(each))


def start_at(candidate: Candidate) -> int:
    """The instant the schedule counts from (R5); 1.6 has Absolute without a start, which counts as Relative."""
    profile, zero_at, schedule = candidate
    if profile.kind is Kind.RELATIVE:
        return zero_at
    if profile.kind is Kind.DYNAMIC and profile.dyn_update_at is not None:
        return profile.dyn_update_at
    return zero_at if schedule.start_at is None else schedule.start_at


def runs(candidate: Candidate, from_at: int, to_at: int) -> list[Run]:
    """Every run of a period inside [from_at, to_at), in order, cut to it.

    Raises TooManyPieces before doing more work than allowed.
    """
    profile, _, schedule = candidate
    if profile.valid_from_at is not None and profile.valid_from_at > from_at:
        from_at = profile.valid_from_at
    if profile.valid_to_at is not None and profile.valid_to_at < to_at:
        to_at = profile.valid_to_at
    if from_at >= to_at:
        return []
    start = start_at(candidate)
    duration = FOR_EVER if schedule.duration_s is None else schedule.duration_s
    if profile.kind is Kind.RECURRING and profile.recurrency is not None:
        return recurring_runs(schedule, start, duration, profile.recurrency.seconds, from_at, to_at)
    found: list[Run] = []
    add_runs(found, schedule, start, start + duration, from_at, to_at)
    return found


def recurring_runs(schedule: ChargingSchedule, start: int, duration: int, every: int, lo: int, hi: int) -> list[Run]:
    """The runs of each occurrence that touches [lo, hi); an occurrence never outlives the next one's start (R3)."""
    if ((hi - lo) // every) * len(schedule.periods) > MAX_PIECES:
        raise TooManyPieces
    first = start + max(0, (lo - start) // every) * every
    length = min(duration, every)
    found: list[Run] = []
    for occurrence in range(first, hi, every):
        add_runs(found, schedule, occurrence, occurrence + length, lo, hi)
    return found


def add_runs(found: list[Run], schedule: ChargingSchedule, start: int, end: int, lo: int, hi: int) -> None:
    """Append the periods of one occurrence [start, end) as far as they lie inside [lo, hi)."""
    at, until = max(start, lo), min(end, hi)
    if at >= until:
        return
    periods, in_amps = schedule.periods, schedule.unit is RateUnit.AMPS
    # A first period after 0 is refused at install (K01.FR.31); a station may report one all the same.
    index = bisect_right(periods, at - start, key=start_of) - 1
    if index < 0:
        index, at = 0, start + periods[0].start_s
    for following in range(index + 1, len(periods)):
        next_at = start + periods[following].start_s
        if next_at >= until:
            break
        found.append((at, next_at, rate_of(periods[index], in_amps)))
        index, at = following, next_at
    if at < until:
        found.append((at, until, rate_of(periods[index], in_amps)))


def leaders(candidates: Sequence[Candidate], from_at: int, to_at: int) -> Timeline:
    """Who leads when inside [from_at, to_at): the first candidate that has a period then (R6).

    The timeline starts at from_at, with silence where there is no candidate at all.
    """
    found: list[Run] = []
    gaps = [(from_at, to_at)]
    visits = 0
    for candidate in candidates:
        visits += len(gaps)
        gaps = fill(found, gaps, candidate)
        if visits + len(found) > MAX_PIECES:
            raise TooManyPieces
        if not gaps:
            break
    found.sort()
    return with_silence(found, from_at, to_at)


def fill(found: list[Run], gaps: list[tuple[int, int]], candidate: Candidate) -> list[tuple[int, int]]:
    """Put the candidate's runs into the gaps and return the gaps that stay."""
    left = []
    for lo, hi in gaps:
        at = lo
        for run in runs(candidate, lo, hi):
            if run[0] > at:
                left.append((at, run[0]))
            at = run[1]
            found.append(run)
        if at < hi:
            left.append((at, hi))
    return left


def with_silence(found: list[Run], from_at: int, to_at: int) -> Timeline:
    """The runs as a timeline, silence named where there is some; who leads without limiting is silent by now."""
    timeline: list[tuple[int, Rate | None]] = []
    at = from_at
    for begin, end, rate in found:
        if begin > at:
            timeline.append((at, None))
        timeline.append((begin, None if rate.limit == UNLIMITED else rate))
        at = end
    if at < to_at:
        timeline.append((at, None))
    return timeline


def changes(lines: Sequence[Timeline]) -> Iterator[tuple[int, list[Rate | None]]]:
    """Every instant at which one of the lines changes, with what each of them says from then on.

    All lines start at the same instant. The list is the same object each time: read it at once.
    """
    current: list[Rate | None] = [None] * len(lines)
    events = sorted((at, index, rate) for index, line in enumerate(lines) for at, rate in line)
    for position, (at, index, rate) in enumerate(events, start=1):
        current[index] = rate
        if position == len(events) or events[position][0] != at:
            yield at, current


def heard(rates: Sequence[Rate | None]) -> list[Rate]:
    """The rates of those that say something."""
    return [rate for rate in rates if rate is not None]
