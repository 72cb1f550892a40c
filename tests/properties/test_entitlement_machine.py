"""P2 and P3 under any loss, delay, refusal, reordering, restart and silence.

The machine plays the allocator (with any shares, also ones that do not fit), the network (with any fate for each order
and answer), the drivers and the power supply of controller and stations. `entitlement_model` judges: whatever the
stations really allow, summed under every ceiling, stays within its capacity at every instant. The one exception is
what physics demands: after a capacity falls by surprise, the sum may be as high as what had been promised before.
"""

import json
import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from localctl.charging.base import steps
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.dispatch import Dispatcher
from localctl.charging.dispatching.fleet import Actuator, Ceiling, Managed, Outlet, Running, Share, Sight
from localctl.charging.dispatching.lease import LeaseTerms
from localctl.charging.dispatching.orders import Terms
from localctl.charging.profile.profiles import Protocol, RateUnit
from tests.properties.entitlement_model import REACTION_S, Held, Station

START = 1_800_000_000.0
TIMEOUT_S = 15.0
TICK_S = 2.0
PAIR = (Outlet(id=1), Outlet(id=2, min_a=8.0))
FLEET = (
    Managed(identity="max", protocol=Protocol.V201, outlets=(Outlet(id=1),), control=Actuator.MAX_PROFILE),
    Managed(identity="twin", protocol=Protocol.V201, outlets=PAIR, control=Actuator.MAX_PROFILE),
    Managed(identity="default", protocol=Protocol.V16, outlets=PAIR, control=Actuator.TX_DEFAULT),
    Managed(identity="tx", protocol=Protocol.V16, outlets=PAIR, control=Actuator.TX_PROFILE),
    Managed(identity="watts", protocol=Protocol.V201, outlets=(Outlet(id=1),), unit=RateUnit.WATTS),
    Managed(identity="dynamic", protocol=Protocol.V21, outlets=(Outlet(id=1),), control=Actuator.DYNAMIC),
    Managed(identity="1970", protocol=Protocol.V201, outlets=(Outlet(id=1, failsafe_a=0.0),)),
    Managed(
        identity="relative", protocol=Protocol.V16, outlets=(Outlet(id=1),), control=Actuator.TX_PROFILE, relative=True
    ),
)
SAFE_SUM_A = sum(station.safe_a for station in FLEET)
EVSES = [(station.identity, outlet.id) for station in FLEET for outlet in station.outlets]
# Two nested conductors and one weighted group.
FACTORS = {
    "main": dict.fromkeys(EVSES, 1.0),
    "branch": {("max", 1): 1.0, ("twin", 1): 1.0, ("twin", 2): 0.5, ("tx", 1): 1.0, ("dynamic", 1): 1.0},
    "group": {("default", 1): 2.0, ("default", 2): 1.0, ("watts", 1): 1.0, ("twin", 2): 1.0},
}
PLENTY = {"main": 72.0, "branch": 42.0, "group": 46.0}
TERMS = Terms(lease=LeaseTerms(lease_s=240.0, longest_s=480.0), timeout_s=TIMEOUT_S)
fates = st.sampled_from(["kind", "kind", "slow", "lossy", "awful"])
amps = st.sampled_from([0.0, 5.9, 6.0, 7.35, 10.0, 13.0, 16.0, 24.0, 32.0])


