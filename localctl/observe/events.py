"""What happened lately, for people: a bounded ring of events that page and API show, the newest first.

Stations that come and go are noted from the router's observations; what changed on the site is found by comparing
pictures (`event_changes`). What repeats is counted, not listed again. Refusals have a ring of their own: a stranger who
knocks with ever new identities can push out nothing but other strangers.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from msgspec.structs import replace

from localctl.observe.event_changes import Change, Changes
from localctl.observe.snapshot import EventView, StationView
from routing import observations as seen
from routing.values import Instant, LinkId

MOST: Final = 150
MOST_REFUSED: Final = 50
MAX_TEXT: Final = 120


class EventBook:
    """The events of one box. `unix_now` gives the instants people read; called by the control loop only."""

    def __init__(self, unix_now: Callable[[], float]) -> None:
        self._unix_now = unix_now
        self._events: deque[EventView] = deque(maxlen=MOST)
        self._refused: deque[EventView] = deque(maxlen=MOST_REFUSED)
        self._changes = Changes()
        self._number = 0
        self._views: tuple[EventView, ...] | None = ()

    def observe(self, link: LinkId, what: seen.Observation, now: Instant) -> None:
        """Note what an operator would want to know of a link; messages are not."""
        match what:
            case seen.LinkOpened():
                self._note("connected", what.identity, {"version": what.subprotocol})
            case seen.LinkLost():
                self._note("lost", what.identity, {"cause": what.cause}, warns=what.cause in _TROUBLE)
            case seen.LinkRefused():
                facts = {"cause": what.cause, "status": str(what.status), "reason": what.reason}
                self._note("refused", what.identity, facts, warns=True)
            case seen.StationBooted() if what.registration is not seen.Registration.ACCEPTED:
                self._note("not_accepted", what.identity, {"registration": what.registration.value}, warns=True)
            case seen.PasswordChanged():
                self._note("password", what.identity)
            case seen.NetworkProfileSet():
                self._note("moved", what.identity, warns=True)
            case seen.RootCertificateChanged():
                self._note("root", what.identity, {"change": what.change}, warns=True)

    def compare(
        self, picture: Mapping[str, Any], reasons: Iterable[str], stations: Iterable[StationView] = ()
    ) -> None:
        """Note what changed on the site, in the box's health and at its CSMSs since the last time."""
        for change in (*self._changes.found(picture, tuple(reasons)), *self._changes.of_csmss(stations)):
            self._take(change)

    def views(self) -> tuple[EventView, ...]:
        """All events, the newest first; the same tuple as long as nothing happens."""
        if self._views is None:
            both = (*self._events, *self._refused)
            self._views = tuple(sorted(both, key=lambda event: event.number, reverse=True))
        return self._views

    def _take(self, change: Change) -> None:
        self._note(change.kind, change.subject, change.facts, warns=change.warns)

    def _note(self, kind: str, subject: str, facts: Mapping[str, str] | None = None, *, warns: bool = False) -> None:
        ring = self._refused if kind == "refused" else self._events
        self._number += 1
        fresh = EventView(
            number=self._number,
            at=self._unix_now(),
            kind=kind,
            subject=_short(subject),
            facts={name: _short(fact) for name, fact in (facts or {}).items()},
            warns=warns,
        )
        same = next((old for old in ring if _alike(old, fresh)), None) if kind == "refused" else None
        if same is not None:
            ring.remove(same)
            fresh = replace(fresh, times=same.times + 1)
        ring.append(fresh)
        self._views = None


_TROUBLE: Final = ("half_dead", "csms_refused", "overrun", "bug")


def _alike(old: EventView, fresh: EventView) -> bool:
    return (old.kind, old.subject, old.facts) == (fresh.kind, fresh.subject, fresh.facts)


def _short(text: str) -> str:
    """Words of a peer or a file, bounded and without control characters."""
    plain = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text[:MAX_TEXT])
    return plain if len(text) <= MAX_TEXT else plain + "…"
