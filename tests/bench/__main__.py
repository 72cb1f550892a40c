"""`make bench`: every benchmark, one after the other; each prints ratios within its own run.

`BENCH="relay --quick"` runs one of them, with its own arguments.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHES = {
    "allocation": HERE / "allocation.py",
    "composite": HERE / "composite.py",
    "journal": HERE / "journal.py",
    "outage": HERE / "outage.py",
    "relay": HERE / "relay" / "bench.py",
    "replan": HERE / "replan.py",
}


def main(arguments: list[str]) -> int:
    """Run the named benchmark, or all of them; the number of those that failed."""
    chosen = {arguments[0]: BENCHES[arguments[0]]} if arguments and arguments[0] in BENCHES else BENCHES
    rest = arguments[1:] if len(chosen) == 1 else arguments
    failed = 0
    for name, script in chosen.items():
        print(f"\n== {name}", flush=True)
        failed += subprocess.run([sys.executable, str(script), *rest], check=False).returncode != 0
    return failed


sys.exit(main(sys.argv[1:]))
