"""The conversation on an open link, told as scripts of frames (P1)."""

import json

import pytest

from routing import (
    CallAnswered,
    CallExpired,
    CallSeen,
    FollowUp,
    FollowUpArrived,
    FrameDropped,
    Leg,
    LinkLost,
    OurBug,
    OwnCallEnded,
    Pause,
    Priority,
    Registration,
    Resume,
    Send,
    StationBooted,
)
from routing.correlation import MAX_OWN_WAITING
from routing.followups import MAX_EXPECTED
from tests.routing.playbook import (
    L1,
    V16,
    V21,
    V201,
    Play,
    accepted,
    arrived,
    call,
    close_csms,
    close_station,
    csms,
    error,
    opened,
    own,
    result,
    result_error,
    send,
    station,
    to_csms,
    to_station,
)

PASSED_ON = [
    '[2, "a" , "BootNotification", {"reason":"PowerUp","chargingStation":{"model":"x","vendorName":"y"}} ]',
    '[2,"a","VendorSpecific",{"customData":{"vendorId":"v","n":6.0}}]',
    '[2,"a","NotifyReport-Signed",{"payload":"e30","signature":"x"}]',
    '[2,"a","MeterValues",{"value":" 1.50","unit":"\\nV","big":123456789012345678901234567890}]',
    '[2,"a","MeterValues",{"value":NaN}]',
    '[2,"a","GetConfiguration",{"configurationKey":]}]',
    '[2,"a","Heartbeat"]',
    '[2,"äöü 漢字","DataTransfer",{"data":"\\ud83d\\ude00"}]',
    '[2,"a","X",' + "[" * 5000 + "]" * 5000 + "]",
]


@pytest.mark.parametrize("text", PASSED_ON)
def test_p1_a_calls_text_goes_on_as_received_both_ways(text):
    opened().when(station(text)).then(to_csms(text))
    opened().when(csms(text)).then(to_station(text))


def test_p1_the_very_same_text_is_sent_not_a_copy():
    text = call("1", "DataTransfer")
    play = opened().when(station(text))
    assert play.commands[0].text is text


@pytest.mark.parametrize(
    "answer",
    [result("1", '{"a": 6.0}'), result("1", "null"), '[3,"1"]', '[3,"1",{]', error("1"), '[4,"1","NotSupported"]'],
)
def test_quirk_17_any_readable_answer_goes_back_as_received(answer):
    opened().given(station(call("1"))).when(csms(answer)).then(to_station(answer))


def test_a_call_and_its_answer_are_observed_with_their_payloads():
    play = (
        opened()
        .when(station(call("1", "Authorize", '{"idToken":1}')))
        .noticed(
            CallSeen(identity="CS-17", leg=Leg.STATION, action="Authorize", message_id="1", payload=b'{"idToken":1}')
        )
    )
    play.later(0.25).when(csms(result("1", '{"x":2}'))).noticed(
        CallAnswered(
            identity="CS-17",
            leg=Leg.STATION,
            action="Authorize",
            message_id="1",
            request=b'{"idToken":1}',
            answer=b'{"x":2}',
            verdict="result",
            latency_s=0.25,
        )
    )


def test_an_error_is_observed_with_its_code_and_teaches_nothing():
    play = opened().given(station(call("1", "BootNotification"))).when(csms(error("1", "NotImplemented")))
    answered = play.fact(CallAnswered)
    assert (answered.verdict, answered.error_code, answered.answer) == (
        "error",
        "NotImplemented",
        error("1", "NotImplemented").encode(),
    )
    assert len(play.facts) == 1


def test_fr01_pipelined_calls_go_up_one_by_one_in_order():
    (
        opened()
        .when(station(call("1")), station(call("2")), station(call("3")))
        .then(to_csms(call("1")))
        .when(csms(result("1")))
        .then(to_station(result("1")), to_csms(call("2")))
        .when(csms(result("2")))
        .then(to_station(result("2")), to_csms(call("3")))
    )


