"""What the router noticed, as log lines: one per change of a station, none per frame.

Each kind of line has a counter beside it in the catalogue of metrics. A peer can make a box repeat a line (a station
that is refused knocks again every few seconds), so refusals and drops are said once per station and cause until the
station is joined again. A stranger can also come with ever new identities, so such lines are rationed as well: a burst,
then a few a minute. The memory of what was said is bounded.
"""

from collections import OrderedDict
from typing import Protocol
from urllib.parse import urlsplit

from routing import observations as seen
from routing.values import Instant, LinkId

MAX_REMEMBERED = 4096
MAX_TEXT = 200
BURST_LINES = 60
REFILL_S = 10.0


class Log(Protocol):
    """What is needed of a structlog logger."""

    def info(self, event: str, **facts: object) -> object:
        """Something changed as it should."""

    def warning(self, event: str, **facts: object) -> object:
        """Somebody should look at this some time."""

    def error(self, event: str, **facts: object) -> object:
        """Somebody should look at this now."""


class LogObserver:
    """Writes one line per change of a link. Never prints a password, a payload or a token (P7)."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._said: OrderedDict[str, set[str]] = OrderedDict()
        self._lines_left = float(BURST_LINES)
        self._filled_at = Instant(0.0)

    def observe(self, link: LinkId, what: seen.Observation, now: Instant) -> None:
        """Log what happened if it is news. Calls and answers are not: they are for the metrics."""
        match what:
            case seen.CallSeen() | seen.CallAnswered() | seen.CallExpired():
                return
            case seen.OwnCallEnded() | seen.FollowUpArrived():
                return
            case seen.LinkOpened():
                self._said.pop(what.identity, None)
                self._log.info("station connected", station=_short(what.identity), subprotocol=what.subprotocol)
            case seen.LinkLost():
                self._lost(what)
            case seen.LinkRefused():
                self._refused(what, now)
            case seen.FrameDropped():
                self._dropped(what, now)
            case _:
                self._observe_station(what)

    def _observe_outage(self, what: seen.Observation) -> None:
        station = _short(what.identity)
        match what:
            case seen.OutageBegan(carried=carried, reason=reason):
                doing = "the box answers for it" if carried else "the station waits"
                self._log.warning(f"the CSMS is away; {doing}", station=station, reason=_short(reason))
            case seen.OutageEnded(backlog=backlog):
                self._log.info("the CSMS is back", station=station, backlog=backlog)
            case seen.BacklogDone():
                self._log.info("everything kept is with the CSMS", station=station)
            case seen.LateRefusal(status=status, stopped=stopped):
                self._log.warning(
                    "the CSMS refuses a card that was let charge while it was away",
                    station=station,
                    status=_short(status),
                    stopped=stopped,
                )
            case seen.CapReached():
                self._log.warning("an unknown card drew as much as it may; it is being stopped", station=station)

    def _observe_station(self, what: seen.Observation) -> None:
        station = _short(what.identity)
        match what:
            case seen.StationBooted(registration=registration, interval_s=interval_s):
                self._log.info(
                    "station booted", station=station, registration=registration.value, interval_s=interval_s
                )
            case seen.PasswordChanged():
                self._log.warning("the CSMS changed the station's password", station=station)
            case seen.NetworkProfileSet(url=url, slot=slot):
                self._log.warning(
                    "the CSMS gave the station another address; the station may leave this box",
                    station=station,
                    host=_host(url),
                    slot=slot,
                )
            case seen.RootCertificateChanged(change=change):
                self._log.warning(
                    f"a CSMS root certificate was {change}; the station may stop trusting this box", station=station
                )
            case _:
                self._observe_outage(what)

    def _lost(self, what: seen.LinkLost) -> None:
        say = self._log.info
        if what.cause == "bug":
            say = self._log.error
        elif what.cause in ("half_dead", "csms_refused", "overrun", "journal"):
            say = self._log.warning
        say(
            "station lost",
            station=_short(what.identity),
            cause=what.cause,
            by=what.by.value if what.by else "localctl",
            code=what.code,
            reason=_short(what.reason),
        )

    def _refused(self, what: seen.LinkRefused, now: Instant) -> None:
        if self._is_news(what.identity, f"refused {what.cause} {what.status}", now):
            self._log.warning(
                "station refused",
                station=_short(what.identity),
                cause=what.cause,
                status=what.status,
                reason=_short(what.reason),
            )

    def _dropped(self, what: seen.FrameDropped, now: Instant) -> None:
        if self._is_news(what.identity, f"dropped {what.leg.value} {what.cause}", now):
            self._log.warning(
                "frame dropped; more of this kind are counted, not logged",
                station=_short(what.identity),
                leg=what.leg.value,
                cause=what.cause,
                reason=_short(what.reason),
            )

    def _is_news(self, identity: str, what: str, now: Instant) -> bool:
        said = self._said.setdefault(identity, set())
        self._said.move_to_end(identity)
        if len(self._said) > MAX_REMEMBERED:
            self._said.popitem(last=False)
        if what in said:
            return False
        said.add(what)
        return self._may_say(now)

    def _may_say(self, now: Instant) -> bool:
        """One line of the ration: `BURST_LINES` at once, then one more every `REFILL_S`."""
        self._lines_left = min(BURST_LINES, self._lines_left + max(0.0, now - self._filled_at) / REFILL_S)
        self._filled_at = now
        if self._lines_left < 1:
            return False
        self._lines_left -= 1
        return True


def _short(text: str) -> str:
    """A peer's words, bounded."""
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def _host(url: str) -> str:
    """Where an address leads, without the credentials or the path it may carry."""
    try:
        return _short(urlsplit(url).hostname or "?")
    except ValueError:
        return "?"
