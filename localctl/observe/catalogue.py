"""Every metric of the box in one table: name, kind, unit, labels, help, and the promise an operator watches with it.

Nothing else in the program names a metric: whoever has figures yields samples `(row, label values, figure)` from a
feed, and `observe.metrics` puts them in the order of this table. A new figure is a row here and a line in a feed; a new
part of the box is a section here and one more feed (`Metrics.add_feed`).

Labels are closed sets where they can be, so that every series exists from the start and an alert never meets a missing
one. Tokens, transactions, message ids, addresses and error texts are never labels: they have no bound and some are
secret. What is not known has no sample: missing is not zero.

Promises: P1 invisible, P2 never over the limit, P3 dead man, P4 nothing lost, P5 every limit explains itself, P6 bad
input is survived, P7 no secret leaks.
"""

from localctl.observe.row import Label, Section, words
from routing import observations as seen

# fmt: off
LATENCY_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
LAG_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
CYCLE_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
COMMIT_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
WHYS = ("fall", "repair", "renew", "rise", "clear", "check", "read")
VERDICTS = ("accepted", "refused", "unclear", "lost")
LEG_CAUSES = (
    "peer_closed", "vanished", "too_big", "bad_utf8", "binary", "compressed_unasked", "protocol", "silent", "stalled",
    "closed", "dropped", "refused", "bad_request",
)
ERROR_CODES = (
    "FormatViolation", "FormationViolation", "GenericError", "InternalError", "MessageTypeNotSupported",
    "NotImplemented", "NotSupported", "OccurenceConstraintViolation", "OccurrenceConstraintViolation",
    "PropertyConstraintViolation", "ProtocolError", "RpcFrameworkError", "SecurityError", "TypeConstraintViolation",
    "other",
)
TLS_CAUSES = (
    "old_version", "no_common_suite", "not_tls", "no_client_certificate", "bad_client_certificate",
    "station_distrusts_us", "left", "other",
)
REFUSAL_CAUSES = (
    "path", "full", "bad_request", "handshake_deadline", "left", "no_room", "too_many", "too_many_of_peer",
    "downgrade", "insecure", "no_credentials", "user_mismatch", "no_client_certificate", "certificate_mismatch",
    "no_password_known", "wrong_password", "busy",
)
DIAL_CAUSES = ("refused", "failed", "timeout")
SECURITY_CHANGES_SEEN = ("password", "network_profile", "root_certificate_installed", "root_certificate_deleted")
DROP_REASONS = ("size", "age", "operator")
OUTAGE_STAGES = ("held", "carried", "ended", "caught_up")
ADMISSION_VERDICTS = ("at_once", "later", "turned_away")


def _open(name: str) -> Label:
    return Label(name=name)


def _one_of(name: str, *values: str) -> Label:
    return Label(name=name, values=values)


LEG = _one_of("leg", "station", "csms")
DIRECTION = _one_of("direction", "in", "out")
STATION, EVSE, CIRCUIT, PHASE = _open("station"), _open("evse"), _open("circuit"), _open("phase")
ACTION = _open("action")

# --- stations, their links and their calls ----------------------------------------------------------------------------

_routing = Section("Routing")
_counter, _gauge, _seconds = _routing.counter, _routing.gauge, _routing.seconds

