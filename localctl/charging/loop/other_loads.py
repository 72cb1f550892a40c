"""What flows on each panel beside our EVSEs: meters where there are meters, reservations elsewhere.

A load with a meter of its own counts with what that meter lets expect (`limits_baseload`), on its panel and on every
panel above. Adopted stations have a load of their own, which stands for all of them at their adopted current; what one
of them may still draw beyond that, because it has not confirmed its limit, is added there (P2).
"""

from collections.abc import Mapping
from dataclasses import replace

from localctl.charging.base.phases import PerPhase
from localctl.charging.limiting.limits_baseload import BaseLoad, MeterRules, estimate, metered
from localctl.charging.limiting.limits_effective import Other, base_load
from localctl.charging.tree.topology import Load, Topology

NOT_TOLD: PerPhase = (None, None, None)


class OtherLoads:
    """The loads of one site and their meters."""

    def __init__(self, topology: Topology, meters: Mapping[str, MeterRules], before: "OtherLoads | None") -> None:
        self._topology, self._meters = topology, meters
        self._known: dict[str, BaseLoad] = {} if before is None else dict(before._known)
        self._reserved = base_load(topology, {})

    def metered(self, load: str, amps: PerPhase, now: float) -> None:
        """A reading of a load's meter. KeyError for a load without one."""
        rules = self._meters[load]
        self._known[load] = metered(self._known.get(load, BaseLoad()), amps, NOT_TOLD, now, rules)

    def estimates(self, now: float) -> dict[str, Other]:
        """What each metered load is taken to draw, and how that is known."""
        return {load: estimate(self._known.get(load, BaseLoad()), now, rules) for load, rules in self._meters.items()}

    def read_at(self, load: str) -> float | None:
        """When a load's meter was last read; None where it never was."""
        known = self._known.get(load)
        return known.samples[-1][0] if known is not None and known.samples else None

    def reading(self, load: str) -> tuple[float, PerPhase] | None:
        """When a load's meter was last read, and what it showed; None where it never was."""
        known = self._known.get(load)
        return known.samples[-1] if known is not None and known.samples else None

    def on_panels(self, now: float, beyond_a: Mapping[str, float] | None = None) -> dict[str, Other]:
        """Other load per panel. `beyond_a` is what a load may draw on each phase above its reservation."""
        read, beyond_a = self.estimates(now), {name: amps for name, amps in (beyond_a or {}).items() if amps > 0}
        if not read and not beyond_a:
            return self._reserved
        loads = {
            name: _more(replace(load, reserved_a=read[name].a) if name in read else load, beyond_a.get(name, 0.0))
            for name, load in self._topology.loads.items()
        }
        told, found = self._told(loads, read), base_load(replace(self._topology, loads=loads), {})
        words = {panel: " + ".join(sorted(told.get(panel, ()))) or "nothing" for panel in found}
        return {panel: replace(other, source=words[panel]) for panel, other in found.items()}

    def _told(self, loads: Mapping[str, Load], read: Mapping[str, Other]) -> dict[str, set[str]]:
        """How what flows on each panel is known: the words of every load on it or below it."""
        found: dict[str, set[str]] = {}
        for name, load in loads.items():
            for panel in self._topology.panels_above(load.panel) if any(load.reserved_a) else ():
                found.setdefault(panel.id, set()).add(read[name].source if name in read else "reserved")
        return found


def _more(load: Load, amps: float) -> Load:
    """The load with so much more on each of its phases."""
    r, s, t = (None if phase is None else phase + amps for phase in load.reserved_a)
    return load if not amps else replace(load, reserved_a=(r, s, t))
