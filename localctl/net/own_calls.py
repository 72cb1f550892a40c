"""Who waits for the end of an own CALL, and for what it makes the station send."""

import itertools
from collections.abc import Callable

import trio

from routing.observations import FollowUpArrived, OwnCallEnded

FollowUpTaker = Callable[[FollowUpArrived], None]


class OwnCalls:
    """Tokens to those who wait. Bounded by the CALLs under way and by the time follow-ups are expected."""

    def __init__(self) -> None:
        self._tokens = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._follow_ups: dict[int, FollowUpTaker] = {}

    def new_token(self) -> int:
        """A number that no other own CALL has."""
        return next(self._tokens)

    async def ended(self, token: int, ask: Callable[[], None]) -> OwnCallEnded:
        """Ask, then wait for the end; may be cancelled."""
        waiting = self._waiting[token] = _Waiting()
        try:
            ask()
            await waiting.over.wait()
        finally:
            del self._waiting[token]
        assert waiting.end is not None
        return waiting.end

    def end(self, ended: OwnCallEnded) -> None:
        """An own CALL is over. What comes late has nobody waiting any more."""
        waiting = self._waiting.get(ended.token)
        if waiting is not None and waiting.end is None:
            waiting.end = ended
            waiting.over.set()

    def expect(self, token: int, taker: FollowUpTaker) -> None:
        """Hand follow-ups of this CALL to `taker`, until `forget_later` has run."""
        self._follow_ups[token] = taker

    async def forget_later(self, token: int, within_s: float) -> None:
        """Expect no more follow-ups of this CALL after so long."""
        try:
            await trio.sleep(within_s)
        finally:
            del self._follow_ups[token]

    def taker_of(self, token: int) -> FollowUpTaker | None:
        """Who wants the follow-ups of this CALL."""
        return self._follow_ups.get(token)


class _Waiting:
    __slots__ = ("end", "over")

    def __init__(self) -> None:
        self.over = trio.Event()
        self.end: OwnCallEnded | None = None
