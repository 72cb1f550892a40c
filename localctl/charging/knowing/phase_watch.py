"""Which phases a car really uses, told by currents over time (quirk 36).

A phase counts as used at once when it carries a real current: more than the residual current of filters, and not a
sliver beside the others. It counts as unused only after several samples in which the car charges and that phase
carries nothing, so that a sample taken during a ramp or a phase change frees no headroom that is needed a moment later.
"""

from dataclasses import dataclass, field
from typing import Final

RESIDUAL_A: Final = 1.5
SLIVER: Final = 0.15
CHARGING_A: Final = 5.0
QUIET_SAMPLES: Final = 3
ALL: Final = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseWatch:
    """`used` None: not known, count with all. `quiet` is for how many samples each used phase carried nothing."""

    used: tuple[int, ...] | None = None
    quiet: dict[str, int] = field(default_factory=dict)


def sampled(watch: PhaseWatch, current_a: dict[int, float]) -> PhaseWatch:
    """Take in currents that were told per phase. A phase that was not told says nothing: missing is not zero."""
    top_a = max(current_a.values(), default=0.0)
    if top_a < CHARGING_A:
        return watch
    carrying = {phase for phase, amps in current_a.items() if amps > max(RESIDUAL_A, SLIVER * top_a)}
    before = set(ALL if watch.used is None else watch.used)
    quiet = {
        phase: watch.quiet.get(str(phase), 0) + 1 for phase in before if phase in current_a and phase not in carrying
    }
    gone = {phase for phase, count in quiet.items() if count >= QUIET_SAMPLES}
    used = tuple(sorted((before | carrying) - gone))
    return PhaseWatch(used=used, quiet={str(phase): count for phase, count in quiet.items() if phase not in gone})
