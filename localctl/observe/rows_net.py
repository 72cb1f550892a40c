"""Metrics of the sockets: traffic, compression, handshakes and what was turned away before it became a link.

Causes are words of the edge, a few each; those that are a closed set are declared, the others appear with their first
case.
"""

from localctl.observe.row import DIRECTION, LEG, Label, Row

CAUSE = Label(name="cause")
LEG_CAUSES = (
    "peer_closed", "vanished", "too_big", "bad_utf8", "binary", "compressed_unasked", "protocol", "silent", "stalled",
    "closed", "dropped", "refused", "bad_request",
)  # fmt: skip

FRAMES = Row(
    name="localctl_frames_total",
    kind="counter",
    help="WebSocket messages, by leg and direction as the box sees it.",
    watches="P1",
    labels=(
        LEG,
        DIRECTION,
    ),
)
MESSAGE_BYTES = Row(
    name="localctl_message_bytes_total",
    kind="counter",
    unit="bytes",
    help="Bytes of the messages' text, before compression and encryption.",
    watches="P1",
    labels=(
        LEG,
        DIRECTION,
    ),
)
WIRE_BYTES = Row(
    name="localctl_wire_bytes_total",
    kind="counter",
    unit="bytes",
    help="Bytes on the wire, compressed and encrypted.",
    watches="P1",
    labels=(
        LEG,
        DIRECTION,
    ),
)
COMPRESSION_BYTES = Row(
    name="localctl_compression_bytes_total",
    kind="counter",
    unit="bytes",
    help="Bytes of messages that travelled compressed (RFC 7692): their plain and their compressed size.",
    watches="P1",
    labels=(
        LEG,
        DIRECTION,
        Label(name="form", values=("plain", "compressed")),
    ),
)
COMPRESSED_LEGS = Row(
    name="localctl_compressed_legs_total",
    kind="counter",
    help="Handshakes that ended with compression on.",
    watches="P1",
    labels=(LEG,),
)
PINGS = Row(
    name="localctl_pings_total",
    kind="counter",
    help="WebSocket pings: `out` sent by the box, `in` heard from the peer.",
    watches="P1",
    labels=(
        LEG,
        DIRECTION,
    ),
)
LEGS_OPENED = Row(
    name="localctl_legs_opened_total",
    kind="counter",
    help="Connections that were upgraded to WebSocket.",
    watches="P1",
    labels=(LEG,),
)
LEGS_CLOSED = Row(
    name="localctl_legs_closed_total",
    kind="counter",
    help="WebSocket connections that ended, by cause; `stalled` took no more of what was sent.",
    watches="P1",
    labels=(
        LEG,
        Label(name="cause", values=LEG_CAUSES),
    ),
)
HANDSHAKES = Row(
    name="localctl_handshakes_in_flight",
    kind="gauge",
    help="Connections in the middle of their handshake.",
    watches="P6",
)
ACCEPTED = Row(
    name="localctl_connections_accepted_total",
    kind="counter",
    help="TCP connections taken from the listeners.",
    watches="P6",
)
ACCEPT_ERRORS = Row(
    name="localctl_accept_errors_total",
    kind="counter",
    help="TCP connections that could not be taken, for want of file descriptors for example.",
    watches="P6",
)
REFUSALS = Row(
    name="localctl_connection_refusals_total",
    kind="counter",
    help="Connections and upgrades turned away at the edge, by cause.",
    watches="P6",
    labels=(CAUSE,),
)
TLS_FAILURES = Row(
    name="localctl_tls_failures_total",
    kind="counter",
    help="TLS handshakes of stations that failed, by cause.",
    watches="P6",
    labels=(CAUSE,),
)
DIALS = Row(
    name="localctl_dials_total",
    kind="counter",
    help="Connections the box tried to open to a CSMS.",
    watches="P1",
)
DIAL_FAILURES = Row(
    name="localctl_dial_failures_total",
    kind="counter",
    help="Dials that came to nothing, by cause.",
    watches="P1",
    labels=(CAUSE,),
)
BUGS = Row(
    name="localctl_bugs_total",
    kind="counter",
    help="Exceptions of the box's own that cost one link each: any rise is to be reported.",
    watches="P6",
)
OBSERVER_ERRORS = Row(
    name="localctl_observer_errors_total",
    kind="counter",
    help="Observations that metrics, log or control failed to take; the link went on.",
    watches="P6",
)

ROWS = (
    FRAMES, MESSAGE_BYTES, WIRE_BYTES, COMPRESSION_BYTES, COMPRESSED_LEGS, PINGS, LEGS_OPENED, LEGS_CLOSED,
    HANDSHAKES, ACCEPTED, ACCEPT_ERRORS, REFUSALS, TLS_FAILURES, DIALS, DIAL_FAILURES, BUGS, OBSERVER_ERRORS,
)  # fmt: skip
