"""Reading envelopes: exact where the peer is, forgiving where it is not, never raising anything but a PeerFault."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.errors import OurBug, PeerFault
from routing.frames import (
    CALL,
    ERROR,
    RESULT,
    RESULT_ERROR,
    SEND,
    Frame,
    call_text,
    error_code,
    error_text,
    read,
    result_text,
)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('[2,"a","Heartbeat",{}]', Frame(CALL, "a", "Heartbeat", b"{}")),
        ('[3,"a",{"x": 6.0}]', Frame(RESULT, "a", "", b'{"x": 6.0}')),
        ('[4,"a","GenericError","",{}]', Frame(ERROR, "a", "GenericError", b'[4,"a","GenericError","",{}]')),
        (
            '[5,"a","FormatViolation","",{}]',
            Frame(RESULT_ERROR, "a", "FormatViolation", b'[5,"a","FormatViolation","",{}]'),
        ),
        ('[6,"a","NotifyPeriodicEventStream",{}]', Frame(SEND, "a", "NotifyPeriodicEventStream", b"{}")),
        (' [ 2 , "a" , "Heartbeat" , {} ] ', Frame(CALL, "a", "Heartbeat", b"{}")),
        ('[2,"\\u0041","Heartbeat",{}]', Frame(CALL, "A", "Heartbeat", b"{}")),
        ('[2,"a","Boot",{"v":1,"v":2}]', Frame(CALL, "a", "Boot", b'{"v":1,"v":2}')),
    ],
)
def test_p4_4_2_all_five_message_types_are_read(text, frame):
    assert read(text) == frame


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('[2,"a","GetConfiguration",{"configurationKey":]}]', Frame(CALL, "a", "GetConfiguration", b"")),
        ('[2,"a","Heartbeat"]', Frame(CALL, "a", "Heartbeat", b"")),
        ('[2,"a"]', Frame(CALL, "a", "", b"")),
        ('[2,"a",7,{}]', Frame(CALL, "a", "", b"")),
        ('[2,"a","Heartbeat",{},{}]', Frame(CALL, "a", "Heartbeat", b"{}")),
        ('[2,"a","MeterValues",{"v":NaN}]', Frame(CALL, "a", "MeterValues", b"")),
        ('[3,"a"]', Frame(RESULT, "a", "", b"")),
        ('[3,"a",null]', Frame(RESULT, "a", "", b"null")),
        ('[4,"a","NotSupported"]', Frame(ERROR, "a", "NotSupported", b'[4,"a","NotSupported"]')),
        ('[4,"a"]', Frame(ERROR, "a", "", b"")),
        ('[2,1000001,"Heartbeat",{}]', Frame(CALL, "1000001", "Heartbeat", b"")),
        ('\ufeff[2,"a","Heartbeat",{}]', Frame(CALL, "a", "Heartbeat", b"")),
        ('[2,"a\\ud800","Heartbeat",{}]', Frame(CALL, "a\\ud800", "Heartbeat", b"")),
        ('[2,"a\ud800","Heartbeat",{}]', Frame(CALL, "a\\ud800", "Heartbeat", b"")),
        ('[2,"a","X",' + "[" * 200_000, Frame(CALL, "a", "X", b"")),
    ],
)
def test_quirk_17_broken_json_is_routed_when_type_and_id_can_be_read(text, frame):
    assert read(text) == frame


@pytest.mark.parametrize("text", ["[7,1]", '[1,"a"]', "[99]", '[8,"a","b","c","d"]'])
def test_p4_2_4_other_message_types_are_told_by_their_number_alone(text):
    assert read(text).kind not in (CALL, RESULT, ERROR, RESULT_ERROR, SEND)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "{}",
        "[]",
        "2",
        "null",
        '["2","a","X",{}]',
        '[2,null,"X",{}]',
        "[2,{},1]",
        "[" * 200_000,
        '[2.5,"a"]',
        "[-2,1]",
        f'[2,"{"x" * 300}","X",{{}}]',
        f'[2,"{"x" * 300}",',
    ],
)
def test_p4_4_2_3_what_hides_its_type_or_id_is_answered_with_minus_one(text):
    with pytest.raises(PeerFault) as fault:
        read(text)
    assert (fault.value.code, fault.value.call_id) == ("RpcFrameworkError", "-1")


@pytest.mark.parametrize(
    "text", ["[3,{}]", "[3,null,{}]", "[4,[]]", "[5,{}]", '[6,null,"X",{}]', f'[3,"{"x" * 300}",{{}}]']
)
def test_fr07_unreadable_answers_and_sends_are_never_answered(text):
    with pytest.raises(PeerFault) as fault:
        read(text)
    assert fault.value.call_id is None


def test_p4_4_1_4_ids_up_to_255_characters_are_routed():
    assert read(f'[2,"{"x" * 255}","X",{{}}]').message_id == "x" * 255


@given(st.text(max_size=60) | st.recursive(st.integers() | st.text(), st.lists).map(json.dumps))
def test_p6_no_text_raises_anything_but_a_peer_fault(text):
    with suppress(PeerFault):
        assert isinstance(read(text), Frame)


@given(st.text(max_size=40), st.text(max_size=20), st.dictionaries(st.text(), st.integers()))
def test_2_1_1_what_json_can_say_is_read_exactly(message_id, action, payload):
    text = json.dumps([2, message_id, action, payload])
    frame = read(text)
    if "\\ud" not in text:
        assert (frame.message_id, frame.word, json.loads(frame.payload)) == (message_id, action, payload)


def test_10_3_errors_speak_the_language_of_the_version():
    assert error_code("RpcFrameworkError", "ocpp2.0.1") == "RpcFrameworkError"
    assert error_code("RpcFrameworkError", "ocpp2.1") == "RpcFrameworkError"
    assert error_code("RpcFrameworkError", "ocpp1.6") == "FormationViolation"
    assert error_code("GenericError", "ocpp1.6") == "GenericError"


def test_texts_of_the_box_are_valid_frames_whatever_the_id():
    nasty = 'a"\\\n'
    assert json.loads(result_text(nasty)) == [3, nasty, {}]
    assert json.loads(error_text("-1", "RpcFrameworkError", 'say "x"')) == [4, "-1", "RpcFrameworkError", 'say "x"', {}]
    assert call_text("id", "Reset", '{"type":"Soft"}') == '[2,"id","Reset",{"type":"Soft"}]'


@pytest.mark.parametrize("payload", ["", "[]", "{", "null", '{"a":NaN}', "[" * 100_000])
def test_an_own_call_with_a_bad_payload_is_our_bug(payload):
    with pytest.raises(OurBug, match="Reset"):
        call_text("id", "Reset", payload)
