"""How the legs of a link are let go: with which code, in which manner, and when the link is forgotten."""

import pytest

from routing import Accept, Close, Forget, Leg, LinkLost, LinkRefused, OurBug, Refuse
from routing.errors import OurBug as OurBugItself
from routing.link_legs import LinkLegs, Presence, unavailable
from routing.link_states import Move, State
from routing.policy import StationPolicy
from tests.routing.playbook import (
    L1,
    V201,
    Play,
    accepted,
    arrived,
    close_station,
    csms_lost,
    opened,
    station_lost,
)


def legs(**policy: object) -> LinkLegs:
    return LinkLegs(L1, "CS-17", StationPolicy(csms="main", **policy))


@pytest.mark.parametrize(("retry_s", "header"), [(0.0, b"1"), (0.2, b"1"), (3.0, b"3"), (3.1, b"4")])
def test_1_6_503_says_when_to_come_again_in_whole_seconds_and_never_at_once(retry_s: float, header: bytes):
    refusal = unavailable(L1, "CSMS is away", retry_s)
    assert (refusal.status, refusal.headers) == (503, ((b"Retry-After", header),))


def test_a_conversation_before_there_is_one_is_our_bug():
    with pytest.raises(OurBug, match="no conversation while NEW"):
        _ = legs().exchange


def test_a_move_that_is_not_in_the_table_is_our_bug():
    with pytest.raises(OurBugItself, match="no move JOIN from NEW"):
        legs()._move(Move.JOIN)


def test_1_3_3_no_version_in_common_is_a_400_before_the_upgrade():
    link, out = legs(), []
    link._no_common_version(out)
    assert [type(command).__name__ for command in out] == ["Refuse", "Observe", "Forget"]
    assert out[0].status == 400
    assert link.state is State.GONE


def test_3_3_where_part_4_is_wanted_the_upgrade_is_given_without_a_version_and_closed():
    link, out = legs(no_common_subprotocol="close"), []
    link._no_common_version(out)
    assert out[:2] == [Accept(link=L1, subprotocol=None), close_station(1002)]
    assert link.state is State.ENDING


def test_6_3_the_link_is_forgotten_when_both_legs_are_reported_gone_and_not_before():
    play = opened().when(csms_lost(1001, "bye")).then(close_station(1001, "bye"))
    assert len(play.router) == 1
    play.when(station_lost()).then(Forget(link=L1))
    assert len(play.router) == 0


@pytest.mark.parametrize(("close_style", "style"), [("close", "close"), ("drop", "drop"), ("refuse", "drop")])
def test_6_3_a_station_is_closed_in_the_manner_of_its_policy(close_style: str, style: str):
    play = opened(close_style=close_style).when(csms_lost())
    assert [command.style for command in play.commands if isinstance(command, Close)] == [style]


def test_every_arrival_ends_in_one_refusal_or_one_loss():
    play = Play().when(arrived(), station_lost(reason="gone"))
    assert play.fact(LinkRefused).status == 499
    play.no_fact(LinkLost)
    play = opened().when(station_lost())
    assert play.fact(LinkLost).by is Leg.STATION
    play.no_fact(LinkRefused)


def test_a_dial_that_is_given_up_needs_no_report():
    play = Play().given(arrived()).when(station_lost())
    assert [command.leg for command in play.commands if isinstance(command, Close)] == [Leg.CSMS]
    assert play.commands[-1] == Forget(link=L1)
    assert play.when(accepted(V201)).commands == []


def test_an_overrun_before_the_csms_is_there_is_told_as_a_refusal():
    link, out = legs(), []
    link._legs[Leg.STATION] = Presence.UP
    link._overrun(out)
    assert out[0] == close_station(1013)
    assert not [command for command in out if isinstance(command, Refuse)]
