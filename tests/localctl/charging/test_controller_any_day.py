"""P2 on any site and any day: whatever happens, in whatever order, stations hold no more than the rows can bear."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.base import steps
from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.profile.profiles import Protocol
from localctl.charging.tree.rows import RowKind
from tests.localctl.charging.played import YES, Play, place
from tests.localctl.charging.sites import panel

VERSIONS = (Protocol.V16, Protocol.V21, Protocol.V201)
WIRINGS = (((1, 2, 3), "RST"), ((1, 2, 3), "STR"), ((1, 2, 3), "unknown"), ((1,), "S"), ((1,), "T"))


def any_site(chance: random.Random) -> Play:
    """Two to five stations on a main panel and one below it; a 1.6 and a 2.1 station always among them."""
    boxes = []
    for number in range(chance.randint(2, 5)):
        phases, rotation = chance.choice(WIRINGS)
        control = chance.choice((Actuator.MAX_PROFILE, Actuator.TX_PROFILE, Actuator.TX_DEFAULT))
        boxes.append(
            place(
                f"S{number}", chance.choice(("main", "sub")), phases=phases, rotation=rotation, control=control,
                protocol=VERSIONS[number % 3], evses=chance.choice((1, 1, 2)),
            )
        )  # fmt: skip
    safe_a = sum(6.0 * len(box.managed.outlets) for box in boxes)
    sub = panel("sub", "main", safe_a + chance.randint(0, 30))
    return Play(*boxes, main_a=safe_a + chance.randint(0, 30), panels=[sub])


def anything(play: Play, chance: random.Random) -> None:
    """One thing that can happen on a site."""
    name = chance.choice(list(play.boxes))
    box = play.boxes[name]
    evse = chance.choice(box.managed.outlets).id
    match chance.randint(0, 8):
        case 0 if box.online:
            play.leaves(name)
        case 0 | 1 if not box.online:
            play.joins(name)
        case 2 if box.online and evse not in box.wants_a and not box.wants_a:
            play.plugs_in(name, evse=evse)
        case 3 if box.online and evse in box.wants_a:
            play.unplugs(name, evse=evse)
        case 4:
            play.ems(chance.choice((None, 0, 6, 15, 30)))
        case 5:
            box.answers = YES if box.answers is not YES else play.deaf(name).boxes[name].answers
        case 6 if box.online and box.managed.protocol is not Protocol.V16:
            play.csms_limits(name, chance.choice((0, 8, 20)), level=chance.randint(0, 2))
        case 7 if evse in box.wants_a:
            amps = box.allows(evse, play.now)
            play.meters(name, amps, *([0.0, 0.0] if chance.random() < 0.3 else [amps, amps]), evse=evse)
        case 8 if chance.random() < 0.2:
            play.restarts()
        case _:
            pass


def overdrawn(play: Play) -> list[tuple[str, float, float]]:
    """The fuses under which stations are entitled to more than they bear: name, amperes, capacity."""
    controller, found = play.controller, []
    ceilings = controller.ground.ceilings(controller.last.horizon, controller.last.used)
    held = controller.dispatcher.held(play.now, play.now)
    rows = controller.network().rows
    assert all(row.kind in (RowKind.CURRENT, RowKind.POWER) for row in rows)
    for ceiling in ceilings:
        total = 0.0
        for name, box in play.boxes.items():
            parts = [ceiling.factors.get((name, outlet.id), 0.0) * held[name].of(outlet.id) for outlet in
                     box.managed.outlets]  # fmt: skip
            whole = held[name].station_a
            most = max((ceiling.factors.get((name, outlet.id), 0.0) for outlet in box.managed.outlets), default=0.0)
            total += sum(parts) if whole is None or not ceiling.conductor else min(sum(parts), whole * most)
        capacity = steps.value_at(ceiling.capacity, play.now)
        if total > capacity + 1e-6:
            found.append((ceiling.name, total, capacity))
    return found


def is_inside(play: Play) -> bool:
    """What every station's own profiles allow is within what the controller counts it at."""
    held = play.controller.dispatcher.held(play.now, play.now)
    return all(
        box.allows(outlet.id, play.now) <= held[name].of(outlet.id) + 1e-6
        for name, box in play.boxes.items()
        for outlet in box.managed.outlets
    )


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False))
def test_p2_on_any_day_what_stations_may_draw_is_counted_and_overdrafts_end(chance):
    play = any_site(chance)
    play.joins(*play.boxes).goes_on(60)
    for _ in range(25):
        anything(play, chance)
        play.goes_on(chance.choice((5, 5, 30, 200)))
        assert is_inside(play)
    for box in play.boxes.values():
        box.answers = YES
    play.ems(None).joins(*(name for name, box in play.boxes.items() if not box.online)).goes_on(900)
    assert is_inside(play)
    assert overdrawn(play) == []


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_p2_while_nothing_is_taken_away_no_row_is_ever_overdrawn(chance):
    play = any_site(chance)
    play.joins(*play.boxes).goes_on(120)
    for _ in range(20):
        name = chance.choice(list(play.boxes))
        box = play.boxes[name]
        if box.wants_a:
            play.unplugs(name, next(iter(box.wants_a)))
        else:
            play.plugs_in(name, evse=chance.choice(box.managed.outlets).id)
        if chance.random() < 0.3:
            box.answers = YES if box.answers is not YES else play.deaf(name).boxes[name].answers
        play.goes_on(chance.choice((5, 10, 60)))
        assert is_inside(play)
        assert overdrawn(play) == []
