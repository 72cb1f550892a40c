"""Serves the HTTP application from a thread with an event loop of its own.

The control loop binds the socket itself, so that a taken port is told to the installer at once and by name, then hands
it to the thread and goes on. `start` and `stop` return at once; only `wait_stopped` waits, and belongs into
`trio.to_thread`. The thread is a daemon: it can never keep the box from ending.
"""

import socket
import threading

import uvicorn
from starlette.types import ASGIApp

from localctl.web.protocol import MAX_CONNECTIONS, BoundedProtocol

MAX_HEAD_BYTES = 16 * 1024
BACKLOG = 256


class HttpServer:
    """One HTTP port. Raises OSError from `start` when the address cannot be bound."""

    def __init__(self, app: ASGIApp, *, host: str = "127.0.0.1", port: int = 9180) -> None:
        self._host, self._port = host, port
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
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
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> int:
        """Bind, serve from now on, and tell the port (the chosen one where 0 was asked for)."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        self._socket = socket.create_server((self._host, self._port), family=family, backlog=BACKLOG)
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)
        self._thread.start()
        return int(self._socket.getsockname()[1])

    def stop(self) -> None:
        """Take no more requests; the thread ends by itself within about a second."""
        self._server.should_exit = True

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
        assert self._socket is not None
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
