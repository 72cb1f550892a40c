"""What a request that writes must bring: the token, a body of bounded size in bounded time, and JSON in it.

A request that came by the Unix socket needs no token: there the kernel has said who asks (`admission`). Whatever is
missing is told in one sentence that says what to do. The token is compared in constant time and never shown. `Refused`
is the only thing these raise.
"""

import asyncio
import hmac
from collections.abc import Mapping

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

from localctl.web.admission import local_peer
from localctl.web.headers import HEADERS

MAX_BODY_BYTES = 64 * 1024
BODY_DEADLINE_S = 5.0


class Refused(Exception):
    """A request that is not served: its status, what is wrong, the member of the body where that is, and `more`."""

    def __init__(
        self,
        status: int,
        error: str,
        *,
        member: str | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(error)
        self.more = dict(more or {})
        self.status, self.error, self.member, self.headers = status, error, member, dict(headers or {})

    def answer(self) -> JSONResponse:
        """What the client gets."""
        body = {"error": self.error} if self.member is None else {"error": self.error, "member": self.member}
        return JSONResponse({**self.more, **body}, self.status, headers={**HEADERS, **self.headers})


def check_token(request: Request, token: str | None) -> None:
    """Let pass who brings the token or came in by the Unix socket, where `admission` has looked at who it is.

    Raises Refused with 403 where no token is configured, else with 401.
    """
    if local_peer(request) is not None:
        return
    if token is None:
        raise Refused(
            403,
            "this API is read-only: use the `localctl` command on the box itself, or set token_file in the [http] "
            "table of config.toml and reload localctl",
        )
    scheme, _, brought = request.headers.get("authorization", "").partition(" ")
    same = hmac.compare_digest(brought.strip().encode("utf-8", "replace"), token.encode("utf-8", "replace"))
    if scheme.lower() != "bearer" or not same:
        raise Refused(
            401,
            "give the token of the [http] table as `Authorization: Bearer TOKEN`",
            headers={"www-authenticate": 'Bearer realm="localctl"'},
        )


async def read_json(request: Request, deadline_s: float = BODY_DEADLINE_S) -> object:
    """The body as JSON. Raises Refused: 413 too big, 408 too slow, 400 not JSON."""
    try:
        async with asyncio.timeout(deadline_s):
            body = await _read(request)
    except TimeoutError:
        late = f"the body did not arrive within {deadline_s:g} s"
        raise Refused(408, late, headers={"connection": "close"}) from None
    except ClientDisconnect:
        raise Refused(400, "the body ended early") from None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError) as problem:
        raise Refused(400, f"the body is not JSON: {str(problem)[:200]}", member="") from None


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY_BYTES:
            too_big = f"the body is larger than {MAX_BODY_BYTES // 1024} KiB"
            raise Refused(413, too_big, headers={"connection": "close"})
    return bytes(body)
