"""One simulated station on a bench: the real router, controller and control loop, and quirks on the station's side."""

from datetime import UTC, datetime

import trio

from localctl.charging.base.phases import ROTATIONS
from localctl.charging.commissioning import card
from localctl.charging.commissioning.known import Kind, Terms
from localctl.charging.commissioning.levers import IDS
from localctl.demo.car import Car
from localctl.demo.clock import Clock
from localctl.hand import StationHand
from localctl.plan import site_plan_of
from localctl.plan_net import policies_of
from localctl.simulate.box import Box
from localctl.simulate.cable import Lag
from localctl.simulate.csms import SimCsms
from localctl.simulate.mail import Mail
from localctl.simulate.station import Outfit, Plug, SimEvse, SimStation
from tests.localctl.simulate.sites import config

START = datetime(2026, 6, 1, tzinfo=UTC)
SITE = """
[charging]
lease_s = 120
longest_lease_s = 120
clock_skew_s = 10
[[panel]]
id = "main"
fuse_a = 40
[[station]]
identity = "CP-1"
panel = "main"
evses = [{ id = 1, phases = PHASES, max_a = 32 }]
MORE
"""


class QuirkyEvse(SimEvse):
    """`min_a`: the car takes nothing below it. `wakes` False: once paused it stays so. `deaf_to_zero`: no 0 A."""

    def __init__(self, *args, min_a=6.0, wakes=True, deaf_to_zero=False, **more):
        super().__init__(*args, **more)
        self.least_a, self.wakes, self.deaf_to_zero, self.asleep = min_a, wakes, deaf_to_zero, False

    def limit_a(self, at, sharing=1):
        limit_a = super().limit_a(at, sharing)
        if self.deaf_to_zero and limit_a < 6:
            return max(limit_a, self.offered_a, 6.0)
        if self.transaction is not None and limit_a < 6 and self.drawn_a > 0 and not self.wakes:
            self.asleep = True
        if self.asleep or limit_a < self.least_a:
            return 0.0
        return limit_a


class QuirkyStation(SimStation):
    """`takes`: purposes. `top_level`, `unit`, `ignores`: purposes accepted and forgotten. `returns`: comes back after
    a close frame."""

    def __init__(
        self, outfit, board, *, takes=("ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"), top_level=50,
        unit="AW", ignores=(), returns=True, shows_meter=True, named=True, relative_only=False, **evse,
    ):  # fmt: skip
        self.takes, self.top_level, self.unit, self.ignores, self.returns = takes, top_level, unit, ignores, returns
        self.named, self.relative_only, self.quirks = named, relative_only, evse
        self.on_said = lambda amps, profile_id: None
        self.gone = False
        super().__init__(outfit, board, START)
        if not shows_meter:
            del self._dialect.handlers["TriggerMessage"]

    def install(self, evse, raw, *, replace_like):
        schedule = raw["chargingSchedule"][0]
        per_a = 1.0 if schedule["chargingRateUnit"] == "A" else 230.0 * len(self._plugs[1].conductors)
        self.on_said(schedule["chargingSchedulePeriod"][0]["limit"] / per_a, raw["id"])
        if raw["chargingProfilePurpose"] not in self.takes or raw["stackLevel"] > self.top_level:
            return "UnsupportedPurpose"
        if schedule["chargingRateUnit"] not in self.unit:
            return "UnsupportedRateUnit"
        if raw["chargingProfilePurpose"] == "TxProfile":
            if self.relative_only and raw["chargingProfileKind"] != "Relative":
                return "UnsupportedKind"
            if not self.named:
                if "transactionId" in raw:
                    return "InvalidValue"
                raw = {**raw, "transactionId": self.evses[evse].transaction.id}
        if raw["chargingProfilePurpose"] in self.ignores:
            return None
        return super().install(evse, raw, replace_like=replace_like)

    def _evse(self, number):
        plug = self.outfit.plugs[number - 1]
        return QuirkyEvse(
            id=number, profiles=self.profiles, phases=len(plug.conductors), max_a=plug.max_a,
            reaction_s=self.outfit.reaction_s, settled_at=self.clock.now_at(), conductors=plug.conductors,
            on_change=self._drew, **self.quirks,
        )  # fmt: skip

    def _lost(self, why):
        super()._lost(why)
        self.gone = self.gone or (why.startswith("closed with 1001") and not self.returns)

    async def _connection(self):
        if self.gone:
            await trio.sleep_forever()
        await super()._connection()


