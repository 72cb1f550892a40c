"""The plainest possible relay on trio-websocket that one bad peer cannot kill: frames in, frames out, nothing read."""

import gc
import sys
from functools import partial

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, connect_websocket_url
from wsproto import ConnectionType, WSConnection


async def pump(source: WebSocketConnection, sink: WebSocketConnection, scope: trio.CancelScope) -> None:
    """Copy until either end is gone."""
    try:
        while True:
            await sink.send_message(await source.get_message())
    except ConnectionClosed:
        scope.cancel()


async def serve(csms: str, stream: trio.abc.Stream) -> None:
    """One station: upgrade it, dial the CSMS, copy both ways; whatever goes wrong stays here."""
    try:
        async with trio.open_nursery() as nursery:
            down = WebSocketConnection(stream, WSConnection(ConnectionType.SERVER))
            nursery.start_soon(down._reader_task)
            request = await down._get_request()
            up = await connect_websocket_url(nursery, csms + request.path, subprotocols=request.proposed_subprotocols)
            await request.accept(subprotocol=up.subprotocol)
            nursery.start_soon(pump, up, down, nursery.cancel_scope)
            nursery.start_soon(pump, down, up, nursery.cancel_scope)
    except* Exception:
        pass
    finally:
        await trio.aclose_forcefully(stream)


async def main(port: int, csms: str, certificate: str) -> None:
    """Listen until killed."""
    gc.set_threshold(100_000, 20, 100)
    handler = partial(serve, csms)
    if certificate:
        import ssl

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        await trio.serve_ssl_over_tcp(handler, port, context, host="127.0.0.1", backlog=4096, https_compatible=True)
    else:
        await trio.serve_tcp(handler, port, host="127.0.0.1", backlog=4096)


trio.run(main, int(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "")
