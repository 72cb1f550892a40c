"""What really flows on the site, by the demo's own arithmetic, and the verdict: was anything ever overdrawn?

Nothing here asks the box. Currents come from the simulated EVSEs, phases from the rotation they are wired with, fuses
from the cast. Two things are judged, each in ampere-seconds:

* **fuses**, at every moment, with everything that flows;
* **the EMS's limit of the main panel**, once the stations had the time to follow it. What a disobedient station draws
  beyond its orders is kept apart here: nobody can make it obey. Its fuses are sized for it, and it is told about.

Time in which stations are out of reach, because their CSMS is away, does not count as time to follow.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import inf

from localctl.demo.cast import PANELS, Role
from localctl.demo.evse import Evse, Phases
from localctl.demo.station import Station

SITE_PHASES = "RST"
NAMES = ("L1", "L2", "L3")
NOISE_A = 0.1
WORTH_TELLING_AS = 0.5
"""Less than this is the clock's coarseness, not a current."""
TURNS_TOLD, SAME_TURN_S = 6, 1.0
MAIN = PANELS[0].id
NOTHING: Phases = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Amperes on the three phases of a panel: all of it, and without what was drawn against orders."""

    total: Phases = NOTHING
    ordered: Phases = NOTHING

    def __add__(self, other: "Load") -> "Load":
        return Load(total=_sum(self.total, other.total), ordered=_sum(self.ordered, other.ordered))


def loads(stations: Iterable[tuple[Role, Station]], now_at: float) -> dict[str, Load]:
    """The load of every panel now."""
    found = {panel.id: Load() for panel in PANELS}
    for role, station in stations:
        load = station_load(role, station, now_at)
        found[role.panel] += load
        found[MAIN] += load
    return found


def station_load(role: Role, station: Station, now_at: float) -> Load:
    """What a station draws from the site's phases."""
    total = Load()
    for evse in station.evses.values():
        flows = on_site(evse.currents_a(), role.rotation)
        part = 1.0 if evse.obedient or not evse.drawn_a else min(1.0, told_a(station, evse, now_at) / evse.drawn_a)
        total += Load(total=flows, ordered=(flows[0] * part, flows[1] * part, flows[2] * part))
    return total


def told_a(station: Station, evse: Evse, now_at: float) -> float:
    """What an EVSE was told to take at most by its profiles, obedient or not."""
    sharing = sum(one.transaction is not None for one in station.evses.values())
    limit_a = station.profiles.limit_a(evse.id, now_at, evse.session(), sharing=sharing)
    return evse.max_a if limit_a is None else min(evse.max_a, limit_a)


def on_site(currents: Phases, rotation: str) -> Phases:
    """Currents of a station's conductors 1 to 3 as currents of the site's phases R, S, T."""
    found = dict.fromkeys(SITE_PHASES, 0.0)
    for amps, phase in zip(currents, rotation, strict=True):
        found[phase] += amps
    return found["R"], found["S"], found["T"]


@dataclass(slots=True, kw_only=True)
class Change:
    """The EMS said so. `took_s` is how long the load was still above it; None for a raise and for its first word."""

    at_s: float
    from_a: float
    to_a: float
    took_s: float | None = None
    by_hand: bool = False

    def sentence(self) -> str:
        """For people: from, to, and how long a fall took."""
        took = "" if self.took_s is None else f" followed within {self.took_s:.1f} s"
        was = "" if self.from_a == inf else f"{self.from_a:g} -> "
        return f"{was}{self.to_a:g} A{took}"


