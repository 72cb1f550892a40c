"""kill -9 while cars charge: a real box, real sockets, five cars; the box comes back on its state directory.

The EMS allows less than before, stations come back in any order and one never does. The judge stands at the stations:
what their own profiles let them draw (the demo's arithmetic, not the controller's) never adds up to more than the fuse,
and no station is let draw more before the sum has come down to what the EMS allows now.
"""

import random
import subprocess
import sys
from contextlib import asynccontextmanager
from functools import partial

import trio

from localctl.demo.api import Api, NoAnswer
from localctl.demo.car import Car
from localctl.demo.clock import Clock
from localctl.demo.csms import Csms
from localctl.demo.dialect import Model
from localctl.demo.door import HOST, Door
from localctl.demo.station import Station, Visit
from localctl.demo.tape import Tape
from tests.e2e.joined import free_port, read_lines, ready
from tests.e2e.processes import REPOSITORY

FUSE_A, BEFORE_A, AFTER_A, FAILSAFE_A = 44.0, 40.0, 32.0, 6.0
VERSIONS = ("ocpp1.6", "ocpp2.0.1", "ocpp2.1", "ocpp1.6", "ocpp2.0.1")
LOST, LEAVING = "S4", "S0"
TOKEN = "a-token-for-the-ems"
PATIENCE_S = 90.0
CONFIG = """
[controller]
state_dir = "{folder}/state"
log_format = "logfmt"
[[listen]]
address = "127.0.0.1"
port = {port}
security_profile = 1
[[csms]]
name = "upper"
url = "ws://127.0.0.1:{csms_port}"
hold_s = 1
retry_min_s = 0.3
retry_range_s = 0.3
[http]
address = "127.0.0.1"
port = {http_port}
token_file = "{folder}/token"
[defaults]
outage = "carry"
[outage]
trust_clock = "always"
[[limit_source]]
name = "ems"
kind = "EMS"
stale_after_s = 600
[charging]
lease_s = 60
longest_lease_s = 60
clock_skew_s = 2
dead_band_a = 0.5
min_gap_s = 1
retry_s = 1
reaction_s = 1
[[panel]]
id = "main"
fuse_a = {fuse}
"""


def hungry():
    """A car that takes whatever it gets."""
    return Car(phases=3, max_a=32.0, battery_wh=80_000.0, soc=0.2, target_soc=0.9)


class Quiet(Csms):
    """A CSMS that asks nothing, and counts how transactions begin and end."""

    def __init__(self, clock):
        super().__init__(clock, chat_every_s=3600.0)
        self.began, self.ended = [], []

    def ask(self, identity, action, payload):
        pass

    def _handle(self, side, action, payload):
        kind = payload.get("eventType", action)
        if kind in ("Started", "StartTransaction"):
            self.began.append(side.identity)
        elif kind in ("Ended", "StopTransaction"):
            self.ended.append(side.identity)
        return super()._handle(side, action, payload)


