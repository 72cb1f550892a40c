"""Where figures are kept between scrapes: plain integers, written by the control loop, read by the HTTP thread.

No locks: one thread writes, and the reader copies with single steps the interpreter does not interrupt. A scrape may
so see one call counted and its latency not yet; the next one has both.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from localctl.observe.row import Row

Exemplar = tuple[str, float]
"""A message id and the figure it had: how an operator gets from a slow bucket to one line of the log."""

Sample = tuple[Row, tuple[str, ...], "float | Distribution"]
"""What a feed yields: a row of the catalogue, values for its labels in their order, and the figure."""


class Distribution:
    """How often figures fell between bounds: a histogram's buckets, their sum, and the last message id of each."""

    __slots__ = ("bounds", "counts", "exemplars", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.exemplars: list[Exemplar | None] = [None] * (len(self.bounds) + 1)
        self.total = 0.0

    def add(self, figure: float, message_id: str = "") -> None:
        """Count one figure. The message id is kept only where it can be shown: short and printable."""
        bucket = bisect_left(self.bounds, figure)
        self.counts[bucket] += 1
        self.total += figure
        if message_id and len(message_id) <= 36 and message_id.isascii() and message_id.isprintable():
            self.exemplars[bucket] = (message_id, figure)

    def cumulative(self) -> Iterator[tuple[str, int, Exemplar | None]]:
        """Upper bound, how many figures are not above it, and an example, from the smallest bound to `+Inf`."""
        so_far = 0
        for bound, count, exemplar in zip(
            (*map(str, self.bounds), "+Inf"), tuple(self.counts), tuple(self.exemplars), strict=True
        ):
            so_far += count
            yield bound, so_far, exemplar


class Tally:
    """The counters of one row, one per combination of label values; those the catalogue foresees begin at 0."""

    __slots__ = ("cells", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.cells: dict[tuple[str, ...], int] = dict.fromkeys(row.series_at_start(), 0)

    def add(self, *labels: str) -> None:
        """Count one."""
        self.cells[labels] = self.cells.get(labels, 0) + 1

    def add_with_siblings(self, first: str, last: str) -> None:
        """Count one of a row whose first label is open: its other verdicts begin at 0 with it."""
        cells = self.cells
        key = (first, last)
        if key not in cells:
            cells.update({(first, sibling): 0 for sibling in self.row.labels[1].values})
        cells[key] += 1

    def samples(self) -> Iterable[Sample]:
        """All counters, as they are now."""
        return [(self.row, labels, count) for labels, count in list(self.cells.items())]
