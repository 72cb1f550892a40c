"""What an EVSE gets, why, and what would change it: the reason in one word, the limit, who takes the room (P5).

The allocator's verdict is not always the last word. A station that disobeyed is held low until it follows; where others
may draw more than their shares, dispatch tells the obedient less than theirs; and whoever waits may wait for something
no turn will bring. Here these become one account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from localctl.charging.allocation import explain
from localctl.charging.allocation.allocator import Allocation
from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.allocation.explain import Binding
from localctl.charging.allocation.waterfill import FREE
from localctl.charging.base import steps
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.dispatching.fleet import Outlet
from localctl.charging.dispatching.watching import probation_a
from localctl.charging.loop.controller import Controller, Round
from localctl.charging.loop.demands import Seen, is_full
from localctl.charging.loop.urgency import wish_of
from localctl.charging.showing.picture_room import Room, is_unheard
from localctl.charging.showing.picture_rows import finite, rounded
from localctl.charging.tree.rows import POWER, RowKind
from localctl.charging.tree.topology import EvseId

Json = dict[str, Any]
CROWDED: Final = frozenset({"row", "held", "waiting", "no_room", "squeezed"})
"""Reasons for which it matters who takes the room."""
OF_CSMS: Final = frozenset({"csms", "below_min"})
UNUSED: Final = {"empty": "yielding", "full": "full_yielding"}
"""For an EVSE that only has a reserve: what it is called when not all of that is left to it."""
HELD_LOW: Final = frozenset({"probation", "doubted", "unread"})
NOTICED_A: Final = 0.05


@dataclass(frozen=True, slots=True)
class Account:
    """An EVSE's amperes and why, in one word, with the row where a row has no more (FREE: none has a say)."""

    share_a: float
    reason: str
    row: int = FREE


