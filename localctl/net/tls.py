"""TLS contexts and certificate facts. TLS 1.2 and above, six suites, two kinds of server certificate.

A00.FR.318/421 name four suites: two need an ECDSA certificate, two use static RSA. The static ones come last and can be
switched off (`static_rsa`); ECDHE with an RSA certificate serves everybody who knows it. There is no listener for TLS
1.0 or 1.1 (A00.FR.313-315). Contexts are looked up for each connection, so a reload never touches one that is up.
"""

import base64
import re
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from localctl.net.settings import CertificateFiles, CertificateRule, CsmsSettings, ListenerSettings

_SUITES: Final = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
)
_STATIC_RSA: Final = ("AES128-GCM-SHA256", "AES256-GCM-SHA384")
_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)

_CN: Final = bytes.fromhex("550403")
_SAN: Final = bytes.fromhex("551d11")

PeerCertificate = dict[str, Any]
"""As `ssl.SSLObject.getpeercert()` gives it."""

_CAUSES: Final = {
    "UNSUPPORTED_PROTOCOL": "old_version",
    "VERSION_TOO_LOW": "old_version",
    "NO_SHARED_CIPHER": "no_common_suite",
    "HTTP_REQUEST": "not_tls",
    "WRONG_VERSION_NUMBER": "not_tls",
    "UNKNOWN_PROTOCOL": "not_tls",
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "no_client_certificate",
    "CERTIFICATE_VERIFY_FAILED": "bad_client_certificate",
    "TLSV1_ALERT_UNKNOWN_CA": "station_distrusts_us",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "station_distrusts_us",
    "SSLV3_ALERT_BAD_CERTIFICATE": "station_distrusts_us",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "station_distrusts_us",
}


class CertificateProblem(Exception):
    """A certificate, key or CA file cannot be used; the text says which and why."""


def server_context(listener: ListenerSettings) -> ssl.SSLContext:
    """What a listener shows to stations. Raises CertificateProblem."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_ciphers(":".join(_SUITES + (_STATIC_RSA if listener.static_rsa else ())))
    for files in listener.certificates:
        _load_chain(context, files)
    if listener.security_profile == 3:
        if listener.client_ca_file is None:
            raise CertificateProblem("security profile 3 needs a client_ca_file")
        _load_authorities(context, listener.client_ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(csms: CsmsSettings) -> ssl.SSLContext:
    """How the box looks at a CSMS: chain and host name, by the CN where there is no SAN. Raises CertificateProblem."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION
    context.hostname_checks_common_name = True
    if csms.ca_file is None:
        context.load_default_certs()
    else:
        _load_authorities(context, csms.ca_file)
    if csms.client_cert is not None:
        _load_chain(context, csms.client_cert)
    return context


def _load_chain(context: ssl.SSLContext, files: CertificateFiles) -> None:
    try:
        context.load_cert_chain(files.cert_file, files.key_file, password=_no_pass_phrase)
    except (OSError, ValueError) as error:
        raise CertificateProblem(f"{files.cert_file} with {files.key_file}: {_reason(error)}") from None


def _no_pass_phrase() -> str:
    raise ValueError("the key has a pass phrase; store it without one, readable by the service only")


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(path)
    except (OSError, ValueError) as error:
        raise CertificateProblem(f"{path}: {_reason(error)}") from None


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no usable PEM in it").replace("_", " ").lower()
    return getattr(error, "strerror", None) or str(error)


def failure_cause(error: Exception) -> str:
    """A failed handshake as one of few words for metrics; `left` when the peer just went away."""
    if isinstance(error, ssl.SSLError):
        return _CAUSES.get(error.reason or "", "other")
    return "left"


def names_match(certificate: PeerCertificate, rule: CertificateRule, identity: str, serial: str | None) -> bool:
    """Whether a station's certificate is that of this identity (A00.FR.405). Upper and lower case alike.

    With `serial` the CN must be the configured serial number; without one configured nothing matches.
    """
    names = {value.casefold() for part in certificate.get("subject", ()) for key, value in part if key == "commonName"}
    others = {value.casefold() for kind, value in certificate.get("subjectAltName", ()) if kind in ("DNS", "URI")}
    match rule:
        case "cn":
            return identity.casefold() in names
        case "san":
            return identity.casefold() in others
        case "any":
            return identity.casefold() in names | others
        case "serial":
            return serial is not None and serial.casefold() in names


def expires_at(cert_file: Path) -> float:
    """When the first certificate of a PEM file expires, in Unix seconds. Raises CertificateProblem."""
    try:
        return _not_after(_fields(cert_file))
    except (OSError, ValueError, IndexError) as error:
        raise CertificateProblem(f"{cert_file}: {error}") from None


def subject_of(cert_file: Path) -> str:
    """Whom the first certificate of a PEM file is for: its CN, else its other names. Raises CertificateProblem."""
    try:
        fields = _fields(cert_file)
        return _common_name(fields[4][1]) or ", ".join(_dns_names(fields)) or "no name"
    except (OSError, ValueError, IndexError) as error:
        raise CertificateProblem(f"{cert_file}: {error}") from None


def _fields(cert_file: Path) -> list[tuple[int, bytes]]:
    """Certificate > tbsCertificate from its serial number on (RFC 5280 4.1)."""
    match = _PEM.search(cert_file.read_bytes())
    if match is None:
        raise ValueError("no certificate in it")
    fields = _inside(_inside(_inside(base64.b64decode(match[1]))[0][1])[0][1])
    return fields[1:] if fields[0][0] == 0xA0 else fields  # the version is absent in old certificates


def _not_after(fields: list[tuple[int, bytes]]) -> float:
    """validity > notAfter."""
    tag, text = _inside(fields[3][1])[1]
    form = "%y%m%d%H%M%SZ" if tag == 0x17 else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC).timestamp()


def _common_name(subject: bytes) -> str:
    """The value of the last CN (2.5.4.3) of a name."""
    names = [_inside(part) for _, group in _inside(subject) for _, part in _inside(group)]
    return next((name[1][1].decode("utf-8", "replace") for name in reversed(names) if name[0][1] == _CN), "")


def _dns_names(fields: list[tuple[int, bytes]]) -> list[str]:
    """The DNS names of the extension subjectAltName (2.5.29.17)."""
    extensions = [_inside(part) for tag, all_of in fields if tag == 0xA3 for _, part in _inside(_inside(all_of)[0][1])]
    names = [name for one in extensions if one[0][1] == _SAN for name in _inside(_inside(one[-1][1])[0][1])]
    return [text.decode("utf-8", "replace") for tag, text in names if tag == 0x82]


def _inside(der: bytes) -> list[tuple[int, bytes]]:
    """The (tag, content) pairs that DER bytes consist of."""
    found, at = [], 0
    while at < len(der):
        tag, size, at = der[at], der[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(der[at : at + count], "big"), at + count
        found.append((tag, der[at : at + size]))
        at += size
    return found
