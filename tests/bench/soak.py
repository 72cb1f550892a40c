"""`make soak`: 1,000 stations for 30 minutes, each sending every ten seconds; then all of them leave.

Prints memory, loop lag and tasks as it goes. Fails when memory has grown by more than a tenth after the first sixth of
the time, when a message was lost, or when a task or a link is left over once all have gone.
`SOAK="--minutes 2 --stations 200"` is the short form.
"""

import argparse
import os
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "relay"))
from bench import Load, free_port, relay, rss_mb

STEP_S = 30.0


def scrape(port: int) -> dict[str, float]:
    """Every series of the box, by its whole name."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as page:
        lines = page.read().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}


def lag_p99_s(series: dict[str, float]) -> float:
    """The bucket of the loop's lag under which 99 of 100 naps stayed, in seconds."""
    prefix = 'localctl_event_loop_lag_seconds_bucket{le="'
    buckets = {
        name.removeprefix(prefix).rstrip('"}'): value for name, value in series.items() if name.startswith(prefix)
    }
    whole = buckets["+Inf"]
    return min(float(bound) for bound, count in buckets.items() if count >= 0.99 * whole)


def main() -> int:
    """Soak and judge; the exit code is the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--stations", type=int, default=1000)
    args = parser.parse_args()
    http_port, csms_port = free_port(), free_port()
    os.environ["LOCALCTL_BENCH_HTTP"] = str(http_port)
    with tempfile.TemporaryDirectory() as name, relay("localctl", csms_port, Path(name), None) as (port, pid):
        empty = scrape(http_port)
        options = ("--stations", str(args.stations), "--seconds", str(STEP_S), "--pace", "10")
        with Load(port, csms_port, *options) as load:
            load.order("connect")
            memory = []
            for step in range(int(args.minutes * 60 / STEP_S)):
                report = load.order("paced")
                series = scrape(http_port)
                memory.append(rss_mb(pid))
                minutes = (step + 1) * STEP_S / 60
                print(
                    f"{minutes:5.1f} min  {memory[-1]:6.1f} MB  lag p99 <= {lag_p99_s(series) * 1e3:g} ms  "
                    f"tasks {series['localctl_tasks']:.0f}  {report['round_trips']:,.0f} round trips, "
                    f"{report['errors']:.0f} errors, p99 {report['p99_us'] / 1e3:.1f} ms",
                    flush=True,
                )
        time.sleep(10)
        left = scrape(http_port)
    return verdict(memory, report, empty, left)


def verdict(memory: list[float], report: dict[str, Any], empty: dict[str, float], left: dict[str, float]) -> int:
    """Say what is wrong, if anything is."""
    settled = memory[len(memory) // 6]
    faults = []
    if memory[-1] > 1.1 * settled:
        faults.append(f"memory grew from {settled:.1f} to {memory[-1]:.1f} MB")
    if report["errors"]:
        faults.append(f"{report['errors']:.0f} errors")
    if left["localctl_tasks"] > empty["localctl_tasks"]:
        faults.append(f"{left['localctl_tasks']:.0f} tasks left over, {empty['localctl_tasks']:.0f} at the start")
    print("; ".join(faults) or f"flat: {settled:.1f} MB settled, {memory[-1]:.1f} MB at the end, no task left over")
    return bool(faults)


sys.exit(main())
