"""TLS on both legs: versions, suites, two kinds of certificate, client certificates, reload."""

import socket
import ssl
from datetime import UTC, datetime
from functools import partial

import pytest
import trio

from localctl.net import tls
from localctl.net.credentials import Gatekeeper, write_basic
from localctl.net.settings import CertificateFiles, CsmsSettings
from localctl.net.wire import TlsWire
from routing.observations import LinkOpened
from tests.localctl.net.certificates import Pki
from tests.localctl.net.kit import HOST, RawPeer, box, connect, csms, edge, frame, listener, site, upgrade

CALL, ANSWER = '[2,"1","Heartbeat",{}]', '[3,"1",{}]'
PASSWORD = [b"Authorization: " + write_basic("CP1", b"a long random password")]


@pytest.fixture
def pki(tmp_path):
    return Pki(tmp_path)


def secure(pki, **changes):
    """A profile 2 listener with an ECDSA and an RSA certificate (A00.FR.318)."""
    pairs = (pki.pair("ec", "localhost", HOST), pki.pair("rsa", "localhost", HOST, kind="RSA"))
    return listener(**({"security_profile": 2, "certificates": pairs} | changes))


def trusting(pki, *, suite=None, newest=ssl.TLSVersion.TLSv1_3, oldest=ssl.TLSVersion.TLSv1_2, cert=None):
    """A station's view of TLS."""
    context = ssl.create_default_context(cafile=pki.ca_file)
    context.minimum_version, context.maximum_version = oldest, newest
    if suite:
        context.set_ciphers(suite)
    if cert:
        context.load_cert_chain(cert.cert_file, cert.key_file)
    return context


async def tls_station(port, context, *, extra=PASSWORD, path="/ocpp/CP1"):
    """A raw station over TLS that has sent its request."""
    raw = await trio.open_tcp_stream(HOST, port)
    peer = RawPeer(trio.SSLStream(raw, context, server_hostname="localhost", https_compatible=True))
    try:
        await peer.send(upgrade(path, extra=extra))
    except trio.BrokenResourceError:
        await trio.aclose_forcefully(raw)
        raise
    return peer


@pytest.mark.parametrize(
    "suite",
    [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
        "ECDHE-RSA-AES128-GCM-SHA256",
    ],
)
async def test_a00_fr_318_each_required_suite_brings_a_station_in(pki, suite):
    async with site(settings=partial(edge, listeners=(secure(pki),))) as (the_box, _):
        context = trusting(pki, suite=suite, newest=ssl.TLSVersion.TLSv1_2)
        async with await tls_station(the_box.port, context) as peer:
            assert (await peer.head())[0] == 101
            assert peer.stream.cipher()[0] == suite
            assert peer.stream.compression() is None
            await peer.send(frame(CALL))
            assert await peer.text() == ANSWER


async def test_tls_1_3_is_spoken_where_the_station_can(pki):
    async with (
        site(settings=partial(edge, listeners=(secure(pki),))) as (the_box, _),
        await tls_station(the_box.port, trusting(pki)) as peer,
    ):
        assert (await peer.head())[0] == 101
        assert peer.stream.version() == "TLSv1.3"


async def test_static_rsa_suites_can_be_forbidden_by_the_site(pki):
    context = trusting(pki, suite="AES128-GCM-SHA256", newest=ssl.TLSVersion.TLSv1_2)
    async with site(settings=partial(edge, listeners=(secure(pki, static_rsa=False),))) as (the_box, _):
        with pytest.raises(trio.BrokenResourceError):
            await tls_station(the_box.port, context)
        await the_box.until(lambda: the_box.stats.tls_failures == {"no_common_suite": 1})


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_a00_fr_314_tls_1_1_is_refused_and_counted(pki):
    context = trusting(pki, suite="ALL:@SECLEVEL=0", oldest=ssl.TLSVersion.TLSv1_1, newest=ssl.TLSVersion.TLSv1_1)
    async with site(settings=partial(edge, listeners=(secure(pki),))) as (the_box, _):
        with pytest.raises(trio.BrokenResourceError):
            await tls_station(the_box.port, context)
        await the_box.until(lambda: the_box.stats.tls_failures == {"old_version": 1})


@pytest.mark.parametrize(
    ("words", "cause"),
    [(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "not_tls"), (b"\x16\x03\x01\xff\xff" + b"\0" * 50, None), (b"", "left")],
)
async def test_what_is_no_tls_is_counted_and_harms_nobody(pki, words, cause):
    async with site(settings=partial(edge, listeners=(secure(pki),))) as (the_box, _):
        async with await connect(the_box.port) as stranger:
            await stranger.send(words)
            await stranger.stream.send_eof()
            await stranger.ended()
        await the_box.until(lambda: the_box.stats.tls_failures)
        assert cause is None or the_box.stats.tls_failures == {cause: 1}
        async with await tls_station(the_box.port, trusting(pki)) as peer:
            assert (await peer.head())[0] == 101


