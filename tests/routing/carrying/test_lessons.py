"""What answered exchanges teach about tokens (C10, C11, D01)."""

import json

import pytest

from routing.carrying.lessons import lessons, token_of
from tests.routing.carrying.clerk import signed

RFID = {"idToken": "04A1", "type": "ISO14443"}


def learnt(action, request, answer, *, by_station=True):
    found = lessons(by_station, action, json.dumps(request).encode(), json.dumps(answer).encode())
    return [(one.table, one.change, one.token and json.loads(one.token), one.info) for one in found]


@pytest.mark.parametrize("action", ["Authorize", "TransactionEvent"])
def test_c10_the_csmss_verdict_on_an_idtoken_is_learnt_as_it_was_written(action):
    request, answer = json.dumps({"idToken": RFID}).encode(), b'{"idTokenInfo": {"status" :"Blocked" }}'
    (lesson,) = lessons(True, action, request, answer)
    assert (lesson.table, lesson.change, lesson.info) == ("cache", "set", '{"status" :"Blocked" }')
    assert json.loads(lesson.token) == RFID


@pytest.mark.parametrize("action", ["Authorize", "StartTransaction", "StopTransaction"])
def test_c10_the_csmss_verdict_on_an_idtag_is_learnt(action):
    said = learnt(action, {"idTag": "A"}, {"idTagInfo": {"status": "Invalid"}})
    assert said == [("cache", "set", "A", '{"status": "Invalid"}')]


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        ({"idToken": RFID}, {"idTokenInfo": {"status": "ConcurrentTx"}}),
        ({"idToken": RFID}, {}),
        ({"idToken": RFID}, {"idTokenInfo": None}),
        ({"idToken": RFID}, {"idTokenInfo": {}}),
        ({"idToken": RFID}, {"idTokenInfo": {"status": 1}}),
        ({}, {"idTokenInfo": {"status": "Accepted"}}),
        ([], {"idTokenInfo": {"status": "Accepted"}}),
    ],
)
def test_what_says_nothing_lasting_of_a_token_teaches_nothing(request_, answer):
    assert learnt("TransactionEvent", request_, answer) == []


def test_broken_payloads_teach_nothing():
    assert lessons(True, "Authorize", b"{", b"{}") == []
    assert lessons(False, "SendLocalList", b'{"a":' * 20_000, b'{"status":"Accepted"}') == []


@pytest.mark.parametrize("sign_answer", [True, False])
def test_3_12_signed_exchanges_teach_the_same(sign_answer):
    answer = {"idTokenInfo": {"status": "Accepted"}}
    said = learnt("Authorize-Signed", signed({"idToken": RFID}), signed(answer) if sign_answer else answer)
    assert said == [("cache", "set", RFID, '{"status": "Accepted"}')]


def test_d01_a_differential_list_sets_and_drops():
    entries = [{"idToken": RFID, "idTokenInfo": {"status": "Accepted"}}, {"idToken": RFID}, {}]
    entries += [{"idToken": RFID, "idTokenInfo": {}}]
    update = {"versionNumber": 1, "updateType": "Differential", "localAuthorizationList": entries}
    assert learnt("SendLocalList", update, {"status": "Accepted"}, by_station=False) == [
        ("list", "set", RFID, '{"status": "Accepted"}'),
        ("list", "drop", RFID, ""),
        ("list", "drop", RFID, ""),
    ]


def test_d01_a_full_list_begins_anew():
    update = {"listVersion": 3, "updateType": "Full", "localAuthorizationList": [{"idTag": "A"}]}
    said = learnt("SendLocalList", update, {"status": "Accepted"}, by_station=False)
    assert said == [("list", "clear", b"", ""), ("list", "drop", "A", "")]
    assert learnt("SendLocalList", {"updateType": "Full"}, {"status": "Accepted"}, by_station=False) == said[:1]


@pytest.mark.parametrize("status", ["Failed", "VersionMismatch", "NotSupported", ""])
def test_d01_a_list_that_the_station_refused_teaches_nothing(status):
    assert learnt("SendLocalList", {"updateType": "Full"}, {"status": status}, by_station=False) == []


@pytest.mark.parametrize("status", ["Accepted", "Rejected"])
def test_c11_clear_cache_counts_whatever_the_station_said(status):
    assert learnt("ClearCache", {}, {"status": status}, by_station=False) == [("cache", "clear", b"", "")]


@pytest.mark.parametrize(
    ("action", "token"), [("RequestStartTransaction", {"idToken": RFID}), ("RemoteStartTransaction", {"idTag": "A"})]
)
def test_f01_a_remote_start_that_a_station_took_vouches_for_its_token(action, token):
    hint = ("cache", "hint", *token.values(), '{"status":"Accepted"}')
    assert learnt(action, token, {"status": "Accepted"}, by_station=False) == [hint]
    assert learnt(action, token, {"status": "Rejected"}, by_station=False) == []
    assert learnt(action, {}, {"status": "Accepted"}, by_station=False) == []


def test_only_the_right_side_teaches():
    assert learnt("ClearCache", {}, {"status": "Accepted"}) == []
    assert learnt("Authorize", {"idTag": "A"}, {"idTagInfo": {"status": "Accepted"}}, by_station=False) == []
    assert learnt("Heartbeat", {"idTag": "A"}, {"idTagInfo": {"status": "Accepted"}}) == []


def test_tokens_compare_without_case_within_type_and_version():
    assert token_of("ocpp1.6", '"aB"') == token_of("ocpp1.6", b'"Ab"')
    assert token_of("ocpp2.0.1", b'{"idToken":"aB","type":"Local"}') == token_of(
        "ocpp2.1", b'{"type":"Local","idToken":"AB","additionalInfo":[]}'
    )
    plain, contract = b'{"idToken":"x","type":""}', b'{"idToken":"x","type":"eMAID"}'
    assert len({token_of("ocpp1.6", b'"x"'), token_of("ocpp2.1", plain), token_of("ocpp2.1", contract)}) == 3
    assert [token_of("ocpp1.6", odd) for odd in (b"", b"1", b"{", b'{"idToken":"a"}')] == [None] * 4
    assert [token_of("ocpp2.1", odd) for odd in (b"", b'"a"', b"{}", b"[" * 99_999)] == [None] * 4
