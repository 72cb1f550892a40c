"""Stations that are in no [[station]] and were let in all the same: which of them have taken a place.

`unknown_stations = "adopt"` keeps room on a panel for a fixed number of them. A place is lent when a station arrives
and is its own once its CSMS has let it in, so that strangers without a password cannot use the places up. It stays
taken over restarts, and is free again as soon as somebody lists the station in the file.
"""

from collections.abc import Callable, Iterable

from localctl.config.model import Config
from routing.observations import LinkOpened, LinkRefused, Observation

Names = list[str]


class Adoption:
    """Who has a place. Identities are compared in lower case; `keep` gets what must survive a restart."""

    def __init__(self, settled: Iterable[str] = (), *, keep: Callable[[Names], None] = lambda names: None) -> None:
        self._settled = dict.fromkeys(name.casefold() for name in settled)
        self._lent: set[str] = set()
        self._keep = keep

    @property
    def settled(self) -> tuple[str, ...]:
        """The stations that have a place of their own, the first to come first."""
        return tuple(self._settled)

    def admits(self, identity: str, config: Config) -> bool:
        """True for a station that has a place, or gets one of those that are left."""
        name, places = identity.casefold(), config.defaults.adopt_count
        unlisted = [known for known in self._settled if config.station_of(known) is None][:places]
        if name in unlisted or name in self._lent:
            return True
        if len(unlisted) + len(self._lent) >= places:
            return False
        self._lent.add(name)
        return True

    def observe(self, what: Observation) -> None:
        """A place becomes the station's own when its link opens, and is free again when it is refused."""
        name = what.identity.casefold()
        if name not in self._lent:
            return
        if isinstance(what, LinkOpened):
            self._lent.discard(name)
            self._settled[name] = None
            self._keep(list(self._settled))
        elif isinstance(what, LinkRefused):
            self._lent.discard(name)

    def forget_listed(self, config: Config) -> None:
        """Stations that have a table now need no place any more; call it after each reading of the file."""
        listed = [name for name in self._settled if config.station_of(name) is not None]
        for name in listed:
            del self._settled[name]
        if listed:
            self._keep(list(self._settled))
