"""Ports that open, shut and open again."""

import socket
import ssl
from contextlib import suppress

import pytest
import trio

from localctl.demo.certificate import make_certificate
from localctl.demo.door import HOST, Address, Door, free_ports


async def echo(stream):
    """Say back what is heard."""
    async with stream:
        async for chunk in stream:
            await stream.send_all(chunk)


async def ended(stream):
    """Whether the other side is gone, politely or not."""
    async with stream:
        try:
            return not await stream.receive_some()
        except trio.BrokenResourceError:
            return True


async def test_a_shut_door_drops_its_connections_and_opens_again_on_the_same_port():
    door = Door(echo)
    async with trio.open_nursery() as nursery:
        await nursery.start(door.stay_open)
        address = Address(port=door.port)
        stream = await address.dial()
        await stream.send_all(b"hello")
        assert await stream.receive_some() == b"hello"
        door.shut()
        assert await ended(stream)
        assert not door.is_open
        with pytest.raises(OSError, match="connect"):
            await address.dial()
        await nursery.start(door.stay_open)
        assert (door.is_open, door.port) == (True, address.port)
        await (await address.dial()).aclose()
        nursery.cancel_scope.cancel()


async def test_dialling_over_tls_trusts_the_given_authority_and_no_other(tmp_path):
    certificate, key = make_certificate(tmp_path)
    (tmp_path / "other").mkdir()
    stranger, _ = make_certificate(tmp_path / "other")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def secure_echo(stream):
        with suppress(trio.BrokenResourceError):
            await echo(trio.SSLStream(stream, context, server_side=True))
        await trio.aclose_forcefully(stream)

    door = Door(secure_echo)
    async with trio.open_nursery() as nursery:
        await nursery.start(door.stay_open)
        async with await Address(port=door.port, ca_file=certificate).dial() as stream:
            await stream.send_all(b"hello")
            assert await stream.receive_some() == b"hello"
        with pytest.raises(OSError, match="no TLS"):
            await Address(port=door.port, ca_file=stranger).dial()
        nursery.cancel_scope.cancel()


def test_a_taken_port_is_not_called_free():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_ports(port) != [port]
    assert free_ports(port) == [port]
    assert len(set(free_ports(port, port, 0, 0))) == 4
