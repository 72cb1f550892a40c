"""Serves the HTTP application from a thread with an event loop of its own, on a TCP port and on a Unix socket.

The control loop binds the sockets itself, so that a taken port is told to the installer at once and by name, then hands
them to the thread and goes on. The Unix socket may fail without ending anything: `local_trouble` says why then. `start`
and `stop` return at once; only `wait_stopped` waits, and belongs into `trio.to_thread`. The thread is a daemon: it can
never keep the box from ending.
"""

import socket
import threading

import uvicorn
from starlette.types import ASGIApp

from localctl.web.admission import Admission, LocalDoor
from localctl.web.local_socket import LocalSocket, bind, remove
from localctl.web.protocol import MAX_CONNECTIONS, BoundedProtocol

MAX_HEAD_BYTES = 16 * 1024
BACKLOG = 256


class HttpServer:
    """One HTTP port, and the same on a Unix socket. Raises OSError from `start` when the address cannot be bound."""

    def __init__(
        self, app: ASGIApp, *, host: str = "127.0.0.1", port: int = 9180, local: LocalSocket | None = None
    ) -> None:
        self._host, self._port, self._local = host, port, local
        self.local_trouble: str | None = None
        admission = Admission() if local is None else Admission(local.users, local.groups)
        self._server = uvicorn.Server(
            uvicorn.Config(
                LocalDoor(app, admission),
                http=BoundedProtocol,
                loop="asyncio",
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="error",  # below that, strangers could fill the log with malformed requests
                access_log=False,
                server_header=False,
                proxy_headers=False,
                h11_max_incomplete_event_size=MAX_HEAD_BYTES,
                limit_concurrency=2 * MAX_CONNECTIONS,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=1,
            )
        )
        self._sockets: list[socket.socket] = []
        self._inode = 0
        self._thread: threading.Thread | None = None

    def start(self) -> int:
        """Bind, serve from now on, and tell the port (the chosen one where 0 was asked for)."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        port = socket.create_server((self._host, self._port), family=family, backlog=BACKLOG)
        self._sockets = [port, *self._bound_locally()]
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)
        self._thread.start()
        return int(port.getsockname()[1])

    def _bound_locally(self) -> list[socket.socket]:
        if self._local is None:
            return []
        try:
            bound = bind(self._local)
            self._inode = self._local.path.stat().st_ino
        except OSError as error:
            self.local_trouble = str(error)
            return []
        return [bound]

    @property
    def local_path(self) -> str | None:
        """The Unix socket that it serves on; None where there is none."""
        return str(self._local.path) if self._inode and self._local is not None else None

    def stop(self) -> None:
        """Take no more requests; the thread ends by itself within about a second."""
        self._server.should_exit = True
        if self._local is not None:
            remove(self._local.path, self._inode)

    def wait_stopped(self, timeout_s: float = 5.0) -> bool:
        """Wait for the thread's end; True if it came. Blocks: not for the control loop."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return not self.alive

    @property
    def alive(self) -> bool:
        """True while the thread serves; False after `stop`, or if it broke, which is a fault to report."""
        return self._thread is not None and self._thread.is_alive()

    def _serve(self) -> None:
        try:
            self._server.run(sockets=self._sockets)
        finally:
            for one in self._sockets:
                one.close()