async def test_p6_a_silent_stranger_costs_no_tls_state(pki, monkeypatch):
    begun, begin = [], TlsWire.handshake

    async def noted(wire):
        begun.append(wire)
        await begin(wire)

    monkeypatch.setattr(TlsWire, "handshake", noted)
    async with site(settings=partial(edge, listeners=(secure(pki),))) as (the_box, _):
        async with await connect(the_box.port):
            await the_box.until(lambda: the_box.stats.handshakes == 1)
            async with await tls_station(the_box.port, trusting(pki)) as peer:
                assert (await peer.head())[0] == 101
            assert len(begun) == 1
        await the_box.until(lambda: the_box.stats.handshakes == 0)
        assert (the_box.stats.tls_failures, the_box.stats.bugs) == ({"left": 1}, 0)


async def test_a_station_that_distrusts_our_certificate_is_counted(pki, tmp_path_factory):
    stranger = Pki(tmp_path_factory.mktemp("other"))
    async with site(settings=partial(edge, listeners=(secure(pki),))) as (the_box, _):

        def dial():
            with socket.create_connection((HOST, the_box.port)) as sock:
                trusting(stranger).wrap_socket(sock, server_hostname="localhost")

        with pytest.raises(ssl.SSLCertVerificationError):
            await trio.to_thread.run_sync(dial)
        await the_box.until(lambda: the_box.stats.tls_failures == {"station_distrusts_us": 1})


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_big_messages_pass_over_tls_both_ways(pki, version):
    text = '[2,"1","DataTransfer",{"data":"' + "x" * 700_000 + '"}]'
    async with (
        site(settings=partial(edge, listeners=(secure(pki),))) as (the_box, the_csms),
        await tls_station(the_box.port, trusting(pki, newest=version)) as peer,
    ):
        await peer.head()
        await peer.send(frame(text))
        assert await peer.text() == ANSWER
        assert the_csms.frames == [text]
        await the_csms.connections[0].send(text)
        assert await peer.text() == text


async def test_a00_fr_402_profile_3_wants_a_certificate_of_ours_with_the_stations_name(pki, tmp_path_factory):
    settings = secure(pki, security_profile=3, client_ca_file=pki.ca_file, certificate_rule="cn")
    mine, other = pki.pair("cp1", cn="cp1"), pki.pair("cp2", cn="CP2")
    foreign = Pki(tmp_path_factory.mktemp("other")).pair("cp1", cn="CP1")
    async with site(settings=partial(edge, listeners=(settings,))) as (the_box, _):
        async with await tls_station(the_box.port, trusting(pki, cert=mine), extra=()) as peer:
            assert (await peer.head())[0] == 101
        async with await tls_station(the_box.port, trusting(pki, cert=other), extra=()) as peer:
            assert (await peer.head())[0] == 403
        assert the_box.stats.refusals == {"certificate_mismatch": 1}
        for bad in (None, foreign):
            with pytest.raises((trio.BrokenResourceError, EOFError)):
                async with await tls_station(the_box.port, trusting(pki, cert=bad), extra=()) as peer:
                    await peer.head()
        await the_box.until(
            lambda: the_box.stats.tls_failures == {"no_client_certificate": 1, "bad_client_certificate": 1}
        )


async def test_a05_fr_06_a_station_that_came_with_tls_may_not_come_without(pki):
    kept = []
    keeper = Gatekeeper(keep_profile=lambda *what: kept.append(what))
    listeners = (secure(pki), listener(address="127.0.0.2", security_profile=1))
    async with site(settings=partial(edge, listeners=listeners), gatekeeper=keeper) as (the_box, _):
        async with await tls_station(the_box.port, trusting(pki)) as peer:
            assert (await peer.head())[0] == 101
            await the_box.until(lambda: the_box.seen(LinkOpened))
        assert kept == [("cp1", 2)]
        stream = await trio.open_tcp_stream("127.0.0.2", the_box.switchboard.ports["127.0.0.2", 0])
        async with RawPeer(stream) as peer:
            await peer.send(upgrade(extra=PASSWORD))
            assert (await peer.head())[0] == 403
        assert the_box.stats.refusals == {"downgrade": 1}


async def test_a_reload_changes_the_certificate_and_keeps_live_sockets(pki, tmp_path_factory):
    async with (
        csms() as the_csms,
        box(edge(the_csms.port, listeners=(secure(pki),))) as the_box,
        await tls_station(the_box.port, trusting(pki)) as old,
    ):
        await old.head()
        renewed = Pki(tmp_path_factory.mktemp("renewed"))
        await the_box.switchboard.reload(edge(the_csms.port, listeners=(secure(renewed),)))
        async with await tls_station(
            the_box.port,
            trusting(renewed),
            path="/ocpp/CP2",
            extra=[b"Authorization: " + write_basic("CP2", b"a long random password")],
        ) as new:
            assert (await new.head())[0] == 101
        await old.send(frame(CALL))
        assert await old.text() == ANSWER


