"""What a station said last of each of its connectors, for a CSMS that must hear of all of them.

A station that was offline for longer than its OfflineThreshold says the states of all its connectors again (B04.FR.01),
and so it does after it has started. One that is carried never noticed that its CSMS was away, nor that the box repeated
its BootNotification. So the box says them again, word for word as the station did.
"""

from collections import OrderedDict

from routing.carrying.items import Item

LONG_S = 60.0
"""A CSMS that was away for so long hears everything again; the box does not know each station's OfflineThreshold."""
MAX_CONNECTORS = 64
MAX_CHARS = 4_096
"""Longer ones are not remembered; a real one has two hundred characters."""


class States:
    """One station's, on all its connections since the box was started. Bounded; the oldest makes room (P6)."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, Item] = OrderedDict()

    def note(self, item: Item) -> None:
        """The station said this of a connector."""
        self._last.pop(item.merge, None)
        if len(item.payload) <= MAX_CHARS:
            self._last[item.merge] = item
        if len(self._last) > MAX_CONNECTORS:
            self._last.popitem(last=False)

    def all(self) -> tuple[Item, ...]:
        """The last state of each connector, the oldest first."""
        return tuple(self._last.values())
