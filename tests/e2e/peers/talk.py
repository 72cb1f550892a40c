"""One WebSocket as both scripted peers see it: every frame is reported, some are answered, scripts can be played.

A frame is handed on as the text it was received as; only its message type and id are looked at, with the standard
library's `json`, and a frame that cannot be read is reported like any other.
"""

import asyncio
import json

from websockets.exceptions import ConnectionClosed

from tests.e2e.peers.lines import emit

CALL, CALLRESULT, CALLERROR, CALLRESULTERROR, SEND = 2, 3, 4, 5, 6


def kind_and_id(frame):
    """Message type and id of a frame, or (None, None) when it has none."""
    try:
        kind, call_id = json.loads(frame)[:2]
    except (ValueError, TypeError, KeyError):
        return None, None
    return (kind, call_id) if isinstance(call_id, str) else (kind, None)


class Talk:
    """What one end of one connection says and hears.

    `replies` maps a CALL's id to the exact text that answers it; `by_action` maps an action to the payload text of its
    CALLRESULT. A CALL in neither is only reported.
    """

    def __init__(self, conn, ws, *, replies, by_action):
        self.conn, self.ws, self.replies, self.by_action = conn, ws, replies, by_action
        self._answered = {}
        self._open_gate = asyncio.Event()
        self._open_gate.set()

    async def listen(self):
        """Report and answer frames until the connection ends; report how it ended."""
        try:
            async for frame in self.ws:
                self._report(frame)
                await self._answer(frame)
                await self._open_gate.wait()
        except ConnectionClosed:
            pass
        received, sent = self.ws.protocol.close_rcvd, self.ws.protocol.close_sent
        for waiting in self._answered.values():
            waiting.cancel()
        emit(
            "closed",
            conn=self.conn,
            code=self.ws.close_code,
            reason=self.ws.close_reason,
            received=received and received.code,
            sent=sent and sent.code,
        )

    def pause(self):
        """Stop reading: what arrives now piles up in the sockets in between."""
        self._open_gate.clear()

    def resume(self):
        """Read again."""
        self._open_gate.set()

    def _report(self, frame):
        if isinstance(frame, bytes):
            emit("binary", conn=self.conn, hex=frame.hex())
        else:
            emit("frame", conn=self.conn, text=frame)

    async def _answer(self, frame):
        kind, call_id = kind_and_id(frame)
        if kind in (CALLRESULT, CALLERROR) and call_id in self._answered:
            self._answered.pop(call_id).set_result(None)
        if kind != CALL:
            return
        if call_id in self.replies:
            await self.ws.send(self.replies[call_id])
        elif (action := json.loads(frame)[2]) in self.by_action:
            await self.ws.send(f"[3,{json.dumps(call_id)},{self.by_action[action]}]")

    async def play(self, frames, *, within_s):
        """Send each frame; after a CALL wait for its answer before the next, as OCPP asks (FR.01)."""
        try:
            for frame in frames:
                kind, call_id = kind_and_id(frame)
                if kind == CALL:
                    self._answered[call_id] = asyncio.get_running_loop().create_future()
                await self.ws.send(frame)
                if kind == CALL:
                    await asyncio.wait_for(self._answered[call_id], within_s)
            emit("played", conn=self.conn, frames=len(frames))
        except (TimeoutError, asyncio.CancelledError, ConnectionClosed) as why:
            emit("stuck", conn=self.conn, frame=frame, why=repr(why))

    async def obey(self, command):
        """Carry out one command of the test on this connection."""
        match command:
            case {"do": "send", "text": str(text)}:
                await self.ws.send(text)
            case {"do": "send", "pieces": list(pieces)}:
                await self.ws.send(pieces)
            case {"do": "send", "hex": str(data)}:
                await self.ws.send(bytes.fromhex(data))
            case {"do": "play", "frames": list(frames), "within_s": within_s}:
                await self.play(frames, within_s=within_s)
            case {"do": "ping"}:
                await (await self.ws.ping())
                emit("pong", conn=self.conn)
            case {"do": "pause"}:
                self.pause()
            case {"do": "resume"}:
                self.resume()
            case {"do": "close", "code": int(code), "reason": str(reason)}:
                await self.ws.close(code, reason)
            case {"do": "abort"}:
                self.ws.transport.abort()
            case _:
                emit("unknown command", conn=self.conn, command=command)


class Talks:
    """All connections of one process by name, and what the test wants answered on each of them."""

    def __init__(self):
        self.open = {}
        self.replies, self.by_action = {}, {}

    def begin(self, conn, ws):
        """A connection with this name; what is said to the name goes over the newest."""
        self.open[conn] = Talk(conn, ws, replies=self.replies, by_action=self.by_action)
        return self.open[conn]

    async def obey(self, command):
        """Carry out one command of the test."""
        match command:
            case {"do": "reply"}:
                self.replies.update(command.get("replies", {}))
                self.by_action.update(command.get("by_action", {}))
                emit("ready to reply")
            case {"conn": conn} if conn in self.open:
                await self.open[conn].obey(command)
            case _:
                emit("unknown command", command=command)
