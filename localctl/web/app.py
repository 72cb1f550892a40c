"""What the HTTP port answers: each route reads one snapshot and returns.

Only GET, on exact paths. Health follows Prometheus: `/-/healthy` says the port works, `/-/ready` that stations may be
sent here, with reasons while they may not. Routes that write are added from outside (`routes`): they turn a request
into a command for the control loop, post it through a callable that is safe between threads, and wait for its result
(`charging_api`).
"""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from localctl.observe.health import ServiceState
from localctl.observe.snapshot import SnapshotBox
from localctl.web.page import render_page

RenderMetrics = Callable[[str], tuple[bytes, str]]
"""The reader's Accept header to a page and its content type."""

HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}
"""Every answer carries them: nothing is cached, guessed, framed or fetched from elsewhere."""
FIT = (ServiceState.READY, ServiceState.DEGRADED)


class Pages:
    """The read-only routes over one snapshot box."""

    def __init__(self, box: SnapshotBox, render_metrics: RenderMetrics) -> None:
        self._box, self._render_metrics = box, render_metrics

    async def metrics(self, request: Request) -> Response:
        """All metrics, in the format the reader asks for; rendered beside the loop so that health stays quick."""
        page, content_type = await run_in_threadpool(self._render_metrics, request.headers.get("accept", ""))
        return Response(page, headers={**HEADERS, "content-type": content_type, "vary": "accept"})

    async def healthy(self, request: Request) -> Response:
        """200 as long as this port answers at all."""
        return PlainTextResponse("localctl is healthy.\n", headers=HEADERS)

    async def ready(self, request: Request) -> Response:
        """200 while stations may be sent here, else 503; either way with what is missing, one line each."""
        snapshot = self._box.get()
        text = "".join(f"{line}\n" for line in (snapshot.state.value, *snapshot.reasons))
        return PlainTextResponse(text, 200 if snapshot.state in FIT else 503, headers=HEADERS)

    async def state(self, request: Request) -> Response:
        """The whole snapshot as JSON."""
        return Response(self._box.get().as_json(), media_type="application/json", headers=HEADERS)

    async def landing(self, request: Request) -> Response:
        """The page for people."""
        return HTMLResponse(render_page(self._box.get()), headers=HEADERS)


def build_app(*, box: SnapshotBox, render_metrics: RenderMetrics, routes: Sequence[BaseRoute] = ()) -> Starlette:
    """The application; `routes` are those of other parts of the box, asked before the ones here."""
    pages = Pages(box, render_metrics)
    app = Starlette(
        routes=[
            *routes,
            Route("/metrics", pages.metrics, methods=["GET"]),
            Route("/-/healthy", pages.healthy, methods=["GET"]),
            Route("/-/ready", pages.ready, methods=["GET"]),
            Route("/api/v1/state", pages.state, methods=["GET"]),
            Route("/", pages.landing, methods=["GET"]),
        ],
        exception_handlers={500: _broken},
    )
    app.router.redirect_slashes = False  # a redirect from /metrics/ hides a typing mistake in a scrape configuration
    return app


async def _broken(request: Request, error: Exception) -> Response:
    """A bug in a route: the reader learns that there is one, and nothing else."""
    return JSONResponse({"error": "internal error; see the log of localctl"}, 500, headers=HEADERS)
