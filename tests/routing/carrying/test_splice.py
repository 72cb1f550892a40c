"""One member changes, every other byte stays (3.14)."""

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.carrying import splice
from tests.e2e.payloads import OddWriter

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
NAMES = st.sampled_from(["a", "b", "offline", "transactionId", "é", 'q"\\', ""])
OBJECTS = st.dictionaries(
    NAMES,
    st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
    ),
    max_size=5,
)
SEEDS = st.integers(0, 2**32)
SPECIAL = "MARK"


def spelled(value, seed):
    return OddWriter(random.Random(seed)).text(value)


@given(OBJECTS, NAMES, SEEDS)
def test_a_replaced_member_changes_and_nothing_else(value, name, seed):
    text = spelled(value, seed)
    changed = splice.replace(text, (name,), '"MARK"')
    if name not in value:
        assert changed is None
        return
    assert json.loads(changed) == value | {name: SPECIAL}
    at = changed.index('"MARK"') if '"MARK"' not in text else None
    if at is not None:
        tail = changed[at + len('"MARK"') :]
        assert (text[:at], text[len(text) - len(tail) :]) == (changed[:at], tail)
        assert json.loads(text[at : len(text) - len(tail)]) == value[name]


@given(OBJECTS, OBJECTS, NAMES, NAMES, SEEDS)
def test_a_member_inside_an_object_is_found_by_its_path(outer, inner, name, other, seed):
    text = spelled(outer | {name: inner}, seed)
    found = splice.member(text, (name, other))
    assert (found is None) == (other not in inner)
    assert found is None or json.loads(found) == inner[other]


@given(OBJECTS, NAMES, SEEDS)
def test_an_inserted_member_is_added_and_nothing_else(value, name, seed):
    text = spelled(value, seed)
    changed = splice.insert(text, (), name, '["MARK"]')
    if name in value:
        assert changed is None
        return
    assert json.loads(changed) == value | {name: [SPECIAL]}
    added = f'{"," if value else ""}{json.dumps(name)}:["MARK"]'
    at = changed.rindex(added)
    assert changed[:at] + changed[at + len(added) :] == text


@given(OBJECTS, NAMES, SEEDS)
def test_p6_cut_off_texts_stay_as_they_are(value, name, seed):
    text = spelled(value, seed)
    cut = text[: random.Random(seed).randrange(len(text))]
    try:
        json.loads(cut)
    except json.JSONDecodeError:
        assert splice.replace(cut, (name,), "1") is None
        assert splice.insert(cut, (), name, "1") is None
        assert splice.marked_offline(cut) == cut


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "[1]",
        '"offline"',
        "{} {}",
        '{"a":1,}',
        "{'a':1}",
        '{"a":1 "b":2}',
        '{"a":"\x01"}',
        '{"offline":false,"offline":false}',
        '{"offline":true,"\\u006fffline":false}',
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '{"a":' + "9" * 5_000 + "}",
        '\ufeff{"a":1}',
    ],
    ids=range(15),
)
def test_p6_unclear_texts_stay_as_they_are(text):
    assert splice.marked_offline(text) == text
    assert splice.with_messages_in_queue(text) in (text, splice.insert(text, (), "messagesInQueue", "true"))
    for action in ("StopTransaction", "SetChargingProfile"):
        assert splice.translated_up(action, text, {1: 2}) == text
        assert splice.translated_down(action, text, {1: 2}) == text


def test_p6_nesting_around_the_limit_never_raises():
    for depth in range(800, 1100):
        text = '{"transactionId":' + "[" * depth + "]" * depth + "}"
        assert splice.translated_up("StopTransaction", text, {1: 2}) == text
        assert splice.marked_offline(text) in (text, text[:-1] + ',"offline":true}')


def test_members_with_escapes_in_their_names_are_found():
    assert splice.marked_offline('{"\\u006fffline": false}') == '{"\\u006fffline": true}'