class Site(RuleBasedStateMachine):
    """Everything around the dispatcher."""

    def __init__(self):
        super().__init__()
        self.now = START
        self.dispatcher = Dispatcher(FLEET, TERMS)
        self.stored = self.dispatcher.saved()
        self.alive = True
        self.shares = {}
        self.capacity = {name: steps.constant(amps) for name, amps in PLENTY.items()}
        self.promised = None
        self.links = dict.fromkeys((station.identity for station in FLEET), True)
        self.flying = []
        self.next_tx = 100

    @initialize(seed=st.integers(0, 2**32))
    def build(self, seed):
        """A running site: commissioned, cars at half of the outlets, orders settled."""
        self.chance = random.Random(seed)
        self.stations = {}
        for station in FLEET:
            off = 5000.0 - START if station.identity == "1970" else self.chance.uniform(-30, 30)
            watts = station.outlets[0].watts_per_a
            ratings = {outlet.id: outlet.rating_a for outlet in station.outlets}
            made = Station(station.identity, station.protocol.value, ratings, clock_off=off, watts_per_a=watts)
            made.since = START - 1000
            # Commissioned (P3): each holds its failsafe by a profile of the installer, below everything else.
            if station.control in (Actuator.TX_PROFILE, Actuator.TX_DEFAULT):
                for outlet in station.outlets:
                    profile = commissioned("TxDefaultProfile", outlet.failsafe_a)
                    made.held[-outlet.id] = Held(outlet.id, profile, START - 1000)
            else:
                made.held[-1] = Held(0, commissioned("ChargingStationMaxProfile", station.safe_a), START - 1000)
            self.stations[station.identity] = made
        for evse in EVSES[::2]:
            self.plug(evse)
        self.want(self.chance)
        self.pass_time(60, "kind")

    # --- what the site asks for --------------------------------------------------------------------------------------

    @rule(
        evse=st.sampled_from(EVSES), now_a=amps, later_a=amps, after_s=st.integers(1, 600), priority=st.integers(-1, 1)
    )
    def share(self, evse, now_a, later_a, after_s, priority):
        known = steps.tidy([(steps.ALWAYS, now_a), (self.now + after_s, later_a)])
        self.shares[evse] = Share(amps=known, priority=priority)

    @rule(seed=st.integers(0, 2**32), seconds=st.sampled_from([0, 20, 60]), network=fates)
    def everyone_wants_something_else(self, seed, seconds, network):
        self.want(random.Random(seed))
        self.pass_time(seconds, network)

    def want(self, chance):
        for evse in EVSES:
            now_a, later_a = (chance.choice([0.0, 6.0, 7.35, 10.0, 16.0, 32.0]) for _ in range(2))
            plan = [(steps.ALWAYS, now_a), (self.now + chance.uniform(1, 400), later_a)]
            self.shares[evse] = Share(amps=steps.tidy(plan[: chance.choice([1, 1, 2])]), priority=chance.randint(-1, 1))

    @rule(
        name=st.sampled_from(sorted(FACTORS)), part=st.sampled_from([0.0, 0.3, 0.6, 1.0]), after_s=st.integers(0, 900)
    )
    def capacity_changes(self, name, part, after_s):
        self.promise()
        now_a = steps.value_at(self.capacity[name], self.now)
        later_a = PLENTY[name] * part
        first_a = now_a if after_s else later_a
        self.capacity[name] = steps.tidy([(steps.ALWAYS, first_a), (self.now + after_s, later_a)])

    @rule(name=st.sampled_from(sorted(FACTORS)), part=st.sampled_from([0.0, 0.3, 0.6]), after_s=st.integers(100, 700))
    def a_fall_announced_in_time_is_kept_to_the_second(self, name, part, after_s):
        self.capacity_changes(name, part, after_s)
        self.pass_time(after_s + 20, self.chance.choice(["kind", "lossy"]))
        self.capacity[name] = steps.constant(PLENTY[name])

    def promise(self):
        """Freeze what every station was promised so far, orders in flight included, cars staying or leaving."""
        self.promised = {}
        for name, station in self.stations.items():
            views = [station.twin()]
            for order, arrives, _ in self.flying:
                if order.identity == name and arrives:
                    views.append(views[-1].twin())
                    views[-1].take(order.action, json.loads(order.payload), self.now)
            left = [view.twin() for view in views]
            for view in left:
                for evse in list(view.running):
                    view.end(evse, self.now)
            self.promised[name] = views + left

    # --- what happens to it ------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([6, 20, 60, 200]), network=fates)
    def time_passes(self, seconds, network):
        self.pass_time(seconds, network)

    def pass_time(self, seconds, network):
        end = self.now + seconds
        while self.now < end:
            if self.alive:
                self.cycle(network)
            self.now += TICK_S
            self.deliver()
            self.check()

    def cycle(self, network):
        ceilings = [Ceiling(name=name, capacity=self.capacity[name], factors=FACTORS[name]) for name in FACTORS]
        orders = self.dispatcher.plan(
            shares=self.shares,
            ceilings=ceilings,
            sights={name: self.sight(name) for name in self.stations},
            now=self.now,
        )
        self.stored = json.loads(json.dumps(self.dispatcher.saved()))
        busy = [order.identity for order in orders]
        assert len(busy) == len(set(busy)), "one order per station in flight"
        for order in orders:
            self.flying.append((order, *self.fate(order.identity, network)))

    def sight(self, name):
        station = self.stations[name]
        running = {evse: Running(transaction_id=tx, started_at=at) for evse, (tx, at) in station.running.items()}
        return Sight(online=self.links[name], running=running, clock_off_s=station.clock_off)

    def fate(self, name, network):
        """When the order arrives (None: never), and when which answers come back."""
        chance = self.chance.random
        wait = {"kind": 0.2, "slow": 12.0, "lossy": 3.0, "awful": 30.0}[network]
        earliest = max([arrives for order, arrives, _ in self.flying if order.identity == name and arrives], default=0)
        arrives = max(self.now + chance() * wait, earliest)
        lossy = network in ("lossy", "awful")
        if lossy and chance() < 0.25:
            return None, [(self.now + TIMEOUT_S, "lost")]
        answers = [] if lossy and chance() < 0.25 else [(arrives + chance() * wait, "answer")]
        if lossy and chance() < 0.2:
            answers.append((arrives + chance() * 60, "answer"))
        if not any(at < self.now + TIMEOUT_S for at, _ in answers):
            answers.append((self.now + TIMEOUT_S, "lost"))
        if lossy and chance() < 0.1:
            return arrives, [(at, "unclear" if what == "answer" else what) for at, what in answers]
        if lossy and chance() < 0.1:
            return arrives, [(at, "refuse" if what == "answer" else what) for at, what in answers]
        return arrives, answers

    def deliver(self):
        """Bring what is due to stations and back; falls before the truth moves on."""
        due = sorted((one for one in self.flying if one[1] and one[1] <= self.now), key=lambda one: one[1])
        for order, arrives, answers in due:
            status = "Rejected"
            if not any(what == "refuse" for _, what in answers):
                status = self.stations[order.identity].take(order.action, json.loads(order.payload), arrives)
            told = [(max(at, arrives), status if what in ("answer", "refuse") else what) for at, what in answers]
            self.flying[self.flying.index((order, arrives, answers))] = (order, None, told)
        for order, arrives, answers in list(self.flying):
            ready = [one for one in answers if one[0] <= self.now and (arrives is None or one[1] == "lost")]
            for one in sorted(ready):
                self.tell(order, one[1])
            left = [one for one in answers if one not in ready]
            at = self.flying.index((order, arrives, answers))
            self.flying[at : at + 1] = [(order, arrives, left)] if left or arrives else []

    def tell(self, order, word):
        verdicts = {"Accepted": Verdict.ACCEPTED, "Rejected": Verdict.REFUSED, "Unknown": Verdict.REFUSED}
        verdict = verdicts.get(word, Verdict.LOST if word == "lost" else Verdict.UNCLEAR)
        if self.alive and self.links[order.identity]:
            self.dispatcher.answered(order.token, Outcome(verdict=verdict), self.now)

    def cut(self, name):
        """The link ends: an order still under way arrives now or never, no answer does."""
        for order, arrives, _ in [one for one in self.flying if one[0].identity == name]:
            if arrives and self.chance.random() < 0.5:
                self.stations[name].take(order.action, json.loads(order.payload), self.now)
        self.flying = [one for one in self.flying if one[0].identity != name]
        if self.alive:
            self.dispatcher.link_lost(name, self.now)

    @rule(name=st.sampled_from([station.identity for station in FLEET]))
    def station_goes_silent(self, name):
        self.cut(name)
        self.links[name] = False

    @rule(name=st.sampled_from([station.identity for station in FLEET]))
    def station_comes_back(self, name):
        self.links[name] = True

    @rule(name=st.sampled_from([station.identity for station in FLEET]))
    def station_reboots(self, name):
        self.cut(name)
        if self.alive:
            self.dispatcher.rebooted(name, self.now)

    @rule(evse=st.sampled_from(EVSES))
    def car_comes_or_goes(self, evse):
        self.plug(evse)

    def plug(self, evse):
        station = self.stations[evse[0]]
        if evse[1] in station.running:
            station.end(evse[1], self.now)
        else:
            self.next_tx += 1
            station.start(evse[1], str(self.next_tx), self.now)

    @rule(remembers=st.booleans(), off_s=st.sampled_from([0, 30, 300]), network=fates)
    def controller_restarts(self, remembers, off_s, network):
        for name in self.stations:
            self.cut(name)
        self.alive = False
        self.pass_time(off_s, network)
        self.alive = True
        self.dispatcher = Dispatcher(FLEET, TERMS, self.stored if remembers else None)
        self.want(self.chance)
        self.pass_time(40, network)

    @rule()
    def everything_is_silent_until_all_leases_are_over(self):
        """P3: without a controller each station is at its failsafe at last, and the sum fits."""
        for name in self.stations:
            self.cut(name)
        alive, self.alive = self.alive, False
        for _ in range(12):
            self.now += 100
            self.check()
        for station in FLEET:
            if station.identity not in ("1970", "relative"):
                total, per_evse = self.stations[station.identity].allowed(self.now)
                held = total if total is not None else sum(per_evse.values())
                assert held <= station.safe_a + 1e-6, f"{station.identity} never fell back: {held} A"
        self.alive = alive

    # --- the judge ---------------------------------------------------------------------------------------------------

    def check(self):
        for name, factors in FACTORS.items():
            capacity_a = steps.value_at(self.capacity[name], self.now)
            load_a = self.load(factors)
            if load_a > capacity_a + 1e-6:
                promised_a = self.promised_load(factors)
                assert load_a <= promised_a + 1e-6, (
                    f"{name}: {load_a:.2f} A allowed, {capacity_a:.2f} A may be, {promised_a:.2f} A had been promised"
                )

    def load(self, factors):
        return sum(
            station.worst(self.now, {evse: factor for (who, evse), factor in factors.items() if who == identity})
            for identity, station in self.stations.items()
        )

    def promised_load(self, factors):
        """What the stations would load the ceiling with, had nothing been sent since the last surprise."""
        total = 0.0
        for identity, views in (self.promised or {}).items():
            mine = {evse: factor for (who, evse), factor in factors.items() if who == identity}
            total += max(view.worst(self.now, mine) for view in views)
        return total

    @invariant()
    def never_over_any_limit(self):
        if hasattr(self, "chance"):
            self.check()


