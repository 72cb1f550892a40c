"""What the arrivals of one station mean to each other, and what outlives a link."""

import pytest

from routing import (
    Accept,
    Dial,
    Event,
    Forget,
    LinkLost,
    LinkOpened,
    LinkRefused,
    OurBug,
    OwnCallEnded,
    Refuse,
    Refused,
    StationPolicy,
    UpstreamFailed,
    UpstreamRefused,
    Woke,
)
from routing.router import MAX_ARRIVING
from routing.values import LinkId
from tests.routing.playbook import (
    L1,
    L2,
    L3,
    V201,
    Play,
    accepted,
    arrived,
    call,
    close_csms,
    close_station,
    csms,
    csms_lost,
    opened,
    own,
    result,
    station,
    station_lost,
    to_csms,
    to_station,
)


def failed(link: LinkId = L1) -> UpstreamFailed:
    return UpstreamFailed(link=link, reason="no route")


def dial(link: LinkId = L1) -> Dial:
    return Dial(link=link, csms="main", offer=(V201,))


def unavailable(link: LinkId, reason: str, retry_s: int) -> Refuse:
    return Refuse(link=link, status=503, reason=reason, headers=((b"Retry-After", str(retry_s).encode()),))


def test_1_2_1_a_station_the_installer_does_not_know_is_refused_and_forgotten():
    play = Play(policies=lambda identity: Refused(status=404, reason="no such station")).when(arrived())
    play.then(Refuse(link=L1, status=404, reason="no such station"), Forget(link=L1))
    assert play.fact(LinkRefused).cause == "policy"
    assert len(play.router) == 0


def test_1_1_3_identities_are_the_same_in_any_case_but_told_as_written():
    play = opened(identity="CS-17").given(arrived(L2, identity="cs-17")).when(accepted(link=L2))
    assert (play.fact(LinkLost).identity, play.fact(LinkOpened).identity) == ("CS-17", "cs-17")


def test_1_2_7_the_newest_accepted_connection_takes_over():
    play = opened().when(arrived(L2)).then(dial(L2))
    play.when(station(call("1"))).then(to_csms(call("1")))
    play.when(accepted(link=L2)).then(close_csms(1001), close_station(1001), Accept(link=L2, subprotocol=V201))
    assert [type(fact) for fact in play.facts] == [LinkLost, LinkOpened]
    assert play.fact(LinkLost).cause == "replaced"


def test_1_2_7_an_older_arrival_that_still_waits_never_replaces_the_newer_one():
    play = Play().given(arrived(L1), arrived(L2)).when(accepted(link=L2))
    play.then(
        unavailable(L1, "a newer connection of this station", 1),
        close_csms(1001, link=L1),
        Forget(link=L1),
        Accept(link=L2, subprotocol=V201),
    )
    play.when(accepted(link=L1)).then().when(station(call("1"), L2)).then(to_csms(call("1"), L2))


def test_1_2_7_a_newer_arrival_stays_when_an_older_one_opens():
    play = Play().given(arrived(L1), arrived(L2)).when(accepted(link=L1)).then(Accept(link=L1, subprotocol=V201))
    play.when(accepted(link=L2)).then(close_csms(1001), close_station(1001), Accept(link=L2, subprotocol=V201))


@pytest.mark.parametrize("verdict", [UpstreamRefused(link=L2, status=401), failed(L2), station_lost(link=L2)])
def test_1_2_7_a_newcomer_that_does_not_get_in_leaves_the_old_one_alone(verdict):
    play = opened().given(arrived(L2)).when(verdict).no_fact(LinkLost)
    play.when(station(call("1"))).then(to_csms(call("1")))


def test_quirk_10_late_news_of_the_old_link_never_touch_the_new_one():
    play = opened().given(arrived(L2), accepted(link=L2))
    late: list[Event] = [csms(result("1")), station(call("9")), Woke(link=L1), station_lost(1000), csms_lost()]
    play.when(*late).then(Forget(link=L1))
    play.when(*late, own()).then()
    play.when(station(call("1"), L2)).then(to_csms(call("1"), L2))
    play.given(arrived(L3)).when(accepted(link=L3))
    assert play.fact(LinkLost).cause == "replaced"


def test_own_calls_of_the_replaced_link_end_with_it():
    play = opened().given(own(token=5), arrived(L2)).when(accepted(link=L2))
    assert (play.fact(OwnCallEnded).token, play.fact(OwnCallEnded).verdict) == (5, "dropped")


def test_an_own_call_for_a_forgotten_link_ends_at_once():
    play = Play().when(own(token=5)).then()
    play.noticed(OwnCallEnded(identity="", token=5, action="GetChargingProfiles", verdict="dropped"))


def test_p6_only_the_newest_arrivals_of_a_station_may_wait():
    links = [LinkId(n) for n in range(1, MAX_ARRIVING + 2)]
    play = Play().given(*(arrived(link) for link in links[:-1])).when(arrived(links[-1]))
    play.then(
        dial(links[-1]),
        unavailable(L1, "a newer connection of this station", 1),
        close_csms(1001, link=L1),
        Forget(link=L1),
    )
    assert play.fact(LinkRefused).cause == "replaced"
    assert len(play.router) == MAX_ARRIVING


