"""A station whose CSMS is away: what it hears, what is kept, and how the CSMS gets it at last (Part 4 6.3)."""

import json

import msgspec
import pytest

from routing import (
    Close,
    Dial,
    Instant,
    Leg,
    LinkLost,
    OwnCallAsked,
    StationArrived,
    UpstreamFailed,
    UpstreamRefused,
)
from routing.carrying.items import Alias, Item, Kind, Known, Row
from routing.conversation import MAX_HELD, NUMBER_S
from routing.events import BacklogFound
from routing.observations import BacklogDone, CallAnswered, OutageBegan, OutageEnded, Replayed
from tests.routing.carrying.clerk import signed
from tests.routing.carrying.cupboard import (
    BOOT,
    BOOTED,
    REDIAL_S,
    Cupboard,
    away,
    back,
    drained,
    event,
    met,
    start_16,
    stop_16,
)
from tests.routing.playbook import (
    L1,
    L2,
    V16,
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


def test_a_registered_station_stays_and_hears_the_answers_of_the_box_6_3():
    play = away()
    assert play.fact(OutageBegan).carried
    play.when(station(call("1", "Heartbeat")))
    assert play.down[0].startswith('[3,"1",{"currentTime":"2026-11-22T12:00:0')
    assert play.fact(CallAnswered).verdict == "carried"
    assert not play.up


def test_what_the_csms_must_hear_is_on_disk_before_the_station_is_told_p4():
    play = away()
    play.full = True
    play.when(station(call("1", "TransactionEvent", event("t", 0, "Started"))))
    assert not play.down
    assert play.fact(LinkLost).cause == "journal"
    play = away().when(station(call("1", "TransactionEvent", event("t", 0, "Started"))))
    assert play.down == ['[3,"1",{}]']
    assert [item.transaction for item in play.kept] == ["t"]


def test_the_backlog_goes_first_and_in_order_then_live_8_7():
    play = away()
    for number, kind in enumerate(("Started", "Updated", "Ended")):
        play.when(station(call(f"k{number}", "TransactionEvent", event("t", number, kind))))
    back(play)
    assert play.fact(OutageEnded).backlog
    assert [(frame[1], frame[3]["seqNo"], frame[3]["offline"]) for frame in drained(play)] == [
        ("k0", 0, True),
        ("k1", 1, True),
        ("k2", 2, True),
    ]
    assert play.fact(BacklogDone)
    play.when(station(call("live", "TransactionEvent", event("u", 0, "Started"))))
    assert play.up == [call("live", "TransactionEvent", event("u", 0, "Started"))]


def test_while_the_backlog_drains_transactions_queue_behind_it_and_the_rest_passes():
    play = away().when(station(call("1", "TransactionEvent", event("t", 0, "Started"))))
    back(play)
    play.when(station(call("2", "TransactionEvent", event("t", 1))))
    assert play.down == ['[3,"2",{}]']
    assert [item.message_id for item in play.kept] == ["1", "2"]
    play.when(station(call("3", "Authorize", '{"idToken":{"idToken":"A","type":"ISO14443"}}')))
    assert not play.down
    play.when(csms(result("1")))
    assert play.up[0].startswith('[2,"3","Authorize"')


def test_what_was_on_its_way_when_the_csms_vanished_is_kept_and_sent_again_under_its_id():
    play = met()
    play.when(station(call("9", "TransactionEvent", event("t", 0, "Started"))))
    assert play.up
    play.when(csms_lost())
    assert play.down == ['[3,"9",{}]']
    back(play)
    assert msgspec.json.decode(play.up[0])[1] == "9"


def test_what_the_csms_wanted_of_the_station_dies_with_its_connection():
    play = met().when(csms(call("c", "GetVariables")))
    play.when(csms_lost()).when(station(result("c")))
    assert not play.up
    assert play.fact(CallAnswered).action == "GetVariables"
    back(play)
    play.when(csms(call("d", "GetVariables"))).when(station(result("d")))
    assert play.up == [result("d")]


def test_own_limits_go_on_being_enforced_while_the_csms_is_away():
    play = away().when(
        OwnCallAsked(link=L1, token=3, action="SetChargingProfile", payload='{"evseId":0}'),
    )
    assert "SetChargingProfile" in play.down[0]


def test_a_refusal_is_no_loss_and_closes_the_station_3_15_9():
    play = away().after(REDIAL_S)
    play.when(UpstreamRefused(link=L1, status=401))
    assert play.fact(LinkLost).cause == "csms_refused"
    assert any(isinstance(command, Close) and command.leg is Leg.STATION for command in play.commands)
    play = met().when(csms_lost(1008, "policy"))
    assert play.fact(LinkLost).cause == "csms_refused"


def test_3_15_9_a_csms_that_answers_5xx_or_429_or_not_at_all_is_dialled_again():
    play = away().after(REDIAL_S)
    overrun, too_many = (UpstreamRefused(link=L1, status=status) for status in (503, 429))
    for bad_news in (overrun, too_many, UpstreamFailed(link=L1, reason="no route")):
        play.when(bad_news)
        play.no_fact(LinkLost)
        play.after(60.0)
        assert any(isinstance(command, Dial) for command in play.commands)


def test_without_a_time_to_trust_the_station_is_let_go_3_15_3():
    play = Cupboard()
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=Known(accepted=True)), accepted(V201))
    play.when(csms_lost())
    assert play.fact(LinkLost).cause == "csms_closed"


