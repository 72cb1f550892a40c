"""The demo as a whole: a CSMS, an EMS, twelve stations, localctl in between, an outage, and a verdict at the end.

Who takes the EMS's slider has the stage: the CSMS stays where it is, or is back at once, and the demo goes on with new
cars for `ENCORE_S` beyond its plan.

    outcome = await play(Plan(), through=through_localctl(folder), board=board)

`through` puts something between stations and CSMS: the real localctl process, or nothing at all (which is how the
demo's own ends are tested).
"""

from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

from localctl.demo.api import Api
from localctl.demo.box import running_box
from localctl.demo.cast import PASSWORD, Plan, Role, cast, guests
from localctl.demo.clock import Clock
from localctl.demo.csms import Csms
from localctl.demo.door import HOST, Address, Door
from localctl.demo.grid import Grid
from localctl.demo.keys import listen
from localctl.demo.outcome import Outcome
from localctl.demo.station import Station
from localctl.demo.tape import Tape, compare, total

DRAIN_WITHIN_S = 15.0
ENCORE_S = 600.0
REFRESH_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How stations reach the CSMS, and the API of what is in between, if that has one."""

    plain: Address
    tls: Address
    api: Api | None = None


Say = Callable[[str], None]
Through = Callable[[int, list[Role], Say], AbstractAsyncContextManager[Way]]
"""CSMS port, stations and a place for log lines in; a way through, open until the block ends, out."""


@dataclass(slots=True, kw_only=True)
class Scene:
    """What a viewer may look at while the demo plays."""

    plan: Plan
    clock: Clock
    csms: Csms
    door: Door
    stations: list[tuple[Role, Station]] = field(default_factory=list)
    events: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=200))
    said: int = 0
    """How many events there have been."""
    grid: Grid | None = None
    """The electrical side; None when nothing is in between that could keep limits."""
    page_url: str | None = None
    keys: int | None = None
    """The terminal whose keys turn the EMS's slider."""
    away_s: float = 0.0
    encore: bool = False
    """Somebody has the slider: the script is held, and it goes on beyond its plan."""
    stop: trio.Event = field(default_factory=trio.Event)
    """Set it to end the demo early and in good order."""

    @property
    def by_hand(self) -> bool:
        """Somebody has turned the EMS's slider."""
        return self.grid is not None and self.grid.ems.by_hand

    def say(self, what: str) -> None:
        """One more line for the viewer."""
        self.said += 1
        self.events.append((self.clock.passed_s(), what))


Show = Callable[[Scene], None]


async def play(plan: Plan, *, through: Through, show: Show, keys: int | None = None) -> Outcome:
    """Play the demo to its end (or until `scene.stop`) and judge it. `keys`: a terminal, see `demo.keys`."""
    clock, roles = Clock(), cast(plan)
    csms = Csms(clock, passwords={role.model.identity: PASSWORD for role in roles}, chat_every_s=4 * plan.pace)
    scene = Scene(plan=plan, clock=clock, csms=csms, door=Door(csms.serve), keys=keys)
    csms.on_change = scene.say
    async with trio.open_nursery() as nursery:
        await nursery.start(scene.door.stay_open)
        async with through(scene.door.port, roles, scene.say) as way:
            if way.api is not None:
                scene.page_url = f"{way.api.url}/"
                scene.say(f"open {scene.page_url} in a browser; Prometheus finds {scene.page_url}metrics")
                scene.grid = Grid(plan, clock, scene.stations, way.api, scene.say)
            outcome = await _act(scene, roles, way, show)
        nursery.cancel_scope.cancel()
    return outcome


def through_localctl(folder: Path, plan: Plan) -> Through:
    """The real thing: a `localctl run` process with its files in this folder."""

    @asynccontextmanager
    async def through(csms_port: int, roles: list[Role], say: Say) -> AsyncIterator[Way]:
        async with running_box(folder, csms_port, plan, roles, say) as box:
            yield Way(plain=box.plain, tls=box.tls, api=box.api)

    return through


