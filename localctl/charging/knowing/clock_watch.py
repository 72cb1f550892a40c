"""How far a station's clock is off, and which of its messages are fresh (quirks 20 and 21).

Local time labelled as UTC makes every stamp hours wrong; a backlog makes stamps old by months. The two look alike in
one message. So the offset is learnt from messages that are surely made when they are sent (StatusNotification, online
TransactionEvents), or from two others that agree although half a minute lies between them, which no dumped backlog
does. A message whose stamp does not fit the offset is history: it is kept for the record and moves nothing.

A boot may set a clock, so the first stamps after it are believed like those of a new station. Until one comes the clock
counts as it was: a schedule for a clock that turns out to be an hour behind would not have begun, and limit nothing.
"""

from dataclasses import dataclass, replace
from typing import Final

FRESH_S: Final = 90.0
PLAUSIBLE_S: Final = 120.0
AGREE_S: Final = 10.0
APART_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockWatch:
    """`off_s`: how far the clock is ahead, None while not known. `guess` is (offset, when seen), to be confirmed.

    `before_s` is how far it was ahead before the station booted, until its clock is known again.
    """

    off_s: float | None = None
    guess: tuple[float, float] | None = None
    before_s: float | None = None

    @property
    def last_s(self) -> float | None:
        """How far it was ahead when it was last known; None for a clock nobody ever saw."""
        return self.before_s if self.off_s is None else self.off_s


def booted(watch: ClockWatch) -> ClockWatch:
    """The station started: its clock may have been set, and may not."""
    return ClockWatch(before_s=watch.last_s)


def moved(watch: ClockWatch, by_s: float) -> ClockWatch:
    """Our own clock was set: theirs is so much further ahead."""
    guess = None if watch.guess is None else (watch.guess[0] + by_s, watch.guess[1] - by_s)
    off_s = None if watch.off_s is None else watch.off_s + by_s
    return ClockWatch(off_s=off_s, guess=guess, before_s=None if watch.before_s is None else watch.before_s + by_s)


def shown(watch: ClockWatch, off_s: float, now: float, *, sure: bool) -> ClockWatch:
    """Take in one time stamp."""
    if sure or (watch.off_s is not None and abs(off_s - watch.off_s) <= AGREE_S):
        return ClockWatch(off_s=off_s)
    if watch.guess is not None and abs(off_s - watch.guess[0]) <= AGREE_S:
        # Keep the first sighting until enough time lies between both.
        return watch if now - watch.guess[1] < APART_S else ClockWatch(off_s=off_s)
    return replace(watch, guess=(off_s, now))


def fresh(watch: ClockWatch, off_s: float | None) -> bool:
    """True for a message made about when it was received; one without a stamp is believed."""
    if off_s is None:
        return True
    if watch.off_s is None:
        return abs(off_s) <= PLAUSIBLE_S
    return abs(off_s - watch.off_s) <= FRESH_S
