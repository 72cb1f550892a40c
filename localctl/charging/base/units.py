"""Amperes, watts and what lies between them: nominal voltage and phases.

OCPP limits come as amperes *per phase* or as watts *in total*. On AC one ampere on n phases is V * n watts at the
nominal line voltage (K01.FR.50, K01.FR.51): 230, 460 and 690 W for 1, 2 and 3 phases at 230 V. On DC there are no
phases: a supply with `dc=True` counts as one phase at the DC voltage.
"""

import math
from dataclasses import dataclass
from typing import Final

# Noise of double arithmetic in tenths: near 0, and for the size of a sum over a thousand EVSEs. A limit written as
# 6.9999999 stays below 7, and no size makes so much of it that a limit is rounded up: from 100 MW on it stays the same.
NOISE: Final = 1e-9
RELATIVE_NOISE: Final = 1e-12
MOST_NOISE: Final = 1e-3
# The same for what is left of a row after many have been added and taken off again.
NOISE_A: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What feeds an EVSE: nominal line voltage, and the phases to assume where a profile names none (K01.FR.49)."""

    voltage_v: float = 230.0
    default_phases: int = 3
    dc: bool = False

    def watts_per_amp(self, phases: int) -> float:
        """Watts in total for each ampere per phase."""
        return self.voltage_v if self.dc else self.voltage_v * phases


@dataclass(frozen=True, slots=True, kw_only=True)
class HardLimit:
    """What hardware can deliver: amperes per phase, watts in total; None where not known."""

    limit_a: float | None = None
    limit_w: float | None = None

    @property
    def known(self) -> bool:
        """True where at least one of both is given."""
        return self.limit_a is not None or self.limit_w is not None

    def lowest(self, in_amps: bool, watts_per_amp: float) -> float | None:
        """The lower of both, in amperes or in watts, or None where nothing is known (R14)."""
        factor_a, factor_w = (1.0, 1.0 / watts_per_amp) if in_amps else (watts_per_amp, 1.0)
        known = []
        if self.limit_a is not None:
            known.append(self.limit_a * factor_a)
        if self.limit_w is not None:
            known.append(self.limit_w * factor_w)
        return min(known, default=None)


UNKNOWN: Final = HardLimit()


def floor_tenth(limit: float) -> float:
    """Round down to the one digit OCPP writes (R17); 6.9999999999 from arithmetic is 7."""
    tenths = limit * 10
    return math.floor(tenths + min(NOISE + RELATIVE_NOISE * abs(tenths), MOST_NOISE)) / 10
