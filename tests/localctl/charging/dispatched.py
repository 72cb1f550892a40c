"""A site under the dispatcher alone, driven step by step: what is asked, what leaves the box, what is answered.

pair(main_a=32.0).share(a=26.0, b=6.0).settle().share(a=6.0).plan().then(("a", "fall", 6.0)).answer()
"""

import json

from localctl.charging.base.instants import read_instant
from localctl.charging.base.steps import constant
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.dispatch import Dispatcher
from localctl.charging.dispatching.fleet import Ceiling, Managed, Outlet, Share, Sight
from localctl.charging.dispatching.lease import LeaseTerms
from localctl.charging.dispatching.orders import Terms
from localctl.charging.profile.profiles import Protocol

START = 1_800_000_000.0
YES, NO = Outcome(verdict=Verdict.ACCEPTED), Outcome(verdict=Verdict.REFUSED)
LOST, UNCLEAR = Outcome(verdict=Verdict.LOST), Outcome(verdict=Verdict.UNCLEAR)


def station(name, **changes):
    return Managed(**({"identity": name, "protocol": Protocol.V201, "outlets": (Outlet(id=1),)} | changes))


class Play:
    """A site of stations under one main fuse, driven step by step."""

    def __init__(self, *stations, main_a=64.0, terms=None):
        self.stations = stations
        self.terms = terms or Terms(lease=LeaseTerms(lease_s=300, longest_s=300))
        self.dispatcher = Dispatcher(stations, self.terms)
        self.now, self.main = START, constant(main_a)
        self.shares, self.sights = {}, {each.identity: Sight() for each in stations}
        self.orders = []

    def share(self, **amps):
        for name, one in amps.items():
            plan = one if isinstance(one, tuple) else constant(one)
            self.shares[name, 1] = Share(amps=plan)
        return self

    def see(self, name, **changes):
        self.sights[name] = Sight(**changes)
        return self

    def after(self, seconds):
        self.now += seconds
        return self

    def plan(self):
        factors = {(each.identity, outlet.id): 1.0 for each in self.stations for outlet in each.outlets}
        ceilings = [Ceiling(name="main", capacity=self.main, factors=factors)]
        self.orders = self.dispatcher.plan(shares=self.shares, ceilings=ceilings, sights=self.sights, now=self.now)
        return self

    def then(self, *expected):
        """What left the box: (station, reason, present limit or action)."""
        assert [(order.identity, order.why, first(order, self.now)) for order in self.orders] == list(expected)
        return self

    def answer(self, outcome=YES, only=None):
        for order in self.orders:
            if only in (None, order.identity):
                self.dispatcher.answered(order.token, outcome, self.now)
        return self

    def settle(self):
        """Plan and accept until nothing more is to be said."""
        for _ in range(8):
            self.plan().answer().after(12)
        return self.plan().then()


def first(order, now=START):
    """The limit an order begins with, on a clock that is right."""
    payload = json.loads(order.payload)
    if order.action != "SetChargingProfile":
        return order.action
    profile = payload.get("chargingProfile") or payload["csChargingProfiles"]
    schedule = profile["chargingSchedule"]
    schedule = schedule[0] if isinstance(schedule, list) else schedule
    periods = schedule["chargingSchedulePeriod"]
    if "startSchedule" not in schedule:
        return periods[0]["limit"]
    passed_s = now - read_instant(schedule["startSchedule"])
    return [each["limit"] for each in periods if each["startPeriod"] <= passed_s][-1]


def pair(**changes):
    return Play(station("a"), station("b"), **changes)