def test_2_3_1_crossing_calls_with_one_id_do_not_disturb_each_other():
    (
        opened()
        .when(station(call("1", "Heartbeat")), csms(call("1", "Reset")))
        .then(to_csms(call("1", "Heartbeat")), to_station(call("1", "Reset")))
        .when(station(result("1", '{"status":"Accepted"}')))
        .then(to_csms(result("1", '{"status":"Accepted"}')))
        .when(csms(result("1")))
        .then(to_station(result("1")))
    )


def test_2_3_4_a_call_without_answer_frees_its_slot_for_the_next():
    play = opened(call_timeout_s=30.0).when(station(call("1")), station(call("2"))).alarm(30.0)
    play.after(30).then(to_csms(call("2"))).alarm(30.0).noticed(
        CallExpired(identity="CS-17", to=Leg.CSMS, action="Heartbeat", message_id="1", own=False)
    )


def test_2_3_4e_a_late_answer_goes_back_once_and_is_told_late():
    play = opened().given(station(call("1")), station(call("2"))).after(30)
    play.when(csms(result("1"))).then(to_station(result("1")))
    assert play.fact(CallAnswered).verdict == "late"
    play.when(csms(result("1"))).then().noticed(
        FrameDropped(identity="CS-17", leg=Leg.CSMS, cause="duplicate_answer", reason="second answer to one CALL")
    )
    play.when(csms(result("2"))).then(to_station(result("2")))


def test_quirks_6_5_an_answer_to_no_call_is_not_passed_on():
    play = opened().given(station(call("1"))).when(csms(result("nobody"))).then()
    assert play.fact(FrameDropped).cause == "unknown_answer"
    play.when(csms(result("1"))).then(to_station(result("1")))


def test_one_alarm_is_armed_not_one_per_call():
    play = opened().when(station(call("1"))).alarm(30.0)
    for number in range(5):
        play.later(1).when(csms(result(str(number + 1))), station(call(str(number + 2)))).alarm()
    play.after(25).alarm(5.0)


def test_waking_early_or_twice_does_no_harm():
    play = opened().given(station(call("1")))
    play.after(10).then().alarm().after(0).then().alarm()
    play.after(20).no_fact(FrameDropped).alarm()
    assert play.fact(CallExpired).message_id == "1"
    play.after(0).then().noticed()


@pytest.mark.parametrize("babble", ["", "hello", "{}", "[2,null]", "[" * 5000])
@pytest.mark.parametrize(
    ("version", "code"), [(V16, "FormationViolation"), (V201, "RpcFrameworkError"), ("", "FormationViolation")]
)
def test_2_4_what_cannot_be_routed_is_answered_with_minus_one_in_the_words_of_the_version(babble, version, code):
    answer = f'[4,"-1","{code}","message type or id is not readable",{{}}]'
    play = opened(version) if version else opened_without_version()
    play.when(station(babble)).then(to_station(answer))
    assert play.fact(FrameDropped).cause == "unreadable"
    play.when(csms(babble)).then(to_csms(answer))


def opened_without_version() -> Play:
    return Play().given(arrived(offer=()), accepted(None))


@pytest.mark.parametrize("babble", ["[3,{}]", "[4]", '[6,null,"X",{}]'])
def test_2_4_unreadable_answers_are_dropped_without_a_word(babble):
    assert opened(V21).when(station(babble)).then().fact(FrameDropped).cause == "unreadable"


def test_a_callerror_to_minus_one_does_not_start_a_quarrel():
    assert (
        opened().when(station('[4,"-1","FormatViolation","",{}]')).then().fact(FrameDropped).cause == "unknown_answer"
    )


BROKEN = '[2,"1","Heartbeat",{]'
LONG_ID = call("7" * 37)
COMPLAINT = '[4,"-1","RpcFrameworkError","",{}]'


