"""How many stations may be connected, and that who comes back is not one more.

After a power cut behind one switch, all stations of a site come back while their old connections still look alive. Each
of them replaces its own; counted twice, most would be turned away as too many.
"""

from collections import Counter


class Places:
    """Who is connected, by identity in any case. Holds at most twice `most` connections."""

    def __init__(self) -> None:
        self._here: Counter[str] = Counter()
        self.connections = 0

    def has_room(self, identity: str, most: int) -> bool:
        """True where this is no station too many: a new one within `most`, or one that takes its own place.

        Who keeps knocking takes room that others might need to come back: at twice `most` nobody else is let in.
        """
        mine = self._here[identity.casefold()]
        if self.connections >= 2 * most:
            return False
        if mine == 1:
            return True
        return (self.connections if mine else len(self._here)) < most

    def take(self, identity: str) -> None:
        """It has come."""
        self._here[identity.casefold()] += 1
        self.connections += 1

    def leave(self, identity: str) -> None:
        """One of its connections has ended."""
        name = identity.casefold()
        self._here[name] -= 1
        self.connections -= 1
        if not self._here[name]:
            del self._here[name]
