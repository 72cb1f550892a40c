"""What `doctor` looks at towards each CSMS: its name, its port, its certificate, its clock, and what it says to us.

The question it asks is a WebSocket upgrade like a station's, for an identity that no station has: a CSMS that knows us
not at all still answers, and nobody's connection is taken over. With `--as STATION` the station's own identity is used,
and the password that this box has for it, so that the CSMS's verdict is about that station.
"""

import base64
import secrets
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from typing import Final
from urllib.parse import quote

from localctl.cli.doctor_box import SOON_S, days
from localctl.cli.findings import Finding, fault, good, warning
from localctl.config.model import Config, Csms
from localctl.net.settings import CertificateFiles, CsmsSettings
from localctl.net.tls import CertificateProblem, client_context
from localctl.net.upstream import Address

STRANGER: Final = "localctl-doctor"
SUBPROTOCOLS: Final = "ocpp2.0.1, ocpp1.6, ocpp2.1"
SWITCHED: Final = 101
KNOWN_REFUSALS: Final = (400, 401, 403, 404)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """As whom the CSMS is asked."""

    identity: str = STRANGER
    password: bytes | None = None


def caller(config: Config, identity: str | None) -> Caller:
    """The station named, with the password that this box shows for it; a stranger where none is named."""
    if identity is None:
        return Caller()
    station = config.station_of(identity)
    secret = None if station is None else station.upstream_password or station.password
    return Caller(identity=identity, password=None if secret is None else secret.reveal().encode())


def csms(config: Config, one: Csms, who: Caller) -> Iterator[Finding]:
    """Everything about one CSMS, until the first thing that fails."""
    address, where = Address.of(one.url), f"CSMS {one.name}"
    try:
        wire = socket.create_connection((address.host, address.port), one.connect_timeout_s)
    except socket.gaierror as error:
        hint = "check the name in `url`, /etc/resolv.conf, and whether the box has a way out"
        yield fault(where, f"the name {address.host} is not known: {error.strerror}", hint)
        return
    except OSError as error:
        hint = "is it the right port? does a firewall let this box out?"
        yield fault(where, f"{address.host}:{address.port}: {error.strerror or 'no answer in time'}", hint)
        return
    yield good(where, f"{address.host}:{address.port} is reachable")
    with wire:
        if not address.tls:
            yield from _asked(config, where, address, wire, who)
            return
        try:
            secure = _context(one).wrap_socket(wire, server_hostname=address.host)
        except (ssl.SSLError, CertificateProblem, OSError) as error:
            yield _no_tls(where, error)
            return
        with secure:
            yield _ends(where, secure)
            yield from _asked(config, where, address, secure, who)


def _context(one: Csms) -> ssl.SSLContext:
    pair = None
    if one.client_cert_file is not None and one.client_key_file is not None:
        pair = CertificateFiles(cert_file=one.client_cert_file, key_file=one.client_key_file)
    return client_context(CsmsSettings(name=one.name, url=one.url, ca_file=one.ca_file, client_cert=pair))


def _no_tls(where: str, error: Exception) -> Finding:
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "is the box's clock right? a CSMS with a certificate of its own making needs `ca_file` in its [[csms]]"
        return fault(where, f"its certificate is not accepted: {error.verify_message}", hint)
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return fault(where, f"TLS fails: {str(reason).replace('_', ' ').lower()}", "does it want a client certificate?")


def _ends(where: str, secure: ssl.SSLSocket) -> Finding:
    certificate = secure.getpeercert() or {}
    left_s = ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()
    if left_s < SOON_S:
        return warning(where, f"its certificate ends in {days(left_s)}", "tell the CSMS's operator")
    return good(where, f"its certificate is accepted and ends in {days(left_s)}")


def _asked(config: Config, where: str, address: Address, wire: socket.socket, who: Caller) -> Iterator[Finding]:
    """One upgrade request, and what status and Date of its answer tell."""
    connection = HTTPConnection(address.host_header, timeout=wire.gettimeout() or 15.0)
    connection.sock = wire
    segment = quote(who.identity, safe="")
    try:
        connection.request("GET", f"{address.path}/{segment}", headers=_headers(address, who))
        answer = connection.getresponse()
    except (OSError, HTTPException) as error:
        hint = "is this really the address of an OCPP endpoint?"
        yield fault(where, f"hangs up on an upgrade request ({type(error).__name__})", hint)
        return
    yield _verdict(where, answer.status, who)
    date = answer.getheader("Date")
    if date is not None:
        yield from _skew(where, date, config.charging.clock_skew_s)


def _headers(address: Address, who: Caller) -> dict[str, str]:
    headers = {
        "Host": address.host_header, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "Sec-WebSocket-Protocol": SUBPROTOCOLS,
    }  # fmt: skip
    if who.password is not None:
        basic = base64.b64encode(who.identity.encode() + b":" + who.password).decode()
        headers["Authorization"] = f"Basic {basic}"
    return headers


def _verdict(where: str, status: int, who: Caller) -> Finding:
    if status == SWITCHED:
        return good(where, f"accepts {who.identity}")
    if 300 <= status < 400:
        return fault(where, f"redirects (status {status})", "configure its final address as `url`")
    if status not in KNOWN_REFUSALS:
        return fault(where, f"answers {status} to an upgrade request", "ask the CSMS's operator; is `url` right?")
    if who.identity == STRANGER:
        return good(where, f"answers and refuses strangers (status {status}), as it should")
    return fault(where, f"refuses {who.identity} with status {status}", "are identity and password known to the CSMS?")


def _skew(where: str, date: str, allowed_s: float) -> Iterator[Finding]:
    """HTTP dates have whole seconds, and the answer took its time: two seconds are no skew."""
    try:
        skew_s = time.time() - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        return
    if abs(skew_s) > allowed_s + 2:
        hint = "which of the two is right? schedules and certificates depend on it"
        yield fault("clock", f"differs from that of {where} by {skew_s:+.0f} s", hint)
    else:
        yield good("clock", f"agrees with that of {where}")
