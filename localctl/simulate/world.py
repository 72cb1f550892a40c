"""The electrical truth: what every line of every panel carries at each instant, and how much that is too much.

Told of every change at the moment it happens, so everything is exact at the changes and nothing is sampled. What
exceeds a limit is integrated into ampere-seconds (watt-seconds on a panel's power) and divided by cause (`judge`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Final

from localctl.simulate.in_force import InForce
from localctl.simulate.judge import Cause, Draw, Judge
from localctl.simulate.wiring import LINES, WATTS, Flow, Spot, Wiring

EPSILON: Final = 1e-6
LOOK_S: Final = 1.0
"""While something is exceeded its causes are looked at so often, because they change without a change of current."""
MOST_INCIDENTS: Final = 50
Allowed = Callable[[str, int], float | None]


@dataclass(slots=True, kw_only=True)
class Spent:
    """How one limit of one spot was kept. `peak` is the highest load ever, `closest` the load nearest to its limit."""

    peak: float = 0.0
    closest: float = 0.0
    closest_part: float = 0.0
    closest_limit: float = inf
    closest_at: float = 0.0
    over: dict[Cause, float] = field(default_factory=dict)
    """Ampere-seconds above the limit, by cause."""
    worst_over: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A moment at which a limit was exceeded by the controller's fault."""

    at: float
    spot: Spot
    hard: bool
    load: float
    limit: float


@dataclass(slots=True)
class _Limit:
    """One limit of a spot as it is now."""

    value: float = inf
    excused_until: float = -inf
    spent: Spent = field(default_factory=Spent)


