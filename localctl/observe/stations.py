"""Which stations there are and how they are: kept from the router's observations, for page, API and metrics.

Stations named in the configuration are there from the start, away until they come; a reload brings in new ones and lets
those go that it took out. Others appear with their first link, which only a station its CSMS accepted can open; beyond
the bound the one of them that is away longest is forgotten, so a lax CSMS cannot make this book grow without end.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from localctl.observe.snapshot import StationView
from routing import observations as seen
from routing.values import Instant, LinkId

CsmsOf = Callable[[str], str | None]
"""The name of the CSMS a station belongs to; None when the configuration has none for it."""


class StationBook:
    """One `StationView` per station, whatever case it writes its identity in (1.1.3).

    `unix_now` gives the instants people read; called by the control loop only.
    """

    def __init__(self, *, unix_now: Callable[[], float], max_stations: int = 2000) -> None:
        self._unix_now = unix_now
        self._max_stations = max_stations
        self._views: dict[str, StationView] = {}
        self._links: dict[str, LinkId] = {}
        self._listed: set[str] = set()
        self._leaving: set[str] = set()
        self._csms_of: CsmsOf = _no_csms

    def configured(self, listed: Iterable[str], csms_of: CsmsOf) -> None:
        """Take in what the configuration says now: which stations there are, and whose they are.

        Those that it named before and names no more are forgotten, if connected when they go.
        """
        self._csms_of = csms_of
        names = {identity.casefold(): identity for identity in listed}
        for key in self._listed - names.keys():
            if key in self._links:
                self._leaving.add(key)
            else:
                self._views.pop(key, None)
        self._listed = set(names)
        self._leaving -= self._listed
        for key, view in self._views.items():
            self._views[key] = replace(view, csms=csms_of(view.identity))
        for key in names.keys() - self._views.keys():
            self._views[key] = self._absent(names[key])

    def observe(self, link: LinkId, what: seen.Observation, now: Instant) -> None:
        """Note what changes how a station is seen; everything else costs a comparison or two."""
        match what:
            case seen.LinkOpened():
                self._opened(link, what)
            case seen.LinkLost() if self._links.get(what.identity.casefold()) == link:
                self._lost(what)
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
            self._views[key] = self._absent(identity)
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

    def _lost(self, what: seen.LinkLost) -> None:
        key = what.identity.casefold()
        del self._links[key]
        if key in self._leaving:
            self._leaving.remove(key)
            del self._views[key]
            return
        self._change(
            what.identity,
            connected=False,
            upstream_connected=False,
            since_at=self._unix_now(),
            last_loss=what.cause.replace("_", " "),
        )

    def _make_room(self) -> None:
        if len(self._views) < self._max_stations:
            return
        away = [key for key, view in self._views.items() if not view.connected and key not in self._listed]
        if away:
            del self._views[min(away, key=lambda key: self._views[key].since_at)]

    def _change(self, identity: str, **changes: object) -> None:
        key = identity.casefold()
        self._views[key] = replace(self._views[key], **changes)

    def _absent(self, identity: str) -> StationView:
        return StationView(
            identity=identity,
            connected=False,
            upstream_connected=False,
            since_at=self._unix_now(),
            csms=self._csms_of(identity),
        )


def _no_csms(_identity: str) -> str | None:
    return None
