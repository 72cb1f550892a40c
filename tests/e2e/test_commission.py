"""`localctl commission` against a real box, over real sockets: a station of the demo with a car, and Ctrl-C."""

import functools
import signal
import subprocess
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import trio

from localctl.cli import INTERRUPTED, OK
from localctl.demo.car import Car
from localctl.demo.clock import Clock
from localctl.demo.csms import Csms
from localctl.demo.dialect import Model
from localctl.demo.door import HOST, Address, Door
from localctl.demo.station import Station, Visit
from localctl.demo.tape import Tape
from tests.e2e.joined import boxed
from tests.e2e.test_cli import command, localctl

SITE = """
[charging]
min_gap_s = 1
reaction_s = 2
[[panel]]
id = "main"
fuse_a = 63
[[station]]
identity = "CP1"
panel = "main"
phase_rotation = "RST"
evses = [{ id = 1, phases = 3, max_a = 32 }]
"""
CSMS_PROFILE = 100
"""The demo's CSMS sets one of its own."""


@asynccontextmanager
async def site(tmp_path, *visits):
    """A CSMS, the box and one station with these visits; the box's socket."""
    clock = Clock(datetime.now(UTC))
    csms = Csms(clock, chat_every_s=3600)
    door = Door(csms.serve)
    async with trio.open_nursery() as nursery:
        await nursery.start(door.stay_open)
        async with boxed(tmp_path, door.port, more=SITE) as entrance:
            port = int(entrance["url"].rpartition(":")[2])
            model = Model(
                identity="CP1", version="ocpp2.0.1", password="sixteen-bytes-or-more", reaction_s=0.5, meter_every_s=5,
                retry_min_s=0.5, retry_range_s=0.1,
            )  # fmt: skip
            station = Station(
                model, dial=Address(port=port).dial, host=f"{HOST}:{port}", path="/CP1", clock=clock, tape=Tape()
            )
            nursery.start_soon(station.run, visits)
            with trio.fail_after(30):
                while not station.online or not station.profiles.installed():  # noqa: ASYNC110 - of two things
                    await trio.sleep(0.1)
            yield tmp_path / "state" / "localctl.sock", station
            nursery.cancel_scope.cancel()


async def test_a_station_of_the_demo_is_commissioned_by_the_real_box_over_its_socket(tmp_path):
    async with site(tmp_path) as (path, station):
        with trio.fail_after(60):
            code, out, err = await localctl("commission", "CP1", "--no-car", "--socket", path)
        assert (code, err) == (OK, ""), out + err
        for found in ("TxDefaultProfile", "amperes and watts", "up to 100 taken", "ping", "answered"):
            assert found in out, out
        assert "does it answer a ping?: yes" in out
        assert "does it come back after its TCP connection is dropped?: yes" in out
        assert "does it come back after a close frame?: yes" in out
        assert "nothing to add to the configuration" in out
        assert station.connections == 3
        assert [one.id for one in station.profiles.installed()] == [2_000_000_000]


async def test_a_car_is_seen_falling_and_ctrl_c_gives_it_back_what_it_had(tmp_path):
    visit = Visit(evse=1, after_s=0.5, stay_s=600, car=functools.partial(Car, max_a=16.0, battery_wh=1e6))
    async with site(tmp_path, visit) as (path, station), trio.open_nursery() as nursery:
        drawn_a = []
        station.on_draw = lambda evse: drawn_a.append(evse.drawn_a)
        argv, how = command("commission", "CP1", "--socket", path)
        run = functools.partial(trio.run_process, argv, check=False, stdout=subprocess.PIPE, **how)
        process, heard = await nursery.start(run), b""
        with trio.fail_after(120):
            async for chunk in process.stdout:
                heard += chunk
                if b"as in daily use: yes" in heard:
                    break
        assert 6.0 in drawn_a
        assert max(drawn_a) > 6.0
        with trio.fail_after(60):
            process.send_signal(signal.SIGINT)
            assert await process.wait() == INTERRUPTED
            while station.evses[1].drawn_a == 6.0:  # noqa: ASYNC110 - the station tells of changes, not of states
                await trio.sleep(0.2)
        assert {one.id for one in station.profiles.installed()} - {CSMS_PROFILE} == {2_000_000_000}
