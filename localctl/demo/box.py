"""The box under demonstration: a real `localctl run` process with a configuration written for the occasion."""

import errno
import os
import re
import secrets
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio

from localctl.demo.api import Api, NoAnswer, request
from localctl.demo.cast import Plan, Role
from localctl.demo.certificate import make_certificate
from localctl.demo.door import Address, free_ports
from localctl.demo.settings import Ports, settings

USUAL_HTTP_PORT = 9180
ANY_PORT = 0
MORE_ATTEMPTS = 3
READY_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0
READY = " event=ready "


class BoxFailed(Exception):
    """localctl did not start, or ended too soon; the text is what it said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A running box: where stations dial, with and without TLS, and its API."""

    plain: Address
    tls: Address
    api: Api


@asynccontextmanager
async def running_box(
    folder: Path, csms_port: int, plan: Plan, roles: Iterable[Role], say: Callable[[str], None]
) -> AsyncIterator[Box]:
    """A box between these stations and that CSMS until the block ends. `say` hears what it logs."""
    async with trio.open_nursery() as nursery:
        run = await _up(nursery, partial(_configure, folder, csms_port, plan, list(roles)), say)
        try:
            yield run.box
        finally:
            await run.stop()
            nursery.cancel_scope.cancel()


class _Run:
    """One attempt: a process, and what it said last."""

    def __init__(self, box: Box, process: trio.Process, ended: trio.Event) -> None:
        self.box, self.process, self.ended = box, process, ended
        self.log: deque[str] = deque(maxlen=8)
        self.heard_out = trio.Event()

    @property
    def found_a_port_taken(self) -> bool:
        """A port that was free a moment ago went to somebody else: to another demo, as a rule."""
        return any(os.strerror(errno.EADDRINUSE) in line for line in self.log)

    async def stop(self) -> None:
        """End the process, in good order if it can."""
        self.process.terminate()
        with trio.move_on_after(STOP_WITHIN_S, shield=True):
            await self.ended.wait()
            await self.heard_out.wait()


async def _up(nursery: trio.Nursery, configure: Callable[[int], tuple[Box, Path]], say: Callable[[str], None]) -> _Run:
    """A box that is ready; where it found a port taken, one with other ports."""
    for wanted in (USUAL_HTTP_PORT, *(ANY_PORT,) * MORE_ATTEMPTS):
        box, config = configure(wanted)
        ended = trio.Event()
        run = _Run(box, await nursery.start(_process, config, ended), ended)
        nursery.start_soon(_read_log, run, say)
        if await _ready(run):
            return run
        await run.stop()
        if not run.found_a_port_taken:
            break
    raise BoxFailed("localctl did not become ready; it said last:\n  " + "\n  ".join(run.log or ["nothing at all"]))


def _configure(folder: Path, csms_port: int, plan: Plan, roles: list[Role], http_port: int) -> tuple[Box, Path]:
    certificate, key = make_certificate(folder)
    plain_port, tls_port, http_port = free_ports(ANY_PORT, ANY_PORT, http_port)
    plain, tls, api = Address(port=plain_port), Address(port=tls_port, ca_file=certificate), _api(folder, http_port)
    ports = Ports(
        folder=folder,
        certificate=certificate,
        key=key,
        plain=plain.port,
        tls=tls.port,
        csms=csms_port,
        http=api.port,
        token_file=api.token_file,
        socket=api.socket,
    )
    config = folder / "demo.toml"
    config.write_text(settings(plan, roles, ports))
    return Box(plain=plain, tls=tls, api=api), config


def _api(folder: Path, port: int) -> Api:
    token, token_file = secrets.token_hex(12), folder / "token"
    token_file.touch(mode=0o600)
    token_file.write_text(token + "\n")
    return Api(port=port, token=token, token_file=token_file)


async def _process(
    config: Path, ended: trio.Event, *, task_status: trio.TaskStatus[trio.Process] = trio.TASK_STATUS_IGNORED
) -> None:
    # A session of its own: Ctrl-C must reach the demo alone, which ends the box when all is counted.
    command = [sys.executable, "-m", "localctl", "run", str(config)]
    run = partial(
        trio.run_process,
        command,
        check=False,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        await run(task_status=task_status)
    finally:
        ended.set()


async def _read_log(run: _Run, say: Callable[[str], None]) -> None:
    rest = b""
    assert run.process.stdout is not None, "it was asked for"
    try:
        async for chunk in run.process.stdout:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                run.log.append(line.decode(errors="replace"))
                told = re.sub(r"^at=\S+ level=\S+ event=", "", run.log[-1])
                if not told.startswith("order "):  # hundreds of them; what they come to is in the view
                    say("localctl: " + told)
    finally:
        run.heard_out.set()


async def _ready(run: _Run) -> bool:
    with trio.move_on_after(READY_WITHIN_S):
        while not run.ended.is_set():
            # Its own word too: on the same port another demo's box may be the one that answers.
            if any(READY in line for line in run.log) and await _is_ready(run.box.api.port):
                return True
            await trio.sleep(0.1)
    return False


async def _is_ready(port: int) -> bool:
    try:
        status, _ = await request(port, "GET", "/-/ready")
    except NoAnswer:
        return False
    return status == 200
