"""Outages on a link that flaps, waits its turn, is replaced, refused or stopped: whole stories (Part 4 6.3, 3.15)."""

import msgspec
import pytest

from routing import (
    Accept,
    Close,
    Dial,
    Instant,
    Leg,
    LinkLost,
    LinkOpened,
    LinkRefused,
    OwnCallAsked,
    OwnCallEnded,
    ReadingStopped,
    Refuse,
    StationArrived,
    UpstreamFailed,
    WakeAt,
)
from routing.carrying.items import Item, Kind, Known, Row
from routing.conversation import stop_request
from routing.events import BacklogFound
from routing.observations import AdmissionDelayed, BacklogDone, CallAnswered, FrameDropped, OutageBegan, OutageEnded
from tests.routing.carrying.cupboard import BOOT, BOOTED, REDIAL_S, V16, Cupboard, away, back, event, ids, met
from tests.routing.playbook import (
    L1,
    L2,
    L3,
    V21,
    V201,
    accepted,
    call,
    csms,
    csms_lost,
    result,
    send,
    station,
    station_lost,
)

KNOWN = Known(accepted=True, subprotocol=V201, trusted=True, boot=BOOT)
FAILED = UpstreamFailed(link=L1, reason="no route")
GET = OwnCallAsked(link=L1, token=3, action="GetChargingProfiles", payload="{}")


def said(play: Cupboard, message_id: str, number: int, kind: str = "Updated") -> Cupboard:
    return play.when(station(call(message_id, "TransactionEvent", event("t", number, kind))))


def closed(play: Cupboard, link: int = L1) -> list[Leg]:
    return [command.leg for command in play.commands if isinstance(command, Close) and command.link == link]


def box(known: Known = KNOWN, **policy: object) -> Cupboard:
    """A box that knows the time, and no station yet."""
    play = Cupboard(known, policy=policy)
    play.router.common.clock.set(unix_offset_s=1_790_000_000, synchronised=True)
    return play


def comes(play: Cupboard, link: int = L1) -> Cupboard:
    return play.when(StationArrived(link=link, identity="CS-17", offer=(V201,), known=play.known))


def test_2_2_2_the_one_call_on_its_way_is_taken_back_and_goes_first_again():
    play = met(grace_s=30.0).given(station(call("1")), station(call("2")), station(call("3")))
    play.when(csms_lost())
    assert not play.down
    back(play)
    assert play.up == [call("1")]
    assert ids(play.when(csms(result("1")))) == ["2"]


def test_an_answer_of_the_station_to_the_csms_that_is_gone_goes_nowhere_and_frees_the_slot():
    play = met().given(csms(call("old", "GetVariables")), csms_lost())
    back(play)
    assert play.when(csms(call("new", "GetVariables"))).down == []
    play.when(station(result("old")))
    assert play.up == []
    assert play.fact(CallAnswered).message_id == "old"
    assert play.down == [call("new", "GetVariables")]
    assert play.when(station(result("new"))).up == [result("new")]


def test_an_orphan_that_is_never_answered_frees_the_slot_when_its_time_is_up():
    play = met().given(csms(call("old", "GetVariables")), csms_lost())
    back(play).given(csms(call("new", "GetVariables")))
    assert play.after(27.0).down == [call("new", "GetVariables")]
    assert play.when(station(result("old"))).up == []


def test_own_calls_outlive_the_loss_of_the_csms():
    play = met().given(GET)
    sent = msgspec.json.decode(play.down[0])[1]
    play.when(csms_lost()).no_fact(OwnCallEnded)
    play.when(station(result(sent)))
    assert (play.fact(OwnCallEnded).token, play.fact(OwnCallEnded).verdict) == (3, "result")


def test_own_calls_end_when_the_carried_station_leaves():
    play = away().given(GET).when(station_lost())
    assert play.fact(OwnCallEnded).verdict == "dropped"
    assert play.fact(LinkLost).by is Leg.STATION


def test_a_flapping_csms_within_the_grace_is_noticed_by_nobody_and_nothing_is_kept():
    play = met(grace_s=10.0)
    for number in range(5):
        play.when(csms_lost())
        said(play, f"m{number}", number)
        assert play.down == []
        back(play)
        assert ids(play) == [f"m{number}"]
        play.when(csms(result(f"m{number}")))
        assert play.down == [result(f"m{number}")]
    assert play.rows == []


def test_a_flap_while_the_backlog_drains_keeps_the_order_over_the_grace():
    play = met(grace_s=10.0).given(csms_lost())
    said(play, "k0", 0)
    play.after(10.0)
    assert play.down == ['[3,"k0",{}]']
    play.after(60.0).when(accepted())
    assert ids(play) == ["k0"]
    play.when(csms_lost())
    assert said(play, "k1", 1).down == ['[3,"k1",{}]']
    assert play.when(station(call("h"))).down == [], "what need not queue waits out the grace"
    play.after(8.0).when(accepted())
    assert ids(play) == ["h"]
    assert ids(play.when(csms(result("h")))) == ["k0"]
    assert ids(play.answer()) == ["k1"]
    assert play.answer().fact(BacklogDone)


