"""Local answers: what a station hears from the box while its CSMS is away, and what is kept (Part 4 6.3, issue text 2).

`local_answer` looks a request up in the table (`rules`), reads it leniently, answers, and says what must be on disk
before the answer goes out. A repeated request is answered again and not kept again (`repeats`). Signed requests are
read inside and kept as received; the answer is plain, because the box has no key to sign in the CSMS's name (3.13).
"""

from collections.abc import Iterable

import msgspec
from msgspec import structs

from routing.actions import ACTIONS, unsigned
from routing.carrying.desk import Asked, Desk, Local, Unreadable
from routing.carrying.items import Item, Kind
from routing.carrying.repeats import Repeats, mark
from routing.carrying.replies import Said
from routing.carrying.rules import BY_ACTION, RULES, TEXT, V16, Rule
from routing.frames import error_code
from routing.signed import unwrapped

__all__ = [
    "TABLE_HEAD", "Desk", "Local", "Repeats", "local_answer", "number_given", "recalled", "state_of", "table_rows",
]  # fmt: skip

TABLE_HEAD = ("Request", "Versions", "Answer", "Kept", "Replaces the last of the same", "Transaction", "Why")

_body = msgspec.json.Decoder(dict[str, object]).decode
_KEPT = {
    None: "nothing",
    Kind.EVENT: "in order",
    Kind.LATEST: "the latest",
    Kind.TRANSACTION: "in order, never dropped",
}


def local_answer(subprotocol: str, action: str, message_id: str, payload: bytes, desk: Desk) -> Local:
    """What the station hears, and what to keep first; never raises, whatever the station sent (3.15, 2.4)."""
    rule = BY_ACTION.get((subprotocol, unsigned(action)))
    if rule is None:
        return _not_answered(subprotocol, unsigned(action))
    try:
        asked = _read(rule, message_id, unwrapped(action, payload))
        return _answered(rule, asked, action, payload.decode("utf-8"), desk)
    except (Unreadable, msgspec.MsgspecError, ValueError, RecursionError):
        return _error("FormationViolation" if subprotocol == V16 else "FormatViolation")


def recalled(subprotocol: str, items: Iterable[Item], repeats: Repeats) -> None:
    """Fill `repeats` from what is on disk, the oldest first: a restart of the box forgets no repetition.

    For every arrival of a station: what an earlier one was still writing counts only if it is on disk by now.
    """
    repeats.drop_open()
    for item in items:
        rule = BY_ACTION.get((subprotocol, unsigned(item.action)))
        if rule is None:
            continue
        try:
            asked = _read(rule, item.message_id, unwrapped(item.action, item.payload.encode("utf-8")))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
        sign = _sign(rule, asked)
        repeats.add(sign, item.kind, item.invented)
        repeats.confirm(sign)


def number_given(subprotocol: str, action: str, message_id: str, payload: bytes, repeats: Repeats) -> int | None:
    """The number that this 1.6 StartTransaction got here when the station said it before; None for a new one."""
    rule = BY_ACTION.get((subprotocol, unsigned(action)))
    if rule is None or not rule.invents:
        return None
    try:
        return repeats.invented(_sign(rule, _read(rule, message_id, unwrapped(action, payload))))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def state_of(subprotocol: str, action: str, message_id: str, payload: bytes) -> Item | None:
    """What is kept of a StatusNotification; None for other requests and for what cannot be read."""
    rule = BY_ACTION.get((subprotocol, unsigned(action)))
    if rule is None or rule.action != "StatusNotification":
        return None
    try:
        asked = _read(rule, message_id, unwrapped(action, payload))
        return _item(rule, Kind.LATEST, asked, action, payload.decode("utf-8"))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _read(rule: Rule, message_id: str, payload: bytes) -> Asked:
    body = _body(payload)
    return Asked(action=rule.action, message_id=message_id, text=payload.decode("utf-8"), body=body)


def _answered(rule: Rule, asked: Asked, action: str, original: str, desk: Desk) -> Local:
    sign, kind = _sign(rule, asked), rule.keep(asked) if callable(rule.keep) else rule.keep
    repeated = kind not in (None, Kind.LATEST) and sign in desk.repeats
    if rule.invents:
        before = desk.repeats.invented(sign)
        asked = structs.replace(asked, invented=desk.invent() if before is None else before)
    said = Said(rule.answer) if isinstance(rule.answer, str) else rule.answer(asked, desk)
    if kind is None or repeated:
        return Local(payload=said.text, repeated=repeated, unknown_token=said.unknown_token)
    if kind is not Kind.LATEST:
        desk.repeats.add(sign, kind, asked.invented)
    item = structs.replace(_item(rule, kind, asked, action, original), begin=sign.hex() if rule.invents else "")
    return Local(payload=said.text, item=item, sign=sign, unknown_token=said.unknown_token)


def _item(rule: Rule, kind: Kind, asked: Asked, action: str, original: str) -> Item:
    merge = "/".join((rule.action, *map(asked.words, rule.merge))) if kind is Kind.LATEST else ""
    transaction = asked.words(rule.transaction) if rule.transaction else ""
    return Item(
        kind=kind,
        action=action,
        message_id=asked.message_id,
        payload=original,
        merge=merge,
        transaction=transaction if asked.invented is None else str(asked.invented),
        invented=asked.invented,
    )


def _sign(rule: Rule, asked: Asked) -> bytes:
    """What makes this request the same as another."""
    parts = [asked.text if path == TEXT else asked.words(path) for path in rule.same_by]
    return mark(rule.action, *parts) if all(parts) and parts else mark(rule.action, asked.message_id, asked.text)


def _not_answered(subprotocol: str, action: str) -> Local:
    """Requests that no station has to send (2.4): an unreadable name, one of the CSMS's own, or a vendor's."""
    if not action:
        return _error(error_code("RpcFrameworkError", subprotocol))
    return _error("NotSupported" if action in ACTIONS.get(subprotocol, ()) else "NotImplemented")


def _error(code: str) -> Local:
    return Local(payload="", error=code)


def table_rows() -> list[tuple[str, ...]]:
    """The table for people, under `TABLE_HEAD`: one row per action and version family."""
    return [
        (
            rule.action,
            ", ".join(version.removeprefix("ocpp") for version in rule.versions),
            rule.says or str(rule.answer),
            rule.keeps or _KEPT[rule.keep if isinstance(rule.keep, Kind) else None],
            " and ".join(rule.merge) or ("action" if rule.keep is Kind.LATEST else ""),
            "yes" if rule.transaction or rule.invents else "",
            rule.why,
        )
        for rule in RULES
    ]
