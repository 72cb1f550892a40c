"""The control loop's head: facts in, orders out, the clock an argument. P2, P3 and P5 meet here.

    controller.linked(identity, protocol, now)            the station is joined with its CSMS
    controller.heard(identity, action, request, answer, now)       an answered CALL of the station
    controller.told(identity, action, request, taken, answer, now) an answered CALL of the CSMS; taken None: no answer
    controller.unlinked(identity, now)
    controller.limits.put(…)                              somebody outside limits a node (`external`)
    orders = controller.cycle(now)                        every few seconds, and soon after anything happened
        store controller.saved(), then send the orders
    controller.answered(token, outcome, now)              each order's end, also a late one

One cycle: sources and meters become limits over time (`limits_effective`), stations become demands (`demands`), the
allocator shares out (`allocator`), dispatch turns shares into orders that no lost message can make dangerous
(`dispatch`). What it found stays readable: `picture` makes the snapshot for page, API, CLI and metrics of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from localctl.charging import ledger as book
from localctl.charging import readings, site_state, steps
from localctl.charging.allocator import Allocation, Span, plan
from localctl.charging.allocator_appetite import Appetite, drawn
from localctl.charging.allocator_demand import Demand
from localctl.charging.allocator_turns import Turn
from localctl.charging.answers import Outcome, Verdict
from localctl.charging.ceilings import Ceilings
from localctl.charging.demands import Seen, csms_cap, demand_of, used_phases
from localctl.charging.dispatch import Dispatcher, Order
from localctl.charging.entitlement import Envelope
from localctl.charging.external import ExternalLimits
from localctl.charging.facts import Booted, Fact, Metered, TransactionShown
from localctl.charging.fleet import Share, Sight
from localctl.charging.ledger import Ledger
from localctl.charging.limits import Source
from localctl.charging.limits_baseload import BaseLoad, estimate, metered
from localctl.charging.limits_effective import Horizon, Other, base_load, effective
from localctl.charging.phases import PerPhase
from localctl.charging.profiles import Protocol
from localctl.charging.rows import Network, compile_rows
from localctl.charging.sight import look
from localctl.charging.site_plan import SitePlan
from localctl.charging.site_state import StationState
from localctl.charging.steps import Steps
from localctl.charging.timetable import source_of
from localctl.charging.topology import EvseId, Path

SETTLE_S: Final = 15.0
"""A car that had its order for so long draws what it wants."""


@dataclass(slots=True)
class Held:
    """How long an EVSE has had the current it may draw."""

    amps: float
    since: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one cycle found, for whoever shows it."""

    at: float
    horizon: Horizon
    spans: tuple[Span, ...]
    demands: tuple[Demand, ...]
    entitled: dict[str, Envelope]
    used: dict[EvseId, tuple[int, ...] | None]
    others: dict[str, Other]

    @property
    def allocation(self) -> Allocation:
        """The shares of this moment."""
        return self.spans[0].allocation