STATION_CONNECTED = _gauge(
    "station_connected", "P1", "1 while the station's connection to the box is up, 0 while it is not.", STATION,
)
UPSTREAM_CONNECTED = _gauge(
    "upstream_connected", "P1",
    "1 while the box holds this station's connection to its CSMS, 0 while it does not.", STATION,
)
STATION_ARRIVALS = _counter(
    "station_arrivals", "P1",
    "How often this station was joined with its CSMS; a steep rise is a flapping station.", STATION,
)
LINKS_OPENED = _counter(
    "links_opened", "P1", "Stations joined with their CSMS, by the OCPP version both speak.",
    _one_of("subprotocol", "ocpp1.6", "ocpp2.0.1", "ocpp2.1", "other"),
)
LINKS_REFUSED = _counter(
    "links_refused", "P1", "Stations turned away at the handshake, by cause.",
    _one_of("cause", *words(seen.LinkRefused, "cause")),
)
LINKS_LOST = _counter(
    "links_lost", "P1", "Links that ended, by cause.", _one_of("cause", *words(seen.LinkLost, "cause")),
)
CALLS_RECEIVED = _counter(
    "calls_received", "P1", "CALLs and SENDs that came in to be relayed, by the leg they came from.", LEG,
)
CALLS = _counter(
    "calls", "P1", "Relayed CALLs that found their end. Actions no OCPP version knows count as `other`.",
    ACTION, _one_of("verdict", *words(seen.CallAnswered, "verdict"), "expired"),
)
CALL_ERRORS = _counter(
    "call_errors", "P1",
    "CALLERRORs passed on, by the leg that answered with one. Codes no OCPP version knows count as `other`.",
    LEG, _one_of("code", *ERROR_CODES),
)
CALL_LATENCY = _seconds(
    "call_latency", "P1", "Time from sending a relayed CALL on to its answer, by the leg that answered.",
    LEG, buckets=LATENCY_S,
)
CALLS_TIMED_OUT = _counter(
    "calls_timed_out", "P1",
    "CALLs, relayed and own, that stayed unanswered past their deadline, by the leg that owed the answer.", LEG,
)
OWN_CALLS = _counter(
    "own_calls", "P2",
    "The box's own CALLs to stations, by how they ended; `late` answers came after the box had given up.",
    ACTION, _one_of("verdict", *words(seen.OwnCallEnded, "verdict"), "late"),
)
FOLLOW_UPS = _counter(
    "own_call_follow_ups", "P1",
    "Reports that stations sent because of the box's own CALLs; absorbed, never relayed.",
)
FRAMES_DROPPED = _counter(
    "frames_dropped", "P1", "Frames that went no further, by the leg they came from and why.",
    LEG, _one_of("cause", *words(seen.FrameDropped, "cause")),
)
BOOTS = _counter(
    "boots", "P1", "BootNotifications the CSMS answered, by its verdict.",
    _one_of("registration", *(each.value for each in seen.Registration)),
)
SECURITY_CHANGES = _counter(
    "station_security_changes", "P1",
    "Changes by the CSMS that may part a station from the box: password, network profile, CSMS root certificate.",
    _one_of("change", *SECURITY_CHANGES_SEEN),
)

# --- what is kept while a CSMS is away --------------------------------------------------------------------------------

_outages = Section("Outages")
_counter, _gauge, _seconds = _outages.counter, _outages.gauge, _outages.seconds

OFFLINE_MESSAGES = _gauge(
    "offline_messages", "P4", "Messages of the station that are kept for its CSMS; 0 while none is.", STATION,
)
OFFLINE_OLDEST_AT = _gauge(
    "offline_oldest_timestamp_seconds", "P4",
    "When the oldest message kept for the station's CSMS came in, in Unix time; absent while none is kept.",
    STATION, unit="seconds",
)
OFFLINE_KEPT = _counter(
    "offline_kept", "P4", "Messages that were kept for a CSMS, those included that later ones replaced.",
)
OFFLINE_REPLACED = _counter(
    "offline_replaced", "P4", "Kept messages that a newer one of the same kind replaced, such as a connector's state.",
)
OFFLINE_DROPPED = _counter(
    "offline_dropped", "P4",
    "Kept messages that never reach their CSMS: no room (`size`), too old (`age`), or removed by hand (`operator`).",
    _one_of("reason", *DROP_REASONS),
)
REPLAYED = _counter(
    "replayed", "P4",
    "Attempts to hand a kept message to its CSMS: taken, to be tried again, or given up as a dead letter.",
    _one_of("verdict", *words(seen.Replayed, "verdict")),
)
OUTAGES = _counter(
    "outages", "P4",
    "Outages of a station's CSMS that came so far: `held` for a moment, `carried` on, `ended`, backlog `caught_up`.",
    _one_of("stage", *OUTAGE_STAGES),
)
LATE_REFUSALS = _counter(
    "late_refusals", "P4", "Transactions that began while the CSMS was away and whose token it refused afterwards.",
    _one_of("outcome", "stopped", "left"),
)
ENERGY_CAPS = _counter(
    "energy_caps_reached", "P4",
    "Transactions of unknown tokens that were stopped at the most energy they may draw while the CSMS is away.",
)
DEAD_LETTERS = _gauge(
    "dead_letters", "P4", "Kept messages that their CSMS refused at every attempt; they wait for the operator.",
)
JOURNAL_COMMIT = _seconds(
    "journal_commit", "P4", "How long kept messages took to be safe on disk; a station waits so long for its answer.",
    buckets=COMMIT_S,
)
JOURNAL_ERRORS = _counter(
    "journal_errors", "P4", "Writes to the journal of kept messages that failed; their stations were not answered.",
)
ADMISSIONS = _counter(
    "admissions", "P6", "Stations that came while many did: let in at once, later, or asked to come again.",
    _one_of("verdict", *ADMISSION_VERDICTS),
)
ADMISSION_WAITING = _gauge(
    "admission_waiting", "P6", "Stations that wait to be let in because many came at once.",
)

