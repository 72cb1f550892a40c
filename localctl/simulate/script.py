"""Plays a scenario: each happening at its moment, cars, limits, profiles, outages and faults."""

import random
from collections.abc import Awaitable, Callable
from functools import partial
from math import inf
from typing import Any, Final

import trio

from localctl.demo.clock import stamp
from localctl.simulate.box import Box
from localctl.simulate.cars import asks_wh, car_of
from localctl.simulate.csms import SimCsms
from localctl.simulate.faults import ORDERED, Gremlin
from localctl.simulate.in_force import Amount, Said
from localctl.simulate.judge import Judge
from localctl.simulate.scenario import Arrival, Fault, Limit, Outage, Profile, Scenario
from localctl.simulate.station import SimEvse, SimStation
from localctl.simulate.world import World

AGAIN_S: Final = 10.0
"""An EMS that finds nobody tries again after so long."""
NO_PONG_S: Final = 180.0
"""A plug that was pulled is noticed so late: pings every two minutes, a minute for the pong."""
BOOTS_S: Final = (5.0, 40.0)
"""From power return until a station dials."""
FIRST_AMP_S: Final = 2.0
"""From power return until its cars are offered energy again, at the latest."""


class Script:
    """Who does what when. `limits_news` is set whenever a limit was put or taken back."""

    def __init__(
        self,
        *,
        scenario: Scenario,
        stations: dict[str, SimStation],
        box: Box,
        csms: SimCsms,
        judge: Judge,
        gremlins: dict[str, Gremlin],
        world: World,
        now_at: Callable[[], float],
    ) -> None:
        self.limits_news = trio.Event()
        self.turned_away = 0
        self._scenario, self._stations, self._box, self._csms = scenario, stations, box, csms
        self._judge, self._gremlins, self._world, self._now_at = judge, gremlins, world, now_at
        self._outages = 0
        # A new profile of the CSMS may overrule ours until the controller has put that right.
        csms.on_asking = lambda identity: judge.meddled(identity, now_at())

    def start(self, nursery: trio.Nursery) -> None:
        """Let everything happen in its time."""
        scenario = self._scenario
        for arrival in scenario.arrival:
            nursery.start_soon(self._later, scenario.after_s(arrival.at), partial(self._arrive, arrival))
        for limit in scenario.limit:
            nursery.start_soon(self._later, scenario.after_s(limit.at), partial(self._limit, limit))
        for profile in scenario.profile:
            nursery.start_soon(self._later, scenario.after_s(profile.at), partial(self._profile, profile))
        for outage in scenario.csms_outage:
            nursery.start_soon(self._later, scenario.after_s(outage.at), partial(self._outage, outage))
        for fault in scenario.fault:
            nursery.start_soon(self._later, scenario.after_s(fault.at), partial(self._fault, fault))

    async def _later(self, after_s: float, happen: Callable[[], Awaitable[None]]) -> None:
        await trio.sleep(after_s)
        await happen()

    async def _arrive(self, arrival: Arrival) -> None:
        station = self._stations.get(arrival.station)
        evse = None if station is None else station.evses.get(arrival.evse)
        if station is None or not isinstance(evse, SimEvse):
            return
        car, stay_s = car_of(arrival), arrival.stay_h * 3600.0
        wires = min(len(evse.conductors), car.phases)
        await station.stay(arrival.evse, car, stay_s, asks_wh(car, wires, evse.max_a, stay_s))

    async def _limit(self, limit: Limit) -> None:
        taken = self._put(limit)
        while not taken:
            await trio.sleep(AGAIN_S)
            taken = self._put(limit)
        self.limits_news.set()

    def _put(self, limit: Limit) -> bool:
        now = self._now_at()
        if limit.withdraw:
            taken = self._box.withdraw(limit.source, limit.panel)
            said = Said(amount=Amount(), said_at=now)
        else:
            amps = limit.limit_a if isinstance(limit.limit_a, tuple | None) else (limit.limit_a,) * 3
            amount = Amount(amps=amps, watts=limit.limit_w)
            expires_at = None if limit.for_s is None else now + limit.for_s
            taken = self._box.put(limit.source, limit.panel, amount, expires_at=expires_at)
            said = Said(amount=amount, said_at=now, expires_at=inf if expires_at is None else expires_at)
        if taken:
            self._world.in_force.put(limit.source, limit.panel, said)
        return taken

    async def _profile(self, profile: Profile) -> None:
        action, payload = self._clear_call(profile) if profile.clear else self._set_call(profile)
        self._csms.ask(profile.station, action, payload)

    def _clear_call(self, profile: Profile) -> tuple[str, dict[str, Any]]:
        old = self._csms.version_of(profile.station) == "ocpp1.6"
        return "ClearChargingProfile", {"id" if old else "chargingProfileId": profile.id}

    def _set_call(self, profile: Profile) -> tuple[str, dict[str, Any]]:
        old = self._csms.version_of(profile.station) == "ocpp1.6"
        schedule: dict[str, Any] = {"chargingRateUnit": "A"}
        schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": profile.limit_a}]
        schedule["startSchedule"] = stamp(self._now_at())
        if profile.for_s is not None:
            schedule["duration"] = profile.for_s
        body: dict[str, Any] = {"stackLevel": profile.stack_level, "chargingProfileKind": "Absolute"}
        if profile.purpose == "TxProfile":
            body["transactionId"] = self._csms.transaction_of(profile.station, profile.evse)
        if old:
            purpose = profile.purpose.replace("ChargingStationMax", "ChargePointMax")
            body |= {"chargingProfileId": profile.id, "chargingProfilePurpose": purpose, "chargingSchedule": schedule}
            return "SetChargingProfile", {"connectorId": profile.evse, "csChargingProfiles": body}
        body |= {"id": profile.id, "chargingProfilePurpose": profile.purpose}
        body["chargingSchedule"] = [{"id": 1, **schedule}]
        return "SetChargingProfile", {"evseId": profile.evse, "chargingProfile": body}

    async def _outage(self, outage: Outage) -> None:
        self._outages += 1
        self._csms.away = True
        self._box.board.csms_lost()
        await trio.sleep(outage.for_s)
        self._outages -= 1
        self._csms.away = self._outages > 0

    async def _fault(self, fault: Fault) -> None:
        if fault.kind == "box_dies":
            await self._box.die(fault.for_s)
            return
        names = list(self._stations) if fault.station is None else [fault.station]
        async with trio.open_nursery() as nursery:
            for name in names:
                if name in self._stations:
                    nursery.start_soon(self._hit, name, fault)

    async def _hit(self, name: str, fault: Fault) -> None:
        board, station = self._box.board, self._stations[name]
        cable = board.cable_of(name)
        if fault.kind in ORDERED or fault.kind == "slow":
            self._gremlins[name].trouble(fault.kind, fault.for_s)
        elif fault.kind == "reboot":
            station.restart()
        elif fault.kind == "power_cut":
            await self._power_cut(name, fault.for_s)
        elif fault.kind == "cut" and cable is not None:
            cable.snap()
        elif fault.kind == "offline":
            board.unreachable.add(name)
            if cable is not None:
                cable.snap()
            await trio.sleep(fault.for_s)
            board.unreachable.discard(name)
        elif fault.kind == "half_dead" and cable is not None:
            self._judge.hinder(name, "stalled")
            cable.stall(NO_PONG_S)
            await trio.sleep(fault.for_s)
            cable.unstall()
            self._judge.free(name, "stalled", self._now_at())

    async def _power_cut(self, name: str, for_s: float) -> None:
        """Nobody says good-bye, and the box believes for minutes that the station is there."""
        board, station, chance = self._box.board, self._stations[name], random.Random(f"power {name}")
        cable = board.cable_of(name)
        board.unreachable.add(name)
        self._judge.hinder(name, "stalled")
        if cable is not None:
            cable.vanish(NO_PONG_S)
        station.power_fails()
        await trio.sleep(for_s + chance.uniform(0.0, FIRST_AMP_S))
        station.power_returns()
        await trio.sleep(chance.uniform(*BOOTS_S))
        board.unreachable.discard(name)
