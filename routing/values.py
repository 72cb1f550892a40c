"""Words every part of the router shares: legs, instants and the base of all values.

Values are frozen and keyword-only. They are `msgspec.Struct`s, not dataclasses, because the router makes several per
frame and a frozen dataclass costs five times as much to make.
"""

from enum import Enum
from typing import NewType

from msgspec import Struct

Instant = NewType("Instant", float)
"""A moment in seconds on the caller's monotonic clock; only differences mean anything."""

LinkId = NewType("LinkId", int)
"""One arrival of one station. A station that comes back gets a new one, so late news of the old never hits the new."""


class Leg(Enum):
    """The two connections of a link: down to the Charging Station, up to the CSMS."""

    STATION = "station"
    CSMS = "csms"

    @property
    def other(self) -> "Leg":
        """The leg on the far side of the box."""
        return Leg.CSMS if self is Leg.STATION else Leg.STATION


class Value(Struct, frozen=True, kw_only=True):
    """Base of events, commands, observations and policies: frozen, keyword-only."""
