"""The stations for people: what each EVSE may draw, why, and what would change it (P5). No token is ever shown (P7)."""

from typing import Any

from localctl.charging.allocation import explain
from localctl.charging.allocation.allocator import Allocation
from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.allocation.explain import Binding
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.dispatching.fleet import Outlet
from localctl.charging.knowing.site_state import EvseState, Transaction
from localctl.charging.loop.controller import Controller, Round
from localctl.charging.loop.demands import Seen, is_full
from localctl.charging.showing.picture_rows import finite, measured, rounded
from localctl.charging.tree.rows import POWER
from localctl.charging.tree.topology import EvseId

Json = dict[str, Any]


class Shares:
    """Every EVSE's limits from one allocation; EVSEs on the same conductors share the search for them."""

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


def stations(controller: Controller, last: Round, entitled: dict[str, Envelope], now: float) -> list[Json]:
    """Every station under control, by identity, each with its EVSEs."""
    shares = Shares(last.allocation)
    distrusted = set(controller.dispatcher.distrusted())
    return [
        _station(controller, name, last, shares, entitled[name], distrusted, now) for name in sorted(controller.managed)
    ]


def _station(
    controller: Controller,
    name: str,
    last: Round,
    shares: Shares,
    envelope: Envelope,
    distrusted: set[EvseId],
    now: float,
) -> Json:
    managed, placed = controller.managed[name], controller.topology.stations[name]
    desk, state = controller.dispatcher.desks[name], controller.states[name]
    seen = Seen(
        placed=placed, managed=managed, state=state, ledger=controller.ledgers[name],
        steered=controller.roster.is_steerable(name) and placed.controllable and not desk.uncontrolled(),
        entitled=envelope,
    )  # fmt: skip
    return {
        "identity": name,
        "panel": placed.panel,
        "online": name in controller.online,
        "accepted": name not in controller.roster.unregistered,
        "protocol": managed.protocol.value,
        "phase_rotation": placed.phase_rotation,
        "controllable": placed.controllable,
        "actuator": desk.capability.actuator.value,
        "trial": desk.capability.trial.value,
        "failed_actuators": [actuator.value for actuator in desk.capability.failed],
        "clock_off_s": rounded(state.clock.off_s),
        "heard_at": state.heard_at,
        "overruled": bool(controller.ledgers[name].overruled()),
        "writes": _writes(desk, now),
        "evses": [
            _evse(seen, outlet, desk, last, shares, now)
            | {"distrusted": (name, outlet.id) in distrusted}
            for outlet in managed.outlets
        ],
    }  # fmt: skip


def _writes(desk: Desk, now: float) -> Json:
    sent = [track.sent_at for track in desk.tracks.values() if track.sent_at]
    return {
        "last_day": desk.writes_of_a_day(now),
        "left": None if desk.budget_at is None else round(desk.budget, 1),
        "last_at": max(sent, default=None),
    }


def _evse(seen: Seen, outlet: Outlet, desk: Desk, last: Round, shares: Shares, now: float) -> Json:
    evse = (seen.placed.identity, outlet.id)
    known, transaction = seen.state.evses.get(str(outlet.id)) or EvseState(), seen.state.running(outlet.id)
    flow = measured(known, now)
    binding, runner_up = shares.limits(evse)
    turn_at = last.allocation.waits.get(evse)
    return {
        "id": outlet.id,
        "transaction": None if transaction is None else _transaction(transaction),
        "share_a": rounded(last.allocation.amps[evse]),
        "entitled_a": rounded(seen.entitled.of(outlet.id)),
        "failsafe_a": outlet.failsafe_a,
        "rating_a": outlet.rating_a,
        "measured_a": None if flow is None else {str(conductor): rounded(amps) for conductor, amps in flow.items()},
        "measured_at": known.measured_at,
        "phases": list(_phases(seen, outlet)),
        "phases_used": None if (used := last.used.get(evse)) is None else list(used),
        "reason": reason(seen, outlet, last, now, desk),
        "binding": binding,
        "next": runner_up,
        "waiting": evse in last.allocation.waits,
        "turn_at": None if turn_at is None else finite(turn_at),
        "lease_until": lease_until(desk, outlet.id, now),
    }


def _phases(seen: Seen, outlet: Outlet) -> tuple[int, ...]:
    return next(each.phases for each in seen.placed.evses if each.id == outlet.id)


def _transaction(transaction: Transaction) -> Json:
    """Never its token (P7)."""
    return {"id": transaction.id, "since": transaction.started_at, "state": transaction.charging_state}


def reason(seen: Seen, outlet: Outlet, last: Round, now: float, desk: Desk) -> str:
    """Why the EVSE has the current it has, in one word; `picture_text` has the sentence for each."""
    evse = (seen.placed.identity, outlet.id)
    why = last.allocation.verdicts[evse].reason
    if why is not Reason.FIXED:
        return why.name.lower()
    if not seen.placed.controllable or desk.uncontrolled():
        return "uncontrolled"
    if not seen.steered:
        return "away"
    if evse in last.yielding:
        return "yielding"
    transaction = seen.state.running(outlet.id)
    if transaction is None:
        return "empty"
    return "full" if is_full(seen, transaction, outlet.id, now) else "reserved"


def adopted(controller: Controller, held: dict[str, Envelope]) -> list[Json]:
    """The stations that were let in without being in the configuration: no place in the tree, a fixed current."""
    found = []
    for name, station in sorted(controller.roster.adopted.items()):
        envelope, desk = held[name], controller.dispatcher.desks[name]
        most_a = sum(envelope.evse_a.values()) if envelope.station_a is None else envelope.station_a
        found.append(
            {
                "identity": name,
                "online": name in controller.online,
                "protocol": station.protocol.value,
                "actuator": desk.capability.actuator.value,
                "distrusted": desk.disobeys() or desk.uncontrolled(),
                "share_a": station.safe_a,
                "entitled_a": rounded(most_a),
            }
        )
    return found


def lease_until(desk: Desk, evse_id: int, now: float) -> float | None:
    """Until when the EVSE may draw what it was given if nobody renews it; None where nothing ends by itself."""
    ends = [
        slot.confirmed[-1][0]
        for key, slot in desk.slots.items()
        if slot.confirmed is not None and key.rstrip("+") in ("0", str(evse_id)) and slot.confirmed[-1][0] > now
    ]
    return max(ends, default=None)
