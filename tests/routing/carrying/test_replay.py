"""Kept messages on their way up: one at a time, oldest first, paced, tried again, given up at last (E13, 8.7)."""

import json

import msgspec
import pytest

from routing import Instant, StationArrived, WakeAt
from routing.carrying.items import Alias, Item, Kind, Known, Row
from routing.carrying.replay import MAX_ENDED, UNREADABLE_S, Replay, ended_transaction
from routing.commands import Bury, Delivered, Fetch
from routing.events import BacklogFound, Fetched
from routing.observations import BacklogDone, LateRefusal, Replayed
from routing.values import LinkId
from tests.routing.carrying.clerk import signed
from tests.routing.carrying.cupboard import (
    BOOT,
    BOOTED,
    REDIAL_S,
    V16,
    Cupboard,
    away,
    back,
    drained,
    event,
    ids,
    met,
    said,
    start_16,
    stop_16,
)
from tests.routing.playbook import (
    L1,
    L2,
    L3,
    V201,
    accepted,
    call,
    csms,
    csms_lost,
    error,
    result,
    station,
    station_lost,
)

TOKEN = ',"idToken":{"idToken":"A","type":"ISO14443"}'
BLOCKED = '{"idTokenInfo":{"status":"Blocked"}}'


def kept(number: int, payload: str = "", action: str = "TransactionEvent", **more: object) -> Row:
    """A row as the journal hands it out."""
    item = Item(
        kind=Kind.TRANSACTION, action=action, message_id=f"k{number}", payload=payload or event("t", number), **more
    )
    return Row(number=number, item=item)


def waiting(rows: int, version: str = V201, **outage: object) -> Cupboard:
    """A station whose backlog begins to go up as it arrives."""
    known = Known(waiting=rows, accepted=True, boot=BOOT)
    play = Cupboard(known, rows=[kept(number) for number in range(1, rows + 1)], **outage)
    play.given(StationArrived(link=L1, identity="CS-17", offer=(version,), known=known))
    return play.when(accepted(version))


def jws(payload: str) -> str:
    """A payload as a signed message has it."""
    return json.dumps(signed(json.loads(payload)))


def replay(play: Cupboard) -> Replay:
    return play.router._links[L1].exchange.replay


def wakes(play: Cupboard) -> list[float]:
    return [round(command.at - play.now, 3) for command in play.commands if isinstance(command, WakeAt)]


def test_8_7_a_backlog_of_an_earlier_connection_goes_before_anything_new_of_its_kind():
    play = waiting(2)
    assert ids(play) == ["k1"]
    said(play, "new", "TransactionEvent", event("t", 9))
    assert play.down == ['[3,"new",{}]']
    assert ids(play.when(csms(result("k1")))) == ["k2"]
    assert ids(play.answer()) == ["new"]


def test_8_7_what_waited_while_the_csms_was_dialled_queues_behind_the_backlog_of_an_early_station():
    known = Known(waiting=1, accepted=True)
    play = Cupboard(known, rows=[kept(1)], policy={"handshake": "early"})
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=known))
    said(said(play, "new", "TransactionEvent", event("t", 9)), "h", "Heartbeat", "{}")
    play.when(accepted())
    assert play.down == ['[3,"new",{}]']
    assert ids(play) == ["h"]
    assert ids(play.when(csms(result("h")))) == ["k1"]
    assert ids(play.answer()) == ["new"]


def test_a_backlog_that_another_connection_of_the_station_kept_meanwhile_is_found():
    play = away()
    play.given(StationArrived(link=L2, identity="CS-17", offer=(V201,), known=Known(accepted=True)))
    said(play, "k1", "TransactionEvent", event("t", 0, "Started"))
    play.after(REDIAL_S, L2).when(accepted(link=L2))
    assert ids(play) == ["k1"]


def test_one_row_is_out_at_a_time_and_goes_when_the_csms_has_taken_it():
    play = waiting(3)
    assert [command.row for command in play.answer().commands if isinstance(command, Delivered)] == [1]
    assert ids(play) == ["k2"]
    assert play.fact(Replayed).verdict == "delivered"


