"""What an answered exchange teaches about tokens: read from request and answer, signed or not.

A payload that does not read as expected teaches nothing.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from routing.actions import unsigned
from routing.signed import unwrapped, unwrapped_answer
from routing.values import Value

V16 = "ocpp1.6"


class Lesson(Value, frozen=True, kw_only=True):
    """One thing learnt. `token` is JSON as sent, empty for a `clear`, which concerns all."""

    table: Literal["cache", "list"]
    change: Literal["set", "hint", "drop", "clear"]
    """A `hint` counts only where nothing is known."""
    token: bytes = b""
    info: str = ""
    """JSON of the verdict, for `set` and `hint`."""


class _Token(Struct, rename="camel"):
    id_token: str
    type: str = ""


class _Status(Struct):
    status: str = ""


class _List(Struct, rename="camel"):
    update_type: str
    local_authorization_list: list[dict[str, Raw]] = []


_token = msgspec.json.Decoder(_Token).decode
_tag = msgspec.json.Decoder(str).decode
_members = msgspec.json.Decoder(dict[str, Raw]).decode
_status = msgspec.json.Decoder(_Status).decode
_list = msgspec.json.Decoder(_List).decode


def token_of(subprotocol: str, token: bytes | str) -> str | None:
    """A token as what it is compared by: version family, type and name, without case; None when unreadable."""
    try:
        if subprotocol == V16:
            return f"1.6//{_tag(token).casefold()}"
        read = _token(token)
        return f"2/{read.type.casefold()}/{read.id_token.casefold()}"
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def lessons(caller_is_station: bool, action: str, request: bytes, answer: bytes) -> list[Lesson]:
    """What one answered CALL teaches; nothing for most."""
    teach = (_OF_STATION if caller_is_station else _OF_CSMS).get(unsigned(action))
    if teach is None:
        return []
    try:
        return list(teach(unwrapped(action, request), unwrapped_answer(action, answer)))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return []


def _verdict(request: bytes, answer: bytes) -> Iterator[Lesson]:
    """The CSMS answers about a token (C10); what it says of the moment only is passed over."""
    asked, said = _members(request), _members(answer)
    token, info = asked.get("idToken", asked.get("idTag")), said.get("idTokenInfo", said.get("idTagInfo"))
    if token is not None and info is not None and _status(info).status not in ("", "ConcurrentTx"):
        yield Lesson(table="cache", change="set", token=bytes(token), info=bytes(info).decode("utf-8"))


def _local_list(request: bytes, answer: bytes) -> Iterator[Lesson]:
    """A station took a list or a part of one (D01); an entry without a verdict takes the token off."""
    if _status(answer).status != "Accepted":
        return
    update = _list(request)
    if update.update_type == "Full":
        yield Lesson(table="list", change="clear")
    for entry in update.local_authorization_list:
        token, info = entry.get("idToken", entry.get("idTag")), entry.get("idTokenInfo", entry.get("idTagInfo"))
        if token is not None and info is not None and _status(info).status:
            yield Lesson(table="list", change="set", token=bytes(token), info=bytes(info).decode("utf-8"))
        elif token is not None:
            yield Lesson(table="list", change="drop", token=bytes(token))


def _remote_start(request: bytes, answer: bytes) -> Iterator[Lesson]:
    """The CSMS had a station start with this token (F01, F02); its transaction may begin when the CSMS is away."""
    asked = _members(request)
    token = asked.get("idToken", asked.get("idTag"))
    if token is not None and _status(answer).status == "Accepted":
        yield Lesson(table="cache", change="hint", token=bytes(token), info='{"status":"Accepted"}')


def _cleared(request: bytes, answer: bytes) -> Iterator[Lesson]:
    """The CSMS wants caches emptied (C11), whether or not this station has one."""
    yield Lesson(table="cache", change="clear")


_Teach = Callable[[bytes, bytes], Iterator[Lesson]]
_OF_STATION: dict[str, _Teach] = dict.fromkeys(
    ("Authorize", "TransactionEvent", "StartTransaction", "StopTransaction"), _verdict
)
_OF_CSMS: dict[str, _Teach] = {
    "SendLocalList": _local_list,
    "ClearCache": _cleared,
    "RequestStartTransaction": _remote_start,
    "RemoteStartTransaction": _remote_start,
}
