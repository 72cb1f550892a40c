"""The control loop's head: facts in, orders out, the clock an argument. P2, P3 and P5 meet here.

    controller.linked(identity, protocol, now)            the station is joined with its CSMS
    controller.registered(identity, accepted, now)        what the CSMS said to its BootNotification
    controller.heard(identity, action, request, answer, now)       an answered CALL of the station
    controller.told(identity, action, request, taken, answer, now) an answered CALL of the CSMS; taken None: no answer
    controller.unlinked(identity, now)
    controller.limits.put(…)                              somebody outside limits a node (`external`)
    controller.replan(plan, now)                          the installer changed the site
    orders = controller.cycle(now)                        every few seconds, and soon after anything happened
        store controller.saved(), then send the orders
    controller.answered(token, outcome, now)              each order's end, also a late one
    controller.unsent(token)                              an order that surely never left the box

One cycle: sources and meters become limits over time (`limits_effective`), stations become demands (`demands`), the
allocator shares out (`sharing`), dispatch turns shares into orders that no lost message can make dangerous
(`dispatch`). What it found stays readable: `picture` makes the snapshot for page, API, CLI and metrics of it.
"""

from dataclasses import dataclass, field, replace

import msgspec

from localctl.charging.allocation.allocator import Allocation, Span
from localctl.charging.allocation.allocator_demand import Demand
from localctl.charging.allocation.allocator_turns import Turn
from localctl.charging.base.phases import PerPhase
from localctl.charging.base.recall import Recall, unchanged_until
from localctl.charging.base.steps import Steps
from localctl.charging.commissioning.known import Terms as Commission
from localctl.charging.commissioning.stages import Ask, Deed, Done
from localctl.charging.commissioning.trial import Trial
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.dispatch import Dispatcher
from localctl.charging.dispatching.entitlement import Envelope
from localctl.charging.dispatching.fleet import Managed, Sight
from localctl.charging.dispatching.orders import Order
from localctl.charging.dispatching.sight import holds_until, look
from localctl.charging.dispatching.watching import FRESH_S
from localctl.charging.knowing.facts import Booted, Metered
from localctl.charging.knowing.ledger import Ledger
from localctl.charging.knowing.readings import whole
from localctl.charging.knowing.site_state import StationState
from localctl.charging.limiting.external import ExternalLimits
from localctl.charging.limiting.limits_effective import Horizon, Other
from localctl.charging.loop.asking import Asking
from localctl.charging.loop.bench import Bench, NotPossible
from localctl.charging.loop.csms_caps import CsmsCaps
from localctl.charging.loop.demands import Seen
from localctl.charging.loop.ground import Ground
from localctl.charging.loop.hunger import Hunger
from localctl.charging.loop.reading import Reading
from localctl.charging.loop.restore import MOST_RETIRED, restored
from localctl.charging.loop.roster import Roster
from localctl.charging.loop.sharing import Sharing
from localctl.charging.loop.site_plan import SitePlan
from localctl.charging.profile.profiles import Protocol
from localctl.charging.tree.rows import Network
from localctl.charging.tree.topology import EvseId, Topology


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one cycle found, for whoever shows it. `yielding` gave up their idle reserve, `caps` are the CSMS's."""

    at: float
    horizon: Horizon
    spans: tuple[Span, ...]
    demands: tuple[Demand, ...]
    entitled: dict[str, Envelope]
    used: dict[EvseId, tuple[int, ...] | None]
    others: dict[str, Other]
    yielding: frozenset[EvseId] = frozenset()
    caps: dict[EvseId, Steps] = field(default_factory=dict)

    @property
    def allocation(self) -> Allocation:
        """The shares of this moment."""
        return self.spans[0].allocation


