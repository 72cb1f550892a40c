"""Plain integer counters of everything that happens on sockets. Metrics read them; nobody resets them."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class LegStats:
    """Traffic of one kind of leg, over all links. Bytes of text are those of the messages, before compression."""

    frames_in: int = 0
    frames_out: int = 0
    text_bytes_in: int = 0
    text_bytes_out: int = 0
    wire_bytes_in: int = 0
    wire_bytes_out: int = 0
    """On the wire, compressed and encrypted."""
    deflate_before: int = 0
    deflate_after: int = 0
    """What compression made of what was sent."""
    inflate_before: int = 0
    inflate_after: int = 0
    """What decompression made of what was received."""
    compressed_legs: int = 0
    """Handshakes that ended with permessage-deflate on."""
    pings_sent: int = 0
    pings_heard: int = 0
    opened: int = 0
    closes: Counter[str] = field(default_factory=Counter)
    """Ended legs by cause (see `sockets.Cause`)."""


@dataclass(slots=True)
class NetStats:
    """One for the whole edge."""

    station: LegStats = field(default_factory=LegStats)
    csms: LegStats = field(default_factory=LegStats)
    handshakes: int = 0
    """Connections in the middle of their handshake, now."""
    accepted: int = 0
    """TCP connections taken from the listeners."""
    accept_errors: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    """Connections and upgrades turned away, by cause."""
    tls_failures: Counter[str] = field(default_factory=Counter)
    """TLS handshakes of stations that failed, by cause (see `tls.failure_cause`)."""
    dials: int = 0
    dial_failures: Counter[str] = field(default_factory=Counter)
    """Dials that came to nothing: refused, failed."""
    bugs: int = 0
    """Exceptions of ours that cost one link."""
    observer_errors: int = 0
