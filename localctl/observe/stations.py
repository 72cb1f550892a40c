"""Which stations there are and how they are: kept from the router's observations, for page, API and metrics.

Stations named in the configuration are there from the start, away until they come. Others appear with their first
link, which only a station its CSMS accepted can open; beyond the bound the one that is away longest is forgotten, so a
lax CSMS cannot make this book grow without end.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from localctl.observe.snapshot import StationView
from routing import observations as seen
from routing.values import Instant, LinkId


class StationBook:
    """One `StationView` per station, whatever case it writes its identity in (1.1.3).

    `unix_now` gives the instants people read; called by the control loop only.
    """

    def __init__(self, *, unix_now: Callable[[], float], known: Iterable[str] = (), max_stations: int = 2000) -> None:
        self._unix_now = unix_now
        self._max_stations = max_stations
        self._views = {identity.casefold(): _absent(identity, unix_now()) for identity in known}
        self._links: dict[str, LinkId] = {}

    def observe(self, link: LinkId, what: seen.Observation, now: Instant) -> None:
        """Note what changes how a station is seen; everything else costs a comparison or two."""
        match what:
            case seen.LinkOpened():
                self._opened(link, what)
            case seen.LinkLost() if self._links.get(what.identity.casefold()) == link:
                del self._links[what.identity.casefold()]
                self._change(
                    what.identity,
                    connected=False,
                    upstream_connected=False,
                    since_at=self._unix_now(),
                    last_loss=what.cause.replace("_", " "),
                )
            case seen.OutageBegan() | seen.OutageEnded() if self._links.get(what.identity.casefold()) == link:
                self._change(what.identity, upstream_connected=isinstance(what, seen.OutageEnded))
            case seen.StationBooted() if self._links.get(what.identity.casefold()) == link:
                self._change(what.identity, registration=what.registration.value)

    def views(self) -> tuple[StationView, ...]:
        """All stations by name, for a snapshot."""
        return tuple(self._views[identity] for identity in sorted(self._views))

    def _opened(self, link: LinkId, what: seen.LinkOpened) -> None:
        identity, key = what.identity, what.identity.casefold()
        if key not in self._views:
            self._make_room()
            self._views[key] = _absent(identity, self._unix_now())
        self._links[key] = link
        self._change(
            identity,
            connected=True,
            upstream_connected=not what.carried,
            since_at=self._unix_now(),
            subprotocol=what.subprotocol,
            registration=seen.Registration.UNKNOWN.value,
            arrivals=self._views[key].arrivals + 1,
        )

    def _make_room(self) -> None:
        if len(self._views) < self._max_stations:
            return
        away = [view for view in self._views.values() if not view.connected]
        if away:
            del self._views[min(away, key=lambda view: view.since_at).identity.casefold()]

    def _change(self, identity: str, **changes: object) -> None:
        key = identity.casefold()
        self._views[key] = replace(self._views[key], **changes)


def _absent(identity: str, since_at: float) -> StationView:
    return StationView(identity=identity, connected=False, upstream_connected=False, since_at=since_at)
