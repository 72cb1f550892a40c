"""Outages by the hundred, from the command line: `python -m tests.e2e.outage --seeds 200 [--from 1] [--beside 8]`.

Exit code 1 when anything was lost, came in disorder, or overdrew a fuse. What a failed run wrote down stays in the
folder: the CSMS's record, the stations' frames, the box's log and state.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.outage.pool import BESIDE, WORKERS, results
from tests.e2e.outage.report import story, summary


def main():
    """Play, show progress, report."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.outage", description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=200, help="how many runs")
    parser.add_argument("--from", dest="first", type=int, default=1, help="the first seed")
    parser.add_argument("--beside", type=int, default=BESIDE, help="runs at the same time, per worker")
    parser.add_argument("--workers", type=int, default=WORKERS, help="worker processes")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "localctl-outages")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    began, done = time.monotonic(), []
    for result in results(seeds, options.folder, workers=options.workers, beside=options.beside):
        done.append(result)
        bad = sum(not one.good for one in done)
        print(f"\r{len(done)}/{len(seeds)} runs, {bad} bad, {time.monotonic() - began:.0f} s", end="", file=sys.stderr)
        if not result.good:
            print(f"\n{story(result)}\n    what it wrote down: {options.folder}/seed-{result.seed}", flush=True)
    print(file=sys.stderr)
    print(summary(done))
    return 0 if len(done) == len(seeds) and all(one.good for one in done) else 1


if __name__ == "__main__":
    sys.exit(main())
