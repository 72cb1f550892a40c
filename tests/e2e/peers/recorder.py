"""A connection that reports every text it sends and receives, so that both ends' records can be compared."""

from tests.e2e.peers.lines import emit


class Recorder:
    """Stands between an `ocpp` ChargePoint and its `websockets` connection."""

    def __init__(self, conn, ws):
        self.conn, self.ws = conn, ws

    async def recv(self):
        """The next text."""
        text = await self.ws.recv()
        emit("received", conn=self.conn, text=text)
        return text

    async def send(self, text):
        """Send a text."""
        emit("sent", conn=self.conn, text=text)
        await self.ws.send(text)
