"""Who waits for the end of an own CALL, and for what it makes the station send."""

import itertools
from collections.abc import Callable
from typing import Final, NamedTuple

import trio

from routing.observations import FollowUpArrived, OwnCallEnded

FollowUpTaker = Callable[[FollowUpArrived], None]
WAITS_S: Final = 60.0
"""So long an own CALL may wait for its turn, where its own patience is not known here."""


class OwnCalls:
    """Tokens to those who wait. Bounded by the CALLs under way and by the time follow-ups are expected."""

    def __init__(self) -> None:
        self._tokens = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        self._follow_ups: dict[int, _Expecting] = {}

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

    def expect(self, token: int, taker: FollowUpTaker, within_s: float, *, waits_s: float = WAITS_S) -> None:
        """Hand follow-ups of this CALL to `taker` for as long as the router may keep one from the CSMS.

        That is `within_s` from its sending on (`waits_s` at most from now), and again from every part of a report.
        `forget_later` must be run.
        """
        time = trio.CancelScope(deadline=trio.current_time() + waits_s + within_s)
        self._follow_ups[token] = _Expecting(taker, within_s, time)

    async def forget_later(self, token: int) -> None:
        """Expect no more follow-ups of this CALL when their time is over."""
        try:
            with self._follow_ups[token].time:
                await trio.sleep_forever()
        finally:
            del self._follow_ups[token]

    def taker_of(self, token: int) -> FollowUpTaker | None:
        """Who wants the follow-up of this CALL that has just come; the next part has its full time again."""
        expecting, now = self._follow_ups.get(token), trio.current_time()
        if expecting is None or expecting.time.deadline <= now:
            return None
        expecting.time.deadline = max(expecting.time.deadline, now + expecting.within_s)
        return expecting.taker


class _Expecting(NamedTuple):
    taker: FollowUpTaker
    within_s: float
    time: trio.CancelScope


class _Waiting:
    __slots__ = ("end", "over")

    def __init__(self) -> None:
        self.over = trio.Event()
        self.end: OwnCallEnded | None = None