def test_a_member_is_inserted_only_into_an_object_that_lacks_it():
    assert splice.insert('{"a":{ }}', ("a",), "b", "1") == '{"a":{"b":1 }}'
    assert splice.insert('{"a":{"b":null}}', ("a",), "b", "1") is None
    assert splice.insert('{"a":[1]}', ("a",), "b", "1") is None
    assert splice.insert('{"a":1}', ("c",), "b", "1") is None
    assert splice.insert('{"a":1,"b":2,"b":3}', (), "b", "1") is None


@pytest.mark.parametrize(
    ("payload", "marked"),
    [
        ('{"seqNo": 6.0 }', '{"seqNo": 6.0,"offline":true }'),
        ("{ }", '{"offline":true }'),
        ('{"offline" :false,"a":[]}', '{"offline" :true,"a":[]}'),
        ('{"offline":true}', '{"offline":true}'),
        ('{"offline":null}', '{"offline":null}'),
        ('{"a":{"offline":false}}', '{"a":{"offline":false},"offline":true}'),
    ],
)
def test_8_7_c_an_event_says_that_it_happened_offline(payload, marked):
    assert splice.marked_offline(payload) == marked


def test_e14_an_answer_admits_that_messages_wait():
    assert splice.with_messages_in_queue('{"messagesInQueue":false}') == '{"messagesInQueue":true}'
    assert splice.with_messages_in_queue('{"ongoingIndicator":true}').endswith('":true,"messagesInQueue":true}')
    assert splice.with_messages_in_queue('{"messagesInQueue":true}') == '{"messagesInQueue":true}'


@pytest.mark.parametrize("action", ["StopTransaction", "MeterValues"])
@pytest.mark.parametrize("number", ["7", "7.0", "7e0", "0.7e1"])
def test_10_7_the_csms_hears_its_own_number(action, number):
    payload = f'{{"connectorId":7, "transactionId" : {number} ,"meterStop":7}}'
    assert splice.translated_up(action, payload, {7: 812}) == payload.replace(f": {number} ", ": 812 ")


@pytest.mark.parametrize(
    ("action", "payload", "translated"),
    [
        ("RemoteStopTransaction", '{"transactionId":812}', '{"transactionId":7}'),
        (
            "SetChargingProfile",
            '{"connectorId":812,"csChargingProfiles":{"stackLevel":812,"transactionId":812}}',
            '{"connectorId":812,"csChargingProfiles":{"stackLevel":812,"transactionId":7}}',
        ),
        ("SetChargingProfile", '{"connectorId":1,"csChargingProfiles":{"a":1}}', None),
        ("SetChargingProfile", '{"csChargingProfiles":[{"transactionId":812}]}', None),
        ("SetChargingProfile", '{"transactionId":812}', None),
        ("RemoteStopTransaction", '{"transactionId":813}', None),
        ("RemoteStopTransaction", '{"transactionId":"812"}', None),
        ("RemoteStopTransaction", '{"transactionId":812.5}', None),
        ("RemoteStopTransaction", '{"transactionId":null}', None),
        ("RemoteStopTransaction-Signed", '{"transactionId":812}', None),
        ("StopTransaction", '{"transactionId":812}', None),
    ],
)
def test_10_7_the_station_hears_the_number_it_knows(action, payload, translated):
    assert splice.translated_down(action, payload, {812: 7}) == (translated or payload)


def test_10_7_only_messages_of_the_station_are_translated_upwards():
    assert splice.translated_up("RemoteStopTransaction", '{"transactionId":7}', {7: 812}) == '{"transactionId":7}'


def test_a_truth_value_is_no_transaction():
    assert splice.translated_up("StopTransaction", '{"transactionId":true}', {1: 812}) == '{"transactionId":true}'
    assert splice.transaction_number('{"transactionId":true}') is None
    assert splice.transaction_number('{"transactionId":1e400}') is None
    assert splice.transaction_number('{"transactionId":-1}') == -1
    assert splice.transaction_number("{}") is None
