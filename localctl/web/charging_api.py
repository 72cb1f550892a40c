"""The API of the charging side: what the site does and why, and limits and meter readings from outside.

    GET    /api/v1/site                                   the whole picture (P5)
    GET    /api/v1/stations/{identity}/explain?evse=1     one station in the picture, and in words; with `&what_if=1`
                                                          also what the EVSE would get without the limit that binds it
    GET    /api/v1/stations/{identity}/profiles?hours=4   its profiles and composite schedules, ours and the CSMS's
    GET    /api/v1/panels/{panel}/profiles?hours=24       composite schedule: its limits, its stations, the lower
    PUT    /api/v1/limits/{node}                          limit a panel or a station (`charging.external_json`)
    DELETE /api/v1/limits/{node}?source=EMS               take that back; without `source` what every source said
    PUT    /api/v1/loads/{name}                           {"current_a": [L1, L2, L3]}: a reading of a load's meter

Reading needs no token, everything else does. Reading shows the last snapshot; writing goes to the control loop and
waits for its answer: 200 with what is in force now. Errors are `{"error": ..., "member": ...}`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Route

from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.base.json_reader import BadMember, Reader, finite
from localctl.charging.base.phases import PerPhase
from localctl.charging.limiting.external_json import find_rule, read_limit
from localctl.charging.loop.controller import Controller, Round
from localctl.charging.showing.picture import in_force
from localctl.charging.showing.picture_lifted import in_words, lifted
from localctl.charging.showing.picture_nodes import node_ask, node_profiles
from localctl.charging.showing.picture_profiles import MOST_HOURS, installation, profiles
from localctl.charging.showing.picture_text import explain, find
from localctl.charging.tree.topology import EvseId, Path
from localctl.observe.snapshot import SnapshotBox
from localctl.web.answering import Handler, Json, answering, whole
from localctl.web.nodes import find_node
from localctl.web.posting import WAIT_S, Post, on_control_loop
from localctl.web.requests import Refused, check_token, read_json

USUAL_HOURS: Final = 4
DAY_HOURS: Final = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """How the API reaches the site under control.

    `controller` is touched on the control loop only, through `post`; `changed` asks for a cycle soon. `token` is asked
    for each request, so that a reload changes it; None: the API is read-only.
    """

    controller: Controller
    post: Post
    unix_now: Callable[[], float]
    changed: Callable[[], None]
    token: Callable[[], str | None]


def charging_routes(box: SnapshotBox, site: Site) -> list[Route]:
    """The routes, for `build_app`."""
    api = _Api(box, site)
    table: tuple[tuple[str, str, Handler], ...] = (
        ("GET", "/api/v1/site", api.site),
        ("GET", "/api/v1/stations/{identity:path}/explain", api.explain),
        ("GET", "/api/v1/stations/{identity:path}/profiles", api.profiles),
        ("GET", "/api/v1/panels/{panel:path}/profiles", api.panel_profiles),
        ("PUT", "/api/v1/limits/{node:path}", api.limit),
        ("DELETE", "/api/v1/limits/{node:path}", api.withdraw),
        ("PUT", "/api/v1/loads/{name:path}", api.load),
    )
    return [Route(path, answering(handler), methods=[method]) for method, path, handler in table]


class _Api:
    """The handlers."""

    def __init__(self, box: SnapshotBox, site: Site) -> None:
        self._box, self._site = box, site
        self._composites, self._lifting = asyncio.Semaphore(1), asyncio.Semaphore(1)

    async def site(self, request: Request) -> Json:
        """The newest picture."""
        return dict(self._box.get().charging)

    async def explain(self, request: Request) -> Json:
        """One station of the picture with its sentences."""
        shown: Json = dict(self._box.get().charging)
        identity = request.path_params["identity"]
        found = find(shown, identity) if shown.get("cycle_at") is not None else None
        if found is None:
            raise Refused(404, _unknown(identity, [one["identity"] for one in shown.get("stations", ())]))
        try:
            text = explain(found, whole(request, "evse"))
        except LookupError as problem:
            raise Refused(404, str(problem)) from None
        told: Json = {"at": shown["at"], "station": found, "text": text}
        if request.query_params.get("what_if") == "1" and (evse_id := whole(request, "evse")) is not None:
            without = told["without_limit"] = await self._lifted((found["identity"], evse_id))
            told["text"] = text if without is None else [*text, in_words(without)]
        return told

    async def _lifted(self, evse: EvseId) -> Json | None:
        """The last cycle solved once more, in a thread, one at a time."""
        controller = self._site.controller

        def take() -> tuple[Round | None, Policy]:
            return controller.last, controller.plan.turns

        last, turns = await on_control_loop(self._site.post, take)
        if last is None:
            return None
        async with self._lifting:
            return await run_in_threadpool(lifted, last, evse, turns)

    async def profiles(self, request: Request) -> Json:
        """Worked out in a thread, one at a time: long lists of profiles must hold up neither health nor control."""
        hours = whole(request, "hours") or USUAL_HOURS
        if not 1 <= hours <= MOST_HOURS:
            raise Refused(400, f"must be 1 to {MOST_HOURS}", member="hours")
        controller, identity = self._site.controller, request.path_params["identity"]

        def take() -> Json:
            name = controller.name_of(identity)
            if name is None or name not in controller.managed:
                raise Refused(404, _unknown(identity, list(controller.managed)))
            return {"of": installation(controller, name)}

        taken = await on_control_loop(self._site.post, take)
        return await self._worked_out(partial(profiles, taken["of"], self._site.unix_now(), hours))

    async def panel_profiles(self, request: Request) -> Json:
        """What a panel and all below it may draw over the next hours; worked out like a station's profiles."""
        hours = whole(request, "hours") or DAY_HOURS
        if not 1 <= hours <= MOST_HOURS:
            raise Refused(400, f"must be 1 to {MOST_HOURS}", member="hours")
        controller, panel, now = self._site.controller, request.path_params["panel"], self._site.unix_now()

        def take() -> Json:
            if panel not in controller.topology.panels:
                raise Refused(404, _unknown(panel, list(controller.topology.panels), "panel"))
            return {"of": node_ask(controller, panel, now, hours)}

        taken = await on_control_loop(self._site.post, take)
        return await self._worked_out(partial(node_profiles, taken["of"], now, hours))

    async def _worked_out(self, work: Callable[[], Json]) -> Json:
        try:
            async with asyncio.timeout(WAIT_S):
                await self._composites.acquire()
        except TimeoutError:
            raise Refused(503, "others are asking for profiles; try again", headers={"retry-after": "5"}) from None
        try:
            return await run_in_threadpool(work)
        finally:
            self._composites.release()

    async def limit(self, request: Request) -> Json:
        """This holds from now on."""
        check_token(request, self._site.token())
        body = await read_json(request)
        controller, now = self._site.controller, self._site.unix_now()

        def put(node: Path) -> None:
            controller.limits.put(read_limit(body, node, controller.limits.rules, now))

        return await self._changing(request.path_params["node"], put)

    async def withdraw(self, request: Request) -> Json:
        """What the source said holds no longer."""
        check_token(request, self._site.token())
        controller, now = self._site.controller, self._site.unix_now()
        asked, withdrawn = request.query_params.get("source"), list[str]()

        def take_back(node: Path) -> None:
            source = None if asked is None else find_rule(asked[:255], controller.limits.rules, Reader({}, "")).name
            withdrawn.extend(controller.limits.withdraw(node, source, now))

        return {"withdrawn": withdrawn} | await self._changing(request.path_params["node"], take_back)

    async def load(self, request: Request) -> Json:
        """A reading of a metered load."""
        check_token(request, self._site.token())
        amps = read_current(await read_json(request))
        controller, now, name = self._site.controller, self._site.unix_now(), request.path_params["name"]

        def read() -> Json:
            try:
                controller.meter(name, amps, now)
            except KeyError:
                raise Refused(404, _unknown(name, list(controller.plan.meters), "metered load")) from None
            self._site.changed()
            other = controller.metered_loads(now)[name]
            return {"name": name, "at": now, "counted_a": list(other.a), "known": other.source}

        return await on_control_loop(self._site.post, read)

    async def _changing(self, text: str, change: Callable[[Path], None]) -> Json:
        """Change something about a node on the control loop; what is in force there afterwards."""
        controller = self._site.controller

        def run() -> Json:
            node = find_node(controller.topology, text)
            change(node)
            self._site.changed()
            return in_force(controller, node, self._site.unix_now())

        return await on_control_loop(self._site.post, run)


def read_current(body: object) -> PerPhase:
    """`current_a` with a number or null (not measured) for each of L1 to L3. Raises BadMember."""
    reader = Reader.of(body, "")
    for name in reader.members:
        if name != "current_a":
            raise BadMember(str(name)[:40], "is not known; known is current_a")
    parts = [None if raw is None else finite(raw, path) for path, raw in reader.items("current_a", 3)]
    if len(parts) != 3 or parts == [None, None, None]:
        raise reader.bad("current_a", "must be three numbers for L1, L2 and L3, null for a phase without a meter")
    return (parts[0], parts[1], parts[2])


def _unknown(name: str, known: list[str], what: str = "station") -> str:
    shown = ", ".join(sorted(known)[:50]) or "none"
    return f"no {what} {name[:60]!r} under control here; there are {shown}"
