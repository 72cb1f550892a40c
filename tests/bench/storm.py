"""`python -m tests.bench.storm`: 500 stations behind a real box lose power, and all come back at once.

Real sockets, a CSMS beside the box. Stations boot and stay; then every connection is cut without a word, and all dial
again within a moment. Who gets 503 comes back when Retry-After says so, or by its own back-off where it heeds nothing
(`--heed 0.5`: half of them). Prints admitted per second, the time until all are in, 503s, the longest wait, memory, and
the box's own counters. Exit code 1 when somebody is left out or a second saw more dials than it may.
"""

import argparse
import base64
import os
import random
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, Final

import trio

from localctl.demo.api import NoAnswer, request
from localctl.demo.clock import Clock
from localctl.demo.csms import Csms
from localctl.demo.door import HOST, Door, free_ports
from tests.bench.relay.bench import rss_mb

CONFIG: Final = """
[controller]
state_dir = "{folder}/state"
log_format = "logfmt"
log_level = "warning"
[[listen]]
address = "127.0.0.1"
port = {port}
security_profile = 1
[[csms]]
name = "upper"
url = "ws://127.0.0.1:{csms_port}"
[http]
address = "127.0.0.1"
port = {http_port}
[defaults]
unknown_stations = "route"
outage = "{outage}"
[outage]
admission_per_second = {per_s}
admission_burst = {burst}
"""
BOOT: Final = b'[2,"1","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"M","vendorName":"V"}}]'
WITHIN_S: Final = 300.0


class Storm:
    """The stations, and what happened to them. Times in seconds since power came back."""

    def __init__(self, port: int, heeding: float) -> None:
        self.port, self.heeding, self.chance = port, heeding, random.Random(1)
        self.streams: dict[str, trio.abc.Stream] = {}
        self.refused: Counter[str] = Counter()
        self.in_at: list[float] = []
        self.began_at = 0.0

    async def come(self, name: str) -> None:
        """One station, until it is in and has booted."""
        heeds = self.chance.random() < self.heeding
        await trio.sleep(self.chance.uniform(0.0, 0.3))
        while True:
            try:
                status, retry_s = await self._dial(name)
            except (OSError, trio.BrokenResourceError):
                status, retry_s = 0, 0.0
            if status == 101:
                self.in_at.append(trio.current_time() - self.began_at)
                return
            self.refused[name] += 1
            own_s = min(2.0 ** self.refused[name], 30.0) + self.chance.uniform(0.0, 5.0)
            await trio.sleep(retry_s if heeds and retry_s else own_s)

    async def _dial(self, name: str) -> tuple[int, float]:
        stream = await trio.open_tcp_stream(HOST, self.port)
        password = base64.b64encode(f"{name}:{name}-password-0123".encode()).decode()
        lines = [
            f"GET /{name} HTTP/1.1", f"Host: {HOST}:{self.port}", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(), "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: ocpp2.0.1", f"Authorization: Basic {password}", "", "",
        ]  # fmt: skip
        await stream.send_all("\r\n".join(lines).encode())
        head = await _until(stream, b"\r\n\r\n")
        status = int(head.split()[1]) if head else 0
        if status != 101:
            await stream.aclose()
            found = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"retry-after")]
            return status, float(found[0]) if found else 0.0
        await stream.send_all(b"\x81" + bytes([0x80 | len(BOOT)]) + bytes(4) + BOOT)
        if not await _until(stream, b"Accepted"):
            return 0, 0.0
        self.streams[name] = stream
        return status, 0.0

    async def all_come(self, names: list[str]) -> None:
        """Everybody at once."""
        self.refused.clear()
        self.in_at.clear()
        self.began_at = trio.current_time()
        with trio.move_on_after(WITHIN_S):
            async with trio.open_nursery() as nursery:
                for name in names:
                    nursery.start_soon(self.come, name)

    def cut(self) -> None:
        """Power off: no good-bye."""
        for stream in self.streams.values():
            assert isinstance(stream, trio.SocketStream)
            stream.socket.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, struct.pack("ii", 1, 0))
            stream.socket.close()
        self.streams.clear()


