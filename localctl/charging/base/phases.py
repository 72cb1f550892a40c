"""Phases: how a station's conductors meet the site's, and what one ampere there means on each conductor above.

The site has three conductors, L1 to L3 (OCPP's R, S and T). A station names its own conductors 1 to 3; its
PhaseRotation says which site conductor each of them is: with "STR" the station's L1 hangs on the site's L2. Where the
rotation is not known, an ampere is costed on every conductor, because any of them may carry it.

Currents are complex numbers, so that cars connected between two conductors (208 V) add up as they do in copper: two
such cars sharing a conductor load it with sqrt(3), not 2, times their current. For ordinary star connections every
ampere on a conductor has the same angle and the complex sum is the plain sum.
"""

import cmath
import math

PHASES = ("L1", "L2", "L3")
PerPhase = tuple[float | None, float | None, float | None]
Vector = tuple[complex, complex, complex]

UNKNOWN = "unknown"
ROTATIONS: dict[str, tuple[int, ...]] = {
    "RST": (0, 1, 2), "RTS": (0, 2, 1), "SRT": (1, 0, 2), "STR": (1, 2, 0), "TRS": (2, 0, 1), "TSR": (2, 1, 0),
    "R": (0,), "S": (1,), "T": (2,),
}  # fmt: skip

VOLTAGE: Vector = (1 + 0j, cmath.rect(1, -2 * math.pi / 3), cmath.rect(1, 2 * math.pi / 3))


def conductors(rotation: str, used: tuple[int, ...]) -> tuple[int, ...] | None:
    """Which site conductors (0 to 2) the station's conductors `used` (1 to 3) are; None when the rotation is unknown.

    A conductor that the rotation does not name (the second one of a station on "S") is left out.
    """
    if rotation == UNKNOWN:
        return None
    wiring = ROTATIONS[rotation]
    return tuple(wiring[number - 1] for number in used if number <= len(wiring))


def star(phases: tuple[int, ...]) -> Vector:
    """One ampere on each of the site conductors `phases`, in phase with its voltage to neutral."""
    return _vector({phase: VOLTAGE[phase] for phase in phases})


def line_to_line(pairs: tuple[tuple[int, int], ...]) -> Vector:
    """One ampere from the first to the second conductor of every pair, in phase with the voltage between them."""
    sums: dict[int, complex] = {}
    for here, there in pairs:
        between = VOLTAGE[here] - VOLTAGE[there]
        current = between / abs(between)
        sums[here] = sums.get(here, 0j) + current
        sums[there] = sums.get(there, 0j) - current
    return _vector(sums)


def through_delta_wye(currents: Vector, ratio: float) -> Vector:
    """The primary line currents of a delta-wye transformer that carries `currents` on its secondary.

    `ratio` is primary over secondary line voltage: three equal currents leave as the same three divided by it.
    """
    turns = ratio * math.sqrt(3)
    a, b, c = currents
    return ((a - c) / turns, (b - a) / turns, (c - b) / turns)


def _vector(sums: dict[int, complex]) -> Vector:
    return (sums.get(0, 0j), sums.get(1, 0j), sums.get(2, 0j))
