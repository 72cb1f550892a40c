"""Signed messages (Part 4 chapter 7): the request inside the JWS, read but never touched.

A signed frame has the action suffix `-Signed` and a flattened JWS as payload; the OCPP payload is its member `payload`
in base64url. The box reads it to know what happened; what is relayed is the frame as received.
"""

import base64
import binascii

import msgspec

from routing.actions import unsigned


class _Jws(msgspec.Struct):
    payload: str


_decode = msgspec.json.Decoder(_Jws).decode


def unwrapped(action: str, payload: bytes) -> bytes:
    """The OCPP payload of a message, signed or not; empty when a signed one cannot be read."""
    if unsigned(action) == action:
        return payload
    return opened(payload)


def unwrapped_answer(action: str, answer: bytes) -> bytes:
    """The OCPP payload of an answer to this action; also a signed request may get a plain one."""
    return unwrapped(action, answer) or answer


def opened(payload: bytes) -> bytes:
    """The OCPP payload inside a flattened JWS, empty when there is none."""
    try:
        encoded = _decode(payload).payload
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except (msgspec.MsgspecError, UnicodeError, RecursionError, binascii.Error, ValueError):
        return b""
