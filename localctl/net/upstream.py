"""Dialling a CSMS on behalf of a station: the same path, credentials and offer as the station's own, nothing more.

The path goes up exactly as it came, still percent-encoded; only where the CSMS's address has a path of its own is that
used, with the station's last segment and query behind it (1.1.6, 1.1.7). No redirects are followed, no proxies asked.
"""

import re
import socket
import ssl
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import trio

from localctl.net.credentials import write_basic
from localctl.net.settings import CsmsSettings
from localctl.net.sockets import DialFailed, DialRefused
from localctl.net.stats import LegStats
from localctl.net.upgrade import Headers
from localctl.net.wire import Spawn, TlsWire, Wire

_ORIGIN: Final = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_WORTH_MIRRORING: Final = (b"www-authenticate", b"retry-after", b"content-type")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """What of a station's request goes up."""

    identity: str
    raw_target: str
    raw_segment: str
    authorization: bytes | None
    user_agent: bytes | None
    trusted: bool = False
    """This box itself knows that the station is who it says; its CSMS need not be asked."""
    was_given_another: bool = False
    """Its CSMS has changed its password (A01): what the installer wrote down for the way up is over."""

    def __repr__(self) -> str:
        return f"Visitor(identity={self.identity!r})"  # the rest may be secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A CSMS's address, taken apart."""

    host: str
    port: int
    tls: bool
    host_header: str
    path: str

    @classmethod
    def of(cls, url: str) -> "Address":
        """Read `ws://host[:port][/path]` or `wss://…`. Raises ValueError, in words, for anything else."""
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname or parts.username is not None:
            raise ValueError("a CSMS address is ws://host[:port][/path] or wss://…, without user name")
        secure = parts.scheme == "wss"
        netloc = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        header = netloc if parts.port is None else f"{netloc}:{parts.port}"
        return cls(
            host=parts.hostname,
            port=parts.port or (443 if secure else 80),
            tls=secure,
            host_header=header,
            path=parts.path.rstrip("/"),
        )

    def target_for(self, visitor: Visitor) -> str:
        """What stands in the request line for this station."""
        if self.path:
            _, mark, query = visitor.raw_target.partition("?")
            return f"{self.path}/{visitor.raw_segment}{mark}{query}"
        return _ORIGIN.sub("", visitor.raw_target, count=1) or "/"


def headers_for(csms: CsmsSettings, visitor: Visitor) -> Headers:
    """Authorization as it came (bytes: raw 1.6 keys are no text) or of the installer's; User-Agent if there was one."""
    authorization = visitor.authorization
    if csms.credentials is not None and not visitor.was_given_another:
        password = csms.credentials(visitor.identity)
        authorization = authorization if password is None else write_basic(visitor.identity, password)
    found = ((b"Authorization", authorization), (b"User-Agent", visitor.user_agent))
    return tuple((name, value) for name, value in found if value is not None)


async def open_wire(address: Address, context: ssl.SSLContext | None, spawn: Spawn, stats: LegStats) -> Wire:
    """TCP and TLS towards a CSMS. Raises DialFailed, in words; the caller bounds the time."""
    try:
        stream = await trio.open_tcp_stream(address.host, address.port)
    except OSError as error:
        raise DialFailed(f"{address.host}:{address.port}: {_words(error)}") from None
    sock = socket.socket(fileno=stream.socket.detach())
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is None:
        return Wire(sock, spawn, stats, peer=address.host)
    wire = TlsWire(sock, spawn, stats, context, server_hostname=address.host, peer=address.host)
    try:
        await wire.handshake()
    except ssl.SSLCertVerificationError as error:
        wire.abort()
        raise DialFailed(f"{address.host}: its certificate is not accepted: {error.verify_message}") from None
    except ssl.SSLError as error:
        wire.abort()
        raise DialFailed(f"{address.host}: TLS: {(error.reason or 'failed').replace('_', ' ').lower()}") from None
    except trio.BrokenResourceError:
        wire.abort()
        raise DialFailed(f"{address.host}: hung up in the middle of the TLS handshake") from None
    except BaseException:
        wire.abort()
        raise
    return wire


def _words(error: OSError) -> str:
    """trio tries all addresses of a name; the first failure tells most."""
    cause = error.__cause__
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    found = cause if isinstance(cause, OSError) else error
    return found.strerror or str(found)


def verdict(refused: DialRefused) -> tuple[int, Headers, bytes]:
    """The CSMS's refusal as the station may see it. Raises DialFailed for a redirect.

    Passing a redirect on would lead the station past this box and its limits.
    """
    if 300 <= refused.status < 400:
        raise DialFailed(f"the CSMS redirects (status {refused.status}); configure its final address")
    headers = tuple((name, value) for name, value in refused.headers if name.lower() in _WORTH_MIRRORING)
    return refused.status, headers, refused.body
