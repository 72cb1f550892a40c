"""What goes first when the journal has no room for all of it: the order the specification gives, as a pure choice.

1. Every second Updated of a transaction: its 1st, 3rd, 5th … (E04.FR.07, E11.FR.04, E12.FR.04).
2. Events, the oldest first.
3. What only its latest counts of, the oldest first.
4. Once more every second of the Updateds that are left, and so on until none is.

Begin and end of a transaction never go (E04.FR.08, E11.FR.05, E12.FR.05): rather the station is not answered and keeps
the message itself. A row's place in its transaction is counted when it is kept and stays with it, so that a transaction
that is thinned little by little is thinned evenly and not from its front.
"""

from collections.abc import Iterable
from typing import NamedTuple, assert_never

from routing.carrying.items import Kind


class Kept(NamedTuple):
    """What the choice needs to know of a row. A tuple, because a station may have 20,000."""

    number: int
    kind: Kind
    nth: int
    """Place among the Updateds of its transaction, from 1."""
    size: int
    """Bytes."""


def choose(rows: Iterable[Kept], *, over_rows: int = 0, over_bytes: int = 0) -> list[Kept]:
    """The rows to drop, first things first: just enough of them, or all that may go where that is not enough."""
    order = sorted((rank, row) for row in rows if (rank := _rank(row)) is not None)
    chosen: list[Kept] = []
    freed = 0
    for _, row in order:
        if len(chosen) >= over_rows and freed >= over_bytes:
            break
        chosen.append(row)
        freed += row.size
    return chosen


def _rank(row: Kept) -> tuple[int, int, int] | None:
    match row.kind:
        case Kind.UPDATE:
            level = _halvings(row.nth)
            return (0 if level == 0 else 3, level, row.number)
        case Kind.EVENT:
            return (1, 0, row.number)
        case Kind.LATEST:
            return (2, 0, row.number)
        case Kind.TRANSACTION:
            return None
        case _ as never:
            assert_never(never)


def _halvings(nth: int) -> int:
    """In which round of dropping every second one this one goes: 1, 3, 5 in round 0, then 2, 6, 10, then 4, 12, 20."""
    return (nth & -nth).bit_length() - 1
