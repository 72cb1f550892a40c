"""A throw-away TLS certificate for 127.0.0.1, made while the demo starts; its key never leaves this process tree.

The standard library can use certificates but not make them, and a private key in a repository is a bad example even
when it is called a demo's. So this writes the one certificate that is needed itself: ECDSA on P-256 (FIPS 186-4) over
X.509 in DER (RFC 5280, RFC 5915). It takes no care to hide its timing: nothing but the demo may use it.
"""

import hashlib
import secrets
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
EC_PUBLIC_KEY, PRIME256V1, ECDSA_SHA256 = "2A8648CE3D0201", "2A8648CE3D030107", "2A8648CE3D040302"
COMMON_NAME, BASIC_CONSTRAINTS, KEY_USAGE, ALT_NAME, KEY_ID = "550403", "551D13", "551D0F", "551D11", "551D0E"

Point = tuple[int, int] | None


def make_certificate(folder: Path, *, days: int = 2) -> tuple[Path, Path]:
    """Write `demo-cert.pem` and `demo-key.pem` for 127.0.0.1 and localhost; returns both paths."""
    private = secrets.randbelow(N - 1) + 1
    public = _public(private)
    certificate, key = folder / "demo-cert.pem", folder / "demo-key.pem"
    certificate.write_text(ssl.DER_cert_to_PEM_cert(_certificate(private, public, days)))
    key.touch(mode=0o600)
    key.write_text(_pem("EC PRIVATE KEY", _private_key(private, public)))
    return certificate, key


def _add(p: Point, q: Point) -> Point:
    """Sum of two points of the curve."""
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    rise, run = (3 * p[0] * p[0] - 3, 2 * p[1]) if p == q else (q[1] - p[1], q[0] - p[0])
    slope = rise * pow(run, -1, P) % P
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def _times(factor: int, point: Point) -> tuple[int, int]:
    """A point added to itself so many times (0 < factor < N)."""
    total: Point = None
    while factor:
        total = _add(total, point) if factor & 1 else total
        point, factor = _add(point, point), factor >> 1
    assert total is not None, "a factor below the order never gives the point at infinity"
    return total


def _public(private: int) -> bytes:
    x, y = _times(private, G)
    return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")


def _sign(private: int, message: bytes) -> bytes:
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    once = secrets.randbelow(N - 1) + 1
    r = _times(once, G)[0] % N
    s = pow(once, -1, N) * (digest + r * private) % N
    return _sequence(_integer(r), _integer(s))


def _certificate(private: int, public: bytes, days: int) -> bytes:
    now = datetime.now(UTC)
    name = _sequence(_tlv(0x31, _sequence(_oid(COMMON_NAME), _tlv(0x0C, b"localctl demo"))))
    lifetime = _sequence(*(_time(now + timedelta(days=day)) for day in (-1, days)))
    key = _sequence(_sequence(_oid(EC_PUBLIC_KEY), _oid(PRIME256V1)), _bits(public))
    algorithm = _sequence(_oid(ECDSA_SHA256))
    head = (_tlv(0xA0, _integer(2)), _integer(secrets.randbits(63)), algorithm, name, lifetime, name, key)
    body = _sequence(*head, _tlv(0xA3, _sequence(*_extensions(public))))
    return _sequence(body, algorithm, _bits(_sign(private, body)))


def _extensions(public: bytes) -> list[bytes]:
    names = _sequence(_tlv(0x82, b"localhost"), _tlv(0x87, bytes([127, 0, 0, 1])))
    true = _tlv(0x01, b"\xff")
    return [
        _extension(BASIC_CONSTRAINTS, _sequence(true), critical=True),
        _extension(KEY_USAGE, _tlv(0x03, b"\x02\x84"), critical=True),
        _extension(ALT_NAME, names),
        _extension(KEY_ID, _tlv(0x04, hashlib.sha256(public).digest()[:20])),
    ]


def _extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    return _sequence(_oid(oid), _tlv(0x01, b"\xff") if critical else b"", _tlv(0x04, value))


def _private_key(private: int, public: bytes) -> bytes:
    secret = _tlv(0x04, private.to_bytes(32, "big"))
    return _sequence(_integer(1), secret, _tlv(0xA0, _oid(PRIME256V1)), _tlv(0xA1, _bits(public)))


def _pem(what: str, der: bytes) -> str:
    return ssl.DER_cert_to_PEM_cert(der).replace("CERTIFICATE", what)


def _tlv(tag: int, value: bytes) -> bytes:
    if len(value) < 128:
        return bytes([tag, len(value)]) + value
    size = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + value


def _sequence(*parts: bytes) -> bytes:
    return _tlv(0x30, b"".join(parts))


def _integer(value: int) -> bytes:
    return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _bits(value: bytes) -> bytes:
    return _tlv(0x03, b"\x00" + value)


def _oid(encoded: str) -> bytes:
    return _tlv(0x06, bytes.fromhex(encoded))


def _time(at: datetime) -> bytes:
    return _tlv(0x17, at.strftime("%y%m%d%H%M%SZ").encode())