def test_p4_removed_is_only_what_was_answered_and_a_second_answer_removes_nothing_more():
    play = waiting(2).answer()
    assert not [command for command in play.when(csms(result("k1"))).commands if isinstance(command, Delivered)]
    assert ids(play.when(csms(result("k2")))) == []
    assert play.rows == []


def test_storms_replay_is_paced_over_all_stations():
    play = Cupboard(Known(waiting=3), rows=[kept(number) for number in (1, 2, 3)])
    play.router.common.replay.per_s = 2.0
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=play.known)).when(accepted())
    assert ids(play) == ["k1"]
    assert ids(play.answer()) == []
    assert wakes(play) == [0.75]
    assert ids(play.after(0.7)) == []
    assert ids(play.after(0.05)) == ["k2"]


def test_e13_fr02_the_wait_before_each_attempt_grows_by_the_interval():
    play = waiting(1, attempts=4)
    for attempt in (1, 2, 3):
        play.when(csms(error("k1")))
        assert (play.fact(Replayed).verdict, play.fact(Replayed).attempts) == ("retry", attempt)
        assert ids(play.after(60.0 * attempt - 0.1)) == []
        assert ids(play.after(0.1)) == ["k1"]
    play.when(csms(error("k1", "FormatViolation")))
    assert [(one.row, one.attempts, one.code) for one in play.dead] == [(1, 4, "FormatViolation")]


def test_e13_no_answer_is_an_attempt_too_and_is_called_timeout():
    play = waiting(1, attempts=2, attempt_interval_s=10.0)
    assert play.after(30.0).fact(Replayed).error_code == "timeout"
    assert ids(play.after(10.0)) == ["k1"]
    assert not play.after(30.0).dead, "its answer may be late"
    play.after(10.0)
    assert [(one.code, one.text) for one in play.dead] == [("timeout", "never answered")]
    assert play.fact(BacklogDone)


def test_a_kept_boot_that_was_never_answered_is_done_with_once_the_station_boots_itself():
    play = Cupboard(Known(waiting=1, accepted=True), rows=[kept(1, BOOT, "BootNotification")], attempts=1)
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=play.known)).given(accepted())
    play.after(30.0).given(station(call("b", "BootNotification", BOOT)), csms(result("b", BOOTED)))
    play.after(60.0)
    assert (play.rows, play.dead) == ([], [])


def test_p4_a_late_yes_to_the_last_attempt_is_a_yes():
    play = away(V16, attempts=1, attempt_interval_s=10.0)
    said(said(play, "s", "StartTransaction", start_16()), "e", "StopTransaction", stop_16(2_000_000_001))
    back(play, V16).after(39.0).when(csms(result("s", '{"transactionId":7,"idTagInfo":{"status":"Accepted"}}')))
    assert not play.dead
    assert '"transactionId":7' in play.up[0]


@pytest.mark.parametrize(("code", "dead"), [(1009, 1), (1007, 1), (1006, 0), (1011, 0)])
def test_e13_a_message_at_which_the_csms_closes_each_time_goes_to_the_dead_letters(code: int, dead: int):
    known = Known(waiting=2, accepted=True, subprotocol=V201, trusted=True)
    play = Cupboard(known, rows=[kept(1), kept(2)], attempts=3)
    for link in (L1, L2, L3):
        assert play.dead == []
        play.now += 100.0
        play.given(StationArrived(link=link, identity="CS-17", offer=(V201,), known=known))
        assert ids(play.when(accepted(V201, link))) == ["k1"]
        play.when(csms_lost(code, link=link)).when(station_lost(link=link))
    assert [(one.row, one.attempts, one.code) for one in play.dead] == [(1, 3, "closed")] * dead
    play.now += 100.0
    play.given(StationArrived(link=LinkId(9), identity="CS-17", offer=(V201,), known=known))
    assert ids(play.when(accepted(V201, LinkId(9)))) == ["k2" if dead else "k1"]


def test_e13_other_messages_are_not_blamed_for_it():
    play = waiting(1)
    said(play, "h", "Heartbeat", "{}")
    play.when(csms(result("k1"))).when(csms_lost(1009))
    assert play.dead == []


def test_a_late_answer_counts_and_spares_the_next_attempt():
    play = waiting(1, attempt_interval_s=10.0).after(30.0)
    play.when(csms(result("k1")))
    assert play.rows == []
    assert ids(play.after(10.0)) == []


