"""A controller that remembers decides, counts and explains exactly as one that works everything out anew."""

import random
from contextlib import contextmanager
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.base.instants import Instant, write_instant
from localctl.charging.base.recall import Recall
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.fleet import Actuator
from localctl.charging.limiting.external import ExternalLimit
from localctl.charging.limiting.limits import Cap, Step
from localctl.charging.profile.profiles import Protocol
from localctl.charging.showing.picture import picture
from localctl.charging.showing.picture_rows import Overdrafts
from tests.localctl.charging.played import LOST, MAIN, START, YES, Play, place
from tests.localctl.charging.sites import panel
from tests.localctl.charging.test_controller_any_day import VERSIONS, WIRINGS, anything

REFUSED = Outcome(verdict=Verdict.REFUSED)
CONTROLS = (None, None, Actuator.MAX_PROFILE, Actuator.TX_PROFILE, Actuator.TX_DEFAULT)


def site(chance):
    """A few stations of all versions, wirings and actuators, on a site that is nearly too small for them."""
    boxes = []
    for number in range(chance.randint(2, 4)):
        phases, rotation = chance.choice(WIRINGS)
        boxes.append(
            place(
                f"S{number}", chance.choice(("main", "sub")), phases=phases, rotation=rotation,
                protocol=VERSIONS[number % 3], evses=chance.choice((1, 1, 2)), control=chance.choice(CONTROLS),
            )
        )  # fmt: skip
    safe_a = sum(6.0 * len(box.managed.outlets) for box in boxes)
    play = Play(*boxes, main_a=safe_a + chance.randint(0, 30), panels=[panel("sub", "main", safe_a + 10)])
    return play.joins(*play.boxes)


def happens(play, chance):
    """One thing out of `anything`, or one that makes time, clocks, refusals or the plan itself matter."""
    name = chance.choice(list(play.boxes))
    box = play.boxes[name]
    match chance.randint(0, 10):
        case 0:
            later = tuple(
                Step(at=play.now + chance.choice((0, 4, 31, 200, 301)), cap=Cap(a=(amps, amps, amps)))
                for amps in (chance.choice((8.0, 16.0, 40.0)) for _ in range(2))
            )
            limit = ExternalLimit(source="ems", node=MAIN, steps=later, set_at=play.now)
            play.controller.limits.put(limit)
        case 1 if box.online and box.managed.protocol is not Protocol.V16:
            play.csms(name, "SetChargingProfile", {"evseId": chance.randint(0, 1), "chargingProfile": timed(chance)})
        case 2 if box.online and box.managed.protocol is not Protocol.V16:
            stamp = write_instant(Instant(int(play.now + chance.choice((0, 20, 45)))))
            told = {"timestamp": stamp, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 1}
            play.says(name, "StatusNotification", told, {})
        case 3:
            box.answers = chance.choice((YES, LOST, REFUSED))
        case 4 if box.wants_a:
            evse = next(iter(box.wants_a))
            play.meters(name, *[box.allows(evse, play.now) + chance.choice((0, 5))] * 3, evse=evse)
        case 5 if chance.random() < 0.3:
            play.controller.replan(play.plan, play.now)
        case 6:
            play.controller.registered(name, chance.random() < 0.7, play.now)
        case _:
            anything(play, chance)


def timed(chance):
    """A CSMS's profile whose limit changes with time."""
    periods = [{"startPeriod": at, "limit": chance.choice((0.0, 7.0, 12.0, 20.0))} for at in (0, 90, 240)]
    schedule = {"id": 1, "chargingRateUnit": "A", "startSchedule": write_instant(Instant(int(START + 60)))}
    return {
        "id": chance.randint(1, 2), "stackLevel": chance.randint(0, 1), "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": [schedule | {"chargingSchedulePeriod": periods}],
    }  # fmt: skip


def day(seed):
    """Everything a controller said on a day: its orders, its books and its explanations, cycle by cycle."""
    chance, said, overdrafts = random.Random(seed), [], Overdrafts()
    play = site(chance)
    for _ in range(30):
        happens(play, chance)
        step = chance.choice((0.3, 1.0, 5.0, 7.3, 45.0))
        for _ in range(chance.randint(1, 6)):
            play.now += step
            play.cycles()
            said.append((play.now, play.orders, picture(play.controller, play.now, overdrafts)))
        said.append(play.controller.saved())
    return said


@contextmanager
def forgetful():
    """Nothing is ever known already."""
    with patch.object(Recall, "again", lambda *_: None):
        yield


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_p2_p5_what_is_remembered_changes_no_order_no_book_and_no_explanation(seed):
    remembering = day(seed)
    with forgetful():
        assert day(seed) == remembering
