"""Many runs side by side, in two worker processes: `python -m tests.e2e.outage.pool <folder> <beside> <seed> …`.

A run mostly waits, so a worker plays several at once; each has an address of its own on loopback. A worker prints one
line of JSON per run as soon as it is over.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from tests.e2e.outage.box import HTTP_PORT, REPOSITORY, STATION_PORT, Launcher
from tests.e2e.outage.csms import COMMAND_PORT, OCPP_PORT
from tests.e2e.outage.play import Result, play

WORKERS, BESIDE = 2, 8


def addresses():
    """Loopback addresses on which all four ports are free."""
    first = 10 + os.getpid() % 240
    for number in range(1, 60_000):
        ip = f"127.{first}.{number // 250}.{number % 250 + 1}"
        if all(_free(ip, port) for port in (STATION_PORT, HTTP_PORT, OCPP_PORT, COMMAND_PORT)):
            yield ip


def _free(ip, port):
    with socket.socket() as probe:
        try:
            probe.bind((ip, port))
        except OSError:
            return False
    return True


async def work(folder, beside, seeds):
    """Play these; print what came of each."""
    launchers = {"box": await Launcher.start("box"), "csms": await Launcher.start("csms")}
    room, places = asyncio.Semaphore(beside), addresses()

    async def one(seed):
        async with room:
            result = await play(seed, next(places), folder / f"seed-{seed}", launchers)
            print(json.dumps(asdict(result)), flush=True)

    async with asyncio.TaskGroup() as group:
        for seed in seeds:
            group.create_task(one(seed))
    for launcher in launchers.values():
        await launcher.stop()


def results(seeds, folder, *, workers=WORKERS, beside=BESIDE):
    """Play all seeds; yields a `Result` for each as soon as it is known."""
    seeds = list(seeds)
    command = [sys.executable, "-m", "tests.e2e.outage.pool", str(folder), str(beside)]
    shares = [seeds[number::workers] for number in range(min(workers, len(seeds)))]
    processes = [
        subprocess.Popen([*command, *map(str, share)], stdout=subprocess.PIPE, cwd=REPOSITORY) for share in shares
    ]
    try:
        yield from _lines(processes)
    finally:
        for process in processes:
            process.kill()
            process.wait()
            process.stdout.close()


def _lines(processes):
    """Results of all workers as they come."""
    import selectors

    with selectors.DefaultSelector() as selector:
        rests = {}
        for process in processes:
            selector.register(process.stdout, selectors.EVENT_READ)
            rests[process.stdout] = b""
        while rests:
            for key, _ in selector.select():
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                    del rests[key.fileobj]
                    continue
                *lines, rests[key.fileobj] = (rests[key.fileobj] + chunk).split(b"\n")
                for line in lines:
                    yield Result(**json.loads(line))


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), [int(seed) for seed in sys.argv[3:]]))
