"""The figures of a day: energy asked for and delivered, fairness, waiting, loads against limits, profile writes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from localctl.simulate.day import Outcome
from localctl.simulate.judge import Cause
from localctl.simulate.station import Stay
from localctl.simulate.wiring import Spot
from localctl.simulate.world import Spent

TOLERATED_AS: Final = 0.01
"""Less is the rounding of floating point numbers."""
LEAST_WH: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One limit of one line of a panel: the fuse (`hard`) or the lowest that was set."""

    spot: Spot
    hard: bool
    spent: Spent

    @property
    def fault(self) -> float:
        """Ampere-seconds that the controller is to blame for."""
        return self.spent.over.get(Cause.FAULT, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything the report says. Energies in Wh, times in seconds, excess in ampere-seconds by cause."""

    cars: int
    asked_wh: float
    got_wh: float
    jain: float
    """Jain's index over each car's delivered part of what it asked: 1 is perfectly even, 1/n one car gets all."""
    least_part: float
    waits_s: tuple[float, ...]
    """From plugging in to the first ampere, the longest last."""
    never: int
    """Cars that never got an ampere although they wanted some."""
    lines: tuple[Line, ...]
    over: dict[Cause, float]
    writes: dict[str, int]

    @property
    def fuse_faults(self) -> list[Line]:
        """Fuses that were overdrawn by the controller's fault."""
        return [line for line in self.lines if line.hard and line.fault > TOLERATED_AS]

    @property
    def limit_faults(self) -> list[Line]:
        """Set limits that were exceeded by the controller's fault."""
        return [line for line in self.lines if not line.hard and line.fault > TOLERATED_AS]


def figures_of(outcome: Outcome) -> Figures:
    """Work them out."""
    hungry = [stay for stay in outcome.stays if stay.asked_wh >= LEAST_WH]
    parts = [stay.served_wh / stay.asked_wh for stay in hungry]
    lines = tuple(_lines(outcome))
    over: dict[Cause, float] = {}
    for line in lines:
        for cause, amount in line.spent.over.items():
            over[cause] = over.get(cause, 0.0) + amount
    return Figures(
        cars=len(outcome.stays),
        asked_wh=sum(stay.asked_wh for stay in hungry),
        got_wh=sum(stay.served_wh for stay in hungry),
        jain=jain(parts),
        least_part=min(parts, default=1.0),
        waits_s=tuple(sorted(_wait_s(stay) for stay in hungry if stay.first_amp_at is not None)),
        never=sum(stay.first_amp_at is None for stay in hungry),
        lines=lines,
        over=over,
        writes=outcome.writes,
    )


def jain(parts: list[float]) -> float:
    """Jain's fairness index."""
    squares = sum(part * part for part in parts)
    return sum(parts) ** 2 / (len(parts) * squares) if squares else 1.0


def quantile(values: tuple[float, ...], part: float) -> float:
    """The value below which this part of the sorted values lies; 0 without values."""
    return values[min(len(values) - 1, int(part * len(values)))] if values else 0.0


def _wait_s(stay: Stay) -> float:
    return 0.0 if stay.first_amp_at is None else stay.first_amp_at - stay.plugged_at


def _lines(outcome: Outcome) -> Iterable[Line]:
    for spot in outcome.world.spots:
        for hard, spent in zip((True, False), outcome.world.kept(spot), strict=True):
            if spent.peak > 0:
                yield Line(spot=spot, hard=hard, spent=spent)
