"""The processes of one run: a box on its own state directory, and the recording CSMS; killed, frozen, started again."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.e2e.outage import csms
from tests.e2e.outage.waiting import eventually

REPOSITORY = Path(__file__).parents[3]
STATION_PORT, HTTP_PORT = 9000, 9180
PATIENCE_S = 30.0

CONFIG = """
[controller]
state_dir = "{folder}/state"
log_format = "logfmt"
log_level = "info"
[http]
address = "{ip}"
port = 9180
[[listen]]
address = "{ip}"
port = 9000
{listen}
[[csms]]
name = "upper"
url = "ws://{ip}:9100"
connect_timeout_s = 1.0
ping_s = 0.5
pong_timeout_s = 0.5
retry_min_s = 0.1
retry_range_s = 0.1
retry_repeats = 1
hold_s = 0.3
[defaults]
outage = "carry"
call_timeout_s = {call_timeout_s}
outage_grace_s = {grace_s}
handshake = "{handshake}"
probe_grace_s = 0.2
own_call_timeout_s = 1.0
failsafe_current_a = 6.0
[outage]
unknown_tokens = "accept"
message_attempts = 6
message_attempt_interval_s = 0.1
replay_per_second = {replay_per_s}
trust_clock = "always"
boot_again = {boot_again}
[charging]
min_gap_s = 0.0
min_off_s = 0.0
min_on_s = 0.0
reaction_s = 0.2
dead_band_a = 0.5
retry_s = 0.5
[[panel]]
id = "main"
fuse_a = {fuse_a}
"""
STATION = """
[[station]]
identity = "{identity}"
panel = "main"
evses = [{{ id = 1, max_a = 32.0 }}]
"""


class Launcher:
    """One `prefork` process: everything of its kind that it starts dies with it."""

    def __init__(self, process):
        self._process = process
        self._turn = asyncio.Lock()

    @classmethod
    async def start(cls, kind):
        """Start it and wait until it has imported everything."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.e2e.outage.prefork", kind,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY,
        )  # fmt: skip
        assert await process.stdout.readline() == b"ready\n", f"{kind} cannot be imported"
        return cls(process)

    async def spawn(self, argv, out, disk_s):
        """The process id of a new one."""
        order = {"argv": argv, "out": str(out), "disk_s": disk_s}
        async with self._turn:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            await self._process.stdin.drain()
            return int(await self._process.stdout.readline())

    async def stop(self):
        """End it."""
        self._process.stdin.close()
        await self._process.wait()


class Spawned:
    """A process that can be killed, frozen and started again; `pid` is None while there is none."""

    def __init__(self, launcher, argv, out, disk_s=0.0):
        self._launcher, self._argv, self._out, self._disk_s = launcher, argv, out, disk_s
        self.pid = None
        self.starts = 0

    async def start(self):
        """Start it; it is not necessarily ready."""
        self.pid = await self._launcher.spawn(self._argv, self._out, self._disk_s)
        self.starts += 1

    def signal(self, number):
        """Send it a signal. A process that ended by itself is a failed run."""
        os.kill(self.pid, number)

    async def kill(self):
        """SIGKILL, and wait until it is gone."""
        if self.is_alive():
            with contextlib.suppress(ProcessLookupError):  # an accident may have killed it a moment ago
                self.signal(signal.SIGKILL)
        assert await eventually(lambda: not self.is_alive(), PATIENCE_S, every_s=0.005), "it does not die"
        self.pid = None

    def is_alive(self):
        """Whether it is there."""
        if self.pid is None:
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


class Box(Spawned):
    """`localctl run` in front of this address's CSMS."""

    def __init__(self, launcher, folder, ip, plan):
        self.ip, self.log = ip, folder / "box.log"
        stations = "".join(STATION.format(identity=identity) for identity in plan.stations)
        listen = "security_profile = 1" if plan.passwords else "security_profile = 0\nallow_insecure = true"
        text = CONFIG.format(
            folder=folder, ip=ip, listen=listen, fuse_a=plan.fuse_a, boot_again=str(plan.boot_again).lower(),
            call_timeout_s=plan.call_timeout_s, replay_per_s=plan.replay_per_s, grace_s=plan.grace_s,
            handshake=plan.handshake,
        )  # fmt: skip
        (folder / "config.toml").write_text(text + stations)
        super().__init__(launcher, ["run", str(folder / "config.toml")], self.log, plan.disk_s)

    async def ready(self):
        """Wait until stations are let in."""
        await _listening(self, self.ip, HTTP_PORT)
        await _listening(self, self.ip, STATION_PORT)


class Upper(Spawned):
    """The recording CSMS and the line on which the bench commands it."""

    def __init__(self, launcher, folder, ip, plan):
        self.ip, self.record = ip, folder / "record.jsonl"
        self.frozen = []
        """Times (from, to) in which it stood still."""
        argv = [ip, str(self.record), str(plan.seed), *plan.habits]
        super().__init__(launcher, argv, folder / "csms.log")

    async def ready(self):
        """Wait until it serves."""
        await _listening(self, self.ip, csms.COMMAND_PORT)

    async def order(self, **order):
        """One command; its answer."""
        reader, writer = await asyncio.wait_for(asyncio.open_connection(self.ip, csms.COMMAND_PORT), PATIENCE_S)
        writer.write(json.dumps(order).encode() + b"\n")
        answer = await asyncio.wait_for(reader.readline(), PATIENCE_S)
        writer.close()
        return json.loads(answer)

    def freeze(self):
        """It stands still: its sockets stay open and nobody reads them."""
        self.signal(signal.SIGSTOP)
        self.frozen.append((time.time(), float("inf")))

    def thaw(self):
        """It goes on as if nothing had been."""
        if self.is_alive():
            self.signal(signal.SIGCONT)
        self.frozen[-1] = (self.frozen[-1][0], time.time())

    def facts(self):
        """What it has written down."""
        return csms.lines(self.record)


async def _listening(process, ip, port):
    """Wait until somebody takes connections there."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if not process.is_alive():
            raise AssertionError("a process ended by itself; see its log")
        try:
            _, writer = await asyncio.open_connection(ip, port)
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return
    raise AssertionError(f"nobody listens on {ip} port {port}")