# --- sockets: traffic, compression, handshakes, and what was turned away before it became a link ----------------------

_net = Section("Connections")
_counter, _gauge = _net.counter, _net.gauge

FRAMES = _counter("frames", "P1", "WebSocket messages, by leg and direction as the box sees it.", LEG, DIRECTION)
MESSAGE_BYTES = _counter(
    "message_bytes", "P1", "Bytes of the messages' text, before compression and encryption.",
    LEG, DIRECTION, unit="bytes",
)
WIRE_BYTES = _counter(
    "wire_bytes", "P1", "Bytes on the wire, compressed and encrypted.", LEG, DIRECTION, unit="bytes",
)
COMPRESSION_BYTES = _counter(
    "compression_bytes", "P1",
    "Bytes of messages that travelled compressed (RFC 7692): their plain and their compressed size.",
    LEG, DIRECTION, _one_of("form", "plain", "compressed"), unit="bytes",
)
COMPRESSED_LEGS = _counter("compressed_legs", "P1", "Handshakes that ended with compression on.", LEG)
PINGS = _counter(
    "pings", "P1", "WebSocket pings: `out` sent by the box, `in` heard from the peer.", LEG, DIRECTION,
)
LEGS_OPENED = _counter("legs_opened", "P1", "Connections that were upgraded to WebSocket.", LEG)
LEGS_CLOSED = _counter(
    "legs_closed", "P1", "WebSocket connections that ended, by cause; `stalled` took no more of what was sent.",
    LEG, _one_of("cause", *LEG_CAUSES),
)
HANDSHAKES = _gauge("handshakes_in_flight", "P6", "Connections in the middle of their handshake.")
ACCEPTED = _counter("connections_accepted", "P6", "TCP connections taken from the listeners.")
ACCEPT_ERRORS = _counter(
    "accept_errors", "P6", "TCP connections that could not be taken, for want of file descriptors for example.",
)
REFUSALS = _counter(
    "connection_refusals", "P6", "Connections and upgrades turned away at the edge, by cause.",
    _one_of("cause", *REFUSAL_CAUSES),
)
TLS_FAILURES = _counter(
    "tls_failures", "P6", "TLS handshakes of stations that failed, by cause.", _one_of("cause", *TLS_CAUSES)
)
DIALS = _counter("dials", "P1", "Connections the box tried to open to a CSMS.")
DIAL_FAILURES = _counter("dial_failures", "P1", "Dials that came to nothing, by cause.", _one_of("cause", *DIAL_CAUSES))
BUGS = _counter("bugs", "P6", "Exceptions of the box's own that cost one link each: any rise is to be reported.")
OBSERVER_ERRORS = _counter(
    "observer_errors", "P6", "Observations that metrics, log or control failed to take; the link went on.",
)

# --- charging: amperes of a circuit (a panel) are for charging alone, so that all of them fit on one axis -------------

_charging = Section("Charging")
_counter, _gauge, _seconds = _charging.counter, _charging.gauge, _charging.seconds

