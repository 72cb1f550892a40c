"""The API of commissioning: one station of the site is tried out while somebody looks on.

    POST   /api/v1/commission/{identity}        {"kind": "probe" | "dead-man", "evse": 1, "car": true, "links": true,
                                                "car_within_s": 300}, all optional; 409 says why it cannot begin
    GET    /api/v1/commission/{identity}        how far it is, and in the end the card (`commissioning.card`)
    DELETE /api/v1/commission/{identity}        stop it: ordinary control comes back
    PUT    /api/v1/commission/{identity}/meter  {"current_a": [L1, L2, L3]}: a meter that the station is behind, read
                                                for its wiring and for nothing else

All need the Unix socket or the token. Each GET says that somebody looks on: without one for a minute it is stopped.
"""

from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.routing import Route

from localctl.charging.base.json_reader import BadMember, Reader
from localctl.charging.commissioning import card
from localctl.charging.commissioning.known import Kind, Terms
from localctl.charging.commissioning.trial import Trial
from localctl.charging.loop.bench import NotPossible
from localctl.web.answering import Handler, Json, answering
from localctl.web.charging_api import Site, read_current
from localctl.web.posting import on_control_loop
from localctl.web.requests import Refused, check_token, read_json

PATH: Final = "/api/v1/commission/{identity:path}"
MEMBERS: Final = ("kind", "evse", "car", "links", "car_within_s")
LONGEST_WAIT_S: Final = 3600.0


def commission_routes(site: Site) -> list[Route]:
    """The routes, for `build_app`."""
    api = _Api(site)
    table: tuple[tuple[str, str, Handler], ...] = (
        ("PUT", f"{PATH}/meter", api.meter),
        ("POST", PATH, api.begin),
        ("GET", PATH, api.show),
        ("DELETE", PATH, api.stop),
    )
    return [Route(path, answering(handler), methods=[method]) for method, path, handler in table]


class _Api:
    """The handlers."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def begin(self, request: Request) -> Json:
        """Begin; what there is to see of it."""
        check_token(request, self._site.token())
        evse_id, terms = read_terms(await read_json(request))
        identity = request.path_params["identity"]

        def begin() -> Json:
            try:
                trial = self._site.controller.commission(identity, evse_id, terms, self._site.unix_now())
            except NotPossible as why:
                raise Refused(409, str(why)) from None
            self._site.changed()
            return card.told(trial)

        return await on_control_loop(self._site.post, begin)

    async def show(self, request: Request) -> Json:
        """How far it is; whoever asks looks on."""
        return await self._with(request, lambda trial: trial.watched(self._site.unix_now()))

    async def stop(self, request: Request) -> Json:
        """Stop it."""
        return await self._with(request, lambda trial: trial.stop("by the installer", self._site.unix_now()))

    async def meter(self, request: Request) -> Json:
        """A reading for the wiring."""
        check_token(request, self._site.token())
        amps = read_current(await read_json(request))

        def take(trial: Trial) -> None:
            self._site.controller.bench.metered(trial.known.station.identity, amps, self._site.unix_now())

        return await self._with(request, take)

    async def _with(self, request: Request, change: Callable[[Trial], None]) -> Json:
        check_token(request, self._site.token())
        identity = request.path_params["identity"]

        def run() -> Json:
            controller = self._site.controller
            trial = controller.bench.of(controller.name_of(identity) or identity)
            if trial is None:
                raise Refused(404, f"{identity[:60]!r} has not been commissioned since localctl started")
            change(trial)
            self._site.changed()
            return card.told(trial)

        return await on_control_loop(self._site.post, run)


def read_terms(body: object) -> tuple[int | None, Terms]:
    """Which EVSE (None: the one with the car) and what is wanted. Raises BadMember."""
    reader = Reader.of(body, "")
    for name in reader.members:
        if name not in MEMBERS:
            raise BadMember(str(name)[:40], f"is not known; known are {', '.join(MEMBERS)}")
    kind, evse_id, wait_s = (reader.members.get(name) for name in ("kind", "evse", "car_within_s"))
    if kind not in (None, *Kind):
        raise reader.bad("kind", f"must be one of {', '.join(Kind)}")
    if evse_id is not None and (not isinstance(evse_id, int) or isinstance(evse_id, bool)):
        raise reader.bad("evse", "must be a whole number")
    usual = Terms()
    if wait_s is None:
        wait_s = usual.car_within_s
    if isinstance(wait_s, bool) or not isinstance(wait_s, int | float) or not 0 <= wait_s <= LONGEST_WAIT_S:
        raise reader.bad("car_within_s", f"must be 0 to {LONGEST_WAIT_S:g} seconds")
    car, links = (_switch(reader, name) for name in ("car", "links"))
    return evse_id, Terms(kind=Kind(kind or usual.kind), car=car, links=links, car_within_s=float(wait_s))


def _switch(reader: Reader, name: str) -> bool:
    value = reader.members.get(name, True)
    if not isinstance(value, bool):
        raise reader.bad(name, "must be true or false")
    return value
