"""How much waits per station, in memory, beside the rows on disk: what bounds and metrics ask all the time.

The figures follow the transaction that is under way: `settle` makes the changes true once the commit is through, `undo`
takes them back. A station may have 20,000 rows, so changes are noted down one by one; nothing is copied.
"""

from dataclasses import dataclass, field
from typing import Final, NamedTuple


class Figures(NamedTuple):
    """One station's rows after a commit, for anybody to read."""

    rows: int = 0
    size: int = 0
    """Bytes."""
    oldest_at: float | None = None
    """When its first row was kept, in Unix seconds."""


NOTHING: Final = Figures()


@dataclass(slots=True)
class Tally:
    """One station's rows as they are in the transaction under way. Changed by its `Book` alone."""

    figures: Figures = NOTHING
    transactions: dict[str, int] = field(default_factory=dict)
    """Rows per transaction that still has any."""
    updates: dict[str, int] = field(default_factory=dict)
    """Updateds counted so far of those transactions, whether still there or not."""

    @property
    def rows(self) -> int:
        """How many there are."""
        return self.figures.rows


class _Before(NamedTuple):
    station: str
    figures: Figures
    transaction: str
    rows: int | None
    updates: int | None


class Book:
    """All stations' tallies."""

    def __init__(self, tallies: dict[str, Tally] | None = None) -> None:
        self._tallies = tallies or {}
        self._before: list[_Before] = []
        self._settled_size = sum(tally.figures.size for tally in self._tallies.values())
        self.size = self._settled_size
        """Bytes of all rows."""

    def add(self, station: str, transaction: str, size: int, *, is_update: bool = False) -> int:
        """A row came in; the place of an Updated in its transaction, from 1, and 0 for all else."""
        tally = self._change(station, transaction)
        rows, taken, oldest_at = tally.figures
        tally.figures = Figures(rows + 1, taken + size, oldest_at)
        self.size += size
        if transaction:
            tally.transactions[transaction] = tally.transactions.get(transaction, 0) + 1
        if is_update:
            tally.updates[transaction] = tally.updates.get(transaction, 0) + 1
        return tally.updates[transaction] if is_update else 0

    def take(self, station: str, transaction: str, size: int) -> None:
        """A row went."""
        tally = self._change(station, transaction)
        rows, taken, oldest_at = tally.figures
        tally.figures = Figures(rows - 1, taken - size, oldest_at)
        self.size -= size
        if transaction:
            tally.transactions[transaction] -= 1
            if not tally.transactions[transaction]:
                del tally.transactions[transaction]
                tally.updates.pop(transaction, None)

    def oldest(self, station: str, at: float | None) -> None:
        """When the first row was kept, before a commit."""
        tally = self._change(station, "")
        tally.figures = tally.figures._replace(oldest_at=at)

    def look(self, station: str) -> Tally:
        """This station's figures, to be read."""
        return self._tallies.get(station) or Tally()

    def touched(self) -> list[str]:
        """Stations whose rows changed in this transaction."""
        return list(dict.fromkeys(before.station for before in self._before))

    def settle(self) -> dict[str, Figures]:
        """The transaction is through; the figures that changed."""
        touched = {station: self._tallies[station].figures for station in self.touched()}
        for station, figures in touched.items():
            if not figures.rows:
                del self._tallies[station]
        self._before.clear()
        self._settled_size = self.size
        return touched

    def undo(self) -> None:
        """The transaction is not."""
        for before in reversed(self._before):
            tally = self._tallies[before.station]
            tally.figures = before.figures
            _put_back(tally.transactions, before.transaction, before.rows)
            _put_back(tally.updates, before.transaction, before.updates)
        self._before.clear()
        self._tallies = {station: tally for station, tally in self._tallies.items() if tally.rows}
        self.size = self._settled_size

    def biggest_first(self) -> list[str]:
        """Stations by the bytes they take."""
        return sorted(self._tallies, key=lambda station: -self._tallies[station].figures.size)

    def all(self) -> dict[str, Figures]:
        """Every station with rows."""
        return {station: tally.figures for station, tally in self._tallies.items()}

    def _change(self, station: str, transaction: str) -> Tally:
        tally = self._tallies.setdefault(station, Tally())
        rows, updates = tally.transactions.get(transaction), tally.updates.get(transaction)
        self._before.append(_Before(station, tally.figures, transaction, rows, updates))
        return tally


def _put_back(table: dict[str, int], key: str, value: int | None) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value
