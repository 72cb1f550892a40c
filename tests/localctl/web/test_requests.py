"""Tokens and bodies, without a server: what is let through, and what each refusal says."""

import asyncio
from collections.abc import Iterable

import pytest
from starlette.requests import Request

from localctl.web.requests import MAX_BODY_BYTES, Refused, check_token, read_json


def request(*parts: bytes | None, authorization: bytes | None = None) -> Request:
    """A request whose body comes in parts; None: the client went away."""
    left = iter(parts)

    async def receive() -> dict[str, object]:
        part = next(left, b"...")
        if part == b"...":
            await asyncio.sleep(3600)
        if part is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": part, "more_body": part != b""}

    headers = [] if authorization is None else [(b"authorization", authorization)]
    return Request({"type": "http", "method": "PUT", "path": "/", "headers": headers}, receive)


def refusal(*parts: bytes | None) -> Refused:
    with pytest.raises(Refused) as refused:
        asyncio.run(read_json(request(*parts), deadline_s=0.05))
    return refused.value


def halves(body: bytes) -> Iterable[bytes]:
    return body[: len(body) // 2], body[len(body) // 2 :], b""


def test_a_body_in_parts_is_one_body():
    assert asyncio.run(read_json(request(*halves(b'{"a": [1, null]}')))) == {"a": [1, None]}


def test_a_body_of_exactly_the_bound_is_taken_and_one_byte_more_is_not():
    exact = b'"' + b"x" * (MAX_BODY_BYTES - 2) + b'"'
    assert len(str(asyncio.run(read_json(request(*halves(exact)))))) == MAX_BODY_BYTES - 2
    assert refusal(*halves(exact + b" ")).status == 413


def test_an_endless_body_is_not_collected():
    assert refusal(*([b"x" * 1024] * 100)).status == 413


def test_a_body_that_does_not_come_is_a_408():
    late = refusal(b"{")
    assert (late.status, late.headers) == (408, {"connection": "close"})


def test_a_client_that_leaves_is_no_bug():
    assert refusal(b"{", None).status == 400


def test_what_is_no_json_says_where():
    assert "byte" in refusal(b"{]", b"").error


@pytest.mark.parametrize("authorization", [b"Bearer secret", b"bearer secret", b"BEARER  secret "])
def test_the_right_token_lets_pass(authorization: bytes):
    check_token(request(authorization=authorization), "secret")


WRONG = (None, b"", b"secret", b"Basic secret", b"Bearer", b"Bearer secre", b"Bearer secret2", b"Bearer \xff")


@pytest.mark.parametrize("authorization", WRONG)
def test_anything_else_is_a_401_that_shows_no_token(authorization: bytes | None):
    with pytest.raises(Refused) as refused:
        check_token(request(authorization=authorization), "secret")
    assert refused.value.status == 401
    assert "secret" not in refused.value.error


def test_an_empty_token_in_the_request_never_matches_a_missing_configuration():
    with pytest.raises(Refused) as refused:
        check_token(request(authorization=b"Bearer "), None)
    assert refused.value.status == 403