@dataclass(slots=True, kw_only=True)
class Judge:
    """Watches loads and limits. `follow_s` is how long the site may take to follow a lower limit."""

    follow_s: float
    limit_a: float = inf
    changes: list[Change] = field(default_factory=list)
    over_fuse: dict[str, float] = field(default_factory=dict)
    """Ampere-seconds over a fuse, by panel and phase."""
    over_limit_as: float = 0.0
    """Ampere-seconds over the EMS's limit, beyond the time to follow."""
    worst_a: float = 0.0
    """The most that was ever over a fuse, or over the limit in that sense."""
    excess_a: float = 0.0
    """The most that was ever drawn against orders, on one phase."""
    excess_since_s: float | None = None
    _lapsing: list[list[float]] = field(default_factory=list)
    _at_s: float | None = None
    _loads: dict[str, Load] = field(default_factory=dict)
    _reachable: bool = True

    @property
    def good(self) -> bool:
        """Nothing was overdrawn."""
        return max([self.over_limit_as, *self.over_fuse.values()]) < WORTH_TELLING_AS

    def limited(self, limit_a: float, at_s: float, *, by_hand: bool = False) -> None:
        """The EMS limits the main panel to so many amperes per phase from now on; `by_hand`: not by its plan."""
        if limit_a == self.limit_a:
            return
        self.look(self._loads, at_s, reachable=self._reachable)
        falls = limit_a < self.limit_a < inf
        took_s = 0.0 if falls else None
        self.changes.append(Change(at_s=at_s, from_a=self.limit_a, to_a=limit_a, took_s=took_s, by_hand=by_hand))
        if falls:
            self._lapsing.append([self.limit_a, self.follow_s])
        self.limit_a = limit_a

    def look(self, found: dict[str, Load], at_s: float, *, reachable: bool = True) -> None:
        """These are the loads from now on; what was there until now is judged."""
        passed_s = 0.0 if self._at_s is None else at_s - self._at_s
        self._fuses(passed_s)
        self._limit(passed_s, at_s)
        for lapsing in self._lapsing if reachable else ():
            lapsing[1] -= passed_s
        self._lapsing = [one for one in self._lapsing if one[1] > 0]
        self._at_s, self._loads, self._reachable = at_s, found, reachable
        self._excess(at_s)

    def _fuses(self, passed_s: float) -> None:
        for panel in PANELS:
            load = self._loads.get(panel.id, Load())
            for name, amps in zip(NAMES, load.total, strict=True):
                over_a = amps - panel.fuse_a
                if over_a > NOISE_A:
                    key = f"{panel.id} {name}"
                    self.over_fuse[key] = self.over_fuse.get(key, 0.0) + over_a * passed_s
                    self.worst_a = max(self.worst_a, over_a)

    def _limit(self, passed_s: float, at_s: float) -> None:
        most_a = max(self._loads.get(MAIN, Load()).ordered)
        allowed_a = max([self.limit_a, *(limit_a for limit_a, _ in self._lapsing)])
        if most_a - allowed_a > NOISE_A:
            self.over_limit_as += (most_a - allowed_a) * passed_s
            self.worst_a = max(self.worst_a, most_a - allowed_a)
        latest = self.changes[-1] if self.changes else None
        if latest is not None and latest.took_s is not None and most_a - latest.to_a > NOISE_A:
            latest.took_s = at_s - latest.at_s

    def _excess(self, at_s: float) -> None:
        here = self._loads.get(MAIN, Load())
        excess_a = max(total - ordered for total, ordered in zip(here.total, here.ordered, strict=True))
        self.excess_a = max(self.excess_a, excess_a)
        if excess_a > 1.0 and self.excess_since_s is None:
            self.excess_since_s = at_s

    def sentence(self) -> str:
        """The verdict for people."""
        parts = [f"fuse of {where} overdrawn ({worst:.1f} As)" for where, worst in self.over_fuse.items()]
        parts = parts or ["no fuse overdrawn"]
        falls = [change for change in self.changes if change.took_s is not None and not change.by_hand]
        if self.over_limit_as >= WORTH_TELLING_AS:
            parts.append(f"EMS limit overdrawn by up to {self.worst_a:.1f} A ({self.over_limit_as:.1f} As)")
        elif falls:
            slowest = max(falls, key=lambda change: change.took_s or 0.0)
            parts.append(f"EMS {slowest.sentence()}")
        turns = self.turns()
        parts += [f"{len(turns) - TURNS_TOLD} turns by hand before the last"] if len(turns) > TURNS_TOLD else []
        return ", ".join([*parts, *(f"by hand {turn.sentence()}" for turn in turns[-TURNS_TOLD:])])

    def turns(self) -> list[Change]:
        """What was set by hand. Keys pressed in one go are one turn, which counts from the last of them."""
        turns: list[Change] = []
        for one in (change for change in self.changes if change.by_hand):
            if turns and one.at_s - turns[-1].at_s < SAME_TURN_S:
                one = replace(one, from_a=turns.pop().from_a)
            turns.append(one)
        return turns


def _sum(one: Phases, two: Phases) -> Phases:
    return one[0] + two[0], one[1] + two[1], one[2] + two[2]
