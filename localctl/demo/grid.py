"""The demo's electrical side, live: the EMS, the judge who watches every ampere, and the box's own picture of it all.

The judge never looks at the picture. The picture is for the viewer, and tells when the box has noticed the station
that disobeys.
"""

from collections.abc import Callable
from typing import Any

import trio

from localctl.demo.api import Api, NoAnswer
from localctl.demo.cast import Plan, Role
from localctl.demo.clock import Clock
from localctl.demo.ems import PANEL, Ems
from localctl.demo.power import MAIN, Change, Judge, loads
from localctl.demo.station import Station

LOOK_S, ASK_S = 0.1, 0.5
Json = dict[str, Any]


class Grid:
    """`run` it in a nursery. `stations` may still be filled later; `picture` is the box's latest, once there is one."""

    def __init__(
        self,
        plan: Plan,
        clock: Clock,
        stations: list[tuple[Role, Station]],
        api: Api,
        say: Callable[[str], None],
    ) -> None:
        self.judge = Judge(follow_s=plan.follow_s)
        self.ems = Ems(api, on_limit=self._limited, say=say)
        self.picture: Json | None = None
        self.starting = True
        """The box has not heard yet what flows everywhere."""
        self.noticed_s: float | None = None
        """When the box began to distrust the station that disobeys."""
        self.stations = stations
        self._plan, self._clock, self._api, self._say = plan, clock, api, say
        self._told: Change | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.ems.run, self._plan)
            nursery.start_soon(self._watch)
            nursery.start_soon(self._ask)

    def look(self) -> None:
        """Give the judge what flows now."""
        reachable = all(station.online for _, station in self.stations)
        found = loads(self.stations, self._clock.now_at())
        self.judge.look(found, self._clock.passed_s(), reachable=reachable)

    def disobedient(self) -> str:
        """What became of the station that disobeys; nothing where it had no reason to."""
        names = [role.model.identity for role, _ in self.stations if not role.model.obedient]
        since_s = self.judge.excess_since_s
        if since_s is None or not names:
            return ""
        text = f"{names[0]} disobeyed by up to {self.judge.excess_a:.1f} A"
        if self.noticed_s is None:
            return f"{text}, too short a time to be noticed"
        return f"{text}, noticed after {self.noticed_s - since_s:.0f} s"

    def _limited(self, limit_a: float) -> None:
        before_a = self.judge.limit_a
        self.judge.limited(limit_a, self._clock.passed_s(), by_hand=self.ems.by_hand)
        if limit_a != before_a:
            was = "" if before_a == float("inf") else f"{before_a:g} -> "
            self._say(f"EMS: {PANEL} {was}{limit_a:g} A per phase")

    async def _watch(self) -> None:
        for _, station in self.stations:
            station.on_draw = lambda _evse: self.look()
        while True:
            self.look()
            self._follow_up()
            await trio.sleep(LOOK_S)

    def _follow_up(self) -> None:
        """Say what became of the latest limit, once everybody had time to follow."""
        latest = self.judge.changes[-1] if self.judge.changes else None
        if latest is None or latest is self._told or self._clock.passed_s() < latest.at_s + self.judge.follow_s:
            return
        self._told = latest
        flows = "/".join(f"{amps:.1f}" for amps in loads(self.stations, self._clock.now_at())[MAIN].total)
        cars = sum(evse.drawn_a > 0 for _, station in self.stations for evse in station.evses.values())
        drawing = "1 car draws" if cars == 1 else f"{cars} cars draw"
        took = "" if latest.took_s is None else f", followed after {latest.took_s:.1f} s"
        self._say(f"{PANEL} at {latest.to_a:g} A (EMS): {drawing} {flows} A on L1/L2/L3{took}")

    async def _ask(self) -> None:
        while True:
            try:
                self.picture = await self._api.site()
            except NoAnswer as why:
                self._say(f"{why}")
            else:
                self.starting = self.starting and unmeasured(self.picture)
                self.ems.seen(self.picture)
                self._notice(self.picture)
            await trio.sleep(ASK_S)

    def _notice(self, picture: Json) -> None:
        liars = {role.model.identity for role, _ in self.stations if not role.model.obedient}
        for station in picture["stations"]:
            if self.noticed_s is None and station["identity"] in liars and caught(station):
                self.noticed_s = self._clock.passed_s()
                rating_a = sum(evse["rating_a"] for evse in station["evses"])
                what = f"does not follow its limits: from now on it counts at its rating of {rating_a:g} A"
                self._say(f"ALARM {station['identity']} {what}")


def caught(station: Json) -> bool:
    """The box has found out that the station does not do as told."""
    return any(evse["distrusted"] for evse in station["evses"]) or bool(station["failed_actuators"])


def unmeasured(picture: Json) -> bool:
    """There is a panel of which the box does not know yet what flows."""
    phases = [phase for panel in picture.get("panels", ()) for phase in panel["phases"].values()]
    return not phases or any(phase["measured_a"] is None for phase in phases)
