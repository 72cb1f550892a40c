"""A box with a site behind its HTTP port: a real server in its thread, and one that plays the control loop."""

import json
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse
from queue import SimpleQueue
from typing import Any

from localctl.observe.health import ServiceState
from localctl.observe.metrics import Metrics
from localctl.observe.snapshot import Snapshot, SnapshotBox
from localctl.web.app import build_app
from localctl.web.charging_api import Site, charging_routes
from localctl.web.local_socket import LocalSocket
from localctl.web.server import HttpServer
from tests.localctl.charging.scene import Scene, busy

TOKEN = "correct horse battery staple"


class Loop:
    """A thread that runs what is posted to it, in order; `held` keeps it busy."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self.held = threading.Event()
        self.held.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def post(self, command: Callable[[], None]) -> None:
        self._queue.put(command)

    def _run(self) -> None:
        while (command := self._queue.get()) is not None:
            self.held.wait()
            command()

    def stop(self) -> None:
        self.held.set()
        self._queue.put(None)
        self._thread.join(30)


class Served:
    """The running box. `scene` is its site; `shows()` puts the newest picture into the snapshot."""

    def __init__(self, scene: Scene | None = None, *, local: LocalSocket | None = None) -> None:
        self.scene = scene or busy()
        self.loop = Loop()
        self.token: str | None = TOKEN
        self.woken = 0
        self.box = SnapshotBox(Snapshot(version="1.2.3", state=ServiceState.READY))
        site = Site(
            controller=self.scene.controller, post=self.loop.post, unix_now=lambda: self.scene.now,
            changed=self._changed, token=lambda: self.token,
        )  # fmt: skip
        app = build_app(box=self.box, render_metrics=Metrics().render, routes=charging_routes(self.box, site))
        self.server = HttpServer(app, port=0, local=local)
        self.port = self.server.start()
        self.url = f"http://127.0.0.1:{self.port}"
        self.shows()

    def _changed(self) -> None:
        self.woken += 1

    def shows(self) -> None:
        picture = self.scene.picture()
        self.box.put(Snapshot(version="1.2.3", state=ServiceState.READY, charging=picture))

    def ask(
        self, method: str, path: str, body: object = None, *, token: str | None = TOKEN, raw: bytes | None = None
    ) -> tuple[HTTPResponse, Any]:
        """The answer and its JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        content = raw if raw is not None else None if body is None else json.dumps(body).encode()
        try:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            return answer, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def stop(self) -> None:
        self.loop.stop()
        self.server.stop()
        assert self.server.wait_stopped(30)
