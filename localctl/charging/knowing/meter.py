"""Meter values as stations really send them, turned into one `Sample` (quirks 33 and 36).

Phases come as L1, L1-N, L1-L2 (not used), N (not used) or not at all; values as numbers or text, with blanks or
newlines around; units in any spelling, with a multiplier in 2.x; powers in W or kW. What cannot be read is skipped,
never taken for zero. Values at the outlet win over those at the inlet or in the car.
"""

import math
from collections.abc import Iterator
from typing import Any, Final

from localctl.charging.knowing.facts import Sample

PHASES: Final = {"L1": 1, "L2": 2, "L3": 3, "L1-N": 1, "L2-N": 2, "L3-N": 3}
FACTORS: Final = {"a": 1.0, "ma": 1e-3, "w": 1.0, "kw": 1e3, "va": 1.0, "kva": 1e3, "wh": 1.0, "kwh": 1e3, "v": 1.0}
DEFAULT_UNIT: Final = {"Current.Import": "a", "Power.Active.Import": "w", "Voltage": "v"}
ENERGY: Final = "Energy.Active.Import.Register"
# More than any EVSE can have: such a value is a fault of the meter or of its unit, and says nothing.
MOST: Final = {"Current.Import": 5e3, "Power.Active.Import": 5e6, "Voltage": 5e3}
# A neutral conductor measured as a phase, or a phase that floats (quirk 36), is no supply voltage.
LOWEST_V: Final = 180.0
MOST_VALUES: Final = 500
MOST_WH: Final = 1e15


def sample_of(meter_values: object) -> Sample:
    """One sample of everything told; of values told twice the later one counts."""
    found: dict[tuple[str, int], float] = {}
    rank: dict[tuple[str, int], int] = {}
    for value in _sampled(meter_values):
        measurand, phase = value.get("measurand") or ENERGY, value.get("phase")
        if not isinstance(measurand, str) or not (phase is None or (isinstance(phase, str) and phase in PHASES)):
            continue
        number = _scaled(value, measurand)
        key = (measurand, PHASES[phase] if phase is not None else 0)
        here = _nearness(value.get("location"))
        if number is not None and here >= rank.get(key, 0):
            found[key], rank[key] = number, here
    return Sample(
        phase_a=_per_phase(found, "Current.Import"),
        one_a=found.get(("Current.Import", 0)),
        phase_w=_per_phase(found, "Power.Active.Import"),
        total_w=found.get(("Power.Active.Import", 0)),
        phase_v={phase: volts for phase, volts in _per_phase(found, "Voltage").items() if volts >= LOWEST_V},
        one_v=found.get(("Voltage", 0)),
        energy_wh=found.get((ENERGY, 0)),
        soc=found.get(("SoC", 0)),
    )


def of_dc(sample: Sample, watts_per_a: float) -> Sample:
    """What a DC EVSE draws from the supply. Its current is the cable's: its power tells, or else amperes by volts."""
    watts = sum(sample.phase_w.values()) if sample.total_w is None and sample.phase_w else sample.total_w
    if watts is None and sample.one_a is not None and sample.one_v is not None:
        watts = sample.one_a * sample.one_v
    return Sample(one_a=None if watts is None else watts / watts_per_a, energy_wh=sample.energy_wh, soc=sample.soc)


def currents_of(sample: Sample, voltage_v: float, phases: tuple[int, ...]) -> dict[int, float]:
    """Amperes per phase, as far as they can be known; `phases` are those the car uses or may use.

    Measured currents come first, then powers per phase, then one value for all. Total power over several phases is
    shared out evenly, as three-phase cars do. The amount counts, not the sign: a current transformer put in the wrong
    way round shows less than nothing on a conductor that is in full use.
    """
    known = dict(sample.phase_a)
    for phase, watts in sample.phase_w.items():
        known.setdefault(phase, watts / sample.phase_v.get(phase, voltage_v))
    if not known and sample.one_a is not None:
        known = dict.fromkeys(phases, sample.one_a)
    elif not known and sample.total_w is not None:
        known = {phase: sample.total_w / len(phases) / sample.phase_v.get(phase, voltage_v) for phase in phases}
    return {phase: abs(amps) for phase, amps in known.items()}


def from_power(sample: Sample, phases: tuple[int, ...]) -> bool:
    """Whether any of these amperes is a power by a voltage that nobody measured (EN 50160: 10 % either way)."""
    if sample.phase_a or sample.phase_w:
        return bool(sample.phase_w.keys() - sample.phase_a.keys() - sample.phase_v.keys())
    return sample.one_a is None and sample.total_w is not None and not sample.phase_v.keys() >= set(phases)


def number_of(raw: object) -> float | None:
    """A finite number from a number or from text with blanks around; None for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        return None
    try:
        number = float(raw.strip().replace(",", ".") if isinstance(raw, str) else raw)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _per_phase(found: dict[tuple[str, int], float], measurand: str) -> dict[int, float]:
    return {phase: number for (what, phase), number in found.items() if what == measurand and phase}


def _sampled(meter_values: object) -> Iterator[dict[str, Any]]:
    left = MOST_VALUES
    for each in meter_values if isinstance(meter_values, list) else ():
        values = each.get("sampledValue") if isinstance(each, dict) else None
        for value in values if isinstance(values, list) else ():
            left -= 1
            if left < 0:
                return
            if isinstance(value, dict):
                yield value


def _scaled(value: dict[str, Any], measurand: str) -> float | None:
    number = number_of(value.get("value"))
    if number is None or value.get("format") == "SignedData":
        return None
    described = value.get("unitOfMeasure")
    described = described if isinstance(described, dict) else {}
    unit = described.get("unit", value.get("unit"))
    multiplier = number_of(described.get("multiplier", 0)) or 0.0
    if measurand == "SoC":
        return number if 0 <= number <= 100 else None
    if not isinstance(unit, str) or not unit.strip():
        unit = DEFAULT_UNIT.get(measurand, "wh")
    factor = FACTORS.get(unit.strip().lower())
    if factor is None or abs(multiplier) > 12:
        return None
    scaled = float(number * factor * 10.0**multiplier)
    return scaled if abs(scaled) <= MOST.get(measurand, MOST_WH) else None


def _nearness(location: object) -> int:
    return {"Outlet": 3, "EV": 0, "Inlet": 1}.get(location, 1) if isinstance(location, str) else 2
