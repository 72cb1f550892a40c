"""Measures localctl beside a direct connection and the two plainest relays, in one run, and prints one table.

The relay has core 0 for itself, the load core 1. Ratios within the run are what counts; absolute figures belong to the
machine. `python tests/bench/relay/bench.py [--rounds N] [--quick]`.

What stands between localctl and the plain asyncio relay, which needs half of its processor time: a sampling profile of
localctl with 100 busy stations shows 31 % in system calls (send, receive, epoll), 26 % in the framing of wsproto and
trio-websocket, which is Python where `websockets` masks in C, 10 % in trio, which arms epoll anew for every wait, 19 %
in routing, observations and metrics, the rest in `localctl/net`. So a router that cost nothing would not be enough: the
framing would have to go, which `net/sockets.py` leaves room for.
"""

import argparse
import contextlib
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import trustme

HERE = Path(__file__).parent
RELAYS = ("direct", "plain trio", "plain asyncio", "localctl")
CONFIG = """
[controller]
name = "bench"
state_dir = "{state}"
max_connections = 4000
max_handshakes = 4000
max_handshakes_per_peer = 4000
handshake_deadline_s = 60

[[listen]]
address = "127.0.0.1"
port = {port}
security_profile = {profile}
max_connections = 4000
{certificates}

[[csms]]
name = "bench"
url = "ws://127.0.0.1:{csms_port}"

[http]
port = {http_port}

[defaults]
unknown_stations = "route"

[outage]
admission_per_second = 0
"""


def free_port() -> int:
    """A loopback port nobody has, below those the system gives to outgoing connections: a storm takes thousands."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port


def cpu_s(pid: int) -> float:
    """Processor seconds a process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the relay accepts connections."""
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit(f"{last_words(log)}\nrelay ended early: {process.args}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            time.sleep(0.3)
            return
        time.sleep(0.1)
    raise SystemExit(f"relay never listened on {port}")


class Pki:
    """One throw-away certificate for every relay."""

    def __init__(self, folder: Path) -> None:
        ca, self.ca, self.pem, self.key = trustme.CA(), folder / "ca.pem", folder / "server.pem", folder / "server.key"
        ca.cert_pem.write_to_path(str(self.ca))
        cert = ca.issue_cert("127.0.0.1", "localhost", key_type=trustme.KeyType.ECDSA)
        cert.private_key_and_cert_chain_pem.write_to_path(str(self.pem))
        cert.private_key_pem.write_to_path(str(self.key))
        self.key.chmod(0o600)


def localctl_command(port: int, csms_port: int, pki: Pki | None, folder: Path) -> list[str]:
    """localctl as shipped: full router, observations, metrics; only the limits on new connections are raised.

    Each run has a memory of its own: a station that came with TLS before would be refused without (A05.FR.07).
    """
    certificates = f'certificates = [{{cert_file = "{pki.pem}", key_file = "{pki.key}"}}]' if pki else ""
    config = folder / f"bench-{port}.toml"
    config.write_text(
        CONFIG.format(
            state=folder / f"state-{port}", port=port, profile=2 if pki else 1, certificates=certificates,
            csms_port=csms_port, http_port=int(os.environ.get("LOCALCTL_BENCH_HTTP") or free_port()),
        )
    )  # fmt: skip
    return [sys.executable, "-m", "localctl", "run", str(config)]


@contextlib.contextmanager
def relay(kind: str, csms_port: int, folder: Path, pki: Pki | None) -> Iterator[tuple[int, int]]:
    """A running relay as (port, pid); for `direct` the CSMS's own port and no pid."""
    if kind == "direct":
        yield csms_port, 0
        return
    port = free_port()
    if kind == "localctl":
        command = localctl_command(port, csms_port, pki, folder)
    else:
        script = HERE / ("plain_trio.py" if kind == "plain trio" else "plain_asyncio.py")
        command = [sys.executable, str(script), str(port), f"ws://127.0.0.1:{csms_port}", str(pki.pem) if pki else ""]
    with (folder / f"{kind}.log").open("ab") as log:
        process = subprocess.Popen(["taskset", "-c", "0", *command], stdout=log, stderr=log)
    try:
        wait_for(port, process, folder / f"{kind}.log")
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


