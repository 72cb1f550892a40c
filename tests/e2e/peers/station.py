"""Scripted Charging Stations on the `websockets` package (asyncio): `python -m tests.e2e.peers.station`.

One process carries as many stations as a test wants, each under the name the test gives it:

    {"do": "connect", "conn": "a", "url": "ws://…/CP%2F1", "subprotocols": ["ocpp1.6"], "compression": "deflate",
     "headers": [["Authorization", "Basic …"]], "ca": null, "cert": null, "key": null, "first": null}
        -> {"event": "opened", …} or {"event": "refused", "status": 401, …} or {"event": "failed", "why": …}
    {"do": "reply", "replies": {id: text}}      and  {"do": "reply", "by_action": {"Reset": "{…}"}}
    {"do": "send" | "play" | "ping" | "pause" | "resume" | "close" | "abort", "conn": "a", …}    see talk.py

`first` is a text that is sent in the same breath as the handshake ends. A name may connect again: what is said then
goes over the newer connection.
"""

import asyncio
import ssl

from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from tests.e2e.peers.lines import emit, obeyed
from tests.e2e.peers.talk import Talks


def client_tls(command):
    """TLS as the command asks: trust in one authority and, for profile 3, a certificate of our own."""
    if command.get("ca") is None:
        return None
    context = ssl.create_default_context(cafile=command["ca"])
    if command.get("cert") is not None:
        context.load_cert_chain(command["cert"], command.get("key"))
    return context


class Stations:
    """The stations of this process and what they answer."""

    def __init__(self):
        self.talks = Talks()

    async def connect(self, command):
        """Dial as the command says and stay on the line; report how it went."""
        conn = command["conn"]
        try:
            ws = await connect(
                command["url"],
                subprotocols=command.get("subprotocols") or None,
                compression=command.get("compression", "deflate"),
                additional_headers=[(key, value) for key, value in command.get("headers", [])],
                ssl=client_tls(command),
                open_timeout=command.get("within_s", 20),
                user_agent_header=None,
                proxy=None,
                ping_interval=None,
                max_size=16 * 1024 * 1024,
            )
        except InvalidStatus as refusal:
            answer = refusal.response
            headers = list(answer.headers.raw_items())
            emit("refused", conn=conn, status=answer.status_code, headers=headers, body=answer.body.decode())
            return
        except (OSError, InvalidHandshake, EOFError) as why:
            emit("failed", conn=conn, why=repr(why))
            return
        if command.get("first") is not None:
            await ws.send(command["first"])
        await self.stay(conn, ws)

    async def stay(self, conn, ws):
        """One connection from its handshake to its end."""
        talk = self.talks.begin(conn, ws)
        emit(
            "opened",
            conn=conn,
            subprotocol=ws.subprotocol,
            extensions=[extension.name for extension in ws.protocol.extensions],
            headers=list(ws.response.headers.raw_items()),
        )
        await talk.listen()

    async def obey(self, command):
        """Carry out one command of the test."""
        match command:
            case {"do": "connect"}:
                await self.connect(command)
            case _:
                await self.talks.obey(command)


if __name__ == "__main__":
    asyncio.run(obeyed(Stations().obey))
