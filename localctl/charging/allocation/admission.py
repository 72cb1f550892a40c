"""Admission: which cars may charge at all when not every minimum fits.

Cars are taken in the order given, each at its minimum, whenever all its rows still hold. Looking only at rows that
would overflow with everybody in makes the usual case, where all fit, one sum per footprint. For one phase per car and
equal minima this greedy choice is the best possible (the sets that fit form a laminar matroid); with three-phase cars
among them it is a rule, and taking single-phase cars first where ranks are equal keeps it near the optimum.

A car that starves, because cars on their minimum on-time leave room only piecemeal, has the room on its rows kept for
it: those ranked after it do not get it meanwhile. One such promise per row, and only to cars that could fit.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from localctl.charging.allocation.waterfill import FREE, book, book_all
from localctl.charging.tree.rows import Network
from localctl.charging.tree.rows_phasor import length

SLACK_A = 1e-7


@dataclass(frozen=True, slots=True)
class Candidate:
    """A car that wants to charge: what it loads, its minimum, its class, and whether room is to be kept for it."""

    footprint: int
    min_a: float
    priority: int = 0
    starving: bool = False


def scarce_rows(
    network: Network, limits: Sequence[float], used: list[float], minima: Iterable[tuple[int, float]]
) -> frozenset[int]:
    """The rows that would overflow with everybody in: (footprint, minimum) of each; no row where all fit."""
    everyone = used.copy()
    footprints = book_all(network, everyone, minima)
    rows = {row for footprint in footprints for row in network.footprints[footprint].rows}
    return frozenset(row for row in rows if network.load(row, everyone) > limits[row] + SLACK_A)


def admit(
    network: Network, limits: Sequence[float], used: list[float], ranked: Sequence[Candidate], scarce: Set[int]
) -> list[int]:
    """For each candidate FREE (admitted) or the scarce row that had no room for its minimum.

    `used` holds what is on the lanes without any of them; it is not changed.
    """
    return _Gate(network, limits, used, scarce).pass_all(ranked)


class _Gate:
    """One by one past the scarce rows."""

    def __init__(self, network: Network, limits: Sequence[float], used: list[float], scarce: Set[int]) -> None:
        self.network, self.limits, self.scarce = network, limits, scarce
        self.base = used.copy()
        self.loaded = used.copy()
        self.promised: set[int] = set()
        self.checks: dict[int, list[tuple[int, dict[int, float]]]] = {}

    def pass_all(self, ranked: Sequence[Candidate]) -> list[int]:
        verdicts: list[int] = []
        for candidate in ranked:
            row = self._refusing(candidate, self.loaded)
            verdicts.append(row)
            if row == FREE:
                self._load(candidate)
            elif candidate.starving:
                self._promise(candidate, ranked, verdicts)
        return verdicts

    def _refusing(self, candidate: Candidate, loaded: list[float]) -> int:
        """The first scarce row that would overflow with this car's minimum on top; FREE when none would."""
        for row, factors in self._checks(candidate.footprint):
            if self._with(row, factors, candidate.min_a, loaded) > self.limits[row] + SLACK_A:
                return row
        return FREE

    def _checks(self, footprint: int) -> list[tuple[int, dict[int, float]]]:
        found = self.checks.get(footprint)
        if found is None:
            here = self.network.footprints[footprint]
            factors = {lane: factor for factor, lanes in here.blocks for lane in lanes}
            found = [
                (row, {lane: factors[lane] for lane in self.network.rows[row].lanes if lane in factors})
                for row in here.rows
                if row in self.scarce
            ]
            self.checks[footprint] = found
        return found

    def _with(self, row: int, factors: dict[int, float], amps: float, loaded: list[float]) -> float:
        here = self.network.rows[row]
        if not here.subsets:
            return loaded[row] + factors[row] * amps
        lanes = [loaded[lane] + factors.get(lane, 0.0) * amps for lane in here.lanes]
        return length(here.subsets, here.directions, lanes)

    def _load(self, candidate: Candidate) -> None:
        for _, factors in self._checks(candidate.footprint):
            for lane, factor in factors.items():
                self.loaded[lane] += factor * candidate.min_a

    def _promise(self, starving: Candidate, ranked: Sequence[Candidate], verdicts: list[int]) -> None:
        """Keep room for a starving car, unless cars of a higher class alone leave it none."""
        rows = {row for row, _ in self._checks(starving.footprint)}
        if rows & self.promised:
            return
        above = self.base.copy()
        for other, verdict in zip(ranked, verdicts, strict=False):
            if verdict == FREE and other.priority > starving.priority:
                book(self.network, above, other.footprint, other.min_a)
        if self._refusing(starving, above) == FREE:
            self.promised |= rows
            self._load(starving)
