"""The throw-away certificate: OpenSSL's own verdict on hand-made DER."""

import ssl

import pytest
import trio
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from localctl.demo.certificate import G, N, _times, make_certificate

GOOD_FOR = ("127.0.0.1", "localhost")


async def handshake(server, client, name):
    """TLS over memory streams."""
    ours, theirs = trio.testing.memory_stream_pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.SSLStream(theirs, server, server_side=True).do_handshake)
        await trio.SSLStream(ours, client, server_hostname=name).do_handshake()


@pytest.mark.parametrize("name", GOOD_FOR)
async def test_a_strict_client_that_trusts_it_shakes_hands(tmp_path, name):
    certificate, key = make_certificate(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    client = ssl.create_default_context(cafile=certificate)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    await handshake(server, client, name)


def test_the_signature_and_the_names_are_valid(tmp_path):
    certificate, _ = make_certificate(tmp_path)
    read = x509.load_pem_x509_certificate(certificate.read_bytes())
    read.verify_directly_issued_by(read)
    assert isinstance(read.public_key(), ec.EllipticCurvePublicKey)
    assert read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    ) == ["localhost"]


def test_every_certificate_has_its_own_key_that_only_the_owner_reads(tmp_path):
    (tmp_path / "other").mkdir()
    _, one = make_certificate(tmp_path)
    _, other = make_certificate(tmp_path / "other")
    assert one.read_text() != other.read_text()
    assert one.stat().st_mode & 0o077 == 0


def test_multiples_of_the_base_point_are_those_of_the_standard():
    for factor in (1, 2, 3, 112233445566778899, N - 1):
        numbers = ec.derive_private_key(factor, ec.SECP256R1()).public_key().public_numbers()
        assert _times(factor, G) == (numbers.x, numbers.y)
