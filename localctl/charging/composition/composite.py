"""Composite schedules: what may be drawn when, out of everything that is installed (K08, R1 to R19).

At each instant the lowest of {PriorityCharging, TxProfile or TxDefaultProfile; external limits; station maximum}
counts, local generation comes on top, and what the hardware delivers caps the result and fills where nothing applies.
The result changes only where a leader changes, so those instants are all that is looked at (no sampling).

Phases decide what an ampere is worth: the composite has the lowest number of phases among its leaders, and every
conversion between A and W in it uses those (R10, R11).

Two levels here, both exact and unrounded; `composite_curves` rounds once, at the end, and sums up panels:
- `evse_schedule`: one EVSE.
- `station_schedule`: EVSE 0 = min(station maximum, external limit, sum over EVSEs), each EVSE in the asked unit with
  its own phases (R13).

Decisions where the rules leave freedom:
- Of a station's sum: an EVSE where no session profile leads takes part with what its hardware delivers, else with the
  default. Where no session profile leads anywhere the EVSEs of unknown hardware together take what the station
  delivers; only where that is unknown too, the default each, and a station's cap does not raise it. So to name what
  the station delivers, which fills, can give more than the default did.
- Phases of a sum are the highest among its parts, of caps over it the lowest; fewer phases required by a station's
  cap bind its EVSEs as well. An EVSE that only fills the sum counts with the phases of those caps, else with the
  default phases; where nothing leads at all the sum names none (R12).
- phaseToUse of leaders that contradict each other is left out (refused at install, 3.7), as in every sum and in 1.6.
- Local generation where nothing limits adds nothing. DC results carry no phases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from localctl.charging.base.instants import Instant
from localctl.charging.base.units import UNKNOWN, HardLimit, Supply
from localctl.charging.composition.composite_curves import CompositePeriod, merged
from localctl.charging.composition.composite_runs import (
    UNLIMITED,
    Candidate,
    Rate,
    Timeline,
    TooManyPieces,
    changes,
    heard,
    leaders,
)
from localctl.charging.composition.composite_stack import Book, evse_stacks, relative_zero, station_stacks
from localctl.charging.profile.profiles import Protocol, RateUnit

# What the field assumes of hardware it knows nothing of: 48 A, and the same on three phases at 230 V.
USUAL_SUPPLY: Final = Supply()
USUAL_DEFAULT: Final = HardLimit(limit_a=48.0, limit_w=33120.0)
NOBODY: Final = 9  # more phases than anybody has: no leader
MAX_STATION_PIECES: Final = 300_000
MAX_SUMMANDS: Final = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked for: from when, for how many seconds (0: only now, R18), in which unit.

    `schedule_index` picks the i-th schedule of profiles that have several (ISO 15118, K15.FR.22).
    """

    start_at: Instant
    duration_s: int
    unit: RateUnit
    schedule_index: int = 0

    @property
    def end_at(self) -> int:
        """First second no longer asked for."""
        return self.start_at + max(1, self.duration_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What an EVSE is fed by and delivers: `local` fills gaps and caps; without it gaps take `default` (R12, R14)."""

    supply: Supply = USUAL_SUPPLY
    local: HardLimit = UNKNOWN
    default: HardLimit = USUAL_DEFAULT


class Worth(NamedTuple):
    """What a number of phases means: watts per ampere, and what the hardware delivers in the asked unit (R14)."""

    factor: float
    hard: float | None


class Resolver:
    """Turns the leaders of one instant into one limit, for one supply and one unit.

    Called for every change of every schedule, so what depends on the phases alone is kept.
    """

    def __init__(self, rating: Rating, unit: RateUnit) -> None:
        self.rating = rating
        self.supply = rating.supply
        self.in_amps = unit is RateUnit.AMPS
        self.worths: dict[int, Worth] = {}

    def resolve(
        self,
        leading: Sequence[Rate | None],
        extra: Rate | None,
        binding: Sequence[Rate | None] = (),
        total: float = UNLIMITED,
    ) -> Rate:
        """The lowest of the leaders plus what comes on top, inside what the hardware delivers (R9 to R12, R14).

        `binding` leaders only bind the phases: caps of the station above, which limit the sum. `total` is what the
        parts below sum up to.
        """
        lowest_a, lowest_w, phases = self.lowest(leading)
        if phases == NOBODY:
            most = self.lowest(binding)[2]
            fill_phases = self.supply.default_phases if most == NOBODY else most
            return Rate(self.gap(self.worth(fill_phases)), self.in_amps, None, None, fill_phases)
        if binding:
            phases = min(phases, self.lowest(binding)[2])
        factor, hard = self.worths.get(phases) or self.worth(phases)
        limit = min(total, lowest_a, lowest_w / factor) if self.in_amps else min(total, lowest_a * factor, lowest_w)
        if extra is not None:
            limit += self.in_unit(extra, factor)
        if hard is not None and hard < limit:
            limit = hard
        return Rate(limit, self.in_amps, phases, chosen_phase(leading) if phases == 1 else None)

    def lowest(self, leading: Sequence[Rate | None]) -> tuple[float, float, int]:
        """The lowest in amperes, the lowest in watts, and the fewest phases, absent counting as the default (R10)."""
        lowest_a = lowest_w = UNLIMITED
        fewest, default = NOBODY, self.supply.default_phases
        # The innermost loop of everything: plain comparisons, a call of min() for each would double its time.
        for rate in leading:
            if rate is None:
                continue
            limit, in_amps, phases, _, _ = rate
            if in_amps and limit < lowest_a:
                lowest_a = limit
            elif not in_amps and limit < lowest_w:
                lowest_w = limit
            if (phases or default) < fewest:
                fewest = phases or default
        return lowest_a, lowest_w, fewest

    def in_unit(self, rate: Rate, factor: float) -> float:
        """A limit in the asked unit (R11)."""
        if rate.in_amps == self.in_amps:
            return rate.limit
        return rate.limit * factor if rate.in_amps else rate.limit / factor

    def worth(self, phases: int) -> Worth:
        """What so many phases mean, kept for the next time."""
        factor = self.supply.watts_per_amp(phases)
        self.worths[phases] = Worth(factor, self.rating.local.lowest(self.in_amps, factor))
        return self.worths[phases]

    def gap(self, worth: Worth) -> float:
        """What counts where nothing applies: the hardware, else the default in the asked unit (R12)."""
        if worth.hard is not None:
            return worth.hard
        given = self.rating.default
        exact = given.limit_a if self.in_amps else given.limit_w
        return exact if exact is not None else given.lowest(self.in_amps, worth.factor) or 0.0


def chosen_phase(leading: Sequence[Rate | None]) -> int | None:
    """The phase all one-phase leaders that name one agree on."""
    named = {rate.phase_to_use for rate in leading if rate is not None and rate.phases == 1 and rate.phase_to_use}
    return named.pop() if len(named) == 1 else None


def evse_schedule(book: Book, evse_id: int, ask: Ask, rating: Rating) -> list[CompositePeriod]:
    """The composite schedule of one EVSE, exact, equal neighbours merged (K08.FR.04).

    Raises TooManyPieces when the window holds more steps than anybody can use.
    """
    stacks = evse_stacks(book, evse_id, ask.start_at, ask.schedule_index, alone=True)
    above = station_stacks(book, relative_zero(book, evse_id, ask.start_at), ask.schedule_index)
    resolver = Resolver(rating, ask.unit)
    lines = leaders_in(ask, stacks.session, stacks.external, above.external, above.station_max, stacks.generation)
    result = [(at, resolver.resolve(current[:4], current[4])) for at, current in changes(lines)]
    return to_periods(result, ask, with_phases=not rating.supply.dc, with_choice=book.protocol is not Protocol.V16)


def station_schedule(book: Book, ratings: Mapping[int, Rating], ask: Ask, station: Rating) -> list[CompositePeriod]:
    """The composite schedule of EVSE 0: the sum over the EVSEs in `ratings` under the station's own caps (R13).

    Raises TooManyPieces when the window holds more steps than anybody can use.
    """
    above = station_stacks(book, ask.start_at, ask.schedule_index)
    own = leaders_in(ask, above.generation, above.station_max, above.external)
    parts = station_parts(book, ratings, ask, own[1:])
    total = Total(Resolver(station, ask.unit), all(each.local.known for each in ratings.values()))
    result = [(at, total.resolve(current[3:], current[1:3], current[0])) for at, current in changes([*own, *parts])]
    return to_periods(result, ask, with_phases=not station.supply.dc, with_choice=False)


def station_parts(book: Book, ratings: Mapping[int, Rating], ask: Ask, above: Sequence[Timeline]) -> Sequence[Timeline]:
    """What each EVSE adds; raises TooManyPieces as soon as it is clear that the sum would be endless work."""
    parts: list[Timeline] = []
    pieces = 0
    for evse_id, rating in ratings.items():
        parts.append(evse_part(book, evse_id, ask, rating, above))
        pieces += len(parts[-1])
        if pieces > MAX_STATION_PIECES:
            raise TooManyPieces
    if len({at for part in parts for at, _ in part}) * len(parts) > MAX_SUMMANDS:
        raise TooManyPieces
    return parts


def evse_part(book: Book, evse_id: int, ask: Ask, rating: Rating, above: Sequence[Timeline]) -> Timeline:
    """What one EVSE adds to its station's sum, at its own phases; the caps `above` only bind those phases (R13)."""
    stacks = evse_stacks(book, evse_id, ask.start_at, ask.schedule_index, alone=False)
    lines = [*leaders_in(ask, stacks.generation, stacks.session, stacks.external), *above]
    resolver = Resolver(rating, ask.unit)
    return [(at, resolver.resolve(current[1:3], current[0], current[3:])) for at, current in changes(lines)]


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of a station's EVSEs under its caps. `parts_known`: hardware of every EVSE is known."""

    resolver: Resolver
    parts_known: bool

    def resolve(self, parts: Sequence[Rate | None], leading: Sequence[Rate | None], extra: Rate | None) -> Rate:
        """One instant: the sum where an EVSE is limited, the caps where only they are, hardware where nothing is."""
        total, phases, limited = 0.0, 0, False
        for part in heard(parts):
            total += part.limit
            phases = max(phases, part.phases or part.fill_phases or 0)
            limited = limited or part.phases is not None
        resolver = self.resolver
        if limited:
            return resolver.resolve([Rate(total, resolver.in_amps, phases, None), *leading], extra)
        hard = resolver.worth(resolver.supply.default_phases).hard
        of_parts = self.parts_known or hard is None
        if any(leading):
            return resolver.resolve(leading, extra, total=total if of_parts else UNLIMITED)
        fills = total if hard is None else min(hard, total if self.parts_known else hard)
        return Rate(fills, resolver.in_amps, None, None)


def leaders_in(ask: Ask, *stacks: Sequence[Candidate]) -> list[Timeline]:
    """Who leads each stack inside the asked window."""
    return [leaders(stack, ask.start_at, ask.end_at) for stack in stacks]


def to_periods(result: Timeline, ask: Ask, *, with_phases: bool, with_choice: bool) -> list[CompositePeriod]:
    """The result counted from the asked instant, equal neighbours merged (R17)."""
    found: list[CompositePeriod] = []
    before = None
    for at, rate in result:
        if rate is not None and rate != before:
            phases = rate.phases if with_phases else None
            chosen = rate.phase_to_use if with_phases and with_choice else None
            found.append(CompositePeriod(at - ask.start_at, rate.limit, phases, chosen))
            before = rate
    return found if with_phases and with_choice else merged(found)
