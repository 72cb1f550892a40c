"""The box dies with cars charging and comes back on what it had stored: nothing counts twice, nobody gets more early.

Unlike an orderly stop, a death comes at any moment: after the document was stored and before, between or after the
orders left, with answers on their way. Then an EMS may want less than before, stations come back in any order, and some
never do. Truth is what the stations' own profiles allow (`played.Box`), judged against fuses and limits.
"""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.base import steps
from localctl.charging.dispatching.answers import Verdict
from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.loop.controller import Controller
from localctl.charging.profile.profiles import Protocol
from tests.localctl.charging.played import Play, first, place
from tests.localctl.charging.sites import panel

VERSIONS = (Protocol.V16, Protocol.V21, Protocol.V201)
RATING_A = 32.0
"""Of the places here."""
CONTROLS = (Actuator.MAX_PROFILE, Actuator.TX_PROFILE, Actuator.TX_DEFAULT)


class Mortal(Play):
    """A site whose box stores its document before the orders of a cycle leave, as the real one does."""

    stored = None
    dies_after = None
    remembers = True
    """False for a box that lost its memory: for it the first order to a station is never a raise."""
    told = frozenset()

    def cycles(self):
        before = {name: self.allowed(name) for name in self.boxes}
        self.orders = self.controller.cycle(self.now)
        if self.orders:
            self.stored = json.loads(json.dumps(self.controller.saved()))
        for number, order in enumerate(self.orders):
            if self.dies_after is not None and number >= self.dies_after:
                break
            box = self.boxes[order.identity]
            assert box.online
            if order.reports is not None:
                self.reads_back(order, box)
                continue
            if box.answers.verdict in (Verdict.ACCEPTED, Verdict.LOST):
                box.take(order.action, json.loads(order.payload))
            if self.dies_after is None:
                self.controller.answered(order.token, box.answers, self.now)
        raised = {name for name in self.boxes if self.allowed(name) > before[name] + 1e-6}
        over = drawn_over(self, self.capacities_now())
        assert not any(raised & stations for _, stations in over), f"{raised} may draw more below {over}"
        raised &= self.boxes.keys() if self.remembers else self.told
        self.told |= {order.identity for order in self.orders}
        over = crowded(self, self.capacities_now())
        assert not any(raised & stations for _, stations in over), f"{raised} were given more below {over}"
        return self

    def dies(self, chance):
        """In the middle of a cycle's orders; what the stored document does not know is forgotten."""
        self.dies_after = chance.choice((0, 1, 2, 99))
        self.now += 1.0
        self.cycles()
        self.dies_after = None
        self.controller = Controller(self.plan, self.stored)
        for box in self.boxes.values():
            box.online = False
        return self

    def allowed(self, name):
        """Amperes that the station's own profiles allow all its EVSEs together."""
        box = self.boxes[name]
        return sum(box.allows(outlet.id, self.now) for outlet in box.managed.outlets)

    def capacities_now(self):
        return {one.name: steps.value_at(one.capacity, self.now) for one in self.ceilings()}

    def fuses(self):
        return {one.name: one.rest_a for one in self.ceilings()}

    def ceilings(self):
        controller = self.controller
        used = {} if controller.last is None else controller.last.used
        return controller.ground.ceilings(controller.horizon(self.now), used)

    def comes_back(self, name):
        """It reconnects without booting and says what runs: 2.x by transaction alone, 1.6 by its number."""
        self.joins(name)
        box = self.boxes[name]
        for evse in box.wants_a:
            if box.managed.protocol is Protocol.V16:
                value = {"value": "6", "measurand": "Current.Import"}
                meter = [{"timestamp": self.stamp, "sampledValue": [value]}]
                request = {"connectorId": evse, "transactionId": box.numbers, "meterValue": meter}
                self.says(name, "MeterValues", request, {})
            else:
                info = {"transactionId": f"{name}-{evse}-{box.numbers}", "chargingState": "Charging"}
                event = {"eventType": "Updated", "timestamp": self.stamp, "seqNo": 7, "transactionInfo": info}
                self.says(name, "TransactionEvent", event, {})
        return self