def test_the_grace_of_a_station_that_is_not_carried_answers_nothing_although_a_backlog_was_left():
    known = Known(waiting=1, accepted=True)
    play = met(known=known, mode="close", grace_s=10.0)
    play.given(BacklogFound(link=L1)).when(csms_lost(), station(call("a", "Authorize", "{}")))
    assert play.down == []
    assert play.after(10.0).fact(LinkLost).cause == "csms_closed"


def test_the_csms_that_comes_back_while_it_is_dialled_for_the_last_time_ends_the_grace():
    play = met(grace_s=4.0).given(csms_lost()).after(REDIAL_S)
    play.after(1.0)
    assert play.fact(OutageBegan).carried
    play.when(accepted())
    assert play.fact(OutageEnded)


def test_after_the_grace_2_1_sends_are_dropped_and_calls_are_answered():
    play = met(V21, grace_s=4.0).given(csms_lost(), station(send("s")), station(call("h")))
    play.after(4.0)
    assert play.fact(FrameDropped).cause == "csms_away"
    assert [msgspec.json.decode(text)[1] for text in play.down] == ["h"]


def test_1_2_7_a_newer_connection_replaces_one_that_is_carried():
    play = away()
    said(play, "k0", 0)
    comes(play, L2)
    assert closed(play) == []
    play.after(REDIAL_S, L2).when(accepted(link=L2))
    assert Leg.STATION in closed(play)
    assert [type(fact) for fact in play.facts if isinstance(fact, LinkLost | LinkOpened)] == [LinkLost, LinkOpened]
    assert ids(play) == ["k0"]


@pytest.mark.parametrize("close_style", ["close", "refuse"])
def test_1_2_7_a_newer_connection_that_comes_in_during_the_back_off_replaces_it_too(close_style: str):
    play = box(close_style=close_style, retry_min_s=60.0)
    comes(play).given(FAILED)
    comes(play, L2)
    assert Accept(link=L2, subprotocol=V201) in play.commands
    assert closed(play, L1) == [Leg.STATION]
    assert [type(fact) for fact in play.facts if isinstance(fact, LinkLost | LinkOpened)] == [LinkLost, LinkOpened]
    play.when(station_lost(link=L1))
    assert len(play.router) == 1
    comes(play, L3)
    assert closed(play, L2) == [Leg.STATION]


def test_1_3_5_a_csms_that_comes_back_with_another_version_ends_the_link_and_all_that_it_owes():
    play = away().given(GET)
    play.after(REDIAL_S).when(accepted(V16))
    assert sorted(leg.value for leg in closed(play)) == ["csms", "station"]
    assert play.fact(LinkLost).cause == "csms_refused"
    assert play.fact(OwnCallEnded).verdict == "dropped"
    play.no_fact(LinkRefused)
    play.when(csms_lost(), station_lost())
    assert len(play.router) == 0


def test_a_box_that_stops_lets_carried_stations_go_and_keeps_what_it_has():
    play = away()
    said(play, "k0", 0)
    play.when(ReadingStopped(link=L1, reason="the local controller stops", code=1001))
    assert play.fact(LinkLost).cause == "stopping"
    assert closed(play) == [Leg.STATION]
    assert len(play.rows) == 1
    play.when(station_lost())
    assert len(play.router) == 0


def test_a_box_that_stops_while_it_dials_for_a_carried_station_gives_the_dial_up():
    play = away().after(REDIAL_S).when(ReadingStopped(link=L1, reason="stop", code=1001))
    assert closed(play) == [Leg.CSMS, Leg.STATION]
    play.when(station_lost())
    assert len(play.router) == 0


def test_p4_what_was_on_its_way_to_disk_when_the_box_stopped_is_not_answered():
    play = away()
    play.slow = True
    said(play, "k0", 0)
    play.when(ReadingStopped(link=L1, reason="stop", code=1001))
    assert play.works().down == []


def test_storms_stations_that_come_at_once_are_let_through_at_a_pace_and_wait_their_turn():
    play = box(hold_s=5.0)
    play.router.common.admission.per_s, play.router.common.admission.burst = 1.0, 2
    waits = []
    for number in (1, 2, 3, 4):
        play.when(StationArrived(link=number, identity=f"CS-{number}", offer=(V201,), known=Known()))
        dials = any(isinstance(command, Dial) for command in play.commands)
        waits.append(0.0 if dials else play.fact(AdmissionDelayed).wait_s)
    assert waits[:2] == [0.0, 0.0]
    assert 0.0 < waits[2] < waits[3] < 5.0
    (alarm,) = [command.at for command in play.commands if isinstance(command, WakeAt)]
    play.later(alarm - play.now).after(0.0, link=4)
    assert [command.link for command in play.commands if isinstance(command, Dial)] == [4]
    play.no_fact(AdmissionDelayed)