def test_an_unregistered_station_is_let_go():
    play = Cupboard()
    play.router.common.clock.set(unix_offset_s=0, synchronised=True)
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,)), accepted(V201))
    play.when(csms_lost())
    assert play.fact(LinkLost).cause == "csms_closed"


def test_a_poison_message_goes_to_the_dead_letters_after_all_attempts_e13():
    play = away().when(station(call("1", "TransactionEvent", event("t", 0, "Started"))))
    play.when(station(call("2", "TransactionEvent", event("t", 1, "Ended"))))
    back(play)
    for attempt in (1, 2):
        play.when(csms(error("1", "InternalError")))
        assert play.fact(Replayed).verdict == "retry"
        assert play.after(60.0 * attempt - 1).up == []
        assert len(play.after(1.0).up) == 1
    play.when(csms(error("1", "InternalError")))
    assert [(letter.code, letter.attempts) for letter in play.dead] == [("InternalError", 3)]
    assert msgspec.json.decode(play.up[0])[1] == "2"


def test_a_lost_connection_is_no_attempt():
    play = away().when(station(call("1", "TransactionEvent", event("t", 0, "Started"))))
    for _ in range(5):
        back(play)
        assert play.up
        play.when(csms_lost())
    assert play.dead == []
    assert len(play.rows) == 1


def test_a_csms_that_wants_a_boot_gets_the_last_one_first():
    play = away().when(station(call("1", "TransactionEvent", event("t", 0, "Started"))))
    back(play)
    play.when(csms(error("1", "SecurityError")))
    assert msgspec.json.decode(play.up[0])[2:] == ["BootNotification", msgspec.json.decode(BOOT)]
    play.answer(BOOTED)
    assert msgspec.json.decode(play.up[0])[1] == "1"
    assert not play.down


def test_a_boot_the_csms_does_not_accept_is_the_stations_own_business():
    play = away(boot_again=True)
    back(play)
    play.answer(BOOTED.replace("Accepted", "Pending"))
    assert play.fact(LinkLost).cause == "csms_refused"


def test_get_transaction_status_admits_the_backlog_e14():
    play = away().when(station(call("1", "TransactionEvent", event("t", 0, "Started"))))
    back(play)
    play.when(csms(call("q", "GetTransactionStatus"))).when(station(result("q", '{"messagesInQueue":false}')))
    assert play.up == ['[3,"q",{"messagesInQueue":true}]']
    play.when(csms(call("r", "GetTransactionStatus", '{"transactionId":"other"}')))
    play.when(station(result("r", '{"ongoingIndicator":true,"messagesInQueue":false}')))
    assert play.up == ['[3,"r",{"ongoingIndicator":true,"messagesInQueue":false}]']


