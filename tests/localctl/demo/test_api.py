"""The demo's small HTTP client, against a listener that answers what it is told to."""

import json
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from localctl.demo.api import Api, NoAnswer, request
from localctl.demo.door import HOST


@asynccontextmanager
async def answering(answer):
    """A port that answers every request with this; the requests as they came."""
    asked = []

    async def serve(stream):
        asked.append(bytes(await stream.receive_some(65_536)))
        await stream.send_all(answer)
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, serve, 0)
        yield listeners[0].socket.getsockname()[1], asked
        nursery.cancel_scope.cancel()


def api_on(port):
    """An API there."""
    return Api(port=port, token="t0ken", token_file=Path("/nowhere"))


def http(status, body):
    """An answer."""
    return f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


async def test_a_limit_is_put_with_the_token_and_its_answer_read():
    async with answering(http(200, '{"external": []}')) as (port, asked):
        assert await api_on(port).limit("main", {"source": "ems", "limit_a": 40}) == {"external": []}
    head, _, body = asked[0].decode().partition("\r\n\r\n")
    assert head.startswith("PUT /api/v1/limits/main HTTP/1.1\r\n")
    assert "Authorization: Bearer t0ken" in head
    assert f"Host: {HOST}:{port}" in head
    assert json.loads(body) == {"source": "ems", "limit_a": 40}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (http(401, '{"error": "give the token"}'), "HTTP 401: give the token"),
        (http(500, "oh"), "HTTP 500$"),
        (http(200, "[]"), "HTTP 200$"),
        (b"", "found no answer"),
        (b"nonsense", "found no answer"),
    ],
)
async def test_anything_else_than_what_was_asked_for_is_no_answer(answer, told):
    async with answering(answer) as (port, _):
        with pytest.raises(NoAnswer, match=told):
            await api_on(port).site()


async def test_nobody_there_is_no_answer():
    with pytest.raises(NoAnswer, match="GET /x found no answer"):
        await request(1, "GET", "/x")


async def test_an_answer_without_an_end_is_given_up(monkeypatch):
    monkeypatch.setattr("localctl.demo.api.LONGEST_ANSWER", 10)
    async with answering(http(200, "x" * 100)) as (port, _):
        with pytest.raises(NoAnswer, match="does not end"):
            await request(port, "GET", "/x")