def test_a_late_error_is_the_same_attempt_and_not_another_one():
    play = waiting(1, attempts=2, attempt_interval_s=10.0).after(30.0)
    play.when(csms(error("k1")))
    assert play.dead == []
    assert ids(play.after(10.0)) == ["k1"]


def test_a_late_answer_while_the_next_attempt_waits_its_turn_takes_that_out_of_the_line():
    play = waiting(1, attempt_interval_s=10.0).after(30.0)
    said(play, "h", "Heartbeat", "{}")
    assert ids(play.after(10.0)) == []
    play.when(csms(result("k1")))
    assert play.rows == []
    assert ids(play.when(csms(result("h")))) == []


def test_an_answer_about_a_row_that_is_done_with_disturbs_nothing():
    play = waiting(2, attempts=1, attempt_interval_s=10.0).after(30.0).after(10.0)
    assert [one.row for one in play.dead] == [1]
    assert ids(play) == ["k2"]
    play.when(csms(result("k1")))
    assert [row.number for row in play.rows] == [2]
    assert ids(play.when(csms(result("k2")))) == []
    assert play.rows == []


def test_a_disk_that_cannot_be_read_is_asked_again_and_is_no_empty_queue():
    play = Cupboard(Known(waiting=1), rows=[kept(1)])
    play.unreadable = True
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=play.known)).when(accepted())
    play.no_fact(BacklogDone)
    assert wakes(play) == [UNREADABLE_S]
    assert not [command for command in play.after(UNREADABLE_S - 0.1).commands if isinstance(command, Fetch)]
    play.unreadable = False
    assert ids(play.after(0.1)) == ["k1"]


def test_only_the_answer_to_the_last_question_counts():
    """A slow disk answers the question of before the outage when its row may have gone already."""
    play = met(rows=[kept(1), kept(2)])
    play.slow = True
    play.when(BacklogFound(link=L1), csms_lost())
    back(play)
    stale = Fetched(link=L1, row=play.rows[0], waiting=2)
    assert play.when(stale).up == []
    assert ids(play.when(stale)) == ["k1"]
    assert ids(play.when(csms(result("k1")))) == []


def test_nothing_is_done_before_what_is_on_its_way_to_disk_is_there():
    play = met()
    play.rows = [kept(1)]
    play.when(BacklogFound(link=L1))
    play.slow = True
    said(play, "k2", "TransactionEvent", event("t", 2))
    play.when(csms(result("k1")))
    play.when(Fetched(link=L1, row=None)).no_fact(BacklogDone)
    assert ids(play.works()) == ["k2"]


def test_a_pending_station_wakes_nobody_for_a_backlog_it_may_not_send_b02():
    play = waiting(2)
    said(play, "b", "BootNotification", BOOT)
    play.when(csms(result("k1")))
    play.when(csms(result("b", BOOTED.replace("Accepted", "Pending"))))
    for _ in range(3):
        assert play.after(100.0).up == []
        assert all(at > 0 for at in wakes(play))
    said(play, "b2", "BootNotification", BOOT)
    assert ids(play.when(csms(result("b2", BOOTED)))) == ["k2"]


def test_boot_again_sends_the_last_boot_before_the_first_row():
    play = away(boot_again=True)
    said(play, "k1", "TransactionEvent", event("t", 0))
    back(play)
    assert msgspec.json.decode(play.up[0])[2:] == ["BootNotification", msgspec.json.decode(BOOT)]
    assert ids(play.answer(BOOTED)) == ["k1"]


def test_boot_again_sends_no_boot_on_a_connection_that_never_broke():
    play = met(boot_again=True)
    play.rows = [kept(1)]
    play.when(BacklogFound(link=L1))
    assert ids(play) == ["k1"]


def test_a_boot_that_gets_an_error_is_said_again_only_where_it_is_wanted():
    play = away(boot_again=True)
    said(play, "k1", "TransactionEvent", event("t", 0))
    back(play)
    (boot,) = ids(play)
    assert play.when(csms(error(boot))).up == []
    assert ids(play.after(60.0)) == ["k1"]