def test_a_card_that_the_csms_refuses_late_ends_its_transaction():
    token = ',"idToken":{"idToken":"A","type":"ISO14443"}'
    play = away().when(station(call("1", "TransactionEvent", event("t", 0, "Started", token))))
    back(play)
    play.answer('{"idTokenInfo":{"status":"Blocked"}}')
    assert msgspec.json.decode(play.down[0])[2:] == ["RequestStopTransaction", {"transactionId": "t"}]


def test_16_a_transaction_keeps_the_number_it_was_given_here_for_its_whole_life_10_7():
    play = away(V16).when(station(call("1", "StartTransaction", start_16())))
    local = msgspec.json.decode(play.down[0])[2]["transactionId"]
    back(play, V16)
    play.answer('{"transactionId":77,"idTagInfo":{"status":"Accepted"}}')
    play.when(station(call("2", "MeterValues", f'{{"connectorId":1, "transactionId": {local},"meterValue":[]}}')))
    assert play.up == [call("2", "MeterValues", '{"connectorId":1, "transactionId": 77,"meterValue":[]}')]
    play.when(csms(result("2"))).when(csms(call("s", "RemoteStopTransaction", '{"transactionId":77}')))
    assert play.down == [call("s", "RemoteStopTransaction", f'{{"transactionId":{local}}}')]
    stop = f'{{"transactionId":{local},"meterStop":9,"timestamp":"2026-11-22T13:00:00Z"}}'
    play.when(station(call("3", "StopTransaction", stop)))
    assert '"transactionId":77' in play.up[0]
    play.when(csms(result("3")))
    assert play.notes[-1].ended == local


def test_16_a_number_that_an_older_connection_hears_counts_for_the_newer_one_10_7():
    play = away(V16).when(station(call("1", "StartTransaction", start_16())))
    local = msgspec.json.decode(play.down[0])[2]["transactionId"]
    back(play, V16)
    known = Known(accepted=True, subprotocol=V16, waiting=1, aliases=(Alias(local=local),))
    play.given(StationArrived(link=L2, identity="CS-17", offer=(V16,), known=known))
    play.given(csms(result("1", '{"transactionId":77,"idTagInfo":{"status":"Accepted"}}')), accepted(V16, L2))
    play.when(station(call("2", "MeterValues", f'{{"connectorId":1,"transactionId":{local},"meterValue":[]}}'), L2))
    assert play.up == [call("2", "MeterValues", '{"connectorId":1,"transactionId":77,"meterValue":[]}')]


def test_16_the_translation_survives_a_restart_of_the_box():
    play = met(V16, Known(accepted=True, aliases=(Alias(local=2_000_000_009, real=5),)))
    play.when(station(call("3", "StopTransaction", '{"transactionId":2000000009,"meterStop":9}')))
    assert '"transactionId":5,' in play.up[0]


STOP_77 = call("s", "RemoteStopTransaction", '{"transactionId":77}')
NUMBERED_77 = '{"transactionId":77,"idTagInfo":{"status":"Accepted"}}'


def answer_lost(**more: object) -> tuple[Cupboard, int]:
    """A transaction began here; its number at the CSMS is 77, but the CSMS went away again as it said so."""
    play = away(V16, **more).when(station(call("1", "StartTransaction", start_16())))
    local = msgspec.json.decode(play.down[0])[2]["transactionId"]
    back(play, V16).given(csms_lost()).after(REDIAL_S)
    return play, local


def test_16_what_the_csms_wants_of_a_number_whose_telling_was_lost_waits_for_the_second_telling_10_7():
    play, local = answer_lost()
    play.slow = True
    play.given(accepted(V16))
    assert not play.when(csms(STOP_77)).down, "nobody here can know yet what 77 is"
    assert not play.works().down
    play.when(csms(result("1", NUMBERED_77)))
    assert play.down == [STOP_77.replace("77", str(local))]


