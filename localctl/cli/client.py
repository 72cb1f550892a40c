"""Talking to the running localctl, for the commands that show or change something of it.

`where` is what --socket and --url say: `unix:PATH`, an `http://` address, or nothing. Then the sockets that a localctl
on this box may have are tried in turn (`places`). Over a socket no token is needed: the kernel says who asks.
"""

import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from localctl.cli import FAILED, OK, UNAVAILABLE, USAGE
from localctl.cli.places import sockets
from localctl.cli.render import print_json, talk

Json = dict[str, Any]
TIMEOUT_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 16 * 1024 * 1024
USUAL_URL: Final = "http://127.0.0.1:9180"
UNIX: Final = "unix:"
API: Final = "/api/v1/"


class Refused(Exception):
    """localctl answered, and not with what was asked for; `status` is HTTP's, `told` its whole JSON answer."""

    def __init__(self, what: str, status: int = 0, told: Json | None = None) -> None:
        super().__init__(what)
        self.status, self.told = status, told or {}


class Misused(Exception):
    """What was typed cannot be asked."""


class NobodyAnswers(Exception):
    """There is no localctl at this place, or what answers is not one."""


FAULTS = (Misused, NobodyAnswers, Refused)


def said(fault: Exception) -> int:
    """Tell a fault of `ask` on stderr; the exit code for it."""
    talk(str(fault))
    if isinstance(fault, Refused) and fault.status == 401:
        talk("hint: name a file that holds the token with --token-file, or set LOCALCTL_TOKEN")
    return USAGE if isinstance(fault, Misused) else UNAVAILABLE if isinstance(fault, NobodyAnswers) else FAILED


def shown(where: str, what: str, tell: Callable[[Json], None], *, as_json: bool) -> int:
    """Ask, and show the answer: as it came where a script wants it, else by `tell`. Returns the exit code."""
    try:
        told = ask(where, what)
    except FAULTS as fault:
        return said(fault)
    (print_json if as_json else tell)(told)
    return OK


def path(*parts: str, **query: str | None) -> str:
    """A path of the API from words that may hold anything, and the query members that are given."""
    given = {name: value for name, value in query.items() if value is not None}
    return API + "/".join(quote(part, safe=":") for part in parts) + (f"?{urlencode(given)}" if given else "")


def ask(
    where: str,
    what: str,
    *,
    method: str = "GET",
    body: Json | None = None,
    token: str | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Json:
    """The answer's JSON object. Raises Misused, NobodyAnswers or Refused, each with a sentence for people."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    content = None if body is None else json.dumps(body).encode()
    status, answer = _exchange(where, method, what, content, headers, timeout_s)
    try:
        told = json.loads(answer)
    except ValueError:
        told = None
    if status != 200:
        raise Refused(_reason(told, status, where), status, told if isinstance(told, dict) else None)
    if not isinstance(told, dict):
        raise NobodyAnswers(f"what answers at {_shown(where)} is not localctl; check --socket or --url")
    return told


def text(where: str, what: str, timeout_s: float = TIMEOUT_S) -> str:
    """A page of the daemon as text, such as /metrics. Raises as `ask` does."""
    status, answer = _exchange(where, "GET", what, None, {}, timeout_s)
    if status != 200:
        raise Refused(_reason(None, status, where), status)
    return answer.decode("utf-8", "replace")


class _UnixConnection(HTTPConnection):
    """HTTP over a socket that is connected already."""

    def __init__(self, connected: socket.socket, timeout_s: float) -> None:
        super().__init__("localctl", timeout=timeout_s)
        connected.settimeout(timeout_s)
        self.sock = connected


def _exchange(
    where: str, method: str, what: str, content: bytes | None, headers: Mapping[str, str], timeout_s: float
) -> tuple[int, bytes]:
    with _connection(where, timeout_s) as (connection, prefix):
        try:
            connection.request(method, prefix + what, content, dict(headers))
            answer: HTTPResponse = connection.getresponse()
            return answer.status, answer.read(MAX_ANSWER_BYTES)
        except TimeoutError:
            raise NobodyAnswers(
                f"localctl at {_shown(where)} took longer than {timeout_s:g} s to answer; its log may say why"
            ) from None
        except (OSError, HTTPException) as fault:
            raise NobodyAnswers(_nobody(_shown(where), getattr(fault, "strerror", None) or repr(fault))) from None


@contextmanager
def _connection(where: str, timeout_s: float) -> Iterator[tuple[HTTPConnection, str]]:
    """A connection to wherever that is, and what goes in front of each path there."""
    if not where or where.startswith(UNIX):
        candidates = [Path(where.removeprefix(UNIX))] if where else sockets()
        connection: HTTPConnection = _UnixConnection(connected(candidates, timeout_s), timeout_s)
        prefix = ""
    else:
        connection, prefix = _over_tcp(where, timeout_s)
    try:
        yield connection, prefix
    finally:
        connection.close()


def connected(candidates: list[Path], timeout_s: float = TIMEOUT_S) -> socket.socket:
    """A socket to the first of them that answers. Raises NobodyAnswers naming all, Refused where we may not ask."""
    tried, closed = [], None
    for candidate in candidates:
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        one.settimeout(timeout_s)
        try:
            one.connect(os.fspath(candidate))
        except (OSError, ValueError) as fault:
            one.close()
            closed = candidate if isinstance(fault, PermissionError) else closed
            tried.append(f"{candidate} ({getattr(fault, 'strerror', None) or fault})")
        else:
            return one
    if closed is not None:
        raise Refused(_no_entry(closed), 403)
    raise NobodyAnswers(_nobody(", ".join(tried), ""))


def _over_tcp(url: str, timeout_s: float) -> tuple[HTTPConnection, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise Misused(f"{url}: not an address; write it like {USUAL_URL}")
    prefix = parts.path.rstrip("/")
    if parts.scheme == "https":
        return HTTPSConnection(host, port, timeout=timeout_s, context=ssl.create_default_context()), prefix
    return HTTPConnection(host, port, timeout=timeout_s), prefix


def _shown(where: str) -> str:
    return where.removeprefix(UNIX) or ", ".join(map(str, sockets()))


def _nobody(place: str, reason: str) -> str:
    """What to say when nobody answers: which places were tried, and what to do."""
    return (
        f"no running localctl at {place}" + (f" ({reason})" if reason else "") + "\n"
        "hint: start it with `systemctl start localctl` or `localctl run CONFIG`; one that runs names its socket in "
        "the line `ready` of its log: ask with --socket PATH, or another box's [http] address with --url"
    )


def _no_entry(socket_path: Path) -> str:
    return (
        f"this user may not use {socket_path}\n"
        "hint: ask as root (sudo), or have the user added to `socket_users` in [http]; "
        f"who only wants to read may ask the port: --url {USUAL_URL}"
    )


def _reason(told: object, status: int, where: str) -> str:
    """What localctl says is wrong; another server's error page says nothing worth repeating."""
    if isinstance(told, dict) and isinstance(told.get("error"), str):
        return str(told["error"])
    if status == 404:
        return f"the localctl at {_shown(where)} controls no charging: its configuration has no [[panel]]"
    return f"{_shown(where)} answers {status}"


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