class BoardWires:
    """What `net.wires` does, on the simulation's cables."""

    def __init__(self, board, pongs=True):
        self.board, self.pongs = board, pongs

    async def ping(self, identity, within_s):
        await trio.sleep(0.1 if self.pongs else within_s)
        return self.pongs

    def let_go(self, identity, *, close):
        cable = self.board.cable_of(identity)
        if close:
            cable.hang_up(1001, "tried out")
        else:
            cable.snap()
        return True


class Bench:
    """A site of one station with one car, and an installer who tries it out."""

    def __init__(
        self, nursery, *, more="", phases="3", version="ocpp2.0.1", car_phases=3, car_a=16.0, car=True, wired="RST",
        pongs=True, reaction_s=3.0, meter=False, meter_every_s=30.0, **quirks,
    ):  # fmt: skip
        self.clock, mail = Clock(START), Mail()
        site = config(SITE.replace("MORE", more).replace("PHASES", phases))
        csms = SimCsms(mail, self.clock.stamp)
        self.box = Box(
            site_plan_of(site), policies_of(site), mail, csms, now_at=self.clock.now_at, seed=1, period_s=5.0,
            remembers=True, lag=lambda _: Lag(), tampers=lambda _: None,
        )  # fmt: skip
        self.controller = self.box.controller
        wires = BoardWires(self.box.board, pongs)
        self.box._control._hand = StationHand(self.box.board.call, wires, self.heard)
        conductors = (1, 2, 3)[: int(phases)]
        outfit = Outfit(
            identity="CP-1", version=version, plugs=(Plug(id=1, conductors=conductors),), reaction_s=reaction_s,
            meter_every_s=meter_every_s,
        )  # fmt: skip
        self.station = QuirkyStation(outfit, self.box.board, **quirks)
        self.wiring = ROTATIONS[wired]
        self.said = []
        self.station.on_said = self.heard_limit
        for task in (mail.run, self.box.run, self.station.run):
            nursery.start_soon(task)
        if meter:
            nursery.start_soon(self.meter)
        if car:
            nursery.start_soon(self.plug, Car(phases=car_phases, max_a=car_a, battery_wh=1e6))
        self.trial = None

    def heard_limit(self, amps, profile_id):
        """A profile reached the station: what it allows, and what the site gave its EVSE in the cycle before."""
        self.said.append((amps, self.controller.last.allocation.amps["CP-1", 1], profile_id))

    def heard(self, identity, payload):
        self.controller.heard(identity, "MeterValues", payload, {}, self.clock.now_at())
        self.box._control.wake()

    async def plug(self, car):
        await trio.sleep(20)
        await self.station.stay(1, car, 100_000, 0.0)

    async def meter(self):
        """The site's own meter sees the station through its wiring, and a house of 2 A."""
        while True:
            amps = [2.0, 2.0, 2.0]
            for number, amperes in enumerate(self.station.evses[1].currents_a(), 1):
                if amperes and number <= len(self.wiring):
                    amps[self.wiring[number - 1]] += amperes
            self.controller.bench.metered("CP-1", tuple(amps), self.clock.now_at())
            await trio.sleep(5)

    async def tried(self, *, kind=Kind.PROBE, within_s=6000, **terms):
        """Commission the station to the end; the card, by what it is about."""
        await trio.sleep(120)
        self.begin(kind=kind, **terms)
        return await self.ended(within_s)

    def begin(self, *, kind=Kind.PROBE, **terms):
        terms = Terms(**({"kind": kind, "car_within_s": 60.0} | terms))
        self.trial = self.controller.commission("CP-1", None, terms, self.clock.now_at())
        return self.trial

    async def ended(self, within_s=6000):
        with trio.fail_after(within_s):
            while not self.trial.over:
                self.trial.watched(self.clock.now_at())
                await trio.sleep(1)
        return {line.what: line for line in card.lines_of(self.trial)}

    async def until(self, key, within_s=600):
        """Look on until a step with this key runs, and a little longer."""
        with trio.fail_after(within_s):
            while self.trial.step is None or self.trial.step.key != key:
                self.trial.watched(self.clock.now_at())
                await trio.sleep(0.25)
        await trio.sleep(1)

    @property
    def ours(self):
        """Which profiles of commissioning are at the station."""
        return {one.id for one in self.station.profiles.installed()} & set(IDS.values())

    @property
    def drawn_a(self):
        """What the car draws."""
        return self.station.evses[1].drawn_a

    @property
    def entitled_a(self):
        """What the box counts for it now."""
        now = self.clock.now_at()
        return self.controller.dispatcher.held(now, now)["CP-1"].of(1)

    @property
    def toml(self):
        return card.toml_of(self.trial)
