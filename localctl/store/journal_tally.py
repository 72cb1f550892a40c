"""How much waits per station, in memory, beside the rows on disk: what bounds and metrics ask all the time.

The figures follow the transaction that is under way: `of` gives a copy to change, `settle` makes the copies true once
the commit is through, `undo` forgets them.
"""

from dataclasses import dataclass, field, replace


@dataclass(slots=True)
class Tally:
    """One station's rows. Not changed any more once it is settled, so anybody may read it."""

    rows: int = 0
    size: int = 0
    """Bytes."""
    oldest_at: float | None = None
    """When its first row was kept, in Unix seconds."""
    transactions: dict[str, int] = field(default_factory=dict)
    """Rows per transaction that still has any."""
    updates: dict[str, int] = field(default_factory=dict)
    """Updateds counted so far of those transactions, whether still there or not."""

    def add(self, transaction: str, size: int) -> None:
        """A row came in."""
        self.rows += 1
        self.size += size
        if transaction:
            self.transactions[transaction] = self.transactions.get(transaction, 0) + 1

    def count_update(self, transaction: str) -> int:
        """The place of one more Updated in its transaction, from 1."""
        self.updates[transaction] = self.updates.get(transaction, 0) + 1
        return self.updates[transaction]

    def take(self, transaction: str, size: int) -> None:
        """A row went."""
        self.rows -= 1
        self.size -= size
        if not transaction:
            return
        self.transactions[transaction] -= 1
        if not self.transactions[transaction]:
            del self.transactions[transaction]
            self.updates.pop(transaction, None)


class Book:
    """All stations' tallies."""

    def __init__(self, tallies: dict[str, Tally] | None = None) -> None:
        self._settled = tallies or {}
        self._touched: dict[str, Tally] = {}
        self._settled_size = sum(tally.size for tally in self._settled.values())
        self.size = self._settled_size
        """Bytes of all rows."""

    def of(self, station: str) -> Tally:
        """This station's figures, to be changed within the transaction."""
        if station not in self._touched:
            old = self._settled.get(station, Tally())
            self._touched[station] = replace(old, transactions=old.transactions.copy(), updates=old.updates.copy())
        return self._touched[station]

    def add(self, station: str, transaction: str, size: int) -> None:
        """A row came in."""
        self.of(station).add(transaction, size)
        self.size += size

    def take(self, station: str, transaction: str, size: int) -> None:
        """A row went."""
        self.of(station).take(transaction, size)
        self.size -= size

    def look(self, station: str) -> Tally:
        """This station's figures, to be read."""
        return self._touched.get(station) or self._settled.get(station) or Tally()

    def touched(self) -> list[str]:
        """Stations whose rows changed in this transaction."""
        return list(self._touched)

    def settle(self) -> dict[str, Tally]:
        """The transaction is through; the figures that changed."""
        touched = self._touched
        self._settled |= touched
        for name in [name for name, tally in touched.items() if not tally.rows]:
            del self._settled[name]
        self._touched, self._settled_size = {}, self.size
        return touched

    def undo(self) -> None:
        """The transaction is not."""
        self._touched, self.size = {}, self._settled_size

    def biggest_first(self) -> list[str]:
        """Stations by the bytes they take."""
        return sorted({**self._settled, **self._touched}, key=lambda name: -self.look(name).size)

    def all(self) -> dict[str, Tally]:
        """Every station with rows, as settled."""
        return dict(self._settled)