def crowded(play, capacities):
    """The rows under which more is entitled than these capacities: name, and the stations under it."""
    held, found = play.controller.dispatcher.held(play.now, play.now), []
    for row in play.ceilings():
        total = 0.0
        for name, box in play.boxes.items():
            factors = [row.factors.get((name, outlet.id), 0.0) for outlet in box.managed.outlets]
            amps = [held[name].of(outlet.id) for outlet in box.managed.outlets]
            each = [factor * amps_a for factor, amps_a in zip(factors, amps, strict=True)]
            whole = held[name].station_a
            total += sum(each) if whole is None or not row.conductor else min(sum(each), whole * max(factors))
        if total > capacities[row.name] + 1e-6:
            found.append((row.name, {name for name, _ in row.factors}))
    return found


def drawn_over(play, capacities):
    """The rows under which the stations' own profiles allow more than these capacities together."""
    found = []
    for row in play.ceilings():
        total = sum(
            row.factors.get((name, outlet.id), 0.0) * box.allows(outlet.id, play.now)
            for name, box in play.boxes.items()
            for outlet in box.managed.outlets
        )
        if total > capacities[row.name] + 1e-6:
            found.append((row.name, {name for name, _ in row.factors}))
    return found


def is_counted(play):
    """Nobody's profiles allow more than the controller counts."""
    held = play.controller.dispatcher.held(play.now, play.now)
    return all(
        box.allows(outlet.id, play.now) <= held[name].of(outlet.id) + 1e-6
        for name, box in play.boxes.items()
        for outlet in box.managed.outlets
    )


def charging_site(chance):
    """Three to six stations of all versions, settled, with cars at most of them."""
    boxes = [
        place(f"S{n}", chance.choice(("main", "sub")), protocol=VERSIONS[n % 3], control=chance.choice(CONTROLS))
        for n in range(chance.randint(3, 6))
    ]
    safe_a = 6.0 * len(boxes)
    play = Mortal(*boxes, main_a=safe_a + chance.randint(0, 40), panels=[panel("sub", "main", safe_a + 10)])
    play.joins(*play.boxes).goes_on(60)
    for name in play.boxes:
        if chance.random() < 0.8:
            play.plugs_in(name)
    return play.goes_on(chance.choice((30, 120, 400)))


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_p2_p3_no_fuse_and_no_early_raise_when_the_box_dies_at_any_moment_and_comes_back(chance):
    play = charging_site(chance)
    for _ in range(chance.randint(1, 3)):
        play.dies(chance)
        play.now += chance.choice((2, 60, 200, 900))
        assert is_counted(play)
        assert crowded(play, play.fuses()) == []
        play.ems(chance.choice((None, 6, 12, 20)))
        names = list(play.boxes)
        chance.shuffle(names)
        for name in names[: chance.randint(0, len(names))]:
            play.goes_on(chance.choice((5, 5, 30))).comes_back(name)
            assert is_counted(play)
            assert crowded(play, play.fuses()) == []
        play.goes_on(chance.choice((30, 400)))
        assert is_counted(play)
        assert crowded(play, play.fuses()) == []
    play.ems(None)
    for name, box in play.boxes.items():
        if not box.online:
            play.comes_back(name)
    play.goes_on(900)
    assert is_counted(play)
    assert crowded(play, play.capacities_now()) == []
    assert all(play.allowed(name) >= 6.0 for name, box in play.boxes.items() if box.wants_a), "everybody charges again"


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_p2_a_box_that_lost_its_memory_raises_nobody_before_all_are_heard_or_their_ratings_fit(chance):
    play = charging_site(chance).restarts(spoil=lambda _saved: None)
    play.remembers, play.told = False, frozenset()
    names = list(play.boxes)
    chance.shuffle(names)
    for name in names:
        play.goes_on(10).comes_back(name)
        assert is_counted(play)
    play.goes_on(900)
    assert is_counted(play)
    assert crowded(play, play.capacities_now()) == []
    running = {name for name, state in play.controller.states.items() if state.running(1) is not None}
    assert running == {name for name, box in play.boxes.items() if box.wants_a}, "each is matched to its transaction"


@pytest.mark.parametrize("protocol", VERSIONS)
def test_a_station_that_comes_back_has_its_one_transaction_and_ends_it_once(protocol):
    play = Mortal(place("A", protocol=protocol), place("B"), main_a=32).joins("A", "B").goes_on(60)
    play.plugs_in("A").plugs_in("B").goes_on(120)
    share_a = play.share("A")
    play.dies(random.Random(1))
    play.now += 30
    play.comes_back("A").comes_back("B").goes_on(60)
    assert len(play.controller.states["A"].open) == 1
    assert play.share("A") == pytest.approx(share_a)
    play.unplugs("A").goes_on(60)
    assert not play.controller.states["A"].open
    assert len(play.controller.states["B"].open) == 1
    assert play.share("B") == pytest.approx(26.0), "all but the reserve of A's next car"