@pytest.mark.parametrize("text", [BROKEN, LONG_ID, '[2,12,"Heartbeat",{}]', '[2,"1","Heartbeat"]'])
def test_2_4_a_complaint_about_a_call_that_could_not_be_read_goes_back_and_frees_the_slot(text):
    play = opened().given(station(text), station(call("2")))
    play.when(csms(COMPLAINT)).then(to_station(COMPLAINT), to_csms(call("2")))
    answered = play.fact(CallAnswered)
    assert (answered.verdict, answered.error_code) == ("error", "RpcFrameworkError")
    play.when(csms(COMPLAINT)).then().no_fact(CallAnswered)


def test_2_4_the_stations_complaint_about_a_broken_call_reaches_the_csms_too():
    opened().given(csms(BROKEN)).when(station(COMPLAINT)).then(to_csms(COMPLAINT))


def test_2_4_a_complaint_while_a_good_call_is_out_may_be_about_anything_and_ends_nothing():
    play = opened().given(station(call("1")))
    play.when(csms(COMPLAINT)).then().no_fact(CallAnswered)
    play.when(csms(result("1"))).then(to_station(result("1")))


def test_p4_6_4_a_complaint_about_an_own_call_never_reaches_the_csms():
    play = opened().given(own())
    assert play.when(station(COMPLAINT)).then().fact(FrameDropped).cause == "unknown_answer"


@pytest.mark.parametrize("version", [V16, V201])
@pytest.mark.parametrize("text", ["[7,1]", '[1,"a"]', send("1"), result_error("1")])
def test_2_4_message_types_the_version_does_not_know_are_ignored(version, text):
    assert opened(version).when(station(text)).then().fact(FrameDropped).cause == "unknown_type"


def test_fr07_sends_pass_both_ways_without_slot_but_in_their_place():
    (
        opened(V21)
        .when(station(send("s0")), station(call("1")), station(send("s1")), station(call("2")), station(send("s2")))
        .then(to_csms(send("s0")), to_csms(call("1")), to_csms(send("s1")))
        .when(csms(result("1")))
        .then(to_station(result("1")), to_csms(call("2")), to_csms(send("s2")))
        .when(csms(send("s3")))
        .then(to_station(send("s3")))
    )


def test_fr06_a_callresulterror_goes_to_whoever_gave_the_answer():
    play = opened(V21).given(station(call("1")), csms(result("1")))
    play.when(station(result_error("1"))).then(to_csms(result_error("1")))
    assert play.when(station(result_error("1"))).then().fact(FrameDropped).cause == "duplicate_answer"
    assert play.when(station(result_error("9"))).then().fact(FrameDropped).cause == "unknown_answer"
    assert play.when(csms(result_error("1"))).then().fact(FrameDropped).cause == "unknown_answer"


def test_p4_6_4_an_own_call_and_its_answer_stay_between_box_and_station():
    play = opened().when(own(token=7, action="Reset", payload='{"type":"Immediate"}'))
    message_id = play.own_id()
    play.then(to_station(call(message_id, "Reset", '{"type":"Immediate"}'))).alarm(15.0)
    play.when(station(result(message_id, '{"status":"Accepted"}'))).then().noticed(
        OwnCallEnded(identity="CS-17", token=7, action="Reset", verdict="result", answer=b'{"status":"Accepted"}')
    )


def test_p4_6_4_an_error_to_an_own_call_stays_here_too():
    play = opened().when(own(action="Reset"))
    text = error(play.own_id(), "SecurityError")
    play.when(station(text)).then().noticed(
        OwnCallEnded(
            identity="CS-17", token=7, action="Reset", verdict="error", answer=text.encode(), error_code="SecurityError"
        )
    )


