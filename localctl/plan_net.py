"""What the installer wrote, as the values that routing and sockets work with. Starts nothing.

What the charging core gets of the configuration is in `plan_site` and `plan_charging`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, assert_never

from localctl.config.model import Certificate, Config, Csms, Listen, Outage, StationSettings
from localctl.net.credentials import steady_hash
from localctl.net.settings import (
    CertificateFiles,
    CsmsSettings,
    EdgeLimits,
    EdgeSettings,
    ListenerSettings,
    StationEdge,
)
from routing.policy import OutagePolicy, Policies, Refused, StationPolicy

_WAITING_CHARS: Final = 4 * 1024 * 1024
"""Text that may wait per direction, or more where a single message may be longer than that."""


Admits = Callable[[str, Config], bool]
"""Whether a station that is not in the file gets one of the places for adopted ones (`adoption.Adoption.admits`)."""


def _no_places(_identity: str, _config: Config) -> bool:
    return False


def policies_of(config: Config, admits: Admits = _no_places) -> Policies:
    """Identity to how its messages are routed, for the router. Made once per CSMS and listed station."""
    known: dict[Key, StationPolicy] = {}

    def policy(identity: str) -> StationPolicy | Refused:
        refused = _stranger(config, identity, admits)
        if refused is not None:
            return refused
        csms = config.csms_of(identity)
        if csms is None:
            return Refused(status=404, reason="no [[csms]] takes this identity")
        key = _key(config, identity)
        if key not in known:
            known[key] = _policy(config, csms, identity)
        return known[key]

    return policy


Key = tuple[str | None, str | None]


def _key(config: Config, identity: str) -> Key:
    """What the settings of a station depend on: its CSMS and its own table. As many as the file has, whoever comes."""
    csms, table = config.csms_of(identity), config.station_of(identity)
    return (csms.name if csms else None, table.identity if table else None)


def _stranger(config: Config, identity: str, admits: Admits) -> Refused | None:
    """Why a station that is not in the file stays out; None for one that may come in."""
    if config.station_of(identity) is not None:
        return None
    match config.defaults.unknown_stations:
        case "route":
            return None
        case "refuse":
            return Refused(status=404, reason='this station is not in the configuration (unknown_stations = "refuse")')
        case "adopt":
            if admits(identity, config):
                return None
            return Refused(status=404, reason="this station is not in the configuration and adopt_count is reached")
        case _ as never:
            assert_never(never)


def _policy(config: Config, csms: Csms, identity: str) -> StationPolicy:
    settings = config.settings(identity)
    return StationPolicy(
        csms=csms.name,
        subprotocol=settings.subprotocol,
        assume_subprotocol=settings.assume_subprotocol,
        no_common_subprotocol=settings.no_common_subprotocol,
        handshake=settings.handshake,
        probe_grace_s=settings.probe_grace_s,
        preferred=settings.preferred,
        close_style=settings.close_style,
        close_code=settings.close_code,
        outage=_outage(config.outage, settings),
        call_timeout_s=settings.call_timeout_s,
        own_call_timeout_s=settings.own_call_timeout_s,
        max_call_timeouts=settings.max_call_timeouts,
        max_waiting=settings.max_waiting,
        max_waiting_chars=max(_WAITING_CHARS, 2 * settings.max_message_bytes),
        retry_min_s=csms.retry_min_s,
        retry_range_s=csms.retry_range_s,
        retry_repeats=csms.retry_repeats,
        hold_s=csms.hold_s,
    )


def _outage(outage: Outage, settings: StationSettings) -> OutagePolicy:
    cap_kwh = outage.energy_cap_kwh
    return OutagePolicy(
        mode=settings.outage,
        grace_s=settings.outage_grace_s,
        mark_offline=outage.mark_offline,
        attempts=outage.message_attempts,
        attempt_interval_s=outage.message_attempt_interval_s,
        boot_again=outage.boot_again,
        stop_refused=outage.stop_refused,
        energy_cap_wh=None if cap_kwh is None else cap_kwh * 1000.0,
    )


def edge_of(config: Config) -> EdgeSettings:
    """Everything the sockets need. Hashes the passwords that stand in the file, so it may take a moment."""
    hashes = {
        station.identity.casefold(): station.password_hash
        or (steady_hash(station.identity, station.password.reveal().encode()) if station.password else None)
        for station in config.station
    }

    known: dict[Key, StationEdge] = {}

    def station(identity: str) -> StationEdge:
        key = _key(config, identity)
        if key not in known:
            known[key] = made(identity)
        return known[key]

    def made(identity: str) -> StationEdge:
        settings, table = config.settings(identity), config.station_of(identity)
        return StationEdge(
            compression=settings.compression,
            max_message=settings.max_message_bytes,
            ping_s=settings.ping_s,
            pong_timeout_s=settings.pong_timeout_s,
            verify="local" if table and table.upstream_password else settings.verify,
            password_hash=hashes.get(identity.casefold()),
            serial=table.serial if table else None,
            carries=settings.outage == "carry",
            allow_downgrade=settings.allow_downgrade,
        )

    controller = config.controller
    return EdgeSettings(
        listeners=tuple(_listener(listen) for listen in config.listen),
        csmses=tuple(_csms(csms, config) for csms in config.csms),
        station=station,
        strict_identities=controller.strict_identities,
        named=lambda identity: config.station_of(identity) is not None,
        limits=EdgeLimits(
            max_connections=controller.max_connections,
            max_handshakes=controller.max_handshakes,
            max_handshakes_per_peer=controller.max_handshakes_per_peer,
            handshake_deadline_s=controller.handshake_deadline_s,
            send_deadline_s=controller.send_deadline_s,
        ),
    )


def _listener(listen: Listen) -> ListenerSettings:
    return ListenerSettings(
        address=listen.address,
        port=listen.port,
        security_profile=listen.security_profile,
        allow_insecure=listen.allow_insecure,
        base_path=listen.base_path,
        certificates=tuple(_pair(certificate) for certificate in listen.certificates),
        client_ca_file=listen.client_ca_file,
        certificate_rule=listen.client_cert_rule,
        static_rsa=listen.static_rsa,
        trusted_proxies=listen.trusted_proxies,
        max_connections=listen.max_connections,
    )


def _csms(csms: Csms, config: Config) -> CsmsSettings:
    passwords = {
        station.identity.casefold(): station.upstream_password.reveal().encode()
        for station in config.station
        if station.upstream_password is not None
    }
    pair = None
    if csms.client_cert_file is not None and csms.client_key_file is not None:
        pair = CertificateFiles(cert_file=csms.client_cert_file, key_file=csms.client_key_file)
    return CsmsSettings(
        name=csms.name,
        url=csms.url,
        ca_file=csms.ca_file,
        client_cert=pair,
        compression=csms.compression,
        connect_timeout_s=csms.connect_timeout_s,
        ping_s=csms.ping_s,
        pong_timeout_s=csms.pong_timeout_s,
        max_message=_longest_message(config),
        credentials=(lambda identity: passwords.get(identity.casefold())) if passwords else None,
    )


def _longest_message(config: Config) -> int:
    """What any station may get: a CSMS's socket is opened before anything else is known of who is behind it."""
    listed = (config.settings(station.identity).max_message_bytes for station in config.station)
    return max(config.defaults.max_message_bytes, *listed, 0)


def _pair(certificate: Certificate) -> CertificateFiles:
    return CertificateFiles(cert_file=certificate.cert_file, key_file=certificate.key_file)


def certificates_of(config: Config) -> dict[str, Path]:
    """Every certificate of this box by what it is used for, as the expiry metric names it."""
    found = {
        f"server_{listen.port}_{number}": certificate.cert_file
        for listen in config.listen
        for number, certificate in enumerate(listen.certificates, 1)
    }
    found |= {f"upstream_{csms.name}": csms.client_cert_file for csms in config.csms if csms.client_cert_file}
    return found
