"""What the installer decided about sockets, as plain values. Times in seconds, sizes in bytes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

CertificateRule = Literal["cn", "san", "any", "serial"]
"""Which name in a station's certificate must be its identity; `serial`: the CN must be its configured serial number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFiles:
    """A certificate chain and its private key, both PEM."""

    cert_file: Path
    key_file: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerSettings:
    """An address where stations arrive. One security profile each (A00.FR.001, A00.FR.006)."""

    address: str
    port: int
    """0 lets the system choose (tests)."""
    security_profile: int
    """0 nothing, 1 password, 2 password and TLS, 3 client certificate."""
    allow_insecure: bool = False
    """Must be true for profile 0."""
    base_path: str = "/"
    certificates: tuple[CertificateFiles, ...] = ()
    """One ECDSA and one RSA pair for profiles 2 and 3 (A00.FR.318)."""
    client_ca_file: Path | None = None
    certificate_rule: CertificateRule = "any"
    static_rsa: bool = True
    """Also the two static-RSA suites that A00.FR.318/421 require; False where a site's rules forbid them."""
    trusted_proxies: tuple[str, ...] = ()
    """Reverse proxies whose X-Forwarded-For names the station's address."""
    max_connections: int = 1200

    @property
    def place(self) -> tuple[str, int]:
        """What tells one listener from another across a reload."""
        return (self.address, self.port)

    @property
    def uses_tls(self) -> bool:
        """TLS ends here. Without certificates a profile 2 listener stands behind a proxy that ends it."""
        return bool(self.certificates)


@dataclass(frozen=True, slots=True, kw_only=True)
class CsmsSettings:
    """A CSMS: where it is and how the box shows itself there."""

    name: str
    url: str
    """`ws://` or `wss://`. Without a path the station's raw path is used; with one, its last segment is added."""
    ca_file: Path | None = None
    client_cert: CertificateFiles | None = None
    compression: bool = True
    connect_timeout_s: float = 15.0
    ping_s: float = 60.0
    pong_timeout_s: float = 30.0
    max_message: int = 1_048_576
    credentials: Callable[[str], bytes | None] | None = None
    """Identity to the password for this CSMS, until it gives the station another one (A01). None: what the station sent
    is passed on, byte for byte."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationEdge:
    """How one station's sockets are treated."""

    compression: bool = True
    max_message: int = 1_048_576
    """Longest message after decompression."""
    ping_s: float = 120.0
    """A ping after this long without any frame; 0 sends none and never gives up on silence."""
    pong_timeout_s: float = 60.0
    verify: Literal["csms", "local"] = "csms"
    password_hash: str | None = field(default=None, repr=False)
    """Of `credentials.hash_password`; for `verify="local"`."""
    serial: str | None = None
    carries: bool = False
    """May come in while its CSMS is away: what the CSMS accepted before is then checked here."""
    allow_downgrade: bool = False
    """May come back with a lower security profile than before (never OCPP's wish, A05.FR.07)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeLimits:
    """What strangers can cost at most."""

    max_connections: int = 1200
    """Stations connected at the same time, over all listeners; one more gets 503."""
    max_handshakes: int = 2048
    """Connections that have not sent their whole request yet; one more drops the oldest."""
    max_handshakes_per_peer: int = 1024
    """The same from one address (many stations share one behind NAT)."""
    handshake_deadline_s: float = 20.0
    """TLS and the upgrade request must have arrived."""
    send_deadline_s: float = 20.0
    """A peer that takes nothing of what waits for it for this long is cut off."""
    close_timeout_s: float = 5.0
    """A closing handshake may take this long."""


def _no_station(_identity: str) -> bool:
    return False


def _every_station(_identity: str) -> StationEdge:
    return StationEdge()


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """All of it. A reload hands in a new one."""

    listeners: tuple[ListenerSettings, ...]
    csmses: tuple[CsmsSettings, ...]
    station: Callable[[str], StationEdge] = _every_station
    """Identity (any case) to how its sockets are treated."""
    limits: EdgeLimits = EdgeLimits()
    strict_identities: bool = False
    """Only identities that OCPP allows (1.1.2)."""
    named: Callable[[str], bool] = _no_station
    """Whether the installer wrote down exactly this identity: then odd characters in it are fine."""