class Controller:
    """One site under control. `saved` is what an earlier process stored; instants are seconds since 1970."""

    def __init__(self, plan: SitePlan, saved: Mapping[str, Any] | None = None) -> None:
        saved = saved or {}
        self.plan = plan
        self.topology = plan.topology
        self.managed = {station.identity: station for station in plan.managed}
        self.limits = ExternalLimits(plan.rules, saved.get("limits"))
        self.dispatcher = Dispatcher(plan.managed, plan.terms, saved.get("dispatch"))
        self.states = self._stations(StationState, saved.get("states"), StationState(voltage_v=self._voltage_v))
        self.ledgers = {name: self._ledger(name, (saved.get("ledgers") or {}).get(name)) for name in self.managed}
        self.turns: dict[EvseId, Turn] = {}
        self.appetites: dict[EvseId, Appetite] = {}
        self.online: set[str] = set()
        self.last: Round | None = None
        self._horizon_s = plan.terms.lease.lease_s * 2
        self._held: dict[EvseId, Held] = {}
        self._loads: dict[str, BaseLoad] = {}
        self._orders: dict[int, Order] = {}
        self._names = {name.casefold(): name for name in self.managed}
        self._network: Network | None = None
        self._watts: frozenset[Path] = frozenset()

    # --- what happened ------------------------------------------------------------------------------------------------

    def linked(self, identity: str, protocol: Protocol, now: float) -> None:
        """A station is there and speaks this version. Nobody knows yet whether its CSMS will accept it."""
        name = self.name_of(identity)
        if name is None:
            return
        self.online.add(name)
        if self.managed[name].protocol is not protocol:
            self.managed[name] = replace(self.managed[name], protocol=protocol)
            self.dispatcher.stations[name] = self.managed[name]
            self.ledgers[name] = replace(self.ledgers[name], protocol=protocol)

    def unlinked(self, identity: str, now: float) -> None:
        """The station is away; what was in flight to it may or may not have arrived."""
        name = self.name_of(identity)
        if name is not None:
            self.online.discard(name)
            self.dispatcher.link_lost(name, now)

    def heard(self, identity: str, action: str, request: object, answer: object, now: float) -> None:
        """The station's own CALL, with its answer (None if it never came)."""
        name = self.name_of(identity)
        if name is None:
            return
        if action == "ReportChargingProfiles" and isinstance(request, dict):
            self.ledgers[name] = book.reported(self.ledgers[name], request)
            return
        for fact in readings.read(self.managed[name].protocol, action, request, answer, now):
            before = self.states[name]
            self.states[name] = site_state.apply(before, fact, now)
            self._follow(name, before, fact, now)

    def told(self, identity: str, action: str, request: object, taken: bool | None, answer: object, now: float) -> None:
        """A CALL of the CSMS: the station took it, refused it, or (None) nobody knows."""
        name = self.name_of(identity)
        if name is None or not isinstance(request, dict):
            return
        self._entered(name, action, request, taken, answer)

    def answered(self, token: int, outcome: Outcome, now: float) -> None:
        """An order met its end; late and doubled answers are welcome."""
        order = self._orders.get(token)
        if order is not None:
            request = msgspec.json.decode(order.payload)
            taken = {Verdict.ACCEPTED: True, Verdict.REFUSED: False}.get(outcome.verdict)
            self._entered(order.identity, order.action, request, taken, None)
            if taken is not None:
                del self._orders[token]
        self.dispatcher.answered(token, outcome, now)

    def meter(self, load: str, amps: PerPhase, now: float) -> None:
        """A reading of another consumer's meter. KeyError for a load without one."""
        rules = self.plan.meters[load]
        state = self._loads.get(load, BaseLoad())
        self._loads[load] = metered(state, amps, (None, None, None), now, rules)

    def name_of(self, identity: str) -> str | None:
        """The station's name in the plan, whatever its case; None for a station that is only routed."""
        return self._names.get(identity.casefold())

    # --- what to do ---------------------------------------------------------------------------------------------------

    def cycle(self, now: float) -> list[Order]:
        """Everything that should be sent now, most urgent first. Store `saved()` before the first one leaves."""
        network, horizon_s = self.network(), self._horizon_s
        horizon = self.horizon(now)
        standing = effective(network, (), {}, now, now + 1).at(now)
        seen = {name: self._see(name, now) for name in self.managed}
        caps = self._caps(seen, now, horizon_s)
        self._hunger(seen, now)
        demands, spans = self._share_out(network, horizon, seen, caps, now)
        self.turns = spans[0].allocation.turns
        used = {
            (name, outlet.id): used_phases(one, outlet) for name, one in seen.items() for outlet in one.managed.outlets
        }
        entitled = {name: one.entitled for name, one in seen.items()}
        self.last = Round(
            at=now, horizon=horizon, spans=spans, demands=demands, entitled=entitled, used=used,
            others=self._others(now),
        )  # fmt: skip
        orders = self.dispatcher.plan(
            shares=self._shares(seen, spans, caps),
            ceilings=self._ceilings.under(horizon, standing, used),
            sights={name: self._sight(one, now) for name, one in seen.items()},
            now=now,
        )
        self._orders |= {order.token: order for order in orders}
        while len(self._orders) > 4 * len(self.managed) + 64:
            del self._orders[next(iter(self._orders))]
        return orders

    def horizon(self, now: float) -> Horizon:
        """The limits of every row from now on, by all that was said until now."""
        sources = self._sources(now, self._horizon_s)
        return effective(self.network(), sources, self._others(now), now, now + self._horizon_s)

    def metered_loads(self, now: float) -> dict[str, Other]:
        """What each metered load is taken to draw, and how that is known."""
        meters = self.plan.meters.items()
        return {load: estimate(self._loads.get(load, BaseLoad()), now, rules) for load, rules in meters}

    def saved(self) -> dict[str, object]:
        """Everything that must outlive this process, as a JSON document."""
        return {
            "dispatch": self.dispatcher.saved(),
            "limits": self.limits.saved(),
            "states": msgspec.to_builtins(self.states),
            "ledgers": msgspec.to_builtins(self.ledgers),
        }

    def network(self) -> Network:
        """The compiled rows; anew when somebody limits a node that had no row for it."""
        watts = frozenset(node for node in self.limits.nodes() if self._exists(node)) | frozenset(
            hours.node for hours in self.plan.hours if hours.cap.w is not None
        )
        if self._network is None or not watts <= self._watts:
            self._watts |= watts
            self._network = compile_rows(self.topology, self._watts)
            self._ceilings = Ceilings(self._network)
        return self._network

    # --- the parts of a cycle -----------------------------------------------------------------------------------------

    def _see(self, name: str, now: float) -> Seen:
        managed = self.managed[name]
        placed = self.topology.stations[name]
        desk = self.dispatcher.desks[name]
        steered = name in self.online and placed.controllable and not desk.uncontrolled()
        lease_s = self.plan.terms.lease.lease_s
        entitled = desk.envelope(managed, now, now if steered else now + lease_s)
        return Seen(
            placed=placed, managed=managed, state=self.states[name], ledger=self.ledgers[name],
            steered=steered, entitled=entitled,
        )  # fmt: skip

    def _sight(self, one: Seen, now: float) -> Sight:
        name = one.managed.identity
        online = name in self.online and one.placed.controllable
        iso15118 = name in self.plan.iso15118
        return look(one.managed, one.state, one.ledger, online=online, now=now, iso15118=iso15118)

    def _sources(self, now: float, horizon_s: float) -> Iterable[Source]:
        yield from self.plan.fixed
        yield from (source_of(hours, self.plan.zone, now, horizon_s) for hours in self.plan.hours)
        yield from (source for source in self.limits.sources(now) if self._exists(source.node))

    def _others(self, now: float) -> dict[str, Other]:
        """Other load per panel: the meters' estimates where there are meters, reservations elsewhere."""
        read = self.metered_loads(now)
        loads = {
            name: replace(load, reserved_a=read[name].a) if name in read else load
            for name, load in self.topology.loads.items()
        }
        return base_load(replace(self.topology, loads=loads), {})

    def _caps(self, seen: Mapping[str, Seen], now: float, horizon_s: float) -> dict[EvseId, Steps]:
        voltage_v = self.topology.site.nominal_voltage_v
        found = {}
        for name, one in seen.items():
            for outlet in one.managed.outlets if one.ledger.entries else ():
                cap = csms_cap(one, outlet, now, horizon_s, voltage_v)
                if cap is not None:
                    found[name, outlet.id] = cap
        return found

    def _hunger(self, seen: Mapping[str, Seen], now: float) -> None:
        """Learn from the meters how much each car takes of what it may have."""
        for name, one in seen.items():
            for outlet in one.managed.outlets:
                evse, entitled_a = (name, outlet.id), one.entitled.of(outlet.id)
                held = self._held.get(evse)
                if held is None or abs(held.amps - entitled_a) > 0.05:
                    self._held[evse] = Held(entitled_a, now)
                if one.state.running(outlet.id) is None:
                    self.appetites.pop(evse, None)

    def _share_out(
        self, network: Network, horizon: Horizon, seen: Mapping[str, Seen], caps: Mapping[EvseId, Steps], now: float
    ) -> tuple[tuple[Demand, ...], tuple[Span, ...]]:
        """Demands and their shares; where idle reserves do not fit, those give way first."""
        changes = {at for cap in caps.values() for at, _ in cap if at > now}

        def demands_at(instant: float, reserve: bool = True) -> tuple[Demand, ...]:
            found = []
            for name, one in seen.items():
                for outlet in one.managed.outlets:
                    evse = (name, outlet.id)
                    cap = caps.get(evse)
                    appetite = self.appetites.get(evse)
                    demand = demand_of(
                        one, outlet, now=now, cap_a=None if cap is None else steps.value_at(cap, instant),
                        appetite_a=None if appetite is None else appetite.limit_a,
                    )  # fmt: skip
                    idle = one.steered and demand.fixed_a is not None
                    found.append(replace(demand, fixed_a=0.0) if idle and not reserve else demand)
            return tuple(found)

        spans = plan(network, horizon, demands_at, self.turns, self.plan.turns, changes)
        if any(span.allocation.overloaded for span in spans):
            lean = plan(network, horizon, lambda at: demands_at(at, False), self.turns, self.plan.turns, changes)
            return demands_at(now, False), lean
        return demands_at(now), spans

    def _shares(
        self, seen: Mapping[str, Seen], spans: tuple[Span, ...], caps: Mapping[EvseId, Steps]
    ) -> dict[EvseId, Share]:
        """Each EVSE's amperes over time. Whoever keeps its failsafe reserve needs no share."""
        found = {}
        for name, one in seen.items():
            if not one.steered:
                continue
            for outlet in one.managed.outlets:
                evse = (name, outlet.id)
                amps = [(span.start, span.allocation.amps[evse]) for span in spans]
                idle = one.state.running(outlet.id) is None
                if idle and all(share >= outlet.failsafe_a for _, share in amps):
                    continue
                transaction = one.state.running(outlet.id)
                priority = one.placed.priority + (one.state.priority(transaction) if transaction else 0)
                schedule = steps.tidy([(steps.ALWAYS, amps[0][1]), *amps[1:]])
                found[evse] = Share(amps=schedule, cap=caps.get(evse), priority=priority)
        return found

    # --- what facts mean beyond the state -----------------------------------------------------------------------------

    def _follow(self, name: str, before: StationState, fact: Fact, now: float) -> None:
        match fact:
            case TransactionShown():
                self._transaction(name, before, fact)
            case Booted():
                self.dispatcher.rebooted(name, now)
            case Metered():
                self._metered(name, now)
            case _:
                return

    def _transaction(self, name: str, before: StationState, fact: TransactionShown) -> None:
        gone = [one for key, one in before.open.items() if key not in self.states[name].open]
        for one in gone:
            self.ledgers[name] = book.transaction_ended(self.ledgers[name], one.id, one.evse_id)
        new = self.states[name].open.get(fact.transaction_id)
        if new is not None and new.id not in before.open and new.evse_id is not None:
            start_id = 0 if self.ledgers[name].protocol is Protocol.V16 else new.remote_start_id
            self.ledgers[name] = book.transaction_began(self.ledgers[name], new.id, new.evse_id, start_id)

    def _metered(self, name: str, now: float) -> None:
        for outlet in self.managed[name].outlets:
            evse = self.states[name].evses.get(str(outlet.id))
            if evse is None or evse.measured_at != now:
                continue
            drawn_a = evse.drawn_a(now, 0.0)
            if drawn_a is None:
                continue
            self.dispatcher.metered(name, outlet.id, drawn_a, now)
            held = self._held.get((name, outlet.id))
            if held is not None and now - held.since >= SETTLE_S and name in self.online:
                before = self.appetites.get((name, outlet.id), Appetite())
                self.appetites[name, outlet.id] = drawn(before, drawn_a, held.amps, outlet.rating_a)

    def _entered(self, name: str, action: str, request: dict[str, Any], taken: bool | None, answer: object) -> None:
        """What a CALL to the station did to its profiles."""
        before = self.ledgers[name]
        match action:
            case "SetChargingProfile":
                after = book.profile_set(before, request, taken)
            case "ClearChargingProfile":
                after = book.profiles_cleared(before, request, taken)
            case "RequestStartTransaction" | "RemoteStartTransaction":
                after = book.start_requested(before, request, taken)
            case "UpdateDynamicSchedule":
                after = book.dynamic_updated(before, request, taken)
            case "GetChargingProfiles":
                status = answer.get("status") if isinstance(answer, dict) else None
                after = book.read_back_asked(before, request, str(status))
            case _:
                return
        self.ledgers[name] = after

    # --- small things -------------------------------------------------------------------------------------------------

    @property
    def _voltage_v(self) -> float:
        return self.topology.site.nominal_voltage_v

    def _exists(self, node: Path) -> bool:
        return node in self.topology.graph

    def _stations(self, kind: type[StationState], saved: object, first: StationState) -> dict[str, StationState]:
        known = msgspec.convert(saved, dict[str, kind]) if saved is not None else {}  # type: ignore[valid-type]
        return {name: known.get(name, first) for name in self.managed}

    def _ledger(self, name: str, saved: object) -> Ledger:
        return Ledger(protocol=self.managed[name].protocol) if saved is None else msgspec.convert(saved, Ledger)
