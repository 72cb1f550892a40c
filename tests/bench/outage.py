"""What `carry` costs beside the live relay, in one run: messages a second and milliseconds until a station is answered.

    python tests/bench/outage.py [--quick] [--folder PATH]

One real box, two CSMSs. `live` is there, so a message goes up and its answer comes down. `away` accepted its stations
and then went, so the box answers for it, after the message is on disk (WAL, synced). Each station says its next
TransactionEvent as soon as the last is answered. Both ways are measured in turn, twice; the best of each counts. In the
end `away` comes back, and what was kept goes up as fast as the pace allows. `--folder` puts the journal on the disk
that matters.
"""

import argparse
import asyncio
import base64
import json
import statistics
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.e2e.joined import free_port
from tests.e2e.outage.waiting import eventually

HOST, VERSION = "127.0.0.1", "ocpp2.0.1"
NOW = "2026-01-01T00:00:00Z"
STATIONS = (1, 100)
ROUNDS = 2
PACE = 2000.0
CONFIG = """
[controller]
state_dir = "{folder}/state"
log_format = "logfmt"
[http]
port = {http}
[[listen]]
address = "{host}"
port = {port}
security_profile = 0
allow_insecure = true
[[csms]]
name = "live"
url = "ws://{host}:{live}"
identities = ["live*"]
[[csms]]
name = "away"
url = "ws://{host}:{away}"
identities = ["away*"]
retry_min_s = 0.2
retry_range_s = 0.1
retry_repeats = 0
[defaults]
unknown_stations = "route"
outage = "carry"
[outage]
trust_clock = "always"
replay_per_second = {pace}
journal_rows = 1000000
admission_per_second = 0
"""


class Upper:
    """A CSMS that takes everything; `taken` counts."""

    def __init__(self, port):
        self.port, self.taken, self._server = port, 0, None

    async def come(self):
        """Be there."""
        self._server = await serve(
            self._attend, HOST, self.port, subprotocols=[VERSION], compression=None, ping_interval=None
        )

    async def go(self):
        """Be away."""
        self._server.close()
        await self._server.wait_closed()

    async def _attend(self, ws):
        async for text in ws:
            _, message_id, action, _ = json.loads(text)
            boots = action == "BootNotification"
            answer = {"status": "Accepted", "currentTime": NOW, "interval": 300} if boots else {}
            self.taken += not boots
            await ws.send(json.dumps([3, message_id, answer]))


class Station:
    """One station that says what it is told to, one message at a time."""

    def __init__(self, name, port):
        self.name, self._port, self._seq = name, port, 0
        self.ws = None

    async def come(self):
        """Connect and boot."""
        url, basic = f"ws://{HOST}:{self._port}/{self.name}", base64.b64encode(f"{self.name}:secret".encode()).decode()
        options = {"compression": None, "ping_interval": None, "proxy": None}
        headers = {"Authorization": f"Basic {basic}"}
        self.ws = await connect(url, subprotocols=[VERSION], additional_headers=headers, **options)
        boot = {"reason": "PowerUp", "chargingStation": {"model": "B", "vendorName": "Bench"}}
        await self._say("BootNotification", boot)

    async def event(self):
        """One TransactionEvent, until it is answered."""
        sample = {"value": 16.1, "measurand": "Current.Import", "phase": "L1"}
        body = {
            "eventType": "Updated", "timestamp": NOW, "triggerReason": "MeterValuePeriodic", "seqNo": self._seq,
            "transactionInfo": {"transactionId": f"T-{self.name}"},
            "meterValue": [{"timestamp": NOW, "sampledValue": [sample]}],
        }  # fmt: skip
        await self._say("TransactionEvent", body)

    async def _say(self, action, body):
        self._seq += 1
        await self.ws.send(json.dumps([2, f"{self.name}-{self._seq}", action, body]))
        answer = json.loads(await self.ws.recv())
        if answer[:2] != [3, f"{self.name}-{self._seq}"]:
            raise SystemExit(f"{self.name} was answered {answer}")


@asynccontextmanager
async def box(folder, live, away):
    """`localctl run`; its port for stations."""
    port, http = free_port(), free_port()
    config = folder / "config.toml"
    config.write_text(
        CONFIG.format(folder=folder, host=HOST, port=port, http=http, live=live, away=away, pace=PACE)
    )  # fmt: skip
    with (folder / "box.log").open("wb") as log:
        command = [sys.executable, "-m", "localctl", "run", str(config)]
        process = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        while not await _listens(port):
            if process.returncode is not None:
                raise SystemExit((folder / "box.log").read_text())
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _listens(port):
    await asyncio.sleep(0.1)
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


async def measure(stations, seconds):
    """Messages a second and the milliseconds each took."""
    took_ms, end = [], time.perf_counter() + seconds

    async def talk(station):
        while (began := time.perf_counter()) < end:
            await station.event()
            took_ms.append((time.perf_counter() - began) * 1e3)

    began = time.perf_counter()
    await asyncio.gather(*map(talk, stations))
    return len(took_ms) / (time.perf_counter() - began), took_ms


async def compare(folder, seconds):
    """Print all figures; 0 when every message that was kept has come."""
    live, away = Upper(free_port()), Upper(free_port())
    await live.come()
    await away.come()
    async with box(folder, live.port, away.port) as port:
        ways = {name: [Station(f"{name}{n}", port) for n in range(max(STATIONS))] for name in ("live", "away")}
        for station in [*ways["live"], *ways["away"]]:
            await station.come()
        await away.go()
        await asyncio.sleep(0.5)
        kept = 0
        for number in STATIONS:
            kept += await _print_side_by_side(ways, number, seconds)
        return await _print_replay(away, kept)


async def _print_side_by_side(ways, number, seconds):
    """How many messages were kept."""
    runs, kept = {"live": [], "away": []}, 0
    for _ in range(ROUNDS):
        for name, stations in ways.items():
            rate, took_ms = await measure(stations[:number], seconds)
            runs[name].append((rate, statistics.quantiles(took_ms, n=100)))
            kept += len(took_ms) if name == "away" else 0
    best = {name: max(found, key=lambda one: one[0]) for name, found in runs.items()}
    for name, words in (("live", "close: relayed to its CSMS"), ("away", "carry: on disk, answered here")):
        rate, cuts = best[name]
        print(f"{number:>5} x {words:<30}{rate:8.0f}/s   p50 {cuts[49]:7.2f} ms   p99 {cuts[98]:7.2f} ms", flush=True)
    (live_rate, live_ms), (away_rate, away_ms) = best["live"], best["away"]
    slower = away_ms[49] / live_ms[49]
    print(f"{'':8}carry / close: {away_rate / live_rate:.2f} x the rate, {slower:.2f} x the wait at p50")
    return kept


async def _print_replay(away, kept):
    began, away.taken = time.perf_counter(), 0
    await away.come()
    await eventually(lambda: away.taken >= kept, 30 + kept / 100)
    took_s = time.perf_counter() - began
    rate = away.taken / took_s
    print(f"{kept} kept messages, {away.taken} went up in {took_s:.1f} s: {rate:.0f}/s of {PACE:.0f}/s allowed")
    return away.taken != kept


def main(arguments):
    """Print the figures; 1 when something that was kept did not come."""
    parser = argparse.ArgumentParser(prog="outage")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        return asyncio.run(compare(Path(folder), 1.0 if asked.quick else 4.0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
