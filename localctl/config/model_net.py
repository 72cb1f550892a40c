"""The tables about connections: the controller itself, its listeners, its CSMSs and its own HTTP port."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from localctl.config.secrets import Secret
from localctl.config.tables import AsTuple, File, IpAddress, Name, Port, Table, Text, key

SecurityProfile = Annotated[int, Field(ge=0, le=3)]
CertificateRule = Literal["cn", "san", "any", "serial"]


class Controller(Table):
    """The box itself. The whole table may be left out."""

    name: Name = key("localctl", reload="live")
    """Name of this controller in logs, metrics and on the status page."""
    state_dir: File = key(Path("/var/lib/localctl"), reload="restart")
    """Folder for what must survive a restart."""
    log_level: Literal["debug", "info", "warning", "error"] = key("info", reload="live")
    """How much is logged. Frames appear at `debug` only, without secrets."""
    log_format: Literal["auto", "logfmt", "json"] = key("auto", reload="live")
    """`auto`: colours on a terminal, logfmt otherwise. `json` suits Loki."""
    strict_identities: bool = key(False)
    """Refuse identities with characters that OCPP does not allow or of more than 48 characters (1.1.2)."""
    max_connections: int = key(1200, reload="live", ge=1, le=20_000)
    """Stations connected at the same time, over all listeners; one more is refused with 503."""
    max_handshakes: int = key(2048, reload="live", ge=1, le=20_000)
    """Connections that may be in the middle of their handshake at the same time; one more drops the oldest."""
    max_handshakes_per_peer: int = key(1024, reload="live", ge=1, le=20_000)
    """The same from one address (many stations share one behind NAT)."""
    handshake_deadline_s: float = key(20.0, unit="s", reload="live", gt=0, le=300)
    """A station that has not finished TLS and its HTTP upgrade request after this long is cut off."""
    send_deadline_s: float = key(20.0, unit="s", reload="live", gt=0, le=300)
    """A peer that does not take a frame for this long is cut off."""


class Certificate(Table):
    """A server certificate with its key, both PEM."""

    cert_file: File = key(reload="live")
    """Certificate chain, the server's own first."""
    key_file: File = key(reload="live")
    """Private key without a pass phrase, readable by the service only."""


class Listen(Table):
    """An address where stations arrive. Several are possible: one per security profile, or one per network. A reload
    opens, changes and closes them for those who arrive from then on; who is connected stays."""

    address: IpAddress = key("0.0.0.0", reload="live")
    """IP address to listen on. `0.0.0.0` is every IPv4 address of the box, `::` every IPv6 address too."""
    port: Port = key(reload="live")
    """TCP port."""
    security_profile: SecurityProfile = key(reload="live")
    """OCPP security profile: 1 password without TLS, 2 password with TLS, 3 client certificate, 0 nothing at all."""
    allow_insecure: bool = key(False, reload="live")
    """Must be `true` for security profile 0, which is for the lab: anybody may pretend to be any station."""
    base_path: str = key("/", reload="live", pattern=r"^/([^?#\s]*)$")
    """Only paths below this one are served, others get 404. The station's path goes up to the CSMS unchanged (6.2)."""
    certificates: Annotated[tuple[Certificate, ...], AsTuple] = key((), reload="live", max_length=4)
    """Server certificates for profiles 2 and 3. OCPP wants two: one ECDSA and one RSA (A00.FR.318)."""
    client_ca_file: File | None = key(None, reload="live")
    """Certificate authorities whose station certificates are accepted (profile 3)."""
    client_cert_rule: CertificateRule = key("any", reload="live")
    """Which name in the station's certificate must be its identity: `cn`, `san`, `any` of both; or `serial`: the CN
    must be the `serial` of the station in this file."""
    static_rsa: bool = key(True, reload="live")
    """Also accept the two static-RSA suites, which OCPP requires of a server (A00.FR.318, A00.FR.421). `false` is for
    sites whose rules forbid them: they lack forward secrecy, but stations that know no others then stay out."""
    trusted_proxies: Annotated[tuple[IpAddress, ...], AsTuple] = key((), reload="live", max_length=100)
    """Reverse proxies in front of this listener: their X-Forwarded-For names the station. With them, profile 2 may do
    without `certificates`: the proxy ends TLS."""
    max_connections: int = key(1200, reload="live", ge=1, le=20_000)
    """Stations connected at the same time on this listener."""


