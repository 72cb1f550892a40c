"""What one metric is: a row of the catalogue, and the section that collects rows as they are written down."""

from itertools import product
from typing import Literal, get_args, get_type_hints

from routing.values import Value

Kind = Literal["counter", "gauge", "histogram"]
Promise = Literal["P1", "P2", "P3", "P4", "P5", "P6", "P7"]
Unit = Literal["", "amperes", "bytes", "seconds"]


class Label(Value, frozen=True, kw_only=True):
    """One label. Without `values` it is open: its values are known only once they occur."""

    name: str
    values: tuple[str, ...] = ()


class Row(Value, frozen=True, kw_only=True):
    """One metric. `name` is what Prometheus shows; `unit` is its base unit, `watches` the promise it is there for."""

    name: str
    kind: Kind
    help: str
    watches: Promise
    unit: Unit = ""
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()

    def series_at_start(self) -> list[tuple[str, ...]]:
        """The label values that exist before anything happened; none where a label is open."""
        return list(product(*(label.values for label in self.labels)))


class Section:
    """A part of the catalogue. Each method writes one row down: bare name, promise, help, labels."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.rows: list[Row] = []

    def counter(self, name: str, watches: Promise, says: str, *labels: Label, unit: Unit = "") -> Row:
        """Something that only grows; `_total` is added to its name."""
        return self._row(f"{name}_total", "counter", watches, says, labels, unit)

    def gauge(self, name: str, watches: Promise, says: str, *labels: Label, unit: Unit = "") -> Row:
        """Something that goes up and down."""
        return self._row(name, "gauge", watches, says, labels, unit)

    def seconds(
        self, name: str, watches: Promise, says: str, *labels: Label, buckets: tuple[float, ...]
    ) -> Row:
        """How long something took, as a histogram with these upper bounds; `_seconds` is added to its name."""
        return self._row(f"{name}_seconds", "histogram", watches, says, labels, "seconds", buckets)

    def _row(
        self,
        name: str,
        kind: Kind,
        watches: Promise,
        says: str,
        labels: tuple[Label, ...],
        unit: Unit,
        buckets: tuple[float, ...] = (),
    ) -> Row:
        row = Row(
            name=f"localctl_{name}", kind=kind, help=says, watches=watches, unit=unit, labels=labels, buckets=buckets
        )
        self.rows.append(row)
        return row


def words(value: type, field: str) -> tuple[str, ...]:
    """The words a field of a value may hold, from its type: labels and observations cannot drift apart."""
    return get_args(get_type_hints(value)[field])
