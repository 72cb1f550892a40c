"""Every request of every version is answered by the published schema, kept as it matters, and kept once."""

import json
import random

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.actions import ACTIONS
from routing.carrying.answers import TABLE_HEAD, Repeats, recalled, table_rows
from routing.carrying.items import Kind
from tests.e2e.payloads import Maker, OddWriter, schemas
from tests.routing.carrying.clerk import Clerk, signed

SENDS = {"NotifyPeriodicEventStream"}
"""Never answered, so no request (2.1)."""
REQUESTS = [
    (version, action)
    for version, actions in ACTIONS.items()
    for action, sender in sorted(actions.items())
    if sender != "csms" and action not in SENDS
]
EVENT = {
    "eventType": "Updated",
    "timestamp": "2026-09-21T13:33:20Z",
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 7,
    "transactionInfo": {"transactionId": "tx-9"},
}
START = {"connectorId": 2, "idTag": "ABC", "meterStart": 1234, "timestamp": "2026-09-21T13:33:20Z"}
STOP = {"transactionId": 1_000_001, "meterStop": 5678, "timestamp": "2026-09-21T14:33:20Z", "idTag": "ABC"}


NAMES = """
    idToken idTag transactionInfo transactionId seqNo meterValue sampledValue context certificateStatusRequests
    vatNumber type certificate connectorId
"""


