"""Canaries: secrets put into every place they are known to travel in, and none may come out (P7)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.observe.redact import HIDDEN, redact, redact_event, redact_frame

CANARY = "c4n4ry-S3cret"
PEM = f"-----BEGIN EC PRIVATE KEY-----\n{CANARY}\n-----END EC PRIVATE KEY-----"

FRAMES = {
    "Authorize 2.0.1": [2, "1", "Authorize", {"idToken": {"idToken": CANARY, "type": "ISO14443"}}],
    "Authorize 1.6": [2, "1", "Authorize", {"idTag": CANARY}],
    "parent of a tag": [3, "1", {"idTagInfo": {"status": "Accepted", "parentIdTag": CANARY}}],
    "group of a token": [3, "1", {"idTokenInfo": {"status": "Accepted", "groupIdToken": {"idToken": CANARY}}}],
    "TransactionEvent": [2, "1", "TransactionEvent", {"eventType": "Started", "idToken": {"idToken": CANARY}}],
    "local list": [2, "1", "SendLocalList", {"localAuthorizationList": [{"idToken": {"idToken": CANARY}}]}],
    "local list 1.6": [2, "1", "SendLocalList", {"localAuthorizationList": [{"idTag": CANARY}]}],
    "password, 2.0.1": [
        2, "1", "SetVariables",
        {"setVariableData": [{"attributeValue": CANARY, "component": {"name": "SecurityCtrlr"},
                              "variable": {"name": "BasicAuthPassword"}}]},
    ],
    "password, 1.6": [2, "1", "ChangeConfiguration", {"key": "AuthorizationKey", "value": CANARY}],
    "password read back": [3, "1", {"configurationKey": [{"key": "AuthorizationKey", "value": CANARY}]}],
    "network profile": [2, "1", "SetNetworkProfile", {"connectionData": {"basicAuthPassword": CANARY}}],
    "APN": [2, "1", "SetNetworkProfile", {"connectionData": {"apn": {"apnPassword": CANARY, "simPin": CANARY}}}],
    "VPN": [2, "1", "SetNetworkProfile", {"connectionData": {"vpn": {"password": CANARY, "key": CANARY}}}],
    "log upload": [2, "1", "GetLog", {"log": {"remoteLocation": f"ftp://user:{CANARY}@host/up"}}],
    "a token in an address": [2, "1", "GetLog", {"log": {"remoteLocation": f"https://{CANARY}@host/up"}}],
    "tunnelled": [2, "1", "DataTransfer", {"vendorId": "x", "data": json.dumps({"idToken": CANARY})}],
    "a key": [2, "1", "DataTransfer", {"vendorId": "x", "data": PEM}],
    "a cut key": [2, "1", "DataTransfer", {"vendorId": "x", "data": PEM[:60]}],
}  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_no_secret_of_a_frame_is_shown(frame: list[object]):
    assert CANARY in json.dumps(frame)
    shown = redact_frame(json.dumps(frame))
    assert CANARY not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "event",
    [
        {"authorization": CANARY},
        {"Authorization": f"Basic {CANARY}"},
        {"headers": {"Authorization": CANARY, "Cookie": CANARY}},
        {"headers": [f"Authorization: Basic {CANARY}", f"x: bearer {CANARY}"]},
        {"password": CANARY.encode()},
        {"exception": f"ValueError: wss://station:{CANARY}@csms.example/ refused"},
        {"key_file_text": PEM},
        {"text": PEM.encode()},
        {"api_key": CANARY, "http_secret": CANARY},
        {"deep": [{"idToken": CANARY}, ({"id_tag": CANARY},)]},
    ],
)
def test_no_secret_of_a_log_event_is_shown(event: dict[str, object]):
    assert CANARY not in repr(redact_event(None, "info", dict(event)))


def test_what_is_no_secret_stays_as_it_is():
    event = {"event": "station lost", "station": "CS 1", "cause": "half_dead", "code": 1006, "seconds": 1.5, "by": None}
    assert redact_event(None, "info", dict(event)) == event
    frame = [2, "1", "StatusNotification", {"connectorId": 1, "status": "Available", "timestamp": "2026-01-01T00:00Z"}]
    assert json.loads(redact_frame(json.dumps(frame))) == frame


def test_other_variables_keep_their_values():
    data = {"attributeValue": "60", "component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    assert redact(data) == data


def test_a_frame_that_cannot_be_read_is_told_by_its_length_only():
    assert redact_frame(f'[2,"1","Authorize",{{"idTag":"{CANARY}"') == "[unreadable, 43 long]"


def test_endless_nesting_costs_nothing_and_shows_nothing():
    shown = redact_frame("[" * 900 + f'"{CANARY}"' + "]" * 900)
    assert CANARY not in shown
    assert redact_frame("[" * 200_000).startswith("[unreadable")


@given(
    st.recursive(
        st.sampled_from([CANARY, "open", 1, None]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["idToken", "a"]), inner),
        max_leaves=20,
    )
)
def test_wherever_a_token_sits_all_of_it_is_hidden(fact: object):
    assert CANARY not in json.dumps(redact({"idToken": fact, "rest": [{"idTag": fact}]}))


@pytest.mark.parametrize(
    "frame",
    [
        [2, "1", "NotifyEvent", {"eventData": [{"variable": {"name": "Token"}, "actualValue": "CANARY"}]}],
        [
            2, "1", "NotifyReport",
            {"reportData": [{"variable": {"name": "BasicAuthPassword"}, "variableAttribute": [{"value": "CANARY"}]}]},
        ],
        [2, "1", "GetLog", {"log": {"remoteLocation": "ftp://user:CA/NARY@host/CANARY@x/y"}}],
        [2, "1", "UpdateFirmware", {"firmware": {"location": "https://host/f.bin?X-Amz-Signature=CANARY&a=b"}}],
    ],
)  # fmt: skip
def test_p7_values_of_token_readers_reports_and_capability_addresses_are_hidden(frame: list[object]):
    shown = redact_frame(json.dumps(frame))
    assert "CANARY" not in shown
    assert "NARY@" not in shown


def test_p7_the_free_text_of_an_error_is_told_by_its_length_only():
    """What a CSMS says about a card it does not know often has the card's number in it."""
    shown = json.loads(redact_frame('[4,"1","InternalError","no CANARY",{}]'))
    assert shown[2:4] == ["InternalError", "[9 characters]"]
