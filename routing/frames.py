"""OCPP-J frames: the envelope is read, the text is kept.

Five message types exist: CALL, CALLRESULT and CALLERROR in every version, CALLRESULTERROR and SEND since 2.1. `read`
takes the envelope apart and leaves the payload as raw JSON bytes; what is relayed is always the text as received.

A router must not be stricter than the peers (OCPP-J frames of real stations break JSON in many ways, and a real peer
often still understands them). So when JSON or array length is wrong, the beginning of the text is read with two bounded
patterns: type and id are all that routing needs. Only what hides even those is a `PeerFault`.
"""

import re
from typing import NoReturn

import msgspec
from msgspec import Raw, Struct

from routing.errors import OurBug, PeerFault

CALL, RESULT, ERROR, RESULT_ERROR, SEND = 2, 3, 4, 5, 6
NO_ID = "-1"
"""Whom a CALLERROR is for when the id of what it complains of could not be read (Part 4 4.2.3)."""
MAX_OCPP_ID_CHARS, MAX_ID_CHARS = 36, 255
"""Ids are 36 characters at most (Part 4 4.1.4). Longer ones are routed too, up to this; beyond, an id is unreadable."""
_VERSIONS_2 = frozenset({"ocpp2.0", "ocpp2.0.1", "ocpp2.1"})


class Frame(Struct, frozen=True):
    """One readable frame. `word` is the action of a CALL or SEND and the error code of an error, "" if unreadable.

    `payload` is the raw JSON of request or answer; for errors the whole frame. Empty when the JSON is broken.
    """

    kind: int
    message_id: str
    word: str
    payload: bytes


class _Call(Struct, array_like=True, tag=CALL):
    message_id: str
    action: str
    payload: Raw


class _Send(Struct, array_like=True, tag=SEND):
    message_id: str
    action: str
    payload: Raw


class _Result(Struct, array_like=True, tag=RESULT):
    message_id: str
    payload: Raw


class _Error(Struct, array_like=True, tag=ERROR):
    message_id: str
    code: str


class _ResultError(Struct, array_like=True, tag=RESULT_ERROR):
    message_id: str
    code: str


_decode = msgspec.json.Decoder(_Call | _Result | _Error | _ResultError | _Send).decode
_decode_text = msgspec.json.Decoder(str).decode
_is_object = msgspec.json.Decoder(dict[str, Raw]).decode

_STRING = rf'"(?:[^"\\]|\\.){{0,{MAX_ID_CHARS}}}"'
_KIND = re.compile(r"[\s\ufeff]*\[\s*(\d{1,9})(?=[\s,\]])")
_REST = re.compile(rf"\s*,\s*({_STRING}|-?\d{{1,36}})(?=[\s,\]])(?:\s*,\s*({_STRING}))?", re.DOTALL)


def read(text: str) -> Frame:
    """Take one frame apart; never raises anything but `PeerFault`, whatever the text (Part 4 4.2.3)."""
    try:
        frame = _decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _salvage(text)
    if len(frame.message_id) > MAX_ID_CHARS:
        _give_up(CALL if isinstance(frame, _Call) else SEND)
    if isinstance(frame, _Call):
        return Frame(CALL, frame.message_id, frame.action, bytes(frame.payload))
    if isinstance(frame, _Result):
        return Frame(RESULT, frame.message_id, "", bytes(frame.payload))
    if isinstance(frame, _Send):
        return Frame(SEND, frame.message_id, frame.action, bytes(frame.payload))
    kind = ERROR if isinstance(frame, _Error) else RESULT_ERROR
    return Frame(kind, frame.message_id, frame.code, text.encode("utf-8"))


def _salvage(text: str) -> Frame:
    """Type and id of a frame that is no good JSON or has an odd length: enough to pass it on unchanged."""
    start = _KIND.match(text)
    if start is None:
        _give_up(None)
    kind = int(start[1])
    if not CALL <= kind <= SEND:
        return Frame(kind, "", "", b"")
    rest = _REST.match(text, start.end())
    if rest is None:
        _give_up(kind)
    return Frame(kind, _plain(rest[1]), _plain(rest[2] or ""), b"")


def _plain(token: str) -> str:
    """A JSON string or number token as text. Ids that are numbers count as their digits."""
    if not token.startswith('"'):
        return token
    try:
        return _decode_text(token)
    except (msgspec.MsgspecError, UnicodeError):
        return token[1:-1].encode("ascii", "backslashreplace").decode("ascii")


def _give_up(kind: int | None) -> NoReturn:
    """Nobody can route this. Answers and SENDs are never answered themselves (Part 4 4.2.4, 2.1 FR.07)."""
    call_id = NO_ID if kind is None or kind == CALL else None
    raise PeerFault("RpcFrameworkError", "message type or id is not readable", call_id=call_id)


def error_code(code: str, subprotocol: str) -> str:
    """`RpcFrameworkError` in the words of the version: 1.6 only knows `FormationViolation` (its spelling)."""
    return "FormationViolation" if code == "RpcFrameworkError" and subprotocol not in _VERSIONS_2 else code


def call_text(message_id: str, action: str, payload: str) -> str:
    """A CALL of the box itself. A payload that is no JSON object is our bug."""
    try:
        _is_object(payload)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as problem:
        raise OurBug(f"own CALL {action}: payload is no JSON object: {problem}") from None
    return f"[2,{_quoted(message_id)},{_quoted(action)},{payload}]"


def result_text(message_id: str, payload: str = "{}") -> str:
    """A CALLRESULT of the box itself: empty to a request that was absorbed."""
    return f"[3,{_quoted(message_id)},{payload}]"


def error_text(call_id: str, code: str, text: str) -> str:
    """A CALLERROR of the box itself; `text` is a fixed sentence, never the peer's words."""
    return f"[4,{_quoted(call_id)},{_quoted(code)},{_quoted(text)},{{}}]"


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode("utf-8")