def odd():
    """Any JSON, with the names that answers look for in the wrong places."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    names = st.sampled_from(NAMES.split()) | st.text()
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12
    )


def test_3_15_1_there_are_25_requests_of_2_0_1_to_answer():
    assert sum(version == "ocpp2.0.1" for version, _ in REQUESTS) == 25


@pytest.mark.parametrize("unknown", ["accept", "reject"])
@pytest.mark.parametrize(("version", "action"), REQUESTS)
def test_3_15_the_answer_to_every_request_is_valid_by_its_published_schema(version, action, unknown):
    request, response = schemas(version)[action]
    rng = random.Random(f"{version} {action}")
    clerk = Clerk(version, unknown=unknown)
    for number, fullness in enumerate((0.0, 1.0, 0.4, 0.7)):
        text = OddWriter(rng).text(Maker(rng, fullness).value(request, request))
        said = clerk.hear(action, text.encode(), f"m-{number}")
        assert said.error is None
        jsonschema_rs.Draft6Validator(response).validate(json.loads(said.payload))
        assert said.item is None or (said.item.payload, said.item.action) == (text, action)


@pytest.mark.parametrize(("version", "action"), REQUESTS)
def test_3_12_a_signed_request_is_read_inside_and_kept_as_received(version, action):
    request, response = schemas(version)[action]
    text = json.dumps(signed(Maker(random.Random(1), 0.5).value(request, request)))
    said = Clerk(version).hear(f"{action}-Signed", text.encode())
    assert said.error is None
    jsonschema_rs.Draft6Validator(response).validate(json.loads(said.payload))
    assert said.item is None or (said.item.payload, said.item.action) == (text, f"{action}-Signed")


@pytest.mark.parametrize(("version", "action"), REQUESTS)
def test_what_is_refused_is_not_kept_and_what_is_accepted_is(version, action):
    request, _ = schemas(version)[action]
    said = Clerk(version).hear(action, Maker(random.Random(2), 1.0).value(request, request))
    refused = json.loads(said.payload).get("status", "Accepted") != "Accepted"
    asks_only = action in ("Authorize", "Heartbeat", "GetCertificateChainStatus")
    assert (said.item is None) == (refused or asks_only)


@pytest.mark.parametrize(("version", "code"), [("ocpp1.6", "FormationViolation"), ("ocpp2.1", "FormatViolation")])
@pytest.mark.parametrize("payload", [b"", b"[]", b"nul", b'{"a":', b'"x"', b"\xff{}", b'{"a":' * 20_000])
def test_2_4_a_payload_that_is_no_object_gets_the_error_in_the_words_of_the_version(version, code, payload):
    for action in ("StatusNotification", "StatusNotification-Signed", "MeterValues", "BootNotification"):
        said = Clerk(version).hear(action, payload)
        assert (said.payload, said.error, said.item) == ("", code, None)


@pytest.mark.parametrize(
    ("version", "action", "code"),
    [
        ("ocpp1.6", "VendorThing", "NotImplemented"),
        ("ocpp2.0.1", "heartbeat", "NotImplemented"),
        ("ocpp2.0.1", "StartTransaction", "NotImplemented"),
        ("ocpp2.0.1", "Reset", "NotSupported"),
        ("ocpp2.1", "NotifyPeriodicEventStream", "NotSupported"),
        ("ocpp1.5", "Heartbeat", "NotImplemented"),
        ("ocpp1.6", "", "FormationViolation"),
        ("ocpp2.1", "", "RpcFrameworkError"),
    ],
)
def test_2_4_unknown_and_misdirected_actions_get_an_error_and_nothing_is_kept(version, action, code):
    said = Clerk(version).hear(action, {})
    assert (said.payload, said.error, said.item) == ("", code, None)


@given(payload=odd())
def test_p6_odd_members_never_break_an_answer(payload):
    for version, action in REQUESTS:
        said = Clerk(version, unknown="accept").hear(action, payload)
        assert (said.error is None) == (said.payload != "")
        assert said.payload == "" or isinstance(json.loads(said.payload), dict)


@pytest.mark.parametrize("number", ["9" * 5_000, "-1e400", "1e308", "9" * 400, "0.000000000001"])
def test_p6_odd_numbers_never_break_an_answer(number):
    for version, action in REQUESTS:
        text = "{" + ",".join(f'"{name}":{number}' for name in NAMES.split()) + "}"
        said = Clerk(version, unknown="accept").hear(action, text.encode())
        assert (said.error is None) == (said.payload != "")


def test_p6_nesting_around_the_limit_never_raises():
    for depth in range(800, 1100, 7):
        text = '{"idToken":' + "[" * depth + "]" * depth + "}"
        said = Clerk("ocpp2.0.1").hear("TransactionEvent", text.encode())
        assert (said.error is None) == (said.payload != "")


def test_b01_a_boot_is_accepted_with_whole_second_time_and_the_csmss_interval():
    said = Clerk("ocpp2.0.1").hear("BootNotification", {"reason": "PowerUp"})
    assert json.loads(said.payload) == {"status": "Accepted", "currentTime": "2026-09-21T13:33:20Z", "interval": 240}
    assert said.item is not None
    assert (said.item.kind, said.item.merge) == (Kind.LATEST, "BootNotification")


def test_connector_states_replace_the_last_of_the_same_connector_only():
    old, new = Clerk("ocpp1.6"), Clerk("ocpp2.0.1")
    assert merge_of(old, {"connectorId": 2, "status": "Charging"}) == "StatusNotification/2"
    assert merge_of(old, {"connectorId": 2.0, "status": "Available"}) == "StatusNotification/2"
    assert merge_of(new, {"evseId": 1, "connectorId": 2}) == "StatusNotification/1/2"
    assert merge_of(new, {"evseId": 2, "connectorId": 1}) == "StatusNotification/2/1"


def merge_of(clerk, payload):
    item = clerk.hear("StatusNotification", payload).item
    assert item.kind is Kind.LATEST
    return item.merge


def test_10_7_a_16_transaction_gets_an_invented_number_that_its_item_carries():
    said = Clerk("ocpp1.6", unknown="accept").hear("StartTransaction", START)
    assert json.loads(said.payload)["transactionId"] == 1_000_001
    assert said.item is not None
    assert (said.item.invented, said.item.transaction, said.item.kind) == (1_000_001, "1000001", Kind.TRANSACTION)


def test_quirk_14_a_repeated_start_gets_the_same_number_and_is_kept_once():
    clerk = Clerk("ocpp1.6")
    first = clerk.hear("StartTransaction", START, "1")
    again = clerk.hear("StartTransaction", dict(reversed(START.items())), "2")
    other = clerk.hear("StartTransaction", START | {"connectorId": 1}, "3")
    assert first.payload == again.payload != other.payload
    assert (again.item, again.repeated, first.repeated) == (None, True, False)
    assert other.item is not None


def test_quirk_14_a_double_stop_after_a_reboot_is_kept_once_also_when_the_box_restarted():
    clerk = Clerk("ocpp1.6")
    items = [clerk.hear("StartTransaction", START).item, clerk.hear("StopTransaction", STOP).item]
    clerk.repeats = Repeats()
    recalled("ocpp1.6", items, clerk.repeats)
    again = clerk.hear("StopTransaction", STOP, "new id")
    assert (again.item, again.repeated) == (None, True)
    assert json.loads(clerk.hear("StartTransaction", START).payload)["transactionId"] == 1_000_001


def test_what_cannot_be_recalled_is_passed_over():
    clerk = Clerk("ocpp1.6")
    start = clerk.hear("StartTransaction", START).item
    broken = [clerk.hear("MeterValues", {}).item, start]
    broken = [type(one)(kind=one.kind, action=one.action, message_id="", payload="{") for one in broken]
    clerk.repeats = Repeats()
    recalled("ocpp1.6", [*broken, start], clerk.repeats)
    assert clerk.hear("StartTransaction", START).item is None


def test_8_7_f_an_event_repeated_by_seqno_is_kept_once_whatever_its_message_id():
    clerk = Clerk("ocpp2.0.1")
    assert clerk.hear("TransactionEvent", EVENT, "1").item is not None
    assert clerk.hear("TransactionEvent", EVENT | {"offline": True}, "2").item is None
    assert clerk.hear("TransactionEvent", EVENT | {"seqNo": 8}, "3").item is not None
    assert clerk.hear("TransactionEvent", EVENT | {"transactionInfo": {"transactionId": "tx-8"}}, "4").item is not None


def test_p4_a_station_that_never_counts_loses_no_event():
    clerk = Clerk("ocpp2.0.1")
    assert clerk.hear("TransactionEvent", EVENT, "1").item is not None
    assert clerk.hear("TransactionEvent", EVENT | {"timestamp": "2026-09-21T13:34:20Z"}, "2").item is not None
    nameless = EVENT | {"transactionInfo": {}}
    assert clerk.hear("TransactionEvent", nameless, "3").item is not None
    assert clerk.hear("TransactionEvent", nameless, "4").item is not None
    assert clerk.hear("TransactionEvent", nameless, "4").item is None


def test_2_2_2_other_requests_are_repetitions_by_text_or_by_id_and_text():
    clerk = Clerk("ocpp2.0.1")
    timed = {"generatedAt": "2026-09-21T13:33:20Z", "seqNo": 0, "eventData": []}
    assert clerk.hear("NotifyEvent", timed, "1").item is not None
    assert clerk.hear("NotifyEvent", timed, "2").item is None
    timeless = {"reservationId": 4, "reservationUpdateStatus": "Expired"}
    assert clerk.hear("ReservationStatusUpdate", timeless, "1").item is not None
    assert clerk.hear("ReservationStatusUpdate", timeless, "1").item is None
    assert clerk.hear("ReservationStatusUpdate", timeless, "2").item is not None


def test_the_latest_state_is_kept_however_often_it_comes():
    clerk = Clerk("ocpp1.6")
    for _ in range(3):
        assert clerk.hear("StatusNotification", {"connectorId": 1}).item is not None


def test_a_signed_event_is_recognised_by_what_was_signed():
    clerk = Clerk("ocpp2.1")
    assert clerk.hear("TransactionEvent-Signed", signed(EVENT)).item.transaction == "tx-9"
    assert clerk.hear("TransactionEvent-Signed", signed(EVENT) | {"signature": "b3RoZXI"}).item is None


def test_p4_what_could_not_be_stored_is_kept_again_when_the_station_comes_back():
    clerk = Clerk("ocpp2.0.1")
    stored, failed = clerk.hear("TransactionEvent", EVENT), clerk.hear("TransactionEvent", EVENT | {"seqNo": 8})
    clerk.repeats.confirm(stored.sign)
    recalled("ocpp2.0.1", [], clerk.repeats)
    assert clerk.hear("TransactionEvent", EVENT).repeated
    assert clerk.hear("TransactionEvent", EVENT | {"seqNo": 8}).item == failed.item
    recalled("ocpp2.0.1", [failed.item], clerk.repeats)
    recalled("ocpp2.0.1", [], clerk.repeats)
    assert clerk.hear("TransactionEvent", EVENT | {"seqNo": 8}).repeated


def test_the_table_for_people_has_a_row_for_every_request_of_every_version():
    rows = table_rows()
    listed = {(f"ocpp{version}", row[0]) for row in rows for version in row[1].split(", ")}
    assert listed == set(REQUESTS)
    assert {len(row) for row in rows} == {len(TABLE_HEAD)}
    assert all(row[2] and row[3] for row in rows)
