"""Talking to the running localctl's HTTP API, for the commands that show or change something of it."""

import json
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from localctl.cli import FAILED, UNAVAILABLE, USAGE
from localctl.cli.render import talk
from localctl.cli.status import DEFAULT_URL, MAX_ANSWER_BYTES, NobodyAnswers

Json = dict[str, Any]
TIMEOUT_S = 10.0


class Refused(Exception):
    """localctl answered, and not with what was asked for; `status` is HTTP's."""

    def __init__(self, what: str, status: int = 0) -> None:
        super().__init__(what)
        self.status = status


class Misused(Exception):
    """What was typed cannot be asked."""


def path(*parts: str, **query: str | None) -> str:
    """A path of the API from words that may hold anything, and the query members that are given."""
    given = {name: value for name, value in query.items() if value is not None}
    return "/api/v1/" + "/".join(quote(part, safe=":") for part in parts) + (f"?{urlencode(given)}" if given else "")


def ask(url: str, where: str, *, method: str = "GET", body: Json | None = None, token: str | None = None) -> Json:
    """The answer's JSON object; from the usual address where `url` is empty.

    Raises Misused, NobodyAnswers or Refused, each with a sentence for people.
    """
    url = url or DEFAULT_URL
    if not url.startswith(("http://", "https://")):
        raise Misused(f"{url}: not an address; write it like {DEFAULT_URL}")
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    content = None if body is None else json.dumps(body).encode()
    request = Request(url.rstrip("/") + where, data=content, headers=headers, method=method)
    opener = build_opener(ProxyHandler({}))  # the box is near; a proxy meant for the web is in the way
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            told = json.loads(answer.read(MAX_ANSWER_BYTES))
    except HTTPError as fault:
        raise Refused(_reason(fault, url), fault.code) from None
    except (URLError, OSError, HTTPException) as fault:
        reason = getattr(fault, "reason", None) or fault
        raise NobodyAnswers(
            f"no running localctl at {url} ({reason})\n"
            "hint: start it with `localctl run CONFIG`, or give the address of its [http] table with --url"
        ) from None
    except ValueError:
        raise NobodyAnswers(f"what answers at {url} is not localctl; check --url") from None
    if not isinstance(told, dict):
        raise NobodyAnswers(f"what answers at {url} is not localctl; check --url")
    return told


def _reason(fault: HTTPError, url: str) -> str:
    """What localctl says is wrong; another server's error page says nothing worth repeating."""
    with fault:
        try:
            told = json.loads(fault.read(MAX_ANSWER_BYTES))
        except (ValueError, OSError, HTTPException):
            told = None
    if isinstance(told, dict) and isinstance(told.get("error"), str):
        return str(told["error"])
    if fault.code == 404:
        return f"the localctl at {url} controls no charging: its configuration has no [[panel]]"
    return f"{url} answers {fault.code}"


def said(fault: Exception) -> int:
    """Tell a fault of `ask` on stderr; the exit code for it."""
    talk(str(fault))
    if isinstance(fault, Refused) and fault.status == 401:
        talk("hint: name a file that holds the token with --token-file, or set LOCALCTL_TOKEN")
    return USAGE if isinstance(fault, Misused) else UNAVAILABLE if isinstance(fault, NobodyAnswers) else FAILED


FAULTS = (Misused, NobodyAnswers, Refused)


def read_token(file: Path | None, environ: str | None) -> str | None:
    """The bearer token: the first line of the file, else what the environment says. Raises Misused."""
    if file is None:
        return environ or None
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise Misused(f"{file}: cannot read the token: {getattr(fault, 'strerror', None) or 'not text'}") from None
    if not lines or not lines[0].strip():
        raise Misused(f"{file}: the first line, which should be the token, is empty")
    return lines[0].strip()
