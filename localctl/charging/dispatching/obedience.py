"""Does a station follow its orders? Judged by its meter, because "Accepted" proves nothing (quirks 22, 23, 27).

A sample disobeys when it is above everything the station was told in the last 15 s, by more than 1 A or 5 %,
whichever is more; by 12 % where it is a power by a voltage that nobody measured: a grid 10 % above nominal is in order
(EN 50160), and shows as much more current than flows.

Three in a row and the station is distrusted: from then on it counts at its rating. It is trusted again after ten
samples in a row in which a limit clearly below the rating was felt (drawing close to it) and kept.
"""

from dataclasses import dataclass, replace
from typing import Final

SETTLE_S: Final = 15.0
SLACK_A: Final = 1.0
SLACK_PART: Final = 0.05
SLACK_PART_OF_POWER: Final = 0.12
TO_DISTRUST: Final = 3
TO_TRUST: Final = 10
FELT_WITHIN_A: Final = 2.0
MOST_REMEMBERED: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Obedience:
    """How one EVSE behaved lately. `high` holds (instant, amperes) of what it was told, the last 15 s."""

    high: tuple[tuple[float, float], ...] = ()
    over: int = 0
    kept: int = 0
    distrusted: bool = False


def entitled_to(record: Obedience, amps: float, now: float, fresh_s: float = 0.0) -> Obedience:
    """Remember what may be drawn as of now, for as long as a car may take to follow and a reading may be old."""
    if record.high and record.high[-1][1] == amps:
        return record
    # An entry holds until the next one begins, so the last one before the window still counts.
    old = [at for at, _ in record.high if at <= now - SETTLE_S - fresh_s]
    kept = [pair for pair in record.high if not old or pair[0] >= old[-1]]
    return replace(record, high=(*thinned(kept), (now, amps)))


def thinned(high: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Bounded: neighbours closest in time become one at their highest, so a high is soon forgotten all the same."""
    while len(high) >= MOST_REMEMBERED:
        at = min(range(len(high) - 1), key=lambda i: high[i + 1][0] - high[i][0])
        high = [*high[:at], (high[at][0], max(high[at][1], high[at + 1][1])), *high[at + 2 :]]
    return high


def sampled(
    record: Obedience,
    drawn_a: float,
    now: float,
    *,
    rating_a: float,
    since_at: float | None = None,
    slack_part: float = SLACK_PART,
) -> Obedience:
    """One meter sample, the highest phase in amperes; of a sum `since_at` is when the oldest part was taken."""
    if not record.high:
        return record
    # Each entry holds until the next begins; those over for longer than a car takes no longer excuse it.
    begin_at = (now if since_at is None else since_at) - SETTLE_S
    ends = [*(at for at, _ in record.high[1:]), now]
    limit_a = max(amps for (_, amps), end_at in zip(record.high, ends, strict=True) if end_at > begin_at)
    if drawn_a > limit_a + slack_of(limit_a, slack_part):
        over = record.over + 1
        return replace(record, over=over, kept=0, distrusted=record.distrusted or over >= TO_DISTRUST)
    kept = record.kept + is_felt(record.high[-1][1], drawn_a, rating_a, slack_part)
    return replace(record, over=0, kept=min(kept, TO_TRUST), distrusted=record.distrusted and kept < TO_TRUST)


def slack_of(limit_a: float, part: float = SLACK_PART) -> float:
    """What a meter may be wrong by."""
    return max(SLACK_A, part * limit_a)


def is_felt(limit_a: float, drawn_a: float, rating_a: float, slack_part: float) -> bool:
    """Whether only the limit can have kept the car from drawing more: it is close to it, and could do more."""
    slack_a = slack_of(limit_a, slack_part)
    return max(SLACK_A, limit_a - FELT_WITHIN_A) < drawn_a <= limit_a + slack_a < rating_a
