"""Who takes the room that an EVSE lacks: stations that count with more than anybody gives them (P5).

A share can be small although the limit is not: somebody never came, is away, takes no limits or does not keep to them,
and counts all the same. They are named, with what they count for on the very conductor that is full.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.allocation.waterfill import book
from localctl.charging.dispatching.capability import Trial
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.loop.controller import Controller, Round
from localctl.charging.tree.topology import EvseId

Json = dict[str, Any]
MOST_NAMED: Final = 3
SLACK_A: Final = 1e-6
UNSTEERED: Final = ("unheard", "away", "uncontrolled")
"""Why a station counts with what it may draw in the first place, before anybody gets a share."""
UNRULY: Final = ("disobeys", "doubted", "unread", "failing")
"""Why a station that has a share counts with more than that."""


class Room:
    """What is left on each row, and who takes the rest. `entitled` is what every station may draw at this moment."""

    def __init__(self, controller: Controller, last: Round, entitled: Mapping[str, Envelope]) -> None:
        self._controller, self._last, self._entitled = controller, last, entitled
        self._network = last.allocation.network
        self._takers: dict[tuple[int, tuple[str, ...]], list[Json]] = {}
        self._short: dict[tuple[int, float], int | None] = {}
        self._factors: dict[tuple[int, int], float] = {}

    def takers(self, row: int, *, unruly: bool) -> list[Json]:
        """Who counts on a row whatever it is told, by reason: a few names, how many in all, what they add there.

        `unruly`: those too that have a share and may draw more.
        """
        kinds = UNSTEERED + UNRULY if unruly else UNSTEERED
        if (row, kinds) not in self._takers:
            self._takers[row, kinds] = [found for kind in kinds if (found := self._of(kind, row)) is not None]
        return self._takers[row, kinds]

    def short_of(self, evse: EvseId, min_a: float) -> int | None:
        """The row on which not even this EVSE's minimum is left beside what is reserved; None where turns would do."""
        allocation = self._last.allocation
        key = (allocation.footprints[evse], min_a)
        if key not in self._short:
            lanes = self._reserved.copy()
            book(self._network, lanes, *key)
            over = (
                row
                for row in self._network.footprints[key[0]].rows
                if self._network.load(row, lanes) > max(0.0, allocation.capacities.values[row]) + SLACK_A
            )
            self._short[key] = next(over, None)
        return self._short[key]

    @cached_property
    def _reserved(self) -> list[float]:
        """What every lane carries for EVSEs that get no share, only a reservation."""
        allocation, lanes = self._last.allocation, [0.0] * self._network.lane_count
        for evse, verdict in allocation.verdicts.items():
            if verdict.reason is Reason.FIXED:
                book(self._network, lanes, allocation.footprints[evse], allocation.amps[evse])
        return lanes

    @cached_property
    def _kinds(self) -> dict[str, list[str]]:
        """The stations that count with more than a share, by reason."""
        found: dict[str, list[str]] = {}
        for name in sorted(self._controller.managed):
            kind = self._kind(name)
            if kind is not None:
                found.setdefault(kind, []).append(name)
        return found

    def _kind(self, name: str) -> str | None:
        controller, desk = self._controller, self._controller.dispatcher.desks[name]
        if not controller.topology.stations[name].controllable or desk.uncontrolled():
            return "uncontrolled"
        if not controller.roster.is_steerable(name):
            return "unheard" if is_unheard(controller, name) else "away"
        if desk.capability.doubted and not desk.disobeys():
            return "doubted"
        return "disobeys" if desk.disobeys() else "unread" if desk.unread else "failing" if desk.failing() else None

    def _of(self, kind: str, row: int) -> Json | None:
        loads = {name: self._load(name, row) for name in self._kinds.get(kind, ())}
        names = [name for name, load in loads.items() if load > 0]
        if not names:
            return None
        total = round(sum(loads.values()), 3)
        return {"why": kind, "stations": names[:MOST_NAMED], "count": len(names), "load": total}

    def _load(self, name: str, row: int) -> float:
        """What a station counts for on a row, at most: arrows that point elsewhere count in full."""
        allocation, total = self._last.allocation, 0.0
        for outlet in self._controller.managed[name].outlets:
            evse = (name, outlet.id)
            reserved = allocation.verdicts[evse].reason is Reason.FIXED
            amps = allocation.amps[evse] if reserved else self._entitled[name].of(outlet.id)
            total += amps * self._factor(allocation.footprints[evse], row)
        return total

    def _factor(self, footprint: int, row: int) -> float:
        """What one ampere adds on a row."""
        if (footprint, row) not in self._factors:
            lanes = self._network.rows[row].lanes
            blocks = self._network.footprints[footprint].blocks
            self._factors[footprint, row] = sum(factor for factor, loaded in blocks for lane in loaded if lane in lanes)
        return self._factors[footprint, row]


def is_unheard(controller: Controller, name: str) -> bool:
    """Whether a station has never told anything, nor taken an order, of this box or the one before it."""
    desk = controller.dispatcher.desks[name]
    took = desk.capability.trial is not Trial.UNTRIED or any(slot.confirmed is not None for slot in desk.slots.values())
    return not took and name not in controller.online and controller.states[name].heard_at is None
