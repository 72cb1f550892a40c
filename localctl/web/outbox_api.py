"""The API of what waits for CSMSs that are away, and of the dead letters that no CSMS would take.

    GET  /api/v1/outbox                   {"queues": [{"identity", "waiting", "oldest_at", "bytes"}],
                                           "dead": [{"id", "identity", "action", "kept_at", "buried_at", "attempts",
                                                     "code"}]}: the oldest 500 dead letters
    GET  /api/v1/outbox/letters?after=0   {"letters": [the same with "text", "message_id" and "payload"]}: the next few
    POST /api/v1/outbox/{id}/retry        {"id", "identity"}: it waits again, behind what waits already
    POST /api/v1/outbox/{id}/drop         {"id"}: it is gone for good

Instants are Unix seconds. `code` is the CSMS's last CALLERROR code or a word of ours such as `timeout`. A payload may
hold card tokens and a CSMS's words anything: those, and all changes, need the Unix socket or the token (P7).
"""

import sqlite3
from collections.abc import Callable
from typing import Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from localctl.store.journal_operators import Operators
from localctl.store.journal_values import DeadLetter, QueueRow
from localctl.web.answering import Json, answering, whole
from localctl.web.requests import Refused, check_token

MOST_ROWS: Final = 500
MOST_LETTERS: Final = 10
"""A letter may be a megabyte."""
T = TypeVar("T")


def outbox_routes(journal: Operators, *, token: Callable[[], str | None]) -> list[BaseRoute]:
    """The routes, for `build_app`."""

    async def rows(request: Request) -> Json:
        queues = await _asked(journal.queues)
        dead = await _asked(lambda: journal.dead_letters(most=MOST_ROWS))
        return {"queues": [_queue(one) for one in queues], "dead": [_row(one) for one in dead]}

    async def letters(request: Request) -> Json:
        check_token(request, token())
        after = whole(request, "after") or 0
        found = await _asked(lambda: journal.dead_letters(after=after, most=MOST_LETTERS))
        return {"letters": [_letter(one) for one in found]}

    async def retry(request: Request) -> Json:
        check_token(request, token())
        number = _number(request)
        identity = await _asked(lambda: journal.retry(number))
        if identity is None:
            raise _no_letter(number)
        return {"id": number, "identity": identity}

    async def drop(request: Request) -> Json:
        check_token(request, token())
        number = _number(request)
        if not await _asked(lambda: journal.drop(number)):
            raise _no_letter(number)
        return {"id": number}

    return [
        Route("/api/v1/outbox", answering(rows), methods=["GET"]),
        Route("/api/v1/outbox/letters", answering(letters), methods=["GET"]),
        Route("/api/v1/outbox/{number:int}/retry", answering(retry), methods=["POST"]),
        Route("/api/v1/outbox/{number:int}/drop", answering(drop), methods=["POST"]),
    ]


async def _asked(question: Callable[[], T]) -> T:
    """What the journal says; it blocks, so it is asked in a thread. Raises Refused with 503 when the disk does not."""
    try:
        return await run_in_threadpool(question)
    except (sqlite3.Error, OSError):  # TimeoutError is one
        raise Refused(503, "the journal cannot be read or written now; the log of localctl says why") from None


def _number(request: Request) -> int:
    return min(int(request.path_params["number"]), 2**63 - 1)


def _no_letter(number: int) -> Refused:
    return Refused(404, f"there is no dead letter {number}")


def _queue(one: QueueRow) -> Json:
    return {"identity": one.identity, "waiting": one.waiting, "oldest_at": one.oldest_at, "bytes": one.bytes}


def _row(one: DeadLetter) -> Json:
    return {
        "id": one.id,
        "identity": one.identity,
        "action": one.item.action,
        "kept_at": one.kept_at,
        "buried_at": one.buried_at,
        "attempts": one.attempts,
        "code": one.code,
    }


def _letter(one: DeadLetter) -> Json:
    return {**_row(one), "text": one.text, "message_id": one.item.message_id, "payload": one.item.payload}