def test_a_security_error_is_no_attempt_where_a_boot_may_help_and_one_where_it_did_not():
    play = waiting(1, attempts=1)
    play.when(csms(error("k1", "SecurityError")))
    assert play.dead == []
    assert ids(play.answer(BOOTED)) == ["k1"]
    play.when(csms(error("k1", "SecurityError")))
    assert [(one.code, one.attempts) for one in play.dead] == [("SecurityError", 1)]


def test_8_7c_only_unsigned_transaction_events_say_offline_and_only_where_wanted():
    signed = kept(1, '{"payload":"e30","protected":"e30","signature":"c2ln"}', "TransactionEvent-Signed")
    for rows, mark, flagged in (([kept(1)], True, True), ([kept(1)], False, False), ([signed], True, False)):
        play = Cupboard(Known(waiting=1), rows=list(rows), mark_offline=mark)
        play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=play.known)).when(accepted())
        assert play.up[0].endswith(',"offline":true}]') is flagged
        if not flagged:
            assert rows[0].item.payload in play.up[0]


def offline_marks(play: Cupboard) -> dict[str, bool]:
    """What goes up until nothing is left, and whether it says that it happened offline."""
    return {frame[1]: frame[3].get("offline", False) for frame in drained(play)}


def test_8_7c_what_happens_while_the_csms_is_there_is_not_said_to_be_offline_though_it_waits():
    play = back(said(away(), "k1", "TransactionEvent", event("t", 0)))
    said(play, "k2", "TransactionEvent", event("t", 1))
    assert offline_marks(play.when(csms(result("k1")))) == {"k2": False}


def test_e11_fr07_what_still_waits_when_the_csms_is_lost_again_is_offline_too():
    play = back(said(away(), "k1", "TransactionEvent", event("t", 0)))
    said(play, "k2", "TransactionEvent", event("t", 1)).when(csms_lost())
    said(play, "k3", "TransactionEvent", event("t", 2))
    assert offline_marks(back(play)) == {"k1": True, "k2": True, "k3": True}


def test_8_7c_what_waited_in_the_grace_for_a_csms_with_a_backlog_is_offline():
    play = away(grace_s=1.0).after(1.0)
    back(said(play, "k1", "TransactionEvent", event("t", 0))).when(csms_lost())
    said(play, "k2", "TransactionEvent", event("t", 1))
    assert offline_marks(back(play)) == {"k1": True, "k2": True}


def test_10_7_a_begin_that_the_csms_never_took_takes_the_rest_of_its_transaction_with_it():
    play = away(V16, attempts=1)
    said(play, "1", "StartTransaction", start_16())
    local = msgspec.json.decode(play.down[0])[2]["transactionId"]
    said(play, "2", "MeterValues", f'{{"connectorId":1,"transactionId":{local},"meterValue":[]}}')
    said(play, "3", "StopTransaction", stop_16(local))
    said(play, "4", "StopTransaction", stop_16(12))
    back(play, V16)
    play.when(csms(error("1", "InternalError")))
    assert [one.code for one in play.dead] == ["InternalError", "TransactionUnknown", "TransactionUnknown"]
    assert ids(play) == ["4"]


@pytest.mark.parametrize(("spelled", "real"), [("7.0", 7), ("7e0", 7), (str(2**63 - 1), 2**63 - 1)])
def test_10_7_a_number_counts_however_it_is_spelled(spelled: str, real: int):
    play = away(V16)
    said(play, "s", "StartTransaction", start_16())
    back(play, V16).answer(f'{{"transactionId":{spelled},"idTagInfo":{{"status":"Accepted"}}}}')
    (delivered,) = [command for command in play.commands if isinstance(command, Delivered)]
    assert delivered.alias == Alias(local=2_000_000_001, real=real)


def test_p6_a_number_beyond_all_integers_is_none():
    play = away(V16)
    said(play, "s", "StartTransaction", start_16())
    back(play, V16).answer('{"transactionId":10000000000000000000,"idTagInfo":{"status":"Accepted"}}')
    (delivered,) = [command for command in play.commands if isinstance(command, Delivered)]
    assert delivered.alias is None