class Accounts:
    """The accounts of every EVSE as of one cycle; EVSEs on the same conductors share the search for their limits."""

    def __init__(self, controller: Controller, last: Round, entitled: Mapping[str, Envelope]) -> None:
        self._controller, self._last = controller, last
        self._shares, self._room = Shares(last.allocation), Room(controller, last, entitled)
        self._weights = {demand.evse: demand.weight for demand in last.demands if demand.fixed_a is None}
        self._rows = {
            row.name: number
            for number, row in enumerate(last.allocation.network.rows)
            if row.kind is not RowKind.IMBALANCE
        }

    def told(self, seen: Seen, outlet: Outlet, desk: Desk, now: float) -> Json:
        """The account of one EVSE as plain values."""
        evse = (seen.placed.identity, outlet.id)
        found = self._of(evse, seen, outlet, desk, now)
        binding, runner_up = self._shares.limits(evse)
        if found.reason in HELD_LOW:
            binding, runner_up = None, binding or runner_up
        elif found.row not in (FREE, self._last.allocation.verdicts[evse].row):
            binding, runner_up = limit_told(explain.on_row(self._last.allocation, found.row)), None
        takers = self._room.takers(found.row, unruly=found.reason == "squeezed") if found.reason in CROWDED else []
        return {
            "share_a": rounded(found.share_a),
            "reason": found.reason,
            "binding": binding,
            "next": runner_up,
            "in_the_way": takers,
            "csms": self._of_csms(evse, now) if found.reason in OF_CSMS else None,
            "urgency": self._urgency(evse, seen, now),
        }

    def _urgency(self, evse: EvseId, seen: Seen, now: float) -> Json | None:
        """What the car needs and until when, and how often it counts for that; None where that has no say."""
        wish = wish_of(seen, evse[1], now) if self._controller.plan.departures_bind else None
        if wish is None or evse not in self._weights:
            return None
        times = round(self._weights[evse] / seen.placed.weight, 2)
        return {"times": times, "missing_wh": round(wish.missing_wh), "departure_at": finite(wish.departure_at)}

    def _of_csms(self, evse: EvseId, now: float) -> Json | None:
        """What the CSMS's own profiles allow, and until when, as far as is known."""
        cap = self._last.caps.get(evse)
        if cap is None:
            return None
        allowed_a = steps.value_at(cap, now)
        until = next((at for at, amps in cap if at > now and amps != allowed_a), None)
        return {"a": rounded(allowed_a), "until": until}

    def _of(self, evse: EvseId, seen: Seen, outlet: Outlet, desk: Desk, now: float) -> Account:
        """The verdict, unless something else has the last word: probation, the room that is left, or no room at all."""
        verdict = self._last.allocation.verdicts[evse]
        plain = Account(self._last.allocation.amps[evse], self._reason(seen, outlet, desk, now), verdict.row)
        if desk.distrusted() and seen.steered and probation_a(outlet) < plain.share_a - NOTICED_A:
            why = "probation" if desk.disobeys() else "doubted" if desk.capability.doubted else "unread"
            return Account(probation_a(outlet), why)
        squeezed = self._squeezed(evse, plain.share_a)
        if squeezed is not None:
            return replace(squeezed, reason=UNUSED.get(plain.reason, squeezed.reason))
        if verdict.reason in (Reason.WAITING, Reason.PAUSING):
            short = self._room.short_of(evse, outlet.min_a)
            return plain if short is None else Account(0.0, "no_room", short)
        return plain

    def _squeezed(self, evse: EvseId, share_a: float) -> Account | None:
        """Less than the share, because others may draw more than theirs. A station's total divides like its shares."""
        squeezed, part = self._controller.dispatcher.squeezed.get(evse), 1.0
        if squeezed is None and (squeezed := self._controller.dispatcher.squeezed.get((evse[0], 0))) is not None:
            amps = self._last.allocation.amps
            total_a = sum(amps[evse[0], outlet.id] for outlet in self._controller.managed[evse[0]].outlets)
            part = share_a / total_a if total_a > 0 else 0.0
        if squeezed is None or squeezed.amps * part > share_a - NOTICED_A:
            return None
        return Account(squeezed.amps * part, "squeezed", self._rows.get(squeezed.ceiling, FREE))

    def _reason(self, seen: Seen, outlet: Outlet, desk: Desk, now: float) -> str:
        """The allocator's reason; for what is merely reserved, what it is reserved for."""
        name = seen.placed.identity
        why = self._last.allocation.verdicts[name, outlet.id].reason
        if why is not Reason.FIXED:
            return why.name.lower()
        if not seen.placed.controllable or desk.uncontrolled():
            return "uncontrolled"
        if not seen.steered:
            return "unheard" if is_unheard(self._controller, name) else "away"
        yields, transaction = (name, outlet.id) in self._last.yielding, seen.state.running(outlet.id)
        if transaction is None:
            return "yielding" if yields else "empty"
        full = is_full(seen, outlet.id, now)
        return "full_yielding" if full and yields else "full" if full else "reserved"


class Shares:
    """Every EVSE's limits from one allocation."""

    def __init__(self, allocation: Allocation) -> None:
        self._allocation = allocation
        self._known: dict[tuple[int, int, Reason], tuple[Json | None, Json | None]] = {}

    def limits(self, evse: EvseId) -> tuple[Json | None, Json | None]:
        """What binds this EVSE and what would bind next."""
        verdict = self._allocation.verdicts[evse]
        key = (self._allocation.footprints[evse], verdict.row, verdict.reason)
        if key not in self._known:
            found = explain.share(self._allocation, evse)
            self._known[key] = (limit_told(found.binding), limit_told(found.runner_up))
        return self._known[key]


def limit_told(binding: Binding | None) -> Json | None:
    """A limit as plain values."""
    if binding is None:
        return None
    bound = binding.bound
    return {
        "node": ":".join(binding.node),
        "phase": binding.phase,
        "unit": "W" if binding.phase == POWER else "A",
        "source": bound.source,
        "state": bound.state.value,
        "net": rounded(bound.value),
        "gross": rounded(bound.gross),
        "load": rounded(binding.load),
        "since": finite(bound.since),
        "until": finite(bound.until),
    }
