"""Starts processes by forking one that has imported everything already: `python -m tests.e2e.outage.prefork box|csms`.

A `localctl run` needs a second of processor time to import itself; the bench starts hundreds. What is forked is a
process of its own with its own sockets, threads and files, and runs the command line's own entry point. One line of
JSON in, `{"argv": [...], "out": "log file", "disk_s": 0.0}`, one line out: the process id. The children die with this
process. `disk_s` makes SQLite's commits slower by up to that long, as on an SD card: what is said before it is on disk
is then lost when the process is killed in between.
"""

import ctypes
import gc
import importlib
import json
import os
import random
import signal
import sqlite3
import sys
import time
import traceback
from functools import partial

PR_SET_PDEATHSIG = 1
MODULES = {"box": ("localctl.cli.main", "localctl.cli.run"), "csms": ("tests.e2e.outage.csms",)}


class SlowConnection(sqlite3.Connection):
    """To a disk that takes its time."""

    disk_s = 0.0

    def execute(self, sql, *more):
        """A commit comes late."""
        if sql == "COMMIT":
            time.sleep(random.uniform(0.0, self.disk_s))
        return super().execute(sql, *more)


def run_box(argv):
    """`localctl run <file>`."""
    from localctl.cli.main import main

    sys.argv = ["localctl", *argv]
    main()


def run_csms(argv):
    """The recording CSMS."""
    from tests.e2e.outage.csms import main

    main(argv)


def child(kind, argv, out, disk_s):
    """Be the process that was asked for; never returns."""
    code = 1
    try:
        if disk_s:
            SlowConnection.disk_s = disk_s
            sqlite3.connect = partial(sqlite3.connect, factory=SlowConnection)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        log = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        {"box": run_box, "csms": run_csms}[kind](argv)
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main(kind):
    """Fork for every line until stdin ends."""
    for module in MODULES[kind]:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    print("ready", flush=True)
    while line := sys.stdin.readline():
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            child(kind, **order)
        print(pid, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
