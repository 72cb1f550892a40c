"""A whole box in this process, for the tests of the composition root."""

import socket
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from localctl.app import App
from localctl.config.model import Config
from tests.e2e.joined import free_port
from tests.localctl.config.files import good

HOST = "127.0.0.1"
WAIT_S = 20


def taken_port() -> tuple[socket.socket, int]:
    """A port that is in use until the socket is closed."""
    server = socket.create_server((HOST, 0))
    return server, int(server.getsockname()[1])


def text(
    folder: Path, *, port: int = 0, http_port: int = 0, csms_port: int = 9, listen: str = "", defaults: str = "",
    more: str = "", state_dir: Path | None = None, profile: int = 1,
) -> str:  # fmt: skip
    """A configuration file on loopback. Ports that are not given are free ones."""
    return f"""
[controller]
name = "test"
state_dir = "{state_dir or folder / "state"}"
[http]
address = "{HOST}"
port = {http_port or free_port()}
[[listen]]
address = "{HOST}"
port = {port or free_port()}
security_profile = {profile}
{listen}
[[csms]]
name = "upper"
url = "ws://{HOST}:{csms_port}"
[defaults]
unknown_stations = "route"
{defaults}
{more}
"""


def config(folder: Path, **changes) -> Config:
    """The same, read."""
    return good(text(folder, **changes), folder=folder)


async def until(true: Callable[[], object]) -> None:
    """Wait until something has come about."""
    with trio.fail_after(WAIT_S):
        while not true():  # noqa: ASYNC110  (anything may make it true)
            await trio.sleep(0.01)


@asynccontextmanager
async def running(app: App):
    """The app while it runs; cancelled at the end, as a killed process would end, but for what `finally` does."""
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        yield app
        nursery.cancel_scope.cancel()
