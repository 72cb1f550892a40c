"""A scripted CSMS on the `websockets` package (asyncio), in a process of its own: `python -m tests.e2e.peers.csms`.

It says on stdout what it hears and does what stdin asks:

    {"do": "listen", "port": 0, "cert": null, "key": null, "client_ca": null, "compression": "deflate",
     "subprotocols": ["ocpp2.0.1"], "accept_without": false}                -> {"event": "listening", "port": …}
    {"do": "vanish"}                            every connection is cut and the port refuses, until "listen" again
    {"do": "freeze"}                            the whole process stops for a while, as a hung machine does
    {"do": "refuse", "path": "/a", "status": 401, "headers": [["WWW-Authenticate", "Basic"]], "body": "…"}
    {"do": "admit", "path": "/a"}               takes a refusal back; "path": "*" stands for every path
    {"do": "reply", "replies": {id: text}}      and  {"do": "reply", "by_action": {"Heartbeat": "{…}"}}
    {"do": "send" | "play" | "ping" | "pause" | "resume" | "close" | "abort", "conn": "1", …}    see talk.py

Connections are named "1", "2", … in the order in which they opened.
"""

import asyncio
import http
import itertools
import ssl
import time

from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import NegotiationError
from websockets.http11 import Response

from tests.e2e.peers.lines import emit, obeyed
from tests.e2e.peers.talk import Talks


def server_tls(command):
    """TLS as the command asks: none, server only (profile 2), or with client certificates (profile 3)."""
    if command.get("cert") is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(command["cert"], command.get("key"))
    if command.get("client_ca") is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(command["client_ca"])
    return context


def certificate_name(ws):
    """Common name of the client's certificate, if it showed one."""
    peer = ws.transport.get_extra_info("peercert") or {}
    return next((value for rdn in peer.get("subject", ()) for key, value in rdn if key == "commonName"), None)


class Csms:
    """Who may come in, and what is said on each connection."""

    def __init__(self):
        self.server = None
        self.refusals = {}
        self.talks = Talks()
        self.names = map(str, itertools.count(1))
        self.subprotocols, self.accept_without = [], False

    async def listen(self, command):
        """Open the port and say which it is."""
        self.subprotocols = command.get("subprotocols", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
        self.accept_without = command.get("accept_without", False)
        self.server = await serve(
            self.connection,
            "127.0.0.1",
            command.get("port", 0),
            ssl=server_tls(command),
            compression=command.get("compression", "deflate"),
            select_subprotocol=self.choose,
            process_request=self.admission,
            max_size=16 * 1024 * 1024,
            server_header=None,
            ping_interval=None,
        )
        emit("listening", port=self.server.sockets[0].getsockname()[1])

    async def vanish(self):
        """Disappear like a machine that lost its power supply: no close frames, nothing listens."""
        self.server.close(close_connections=False)
        for talk in self.talks.open.values():
            talk.ws.transport.abort()
        await self.server.wait_closed()
        emit("vanished")

    def choose(self, ws, offered):
        """The first version we have that is offered; none in common ends the handshake unless told otherwise."""
        common = next((name for name in self.subprotocols if name in offered), None)
        if common is None and not self.accept_without:
            raise NegotiationError(f"we speak {self.subprotocols}, you offer {offered}")
        return common

    def admission(self, ws, request):
        """Report the upgrade request as it came, and refuse it when the script says so."""
        emit("upgrade", path=request.path, headers=list(request.headers.raw_items()))
        refusal = self.refusals.get(request.path) or self.refusals.get("*")
        if refusal is None:
            return None
        body = refusal.get("body", "").encode()
        headers = Headers([*refusal.get("headers", []), ("Content-Length", str(len(body))), ("Connection", "close")])
        return Response(refusal["status"], http.HTTPStatus(refusal["status"]).phrase, headers, body)

    async def connection(self, ws):
        """One station's connection, from its first frame to its last."""
        conn = next(self.names)
        talk = self.talks.begin(conn, ws)
        emit(
            "connected",
            conn=conn,
            path=ws.request.path,
            subprotocol=ws.subprotocol,
            extensions=[extension.name for extension in ws.protocol.extensions],
            authorization=ws.request.headers.get("Authorization"),
            certificate=certificate_name(ws),
        )
        await talk.listen()
        del self.talks.open[conn]

    async def obey(self, command):
        """Carry out one command of the test."""
        match command:
            case {"do": "listen"}:
                await self.listen(command)
            case {"do": "vanish"}:
                await self.vanish()
            case {"do": "freeze", "for_s": for_s}:
                time.sleep(for_s)  # noqa: ASYNC251 - nothing may run meanwhile, not even the library's pongs
            case {"do": "refuse", "path": path}:
                self.refusals[path] = command
            case {"do": "admit", "path": path}:
                self.refusals.pop(path, None)
            case _:
                await self.talks.obey(command)


if __name__ == "__main__":
    asyncio.run(obeyed(Csms().obey))