def test_16_a_number_known_here_is_no_reason_to_wait_10_7():
    play, _ = answer_lost()
    known = Known(accepted=True, subprotocol=V16, waiting=1, aliases=(Alias(local=2_000_000_009, real=77),))
    play.given(StationArrived(link=L2, identity="CS-17", offer=(V16,), known=known)).given(accepted(V16, L2))
    assert play.when(csms(STOP_77, L2)).down == [STOP_77.replace("77", "2000000009")]


@pytest.mark.parametrize("answer", [result("1", NUMBERED_77.replace("77", "78")), result("1")])
def test_16_a_number_that_is_none_of_ours_goes_down_as_it_is_once_that_is_clear_10_7(answer: str):
    play, _ = answer_lost()
    play.given(accepted(V16))
    assert not play.when(csms(STOP_77)).down
    assert play.when(csms(answer)).down == [STOP_77]


def test_16_a_csms_that_refuses_to_tell_its_number_again_is_waited_for_as_long_10_7():
    play, local = answer_lost(attempt_interval_s=1.0)
    play.given(accepted(V16), csms(STOP_77))
    assert not play.when(csms(error("1"))).down
    play.after(1.0)
    assert play.when(csms(result("1", NUMBERED_77))).down == [STOP_77.replace("77", str(local))]


def test_16_only_the_first_of_a_backlog_can_have_been_numbered_before_10_7():
    play, _ = answer_lost()
    play.when(station(call("2", "StopTransaction", stop_16(2_000_000_001))))
    play.when(station(call("3", "StartTransaction", start_16(meter=9))))
    play.given(accepted(V16)).answer(NUMBERED_77).answer()
    assert msgspec.json.decode(play.up[0])[1] == "3"
    strange = call("t", "RemoteStopTransaction", '{"transactionId":5}')
    assert play.when(csms(strange)).down == [strange]


@pytest.mark.parametrize("aliases", [(Alias(local=2_000_000_009),), (Alias(local=2_000_000_009, real=5),)])
def test_16_nobody_waits_where_nothing_is_about_to_be_numbered_10_7(aliases: tuple[Alias, ...]):
    reading = Item(kind=Kind.TRANSACTION, action="MeterValues", message_id="m", payload='{"connectorId":1}')
    play = met(V16, Known(accepted=True, aliases=aliases), rows=[Row(number=1, item=reading)])
    play.slow, unheard = True, aliases[0].real is None
    play.given(BacklogFound(link=L1))
    assert play.when(csms(STOP_77)).down == ([] if unheard else [STOP_77])
    assert play.works().down == ([STOP_77] if unheard else [])


STATUS_16 = '{"connectorId":1,"errorCode":"NoError","status":"Charging"}'


def test_16_the_lost_telling_may_be_of_a_transaction_that_was_said_again_behind_other_things_10_7():
    play = met(V16).given(station(call("s1", "StartTransaction", start_16()))).after(31.0)
    play.given(csms_lost(), station(call("n1", "StatusNotification", STATUS_16)))
    play.when(station(call("s2", "StartTransaction", start_16())))
    local = msgspec.json.decode(play.down[0])[2]["transactionId"]
    back(play, V16)
    assert not play.when(csms(STOP_77)).down
    play.when(csms(result("n1")))
    assert play.when(csms(result("s2", NUMBERED_77))).down == [STOP_77.replace("77", str(local))]


def test_16_nobody_waits_for_a_disk_that_cannot_be_read_10_7():
    play, _ = answer_lost()
    play.unreadable = True
    play.given(accepted(V16))
    assert play.when(csms(STOP_77)).down == [STOP_77]


