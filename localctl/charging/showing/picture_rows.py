"""The site's conductors for people: what each may carry, what is given out there, and what really flows (P5).

Three sums per panel and phase, each in amperes for charging alone:

    entitled    the most that stations may draw by all that was ever sent to them (`entitlement`); P2 is about this one
    allocated   what the last cycle gave, reserves of cars out of control included
    measured    what the stations' meters show; None as soon as one car below is not known: missing is not zero

A car's meter tells the station's own conductors; the rotation says which of the site's they are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any, Final

from localctl.charging.base.phases import PHASES, UNKNOWN
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.knowing.site_state import EvseState
from localctl.charging.limiting.limits_effective import Bound, Other
from localctl.charging.loop.controller import Controller, Round
from localctl.charging.loop.demands import FRESH_S
from localctl.charging.tree.rows import POWER, RowKind
from localctl.charging.tree.topology import EvseId, Panel

Json = dict[str, Any]
SLACK_A: Final = 0.05
RESIDUAL_A: Final = 0.5
"""Less than this on a conductor an EVSE does not have is its meter's noise."""


class Overdrafts:
    """Since when each conductor is entitled to more than its limit; the one thing a picture has to remember."""

    def __init__(self) -> None:
        self._since: dict[tuple[str, str], float] = {}

    def since(self, panel: str, phase: str, over: bool, now: float) -> float | None:
        """When this overdraft began; None while there is none."""
        if not over:
            self._since.pop((panel, phase), None)
            return None
        return self._since.setdefault((panel, phase), now)


@dataclass(frozen=True, slots=True)
class Sums:
    """Per row of the network: entitled and measured amperes (None: not known)."""

    entitled: list[float]
    measured: list[float | None]


def sums(controller: Controller, last: Round, entitled: Mapping[str, Envelope], now: float) -> Sums:
    """Both sums over the whole site at `now`."""
    adds = _Adds(controller, last)
    return Sums(_entitled(adds, entitled), _measured(adds, now))


class _Adds:
    """What one ampere of an EVSE adds to which rows; alike EVSEs share the answer."""

    def __init__(self, controller: Controller, last: Round) -> None:
        self.controller, self.last = controller, last
        self.network = last.allocation.network
        self._row_of = {lane: number for number, row in enumerate(self.network.rows) for lane in row.lanes}
        self.conductor = [row.kind is RowKind.CURRENT for row in self.network.rows]
        self._lanes: dict[int, tuple[tuple[int, float], ...]] = {}
        self._rows: dict[int, tuple[tuple[int, float], ...]] = {}

    def lanes(self, evse: EvseId, used: tuple[int, ...] | None) -> tuple[tuple[int, float], ...]:
        """The lanes an EVSE loads with those of its conductors, each with its factor."""
        number = self.network.footprint(evse, used)
        if number not in self._lanes:
            blocks = self.network.footprints[number].blocks
            self._lanes[number] = tuple((lane, factor) for factor, lanes in blocks for lane in lanes)
        return self._lanes[number]

    def rows(self, evse: EvseId) -> tuple[tuple[int, float], ...]:
        """The panels' rows an EVSE loads, each with its factor; the same tuple for EVSEs that are alike."""
        used = self.last.used.get(evse)
        number = self.network.footprint(evse, used)
        if number not in self._rows:
            found = [(self._row_of.get(lane, lane), factor) for lane, factor in self.lanes(evse, used)]
            self._rows[number] = tuple(pair for pair in found if self.network.rows[pair[0]].node[0] == "panel")
        return self._rows[number]


def _entitled(adds: _Adds, entitled: Mapping[str, Envelope]) -> list[float]:
    """What each row may carry. A station's own total counts once on a conductor, as in `headroom`."""
    total = [0.0] * len(adds.network.rows)
    for name, envelope in entitled.items():
        places = [(adds.rows((name, evse_id)), envelope.of(evse_id)) for evse_id in envelope.evse_a]
        together_a = inf if envelope.station_a is None else envelope.station_a
        if all(rows is places[0][0] for rows, _ in places):
            plain_a = sum(amps for _, amps in places)
            for row, factor in places[0][0]:
                total[row] += factor * (min(together_a, plain_a) if adds.conductor[row] else plain_a)
            continue
        parts: dict[int, list[tuple[float, float]]] = {}
        for rows, amps in places:
            for row, factor in rows:
                parts.setdefault(row, []).append((factor, amps))
        for row, found in parts.items():
            total[row] += _most(found, together_a if adds.conductor[row] else inf)
    return total


def _most(parts: Iterable[tuple[float, float]], left_a: float) -> float:
    """The heaviest take what is left first."""
    total = 0.0
    for factor, amps in sorted(parts, reverse=True):
        part_a = min(left_a, amps)
        total, left_a = total + factor * part_a, left_a - part_a
    return total


