"""Keeping phases even: what has to give way where a panel limits the spread between its phases.

Only cars that load one phase more than another can change a spread, so only they are trimmed: those on the high phase,
the best served per weight first, down to their minima. Where even the minima are too uneven the last in rank pauses.
Cars on all three phases are left alone; cutting them would cure nothing.

The spread counts our own cars, not other loads. It is not safe under drops: when a car on another phase stops by
itself, the next allocation trims again. `Imbalance.STRICT` is the mode that is safe, by rows of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from localctl.charging.allocation.waterfill import Car
from localctl.charging.tree.rows import Network, RowKind
from localctl.charging.tree.topology import Imbalance

EVEN_A = 1e-6
MOST_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Spread:
    """A panel whose phases must stay within `limit_a` of each other, with its current rows."""

    panel: str
    limit_a: float
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """What a car has to come down to (0: pause), and the row of the phase that was too high."""

    amps: float
    row: int


def spreads(network: Network) -> tuple[Spread, ...]:
    """The panels with a corrective imbalance limit."""
    found = []
    for name, panel in sorted(network.topology.panels.items()):
        if panel.imbalance_limit_a is not None and panel.imbalance is Imbalance.CORRECTIVE:
            own = [
                number
                for number, row in enumerate(network.rows)
                if row.node == ("panel", name) and row.kind is RowKind.CURRENT
            ]
            found.append(Spread(name, panel.imbalance_limit_a, tuple(own)))
    return tuple(found)


def cuts(
    network: Network, limits: Sequence[Spread], cars: Sequence[Car], amps: Sequence[float], last: Sequence[int]
) -> dict[int, Cut]:
    """What each car (by number) must come down to so that every spread holds; nothing where all hold.

    `last` is the order of pausing: the car that pauses first comes first.
    """
    now, found = list(amps), dict[int, Cut]()
    lean = {spread: _leanings(network, spread, cars) for spread in limits}
    for _ in range(MOST_ROUNDS + len(cars)):
        worst = max((_worst(spread, lean[spread], now) for spread in limits), default=None, key=lambda w: w[0])
        if worst is None or worst[0] <= EVEN_A:
            break
        excess, row, leaning = worst
        for car, amount in _trim(excess, leaning, cars, now, last).items():
            now[car] = amount
            found[car] = Cut(amount, row)
    return found


def _leanings(network: Network, spread: Spread, cars: Sequence[Car]) -> dict[int, tuple[float, ...]]:
    """Cars that load the panel's phases unequally, with their factor on each."""
    by_footprint: dict[int, tuple[float, ...]] = {}
    for footprint in {car[0] for car in cars}:
        lanes = {lane: factor for factor, lanes in network.footprints[footprint].blocks for lane in lanes}
        factors = tuple(sum(lanes.get(lane, 0.0) for lane in network.rows[row].lanes) for row in spread.rows)
        if max(factors, default=0.0) > min(factors, default=0.0):
            by_footprint[footprint] = factors
    return {number: by_footprint[car[0]] for number, car in enumerate(cars) if car[0] in by_footprint}


def _worst(
    spread: Spread, leanings: dict[int, tuple[float, ...]], amps: Sequence[float]
) -> tuple[float, int, dict[int, float]]:
    """By how much the worst pair of phases is over, the row of the high one, and how much each car leans that way."""
    worst, pair = 0.0, (0, 0)
    for high, low in permutations(range(len(spread.rows)), 2):
        over = sum((k[high] - k[low]) * amps[car] for car, k in leanings.items()) - spread.limit_a
        if over > worst:
            worst, pair = over, (high, low)
    row = spread.rows[pair[0]] if spread.rows else 0
    return worst, row, {car: lean for car, k in leanings.items() if (lean := k[pair[0]] - k[pair[1]]) > 0}


def _trim(
    excess: float, leaning: dict[int, float], cars: Sequence[Car], amps: Sequence[float], last: Sequence[int]
) -> dict[int, float]:
    """New amperes for the cars that lean: one common level of amperes per weight, none below its minimum."""
    live = {car: lean for car, lean in leaning.items() if amps[car] > 0}
    room = sum(lean * max(0.0, amps[car] - cars[car][2]) for car, lean in live.items())
    if room < excess - EVEN_A:
        return dict.fromkeys(_pausing(excess - room, live, cars, last), 0.0)
    tops = sorted({amps[car] / cars[car][1] for car in live} | {cars[car][2] / cars[car][1] for car in live})
    level = _level(excess, live, cars, amps, tops)
    lowered = {car: max(cars[car][2], level * cars[car][1]) for car in live}
    return {car: amount for car, amount in lowered.items() if amount < amps[car]}


def _pausing(missing: float, live: dict[int, float], cars: Sequence[Car], last: Sequence[int]) -> list[int]:
    """The cars, last in rank first, whose minima make up for what trimming alone cannot take off."""
    found = []
    for car in last:
        if car in live and missing > EVEN_A:
            missing -= live[car] * cars[car][2]
            found.append(car)
    return found


def _level(
    excess: float, live: dict[int, float], cars: Sequence[Car], amps: Sequence[float], edges: Sequence[float]
) -> float:
    """The level at which exactly `excess` has been taken off: exact, between two neighbouring edges."""

    def taken(level: float) -> float:
        held = ((car, max(cars[car][2], level * cars[car][1])) for car in live)
        return sum(live[car] * max(0.0, amps[car] - amount) for car, amount in held)

    for low, high in zip(reversed(edges[:-1]), reversed(edges[1:]), strict=True):
        at_low, at_high = taken(low), taken(high)
        if at_low >= excess:
            return low if at_low == at_high else low + (high - low) * (at_low - excess) / (at_low - at_high)
    return edges[0]
