"""What a gremlin does to the box's own CALLs, and to nothing else."""

import json
import random

import pytest
import trio

from localctl.simulate.faults import TROUBLED, Gremlin
from localctl.simulate.judge import Grace, Judge
from localctl.simulate.mail import Mail
from tests.localctl.simulate.wire_kit import joined

ORDER = '[2,"own","SetChargingProfile",{}]'
ANSWER = '[3,"own",{"status":"Accepted"}]'


class Always(random.Random):
    def random(self):
        return 0.0


def haunted(nursery):
    judge, mail = Judge(Grace()), Mail()
    nursery.start_soon(mail.run)
    gremlin = Gremlin("A", judge, mail, Always(1), trio.current_time)
    return gremlin, judge, *joined(nursery, tamper=gremlin)


def texts(ear):
    return [text for _, text in ear.texts]


async def test_without_trouble_everything_passes(autojump_clock, nursery):
    _, _, cable, box, peer = haunted(nursery)
    cable.give(ORDER)
    cable.say(ANSWER)
    await trio.sleep(60)
    assert (texts(peer), texts(box)) == ([ORDER], [ANSWER])


async def test_a_deaf_station_never_hears_the_order_and_is_hindered_until_it_took_one_in_peace(autojump_clock, nursery):
    gremlin, judge, cable, _, peer = haunted(nursery)
    gremlin.trouble("deaf", 10)
    cable.give(ORDER)
    await trio.sleep(20)
    assert texts(peer) == []
    assert judge.standing("A").hindrances == {TROUBLED}
    cable.give('[2,"next","SetChargingProfile",{}]')
    await trio.sleep(2)
    assert judge.standing("A").hindrances == {TROUBLED}
    cable.say('[3,"next",{"status":"Accepted"}]')
    assert judge.standing("A").hindrances == set()
    assert judge.standing("A").free_since == 22


async def test_calls_of_the_csms_are_left_alone(autojump_clock, nursery):
    gremlin, _, cable, _, peer = haunted(nursery)
    for kind in ("deaf", "rejects", "errors"):
        gremlin.trouble(kind, 100)
    cable.give('[2,"csms-1","SetChargingProfile",{}]')
    await trio.sleep(2)
    assert len(peer.texts) == 1


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("rejects", [3, "own", {"status": "Rejected", "statusInfo": {"reasonCode": "OutOfMemory"}}]),
        ("rate_limits", [3, "own", {"status": "Rejected", "statusInfo": {"reasonCode": "RateLimitExceeded"}}]),
        ("errors", [4, "own", "NotSupported", "", {}]),
    ],
)
async def test_a_station_that_refuses_does_not_act(kind, answer, autojump_clock, nursery):
    gremlin, _, cable, box, peer = haunted(nursery)
    gremlin.trouble(kind, 100)
    cable.give(ORDER)
    await trio.sleep(10)
    assert texts(peer) == []
    assert [json.loads(text) for text in texts(box)] == [answer]
    assert gremlin.hits == 1


@pytest.mark.parametrize(
    ("kind", "heard"),
    [("lost_answers", []), ("unclear_errors", ['[4, "own", "InternalError", "out of memory", {}]'])],
)
async def test_answers_are_lost_or_become_errors_although_the_station_acted(kind, heard, autojump_clock, nursery):
    gremlin, _, cable, box, peer = haunted(nursery)
    gremlin.trouble(kind, 100)
    cable.give(ORDER)
    cable.say(ANSWER)
    await trio.sleep(60)
    assert texts(peer) == [ORDER]
    assert texts(box) == heard


async def test_a_late_answer_comes_after_the_patience_of_an_own_call_and_holds_nothing_back(autojump_clock, nursery):
    gremlin, _, cable, box, _ = haunted(nursery)
    gremlin.trouble("late_answers", 100)
    cable.give(ORDER)
    cable.say(ANSWER)
    cable.say('[2,"hb","Heartbeat",{}]')
    await trio.sleep(60)
    (first_at, first), (late_at, late) = box.texts
    assert (first_at, first) == (2.0, '[2,"hb","Heartbeat",{}]')
    assert late == ANSWER
    assert late_at > 15


async def test_a_doubled_answer_comes_twice(autojump_clock, nursery):
    gremlin, _, cable, box, _ = haunted(nursery)
    gremlin.trouble("doubled_answers", 100)
    cable.give(ORDER)
    cable.say(ANSWER)
    await trio.sleep(60)
    assert texts(box) == [ANSWER, ANSWER]


async def test_a_slow_station_is_slow_both_ways_and_only_for_a_while(autojump_clock, nursery):
    gremlin, _, cable, box, peer = haunted(nursery)
    gremlin.trouble("slow", 10)
    cable.give(ORDER)
    cable.say('[2,"hb","Heartbeat",{}]')
    await trio.sleep(30)
    assert peer.texts[0][0] >= 1.5
    assert box.texts[0][0] >= 2.5
    cable.give(ORDER)
    await trio.sleep(5)
    assert peer.texts[1][0] == 31