def test_3_8_a_late_answer_to_an_own_call_is_told_to_the_asker_and_nobody_else():
    play = opened().when(own())
    message_id = play.own_id()
    play.after(15).then().noticed(
        CallExpired(identity="CS-17", to=Leg.STATION, action="GetChargingProfiles", message_id=message_id, own=True),
        OwnCallEnded(identity="CS-17", token=7, action="GetChargingProfiles", verdict="expired"),
    )
    late = play.when(station(result(message_id))).then().fact(OwnCallEnded)
    assert (late.verdict, late.late) == ("result", True)
    assert play.when(station(result(message_id))).then().fact(FrameDropped).cause == "own_answer"


def test_3_8_an_own_answer_years_late_and_after_a_restart_never_reaches_the_csms():
    message_id = opened().when(own()).own_id()
    assert opened().when(station(result(message_id))).then().fact(FrameDropped).cause == "own_answer"
    assert opened().when(station(error(message_id))).then().fact(FrameDropped).cause == "own_answer"


def test_a_station_that_calls_with_an_own_id_confuses_nothing():
    play = opened().when(own())
    message_id = play.own_id()
    play.when(station(call(message_id))).then(to_csms(call(message_id)))
    play.when(csms(result(message_id))).then(to_station(result(message_id)))
    play.when(station(result(message_id))).then().fact(OwnCallEnded)


def test_2_3_4a_own_and_relayed_calls_share_the_stations_slot():
    play = opened().when(own(), csms(call("1", "Reset")))
    message_id = play.own_id()
    play.then(to_station(call(message_id, "GetChargingProfiles")))
    play.when(station(result(message_id))).then(to_station(call("1", "Reset")))


def test_2_3_4b_safety_goes_first_then_the_csms_then_routine():
    play = opened().given(csms(call("1", "Reset")), csms(call("2", "Reset")))
    play.when(own(token=1, action="A"), own(token=2, action="B", priority=Priority.SAFETY)).then()
    play.when(station(result("1")))
    safety = play.commands[-1].text
    assert '"B"' in safety
    play.when(station(result(json.loads(safety)[1]))).then(to_station(call("2", "Reset")))
    play.when(station(result("2")))
    assert '"A"' in play.commands[-1].text


@pytest.mark.parametrize("status", ["Pending", "Rejected"])
def test_7_1_7_own_calls_wait_until_the_station_is_accepted(status):
    play = opened().given(station(call("1", "BootNotification")))
    play.when(csms(result("1", f'{{"status":"{status}","interval":10}}')))
    assert play.fact(StationBooted).registration is Registration(status)
    play.when(own(priority=Priority.SAFETY)).then().alarm(15.0)
    play.when(csms(call("t", "TriggerMessage"))).then(to_station(call("t", "TriggerMessage")))
    play.given(station(result("t")), station(call("2", "BootNotification")))
    boot_answer = result("2", '{"status":"Accepted","interval":10}')
    play.when(csms(boot_answer))
    texts = [command.text for command in play.commands if isinstance(command, Send) and command.leg is Leg.STATION]
    assert texts[0] == boot_answer
    assert '"GetChargingProfiles"' in texts[1]


def test_7_1_7_an_own_call_does_not_wait_for_ever():
    play = opened().given(station(call("1", "BootNotification")), csms(result("1", '{"status":"Pending"}')))
    play.when(own(timeout_s=8.0))
    play.after(8).then().noticed(
        OwnCallEnded(identity="CS-17", token=7, action="GetChargingProfiles", verdict="dropped")
    )


def test_p6_own_calls_that_wait_are_bounded():
    play = opened().given(csms(call("1")))
    play.given(*(own(token=n) for n in range(MAX_OWN_WAITING)))
    play.when(own(token=99)).then().noticed(
        OwnCallEnded(identity="CS-17", token=99, action="GetChargingProfiles", verdict="dropped")
    )


