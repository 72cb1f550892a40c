"""The hand of commissioning: each deed on the line it belongs to, and each end read as what it is."""

import json
import math

import pytest
import trio

from localctl.charging.commissioning.stages import Ask, Done, LetGo, Part, Ping
from localctl.hand import PAUSE_S, StationHand
from routing.observations import FollowUpArrived, OwnCallEnded


class Line:
    """A station's line that answers as told."""

    def __init__(self, verdict="result", answer=None, error_code=None, pong=True):
        self.end = {"verdict": verdict, "answer": json.dumps(answer).encode(), "error_code": error_code}
        self.pong, self.calls, self.heard, self.let = pong, [], [], []
        self.hand = StationHand(self.call, self, lambda *news: self.heard.append(news))

    async def call(self, identity, action, payload, *, timeout_s=None, follow_up=None, on_follow_up=None):
        self.calls.append((identity, action, json.loads(payload), follow_up))
        assert timeout_s < math.inf
        if on_follow_up is not None:
            news = b'{"evseId":1,"meterValue":[]}'
            on_follow_up(FollowUpArrived(identity=identity, token=1, action="MeterValues", payload=news))
        return OwnCallEnded(identity=identity, token=1, action=action, **self.end)

    async def ping(self, identity, within_s):
        return self.pong

    def let_go(self, identity, *, close):
        self.let.append((identity, close))
        return True


ASK = Ask(number=1, action="SetChargingProfile", payload='{"evseId":0}')


@pytest.mark.parametrize(
    ("end", "taken"),
    [
        ({"answer": {"status": "Accepted"}}, True),
        ({"answer": {"status": "Rejected"}}, False),
        ({"answer": {"getVariableResult": []}}, True),
        ({"answer": None}, None),
        ({"verdict": "error", "error_code": "NotSupported"}, False),
        ({"verdict": "error", "error_code": "InternalError"}, None),
        ({"verdict": "expired"}, None),
        ({"verdict": "dropped"}, None),
    ],
)
async def test_only_a_plain_no_is_a_no_and_silence_is_nothing(end, taken):
    done = await Line(**end).hand.do("A", ASK)
    assert done.taken is taken


async def test_what_a_station_says_of_itself_is_handed_on():
    assert await Line(answer={"x": 1}).hand.do("A", ASK) == Done(taken=True, answer={"x": 1})


async def test_a_meter_is_asked_with_a_pause_and_what_comes_goes_to_charging_alone(autojump_clock):
    line, began_at = Line(answer={"status": "Accepted"}), trio.current_time()
    done = await line.hand.do("A", Ask(number=2, action="TriggerMessage", payload="{}", reads_meter=1))
    assert (done.taken, trio.current_time() - began_at) == (True, PAUSE_S)
    assert line.heard == [("A", {"evseId": 1, "meterValue": []})]
    follow_up = line.calls[0][3]
    assert (follow_up.action, follow_up.evse_id) == ("MeterValues", 1)


@pytest.mark.parametrize("pong", [True, False, None])
async def test_a_ping_is_told_as_it_went(pong):
    assert await Line(pong=pong).hand.do("A", Ping(within_s=1.0)) == Done(taken=pong)


async def test_the_connection_is_let_go_as_asked():
    line = Line()
    for how in LetGo:
        assert await line.hand.do("A", Part(how=how)) == Done(taken=True)
    assert line.let == [("A", True), ("A", False)]
    assert line.calls == []
