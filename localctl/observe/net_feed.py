"""The edge's socket counters as samples. The edge counts in plain integers; this reads them at each scrape.

What is read is described by protocols, not imported: counting must not depend on the edge, nor the edge on metrics.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from localctl.observe import catalogue as rows
from localctl.observe.tally import Sample


class LegCounts(Protocol):
    """Traffic of one kind of leg, over all links."""

    @property
    def frames_in(self) -> int: ...
    @property
    def frames_out(self) -> int: ...
    @property
    def text_bytes_in(self) -> int: ...
    @property
    def text_bytes_out(self) -> int: ...
    @property
    def wire_bytes_in(self) -> int: ...
    @property
    def wire_bytes_out(self) -> int: ...
    @property
    def deflate_before(self) -> int: ...
    @property
    def deflate_after(self) -> int: ...
    @property
    def inflate_before(self) -> int: ...
    @property
    def inflate_after(self) -> int: ...
    @property
    def compressed_legs(self) -> int: ...
    @property
    def pings_sent(self) -> int: ...
    @property
    def pings_heard(self) -> int: ...
    @property
    def opened(self) -> int: ...
    @property
    def closes(self) -> Mapping[str, int]: ...


class NetCounts(Protocol):
    """Counters of the whole edge."""

    @property
    def station(self) -> LegCounts: ...
    @property
    def csms(self) -> LegCounts: ...
    @property
    def handshakes(self) -> int: ...
    @property
    def accepted(self) -> int: ...
    @property
    def accept_errors(self) -> int: ...
    @property
    def refusals(self) -> Mapping[str, int]: ...
    @property
    def tls_failures(self) -> Mapping[str, int]: ...
    @property
    def dials(self) -> int: ...
    @property
    def dial_failures(self) -> Mapping[str, int]: ...
    @property
    def bugs(self) -> int: ...
    @property
    def observer_errors(self) -> int: ...


def net_samples(counts: NetCounts) -> Iterator[Sample]:
    """All socket counters, as they are now."""
    yield from _leg_samples("station", counts.station)
    yield from _leg_samples("csms", counts.csms)
    yield rows.HANDSHAKES, (), counts.handshakes
    yield rows.ACCEPTED, (), counts.accepted
    yield rows.ACCEPT_ERRORS, (), counts.accept_errors
    yield rows.DIALS, (), counts.dials
    yield rows.BUGS, (), counts.bugs
    yield rows.OBSERVER_ERRORS, (), counts.observer_errors
    for row, causes in (
        (rows.REFUSALS, counts.refusals),
        (rows.TLS_FAILURES, counts.tls_failures),
        (rows.DIAL_FAILURES, counts.dial_failures),
    ):
        for cause, count in list(causes.items()):
            yield row, (cause,), count


def _leg_samples(leg: str, counts: LegCounts) -> Iterator[Sample]:
    yield rows.FRAMES, (leg, "in"), counts.frames_in
    yield rows.FRAMES, (leg, "out"), counts.frames_out
    yield rows.MESSAGE_BYTES, (leg, "in"), counts.text_bytes_in
    yield rows.MESSAGE_BYTES, (leg, "out"), counts.text_bytes_out
    yield rows.WIRE_BYTES, (leg, "in"), counts.wire_bytes_in
    yield rows.WIRE_BYTES, (leg, "out"), counts.wire_bytes_out
    yield rows.COMPRESSION_BYTES, (leg, "in", "compressed"), counts.inflate_before
    yield rows.COMPRESSION_BYTES, (leg, "in", "plain"), counts.inflate_after
    yield rows.COMPRESSION_BYTES, (leg, "out", "plain"), counts.deflate_before
    yield rows.COMPRESSION_BYTES, (leg, "out", "compressed"), counts.deflate_after
    yield rows.COMPRESSED_LEGS, (leg,), counts.compressed_legs
    yield rows.PINGS, (leg, "in"), counts.pings_heard
    yield rows.PINGS, (leg, "out"), counts.pings_sent
    yield rows.LEGS_OPENED, (leg,), counts.opened
    for cause, count in list(counts.closes.items()):
        yield rows.LEGS_CLOSED, (leg, cause), count