def test_quirk_12_a_csms_that_wants_a_boot_nobody_knows_gets_the_stations_own():
    play = Cupboard(Known(accepted=True, subprotocol=V201), attempts=2, attempt_interval_s=10.0)
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=play.known), accepted(V201))
    now = '{"currentTime":"2026-11-22T12:00:00Z"}'
    play.given(station(call("h")), csms(result("h", now)), csms_lost())
    said(play, "e", "TransactionEvent", event("t", 0, "Started"))
    back(play).when(csms(error("e", "SecurityError")))
    assert '"TriggerMessage",{"requestedMessage":"BootNotification"}' in play.down[0]
    play.when(station(result(msgspec.json.decode(play.down[0])[1], '{"status":"Accepted"}')))
    play.given(station(call("b", "BootNotification", BOOT)), csms(result("b", BOOTED)))
    assert ids(play.after(10.0)) == ["e"]
    play.answer()
    assert (play.rows, play.dead) == ([], [])


def test_quirk_12_a_station_that_never_boots_keeps_its_backlog_from_nobody_for_ever():
    play = waiting(2, attempts=2, attempt_interval_s=10.0)
    play.router._links[L1].exchange.carry.known = Known(waiting=2, accepted=True)
    for _ in range(12):
        play.when(csms(error("k1", "SecurityError"))) if ids(play) == ["k1"] else play.after(10.0)
    assert [one.row for one in play.dead] == [1]
    assert ids(play) == ["k2"] or ids(play.after(10.0)) == ["k2"]


def test_10_7_an_answer_without_a_number_leaves_the_transaction_without_one():
    play = away(V16)
    said(play, "1", "StartTransaction", start_16())
    local = msgspec.json.decode(play.down[0])[2]["transactionId"]
    said(play, "2", "StopTransaction", stop_16(local))
    back(play, V16)
    play.answer("{}")
    assert [one.code for one in play.dead] == ["TransactionUnknown"]


def test_10_7_the_numbers_and_the_end_go_to_the_journal_with_the_row():
    play = away(V16)
    said(play, "1", "StartTransaction", start_16())
    local = msgspec.json.decode(play.down[0])[2]["transactionId"]
    said(play, "2", "StopTransaction", stop_16(local))
    back(play, V16)
    play.answer('{"transactionId":77,"idTagInfo":{"status":"Accepted"}}')
    (gone,) = [command for command in play.commands if isinstance(command, Delivered)]
    assert (gone.alias, gone.ended) == (Alias(local=local, real=77), None)
    assert play.up == [call("2", "StopTransaction", stop_16(77))]
    (gone,) = [command for command in play.answer().commands if isinstance(command, Delivered)]
    assert (gone.alias, gone.ended) == (None, local)


@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "NoCredit"])
def test_3_15_5_a_late_refusal_stops_the_transaction(status: str):
    play = away()
    said(play, "1", "TransactionEvent", event("t", 0, "Started", TOKEN))
    back(play)
    play.answer(f'{{"idTokenInfo":{{"status":"{status}"}}}}')
    assert play.fact(LateRefusal).stopped
    assert msgspec.json.decode(play.down[0])[2:] == ["RequestStopTransaction", {"transactionId": "t"}]


def test_3_12_a_late_refusal_in_a_signed_answer_stops_the_transaction_unless_a_signed_end_came():
    for ended in (False, True):
        play = said(away(), "1", "TransactionEvent-Signed", jws(event("t", 0, "Started", TOKEN)))
        if ended:
            said(play, "2", "TransactionEvent-Signed", jws(event("t", 1, "Ended")))
        back(play).answer(jws(BLOCKED))
        assert ["RequestStopTransaction" in text for text in play.down] == ([] if ended else [True])
        assert play.fact(LateRefusal).stopped is not ended


@pytest.mark.parametrize("status", ["Accepted", "ConcurrentTx"])
def test_3_15_5_a_verdict_that_lets_it_run_stops_nothing(status: str):
    play = away()
    said(play, "1", "TransactionEvent", event("t", 0, "Started", TOKEN))
    back(play)
    play.answer(f'{{"idTokenInfo":{{"status":"{status}"}}}}').no_fact(LateRefusal)
    assert play.down == []


def test_16_a_late_refusal_stops_the_transaction_by_the_number_the_station_knows():
    play = away(V16)
    said(play, "1", "StartTransaction", start_16())
    local = msgspec.json.decode(play.down[0])[2]["transactionId"]
    back(play, V16)
    play.answer('{"transactionId":77,"idTagInfo":{"status":"Blocked"}}')
    assert msgspec.json.decode(play.down[0])[2:] == ["RemoteStopTransaction", {"transactionId": local}]


