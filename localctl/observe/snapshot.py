"""The one picture of the box that page, API, CLI and metrics read.

The control loop makes a new `Snapshot` when something changed and puts it into the `SnapshotBox`; readers in other
threads take whatever is there. A snapshot never changes once made, so nobody waits for anybody and no reader ever sees
half a change. Instants are Unix time in seconds: readers know no monotonic clock of ours.
"""

from collections.abc import Iterator, Mapping

import msgspec

from localctl.observe import catalogue as rows
from localctl.observe.health import ServiceState
from localctl.observe.tally import Sample
from routing.values import Value


class StationView(Value, frozen=True, kw_only=True):
    """One station as an operator sees it."""

    identity: str
    connected: bool
    upstream_connected: bool
    since_at: float
    """When it last came or went."""
    subprotocol: str | None = None
    registration: str = "Unknown"
    csms: str | None = None
    """The CSMS it belongs to, by its name in the configuration."""
    arrivals: int = 0
    last_loss: str | None = None
    """Why it was lost last, in words; None if it never was."""


class EventView(Value, frozen=True, kw_only=True):
    """Something that happened, as an operator sees it. `kind` is a word the page has a sentence for."""

    number: int
    """Counts up; the newest event has the highest."""
    at: float
    """When it happened (last)."""
    kind: str
    subject: str
    """The station, node or source it is about; empty for the box itself."""
    facts: Mapping[str, str] = msgspec.field(default_factory=dict)
    warns: bool = False
    """True when somebody should look at it."""
    times: int = 1
    """How often it happened in a row."""


class CertificateView(Value, frozen=True, kw_only=True):
    """A certificate of this box. `ends_at` None: the file cannot be read."""

    use: str
    subject: str
    ends_at: float | None


class OutboxQueue(Value, frozen=True, kw_only=True):
    """Messages of one station that wait for its CSMS."""

    identity: str
    waiting: int
    oldest_at: float | None = None
    """When the oldest of them came in."""
    replaying: bool = False
    """True while they are being sent."""


class DeadLetter(Value, frozen=True, kw_only=True):
    """A message that was kept and will not be sent any more, and why. Never its payload (P7)."""

    identity: str
    action: str
    at: float
    reason: str


class OutboxView(Value, frozen=True, kw_only=True):
    """What is kept for CSMSs that are away. Queues that are empty need not be listed."""

    queues: tuple[OutboxQueue, ...] = ()
    dead: tuple[DeadLetter, ...] = ()
    """The newest few."""
    dead_count: int = 0


class Snapshot(Value, frozen=True, kw_only=True):
    """Everything there is to see at one instant. Holds no secret: it is served to whoever may open the page (P7)."""

    version: str
    state: ServiceState
    reasons: tuple[str, ...] = ()
    """Why the box is not (wholly) ready, one sentence each."""
    started_at: float = 0.0
    taken_at: float = 0.0
    stations: tuple[StationView, ...] = ()
    site: str = ""
    charging: Mapping[str, object] = msgspec.field(default_factory=dict)
    """What the charging side shows of itself: plain JSON values only."""
    events: tuple[EventView, ...] = ()
    """What happened lately, the newest first."""
    certificates: tuple[CertificateView, ...] = ()
    outbox: OutboxView | None = None
    """None: nothing is kept for any CSMS."""

    def as_json(self) -> bytes:
        """The snapshot as JSON text, keys in the order above."""
        return msgspec.json.encode(self)


class SnapshotBox:
    """Holds the newest snapshot. One writer, any number of readers, no lock: replacing a reference is one step."""

    def __init__(self, first: Snapshot) -> None:
        self._newest = first

    def put(self, newest: Snapshot) -> None:
        """Show this one from now on."""
        self._newest = newest

    def get(self) -> Snapshot:
        """The newest one, at once."""
        return self._newest


def snapshot_samples(box: SnapshotBox) -> Iterator[Sample]:
    """What a scrape shows of the snapshot: stations up and down, arrivals, and the state of the box."""
    snapshot = box.get()
    for state in ServiceState:
        yield rows.SERVICE_STATE, (state.value,), float(state is snapshot.state)
    for station in snapshot.stations:
        name = (station.identity,)
        yield rows.STATION_CONNECTED, name, float(station.connected)
        yield rows.UPSTREAM_CONNECTED, name, float(station.upstream_connected)
        yield rows.STATION_ARRIVALS, name, station.arrivals