class World:
    """Loads and limits of a site. `allowed` says what a liar's own profiles allow an EVSE; None: it is no liar.

    `loads` are fixed consumers: panel and amperes per line.
    """

    def __init__(
        self,
        wiring: Wiring,
        in_force: InForce,
        judge: Judge,
        *,
        loads: Iterable[tuple[str, tuple[float, ...]]],
        panels: Iterable[str],
        now: float,
        allowed: Allowed = lambda _identity, _evse: None,
    ) -> None:
        self.in_force, self.judge = in_force, judge
        self.spots: tuple[Spot, ...] = tuple((panel, line) for panel in panels for line in (*LINES, WATTS))
        self.flows: Flow = dict.fromkeys(self.spots, 0j)
        self.incidents: list[Incident] = []
        self.on_step: Callable[[float], None] = lambda _now: None
        """Told after every change, with its moment."""
        self._wiring, self._allowed = wiring, allowed
        self._draws: dict[tuple[str, int], tuple[tuple[int, ...], float]] = {}
        self._fuses = {spot: _Limit(_or_inf(in_force.fuse(spot))) for spot in self.spots}
        self._sets = {spot: _Limit() for spot in self.spots}
        self.on_over: Callable[[], None] = lambda: None
        """Told after every change while something is exceeded: call `look` every second then."""
        self._over: dict[Spot, dict[str, Draw]] = {}
        self._liars: set[str] = set()
        self._unseen = True
        self._settled_at = now
        for panel, amps in loads:
            self._add(wiring.of_load(panel, amps), 1.0)
        self.limits_changed(now)

    def drew(self, identity: str, evse: int, conductors: tuple[int, ...], amps: float, now: float) -> None:
        """An EVSE draws so much per conductor from now on."""
        self.settle(now)
        before = self._draws.get((identity, evse))
        if before is not None:
            self._add(self._wiring.of_car(identity, before[0]), -before[1])
        self._draws[identity, evse] = (conductors, amps)
        self._add(self._wiring.of_car(identity, conductors), amps)
        if self._allowed(identity, evse) is not None:
            self._liars.add(identity)
        self._look(now)

    def limits_changed(self, now: float) -> None:
        """Some limit may be another one from now on."""
        self.settle(now)
        for spot, limit in self._sets.items():
            bound = self.in_force.bound(spot, now)
            value = inf if bound is None else bound.value
            if bound is not None and value < limit.value - EPSILON:
                limit.excused_until = max(limit.excused_until, bound.known_at + self.judge.grace.follow_s)
            limit.value = value
        self._look(now)

    def settle(self, now: float) -> None:
        """Bring the account of peaks and of what is exceeded up to `now`; what lasted no time does not count."""
        if self._unseen and now > self._settled_at:
            self._unseen = False
            self._note_peaks(self._settled_at)
        while self._over and self._settled_at < now:
            until = min(now, self._settled_at + LOOK_S)
            for spot, draws in self._over.items():
                self._charge(spot, draws, self._settled_at, until)
            self._settled_at = until
        self._settled_at = now

    def look(self, now: float) -> bool:
        """Settle, and see anew who is to blame, which changes without a change of current; True while it is needed."""
        self.settle(now)
        self._follow_liars(now)
        self._note_over()
        return bool(self._over)

    def load(self, spot: Spot) -> float:
        """Amperes (watts) at a spot now."""
        return abs(self.flows[spot])

    def limit(self, spot: Spot) -> float:
        """The lowest limit of a spot now; infinity where there is none."""
        return min(self._fuses[spot].value, self._sets[spot].value)

    def kept(self, spot: Spot) -> tuple[Spent, Spent]:
        """How the fuse of a spot, and the limits set on it, were kept so far."""
        return self._fuses[spot].spent, self._sets[spot].spent

    def drawn_a(self, identity: str, evse: int) -> float:
        """What an EVSE draws now."""
        known = self._draws.get((identity, evse))
        return 0.0 if known is None else known[1]

    def _add(self, flow: Flow, amps: float) -> None:
        for spot, per_a in flow.items():
            self.flows[spot] += per_a * amps

    def _follow_liars(self, now: float) -> None:
        """What a liar is allowed changes without a change of what it draws: while that is enough it is no liar."""
        for identity in self._liars:
            self.judge.heard(identity, *self._obedience(identity), now)

    def _obedience(self, identity: str) -> tuple[float, float]:
        """What all EVSEs of a liar draw, and what its profiles allow those that draw."""
        drawn_a = allowed_a = 0.0
        for (name, evse), (_, amps) in self._draws.items():
            if name == identity and amps > 0:
                drawn_a += amps
                allowed_a += self._allowed(name, evse) or 0.0
        return drawn_a, allowed_a

    def _look(self, now: float) -> None:
        """After a change: which spots are above a limit."""
        self._unseen = True
        self._follow_liars(now)
        self._note_over()
        self.on_step(now)
        if self._over:
            self.on_over()

    def _note_over(self) -> None:
        over = [spot for spot in self.spots if abs(self.flows[spot]) > self.limit(spot) + EPSILON]
        self._over = {spot: self._parts(spot) for spot in over}

    def _note_peaks(self, at: float) -> None:
        for spot in self.spots:
            load = abs(self.flows[spot])
            for limit in (self._fuses[spot], self._sets[spot]):
                if limit.value < inf:
                    _peak(limit, load, at)

    def _charge(self, spot: Spot, draws: dict[str, Draw], since: float, until: float) -> None:
        load = abs(self.flows[spot])
        for hard, limit in ((True, self._fuses[spot]), (False, self._sets[spot])):
            over = load - limit.value
            if over > EPSILON:
                limit.spent.worst_over = max(limit.spent.worst_over, over)
                parts = self.judge.split(over, draws, since, hard=hard, excused_until=limit.excused_until)
                for cause, amount in parts.items():
                    limit.spent.over[cause] = limit.spent.over.get(cause, 0.0) + amount * (until - since)
                if parts.get(Cause.FAULT, 0.0) > EPSILON and len(self.incidents) < MOST_INCIDENTS:
                    self.incidents.append(Incident(at=since, spot=spot, hard=hard, load=load, limit=limit.value))

    def _parts(self, spot: Spot) -> dict[str, Draw]:
        found: dict[str, Draw] = {}
        for (identity, evse), (conductors, amps) in self._draws.items():
            per_a = abs(self._wiring.of_car(identity, conductors).get(spot, 0j))
            if per_a and amps:
                allowed_a = self._allowed(identity, evse)
                forbidden_a = 0.0 if allowed_a is None else max(0.0, amps - allowed_a)
                before = found.get(identity, Draw(amount=0.0))
                found[identity] = Draw(
                    amount=before.amount + amps * per_a, forbidden=before.forbidden + forbidden_a * per_a
                )
        return found


def _or_inf(value: float | None) -> float:
    return inf if value is None else value


def _peak(limit: _Limit, load: float, now: float) -> None:
    spent = limit.spent
    part = load / limit.value if limit.value > 0 else (inf if load > EPSILON else 0.0)
    spent.peak = max(spent.peak, load)
    if part > spent.closest_part:
        spent.closest, spent.closest_part, spent.closest_limit, spent.closest_at = load, part, limit.value, now
