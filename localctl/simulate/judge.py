"""Who is to blame for an ampere above a limit, and which of them nobody could have prevented.

A fuse allows no excuse but a liar: a station that draws more than its own profiles allow counts as a liar until the
controller had the time to notice (three meter readings) and for as long as nothing else is left to be cut. A limit that
somebody has just set may be exceeded for the time that an order and the cars' reaction take, and by those stations
that cannot be told: offline, refusing, deaf. Everything else is a fault of the controller.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Final

SLACK_A: Final = 1.0
SLACK_PART: Final = 0.05
"""A station may be so much above its limit before anybody can call it a liar."""
NOTICE_S: Final = 15.0
READINGS: Final = 4


class Cause(StrEnum):
    """Why a limit was exceeded. Only `FAULT` is the controller's."""

    FAULT = "fault"
    REACTION = "reaction"
    UNREACHABLE = "unreachable"
    LIAR = "liar"
    MEDDLED = "meddled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grace:
    """The times that physics and protocol need, in seconds.

    `reaction_s`: how long a car may take to follow. `order_s`: from an event to the order at the station. `meter_s`:
    between two meter readings. `repair_s`: to notice and undo what a CSMS did to our profiles.
    """

    reaction_s: float = 5.0
    order_s: float = 10.0
    meter_s: float = 60.0
    repair_s: float = 30.0

    @property
    def follow_s(self) -> float:
        """From an unforeseen limit to the cars."""
        return self.reaction_s + self.order_s

    @property
    def notice_s(self) -> float:
        """Until a liar is found out and the others have made room."""
        return NOTICE_S + READINGS * self.meter_s + self.follow_s


@dataclass(slots=True, kw_only=True)
class Standing:
    """What the judge knows of one station. `hindrances` are the reasons why no order reaches it now.

    `betrayed`: its meter tells the truth; a liar whose meter lies too, or is silent, need not be found out.
    """

    hindrances: set[str] = field(default_factory=set)
    free_since: float = -inf
    lying_since: float | None = None
    meddled_until: float = -inf
    betrayed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One station's part of a spot at a moment: amperes (or watts) there, and how much of it its profiles forbid."""

    amount: float
    forbidden: float = 0.0


class Judge:
    """Keeps the standing of every station; `split` is the verdict on one excess."""

    def __init__(self, grace: Grace) -> None:
        self.grace = grace
        self._stations: dict[str, Standing] = {}

    def standing(self, identity: str) -> Standing:
        """What is known of a station."""
        return self._stations.setdefault(identity, Standing())

    def hinder(self, identity: str, why: str) -> None:
        """From now on no order reaches this station."""
        self.standing(identity).hindrances.add(why)

    def free(self, identity: str, why: str, now: float) -> None:
        """This reason is over."""
        standing = self.standing(identity)
        if why in standing.hindrances:
            standing.hindrances.discard(why)
            standing.free_since = now

    def meddled(self, identity: str, now: float) -> None:
        """The CSMS changed this station's profiles."""
        self.standing(identity).meddled_until = now + self.grace.repair_s

    def heard(self, identity: str, drawn_a: float, allowed_a: float, now: float) -> None:
        """Follow a station's obedience: amperes of all its EVSEs and what its own profiles allow them."""
        standing = self.standing(identity)
        if drawn_a <= allowed_a + max(SLACK_A, SLACK_PART * allowed_a):
            standing.lying_since = None
        elif standing.lying_since is None:
            standing.lying_since = now

    def can_obey(self, identity: str, now: float) -> bool:
        """True when orders have reached this station for long enough."""
        standing = self.standing(identity)
        return not standing.hindrances and now >= standing.free_since + self.grace.follow_s

    def split(
        self, over: float, draws: Mapping[str, Draw], now: float, *, hard: bool, excused_until: float
    ) -> dict[Cause, float]:
        """An excess by cause. `draws` is what every station takes there."""
        parts: dict[Cause, float] = {}
        left = over - self._lies(over, draws, now, parts)
        meddled = sum(draw.amount for name, draw in draws.items() if now < self.standing(name).meddled_until)
        left -= _take(parts, Cause.MEDDLED, min(left, meddled))
        if not hard and now < excused_until:
            left -= _take(parts, Cause.REACTION, left)
        if not hard:
            left -= _take(parts, Cause.UNREACHABLE, max(0.0, left - self._obedient(draws, now)))
        _take(parts, Cause.FAULT, left)
        return parts

    def _lies(self, over: float, draws: Mapping[str, Draw], now: float, parts: dict[Cause, float]) -> float:
        fresh = known = 0.0
        for name, draw in draws.items():
            if draw.forbidden > 0 and self._is_known(name, now):
                known += draw.forbidden
            else:
                fresh += draw.forbidden
        taken = _take(parts, Cause.LIAR, min(over, fresh))
        # A liar that is known has to be made room for by everybody who can be told.
        excess = min(over - taken, known)
        return taken + _take(parts, Cause.LIAR, max(0.0, excess - self._obedient(draws, now)))

    def _is_known(self, name: str, now: float) -> bool:
        """True for a liar that has shown itself for long enough; nobody sees the meter of one that is away."""
        standing = self.standing(name)
        if standing.lying_since is None or standing.hindrances or not standing.betrayed:
            return False
        return now >= max(standing.lying_since, standing.free_since) + self.grace.notice_s

    def _obedient(self, draws: Mapping[str, Draw], now: float) -> float:
        return sum(draw.amount for name, draw in draws.items() if not draw.forbidden and self.can_obey(name, now))


def _take(parts: dict[Cause, float], cause: Cause, amount: float) -> float:
    if amount > 0:
        parts[cause] = parts.get(cause, 0.0) + amount
    return max(0.0, amount)