def test_16_nobody_waits_long_for_a_number_nor_with_many_others_10_7():
    play, _ = answer_lost()
    play.given(accepted(V16)).when(csms(STOP_77)).alarm(NUMBER_S)
    assert not play.after(NUMBER_S - 0.1).down
    assert play.after(0.1).down == [STOP_77]
    play, _ = answer_lost()
    play.given(accepted(V16), *[csms(STOP_77)] * MAX_HELD)
    assert play.when(csms(call("more", "Reset", '{"type":"Soft"}'))).down == [STOP_77]


def test_16_what_waits_for_a_number_keeps_its_order_and_dies_with_the_connection_that_asked_10_7():
    play, local = answer_lost()
    play.given(accepted(V16), csms(STOP_77))
    assert not play.when(csms(call("r", "Reset", '{"type":"Soft"}'))).down
    play.when(csms(result("1", NUMBERED_77)))
    assert play.down == [STOP_77.replace("77", str(local))]
    assert "Reset" in play.when(station(result("s"))).down[0]
    play, _ = answer_lost()
    play.given(accepted(V16), csms(STOP_77), csms_lost())
    assert not play.after(REDIAL_S).down
    assert not play.when(accepted(V16), csms(result("1", NUMBERED_77))).down


def test_p6_what_a_stranger_says_of_connectors_before_its_csms_refuses_it_counts_for_nothing():
    play = Cupboard(policy={"handshake": "early"})
    known = Known(accepted=True, subprotocol=V201)
    status = '{{"timestamp":"2026-11-22T12:00:00Z","connectorStatus":"{}","evseId":1,"connectorId":1}}'
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=known))
    play.given(station(call("b", "BootNotification", BOOT)))
    play.given(station(call("n", "StatusNotification", status.format("A"))))
    play.given(accepted(V201), csms(result("b", BOOTED)), csms(result("n")))
    play.given(StationArrived(link=L2, identity="CS-17", offer=(V201,), known=known))
    play.given(station(call("x", "StatusNotification", status.format("Faulted")), L2))
    play.given(UpstreamRefused(link=L2, status=401), station_lost(link=L2), csms_lost())
    play.later(100.0)
    (said,) = drained(back(play))
    assert said[3]["connectorStatus"] == "A", "what the station itself said while it waited counts"


@pytest.mark.parametrize("boot", ["null", "[]", "7"])
def test_p6_a_boot_that_is_no_object_is_never_repeated(boot: str):
    play = met(boot_again=True).given(station(call("b2", "BootNotification", boot)), csms(result("b2", BOOTED)))
    play.given(csms_lost(), station(call("e", "TransactionEvent", event("t", 0, "Started"))))
    assert msgspec.json.decode(back(play).up[0])[3] == msgspec.json.decode(BOOT)


@pytest.mark.parametrize("interval", [-1, 10**19])
def test_p6_an_interval_beyond_reason_was_not_said(interval: int):
    play = met().given(station(call("b2", "BootNotification", BOOT)))
    play.when(csms(result("b2", BOOTED.replace("600", str(interval)))))
    assert play.notes[-1].heartbeat_s == 600


def test_3_12_a_signed_boot_registers_a_station_as_well_and_is_never_repeated_in_its_name():
    play = Cupboard(boot_again=True)
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=Known()), accepted(V201))
    boot, booted = (json.dumps(signed(json.loads(text))) for text in (BOOT, BOOTED))
    play.when(station(call("b", "BootNotification-Signed", boot)), csms(result("b", booted)))
    assert (play.notes[-1].accepted, play.notes[-1].boot, play.notes[-1].heartbeat_s) == (True, "", 600)
    play.when(csms_lost()).when(station(call("1", "TransactionEvent", event("t", 0))))
    assert [msgspec.json.decode(text)[1] for text in back(play).up] == ["1"]
    play = away().when(station(call("c", "BootNotification-Signed", boot)))
    back(play).answer(json.dumps(signed({"status": "Rejected"})))
    assert play.fact(LinkLost).cause == "csms_refused"


