"""The hand of commissioning: asks a station what a trial wants to know, over the same line as every order.

What a station sends because it was asked for its meter goes to the charging core and no further: the CSMS did not ask.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

import msgspec
import trio

from localctl.charging.commissioning.stages import Ask, Deed, Done, LetGo, Part, Ping
from localctl.charging.dispatching.answers import Verdict, outcome
from routing.events import FollowUp
from routing.observations import FollowUpArrived, OwnCallEnded

PAUSE_S: Final = 2.0
"""Between two looks at a station's meter."""
TIMEOUT_S: Final = 15.0
FOLLOWS_WITHIN_S: Final = 30.0


class Call(Protocol):
    """How the box asks a station something, and takes what it sends because of that (`net.pump.Switchboard.call`)."""

    async def __call__(
        self,
        identity: str,
        action: str,
        payload: str,
        *,
        timeout_s: float | None = ...,
        follow_up: FollowUp | None = ...,
        on_follow_up: Callable[[FollowUpArrived], None] | None = ...,
    ) -> OwnCallEnded: ...


class Wires(Protocol):
    """What can be tried on a connection itself (`net.wires.Wires`)."""

    async def ping(self, identity: str, within_s: float) -> bool | None: ...
    def let_go(self, identity: str, *, close: bool) -> bool: ...


class StationHand:
    """`heard` takes the MeterValues that a station sends when it is asked for them: identity and payload."""

    def __init__(self, call: Call, wires: Wires, heard: Callable[[str, object], None]) -> None:
        self._call, self._wires, self._heard = call, wires, heard

    async def do(self, identity: str, deed: Deed) -> Done:
        """Do it, and say what came of it."""
        match deed:
            case Ask(reads_meter=None):
                return _done(await self._call(identity, deed.action, deed.payload, timeout_s=TIMEOUT_S))
            case Ask():
                return await self._read(identity, deed)
            case Ping():
                return Done(taken=await self._wires.ping(identity, deed.within_s))
            case Part():
                return Done(taken=self._wires.let_go(identity, close=deed.how is LetGo.CLOSE))

    async def _read(self, identity: str, deed: Ask) -> Done:
        await trio.sleep(PAUSE_S)
        ended = await self._call(
            identity,
            deed.action,
            deed.payload,
            timeout_s=TIMEOUT_S,
            follow_up=FollowUp(action="MeterValues", evse_id=deed.reads_meter, within_s=FOLLOWS_WITHIN_S),
            on_follow_up=lambda news: self._heard(identity, _decoded(news.payload)),
        )
        return _done(ended)


def _done(ended: OwnCallEnded) -> Done:
    """Read the end: a status other than Accepted and a plain refusal are a no; an answer without a status is a yes."""
    answer = _decoded(ended.answer)
    end = outcome(ended.verdict, answer, ended.error_code)
    if ended.verdict == "result" and isinstance(answer, dict) and "status" not in answer:
        return Done(taken=True, answer=answer)
    return Done(taken={Verdict.ACCEPTED: True, Verdict.REFUSED: False}.get(end.verdict), answer=answer)


def _decoded(payload: bytes) -> Any:  # noqa: ANN401 - a peer's JSON can be anything
    try:
        return msgspec.json.decode(payload) if payload else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
