"""Limits over time: what each node may carry, from when to when, and which source says so.

A source (an EMS, the system operator, a CSMS, a configured schedule) gives one node a list of steps. Three things look
alike and are not: *no limit* (None: the source sets none), *zero* (nothing may flow), and *stale* (the source has not
been heard for too long, or its schedule ended: its configured fallback holds; never "infinite" by accident).

Values are amperes per phase, watts in total, or a group's own total. Instants are seconds since 1970; a step holds from
its instant to the next step's. Everything is exact at the change points: nothing is sampled.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from math import inf, isnan

from localctl.charging.base.phases import PHASES, PerPhase
from localctl.charging.tree.rows import POWER, SUM
from localctl.charging.tree.topology import Path

Key = tuple[Path, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """What a source says at one moment. A field that is None limits nothing; 0 lets nothing flow."""

    a: PerPhase = (None, None, None)
    w: float | None = None
    total: float | None = None

    def on(self, phase: str) -> float | None:
        """The value for L1 to L3, "W" or "sum". What is not a number or below 0 counts as 0."""
        value = self.w if phase == POWER else self.total if phase == SUM else self.a[PHASES.index(phase)]
        return None if value is None else 0.0 if isnan(value) else max(0.0, value)


NO_LIMIT = Cap()


class State(Enum):
    """Whether a source's own word holds, or its fallback, and why."""

    LIVE = "live"
    STALE = "stale"
    ENDED = "ended"


class Covers(Enum):
    """Whether a limit is on all that flows through the node, or on charging alone."""

    ALL = "all"
    CHARGING = "charging"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From this instant on, this cap."""

    at: float
    cap: Cap


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source's word about one node.

    `valid_until`: when the word ends by itself; then `fallback` holds. `stale_after_s`: how long it holds without
    being heard again (`heard_at`, None: not heard yet, so stale from the start); None for what never gets stale.
    """

    name: str
    node: Path
    steps: tuple[Step, ...]
    valid_until: float | None = None
    heard_at: float | None = None
    stale_after_s: float | None = None
    fallback: Cap = NO_LIMIT
    covers: Covers = Covers.ALL

    def stale_at(self) -> float:
        """The instant its silence makes it stale: infinity for one that never gets stale."""
        if self.stale_after_s is None:
            return inf
        return -inf if self.heard_at is None else self.heard_at + self.stale_after_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a source says from `since` to `until`, and whether that is its own word or its fallback."""

    since: float
    until: float
    cap: Cap
    state: State


def words(source: Source, now: float, *, foresee_silence: bool = False) -> Iterator[Word]:
    """The source's words, in order, from the beginning of time to its end.

    Staleness is judged at `now`: a source heard recently is expected to stay so, for whoever asks runs again when it
    does not. With `foresee_silence` the fallback is written where it would begin if nothing more were heard.
    """
    ends = inf if source.valid_until is None else source.valid_until
    stale = source.stale_at()
    if stale > now and not foresee_silence:
        stale = inf
    own_until = min(ends, stale)
    state = State.ENDED if ends <= stale else State.STALE
    steps = sorted(source.steps, key=lambda step: step.at)
    begins = [-inf, *(step.at for step in steps)]
    caps = [NO_LIMIT, *(step.cap for step in steps)]
    for since, until, cap in zip(begins, [*begins[1:], inf], caps, strict=True):
        if since < min(until, own_until):
            yield Word(since=since, until=min(until, own_until), cap=cap, state=State.LIVE)
    if own_until < inf:
        yield Word(since=own_until, until=inf, cap=source.fallback, state=state)