async def test_upward_the_csms_is_checked_and_shown_our_certificate(pki):
    server, ours = pki.pair("csms", "localhost", HOST), pki.pair("box", cn="LC-1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=pki.ca_file)
    context.load_cert_chain(server.cert_file, server.key_file)
    context.verify_mode = ssl.CERT_REQUIRED
    async with csms(ssl=context) as the_csms:
        upward = {"url": f"wss://localhost:{the_csms.port}", "ca_file": pki.ca_file, "client_cert": ours}
        async with box(edge(csms=upward)) as the_box, await connect(the_box.port) as peer:
            await peer.send(upgrade() + frame(CALL))
            assert (await peer.head())[0] == 101
            assert await peer.text() == ANSWER


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_upward_a_csms_of_another_authority_or_name_is_not_spoken_to(pki, tmp_path_factory, host):
    other = Pki(tmp_path_factory.mktemp("other")) if host == "localhost" else pki
    server = other.pair("csms", "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server.cert_file, server.key_file)
    async with csms(ssl=context) as the_csms:
        upward = {"url": f"wss://{host}:{the_csms.port}", "ca_file": pki.ca_file}
        async with box(edge(csms=upward)) as the_box, await connect(the_box.port) as peer:
            await peer.send(upgrade())
            assert (await peer.head())[0] == 503
            assert the_csms.requests == []


def subject(cn=None, *sans):
    return {
        "subject": ((("organizationName", "O"),), (("commonName", cn),)) if cn else (),
        "subjectAltName": tuple(sans),
    }


@pytest.mark.parametrize(
    ("rule", "certificate", "serial", "fits"),
    [
        ("cn", subject("cp1"), None, True),
        ("cn", subject("CP11"), None, False),
        ("cn", subject(None, ("DNS", "CP1")), None, False),
        ("san", subject("CP1"), None, False),
        ("san", subject("x", ("DNS", "cp1")), None, True),
        ("san", subject("x", ("IP Address", "CP1")), None, False),
        ("any", subject("CP1"), None, True),
        ("any", subject("x", ("URI", "CP1")), None, True),
        ("any", subject("x"), None, False),
        ("serial", subject("SN-7"), "sn-7", True),
        ("serial", subject("CP1"), "SN-7", False),
        ("serial", subject("CP1"), None, False),
        ("cn", {}, None, False),
    ],
)
def test_a00_fr_405_a_certificate_fits_by_the_rule_of_its_listener(rule, certificate, serial, fits):
    assert tls.names_match(certificate, rule, "CP1", serial) is fits


@pytest.mark.parametrize("kind", ["ECDSA", "RSA"])
def test_the_expiry_of_a_certificate_is_what_openssl_reads(pki, kind):
    pair = pki.pair("x", "localhost", kind=kind)
    read = ssl._ssl._test_decode_cert(str(pair.cert_file))["notAfter"]
    assert tls.expires_at(pair.cert_file) == ssl.cert_time_to_seconds(read)
    assert tls.expires_at(pair.cert_file) > datetime.now(UTC).timestamp()


@pytest.mark.parametrize("kind", ["ECDSA", "RSA"])
def test_the_subject_of_a_certificate_is_its_common_name_or_its_dns_names(pki, kind):
    pair = pki.pair("x", "localhost", kind=kind)
    read = ssl._ssl._test_decode_cert(str(pair.cert_file))
    names = [value for group in read["subject"] for key, value in group if key == "commonName"]
    others = [value for key, value in read.get("subjectAltName", ()) if key == "DNS"]
    assert tls.subject_of(pair.cert_file) == (names[-1] if names else ", ".join(others))
    assert tls._dns_names(tls._fields(pair.cert_file)) == others


@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----", b"\xff"])
def test_a_file_that_is_no_certificate_is_named(tmp_path, content):
    path = tmp_path / "cert.pem"
    path.write_bytes(content)
    with pytest.raises(tls.CertificateProblem, match=r"cert\.pem"):
        tls.expires_at(path)
    with pytest.raises(tls.CertificateProblem, match=r"cert\.pem"):
        tls.subject_of(path)
    with pytest.raises(tls.CertificateProblem, match=r"cert\.pem"):
        tls.server_context(listener(certificates=(CertificateFiles(cert_file=path, key_file=path),)))
    with pytest.raises(tls.CertificateProblem, match=r"cert\.pem"):
        tls.client_context(CsmsSettings(name="a", url="wss://b", ca_file=path))


def test_missing_files_and_a_key_that_does_not_belong_are_named(pki, tmp_path):
    one, other = pki.pair("one", "a"), pki.pair("other", "b")
    for pair in (
        CertificateFiles(cert_file=tmp_path / "none.pem", key_file=one.key_file),
        CertificateFiles(cert_file=one.cert_file, key_file=other.key_file),
    ):
        with pytest.raises(tls.CertificateProblem, match=pair.cert_file.name):
            tls.server_context(listener(certificates=(pair,)))
    with pytest.raises(tls.CertificateProblem, match="client_ca_file"):
        tls.server_context(listener(security_profile=3, certificates=(one,)))
