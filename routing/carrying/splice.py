"""Change one member of a JSON text and leave every other byte as it was (3.14).

A kept or relayed payload is never decoded and written anew: number formats, key order and white space are the
station's. Here the text is walked to one value, and only that value is replaced, or one member added. What is not plain
and unambiguous JSON stays untouched: broken or very deep texts, and objects that name the sought member twice.

Signed payloads are the caller's business: their action has no row here, and `marked_offline` is not to be called.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_scan = json.JSONDecoder().raw_decode
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]{0,40}")
_TRANSACTION = ("transactionId",)
_UP = {"StopTransaction": _TRANSACTION, "MeterValues": _TRANSACTION}
_DOWN = {"RemoteStopTransaction": _TRANSACTION, "SetChargingProfile": ("csChargingProfiles", "transactionId")}
Path = tuple[str, ...]
"""Names of members from the outermost object inwards."""


class _Span(NamedTuple):
    """Where a value stands in its text."""

    start: int
    end: int


class _Unclear(Exception):
    """Not JSON as it should be; the text stays as it is."""


def member(text: str, path: Path) -> str | None:
    """The JSON text of the value at a path; None when it is not there or the text is unclear."""
    span = _find(text, path)
    return None if span is None else text[span.start : span.end]


def replace(text: str, path: Path, new: str) -> str | None:
    """The text with another JSON value at a path; None when the path is not there or the text is unclear."""
    span = _find(text, path)
    return None if span is None else text[: span.start] + new + text[span.end :]


def insert(text: str, path: Path, name: str, value: str) -> str | None:
    """The text with one more member in the object at a path; None when it has that member, or there is no object."""
    span = _find(text, path)
    try:
        members = [] if span is None else list(_members(text, span.start))
    except _Unclear:
        return None
    if span is None or text[span.start] != "{" or any(one == name for one, _ in members):
        return None
    at = members[-1][1].end if members else span.start + 1
    return f"{text[:at]}{',' if members else ''}{json.dumps(name)}:{value}{text[at:]}"


def marked_offline(payload: str) -> str:
    """A TransactionEvent that says it happened offline, which is how the CSMS must see it (8.7c, K02)."""
    return _set_true(payload, "offline")


def with_messages_in_queue(payload: str) -> str:
    """A GetTransactionStatus answer that admits a backlog (E14.FR.04, FR.07)."""
    return _set_true(payload, "messagesInQueue")


def translated_up(action: str, payload: str, aliases: Mapping[int, int]) -> str:
    """A 1.6 request of the station with the CSMS's transactionId; unknown numbers stay (10.7)."""
    return _translated(payload, _UP.get(action), aliases)


def translated_down(action: str, payload: str, aliases: Mapping[int, int]) -> str:
    """A 1.6 request of the CSMS with the station's transactionId; unknown numbers stay (10.7)."""
    return _translated(payload, _DOWN.get(action), aliases)


def number_down(action: str, payload: str) -> int | None:
    """The transaction that a 1.6 request of the CSMS names, if it names one."""
    path = _DOWN.get(action)
    return None if path is None else transaction_number(payload, path)


def transaction_number(payload: str, path: Path = _TRANSACTION) -> int | None:
    """The whole number at a path, however spelled (`7`, `7.0`, `7e0`); None for anything else."""
    found = member(payload, path)
    if found is None or not _NUMBER.fullmatch(found):
        return None
    value = float(found)
    return int(found) if found.lstrip("-").isdigit() else int(value) if value.is_integer() else None


def _translated(payload: str, path: Path | None, aliases: Mapping[int, int]) -> str:
    number = None if path is None else transaction_number(payload, path)
    if path is None or number is None or number not in aliases:
        return payload
    return replace(payload, path, str(aliases[number])) or payload


def _set_true(payload: str, name: str) -> str:
    if member(payload, (name,)) == "false":
        return replace(payload, (name,), "true") or payload
    return insert(payload, (), name, "true") or payload


def _find(text: str, path: Path) -> _Span | None:
    """The value at a path of an otherwise readable text."""
    try:
        span = _whole(text)
        for name in path:
            spans = [found for one, found in _members(text, span.start) if one == name]
            if len(spans) != 1:
                return None
            span = spans[0]
    except _Unclear:
        return None
    return span


def _whole(text: str) -> _Span:
    """The one value that the text consists of."""
    start = _skip(text, 0)
    end = _value_end(text, start)
    if _skip(text, end) != len(text):
        raise _Unclear
    return _Span(start, end)


def _members(text: str, at: int) -> Iterator[tuple[str, _Span]]:
    """Names and values of the object at a place; nothing when there is no object. The text was read as a whole."""
    if text[at] != "{":
        return
    at = _skip(text, at + 1)
    while text[at] != "}":
        name_end = _value_end(text, at)
        start = _skip(text, _skip(text, name_end) + 1)
        end = _value_end(text, start)
        yield json.loads(text[at:name_end]), _Span(start, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _value_end(text: str, start: int) -> int:
    try:
        return _scan(text, start)[1]
    except (ValueError, RecursionError):
        raise _Unclear from None


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return at if match is None else match.end()
