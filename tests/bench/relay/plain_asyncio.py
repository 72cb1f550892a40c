"""The plainest possible relay on `websockets` under asyncio: frames in, frames out, nothing read."""

import asyncio
import gc
import ssl
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.connection import Connection
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed


async def pump(source: Connection, sink: Connection) -> None:
    """Copy until either end is gone."""
    try:
        async for message in source:
            await sink.send(message)
    except ConnectionClosed:
        pass
    await sink.close()


async def main(port: int, csms: str, certificate: str) -> None:
    """Listen until killed."""
    gc.set_threshold(100_000, 20, 100)

    async def station(down: ServerConnection) -> None:
        async with connect(
            csms + down.request.path, subprotocols=[down.subprotocol], compression=None, proxy=None, ping_interval=None
        ) as up:
            await asyncio.gather(pump(down, up), pump(up, down))

    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
    options = {"subprotocols": ["ocpp2.0.1"], "compression": None, "ping_interval": None, "open_timeout": 60}
    async with serve(station, "127.0.0.1", port, ssl=context, backlog=4096, **options):
        await asyncio.Future()


asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ""))
