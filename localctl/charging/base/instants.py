"""Instants: whole seconds since 1970-01-01T00:00:00Z, the only clock smart charging knows (R1).

OCPP writes times as RFC 3339 text. Stations and back ends also send offsets, fractions of a second, a lower-case
"t" or "z", a blank instead of the "T", or no zone at all; such times are read as UTC and rounded down to the second.
The years 0001 to 9999 are accepted, because 1970 (a clock never set) and 9999 (valid for ever) are both in use.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NewType

Instant = NewType("Instant", int)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SHAPE: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,]\d+)?)?\s*(?:[Zz]|([+-])(\d\d):?(\d\d)?)?", re.ASCII
)
LONGEST: Final = 64
ONE_SECOND: Final = timedelta(seconds=1)
FIRST: Final = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // ONE_SECOND
LAST: Final = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - EPOCH) // ONE_SECOND


class BadInstant(ValueError):
    """A text that is no date and time."""


def read_instant(text: str) -> Instant:
    """Turn RFC 3339 text into whole seconds UTC, fractions dropped (R1).

    Raises BadInstant naming the text when it is no date and time.
    """
    match = SHAPE.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if match is None:
        raise BadInstant(f"{text[:LONGEST]!r} is not a date and time such as 2026-01-31T12:00:00Z")
    year, month, day, hour, minute, second, sign, off_hours, off_minutes = match.groups()
    try:
        # A leap second is the first second of the next minute to every clock that counts epoch seconds.
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
        local = (moment - EPOCH) // ONE_SECOND + seconds_of(second)
        return Instant(local - offset_of(sign, off_hours, off_minutes))
    except ValueError as problem:
        raise BadInstant(f"{text[:LONGEST]!r} is no date and time: {problem}") from None


def seconds_of(text: str | None) -> int:
    """Seconds within the minute, 0 to 60."""
    second = int(text or 0)
    if second > 60:
        raise ValueError("second must be in 0..60")
    return second


def offset_of(sign: str | None, hours: str | None, minutes: str | None) -> int:
    """Seconds east of Greenwich; no zone counts as UTC."""
    if int(hours or 0) > 23 or int(minutes or 0) > 59:
        raise ValueError("offset must be below 24:00")
    size = int(hours or 0) * 3600 + int(minutes or 0) * 60
    return -size if sign == "-" else size


def write_instant(at: Instant) -> str:
    """RFC 3339 text in UTC with whole seconds and "Z", the form every station can parse; years 1 to 9999."""
    shown = EPOCH + timedelta(seconds=max(FIRST, min(at, LAST)))
    return shown.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")