def test_p6_a_late_refusal_of_a_transaction_without_a_number_is_told_and_nobody_is_asked():
    play = away(V16)
    said(play, "1", "StopTransaction", '{"transactionId":"x","idTag":"A","meterStop":9,"timestamp":"2026"}')
    back(play, V16)
    play.answer('{"idTagInfo":{"status":"Blocked"}}')
    assert play.fact(LateRefusal).transaction == "x"
    assert play.down == []


@pytest.mark.parametrize("ended", [True, False])
def test_what_is_over_or_may_run_on_is_not_stopped(ended: bool):
    play = away(stop_refused=ended)
    said(play, "1", "TransactionEvent", event("t", 0, "Started", TOKEN))
    if ended:
        said(play, "2", "TransactionEvent", event("t", 1, "Ended"))
    back(play)
    play.answer(BLOCKED)
    assert not play.fact(LateRefusal).stopped
    assert play.down == []


def test_16_what_is_over_is_not_stopped():
    play = away(V16)
    said(play, "1", "StartTransaction", start_16())
    local = msgspec.json.decode(play.down[0])[2]["transactionId"]
    said(play, "2", "StopTransaction", stop_16(local))
    back(play, V16)
    play.answer('{"transactionId":77,"idTagInfo":{"status":"Blocked"}}')
    assert not play.fact(LateRefusal).stopped


def test_which_transaction_a_request_ends():
    assert ended_transaction(event("t", 1, "Ended").encode()) == "t"
    assert ended_transaction(event("t", 1).encode()) is None
    assert ended_transaction(stop_16(7).encode()) == "7"
    for nothing in (b"{}", b"[]", b"", b"\xff", b'{"transactionId":"x"}'):
        assert ended_transaction(nothing) is None


def test_p6_ended_transactions_are_remembered_in_bounds():
    play = away()
    for number in range(MAX_ENDED + 5):
        replay(play).note_ended(event(f"t{number}", 1, "Ended").encode())
    assert len(replay(play)._ended) == MAX_ENDED
    assert "t4" not in replay(play)._ended


def test_e14_fr07_what_was_kept_since_the_journal_was_asked_counts_as_waiting():
    play = waiting(1)
    assert replay(play).waits_of("t") is False, "these rows belong to no transaction"
    play.slow = True
    said(play, "2", "TransactionEvent", event("u", 0, "Started"))
    assert replay(play).waits_of("u")
    play.when(csms(result("k1")))
    assert replay(play).waits_of("u")
    play.works()
    assert replay(play).waits_of("u")
    assert ids(play) == ["2"]
    play.slow = False
    play.when(csms(result("2")))
    assert not replay(play).waits_of("u")


def test_a_station_that_leaves_takes_nothing_with_it():
    play = waiting(2).when(station_lost())
    assert [row.number for row in play.rows] == [1, 2]
    assert not [command for command in play.commands if isinstance(command, Delivered | Bury)]
    assert play.router.handle(Fetched(link=L1, row=play.rows[0]), Instant(play.now)) == []


def status_of(play: Cupboard, transaction: str) -> str:
    """What the CSMS hears when it asks whether all of a transaction has come; the station believes so."""
    play.given(csms(call("q", "GetTransactionStatus", f'{{"transactionId":"{transaction}"}}')))
    return play.when(station(result("q", '{"messagesInQueue":false}'))).up[0]


@pytest.mark.parametrize("trouble", ["slow", "unreadable"])
def test_e14_before_the_disk_was_read_any_transaction_may_have_something_waiting(trouble: str):
    known = Known(waiting=1, accepted=True, boot=BOOT)
    play = Cupboard(known, rows=[kept(1)])
    setattr(play, trouble, True)
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=known), accepted(V201))
    assert status_of(play, "t") == '[3,"q",{"messagesInQueue":true}]'
    setattr(play, trouble, False)
    play.works() if trouble == "slow" else play.after(UNREADABLE_S)
    assert status_of(play, "another") == '[3,"q",{"messagesInQueue":false}]'
