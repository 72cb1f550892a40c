"""The stations for people: what each EVSE may draw, why, and what would change it (P5). No token is ever shown (P7)."""

from typing import Any

from localctl.charging.base.steps import highest
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Envelope, Slot
from localctl.charging.dispatching.fleet import Outlet
from localctl.charging.knowing.site_state import EvseState, Transaction
from localctl.charging.loop.controller import Controller, Round
from localctl.charging.loop.demands import Seen
from localctl.charging.showing.picture_account import Accounts
from localctl.charging.showing.picture_rows import finite, measured, rounded
from localctl.charging.tree.topology import EvseId

Json = dict[str, Any]


def stations(controller: Controller, last: Round, entitled: dict[str, Envelope], now: float) -> list[Json]:
    """Every station under control, by identity, each with its EVSEs."""
    accounts = Accounts(controller, last, entitled)
    distrusted = set(controller.dispatcher.distrusted())
    return [
        _station(controller, name, last, accounts, entitled[name], distrusted, now)
        for name in sorted(controller.managed)
    ]


def _station(
    controller: Controller,
    name: str,
    last: Round,
    accounts: Accounts,
    envelope: Envelope,
    distrusted: set[EvseId],
    now: float,
) -> Json:
    managed, placed = controller.managed[name], controller.topology.stations[name]
    desk, state = controller.dispatcher.desks[name], controller.states[name]
    seen = Seen(
        placed=placed, managed=managed, state=state, ledger=controller.ledgers[name],
        steered=controller.roster.is_steerable(name) and placed.controllable and not desk.uncontrolled(),
        entitled=envelope, offered=controller.hunger.offered(managed, now),
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
        "limited": is_limited(desk, now),
        "failed_actuators": [actuator.value for actuator in desk.capability.failed],
        "clock_off_s": rounded(state.clock.off_s),
        "heard_at": state.heard_at,
        "overruled": bool(controller.ledgers[name].overruled()),
        "writes": _writes(desk, now),
        "evses": [
            _evse(seen, outlet, desk, last, accounts, now)
            | {"distrusted": (name, outlet.id) in distrusted}
            for outlet in managed.outlets
        ],
    }  # fmt: skip


def is_limited(desk: Desk, now: float) -> bool:
    """Whether it has taken a limit of ours for all it can draw, and has followed; no unread profile may be stronger.

    What is beside that is for one transaction only.
    """
    floors = [slot for key, slot in desk.slots.items() if not key.endswith("+")]
    return bool(floors) and not desk.unread and all(_holds(slot, now) for slot in floors)


def _holds(slot: Slot, now: float) -> bool:
    """A limit was taken, and so long ago that the current from before it has followed."""
    before = (old for old in slot.fading if highest(old.entitled, now) >= slot.unlimited_a)
    return slot.confirmed is not None and all(old.until_at <= now for old in before)


def _writes(desk: Desk, now: float) -> Json:
    sent = [track.sent_at for track in desk.tracks.values() if track.sent_at]
    return {
        "last_day": desk.writes_of_a_day(now),
        "left": None if desk.budget_at is None else round(desk.budget, 1),
        "last_at": max(sent, default=None),
    }


def _evse(seen: Seen, outlet: Outlet, desk: Desk, last: Round, accounts: Accounts, now: float) -> Json:
    evse = (seen.placed.identity, outlet.id)
    known, transaction = seen.state.evses.get(str(outlet.id)) or EvseState(), seen.state.running(outlet.id)
    flow = measured(known, now)
    turn_at = last.allocation.waits.get(evse)
    return {
        "id": outlet.id,
        "transaction": None if transaction is None else _transaction(transaction),
        "entitled_a": rounded(seen.entitled.of(outlet.id)),
        "failsafe_a": outlet.failsafe_a,
        "rating_a": outlet.rating_a,
        "measured_a": None if flow is None else {str(conductor): rounded(amps) for conductor, amps in flow.items()},
        "measured_at": known.measured_at,
        "phases": list(_phases(seen, outlet)),
        "phases_used": None if (used := last.used.get(evse)) is None else list(used),
        "waiting": evse in last.allocation.waits,
        "turn_at": None if turn_at is None else finite(turn_at),
        "lease_until": lease_until(desk, outlet.id, now),
    } | accounts.told(seen, outlet, desk, now)


def _phases(seen: Seen, outlet: Outlet) -> tuple[int, ...]:
    return next(each.phases for each in seen.placed.evses if each.id == outlet.id)


def _transaction(transaction: Transaction) -> Json:
    """Never its token (P7)."""
    return {"id": transaction.id, "since": transaction.started_at, "state": transaction.charging_state}


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
