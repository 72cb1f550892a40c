"""A car as the charging station sees it: it takes what it is offered, up to what it can, less when nearly full."""

from dataclasses import dataclass

NOMINAL_V = 230.0
FLOOR_A = 6.0
"""Below this an AC car does not charge at all (IEC 61851)."""


@dataclass(slots=True, kw_only=True)
class Car:
    """One car. `phases` is 1 or 3; `soc` is 0 to 1 and grows; above `taper_from` the battery asks for less and less."""

    phases: int = 3
    max_a: float = 16.0
    battery_wh: float = 60_000.0
    soc: float = 0.3
    taper_from: float = 0.8
    target_soc: float = 1.0

    def asks_a(self) -> float:
        """Amperes per phase that the battery would take now; 0 when it has enough."""
        if self.soc >= self.target_soc:
            return 0.0
        over = max(0.0, self.soc - self.taper_from) / max(1.0 - self.taper_from, 1e-9)
        return max(FLOOR_A, self.max_a * (1.0 - over))

    def draws_a(self, offered_a: float) -> float:
        """Amperes per phase it takes of an offer: nothing below the floor."""
        return 0.0 if offered_a < FLOOR_A else min(offered_a, self.asks_a())

    def charge(self, drawn_a: float, wires: int, seconds: float) -> float:
        """Let a current flow on so many phases for a while; returns the energy in watt-hours."""
        energy_wh = drawn_a * NOMINAL_V * wires * seconds / 3600.0
        self.soc = min(1.0, self.soc + energy_wh / self.battery_wh)
        return energy_wh
