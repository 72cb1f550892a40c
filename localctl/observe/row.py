"""What one metric is: a row of the catalogue, and the labels several rows share."""

from itertools import product
from typing import Literal, get_args, get_type_hints

from routing.values import Value


class Label(Value, frozen=True, kw_only=True):
    """One label. Without `values` it is open: its values are known only once they occur."""

    name: str
    values: tuple[str, ...] = ()


class Row(Value, frozen=True, kw_only=True):
    """One metric. `name` is what Prometheus shows; `unit` is its base unit, `watches` the promise it is there for."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    watches: str
    unit: str = ""
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()

    def series_at_start(self) -> list[tuple[str, ...]]:
        """The label values that exist before anything happened; none where a label is open."""
        return list(product(*(label.values for label in self.labels)))


LEG = Label(name="leg", values=("station", "csms"))
DIRECTION = Label(name="direction", values=("in", "out"))
ACTION = Label(name="action")
STATION = Label(name="station")


def words(value: type, field: str) -> tuple[str, ...]:
    """The words a field of a value may hold, from its type: labels and observations cannot drift apart."""
    return get_args(get_type_hints(value)[field])
