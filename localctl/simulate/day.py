"""One simulated day: the site from its configuration, everybody in their roles, the scenario played, the outcome kept.

    outcome = simulate(Day(config=config, scenario=scenario, seed=7))

`simulate` runs on a clock of its own that jumps, so a day takes as long as its computing.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

import trio
from trio._core import _run as scheduler
from trio.testing import MockClock

from localctl.charging.loop.site_plan import SitePlan
from localctl.config.model import Config
from localctl.demo.clock import Clock
from localctl.plan import site_plan_of
from localctl.plan_net import policies_of
from localctl.simulate.box import Box
from localctl.simulate.cable import Lag
from localctl.simulate.csms import SimCsms
from localctl.simulate.faults import Gremlin
from localctl.simulate.history import History
from localctl.simulate.in_force import InForce
from localctl.simulate.judge import Grace, Judge
from localctl.simulate.mail import Mail
from localctl.simulate.scenario import Installed, Scenario, ScenarioProblem
from localctl.simulate.script import Script
from localctl.simulate.site import outfits_of, places_of
from localctl.simulate.station import Meter, SimStation, Stay
from localctl.simulate.wiring import Wiring
from localctl.simulate.world import LOOK_S, World

PROGRESS_EVERY_S: Final = 600.0
GOOD_LAG_S: Final = 0.03
BAD_LAG_S: Final = 0.2
LONG_AGO: Final = "2020-01-01T00:00:00Z"
"""The longest way of a text: in a cable, and over the bad links of a day with faults."""


class NoSite(Exception):
    """The configuration has no panel, so there is nothing to simulate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What is played. `period_s` is the control loop's: longer is faster to compute and slower to react."""

    config: Config
    scenario: Scenario
    seed: int = 0
    period_s: float = 60.0


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    day: Day
    world: World
    history: History
    start_at: float
    stays: list[Stay]
    writes: dict[str, int]
    bugs: list[str]
    deaths: int
    messages: int
    hits: int
    took_s: float = 0.0
    reaction_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is: part of the day, cars plugged in, and the clock of the site."""

    part: float
    clock: str
    cars: int


Show = Callable[[Progress], None]


def simulate(day: Day, show: Show = lambda _progress: None) -> Outcome:
    """Play the day. Raises `NoSite`."""
    began = time.perf_counter()
    with repeatable(day.seed):
        outcome: Outcome = trio.run(_Play(day, show).play, clock=MockClock(autojump_threshold=0.0))
    outcome.took_s = time.perf_counter() - began
    return outcome


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Let trio choose among tasks that are ready by the seed, so that a day that went wrong goes wrong again.

    trio has these two switches for hypothesis; they are not in its manual.
    """
    switch, before = "_ALLOW_DETERMINISTIC_SCHEDULING", scheduler._ALLOW_DETERMINISTIC_SCHEDULING
    setattr(scheduler, switch, True)
    scheduler._r.seed(seed)
    try:
        yield
    finally:
        setattr(scheduler, switch, before)
        scheduler._r.seed()