def test_p6_early_arrivals_are_bounded_too():
    links = [LinkId(n) for n in range(1, MAX_ARRIVING + 2)]
    play = Play(handshake="early").given(*(arrived(link) for link in links[:-1])).when(arrived(links[-1]))
    play.then(Accept(link=links[-1], subprotocol=V201), close_station(1001))


def test_stations_do_not_disturb_each_other():
    play = opened(identity="A").given(arrived(L2, identity="B"), accepted(link=L2))
    play.when(station(call("1")), station(call("1"), L2)).then(to_csms(call("1")), to_csms(call("1"), L2))
    play.when(csms(result("1"), L2)).then(to_station(result("1"), L2))
    play.given(csms_lost(), station_lost()).when(csms(call("x"), L2)).then(to_station(call("x"), L2))


def test_5_4_a_station_that_comes_during_a_short_back_off_is_held_until_it_ends():
    play = Play(retry_min_s=2.0, retry_range_s=2.0, hold_s=5.0).given(arrived(), failed())
    play.later(1).when(arrived(L2)).then().alarm(2.0)
    play.after(1.9, L2).then().alarm().after(0.1, L2).then(dial(L2)).when(accepted(link=L2))
    play.then(Accept(link=L2, subprotocol=V201))


def test_5_4_during_a_long_back_off_it_is_told_when_to_come_back():
    play = Play(retry_min_s=20.0, retry_range_s=0.0, hold_s=5.0).given(arrived(), failed())
    play.later(4.5).when(arrived(L2))
    play.then(unavailable(L2, "CSMS main was away at the last attempt", 16), Forget(link=L2))


def test_5_4_a_held_station_is_not_held_twice_as_long_when_another_attempt_fails():
    play = Play(retry_min_s=3.0, retry_range_s=0.0, hold_s=5.0).given(arrived(L1), arrived(L2), failed(L1))
    play.when(arrived(L3)).then().given(failed(L2)).after(3, L3).then(
        unavailable(L3, "CSMS main was away at the last attempt", 3), Forget(link=L3)
    )


def test_5_4_a_held_station_waits_on_when_there_is_time_enough():
    play = Play(retry_min_s=2.0, retry_range_s=0.0, hold_s=10.0).given(arrived(L1), arrived(L2), failed(L1))
    play.given(arrived(L3), failed(L2)).after(2, L3).then().alarm(2.0).after(2, L3).then(dial(L3))


def test_5_4_success_and_refusal_both_show_that_the_csms_is_there():
    for answer in (accepted(link=L2), UpstreamRefused(link=L2, status=404)):
        play = Play(retry_min_s=2.0, retry_range_s=0.0).given(arrived(L1), failed(L1)).later(2)
        play.given(arrived(L2), answer, csms_lost(link=L2), station_lost(link=L2))
        play.when(arrived(L3)).then(dial(L3)).when(failed(L3))
        assert play.commands[0].headers == ((b"Retry-After", b"2"),)


def test_5_4_a_server_error_is_mirrored_and_counts_as_away():
    play = Play(retry_min_s=2.0, retry_range_s=0.0, hold_s=0.0).given(arrived(L1))
    play.when(UpstreamRefused(link=L1, status=502, body=b"bad gateway"))
    assert (play.fact(LinkRefused).status, play.fact(LinkRefused).cause) == (502, "csms_away")
    assert play.when(arrived(L2)).fact(LinkRefused).status == 503


def test_5_4_early_stations_wait_out_a_short_back_off_and_are_let_go_in_a_long_one():
    play = Play(handshake="early", retry_min_s=2.0, retry_range_s=0.0, hold_s=3.0)
    play.given(arrived(L1), station(call("1")), failed(L1))
    play.given(arrived(L2)).when(station(call("1"), L2)).then().alarm().after(2, L2).then(dial(L2))
    play.given(failed(L2), arrived(L3)).when(station(call("1"), L3)).then(close_station(1001, link=L3))


def test_the_news_of_an_abandoned_dial_do_not_count_as_failures():
    play = Play(retry_min_s=20.0, hold_s=0.0, handshake="early").given(arrived(L1), station(call("1")), station_lost())
    play.given(failed(L1)).given(arrived(L2)).when(station(call("1"), L2)).then(dial(L2))


def test_one_link_number_is_one_arrival():
    with pytest.raises(OurBug, match="twice"):
        Play().given(arrived(), arrived())


def test_an_event_nobody_knows_is_our_bug():
    with pytest.raises(OurBug, match="unknown event"):
        opened().when(Event(link=L1))


def test_a_reload_keeps_the_policy_of_links_that_are_up():
    play = opened()
    play.router.policies = lambda identity: StationPolicy(csms="other", close_code=1012)
    play.when(csms_lost()).then(close_station(1001)).given(station_lost())
    play.when(arrived(L2)).then(Dial(link=L2, csms="other", offer=(V201,)))


def test_p6_nothing_is_kept_of_stations_that_are_gone():
    play = Play()
    for n in range(50):
        link = LinkId(n)
        play.given(
            arrived(link, identity=f"CS-{n}"), accepted(link=link), csms_lost(link=link), station_lost(link=link)
        )
    assert len(play.router) == 0
    assert not play.router._open
    assert not play.router._arriving