async def _until(stream: trio.abc.Stream, mark: bytes) -> bytes:
    heard = b""
    with trio.move_on_after(60):
        while mark not in heard:
            more = await stream.receive_some(4096)
            if not more:
                return b""
            heard += more
    return heard


async def _counters(http_port: int) -> dict[str, float]:
    _, body = await request(http_port, "GET", "/metrics")
    rows = (line.rpartition(" ") for line in body.decode().splitlines() if line.startswith("localctl_admission"))
    return {name: float(value) for name, _, value in rows}


async def main(args: argparse.Namespace) -> int:
    """Play it; the exit code is the verdict."""
    clock = Clock()
    csms = Csms(clock, chat_every_s=36_000.0)
    door, (port, http_port) = Door(csms.serve), free_ports(0, 0)
    with tempfile.TemporaryDirectory() as name:
        async with trio.open_nursery() as nursery:
            await nursery.start(door.stay_open)
            config = Path(name) / "config.toml"
            config.write_text(CONFIG.format(
                folder=name, port=port, csms_port=door.port, http_port=http_port, outage=args.outage,
                per_s=args.per_second, burst=args.burst,
            ))  # fmt: skip
            command = [sys.executable, "-m", "localctl", "run", str(config)]
            box = await nursery.start(partial(trio.run_process, command, check=False, stdout=subprocess.DEVNULL))
            try:
                verdict = await _play(args, Storm(port, args.heed), box, http_port)
            finally:
                box.kill()
            nursery.cancel_scope.cancel()
    return verdict


async def _play(args: argparse.Namespace, storm: Storm, box: trio.Process, http_port: int) -> int:
    names = [f"S{number:04}" for number in range(args.stations)]
    await _ready(http_port)
    empty_mb = rss_mb(box.pid)
    await storm.all_come(names)
    full_mb = rss_mb(box.pid)
    print(f"first connection: {len(storm.in_at)} in after {max(storm.in_at):.1f} s; {empty_mb:.0f} -> {full_mb:.0f} MB")
    await trio.sleep(3)
    storm.cut()
    await trio.sleep(3)
    await storm.all_come(names)
    await trio.sleep(2)
    return _report(args, storm, rss_mb(box.pid), full_mb, await _counters(http_port))


async def _ready(http_port: int) -> None:
    for _ in range(600):
        try:
            if (await request(http_port, "GET", "/-/ready"))[0] == 200:
                return
        except NoAnswer:
            pass
        await trio.sleep(0.1)
    raise SystemExit("the box did not become ready")


def _report(args: argparse.Namespace, storm: Storm, mb: float, full_mb: float, counters: dict[str, Any]) -> int:
    arrived = sorted(storm.in_at)
    seconds = Counter(int(at) for at in arrived)
    print("admitted per second:", " ".join(str(seconds[second]) for second in range(max(seconds) + 1)))
    print(f"{len(arrived)} of {args.stations} in, the last after {arrived[-1]:.1f} s, half after "
          f"{arrived[len(arrived) // 2]:.1f} s; {storm.refused.total()} turned away, nobody more than "
          f"{max(storm.refused.values(), default=0)} times; memory {full_mb:.0f} -> {mb:.0f} MB")  # fmt: skip
    print(*(f"  {name} {value:g}" for name, value in counters.items()), sep="\n")
    most = args.burst + 2 * args.per_second + 1
    too_fast = max(seconds.values()) > most
    return 1 if len(arrived) < args.stations or too_fast else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.storm", description=__doc__)
    parser.add_argument("--stations", type=int, default=500)
    parser.add_argument("--per-second", type=float, default=50.0)
    parser.add_argument("--burst", type=int, default=100)
    parser.add_argument("--heed", type=float, default=1.0, help="part of the stations that heed Retry-After")
    parser.add_argument("--outage", default="close", choices=("close", "carry"))
    sys.exit(trio.run(main, parser.parse_args()))