class _Play:
    """Everybody on the stage. Made outside, because the virtual clock begins inside `play`."""

    def __init__(self, day: Day, show: Show) -> None:
        self.day, self.show = day, show
        plan = site_plan_of(day.config)
        if plan is None:
            raise NoSite("the configuration has no [[panel]]: nothing to simulate")
        self.plan: SitePlan = plan
        self.looking = False

    async def play(self) -> Outcome:
        self._set_stage()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.mail.run)
            nursery.start_soon(self.box.run)
            nursery.start_soon(self._watch_limits)
            nursery.start_soon(self._tell_progress)
            for station in self.stations.values():
                nursery.start_soon(station.run)
            self.script.start(nursery)
            await trio.sleep(self.day.scenario.hours * 3600.0)
            nursery.cancel_scope.cancel()
        self.world.settle(self.clock.now_at())
        return self._outcome()

    def _set_stage(self) -> None:
        config, scenario, seed = self.day.config, self.day.scenario, self.day.seed
        start = scenario.start.replace(tzinfo=ZoneInfo(config.site.time_zone))
        rng = random.Random(f"stage {seed}")
        self.clock = Clock(start)
        self.mail = Mail()
        self.csms = SimCsms(self.mail, self.clock.stamp)
        outfits = outfits_of(config, scenario, rng)
        charging = config.charging
        meter_s = max((outfit.meter_every_s for outfit in outfits), default=60.0)
        self.judge = Judge(Grace(reaction_s=charging.reaction_s, order_s=self.day.period_s + 5.0, meter_s=meter_s))
        self.gremlins = {
            one.identity: Gremlin(
                one.identity, self.judge, self.mail, random.Random(f"{one.identity} {seed}"), self.clock.now_at
            )
            for one in outfits
        }
        most_s = BAD_LAG_S if scenario.fault else GOOD_LAG_S
        ways = {one.identity: (rng.uniform(0.02, most_s), rng.uniform(0.02, most_s)) for one in outfits}
        lags = {name: Lag(to_peer_s=down_s, to_box_s=up_s) for name, (down_s, up_s) in ways.items()}
        self.box = Box(
            self.plan,
            policies_of(config),
            self.mail,
            self.csms,
            now_at=self.clock.now_at,
            seed=seed,
            period_s=self.day.period_s,
            remembers=any(fault.kind == "box_dies" for fault in scenario.fault),
            lag=lambda identity: lags.get(identity, Lag()),
            tampers=lambda identity: self.gremlins.get(identity),
            admission=(config.outage.admission_per_second, config.outage.admission_burst),
        )
        self.box.board.on_link = self._linked
        self.stations = {one.identity: SimStation(one, self.box.board, start) for one in outfits}
        for installed in scenario.installed:
            if installed.station in self.stations:
                _install(self.stations[installed.station], installed)
        self._set_world(rng)
        self.script = Script(
            scenario=scenario,
            stations=self.stations,
            box=self.box,
            csms=self.csms,
            judge=self.judge,
            gremlins=self.gremlins,
            world=self.world,
            now_at=self.clock.now_at,
        )

    def _set_world(self, rng: random.Random) -> None:
        config, now = self.day.config, self.clock.now_at()
        wiring = Wiring(config, places_of(config, self.day.scenario, rng))
        self.world = World(
            wiring,
            InForce(config),
            self.judge,
            loads=[(load.panel, load.current_a) for load in config.load],
            panels=[panel.id for panel in config.panel],
            now=now,
            allowed=self._allowed,
        )
        self.world.on_over = self._look_again
        self.history = History(self.world, now)
        self.start_at = now
        for name, station in self.stations.items():
            self.judge.hinder(name, "link")
            self.judge.standing(name).betrayed = station.outfit.meter is Meter.HONEST
            if config.settings(name).control in ("observe", "uncontrolled"):
                self.judge.hinder(name, "nobody may steer it")
            station.on_change_of = lambda identity, evse: self.world.drew(
                identity, evse.id, evse.used(), evse.drawn_a, self.clock.now_at()
            )

    def _look_again(self) -> None:
        if not self.looking:
            self.looking = True
            self.mail.after(LOOK_S, self._look)

    def _look(self) -> None:
        self.looking = False
        if self.world.look(self.clock.now_at()):
            self._look_again()

    def _linked(self, identity: str, joined: bool) -> None:
        if joined:
            self.judge.free(identity, "link", self.clock.now_at())
            self.judge.free(identity, "stalled", self.clock.now_at())
        else:
            self.judge.hinder(identity, "link")

    def _allowed(self, identity: str, evse_id: int) -> float | None:
        """What a liar's profiles allow; an honest station may lag behind its profiles, that is no lie."""
        station = self.stations[identity]
        if station.outfit.obedient:
            return None
        evse = station.evses[evse_id]
        allowed_a = station.profiles.limit_a(evse_id, station.clock.now_at(), evse.session(), sharing=station.sharing)
        return evse.max_a if allowed_a is None else min(evse.max_a, allowed_a)

    async def _watch_limits(self) -> None:
        while True:
            now = self.clock.now_at()
            self.world.limits_changed(now)
            at = self.world.in_force.next_change(now)
            self.script.limits_news = trio.Event()
            with trio.move_on_after(min(at - now, 3600.0)):
                await self.script.limits_news.wait()

    async def _tell_progress(self) -> None:
        whole_s = self.day.scenario.hours * 3600.0
        while True:
            cars = sum(evse.car is not None for one in self.stations.values() for evse in one.evses.values())
            self.show(Progress(part=self.clock.passed_s() / whole_s, clock=self._local(), cars=cars))
            await trio.sleep(min(PROGRESS_EVERY_S, whole_s / 50))

    def _local(self) -> str:
        return f"{self.day.scenario.start:%H:%M} + {self.clock.passed_s() / 3600:.1f} h"

    def _outcome(self) -> Outcome:
        for station in self.stations.values():
            station.settle_stays()
        return Outcome(
            day=self.day,
            world=self.world,
            history=self.history,
            start_at=self.start_at,
            stays=[stay for station in self.stations.values() for stay in station.stays],
            writes={name: station.writes for name, station in self.stations.items()},
            bugs=[*self.box.board.bugs, *self.box.troubles],
            deaths=self.box.deaths,
            messages=self.csms.heard,
            hits=sum(gremlin.hits for gremlin in self.gremlins.values()),
            reaction_s=self.day.config.charging.reaction_s,
        )


def _install(station: SimStation, one: Installed) -> None:
    """A profile that is there from the beginning, and no write of the box's."""
    period = {"startPeriod": 0, "limit": one.limit_a}
    schedule = {"id": 1, "chargingRateUnit": "A", "startSchedule": LONG_AGO, "chargingSchedulePeriod": [period]}
    head = {"id": one.id, "stackLevel": one.stack_level, "chargingProfilePurpose": one.purpose}
    profile = {**head, "chargingProfileKind": "Absolute", "chargingSchedule": [schedule]}
    why = station.install(one.evse, profile, replace_like=True)
    if why is not None:
        raise ScenarioProblem(f"[[installed]]: {one.station} does not take profile {one.id}: {why}")
    station.writes = 0
