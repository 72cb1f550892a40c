"""OCPP-J for the demo's two ends: one CALL at a time, answers by id, everything on tape. Written for the demo alone."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import trio

from localctl.demo.tape import Tape
from localctl.demo.wire import Gone, Line

CALL, CALLRESULT, CALLERROR, SEND = 2, 3, 4, 6
ANSWER_WITHIN_S = 30.0

Json = dict[str, Any]
"""A payload, as JSON reads it."""


class Fault(Exception):
    """The other side's CALL cannot be done: an OCPP error code, and a sentence."""

    def __init__(self, code: str, description: str = "") -> None:
        super().__init__(f"{code}: {description}")
        self.code, self.description = code, description


Handler = Callable[[str, Json], Json]
"""Action and payload in, payload of the answer out; `Fault` becomes a CALLERROR."""


class Conversation:
    """One connection's CALLs, both ways. `listen` has to run beside the callers."""

    def __init__(self, wire: Line, tape: Tape, handle: Handler, *, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._wire, self._tape, self._handle, self._answer_within_s = wire, tape, handle, answer_within_s
        self._turn = trio.StrictFIFOLock()
        self._waiting: dict[str, trio.MemorySendChannel[Json | Fault]] = {}
        self.heard = 0

    async def listen(self) -> None:
        """Answer what comes in and hand answers to their callers, until `Gone`."""
        try:
            while True:
                text = await self._wire.receive()
                self.heard += 1
                self._tape.hears(text)
                await self._take(text)
        finally:
            for waiting in self._waiting.values():
                waiting.close()

    async def call(self, action: str, payload: Json, *, call_id: str | None = None) -> Json:
        """Send a CALL when it is our turn and wait for its answer. `Fault` for a CALLERROR, `Gone` for no answer."""
        async with self._turn:
            call_id = call_id or str(uuid.uuid4())
            tell, told = trio.open_memory_channel[Json | Fault](1)
            self._waiting[call_id] = tell
            try:
                await self._send([CALL, call_id, action, payload])
                with trio.fail_after(self._answer_within_s):
                    answer = await told.receive()
            except (trio.TooSlowError, trio.EndOfChannel):
                raise Gone(f"no answer to {action}") from None
            finally:
                del self._waiting[call_id]
        if isinstance(answer, Fault):
            raise answer
        return answer

    async def tell(self, action: str, payload: Json) -> None:
        """Send an unconfirmed message (2.1 SEND)."""
        await self._send([SEND, str(uuid.uuid4()), action, payload])

    async def _send(self, frame: list[object]) -> None:
        text = json.dumps(frame, separators=(",", ":"))
        self._tape.says(text)
        await self._wire.send(text)

    async def _take(self, text: str) -> None:
        try:
            match json.loads(text):
                case [2, str(call_id), str(action), dict(payload)]:
                    await self._answer(call_id, action, payload)
                case [3, str(call_id), dict(payload)] if call_id in self._waiting:
                    self._waiting[call_id].send_nowait(payload)
                case [4, str(call_id), str(code), str(description), _] if call_id in self._waiting:
                    self._waiting[call_id].send_nowait(Fault(code, description))
        except ValueError:
            raise Gone("the other side does not speak JSON") from None

    async def _answer(self, call_id: str, action: str, payload: Json) -> None:
        try:
            await self._send([CALLRESULT, call_id, self._handle(action, payload)])
        except Fault as fault:
            await self._send([CALLERROR, call_id, fault.code, fault.description, {}])