class Controller:
    """One site under control. `saved` is what an earlier process stored; instants are seconds since 1970.

    `troubles` says what of it could not be read. Nothing that was stored keeps a controller from being made.
    """

    def __init__(self, plan: SitePlan, saved: object = None) -> None:
        found = restored(saved)
        self.plan = plan
        self.troubles = found.troubles
        self.limits = ExternalLimits(plan.rules, found.limits)
        self.dispatcher = Dispatcher((), plan.terms)
        self.dispatcher.outbox.next_token = found.next_token
        self.roster = Roster(plan.topology.site.nominal_voltage_v)
        self.hunger, self.bench = Hunger(), Bench()
        self.deeds: list[Deed] = []
        """What the station that is being commissioned is to be asked, as of the last cycle."""
        self.turns: dict[EvseId, Turn] = found.turns
        self.last: Round | None = None
        self._orders: dict[int, Order] = {}
        # The books of stations that are not part of the site now: should one come back, it counts as it was left.
        self._retired: dict[str, Desk] = {name.casefold(): desk for name, desk in found.desks.items()}
        for station in plan.managed:
            known = found.ledgers.get(station.identity)
            self._admit(station if known is None else replace(station, protocol=known.protocol))
        self.roster.put_back(found.states, found.ledgers)
        self._reading = Reading(self.roster, self.dispatcher.desks, self.dispatcher.outbox)
        self.ground = Ground(plan, self.limits)
        self._set_up()

    @property
    def topology(self) -> Topology:
        """The site's tree."""
        return self.plan.topology

    @property
    def managed(self) -> dict[str, Managed]:
        """The stations of the plan, in the version they speak."""
        return self.roster.managed

    @property
    def states(self) -> dict[str, StationState]:
        """What is known of each station."""
        return self.roster.states

    @property
    def ledgers(self) -> dict[str, Ledger]:
        """Whose profiles are installed at each station."""
        return self.roster.ledgers

    @property
    def online(self) -> set[str]:
        """The stations that are there."""
        return self.roster.online

    # --- what happened ------------------------------------------------------------------------------------------------

    def linked(self, identity: str, protocol: Protocol, now: float) -> None:
        """A station is there and speaks this version. Nobody knows yet whether its CSMS will accept it."""
        name = self.name_of(identity) or self._adopted(identity)
        self.bench.linked(name or "", now)
        if name is not None and self.roster.speaks(name, protocol):
            self.dispatcher.admit(self.roster.station(name))

    def registered(self, identity: str, accepted: bool, now: float) -> None:
        """The CSMS's answer to the station's BootNotification: before it is accepted nothing is ordered (7.1.7)."""
        name = self.name_of(identity)
        if name is not None:
            (self.roster.unregistered.discard if accepted else self.roster.unregistered.add)(name)

    def unlinked(self, identity: str, now: float) -> None:
        """The station is away; what was in flight to it may or may not have arrived."""
        name = self.name_of(identity)
        if name is not None:
            self._reading.unlinked(name, now)
            self.roster.away(name)
            self.hunger.forget(name)
            self.dispatcher.out_of_sight(name, now)

    def heard(self, identity: str, action: str, request: object, answer: object, now: float) -> None:
        """The station's own CALL, with its answer (None if it never came)."""
        name = self.name_of(identity)
        if name is not None and action == "ReportChargingProfiles":
            self._reading.reported(name, now)
        if name is not None and action == "PullDynamicScheduleUpdate" and isinstance(request, dict):
            self.dispatcher.pulled(name, whole(request.get("chargingProfileId")) or 0, now)
        for fact in () if name is None else self.roster.heard(name, action, request, answer, now):
            if isinstance(fact, Booted):
                self.dispatcher.rebooted(str(name), now)
            elif isinstance(fact, Metered):
                self._metered(str(name), now)

    def told(self, identity: str, action: str, request: object, taken: bool | None, answer: object, now: float) -> None:
        """A CALL of the CSMS: the station took it, refused it, or (None) nobody knows."""
        name = self.name_of(identity)
        if name is not None and isinstance(request, dict):
            self.roster.told(name, action, request, taken, answer, now)

    def answered(self, token: int, outcome: Outcome, now: float) -> None:
        """An order met its end; late and doubled answers are welcome."""
        order = self._orders.get(token)
        if order is not None and order.identity in self.roster.states:
            request = msgspec.json.decode(order.payload)
            taken = {Verdict.ACCEPTED: True, Verdict.REFUSED: False}.get(outcome.verdict)
            self.roster.ordered(order.identity, order.action, request, taken, now)
            if taken is not None:
                del self._orders[token]
            self._reading.answered(order.identity, token, outcome, now)
            if taken and order.action in ("SetChargingProfile", "UpdateDynamicSchedule"):
                self.bench.taken(order.identity, now)
        self.dispatcher.answered(token, outcome, now)

    def unsent(self, token: int) -> None:
        """An order of the last cycle surely never left the box: nothing is to be counted for it."""
        self._orders.pop(token, None)
        self.dispatcher.unsent(token)
        self._reading.unsent(token)

    def commission(self, identity: str, evse_id: int | None, terms: Commission, now: float) -> Trial:
        """Begin to try a station out, from the next cycle on. Raises NotPossible."""
        name = self.name_of(identity)
        if name is None or name not in self.managed:
            raise NotPossible(f"no station {identity[:60]!r} under control here")
        sight, desk = self._sight(name, now), self.dispatcher.desks[name]
        return self.bench.begin(self.managed[name], evse_id, terms, sight, desk, self.plan.terms.lease, now)

    def did(self, name: str, deed: Deed, done: Done, now: float) -> None:
        """What was asked of the station that is, or was, being commissioned met its end."""
        if isinstance(deed, Ask) and name in self.states:
            self.roster.ordered(name, deed.action, msgspec.json.decode(deed.payload), done.taken, now)
        self.bench.done(deed, done, now)

    def meter(self, load: str, amps: PerPhase, now: float) -> None:
        """A reading of another consumer's meter. KeyError for a load without one."""
        self.ground.loads.metered(load, amps, now)

    def name_of(self, identity: str) -> str | None:
        """The station's name in the plan, whatever its case; None for a station that is only routed."""
        return self.roster.name_of(identity)

    def replan(self, plan: SitePlan, now: float) -> None:
        """The installer changed the site. What is known of stations that stay stays known, entitlements above all."""
        self.plan = plan
        self.bench.stop(None, "the configuration has changed", now)
        staying = {station.identity for station in plan.managed}
        listed = {name.casefold() for name in staying}
        for name in [*self.managed, *(each for each in self.roster.adopted if each.casefold() in listed)]:
            if name not in staying:
                self._dismiss(name)
        self.limits.rules = {rule.name: rule for rule in plan.rules}
        self.dispatcher.terms = plan.terms
        for station in plan.managed:
            known = self.ledgers.get(station.identity)
            self._admit(station if known is None else replace(station, protocol=known.protocol))
        self.ground = Ground(plan, self.limits, self.ground)
        self._set_up()
        self.last = None

    # --- what to do ---------------------------------------------------------------------------------------------------

    def clock_jumped(self, by_s: float) -> None:
        """The box's own clock went ahead at once: nobody can tell any more what part of a schedule holds (P2)."""
        self.dispatcher.clock_jumped(by_s)
        self.roster.clock_jumped(by_s)

    def cycle(self, now: float) -> list[Order]:
        """Everything that should be sent now, most urgent first. Store `saved()` before the first one leaves."""
        seen = {name: self._see(name, now) for name in self.managed}
        of_csms = (self._asking.csms.of_station(one, now) for one in seen.values())
        self.ground.of_csms = tuple(source for source in of_csms if source is not None)
        self.ground.beyond_a = self._beyond_a(now)
        network, horizon = self.network(), self.horizon(now)
        before = self.last.allocation.amps if self.last is not None else {}
        for one in seen.values():
            self.hunger.follow(one, before, now)
        asked, used = self._asking.of(seen, self.hunger.limit_a, now)
        shared = self._sharing.share(network, horizon, asked, self.turns, now)
        self.turns = shared.spans[0].allocation.turns
        self.last = Round(
            at=now, horizon=horizon, spans=shared.spans, demands=shared.demands, used=used,
            entitled={name: one.entitled for name, one in seen.items()}, others=self.ground.others(now),
            yielding=shared.yielding, caps=asked.caps,
        )  # fmt: skip
        sights = {name: self._sight(name, now) for name in self.states}
        allocation = shared.spans[0].allocation
        self.deeds = self.bench.turn(sights, self.states, self.dispatcher.desks, allocation, self.ground, now)
        shares = self._asking.shares(seen, shared.spans, asked.caps, now)
        sights = self.bench.heard_silence(sights)
        steerable = [name for name, sight in sights.items() if sight.online]
        self._reading.doubt(steerable, now)
        orders = self.dispatcher.plan(
            shares=self.bench.held(shares, self.dispatcher.desks),
            ceilings=self.ground.ceilings(horizon, used),
            sights=sights,
            now=now,
        )
        orders += self._reading.ask(steerable, now)
        self._orders |= {order.token: order for order in orders}
        while len(self._orders) > 4 * len(self.states) + 64:
            del self._orders[next(iter(self._orders))]
        return orders

    def horizon(self, now: float, ahead_s: float | None = None) -> Horizon:
        """The limits of every row from now on, by all that was said until now; as far ahead as control looks."""
        return self.ground.horizon(now, ahead_s)

    def metered_loads(self, now: float) -> dict[str, Other]:
        """What each metered load is taken to draw, and how that is known."""
        return self.ground.loads.estimates(now)

    def saved(self) -> dict[str, object]:
        """Everything that must outlive this process, as a JSON document."""
        return {
            "dispatch": self.dispatcher.saved(),
            "retired": msgspec.to_builtins(self._retired),
            "limits": self.limits.saved(),
            "states": msgspec.to_builtins(self.states),
            "ledgers": msgspec.to_builtins(self.ledgers),
            "turns": [[name, evse_id, msgspec.to_builtins(turn)] for (name, evse_id), turn in self.turns.items()],
        }

    def network(self) -> Network:
        """The compiled rows; anew when somebody limits a node that had no row for it."""
        return self.ground.network()

    def _set_up(self) -> None:
        """Whatever remembers something of one plan, or of one of its stations, begins anew."""
        self._sharing = Sharing(self.plan.turns)
        csms = CsmsCaps(self.plan.horizon_s, self.topology.site.nominal_voltage_v)
        self._asking = Asking(csms, binding=self.plan.departures_bind)
        self._looks: Recall[Sight] = Recall()
        self._sights: Recall[Seen] = Recall()

    # --- the parts of a cycle -----------------------------------------------------------------------------------------

    def _see(self, name: str, now: float) -> Seen:
        managed, placed, desk = self.managed[name], self.topology.stations[name], self.dispatcher.desks[name]
        steered = self.roster.is_steerable(name) and placed.controllable and not desk.uncontrolled()
        steered = steered and not self.bench.silences(name)
        ahead_s = 0.0 if steered else self.plan.terms.lease.lease_s
        state, ledger = self.states[name], self.ledgers[name]
        wired, offered = self.plan.wired, self.hunger.offered(managed, now)
        made_of = (placed, managed, state, ledger, desk.orders(), desk.distrusted(), ahead_s, steered, wired, offered)
        known = self._sights.again(name, made_of, now)
        if known is not None:
            return known
        found = Seen(
            placed=placed, managed=managed, state=state, ledger=ledger, steered=steered,
            entitled=desk.envelope(managed, now, now + ahead_s), wired=wired, offered=offered,
        )  # fmt: skip
        return self._sights.keep(name, made_of, found, now, unchanged_until(desk.edges(), (0.0, ahead_s), now))

    def _sight(self, name: str, now: float) -> Sight:
        placed = self.topology.stations.get(name)
        online = self.roster.is_steerable(name) and (placed is None or placed.controllable)
        state, ledger = self.states[name], self.ledgers[name]
        station = self.roster.station(name)
        made_of = (station, state, ledger, online)
        known = self._looks.again(name, made_of, now)
        if known is not None:
            return known
        found = look(station, state, ledger, online=online, now=now)
        return self._looks.keep(name, made_of, found, now, holds_until(state, now))

    def _metered(self, name: str, now: float) -> None:
        if self.bench.on_probation(name, now):
            return  # on probation: what it does under a trial says nothing about its days
        outlets = self.roster.station(name).outlets
        for outlet in outlets:
            evse = self.states[name].evses.get(str(outlet.id))
            drawn_a = evse.drawn_a(now, 0.0) if evse is not None and evse.measured_at == now else None
            if drawn_a is not None:
                self.dispatcher.metered(name, outlet.id, drawn_a, now, from_power=evse is not None and evse.from_power)
                if name in self.online:
                    self.hunger.metered((name, outlet.id), drawn_a, outlet.rating_a, now)
        whole = self.states[name].drawn_a(now, FRESH_S, [outlet.id for outlet in outlets])
        if whole is not None and whole[2] == now:
            from_power = any(evse.from_power for evse in self.states[name].evses.values())
            self.dispatcher.metered(name, 0, whole[0], now, since_at=whole[1], from_power=from_power)

    def _beyond_a(self, now: float) -> float:
        """What adopted stations may draw, all together, on top of the place that is kept for them."""
        lease_s, beyond_a = self.plan.terms.lease.lease_s, 0.0
        for name, station in self.roster.adopted.items():
            until = now if self.roster.is_steerable(name) else now + lease_s
            envelope = self.dispatcher.desks[name].envelope(station, now, until)
            most_a = sum(envelope.evse_a.values()) if envelope.station_a is None else envelope.station_a
            beyond_a += max(0.0, most_a - station.safe_a)
        return beyond_a

    # --- who is there -------------------------------------------------------------------------------------------------

    def _adopted(self, identity: str) -> str | None:
        """The name of a station that is not in the plan and is let in all the same."""
        station = self.plan.adopts(identity)
        if station is None:
            return None
        self._admit(station, adopted=True)
        return station.identity

    def _admit(self, station: Managed, *, adopted: bool = False) -> None:
        self.roster.add(station, adopted=adopted)
        self.dispatcher.admit(station, self._retired.pop(station.identity.casefold(), None))

    def _dismiss(self, name: str) -> None:
        self.roster.remove(name)
        self.hunger.forget(name)
        self._retired[name.casefold()] = self.dispatcher.dismiss(name)
        while len(self._retired) > MOST_RETIRED:
            del self._retired[next(iter(self._retired))]
