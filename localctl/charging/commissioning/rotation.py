"""Which phases moved, at the station's own meter and at the site's, and what wiring that leaves possible.

Currents are held against each other in pairs: much and little, little and much again. A conductor has moved where each
pair shows at least half of the step, and has not where none shows a quarter of it; anything else says nothing, because
others on the site switch too. A three-phase car moves all three, which tells nothing about their order: a one-phase
car names the conductor behind the station's L1, and electricians who rotate keep the direction.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from localctl.charging.base.phases import ROTATIONS, PerPhase

CLEAR_PART: Final = 0.5
QUIET_PART: Final = 0.25
LETTERS: Final = "RST"
CYCLIC: Final = ("RST", "STR", "TRS")
"""The orders that keep the direction of rotation, which is how stations are wired one after the other."""
Pair = tuple[PerPhase, PerPhase]


def moved(pairs: Sequence[Pair], step_a: float) -> tuple[int, ...] | None:
    """The conductors (1 to 3) that follow a step of `step_a` in every pair of (much, little); None: not clear."""
    found = []
    for phase in range(3):
        falls = [_fall(much[phase], little[phase]) for much, little in pairs]
        if not falls:
            return None
        if all(fall >= CLEAR_PART * step_a for fall in falls):
            found.append(phase + 1)
        elif any(abs(fall) > QUIET_PART * step_a for fall in falls):
            return None
    return tuple(found)


def _fall(much: float | None, little: float | None) -> float:
    return 0.0 if much is None or little is None else much - little


def of_station(currents: Mapping[int, float]) -> PerPhase:
    """What a station shows, as three conductors."""
    return (currents.get(1), currents.get(2), currents.get(3))


def candidates(station: tuple[int, ...], site: tuple[int, ...], phases: int) -> tuple[str, ...]:
    """The values of `phase_rotation` that turn the station's conductors into the site's; the likeliest first.

    `phases` is how many conductors the station has. None where all three moved, or the numbers do not match.
    """
    if not station or len(station) != len(site) or len(site) == 3:
        return ()
    if phases == 1:
        return (LETTERS[site[0] - 1],)
    fitting = [
        name
        for name, wiring in ROTATIONS.items()
        if len(wiring) == 3 and {wiring[number - 1] for number in station} == {phase - 1 for phase in site}
    ]
    return tuple(sorted(fitting, key=lambda name: name not in CYCLIC))
