"""From a handler's value to the answer: JSON, or the sentence of a refusal."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from localctl.charging.base.json_reader import BadMember
from localctl.web.headers import HEADERS
from localctl.web.requests import Refused

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Json]]


def answering(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler's value as JSON, or its refusal."""

    async def answer(request: Request) -> Response:
        try:
            body = msgspec.json.encode(await handler(request))
        except Refused as refused:
            return refused.answer()
        except BadMember as bad:
            return Refused(400, str(bad), member=bad.path).answer()
        return Response(body, media_type="application/json", headers=HEADERS)

    return answer


def whole(request: Request, name: str) -> int | None:
    """A whole number of the query; None where it is not given. Raises Refused."""
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Refused(400, f"must be a whole number, is {text[:20]!r}", member=name)
    return int(text)
