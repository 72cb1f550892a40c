"""The demo as a whole: a CSMS, twelve stations, localctl in between, an outage half-way, and a verdict at the end.

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

from localctl.demo.box import running_box
from localctl.demo.cast import PASSWORD, Plan, Role, cast
from localctl.demo.clock import Clock
from localctl.demo.csms import Csms
from localctl.demo.door import HOST, Address, Door
from localctl.demo.station import Station
from localctl.demo.tape import Tape, Verdict, compare, total

DRAIN_WITHIN_S = 15.0
REFRESH_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How stations reach the CSMS, and where to look at what is in between."""

    plain: Address
    tls: Address
    metrics_url: str | None = None


Say = Callable[[str], None]
Through = Callable[[int, list[str], Say], AbstractAsyncContextManager[Way]]
"""CSMS port, identities and a place for log lines in; a way through, open until the block ends, out."""


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
    metrics_url: str | None = None
    away_s: float = 0.0
    stop: trio.Event = field(default_factory=trio.Event)
    """Set it to end the demo early and in good order."""

    def say(self, what: str) -> None:
        """One more line for the viewer."""
        self.said += 1
        self.events.append((self.clock.passed_s(), what))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it went. `good` is what the exit code tells."""

    verdict: Verdict
    stations: int
    back: int
    """Stations on the line at the end."""
    away_s: float
    metrics_url: str | None

    @property
    def good(self) -> bool:
        """Every message arrived as it was sent, and every station is back."""
        return self.verdict.good and self.back == self.stations

    def sentence(self) -> str:
        """The outcome for people."""
        verdict, parts = self.verdict, []
        parts.append(f"{verdict.messages:,} messages, {verdict.lost:,} lost, {verdict.altered:,} altered")
        if verdict.own:
            parts.append(f"{verdict.own:,} more were localctl's own")
        if self.away_s:
            again = f", {verdict.again} sent again" if verdict.again else ""
            parts.append(f"CSMS was away {self.away_s:.0f} s{again}, {self.back} of {self.stations} stations came back")
        if self.metrics_url is not None:
            parts.append(f"metrics were at {self.metrics_url}")
        return "; ".join(parts)


Show = Callable[[Scene], None]


async def play(plan: Plan, *, through: Through, show: Show) -> Outcome:
    """Play the demo to its end (or until `scene.stop`) and judge it."""
    clock, roles = Clock(), cast(plan)
    csms = Csms(clock, passwords={role.model.identity: PASSWORD for role in roles}, chat_every_s=4 * plan.pace)
    scene = Scene(plan=plan, clock=clock, csms=csms, door=Door(csms.serve))
    csms.on_change = scene.say
    async with trio.open_nursery() as nursery:
        await nursery.start(scene.door.stay_open)
        async with through(scene.door.port, [role.model.identity for role in roles], scene.say) as way:
            scene.metrics_url = way.metrics_url
            outcome = await _act(scene, roles, way, show)
        nursery.cancel_scope.cancel()
    return outcome


def through_localctl(folder: Path) -> Through:
    """The real thing: a `localctl run` process with its files in this folder."""

    @asynccontextmanager
    async def through(csms_port: int, identities: list[str], say: Say) -> AsyncIterator[Way]:
        async with running_box(folder, csms_port, identities, say) as box:
            yield Way(plain=box.plain, tls=box.tls, metrics_url=box.metrics_url)

    return through


async def _act(scene: Scene, roles: list[Role], way: Way, show: Show) -> Outcome:
    """Everything between the first station's arrival and the last answer, and how it went."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_refresh, scene, show)
        for role in roles:
            station = _station(scene, role, way)
            scene.stations.append((role, station))
            nursery.start_soon(station.run, role.visits)
        with trio.move_on_after(scene.plan.duration_s):
            nursery.start_soon(_outage, scene, nursery)
            await scene.stop.wait()
        await _finish(scene)
        show(scene)
        outcome = _judge(scene)
        nursery.cancel_scope.cancel()
    return outcome


def _station(scene: Scene, role: Role, way: Way) -> Station:
    address = way.tls if role.tls else way.plain
    path = f"/{role.model.identity}"
    host = f"{HOST}:{address.port}"
    station = Station(role.model, dial=address.dial, host=host, path=path, clock=scene.clock, tape=Tape())
    station.on_change = scene.say
    return station


async def _outage(scene: Scene, nursery: trio.Nursery) -> None:
    await trio.sleep(scene.plan.outage_at_s)
    if scene.stop.is_set():
        return
    scene.say("the CSMS goes away")
    left_at_s = scene.clock.passed_s()
    scene.door.shut()
    with trio.move_on_after(scene.plan.outage_s):
        await scene.stop.wait()
    await nursery.start(scene.door.stay_open)
    scene.away_s = scene.clock.passed_s() - left_at_s
    scene.say("the CSMS is back")


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
        if _judge(scene).good:
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
        metrics_url=scene.metrics_url,
    )


async def _refresh(scene: Scene, show: Show) -> None:
    while True:
        show(scene)
        await trio.sleep(REFRESH_S)