async def _act(scene: Scene, roles: list[Role], way: Way, show: Show) -> Outcome:
    """Everything between the first station's arrival and the last answer, and how it went."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_refresh, scene, show)
        for role in roles:
            station = _station(scene, role, way)
            scene.stations.append((role, station))
            nursery.start_soon(station.run)
        if scene.grid is not None:
            _turn_on(scene, scene.grid, nursery)
        nursery.start_soon(_outage, scene, nursery)
        async with trio.open_nursery() as cars:
            for role, station in scene.stations:
                for evse in station.evses:
                    cars.start_soon(_cars, scene, role, station, evse)
            await _end(scene)
            cars.cancel_scope.cancel()
        await _finish(scene)
        show(scene)
        outcome = _judge(scene)
        nursery.cancel_scope.cancel()
    return outcome


def _turn_on(scene: Scene, grid: Grid, nursery: trio.Nursery) -> None:
    for way in grid.ems.ways():
        scene.say(f"the EMS's limit from another terminal: {way}")
    nursery.start_soon(grid.run)
    nursery.start_soon(_hold, scene, grid)
    if scene.keys is not None:
        nursery.start_soon(listen, scene.keys, lambda: grid.ems.limit_a, grid.ems.slide)


async def _hold(scene: Scene, grid: Grid) -> None:
    """Say at once what it means that somebody has the slider."""
    await grid.ems.taken.wait()
    scene.encore = True
    minutes = f"{ENCORE_S / 60:.0f} minutes"
    scene.say(f"the slider is yours: the script is held, new cars come for {minutes}; Ctrl-C ends it with its verdict")


async def _end(scene: Scene) -> None:
    """Wait until it is over: at the plan's end, later for whoever has the slider, or when it is stopped."""
    with trio.move_on_after(scene.plan.duration_s):
        await scene.stop.wait()
    if scene.by_hand:
        with trio.move_on_after(ENCORE_S):
            await scene.stop.wait()


async def _cars(scene: Scene, role: Role, station: Station, evse: int) -> None:
    """The plan's cars at one EVSE; once somebody has the slider one after the other without end.

    Not at the station that disobeys: it has had its scene, and would leave little of a low limit to anybody else.
    """
    await station.visited(tuple(visit for visit in role.visits if visit.evse == evse))
    if scene.grid is not None and role.model.obedient:
        await scene.grid.ems.taken.wait()
        for guest in guests(role, evse, scene.plan):
            await station.visited((guest,))


def _station(scene: Scene, role: Role, way: Way) -> Station:
    address = way.tls if role.tls else way.plain
    path = f"/{role.model.identity}"
    host = f"{HOST}:{address.port}"
    station = Station(role.model, dial=address.dial, host=host, path=path, clock=scene.clock, tape=Tape())
    station.on_change = scene.say
    return station


async def _outage(scene: Scene, nursery: trio.Nursery) -> None:
    await trio.sleep(scene.plan.outage_at_s)
    if scene.stop.is_set() or scene.by_hand:
        return
    scene.say("the CSMS goes away")
    left_at_s = scene.clock.passed_s()
    scene.door.shut()
    with trio.move_on_after(scene.plan.outage_s):
        await _any_of(scene.stop, *([] if scene.grid is None else [scene.grid.ems.taken]))
    await nursery.start(scene.door.stay_open)
    scene.away_s = scene.clock.passed_s() - left_at_s
    scene.say("the CSMS is back")


async def _any_of(*events: trio.Event) -> None:
    """Wait for the first of them."""

    async def wait(event: trio.Event) -> None:
        await event.wait()
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        for event in events:
            nursery.start_soon(wait, event)


async def _finish(scene: Scene) -> None:
    """Let everything that was said be answered; what is not in time counts as lost."""
    scene.say("no new messages; waiting for the last answers")
    with trio.move_on_after(DRAIN_WITHIN_S):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(scene.csms.drain)
            for _, station in scene.stations:
                nursery.start_soon(station.drain)
        await _arrived(scene)


async def _arrived(scene: Scene) -> None:
    """Wait for what nobody answers (2.1 SEND) and so may still be on its way."""
    while True:
        outcome = _judge(scene)
        if outcome.verdict.good and outcome.back == outcome.stations:
            return
        await trio.sleep(REFRESH_S)


def _judge(scene: Scene) -> Outcome:
    sides, stations = scene.csms.sides, [station for _, station in scene.stations]
    tapes = [(one.tape, sides[one.model.identity].tape if one.model.identity in sides else Tape()) for one in stations]
    return Outcome(
        verdict=total(compare(station, csms) for station, csms in tapes),
        stations=len(stations),
        back=sum(station.online for station in stations),
        away_s=scene.away_s,
        power=None if scene.grid is None else scene.grid.judge,
        disobedient="" if scene.grid is None else scene.grid.disobedient(),
        metrics_url=None if scene.page_url is None else f"{scene.page_url}metrics",
    )


async def _refresh(scene: Scene, show: Show) -> None:
    while True:
        show(scene)
        await trio.sleep(REFRESH_S)
