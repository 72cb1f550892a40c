"""What time it is, if anybody trustworthy has said so.

Stations set their clocks by the answers to Heartbeat and BootNotification (G02.FR.06, B01.FR.06), so the box may give
these only when its own clock is synchronised, or when it has heard their CSMS's own time lately. What one CSMS says of
the time is nothing to the stations of another.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from routing.values import Instant

HEARD_S = 86_400.0
"""So long a time heard of the CSMS is good: an ordinary quartz drifts a few seconds a day."""
SANE_YEARS = range(2020, 2100)
"""A CSMS whose clock stands elsewhere says nothing of the time."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Time(msgspec.Struct, rename="camel"):
    current_time: datetime


_decode = msgspec.json.Decoder(_Time).decode


class _Heard(NamedTuple):
    """How far a CSMS's time is ahead of the loop's, and when it said so."""

    offset_s: float
    at: Instant


class Clock:
    """Instants to times of day. The edge says how its own clock stands (`set`), answers of the CSMSs teach theirs."""

    def __init__(self, *, unix_offset_s: float = 0.0, synchronised: bool = False) -> None:
        self._offset_s = unix_offset_s
        self._synchronised = synchronised
        self._heard: dict[str, _Heard] = {}

    def set(self, *, unix_offset_s: float, synchronised: bool) -> None:
        """The box's clock is this far ahead of the loop's, and somebody keeps it right, or nobody does."""
        self._offset_s, self._synchronised = unix_offset_s, synchronised

    def heard(self, csms: str, answer: bytes, now: Instant) -> None:
        """This CSMS gave its time in this answer; anything else in it is ignored."""
        try:
            told = _decode(answer).current_time
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return
        if told.tzinfo is None:
            told = told.replace(tzinfo=UTC)
        if told.year not in SANE_YEARS:
            return
        self._heard[csms] = _Heard((told - _EPOCH).total_seconds() - now, now)

    def trusted(self, csms: str, now: Instant) -> bool:
        """True when a station of this CSMS may set its clock by `text`."""
        heard = self._heard.get(csms)
        return self._synchronised or (heard is not None and now - heard.at <= HEARD_S)

    def unix(self, csms: str, now: Instant) -> float:
        """Seconds since 1970, by the best clock there is for this CSMS's stations."""
        heard = self._heard.get(csms)
        return now + (self._offset_s if self._synchronised or heard is None else heard.offset_s)

    def text(self, csms: str, now: Instant) -> str:
        """RFC 3339 in UTC with milliseconds, as OCPP wants it (2.1.6)."""
        moment = _EPOCH + timedelta(seconds=self.unix(csms, now))
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
