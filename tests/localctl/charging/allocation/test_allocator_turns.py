"""Taking turns: nobody waits longer than its bound, and everybody is told when."""

import random
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.allocation.allocator import allocate
from localctl.charging.allocation.allocator_turns import Policy, Queue, Turn, moved, rank, rates
from localctl.charging.tree.rows import compile_rows
from tests.localctl.charging.sites import asks, kept_waiting, limits, panel, station, tree

QUANTUM_S = 900.0
POLICY = Policy(min_on_s=QUANTUM_S, min_off_s=300.0, dead_band_a=0.0)


def day(cars, places, tick_s, quanta):
    """Run n equal cars on room for k of them: per tick, who charges, and the result."""
    names = [f"c{number:02}" for number in range(cars)]
    topology = tree(panel("main", amps=6.0 * places + 1), *(station(name, failsafe_a=0.0) for name in names))
    network, turns, now = compile_rows(topology), {}, 0.0
    capacities = limits(network)
    while now < quanta * QUANTUM_S:
        result = allocate(network, capacities, [asks(name, max_a=6.0) for name in names], turns, now, POLICY)
        turns = result.turns
        yield now, {evse for evse, amps in result.amps.items() if amps > 0}, result
        now += tick_s


def longest_waits(cars, places, tick_s, quanta):
    """The longest time each car went without charging."""
    since, longest = {}, {}
    for now, running, result in day(cars, places, tick_s, quanta):
        for evse in result.amps:
            if evse in running:
                since[evse] = now + tick_s
            longest[evse] = max(longest.get(evse, 0.0), now + tick_s - since.setdefault(evse, 0.0))
    return longest


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 5), st.sampled_from([60.0, 90.0, 300.0]))
def test_with_room_for_k_of_n_equal_cars_nobody_waits_longer_than_n_over_k_turns(cars, places, tick_s):
    quanta = 3 * ceil(cars / places) + 3
    worst = max(longest_waits(cars, places, tick_s, quanta).values())
    assert worst <= ceil(cars / places) * QUANTUM_S + 2 * tick_s


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 7), st.integers(1, 4))
def test_every_place_is_used_and_no_car_stops_inside_its_minimum_on_time(cars, places):
    started = {}
    for now, running, _ in day(cars, places, 100.0, 12):
        assert len(running) == min(cars, places)
        for evse in set(started) - running:
            assert now - started.pop(evse) >= QUANTUM_S
        for evse in running:
            started.setdefault(evse, now)


def test_waiting_cars_are_told_their_turn_and_get_it_then():
    told = {}
    for now, running, result in day(5, 2, 100.0, 4):
        if now == 100.0:
            told = dict(result.waits)
        for evse in running & set(told):
            assert now == pytest.approx(told.pop(evse), abs=200.0)
    assert told == {}


def test_over_a_long_day_equal_cars_charge_for_equally_long():
    seconds = {}
    for _, running, _ in day(5, 2, 300.0, 60):
        for evse in running:
            seconds[evse] = seconds.get(evse, 0.0) + 300.0
    assert max(seconds.values()) - min(seconds.values()) <= 2 * QUANTUM_S


def test_a_three_phase_car_that_starves_behind_single_phase_cars_gets_its_room_kept():
    singles = [f"{phase}{number}" for phase in "RST" for number in range(2)]
    topology = tree(
        panel("main", amps=7.0),
        station("zoe", failsafe_a=0.0),
        *(station(name, phases=(1,), rotation=name[0], failsafe_a=0.0) for name in singles),
    )
    network, turns, charged_s = compile_rows(topology), {}, 0.0
    for tick in range(200):
        # the single-phase cars come at odd times, so their on-times never end together
        demands = [asks("zoe")] + [asks(name) for number, name in enumerate(singles) if tick >= number * 2]
        result = allocate(network, limits(network), demands, turns, tick * 100.0, POLICY)
        turns = result.turns
        charged_s += 100.0 * (result.amps["zoe", 1] > 0)
    assert charged_s >= 3 * QUANTUM_S


@pytest.mark.parametrize("seed", [2, 28])
def test_in_a_mixed_crowd_on_uneven_panels_nobody_starves(seed):
    chance = random.Random(seed)
    panels = [panel("m", None, tuple(chance.uniform(20, 60) for _ in range(3)))]
    panels += [panel(f"p{n}", "m", tuple(chance.uniform(12, 40) for _ in range(3))) for n in range(3)]
    stations = [
        station(
            f"s{n}",
            chance.choice(panels).id,
            rotation=chance.choice(["RST", "STR", "TRS"]),
            phases=chance.choice([(1,), (1, 2, 3)]),
        )
        for n in range(14)
    ]
    topology = tree(*panels, *stations)
    network, turns, charged_at = compile_rows(topology), {}, {}
    for now in range(0, 8 * 3600, 60):
        result = allocate(network, limits(network), [asks(s.identity) for s in stations], turns, float(now), POLICY)
        turns = result.turns
        for evse, amps in result.amps.items():
            charged_at[evse] = now if amps > 0 else charged_at.get(evse, 0)
            assert now - charged_at[evse] <= 6 * QUANTUM_S


def test_debt_grows_at_the_fair_share_while_waiting_and_falls_while_charging():
    found = rates(
        {
            ("a", 1): (True, 0, (7,)),
            ("b", 1): (False, 0, (7,)),
            ("elsewhere", 1): (True, 0, ()),
            ("higher", 1): (True, 5, (7,)),
        }
    )
    assert found == {("a", 1): -0.5, ("b", 1): 0.5, ("elsewhere", 1): 0.0, ("higher", 1): 0.0}
    waiting = moved(kept_waiting(), 0.0, 0.5, 100.0, POLICY)
    assert waiting.owed(300.0, POLICY) == 100.0
    assert waiting.owed(1e9, POLICY) == 8 * QUANTUM_S


def test_inside_its_on_time_a_car_is_never_replaced_and_after_it_by_whoever_is_owed_more():
    for now, owed_s, first in ((899.0, 5000.0, "running"), (900.0, 1.0, "waiting"), (900.0, 0.0, "running")):
        running = Turn(running=True, since=0.0, amps=6.0, counted_at=now)
        waiting = kept_waiting(debt_s=owed_s, counted_at=now)
        keys = {
            name: rank(turn, 0, 3, ("a", 1), now, POLICY) for name, turn in (("running", running), ("waiting", waiting))
        }
        assert min(keys, key=keys.get) == first


def test_starting_and_stopping_are_dated_and_nothing_else_changes_a_turn():
    turn = moved(None, 6.0, 0.0, 10.0, POLICY)
    assert (turn.running, turn.since, turn.stopped_at) == (True, 10.0, None)
    assert moved(turn, 6.0, 0.0, 20.0, POLICY) is turn
    stopped = moved(turn, 0.0, 0.3, 30.0, POLICY)
    assert (stopped.running, stopped.since, stopped.stopped_at) == (False, 30.0, 30.0)
    assert stopped.may_start_at(POLICY) == 330.0


def test_the_queue_is_served_place_by_place_and_then_turn_by_turn():
    queue = Queue([500.0, 300.0], 400.0, POLICY)
    assert [queue.next() for _ in range(3)] == [400.0, 500.0, 1300.0]
    assert Queue([], 400.0, POLICY).next() is None
