"""The API of those who operate the box: reload the configuration, read the newest lines of the log.

    POST /api/v1/reload            what SIGHUP does: {"taken", "changes": [{"path", "old", "new", "effect"}],
                                   "waiting": [...], "reason", "mistakes"}; 409 with the same when it was refused
    GET  /api/v1/log?lines=500     {"lines": [...]}: the newest ones, oldest first, without secrets

Both need the Unix socket or the token.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import trio
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from localctl.config.reload import Reloaded
from localctl.web.answering import answering, whole
from localctl.web.requests import Refused, check_token

USUAL_LINES: Final = 500
Json = dict[str, Any]


def operating_routes(
    *, reload: Callable[[], Reloaded], log: Callable[[int], list[str]], token: Callable[[], str | None]
) -> list[BaseRoute]:
    """The routes, for `build_app`. `reload` may block; it raises RuntimeError while the control loop is not there."""

    async def reloaded(request: Request) -> Json:
        check_token(request, token())
        try:
            outcome = await run_in_threadpool(reload)
        except (RuntimeError, trio.RunFinishedError, trio.Cancelled):
            raise Refused(503, "localctl is starting or stopping; nothing was changed") from None
        told = asdict(outcome)
        if not outcome.taken:
            raise Refused(409, f"the old configuration goes on: {outcome.reason}", more=told)
        return told

    async def lines(request: Request) -> Json:
        check_token(request, token())
        asked = whole(request, "lines")
        return {"lines": log(USUAL_LINES if asked is None else asked)}

    return [
        Route("/api/v1/reload", answering(reloaded), methods=["POST"]),
        Route("/api/v1/log", answering(lines), methods=["GET"]),
    ]
