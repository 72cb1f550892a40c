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
from localctl.web.assets import load_assets
from localctl.web.headers import HEADERS as HEADERS
from localctl.web.headers import PAGE_HEADERS, PICTURE_HEADERS
from localctl.web.history import History, HistoryApi
from localctl.web.live import Live
from localctl.web.manual import FIRST, Manual
from localctl.web.page import PageMaker
from localctl.web.reader import reader_of, remember

RenderMetrics = Callable[[str], tuple[bytes, str]]
"""The reader's Accept header to a page and its content type."""

FIT = (ServiceState.READY, ServiceState.DEGRADED)


class Pages:
    """The read-only routes over one snapshot box."""

    def __init__(self, box: SnapshotBox, render_metrics: RenderMetrics, maker: PageMaker) -> None:
        self._box, self._render_metrics, self._maker = box, render_metrics, maker
        self._assets, self._manual = load_assets(), Manual()

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
        page = await run_in_threadpool(self._maker.page, self._box.get(), reader_of(request))
        return self._for_people(request, page)

    async def docs(self, request: Request) -> Response:
        """A page of the manual; without a name its index."""
        name = str(request.path_params.get("name", FIRST))
        body = await run_in_threadpool(self._manual.page, name)
        if body is None:
            return PlainTextResponse("no such page; /docs/ lists them\n", 404, headers=HEADERS)
        titles = self._manual.titles()
        facts = {"titles": titles, "name": name, "title": dict(titles).get(name), "body": body}
        return self._for_people(request, self._maker.render("docs.html", reader_of(request), **facts))

    async def picture(self, request: Request) -> Response:
        """A picture of the manual."""
        picture = self._manual.picture(request.path_params["name"])
        if picture is None:
            return PlainTextResponse("no such picture\n", 404, headers=HEADERS)
        return Response(picture[0], media_type=picture[1], headers=PICTURE_HEADERS)

    async def asset(self, request: Request) -> Response:
        """A file the page loads."""
        found = self._assets.get(request.path_params["name"])
        if found is None:
            return PlainTextResponse("no such file\n", 404, headers=HEADERS)
        return Response(found[0], headers={**HEADERS, "content-type": found[1]})

    def _for_people(self, request: Request, page: str) -> Response:
        answer = HTMLResponse(page, headers=PAGE_HEADERS)
        remember(request, answer)
        return answer


def build_app(
    *,
    box: SnapshotBox,
    render_metrics: RenderMetrics,
    routes: Sequence[BaseRoute] = (),
    history: History | None = None,
) -> Starlette:
    """The application; `routes` are those of other parts of the box, asked before the ones here."""
    maker = PageMaker()
    pages, live = Pages(box, render_metrics, maker), Live(box, maker)
    table = [
        ("/metrics", pages.metrics),
        ("/-/healthy", pages.healthy),
        ("/-/ready", pages.ready),
        ("/api/v1/state", pages.state),
        ("/docs/", pages.docs),
        ("/docs/{name}", pages.docs),
        ("/docs/img/{name}", pages.picture),
        ("/static/{name:path}", pages.asset),
        ("/live", live.stream),
        ("/", pages.landing),
    ]
    if history is not None:
        table.append(("/api/history.json", HistoryApi(box, history).read))
    app = Starlette(
        routes=[*routes, *(Route(path, handler, methods=["GET"]) for path, handler in table)],
        exception_handlers={500: _broken},
    )
    app.router.redirect_slashes = False  # a redirect from /metrics/ hides a typing mistake in a scrape configuration
    return app


async def _broken(request: Request, error: Exception) -> Response:
    """A bug in a route: the reader learns that there is one, and nothing else."""
    return JSONResponse({"error": "internal error; see the log of localctl"}, 500, headers=HEADERS)
