"""What a link tells and what it does with its sockets when it is cut."""

from types import SimpleNamespace

import pytest
import trio

from localctl.net.links import Link
from localctl.net.settings import StationEdge
from localctl.net.upstream import Visitor
from routing.values import Leg, LinkId


class Socket(SimpleNamespace):
    """A socket in a given condition that notes its abort."""

    def __init__(self, **facts):
        super().__init__(**({"is_open": True, "closing_at": None, "over": False, "aborted": False} | facts))

    def abort(self):
        self.aborted = True


def link(station, csms=None):
    visitor = Visitor(identity="CP1", raw_target="/CP1", raw_segment="CP1", authorization=b"secret", user_agent=None)
    found = Link(LinkId(1), station, visitor, StationEdge(), profile=1, peer="192.0.2.1", close_timeout_s=5)
    found.csms = csms
    return found


@pytest.mark.parametrize(
    ("facts", "aborted"),
    [
        ({}, True),
        ({"is_open": False, "closing_at": 5.0}, True),
        ({"is_open": False, "closing_at": 5.0, "over": True}, False),
        ({"is_open": False}, False),
    ],
)
async def test_cutting_spares_only_a_refusal_on_its_way_and_what_is_over(facts, aborted):
    station, csms = Socket(**facts), Socket(**facts)
    link(station, csms).cut()
    assert station.aborted == csms.aborted == aborted


async def test_cutting_abandons_a_dial_but_not_an_open_leg():
    for csms, cancelled in ((None, True), (Socket(), False)):
        found = link(Socket(), csms)
        found.dialling = trio.CancelScope()
        found.cut()
        assert found.dialling.cancel_called is cancelled


async def test_each_leg_is_found_and_a_missing_one_is_none():
    station = Socket()
    found = link(station)
    assert found.socket(Leg.STATION) is station
    assert found.socket(Leg.CSMS) is None


async def test_a_leg_is_held_as_long_as_anybody_wants_it():
    found = link(Socket())
    found.paused.add(Leg.STATION)
    found.choked.add(Leg.STATION)
    found.paused.discard(Leg.STATION)
    assert found.is_held(Leg.STATION)
    found.choked.discard(Leg.STATION)
    assert not found.is_held(Leg.STATION)
    assert not found.is_held(Leg.CSMS)