def test_10_7_a_number_that_the_csms_gives_anew_means_the_new_transaction_also_after_a_restart():
    play = away(V16).when(station(call("1", "StartTransaction", start_16())))
    play.when(station(call("2", "StopTransaction", stop_16(2_000_000_001))))
    back(play, V16).answer('{"transactionId":1,"idTagInfo":{"status":"Accepted"}}').answer()
    play.when(station(call("3", "StartTransaction", start_16(meter=9))))
    stop = call("4", "RemoteStopTransaction", '{"transactionId":1}')
    assert "2000000001" in play.when(csms(stop)).down[0], "it may still ask for what is over"
    play.when(station(result("4"))).when(csms(result("3", '{"transactionId":1,"idTagInfo":{"status":"Accepted"}}')))
    assert play.when(csms(stop)).down == [stop]
    aliases = tuple(note.alias for note in play.notes if note.alias is not None)
    assert aliases == (Alias(local=2_000_000_001, real=1, passed_on=True),)
    assert met(V16, Known(accepted=True, aliases=aliases)).when(csms(stop)).down == [stop]


def test_a_station_may_come_while_its_csms_is_away_if_the_box_knows_it():
    known = Known(accepted=True, subprotocol=V201, trusted=True, boot=BOOT)
    play = Cupboard(known)
    play.router.common.clock.set(unix_offset_s=1_790_000_000, synchronised=True)
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=known))
    play.when(UpstreamFailed(link=L1, reason="no route"))
    assert play.fact(OutageBegan).carried
    play.when(station(call("b", "BootNotification", BOOT)))
    assert '"status":"Accepted"' in play.down[0]


@pytest.mark.parametrize("known", [Known(accepted=True, subprotocol=V201), Known(trusted=True, subprotocol=V201)])
def test_a_stranger_or_one_never_accepted_hears_503(known: Known):
    play = Cupboard(known)
    play.router.common.clock.set(unix_offset_s=1_790_000_000, synchronised=True)
    play.given(StationArrived(link=L1, identity="CS-17", offer=(V201,), known=known))
    play.when(UpstreamFailed(link=L1, reason="no route"))
    assert [command.status for command in play.commands if hasattr(command, "status")] == [503]


def test_a_moment_of_grace_goes_by_unnoticed():
    play = met(mode="close", grace_s=10.0)
    play.when(csms_lost())
    assert not play.fact(OutageBegan).carried
    play.when(station(call("1", "Heartbeat")))
    assert not play.down
    back(play)
    assert play.up == [call("1", "Heartbeat")]


def test_after_the_grace_the_policy_rules():
    play = met(mode="close", grace_s=10.0).given(csms_lost())
    play.after(10.0)
    assert play.fact(LinkLost).cause == "csms_closed"
    play = met(grace_s=10.0).given(csms_lost()).given(station(call("1", "Heartbeat")))
    play.after(10.0)
    assert play.down[0].startswith('[3,"1",{"currentTime"')


def test_time_is_told_from_the_csmss_own_clock_for_a_day():
    play = away().later(80_000.0)
    play.when(station(call("1", "Heartbeat")))
    assert play.down
    play.later(10_000.0).when(station(call("2", "Heartbeat")))
    assert not play.down
    assert play.fact(LinkLost).cause == "csms_closed"
    assert play.router.common.clock.trusted("main", Instant(play.now)) is False


def test_a_live_boot_is_the_csmss_to_judge_and_spares_it_the_kept_one():
    play = away().when(station(call("1", "TransactionEvent", event("t", 0, "Started"))))
    play.when(station(call("b2", "BootNotification", BOOT)))
    back(play)
    play.when(station(call("b3", "BootNotification", BOOT))).when(csms(result("1")))
    assert msgspec.json.decode(play.up[0])[1] == "b3"
    play.when(csms(result("b3", BOOTED)))
    assert play.up == []
    assert play.fact(BacklogDone)
    assert play.rows == []