class Load:
    """The load generator as a process that takes orders."""

    def __init__(self, port: int, csms_port: int, *options: str) -> None:
        command = ["taskset", "-c", "1", sys.executable, str(HERE / "load.py"), "--port", str(port)]
        command += ["--csms-port", str(csms_port), *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def started(self) -> "Load":
        """Once the CSMS half listens."""
        self.read()
        return self

    def order(self, word: str) -> dict[str, Any]:
        """Carry out one phase and report."""
        assert self.process.stdin
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()
        return self.read()

    def read(self) -> dict[str, Any]:
        """The next line of the report."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("the load generator ended early")
        return dict(json.loads(line))

    def __enter__(self) -> "Load":
        return self.started()

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)


def measure_traffic(kind: str, stations: int, seconds: float, folder: Path) -> dict[str, float]:
    """Round trips per second and their processor time in a closed loop, then p50 and p99 (us) in an open one.

    The open loop makes 200 round trips a second, with one station 50. `load_busy` is how busy the load itself was.
    """
    csms_port = free_port()
    pace = stations / 200 if stations > 1 else 0.02
    with relay(kind, csms_port, folder, None) as (port, pid):
        options = ("--stations", str(stations), "--seconds", str(seconds), "--pace", str(pace))
        with Load(port, csms_port, *options) as load:
            check(kind, load.order("connect"), stations, folder)
            before = cpu_s(pid) if pid else 0.0
            closed = load.order("closed")
            used = cpu_s(pid) - before if pid else 0.0
            check(kind, closed, stations, folder)
            paced = load.order("paced")
            check(kind, paced, stations, folder)
    trips = max(closed["round_trips"], 1)
    return {
        "rate": trips / closed["seconds"],
        "cpu_us": used / trips * 1e6,
        "load_busy": closed["own_cpu_s"] / closed["seconds"],
        "p50": paced["p50_us"],
        "p99": paced["p99_us"],
    }


def measure_storm(kind: str, stations: int, folder: Path, pki: Pki | None) -> dict[str, float]:
    """All at once: seconds until the last boot is answered, and the memory they take when idle."""
    csms_port = free_port()
    with relay(kind, csms_port, folder, pki) as (port, pid):
        before, cpu_before = (rss_mb(pid), cpu_s(pid)) if pid else (0.0, 0.0)
        tls = ("--tls", str(pki.ca)) if pki else ()
        with Load(port, csms_port, "--stations", str(stations), "--seconds", "1", *tls) as load:
            report = load.order("storm")
            used = cpu_s(pid) - cpu_before if pid else 0.0
            check(kind, report, stations, folder)
            load.order("idle")
            memory = rss_mb(pid) - before if pid else 0.0
    return {"seconds": report["seconds"], "cpu_s": used, "memory_mb": memory}


def last_words(log: Path) -> str:
    """What a relay said last, but for stations that arrived as they should."""
    lines = log.read_text().splitlines() if log.exists() else []
    said = [line for line in lines if 'event="station connected"' not in line and 'event="station booted"' not in line]
    return "\n".join(said[-20:])


def check(kind: str, report: dict[str, Any], stations: int, folder: Path) -> None:
    """A figure with errors or missing stations in it is no figure; then what the relay said last is shown."""
    if report["errors"] or report["booted"] != stations:
        print(last_words(folder / f"{kind}.log"), file=sys.stderr)
        raise SystemExit(
            f"{kind}: {report['errors']} errors, {report['booted']} of {stations} stations served: {report['faults']}"
        )


def main() -> None:
    """Interleave the contenders so that a machine that changes its speed changes it for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it runs")
    parser.add_argument("--only", choices=("traffic", "storm"), help="leave the other half out")
    args = parser.parse_args()
    rounds, seconds = (1, 1.0) if args.quick else (args.rounds, 2.0)
    figures: dict[tuple[str, str], list[float]] = {}

    def note(kind: str, what: str, values: dict[str, float]) -> None:
        for name, value in values.items():
            figures.setdefault((kind, f"{what} {name}"), []).append(value)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pki = Pki(folder)
        for turn in range(rounds):
            for kind in RELAYS:
                print(f"round {turn + 1}/{rounds}: {kind}", file=sys.stderr, flush=True)
                for stations in (1, 100, 1000) if args.only != "storm" else ():
                    note(kind, f"N={stations}", measure_traffic(kind, stations, seconds, folder))
                if args.only == "traffic":
                    continue
                note(kind, "storm", measure_storm(kind, 1000, folder, None))
                if kind != "direct":
                    note(kind, "storm TLS", measure_storm(kind, 1000, folder, pki))
    report(figures)


def report(figures: dict[tuple[str, str], list[float]]) -> None:
    """The table: medians, then localctl's ratios to each plain relay."""
    median = {key: statistics.median(values) for key, values in figures.items()}
    rows = list(dict.fromkeys(what for _, what in figures))
    print(f"{'median of rounds':24}" + "".join(f"{kind:>15}" for kind in RELAYS) + f"{'/ trio':>9}{'/ asyncio':>11}")
    for what in rows:
        cells = [median.get((kind, what)) for kind in RELAYS]
        line = f"{what:24}" + "".join(f"{'-' if cell is None else f'{cell:,.2f}':>15}" for cell in cells)
        for other in ("plain trio", "plain asyncio"):
            base, ours = median.get((other, what)), median.get(("localctl", what))
            line += f"{'-' if not base or ours is None else f'{ours / base:.2f}':>{9 if other == 'plain trio' else 11}}"
        print(line)
    print(
        "rate: round trips/s, more is better; all else less. memory: MB for 1,000 idle stations. load_busy: of a core"
    )


if __name__ == "__main__":
    main()