def _measured(adds: _Adds, now: float) -> list[float | None]:
    """The arrows of all currents added up; rows below which something is unknown have no sum."""
    network, controller = adds.network, adds.controller
    lanes, unknown = [0.0] * network.lane_count, set[int]()
    for name, managed in controller.managed.items():
        for outlet in managed.outlets:
            evse = (name, outlet.id)
            flow = drawn(controller, evse, now)
            if flow is None:
                unknown.update(row for row, _ in adds.rows(evse))
                continue
            for conductor, amps in flow.items():
                for lane, factor in adds.lanes(evse, (conductor,)) if amps > 0 else ():
                    lanes[lane] += factor * amps
    return [
        None if number in unknown or row.kind is RowKind.IMBALANCE else network.load(number, lanes)
        for number, row in enumerate(network.rows)
    ]


def drawn(controller: Controller, evse: EvseId, now: float) -> dict[int, float] | None:
    """Amperes on each of the station's conductors, all of them known; None where the sum above cannot be told.

    A station that is there and runs no transaction draws nothing, as far as its own word goes.
    """
    name, evse_id = evse
    state, placed = controller.states[name], controller.topology.stations[name]
    seen = state.evses.get(str(evse_id)) or EvseState()
    fresh = measured(seen, now)
    if fresh is None:
        return {} if name in controller.online and state.running(evse_id) is None else None
    own = controller.topology.evse(evse).phases
    wanted = seen.phases.used or own
    strange = any(amps > RESIDUAL_A for conductor, amps in fresh.items() if conductor not in own)
    if strange or any(conductor not in fresh for conductor in wanted if conductor in own):
        return None
    known = {conductor: amps for conductor, amps in fresh.items() if conductor in own}
    return None if placed.phase_rotation == UNKNOWN and any(known.values()) else known


def measured(seen: EvseState, now: float) -> dict[int, float] | None:
    """What the EVSE's meter told lately, by the station's own conductors; None when it told nothing."""
    if seen.measured_at is None or now - seen.measured_at > FRESH_S:
        return None
    return {int(conductor): amps for conductor, amps in seen.current_a.items() if isfinite(amps)} or None


def panels(controller: Controller, last: Round, found: Sums, overdrafts: Overdrafts, now: float) -> list[Json]:
    """Every panel with its phases, and its watts where those are limited."""
    network, allocation = last.allocation.network, last.allocation
    shown: dict[str, Json] = {
        name: {"id": name, "parent": panel.parent, "phases": {}, "power": None}
        for name, panel in sorted(controller.topology.panels.items())
    }
    for number, row in enumerate(network.rows):
        if row.node[0] != "panel" or row.kind not in (RowKind.CURRENT, RowKind.POWER):
            continue
        name, bound = row.node[1], allocation.capacities.bounds[number]
        unit = "w" if row.kind is RowKind.POWER else "a"
        entitled, limit = found.entitled[number], finite(bound.value)
        over = max(0.0, entitled - limit) if limit is not None and entitled > limit + SLACK_A else 0.0
        line = told(bound, unit) | {
            f"entitled_{unit}": rounded(entitled),
            f"allocated_{unit}": rounded(allocation.load(number)),
            f"measured_{unit}": rounded(found.measured[number]),
            f"over_{unit}": rounded(over),
            "over_since": overdrafts.since(name, row.phase, over > 0, now),
        }
        if row.phase == POWER:
            shown[name]["power"] = line if limit is not None else None
            continue
        panel = controller.topology.panels[name]
        shown[name]["phases"][row.phase] = line | _beside(panel, row.phase, last.others[name])
    return list(shown.values())


def _beside(panel: Panel, phase: str, other: Other) -> Json:
    number = PHASES.index(phase)
    here = rounded(other.on(number))
    return {"other_a": here, "other": other.source, "reserve_a": panel.reserve_a, "fuse_a": panel.fuse_a[number]}


def told(bound: Bound, unit: str) -> Json:
    """A limit as plain values: None where there is none, or where it holds since or until always."""
    return {
        f"limit_{unit}": rounded(bound.gross),
        f"net_{unit}": rounded(bound.value),
        "source": bound.source,
        "state": bound.state.value,
        "since": finite(bound.since),
        "until": finite(bound.until),
        "next_source": bound.next_source,
        f"next_{unit}": rounded(bound.next_value),
    }


def finite(value: float | None) -> float | None:
    """The number, or None where JSON has none for it."""
    return value if value is not None and isfinite(value) else None


def rounded(value: float | None) -> float | None:
    """To a thousandth: arithmetic's noise is nobody's business."""
    return round(value, 3) if value is not None and isfinite(value) else None