def test_nothing_kept_goes_up_while_the_csms_holds_the_station_pending_b02():
    play = away().when(station(call("1", "TransactionEvent", event("t", 0, "Started"))))
    play.after(REDIAL_S)
    play.when(accepted(V201))
    play.when(station(call("b", "BootNotification", BOOT))).when(csms(error("1")))
    play.when(csms(result("b", BOOTED.replace("Accepted", "Pending"))))
    assert play.after(200.0).up == []


def test_p4_what_could_not_be_stored_is_kept_when_the_station_says_it_again():
    play = away()
    play.full = True
    play.when(station(call("1", "TransactionEvent", event("t", 0, "Started"))))
    assert play.fact(LinkLost).cause == "journal"
    known = Known(accepted=True, subprotocol=V201, trusted=True)
    play.full = False
    play.when(StationArrived(link=L2, identity="CS-17", offer=(V201,), known=known))
    play.after(REDIAL_S, L2).when(UpstreamFailed(link=L2, reason="no route"))
    play.when(station(call("1", "TransactionEvent", event("t", 0, "Started")), L2))
    assert [item.transaction for item in play.kept] == ["t"]


@pytest.mark.parametrize("redialling", [False, True])
def test_a_station_that_comes_again_is_dialled_for_once(redialling: bool):
    play = away()
    if redialling:
        play.after(REDIAL_S)
    known = Known(accepted=True, subprotocol=V201, trusted=True)
    play.later(REDIAL_S).when(StationArrived(link=L2, identity="CS-17", offer=(V201,), known=known))
    closed, dialled = ([type(one) for one in play.commands].index(kind) for kind in (Close, Dial))
    assert closed < dialled
    assert play.fact(LinkLost).cause == "replaced"
    assert play.after(REDIAL_S, L1).commands == []


def test_a_stranger_that_comes_does_not_end_the_link_of_a_station_that_is_stood_in_for():
    play = away().later(REDIAL_S)
    play.when(StationArrived(link=L2, identity="CS-17", offer=(V201,), known=Known(accepted=True, subprotocol=V201)))
    assert not any(isinstance(one, Close) for one in play.commands)


def test_a_dead_letter_that_an_operator_puts_back_is_sent_again():
    play = met()
    item = Item(kind=Kind.TRANSACTION, action="TransactionEvent", message_id="old", payload=event("t", 0, "Started"))
    play.rows = [Row(number=1, item=item)]
    play.when(BacklogFound(link=L1))
    assert msgspec.json.decode(play.up[0])[1] == "old"
    assert play.when(BacklogFound(link=L1)).commands == []
    play.when(csms(result("old")))
    assert play.fact(BacklogDone)


def test_16_a_begin_that_is_said_again_gets_its_number_again_whoever_is_there_10_7():
    play = away(V16).when(station(call("1", "StartTransaction", start_16())))
    local = msgspec.json.decode(play.down[0])[2]["transactionId"]
    back(play, V16)
    play.answer('{"transactionId":3,"idTagInfo":{"status":"Accepted"}}')
    play.when(station(call("2", "StartTransaction", start_16())))
    assert play.up == []
    assert msgspec.json.decode(play.down[0])[2]["transactionId"] == local
    play.when(csms(call("s", "RemoteStopTransaction", '{"transactionId":3}')))
    assert play.down == [call("s", "RemoteStopTransaction", f'{{"transactionId":{local}}}')]


def test_16_also_a_box_that_was_restarted_gives_a_repeated_begin_its_number_again_10_7():
    kept = away(V16).when(station(call("1", "StartTransaction", start_16()))).kept[0]
    begun = Alias(local=kept.invented, real=3, begin=kept.begin)
    play = met(V16, Known(accepted=True, aliases=(begun,)))
    play.when(station(call("9", "StartTransaction", start_16())))
    assert play.up == []
    assert msgspec.json.decode(play.down[0])[2]["transactionId"] == begun.local
    play.when(station(call("10", "StartTransaction", start_16(tag="OTHER"))))
    assert len(play.up) == 1, "another one is the CSMS's to number"