def test_p2_a_forgetful_station_counts_at_its_rating_from_the_moment_nobody_sees_it():
    play = Mortal(place("A", keeps_profiles=False), place("B"), main_a=40).joins("A", "B").goes_on(60)
    assert play.controller.dispatcher.held(play.now, play.now)["A"].of(1) == 6.0
    play.leaves("A").plugs_in("B").goes_on(60)
    play.boxes["A"].profiles.clear()
    assert is_counted(play)
    assert play.controller.dispatcher.held(play.now, play.now)["B"].of(1) <= 8.0
    play.joins("A").cycles()
    (order,) = [order for order in play.orders if order.identity == "A"]
    assert (order.priority, order.why) == ("safety", "repair"), "its safe limit is the first thing it hears"
    play.goes_on(60)
    assert play.gives(A=6.0).share("B") > 30


def test_p2_a_forgetful_station_that_was_away_while_the_box_was_dead_counts_at_its_rating_too():
    play = Mortal(place("A", keeps_profiles=False), place("B"), main_a=40).joins("A", "B").goes_on(60)
    play.plugs_in("B").goes_on(120).dies(random.Random(2))
    play.boxes["A"].profiles.clear()
    assert is_counted(play)
    play.comes_back("B").goes_on(60)
    assert play.boxes["B"].allows(1, play.now) <= 8.0


@pytest.mark.parametrize("main_a", [32, 40, 60, 100])
def test_p2_p3_the_first_limit_after_a_power_cut_fits_beside_all_who_are_out_of_sight_and_falls_back_by_itself(main_a):
    places = (place("A", keeps_profiles=False), place("B", keeps_profiles=False))
    play = Mortal(*places, main_a=main_a).joins("A", "B").goes_on(60).plugs_in("A").plugs_in("B").goes_on(120)
    play.leaves("A", "B")
    play.now += 30
    for box in play.boxes.values():
        box.profiles.clear()
    play.joins("A").says("A", "BootNotification", {"reason": "PowerUp"}, {"status": "Accepted"}).cycles()
    (order,) = [order for order in play.orders if order.identity == "A"]
    assert (order.priority, order.why) == ("safety", "repair")
    limits = [each["limit"] for each in first(play.written("A"))]
    assert limits[0] <= max(0.0, main_a - RATING_A), "B may draw its rating meanwhile"
    assert limits[-1] <= 6.0, "a lease like every other: the failsafe current follows"
    assert play.boxes["A"].allows(1, play.now + 3600) <= 6.0


def test_p2_500_forgetful_stations_back_from_a_power_cut_hear_their_safe_limit_first():
    play, chance = Mortal(*(place(f"S{n:03}", keeps_profiles=False) for n in range(500)), main_a=3200), random.Random(3)
    names = list(play.boxes)
    play.joins(*names).goes_on(60)
    for name in names[::2]:
        play.plugs_in(name)
    play.goes_on(60).leaves(*names)
    for box in play.boxes.values():
        box.profiles.clear()
    assert is_counted(play), "nobody has been heard, everybody counts at its rating"
    chance.shuffle(names)
    heard_first = {}
    for begin in range(0, 500, 50):
        play.now += 1.0
        for name in names[begin : begin + 50]:
            play.joins(name).says(name, "BootNotification", {"reason": "PowerUp"}, {"status": "Accepted"})
        play.cycles()
        assert is_counted(play)
        for order in play.orders:
            if order.action == "SetChargingProfile":
                heard_first.setdefault(order.identity, [each["limit"] for each in first(play.written(order.identity))])
    assert heard_first.keys() == set(names)
    # 0 A as long as those who have not heard theirs yet would fill the fuse, the failsafe as soon as they do not.
    assert all(max(limits) <= 6.0 for limits in heard_first.values())
    play.goes_on(420, step=20)  # a car that was paused stays paused for its minimum time
    assert crowded(play, play.capacities_now()) == []
    assert all(play.allowed(name) >= 6.0 for name in names)
