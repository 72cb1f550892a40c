"""Connections that have not said yet what they want: counted over all and per address, the oldest dropped first.

One too many drops the oldest, so ten thousand silent sockets neither fill the memory nor keep a station out.
"""

import itertools

import trio


class HalfOpen:
    """One of them, from accept until its whole upgrade request is there."""

    __slots__ = ("cause", "key", "peer", "scope")

    def __init__(self, key: int, peer: str, deadline: float) -> None:
        self.key = key
        self.peer = peer
        self.scope = trio.CancelScope(deadline=deadline)
        self.cause = "handshake_deadline"

    def drop(self, cause: str) -> None:
        """Cut it off, and count it under this cause."""
        self.cause = cause
        self.scope.cancel()


class HalfOpens:
    """All half-open connections, oldest first, over all and per peer address."""

    def __init__(self) -> None:
        self._all: dict[int, HalfOpen] = {}
        self._by_peer: dict[str, dict[int, HalfOpen]] = {}
        self._keys = itertools.count()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, peer: str, deadline: float, *, most: int, most_per_peer: int) -> HalfOpen:
        """One more; drops the oldest (of the same peer) where that is too many."""
        half = HalfOpen(next(self._keys), peer, deadline)
        mine = self._by_peer.setdefault(peer, {})
        if len(mine) >= most_per_peer:
            self.drop_oldest(mine, "too_many_of_peer")
        self._all[half.key] = half
        self._by_peer.setdefault(peer, {})[half.key] = half
        if len(self._all) > most:
            self.drop_oldest(self._all, "too_many")
        return half

    def drop_oldest(self, among: dict[int, HalfOpen] | None = None, cause: str = "too_many") -> None:
        """Cut off the one that has been half-open longest."""
        found = self._all if among is None else among
        if found:
            half = next(iter(found.values()))
            self.remove(half)
            half.drop(cause)

    def remove(self, half: HalfOpen) -> None:
        """It is not half-open any more."""
        if self._all.pop(half.key, None) is not None:
            mine = self._by_peer[half.peer]
            del mine[half.key]
            if not mine:
                del self._by_peer[half.peer]