def test_storms_who_would_have_to_wait_too_long_hears_503_and_when_to_come_again():
    play = box(hold_s=1.0)
    play.router.common.admission.per_s, play.router.common.admission.burst = 0.1, 1
    comes(play, L1)
    play.when(StationArrived(link=L2, identity="CS-18", offer=(V201,), known=Known()))
    (refusal,) = [command for command in play.commands if isinstance(command, Refuse)]
    wait_s = play.fact(AdmissionDelayed).wait_s
    assert 10.0 <= wait_s <= 20.0
    assert (refusal.status, dict(refusal.headers)[b"Retry-After"]) == (503, b"%d" % wait_s)
    assert play.fact(LinkRefused).status == 503


def test_storms_a_carried_station_has_all_the_time_and_takes_its_turn():
    play = away()
    play.router.common.admission.per_s, play.router.common.admission.burst = 0.01, 1
    play.router.common.admission.take(play.now)
    assert not [command for command in play.after(REDIAL_S).commands if isinstance(command, Dial)]
    play.no_fact(LinkLost)
    assert [command for command in play.after(200.0).commands if isinstance(command, Dial)]


def test_close_style_refuse_answers_503_at_once_where_others_are_held():
    for style, answered in (("refuse", True), ("close", False)):
        play = box(Known(), close_style=style, hold_s=5.0)
        comes(play).given(FAILED)
        comes(play, L2)
        assert any(isinstance(command, Refuse) for command in play.commands) is answered


def test_a_station_that_comes_in_without_a_csms_is_told_as_carried_and_joined_later():
    play = comes(box()).when(FAILED)
    assert play.fact(LinkOpened).carried
    assert [type(command) for command in play.commands if isinstance(command, Accept)] == [Accept]
    said(play, "k0", 0, "Started")
    back(play)
    assert play.fact(OutageEnded).backlog
    play.no_fact(LinkOpened)
    assert ids(play) == ["k0"]


def test_3_15_3_a_backlog_drains_also_on_a_box_that_does_not_know_the_time():
    """Only who stands in for the CSMS has to tell the time; what is kept behind a backlog is answered without one."""
    item = Item(kind=Kind.TRANSACTION, action="TransactionEvent", message_id="old", payload=event("t", 0))
    play = Cupboard(Known(waiting=1, accepted=True), rows=[Row(number=1, item=item)])
    comes(play).when(accepted())
    assert ids(play) == ["old"]
    assert said(play, "new", 1).down == ['[3,"new",{}]']
    assert not play.router.common.clock.trusted("main", Instant(play.now))


def test_b02_a_station_becomes_carried_only_after_the_csms_has_accepted_it():
    play = Cupboard()
    comes(play).given(accepted())
    play.given(station(call("b", "BootNotification", BOOT)), csms(result("b", BOOTED.replace("Accepted", "Pending"))))
    assert play.when(csms_lost()).fact(LinkLost).cause == "csms_closed"
    play = met().given(station(call("b", "BootNotification", BOOT)))
    play.given(csms(result("b", BOOTED.replace("Accepted", "Rejected"))))
    assert play.when(csms_lost()).fact(LinkLost).cause == "csms_closed"


def test_what_is_learnt_of_a_station_is_remembered_for_its_next_connection():
    play = met()
    assert [note.subprotocol for note in play.notes if note.subprotocol] == [V201]
    assert [(note.accepted, note.boot, note.heartbeat_s) for note in play.notes if note.boot] == [(True, BOOT, 600)]


def test_a_live_answer_shows_that_a_station_is_registered_without_a_boot():
    play = Cupboard()
    comes(play).given(accepted(), station(call("1")))
    play.when(csms(result("1")))
    assert [note.accepted for note in play.notes if note.accepted is not None] == [True]


@pytest.mark.parametrize(
    ("version", "transaction", "request_"),
    [
        (V201, "abc", ("RequestStopTransaction", {"transactionId": "abc"})),
        (V16, "77", ("RemoteStopTransaction", {"transactionId": 77})),
        (V16, "-1", ("RemoteStopTransaction", {"transactionId": -1})),
        (V16, "abc", None),
        (V16, "", None),
        (V16, "9" * 5000, None),
        (V16, "٣", None),
    ],
)
def test_how_a_transaction_is_stopped(version: str, transaction: str, request_: tuple[str, object] | None):
    found = stop_request(version, transaction)
    assert (found and (found[0], msgspec.json.decode(found[1]))) == request_


def test_e14_a_transaction_id_is_compared_as_text_however_it_is_spelled():
    play = away()
    said(play, "k0", 0, "Started")
    back(play)
    play.when(csms(call("q", "GetTransactionStatus", '{"transactionId":"\\u0074"}')))
    play.when(station(result("q", '{"messagesInQueue":false}')))
    assert play.up == ['[3,"q",{"messagesInQueue":true}]']


def test_e14_when_all_is_delivered_the_station_speaks_for_itself():
    play = away()
    said(play, "k0", 0, "Started")
    back(play).answer()
    assert play.fact(BacklogDone)
    play.when(csms(call("q", "GetTransactionStatus"))).when(station(result("q", '{"messagesInQueue":false}')))
    assert play.up == ['[3,"q",{"messagesInQueue":false}]']
