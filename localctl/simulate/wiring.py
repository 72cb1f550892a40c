"""Which conductors of which panels a car's current flows through, worked out from OCPP's words and school physics.

The judge's own arithmetic. A station's terminals L1, L2, L3 hang on the site's phases in the order that PhaseRotation
spells (Part 2 appendix, PhaseRotation: "RST" is the standard order, "STR" means that L1 hangs on S). Currents are
complex: between line and neutral they point like that line's voltage, between two lines (208 V) like the difference of
both. Up through a delta-wye transformer each primary line carries the difference of two secondary ones.
"""

import cmath
import math
from dataclasses import dataclass
from typing import Final

from localctl.config.model import Config

LINES: Final = ("L1", "L2", "L3")
WATTS: Final = "W"
LETTERS: Final = "RST"
Spot = tuple[str, str]
"""A panel and one of its lines, or "W" for its total power."""
Flow = dict[Spot, complex]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a station hangs. `rotation` is how it is really wired, also when nobody wrote that down."""

    panel: str
    rotation: str
    line_to_line: bool = False


class Wiring:
    """The site's copper. `places` says where each station hangs."""

    def __init__(self, config: Config, places: dict[str, Place]) -> None:
        self.places = places
        self.volts = config.site.nominal_voltage_v
        self._parents = {panel.id: panel.parent for panel in config.panel}
        self._ratios = {panel.id: panel.transformer_ratio for panel in config.panel}
        self._known: dict[tuple[str, tuple[int, ...]], Flow] = {}

    def of_car(self, identity: str, conductors: tuple[int, ...]) -> Flow:
        """What one ampere on each of these conductors (1 to 3) of a station makes at every panel above."""
        known = self._known.get((identity, conductors))
        if known is None:
            place = self.places[identity]
            lines = pair_currents(place.rotation, conductors) if place.line_to_line else star(place, conductors)
            volts = self.volts * (math.sqrt(3) if place.line_to_line else 1.0)
            watts = volts * (1 if place.line_to_line else len(conductors))
            known = self._known[identity, conductors] = self.upwards(place.panel, lines, watts)
        return known

    def of_load(self, panel: str, amps: tuple[float, ...]) -> Flow:
        """A consumer with these amperes on L1 to L3, at unity power factor."""
        lines = {line: amps[line] * voltage(line) for line in range(3)}
        return self.upwards(panel, lines, sum(amps) * self.volts)

    def upwards(self, panel: str, lines: dict[int, complex], watts: float) -> Flow:
        """The same current at this panel and at every panel that feeds it."""
        flow: Flow = {}
        here: str | None = panel
        while here is not None:
            for line, current in lines.items():
                flow[here, LINES[line]] = current
            flow[here, WATTS] = complex(watts)
            ratio = self._ratios[here]
            lines = lines if ratio is None else primary(lines, ratio)
            here = self._parents[here]
        return flow


def voltage(line: int) -> complex:
    """The voltage of a line against neutral, as a pointer of length 1."""
    return cmath.rect(1.0, -math.radians(120.0 * line))


def star(place: Place, conductors: tuple[int, ...]) -> dict[int, complex]:
    """One ampere between each of these terminals and neutral."""
    lines = [LETTERS.index(place.rotation[number - 1]) for number in conductors if number <= len(place.rotation)]
    return {line: voltage(line) for line in lines}


def pair_currents(rotation: str, conductors: tuple[int, ...]) -> dict[int, complex]:
    """One ampere between each of these terminals and the next one."""
    lines: dict[int, complex] = {}
    for number in conductors:
        out = LETTERS.index(rotation[number - 1])
        back = LETTERS.index(rotation[number % 3])
        between = voltage(out) - voltage(back)
        pointer = between / abs(between)
        lines[out] = lines.get(out, 0j) + pointer
        lines[back] = lines.get(back, 0j) - pointer
    return lines


def primary(lines: dict[int, complex], ratio: float) -> dict[int, complex]:
    """The primary line currents of a delta-wye transformer; `ratio` is primary over secondary line voltage."""
    a, b, c = (lines.get(line, 0j) for line in range(3))
    turns = ratio * math.sqrt(3.0)
    return {0: (a - c) / turns, 1: (b - a) / turns, 2: (c - b) / turns}