CIRCUIT_LIMIT = _gauge(
    "circuit_limit_amperes", "P2", "What the circuit's effective limit leaves for charging, per phase.",
    CIRCUIT, PHASE, unit="amperes",
)
CIRCUIT_ALLOCATED = _gauge(
    "circuit_allocated_amperes", "P2", "The sum of the shares on the circuit, per phase.",
    CIRCUIT, PHASE, unit="amperes",
)
CIRCUIT_ENTITLED = _gauge(
    "circuit_entitled_amperes", "P2",
    "The most that stations on the circuit may draw by all that was sent to them, per phase.",
    CIRCUIT, PHASE, unit="amperes",
)
CIRCUIT_CURRENT = _gauge(
    "circuit_current_amperes", "P2",
    "What stations on the circuit draw by their meters, per phase; absent while one of them is not known.",
    CIRCUIT, PHASE, unit="amperes",
)
CIRCUIT_BINDING = _gauge(
    "circuit_binding_limit", "P5",
    "1 for the source whose limit holds on a phase of the circuit, 0 for the one that would hold next.",
    CIRCUIT, _open("source"),
)
CIRCUIT_LIMIT_SINCE = _gauge(
    "circuit_limit_since_timestamp_seconds", "P5",
    "Since when the limit on the circuit's phase holds, in Unix time; absent for one that always did.",
    CIRCUIT, PHASE, unit="seconds",
)
OVERDRAFT = _gauge(
    "overdraft_amperes", "P2",
    "By how much the entitled current is above the circuit's limit, per phase; 0 but for seconds after a fall.",
    CIRCUIT, PHASE, unit="amperes",
)
EVSE_LIMIT = _gauge("evse_limit_amperes", "P5", "The EVSE's share, per phase.", STATION, EVSE, unit="amperes")
EVSE_CURRENT = _gauge(
    "evse_current_amperes", "P2",
    "What the EVSE draws on its highest phase by its meter; absent while not known.", STATION, EVSE, unit="amperes",
)
EVSE_WAITING = _gauge("evse_waiting", "P5", "1 while a car at the EVSE waits for its turn.", STATION, EVSE)
LEASE_EXPIRY = _gauge(
    "lease_expiry_timestamp_seconds", "P3",
    "When the station falls back to its failsafe by itself unless renewed, in Unix time; absent without a lease.",
    STATION, unit="seconds",
)
ON_FAILSAFE = _gauge(
    "station_on_failsafe", "P3",
    "1 while a car charges at the station out of the box's reach and no lease is left: it is on its failsafe.", STATION,
)
DISTRUSTED = _gauge(
    "station_distrusted", "P2",
    "1 while the station draws more than it was told, or no actuator works: it is counted at its rating.", STATION,
)
PROFILE_WRITES = _counter(
    "profile_writes", "P3",
    "Charging profiles written to the station, accepted or not; each may cost a write to its flash.", STATION,
)
ORDERS = _counter(
    "orders", "P2", "Orders to stations by why they were sent and how they ended.",
    _one_of("why", *WHYS), _one_of("verdict", *VERDICTS),
)
ALLOCATION_SUCCESS_AT = _gauge(
    "allocation_last_success_timestamp_seconds", "P2",
    "When current was last shared out, in Unix time; 0 while never.", unit="seconds",
)
CONTROL_CYCLE = _seconds(
    "control_cycle", "P1", "How long a control cycle kept the loop: limits, shares and orders.", buckets=CYCLE_S,
)
INPUT_READ_AT = _gauge(
    "input_last_reading_timestamp_seconds", "P2",
    "When a meter or an outside limit was last heard, in Unix time; absent while never.",
    _open("input"), unit="seconds",
)
INPUT_STALE = _gauge(
    "input_stale", "P2",
    "1 while a meter or an outside limit is silent for longer than its `stale_after_s`: its fallback holds.",
    _open("input"),
)

# --- the box itself: what runs, how it is, how quick its loop is, its configuration and certificates ------------------

_box = Section("The box")
_counter, _gauge, _seconds = _box.counter, _box.gauge, _box.seconds

BUILD_INFO = _gauge(
    "build_info", "P6", "Always 1; the labels say what is running.", _open("version"), _open("python"),
)
SERVICE_STATE = _gauge(
    "service_state", "P6", "1 for the state the box is in, 0 for the others.",
    _one_of("state", "starting", "ready", "degraded", "stopping"),
)
EVENT_LOOP_LAG = _seconds(
    "event_loop_lag", "P1",
    "How late the routing and control loop woke from a nap: what every frame waits on top.", buckets=LAG_S,
)
TASKS = _gauge(
    "tasks", "P6",
    "Living tasks of the routing and control loop; a rise that does not follow the number of stations is a leak.",
)
CONFIG_RELOAD_SUCCESSFUL = _gauge(
    "config_last_reload_successful", "P6",
    "1 when the last reload of the configuration was taken over, 0 when the file was refused.",
)
CONFIG_RELOAD_SUCCESS_AT = _gauge(
    "config_last_reload_success_timestamp_seconds", "P6",
    "When a configuration was last taken over, in Unix time.", unit="seconds",
)
CONFIG_RELOADS = _counter(
    "config_reloads", "P6", "Reloads of the configuration since the start, by how they ended.",
    _one_of("result", "taken", "refused"),
)
CERTIFICATE_EXPIRY = _gauge(
    "certificate_expiry_timestamp_seconds", "P6",
    "When a certificate of the box ends, in Unix time, by what it is used for.", _open("use"), unit="seconds",
)
FEED_UP = _gauge(
    "metrics_feed_up", "P6",
    "1 when this part of the box gave its figures for this scrape, 0 when it failed and they are missing.",
    _open("feed"),
)

SECTIONS = {section.title: tuple(section.rows) for section in (_routing, _outages, _net, _charging, _box)}
ROWS = tuple(row for section in SECTIONS.values() for row in section)
