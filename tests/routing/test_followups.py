"""What the station sends because the box asked, and nothing else (3.9, E01)."""

import base64
import json

import pytest

from routing.events import FollowUp
from routing.followups import Expectations
from routing.frames import CALL, Frame
from routing.values import Instant

T0 = Instant(0.0)


def expecting(**wanted: object) -> Expectations:
    book = Expectations()
    book.expect(7, FollowUp(**{"action": "NotifyReport", **wanted}), T0)
    return book


def request(action: str, **payload: object) -> Frame:
    return Frame(CALL, "m", action, json.dumps(payload).encode())


def test_a_report_is_taken_by_its_request_id():
    book = expecting(request_id=5)
    assert book.take(request("NotifyReport", requestId=6), T0) is None
    assert book.take(request("NotifyReport"), T0) is None
    assert book.take(request("NotifyMonitoringReport", requestId=5), T0) is None
    assert book.take(request("NotifyReport", requestId=5), T0) == 7
    assert book.take(request("NotifyReport", requestId=5), T0) is None


def test_parts_are_taken_until_the_last_one_and_each_gives_time_for_the_next():
    book = expecting(request_id=5, within_s=60.0)
    assert book.take(request("NotifyReport", requestId=5, tbc=True), Instant(50.0)) == 7
    assert book.take(request("NotifyReport", requestId=5, tbc=True), Instant(100.0)) == 7
    assert book.take(request("NotifyReport", requestId=5, tbc=False), Instant(150.0)) == 7
    assert len(book) == 0


def test_what_does_not_come_in_time_is_the_csmss_again():
    book = expecting(request_id=5, within_s=60.0)
    assert book.take(request("NotifyReport", requestId=5), Instant(60.0)) is None
    assert len(book) == 0


@pytest.mark.parametrize("payload", [{"evseId": 2}, {"connectorId": 2}, {"evse": {"id": 2}}])
def test_an_evse_is_found_where_each_version_says_it(payload):
    assert expecting(action="MeterValues", evse_id=2).take(request("MeterValues", **payload), T0) == 7


@pytest.mark.parametrize("payload", [{}, {"evseId": 1}, {"evseId": 1, "connectorId": 2}, {"evse": {"id": 1}}])
def test_another_evse_is_the_csmss(payload):
    assert expecting(action="StatusNotification", evse_id=2).take(request("StatusNotification", **payload), T0) is None


def test_e01_meter_values_of_a_transaction_are_never_taken():
    book = expecting(action="MeterValues")
    assert book.take(request("MeterValues", connectorId=1, transactionId=4711), T0) is None
    assert book.take(request("MeterValues", connectorId=1), T0) == 7


@pytest.mark.parametrize("action", ["TransactionEvent", "StartTransaction", "BootNotification", "Heartbeat"])
def test_e01_transactions_and_boots_are_never_taken_even_if_expected(action):
    assert expecting(action=action).take(request(action), T0) is None


def test_a_refused_own_call_ends_the_expectation():
    book = expecting(request_id=5)
    book.cancel(8)
    assert len(book) == 1
    book.cancel(7)
    assert book.take(request("NotifyReport", requestId=5), T0) is None


@pytest.mark.parametrize("payload", [b"", b"[]", b"null", b'{"requestId":"5"}', b'{"requestId":5', b"[" * 100_000])
def test_what_cannot_be_read_is_the_csmss(payload):
    assert expecting(request_id=5).take(Frame(CALL, "m", "NotifyReport", payload), T0) is None


def test_p4_7_a_signed_report_is_recognised():
    inner = base64.urlsafe_b64encode(b'{"requestId":5,"tbc":false}').rstrip(b"=").decode()
    signed = request("NotifyReport-Signed", protected="x", payload=inner, signature="y")
    assert expecting(request_id=5).take(signed, T0) == 7
