"""What others draw behind a meter: kept high when it jumps, replaced by the worst case when the meter falls silent.

The meter sees everything; our own EVSEs' currents of the same moment are taken off. The estimate is the most seen in
the last minute, plus a margin for how much it may still rise before we can react: the largest rise seen, fading over
hours, and never less than 1 A or 2 %. Production behind the meter never makes room: below 0 counts as 0.
"""

from dataclasses import dataclass, replace
from math import isfinite

from localctl.charging.base.phases import PerPhase
from localctl.charging.limiting.limits_effective import Other

NONE: PerPhase = (None, None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRules:
    """How a meter is trusted: seconds and amperes. `worst_a` is the base load assumed when it is stale.

    After two missed intervals the margin counts twice; after `stale_after_s` (10 s at the main connection, 60 s below
    it, is usual) the meter is stale.
    """

    worst_a: PerPhase
    interval_s: float = 1.0
    stale_after_s: float = 10.0
    window_s: float = 60.0
    least_a: float = 1.0
    least_part: float = 0.02
    halving_s: float = 6 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseLoad:
    """What a meter showed lately: (instant, base per phase), newest last, and the largest rise, faded."""

    samples: tuple[tuple[float, PerPhase], ...] = ()
    rise_a: tuple[float, float, float] = (0.0, 0.0, 0.0)


def metered(state: BaseLoad, meter_a: PerPhase, own_a: PerPhase, at: float, rules: MeterRules) -> BaseLoad:
    """The state after a reading. `own_a` is what our EVSEs below drew then (None and unmetered: nothing is taken off).

    A phase that is missing or not a number is missing, not 0. A reading older than the newest one changes nothing.
    """
    last = state.samples[-1] if state.samples else None
    base = tuple(_base(meter, own) for meter, own in zip(meter_a, own_a, strict=True))
    sample: PerPhase = (base[0], base[1], base[2])
    if (last is not None and at <= last[0]) or sample == NONE:
        return state
    rises = tuple(_rise(state, phase, sample[phase], at, rules) for phase in range(3))
    kept = tuple(old for old in state.samples if old[0] > at - rules.window_s)
    return replace(state, samples=(*kept, (at, sample)), rise_a=(rises[0], rises[1], rises[2]))


def _base(meter_a: float | None, own_a: float | None) -> float | None:
    if meter_a is None or not isfinite(meter_a):
        return None
    return max(0.0, meter_a - (own_a if own_a is not None and isfinite(own_a) else 0.0))


def _rise(state: BaseLoad, phase: int, base: float | None, at: float, rules: MeterRules) -> float:
    """The largest rise between readings, halved every few hours, so that one odd day is forgotten."""
    if not state.samples:
        return 0.0
    before_at, before = state.samples[-1]
    faded: float = state.rise_a[phase] * 0.5 ** ((at - before_at) / rules.halving_s)
    known = before[phase]
    return faded if base is None or known is None else max(faded, base - known)


def estimate(state: BaseLoad, now: float, rules: MeterRules) -> Other:
    """What to take off a panel's limits now, and how we know it."""
    if not state.samples:
        return Other(a=rules.worst_a, source="meter not heard: worst case")
    age_s = now - state.samples[-1][0]
    if age_s > rules.stale_after_s:
        return Other(a=rules.worst_a, source=f"meter stale for {age_s:.0f} s: worst case")
    margins = 2.0 if age_s > 2 * rules.interval_s else 1.0
    amps = [_phase_a(state, phase, margins, rules) for phase in range(3)]
    return Other(a=(amps[0], amps[1], amps[2]), source="meter")


def _phase_a(state: BaseLoad, phase: int, margins: float, rules: MeterRules) -> float | None:
    """The most in the window plus margins; the worst case for a phase the meter does not show."""
    seen = [sample[phase] for _, sample in state.samples]
    known = [amps for amps in seen if amps is not None]
    if not known:
        return rules.worst_a[phase]
    margin = max(rules.least_a, rules.least_part * max(known), state.rise_a[phase])
    return max(known) + margins * margin