class Site:
    """Five stations with cars, a box that can be killed, and the judge beside them."""

    def __init__(self, folder, csms_port):
        self.folder, self.port, self.http_port = folder, free_port(), free_port()
        (folder / "token").write_text(TOKEN + "\n")
        (folder / "token").chmod(0o600)
        text = CONFIG.format(
            folder=folder, port=self.port, csms_port=csms_port, http_port=self.http_port, fuse=FUSE_A
        )
        for number in range(len(VERSIONS)):
            text += f'[[station]]\nidentity = "S{number}"\npanel = "main"\nevses = [{{ id = 1 }}]\n'
        (folder / "config.toml").write_text(text)
        self.api = Api(port=self.http_port, token=TOKEN, token_file=folder / "token")
        self.clock, self.chance = Clock(), random.Random(4)
        self.gone = set()
        self.stations = {f"S{number}": self.station(number) for number in range(len(VERSIONS))}
        self.leaves = trio.Event()
        self.sums, self.raises, self.most_a = [], [], BEFORE_A

    def station(self, number):
        name = f"S{number}"

        async def dial():
            if name in self.gone:
                raise OSError("no network")
            await trio.sleep(self.chance.uniform(0.0, 2.0))
            return await trio.open_tcp_stream(HOST, self.port)

        model = Model(
            identity=name, version=VERSIONS[number], reaction_s=0.5, meter_every_s=5.0, retry_min_s=0.5,
            retry_repeats=1, password="pass-" * 4, seed=number,
        )  # fmt: skip
        return Station(model, dial=dial, host=HOST, path=f"/{name}", clock=self.clock, tape=Tape())

    @asynccontextmanager
    async def box(self):
        """A running `localctl run`; killed with -9 at the end of the block."""
        log = []
        async with trio.open_nursery() as nursery:
            command = [sys.executable, "-m", "localctl", "run", str(self.folder / "config.toml")]
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
            process = await nursery.start(partial(trio.run_process, command, check=False, cwd=REPOSITORY, **pipes))
            nursery.start_soon(read_lines, process.stdout, log)
            try:
                await ready(self.http_port, process, log)
                yield
            except BaseException:
                print("localctl said last:", *log[-40:], sep="\n  ")
                raise
            finally:
                process.kill()

    async def ems(self, amps):
        """The EMS insists until it is heard."""
        for _ in range(20):
            try:
                return await self.api.limit("main", {"source": "ems", "limit_a": amps, "expires_in_s": 600})
            except NoAnswer as why:
                reason = why
                await trio.sleep(0.2)
        raise reason

    def limits(self):
        now = self.clock.now_at()
        return {name: one.evses[1].limit_a(now) for name, one in self.stations.items()}

    async def judge(self):
        """Look at what the stations' profiles allow, all the time."""
        before = self.limits()
        while True:
            await trio.sleep(0.02)
            now = self.limits()
            self.sums.append(sum(now.values()))
            if any(now[name] > before[name] + 0.01 for name in now):
                self.raises.append((self.sums[-1], self.most_a))
            before = now

    async def until(self, true):
        for _ in range(int(10 * PATIENCE_S)):
            if true():
                return
            await trio.sleep(0.1)
        raise AssertionError(f"in vain; limits {self.limits()}, raises {self.raises[-9:]}")


async def test_p2_p3_a_box_killed_while_cars_charge_comes_back_and_nobody_gets_too_much(tmp_path):
    async with trio.open_nursery() as nursery:
        clock = Clock()
        csms = Quiet(clock)
        door = Door(csms.serve)
        await nursery.start(door.stay_open)
        site = Site(tmp_path, door.port)
        async with site.box():
            await site.ems(BEFORE_A)
            for station in site.stations.values():
                nursery.start_soon(station.run, (Visit(evse=1, after_s=0.0, stay_s=10_000.0, car=hungry),))
            await site.until(lambda: BEFORE_A - 2 < sum(site.limits().values()) <= BEFORE_A + 0.01)
            site.gone.add(LOST)
            nursery.start_soon(site.judge)
        await site.until(lambda: not any(station.online for station in site.stations.values()))
        async with site.box():
            await site.ems(AFTER_A)
            site.most_a = AFTER_A
            returning = [one for name, one in site.stations.items() if name != LOST]
            await site.until(lambda: all(station.online for station in returning))
            await site.until(lambda: sum(site.limits().values()) <= AFTER_A + 0.01)
            door.shut()  # a carried outage on top of the restart: the box goes on alone
            site.stations[LEAVING].stop(site.stations[LEAVING].evses[1].transaction.id, "Local")
            site.most_a = BEFORE_A
            await site.ems(BEFORE_A)
            await site.until(lambda: sum(site.limits().values()) > AFTER_A + 4)
            await nursery.start(door.stay_open)
            await site.until(lambda: LEAVING in csms.ended)
        assert max(site.sums) <= FUSE_A + 0.01
        assert site.raises, "somebody was given more in the end"
        assert [one for one in site.raises if one[0] > one[1] + 0.01] == []
        assert sorted(csms.began) == sorted(site.stations)
        assert csms.ended == [LEAVING]
        nursery.cancel_scope.cancel()
