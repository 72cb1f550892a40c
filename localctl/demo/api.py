"""The demo's way to the box's HTTP API: one request per connection, over plain trio streams."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import trio

from localctl.demo.door import HOST

ANSWER_WITHIN_S = 5.0
LONGEST_ANSWER = 4_000_000
SOCKET = "box"
"""Short: it is in a line that people paste."""
Json = dict[str, Any]


class NoAnswer(Exception):
    """The box did not do what was asked; the text says what it said instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Where the box's API is, and the token that lets an EMS write. Everything here raises `NoAnswer`."""

    port: int
    token: str
    token_file: Path

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    @property
    def socket(self) -> Path:
        """Beside the token: where the box's own people ask, who need none."""
        return self.token_file.with_name(SOCKET)

    async def site(self) -> Json:
        """The whole picture: panels, stations, limits, and why."""
        return await self._ask("GET", "/api/v1/site")

    async def limit(self, panel: str, body: Json) -> Json:
        """Limit a panel, as any EMS does."""
        return await self._ask("PUT", f"/api/v1/limits/{panel}", body)

    async def _ask(self, method: str, path: str, body: Json | None = None) -> Json:
        status, content = await request(self.port, method, path, token=self.token, body=body)
        try:
            told = json.loads(content)
        except ValueError:
            told = None
        if status != 200 or not isinstance(told, dict):
            why = told.get("error") if isinstance(told, dict) else None
            raise NoAnswer(f"{method} {path} was answered with HTTP {status}" + (f": {why}" if why else ""))
        return told


async def request(
    port: int, method: str, path: str, *, token: str | None = None, body: Json | None = None
) -> tuple[int, bytes]:
    """One request; status and body of its answer. `NoAnswer` when there is none, or not in time."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}:{port}", "Connection: close"]
    lines += [] if token is None else [f"Authorization: Bearer {token}"]
    lines += [] if body is None else ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    try:
        with trio.fail_after(ANSWER_WITHIN_S):
            async with await trio.open_tcp_stream(HOST, port) as stream:
                await stream.send_all("\r\n".join([*lines, "", ""]).encode() + content)
                return _read(await _everything(stream))
    except (OSError, trio.TooSlowError, trio.BrokenResourceError, ValueError, IndexError) as why:
        raise NoAnswer(f"{method} {path} found no answer: {why!r}") from None


async def _everything(stream: trio.abc.Stream) -> bytes:
    answer = bytearray()
    while len(answer) <= LONGEST_ANSWER:
        chunk = await stream.receive_some(65_536)
        if not chunk:
            return bytes(answer)
        answer += chunk
    raise ValueError("the answer does not end")


def _read(answer: bytes) -> tuple[int, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body