def commissioned(purpose, limit):
    """A profile that holds the failsafe for ever, as the installer left it."""
    return {
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "stackLevel": -1,
        "chargingSchedule": {
            "startSchedule": "1970-01-01T00:00:00Z",
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": [{"startPeriod": -(10**9), "limit": limit}],
        },
    }


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("part", [0.0, 0.4, 0.8])
def test_p2_where_messages_arrive_a_surprise_is_over_with_the_reaction_time(seed, part):
    site = Site()
    site.build(seed)
    for name in FACTORS:
        site.capacity_changes(name, part, 0)
    # One cycle until the falls are planned, 0.4 s on the way there and back, then the cars follow.
    site.pass_time(TICK_S + 1 + REACTION_S, "kind")
    for name, factors in FACTORS.items():
        assert site.load(factors) <= PLENTY[name] * part + 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_p2_a_fall_known_in_time_is_kept_on_every_clock(seed):
    """No excuse of older promises: all leases of before the announcement are over when the capacity falls."""
    site = Site()
    site.build(seed)
    site.shares = {evse: Share(amps=steps.constant(32.0)) for evse in EVSES}
    site.pass_time(100, "kind")
    site.capacity_changes("main", 0.6, 600)
    site.pass_time(500, "kind")
    site.promised = None
    site.pass_time(140, "kind")


@pytest.mark.parametrize("seed", range(3))
def test_where_messages_arrive_a_site_is_used_up_to_its_limits(seed):
    """Safe is not enough: where everyone wants more, the fuse stops them and not caution."""
    site = Site()
    site.build(seed)
    site.shares = {evse: Share(amps=steps.constant(32.0)) for evse in EVSES}
    site.pass_time(120, "kind")
    assert site.load(FACTORS["main"]) > 0.97 * PLENTY["main"]


TestSite = Site.TestCase
TestSite.settings = settings(max_examples=settings.default.max_examples // 6, stateful_step_count=12, deadline=None)
