"""What a handler returns or refuses, as the client gets it."""

import asyncio
import json

import pytest
from starlette.requests import Request

from localctl.charging.base.json_reader import BadMember
from localctl.web.answering import Json, answering, whole
from localctl.web.requests import Refused


def request(query: str = "") -> Request:
    return Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": query.encode()})


def answered(fault: Exception | None) -> tuple[int, Json]:
    async def handler(_request: Request) -> Json:
        if fault is not None:
            raise fault
        return {"a": 1}

    answer = asyncio.run(answering(handler)(request()))
    return answer.status_code, json.loads(bytes(answer.body))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (None, (200, {"a": 1})),
        (Refused(404, "no such thing"), (404, {"error": "no such thing"})),
        (Refused(409, "no", more={"why": ["x"]}), (409, {"error": "no", "why": ["x"]})),
        (BadMember("limit_a", "is missing"), (400, {"error": "limit_a: is missing", "member": "limit_a"})),
    ],
)
def test_values_and_refusals_become_json(fault: Exception | None, expected: tuple[int, Json]):
    assert answered(fault) == expected


def test_whole_numbers_of_the_query_are_read_and_others_refused():
    assert (whole(request(), "n"), whole(request("n=12"), "n")) == (None, 12)
    for wrong in ("n=-1", "n=1.5", "n=", "n=1234567890123456", "n=%D9%A3"):
        with pytest.raises(Refused):
            whole(request(wrong), "n")
