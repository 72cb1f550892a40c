"""The box under demonstration: a real `localctl run` process with a configuration written for the occasion."""

import re
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import trio

from localctl.demo.certificate import make_certificate
from localctl.demo.door import HOST, Address, free_port

USUAL_HTTP_PORT = 9180
READY_WITHIN_S = 30.0
STOP_WITHIN_S = 10.0

CONFIG = """\
# Written by `localctl demo`. Everything is on loopback and gone when the demo ends.
[controller]
name = "demo"
state_dir = "{folder}"
log_format = "logfmt"

[[listen]]
address = "{host}"
port = {plain_port}
security_profile = 1

[[listen]]
address = "{host}"
port = {tls_port}
security_profile = 2
certificates = [{{ cert_file = "{certificate}", key_file = "{key}" }}]

[[csms]]
name = "demo"
url = "ws://{host}:{csms_port}"
retry_min_s = 0.5
retry_range_s = 0.5
retry_repeats = 1
hold_s = 1.0

[http]
address = "{host}"
port = {http_port}
{stations}"""
STATION = """
[[station]]
identity = "{identity}"
"""


class BoxFailed(Exception):
    """localctl did not start, or ended too soon; the text is what it said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A running box: where stations dial, with and without TLS, and where its metrics are."""

    plain: Address
    tls: Address
    http_port: int

    @property
    def metrics_url(self) -> str:
        """Where Prometheus would look."""
        return f"http://{HOST}:{self.http_port}/metrics"


@asynccontextmanager
async def running_box(
    folder: Path, csms_port: int, identities: Iterable[str], say: Callable[[str], None]
) -> AsyncIterator[Box]:
    """A box between these stations and that CSMS until the block ends. `say` hears what it logs."""
    box, config = _configure(folder, csms_port, identities)
    log: deque[str] = deque(maxlen=8)
    async with trio.open_nursery() as nursery:
        ended = trio.Event()
        process = await nursery.start(_process, config, ended)
        nursery.start_soon(_read_log, process, log, say)
        try:
            await _ready(box, ended, log)
            yield box
        finally:
            process.terminate()
            with trio.move_on_after(STOP_WITHIN_S, shield=True):
                await ended.wait()
            nursery.cancel_scope.cancel()


def _configure(folder: Path, csms_port: int, identities: Iterable[str]) -> tuple[Box, Path]:
    certificate, key = make_certificate(folder)
    plain, tls = Address(port=free_port()), Address(port=free_port(), ca_file=certificate)
    box = Box(plain=plain, tls=tls, http_port=free_port(USUAL_HTTP_PORT))
    text = CONFIG.format(
        folder=folder,
        host=HOST,
        plain_port=plain.port,
        tls_port=tls.port,
        certificate=certificate,
        key=key,
        csms_port=csms_port,
        http_port=box.http_port,
        stations="".join(STATION.format(identity=identity) for identity in identities),
    )
    config = folder / "demo.toml"
    config.write_text(text)
    return box, config


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


async def _read_log(process: trio.Process, log: deque[str], say: Callable[[str], None]) -> None:
    rest = b""
    assert process.stdout is not None, "it was asked for"
    async for chunk in process.stdout:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            log.append(line.decode(errors="replace"))
            say("localctl: " + re.sub(r"^at=\S+ level=\S+ event=", "", log[-1]))


async def _ready(box: Box, ended: trio.Event, log: deque[str]) -> None:
    with trio.move_on_after(READY_WITHIN_S):
        while not ended.is_set():
            if await _http_status(box.http_port, "/-/ready") == 200:
                return
            await trio.sleep(0.1)
    raise BoxFailed("localctl did not become ready; it said last:\n  " + "\n  ".join(log or ["nothing at all"]))


async def _http_status(port: int, path: str) -> int | None:
    """Status of a GET, or None while nobody answers."""
    try:
        with trio.fail_after(2):
            async with await trio.open_tcp_stream(HOST, port) as stream:
                await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
                answer = await stream.receive_some(1024)
    except (OSError, trio.TooSlowError, trio.BrokenResourceError):
        return None
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else None
