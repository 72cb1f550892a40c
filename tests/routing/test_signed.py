"""Reading inside signed messages (Part 4 chapter 7)."""

import base64
import json

import pytest

from routing.signed import opened, unwrapped, unwrapped_answer


def jws(payload: bytes) -> bytes:
    return json.dumps({"payload": base64.urlsafe_b64encode(payload).rstrip(b"=").decode(), "signature": "s"}).encode()


@pytest.mark.parametrize("payload", [b"{}", b'{"a":1}', b'{"status":"Accepted"}', b"\xff\xfe?>"])
def test_p4_7_the_payload_of_a_jws_is_read_without_its_padding(payload):
    assert opened(jws(payload)) == payload
    assert unwrapped("SetVariables-Signed", jws(payload)) == payload


def test_3_12_an_answer_is_read_whether_it_was_signed_or_not():
    for answer in (b'{"status":"Accepted"}', jws(b'{"status":"Accepted"}')):
        assert unwrapped_answer("Authorize-Signed", answer) == b'{"status":"Accepted"}'


def test_unsigned_messages_are_read_as_they_are():
    assert unwrapped("SetVariables", b'{"payload":"x"}') == b'{"payload":"x"}'


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b'{"payload":1}', b'{"payload":"a"}', b'{"payload":"\xc3\xa4"}', b"[" * 99_999]
)
def test_p6_a_broken_jws_reads_as_nothing(payload):
    assert opened(payload) == b""