class Csms(Table):
    """A CSMS. With several, the first in the file with a matching identity pattern takes the station."""

    name: Name = key("csms")
    """Short name for logs, metrics and the `csms` key of a station."""
    url: str = key(max_length=512)
    """`ws://` or `wss://` address. Without a path the station's own path is used; with one, `/identity` is added."""
    identities: Annotated[tuple[Text, ...], AsTuple] = key(("*",), min_length=1, max_length=1000)
    """Stations of this CSMS: identities or patterns with `*` and `?`, upper and lower case alike."""
    security_profile: SecurityProfile | None = key(None)
    """OCPP security profile towards this CSMS. Left out it follows from the address: `ws` 1, `wss` 2, with client
    certificate 3."""
    allow_insecure: bool = key(False)
    """Must be `true` for security profile 0: no password, no TLS."""
    ca_file: File | None = key(None)
    """Certificate authorities that may have signed the CSMS's certificate. Left out: those of the system."""
    client_cert_file: File | None = key(None)
    """This box's own client certificate (profile 3). A strict CSMS may refuse it for a station (A00.FR.405)."""
    client_key_file: File | None = key(None)
    """Private key of `client_cert_file`."""
    compression: bool = key(True)
    """Offer permessage-deflate (RFC 7692) to the CSMS."""
    connect_timeout_s: float = key(15.0, unit="s", gt=0, le=300)
    """Name look-up, TCP, TLS and upgrade must be done in this time."""
    ping_s: float = key(60.0, unit="s", ge=0, le=86_400)
    """A ping goes up after this long without a frame from the CSMS; 0 sends none."""
    pong_timeout_s: float = key(30.0, unit="s", gt=0, le=3600)
    """A CSMS that sends nothing at all for this long after a ping is taken for lost."""
    call_timeout_s: float | None = key(None, unit="s", gt=0, le=600)
    """Overrides the `call_timeout_s` of `[defaults]` for the stations of this CSMS."""
    retry_min_s: float = key(1.0, unit="s", gt=0, le=3600)
    """First wait before dialling again (RetryBackOffWaitMinimum)."""
    retry_range_s: float = key(2.0, unit="s", ge=0, le=3600)
    """A random part of up to this is added to each wait (RetryBackOffRandomRange)."""
    retry_repeats: int = key(4, ge=0, le=16)
    """So many times the wait doubles, then it stays (RetryBackOffRepeatTimes)."""
    hold_s: float = key(5.0, unit="s", ge=0, le=60)
    """A station that arrives while the CSMS is away is held this long before it gets 503."""


class Http(Table):
    """The box's own port: Prometheus metrics, health, status page, API. The whole table may be left out."""

    address: IpAddress = key("127.0.0.1", reload="restart")
    """Address to listen on. Put it on a network only behind a firewall: reading needs no password."""
    port: Port = key(9180, reload="restart")
    """TCP port."""
    token: Secret | None = key(None, reload="live")
    """Bearer token for everything that changes something. Without one the API is read-only. Better: `token_file`."""
    token_file: File | None = key(None, reload="live")
    """File that holds the token on its first line."""
    socket: File | None = key(None, reload="restart")
    """Unix socket for the `localctl` command on this box, which needs no token there. Left out: in the service's
    runtime directory (/run/localctl), else in `state_dir`."""
    socket_users: Annotated[tuple[Text, ...], AsTuple] = key((), reload="restart", max_length=100)
    """Users of this box who may use that socket, beside root and the service's own user."""
    socket_groups: Annotated[tuple[Text, ...], AsTuple] = key((), reload="restart", max_length=100)
    """Groups of this box whose members may. Left out: that of the service, where systemd started it."""