def test_p6_follow_ups_that_are_due_are_bounded():
    play = opened()
    for token in range(MAX_EXPECTED):
        asked = own(token=token, follow_up=FollowUp(action="NotifyReport", request_id=token))
        play.given(station(result(play.when(asked).own_id())))
    play.when(own(token=99, follow_up=FollowUp(action="NotifyReport", request_id=99))).then()
    assert play.fact(OwnCallEnded).verdict == "dropped"
    play.later(60).when(own(token=100, follow_up=FollowUp(action="NotifyReport"))).own_id()


def test_an_own_call_with_a_broken_payload_is_our_bug():
    with pytest.raises(OurBug):
        opened().when(own(payload="{"))


FOLLOW_UP = FollowUp(action="ReportChargingProfiles", request_id=5)
REPORT = call("r", "ReportChargingProfiles", '{"requestId":5,"tbc":false}')


@pytest.mark.parametrize("early", [True, False])
def test_3_9_a_report_the_box_asked_for_is_answered_here_also_before_the_reply(early):
    play = opened().when(own(follow_up=FOLLOW_UP))
    message_id = play.own_id()
    if not early:
        play.given(station(result(message_id, '{"status":"Accepted"}')))
    play.when(station(REPORT)).then(to_station(result("r"))).noticed(
        FollowUpArrived(
            identity="CS-17",
            token=7,
            action="ReportChargingProfiles",
            payload=b'{"requestId":5,"tbc":false}',
        )
    )
    play.when(station(REPORT)).then(to_csms(REPORT))


@pytest.mark.parametrize("refusal", ['{"status":"NoProfiles"}', None])
def test_3_9_after_a_refusal_the_report_is_the_csmss(refusal):
    play = opened().when(own(follow_up=FOLLOW_UP))
    message_id = play.own_id()
    play.given(station(error(message_id) if refusal is None else result(message_id, refusal)))
    play.when(station(REPORT)).then(to_csms(REPORT))


PULL = call("p", "PullDynamicScheduleUpdate", '{"chargingProfileId":2000000000}')
THEIRS = call("q", "PullDynamicScheduleUpdate", '{"chargingProfileId":7}')


def about_the_box(_action, payload):
    return '{"status":"Rejected"}' if b"2000000000" in payload else None


def pulled(version=V21):
    return opened(version, own_answer=about_the_box)


def test_6_4_a_request_about_what_the_box_put_there_is_answered_here_and_nobody_elses():
    play = pulled().when(station(PULL)).then(to_station(result("p", '{"status":"Rejected"}')))
    answered = play.fact(CallAnswered)
    assert (answered.verdict, answered.leg, answered.request) == (
        "carried",
        Leg.STATION,
        b'{"chargingProfileId":2000000000}',
    )
    play.when(station(THEIRS)).then(to_csms(THEIRS))


def test_6_4_it_waits_for_nothing_that_is_under_way_and_holds_nothing_up():
    play = pulled().when(station(THEIRS)).then(to_csms(THEIRS))
    play.when(station(PULL)).then(to_station(result("p", '{"status":"Rejected"}')))
    play.when(csms(result("q"))).then(to_station(result("q")))


def test_6_4_the_same_words_of_the_csms_go_to_the_station():
    pulled().when(csms(PULL)).then(to_station(PULL))


def test_fr06_a_complaint_about_such_an_answer_stays_here_too():
    play = pulled().given(station(PULL)).when(station(result_error("p"))).then()
    assert play.fact(FrameDropped).cause == "own_answer"


def test_3_9_the_csms_never_sends_follow_ups():
    play = opened().given(own(follow_up=FOLLOW_UP), station(REPORT.replace("5", "6")))
    assert play.when(csms(REPORT)).no_fact(FollowUpArrived)


def test_3_9_a_follow_up_is_due_from_the_sending_on_not_from_the_asking():
    play = opened().given(csms(call("1")), own(follow_up=FOLLOW_UP))
    play.when(station(REPORT)).then(to_csms(REPORT))


