"""Who reads: the address wins over the cookie, the cookie over what the browser says."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from localctl.web.reader import WIDTHS, Reader, reader_of, remember


def asked(query: str = "", **headers: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "query_string": query.encode(), "headers": pairs, "method": "GET", "path": "/"})


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,en;q=0.5", "de"),
        ("en;q=0.3,de;q=0.8", "de"),
        ("fr,en;q=0.9,de;q=0.8", "en"),
        ("fr", "en"),
        ("de;q=x,,;q=1,en;q=0.1", "en"),
        ("x" * 9000, "en"),
    ],
)
def test_the_language_the_browser_prefers(header: str, lang: str):
    assert reader_of(asked(accept_language=header)).lang == lang


def test_the_address_wins_over_the_cookie_and_the_cookie_over_the_browser():
    assert reader_of(asked(accept_language="en", cookie="lang=de")).lang == "de"
    assert reader_of(asked("lang=en", accept_language="de", cookie="lang=de")).lang == "en"


def test_p6_values_nobody_knows_count_as_not_said():
    assert reader_of(asked("lang=xx&theme=%3Cscript%3E&w=99999", cookie="lang=; theme=pink; w=-1")) == Reader()


def test_a_phone_gets_the_narrow_drawing_until_it_says_otherwise():
    assert reader_of(asked(user_agent="Mozilla/5.0 (Linux; Android 15) Mobile Mobi")).width == WIDTHS[0]
    assert reader_of(asked("w=720", user_agent="Mobi")).width == 720


def test_choices_in_the_address_are_remembered_and_others_are_not():
    answer = Response()
    remember(asked("lang=de&theme=dark&w=1&x=y"), answer)
    cookies = [value.decode() for name, value in answer.raw_headers if name == b"set-cookie"]
    assert [cookie.split(";")[0] for cookie in cookies] == ["lang=de", "theme=dark"]
    assert all("HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in cookies)
    untouched = Response()
    remember(asked(), untouched)
    assert "set-cookie" not in untouched.headers
