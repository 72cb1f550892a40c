"""Metrics of the routing: what happened to stations, their links and their calls."""

from localctl.observe.row import ACTION, LEG, STATION, Label, Row, words
from routing import observations as seen

LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
ERROR_CODES = (
    "FormatViolation", "FormationViolation", "GenericError", "InternalError", "MessageTypeNotSupported",
    "NotImplemented", "NotSupported", "OccurenceConstraintViolation", "OccurrenceConstraintViolation",
    "PropertyConstraintViolation", "ProtocolError", "RpcFrameworkError", "SecurityError", "TypeConstraintViolation",
    "other",
)  # fmt: skip

LINKS_OPENED = Row(
    name="localctl_links_opened_total",
    kind="counter",
    help="Stations joined with their CSMS, by the OCPP version both speak.",
    watches="P1",
    labels=(Label(name="subprotocol", values=("ocpp1.6", "ocpp2.0.1", "ocpp2.1", "other")),),
)
LINKS_REFUSED = Row(
    name="localctl_links_refused_total",
    kind="counter",
    help="Stations turned away at the handshake, by cause.",
    watches="P1",
    labels=(Label(name="cause", values=words(seen.LinkRefused, "cause")),),
)
LINKS_LOST = Row(
    name="localctl_links_lost_total",
    kind="counter",
    help="Links that ended, by cause.",
    watches="P1",
    labels=(Label(name="cause", values=words(seen.LinkLost, "cause")),),
)
CALLS_RECEIVED = Row(
    name="localctl_calls_received_total",
    kind="counter",
    help="CALLs and SENDs that came in to be relayed, by the leg they came from.",
    watches="P1",
    labels=(LEG,),
)
CALLS = Row(
    name="localctl_calls_total",
    kind="counter",
    help="Relayed CALLs that found their end. Actions no OCPP version knows count as `other`.",
    watches="P1",
    labels=(ACTION, Label(name="verdict", values=(*words(seen.CallAnswered, "verdict"), "expired"))),
)
CALL_ERRORS = Row(
    name="localctl_call_errors_total",
    kind="counter",
    help="CALLERRORs passed on, by the leg that answered with one. Codes no OCPP version knows count as `other`.",
    watches="P1",
    labels=(LEG, Label(name="code", values=ERROR_CODES)),
)
CALL_LATENCY = Row(
    name="localctl_call_latency_seconds",
    kind="histogram",
    unit="seconds",
    help="Time from sending a relayed CALL on to its answer, by the leg that answered.",
    watches="P1",
    labels=(LEG,),
    buckets=LATENCY_S,
)
CALLS_TIMED_OUT = Row(
    name="localctl_calls_timed_out_total",
    kind="counter",
    help="CALLs, relayed and own, that stayed unanswered past their deadline, by the leg that owed the answer.",
    watches="P1",
    labels=(LEG,),
)
OWN_CALLS = Row(
    name="localctl_own_calls_total",
    kind="counter",
    help="The box's own CALLs to stations, by how they ended; `late` answers came after the box had given up.",
    watches="P2",
    labels=(ACTION, Label(name="verdict", values=(*words(seen.OwnCallEnded, "verdict"), "late"))),
)
FOLLOW_UPS = Row(
    name="localctl_own_call_follow_ups_total",
    kind="counter",
    help="Reports that stations sent because of the box's own CALLs; absorbed, never relayed.",
    watches="P1",
)
FRAMES_DROPPED = Row(
    name="localctl_frames_dropped_total",
    kind="counter",
    help="Frames that went no further, by the leg they came from and why.",
    watches="P1",
    labels=(LEG, Label(name="cause", values=words(seen.FrameDropped, "cause"))),
)
BOOTS = Row(
    name="localctl_boots_total",
    kind="counter",
    help="BootNotifications the CSMS answered, by its verdict.",
    watches="P1",
    labels=(Label(name="registration", values=tuple(each.value for each in seen.Registration)),),
)
SECURITY_CHANGES = Row(
    name="localctl_station_security_changes_total",
    kind="counter",
    help="Changes by the CSMS that may part a station from the box: password, network profile, CSMS root certificate.",
    watches="P1",
    labels=(
        Label(
            name="change",
            values=("password", "network_profile", "root_certificate_installed", "root_certificate_deleted"),
        ),
    ),
)

STATION_CONNECTED = Row(
    name="localctl_station_connected",
    kind="gauge",
    help="1 while the station's connection to the box is up, 0 while it is not.",
    watches="P1",
    labels=(STATION,),
)
UPSTREAM_CONNECTED = Row(
    name="localctl_upstream_connected",
    kind="gauge",
    help="1 while the box holds this station's connection to its CSMS, 0 while it does not.",
    watches="P1",
    labels=(STATION,),
)
STATION_ARRIVALS = Row(
    name="localctl_station_arrivals_total",
    kind="counter",
    help="How often this station was joined with its CSMS; a steep rise is a flapping station.",
    watches="P1",
    labels=(STATION,),
)

ROWS = (
    LINKS_OPENED, LINKS_REFUSED, LINKS_LOST, CALLS_RECEIVED, CALLS, CALL_ERRORS, CALL_LATENCY, CALLS_TIMED_OUT,
    OWN_CALLS, FOLLOW_UPS, FRAMES_DROPPED, BOOTS, SECURITY_CHANGES,
    STATION_CONNECTED, UPSTREAM_CONNECTED, STATION_ARRIVALS,
)  # fmt: skip