def test_fr06_a_complaint_about_the_boxs_own_answer_stays_here():
    play = opened(V21).given(own(follow_up=FOLLOW_UP), station(REPORT))
    assert play.when(station(result_error("r"))).then().fact(FrameDropped).cause == "own_answer"


def test_p6_a_peer_whose_calls_pile_up_is_paused_and_read_again_at_half():
    play = opened(max_waiting=4).given(*(station(call(str(n))) for n in range(5)))
    play.when(station(call("5"))).then(Pause(link=L1, leg=Leg.STATION))
    play.when(station(call("6"))).then()
    for n in range(3):
        play.when(csms(result(str(n)))).then(to_station(result(str(n))), to_csms(call(str(n + 1))))
    play.when(csms(result("3"))).then(to_station(result("3")), to_csms(call("4")), Resume(link=L1, leg=Leg.STATION))


def test_p6_characters_count_as_well():
    big = call("2", "DataTransfer", f'"{"x" * 600}"')
    play = opened(max_waiting_chars=1000).given(station(call("1")), station(big))
    play.when(station(big)).then(Pause(link=L1, leg=Leg.STATION))


def test_a_time_out_also_makes_room():
    play = opened(max_waiting=1).given(*(station(call(str(n))) for n in range(3)))
    play.after(30).then(to_csms(call("1"))).after(30).then(to_csms(call("2")), Resume(link=L1, leg=Leg.STATION))


def test_only_one_leg_is_paused_because_each_brings_the_others_answers():
    play = opened(max_waiting=1).given(*(station(call(str(n))) for n in range(3)))
    play.when(*(csms(call(str(n))) for n in range(4))).then(to_station(call("0")))
    play.given(csms(result("0"))).when(csms(result("1"))).then(
        to_station(result("1")),
        to_csms(call("2")),
        Resume(link=L1, leg=Leg.STATION),
        Pause(link=L1, leg=Leg.CSMS),
    )


def test_p6_a_peer_that_floods_in_spite_of_the_pause_is_let_go_with_try_again_later():
    play = opened(max_waiting=2).given(*(station(call(str(n))) for n in range(69)))
    play.when(station(call("69"))).then(
        close_csms(1013, "too many frames wait"), close_station(1013, "too many frames wait")
    )
    assert play.fact(FrameDropped).cause == "too_many"
    assert play.fact(LinkLost).cause == "overrun"


def test_quirk_9_a_station_that_answers_nothing_is_recycled():
    play = opened(max_call_timeouts=2).given(csms(call("1"))).after(30).then().when(own()).after(15)
    play.then(close_csms(1001), close_station(1001, style="drop"))
    assert play.fact(LinkLost).cause == "half_dead"


@pytest.mark.parametrize("sign_of_life", [result("1"), result("nobody"), error("nobody")])
def test_quirk_9_any_answer_in_between_is_a_sign_of_life(sign_of_life):
    play = opened(max_call_timeouts=2).given(csms(call("1"))).after(30)
    play.given(station(sign_of_life), csms(call("2"))).after(30).then().no_fact(LinkLost)


def test_quirk_9_answers_that_lie_unread_during_a_pause_are_not_missing():
    play = opened(max_call_timeouts=1, max_waiting=1).given(*(station(call(str(n))) for n in range(4)))
    play.given(csms(call("x"))).after(30).no_fact(LinkLost)
    assert [fact.to for fact in play.facts if isinstance(fact, CallExpired)] == [Leg.CSMS, Leg.STATION]


def test_quirk_9_zero_never_recycles():
    play = opened(max_call_timeouts=0)
    for n in range(20):
        play.given(csms(call(str(n)))).after(30).then().no_fact(LinkLost)


def test_the_csmss_silence_does_not_count_against_the_station():
    play = opened(max_call_timeouts=2)
    for n in range(5):
        play.given(station(call(str(n)))).after(30).no_fact(LinkLost)
