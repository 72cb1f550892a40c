"""Metrics of the charging side: what each circuit may carry and carries, what each EVSE gets, how orders fare.

A circuit is a panel. Amperes of a circuit are for charging alone, other load and reserve taken off, so that limit,
allocated, entitled and measured can be drawn on one axis. What is not known has no sample: missing is not zero.
"""

from localctl.observe.row import STATION, Label, Row

CIRCUIT = Label(name="circuit")
PHASE = Label(name="phase")
EVSE = Label(name="evse")
CYCLE_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)
WHYS = ("fall", "repair", "renew", "rise", "clear", "check")
VERDICTS = ("accepted", "refused", "unclear", "lost")

CIRCUIT_LIMIT = Row(
    name="localctl_circuit_limit_amperes",
    kind="gauge",
    unit="amperes",
    help="What the circuit's effective limit leaves for charging, per phase.",
    watches="P2",
    labels=(CIRCUIT, PHASE),
)
CIRCUIT_ALLOCATED = Row(
    name="localctl_circuit_allocated_amperes",
    kind="gauge",
    unit="amperes",
    help="The sum of the shares on the circuit, per phase.",
    watches="P2",
    labels=(CIRCUIT, PHASE),
)
CIRCUIT_ENTITLED = Row(
    name="localctl_circuit_entitled_amperes",
    kind="gauge",
    unit="amperes",
    help="The most that stations on the circuit may draw by all that was sent to them, per phase.",
    watches="P2",
    labels=(CIRCUIT, PHASE),
)
CIRCUIT_CURRENT = Row(
    name="localctl_circuit_current_amperes",
    kind="gauge",
    unit="amperes",
    help="What stations on the circuit draw by their meters, per phase; absent while one of them is not known.",
    watches="P2",
    labels=(CIRCUIT, PHASE),
)
CIRCUIT_BINDING = Row(
    name="localctl_circuit_binding_limit",
    kind="gauge",
    help="1 for the source whose limit holds on a phase of the circuit, 0 for the one that would hold next.",
    watches="P5",
    labels=(CIRCUIT, Label(name="source")),
)
OVERDRAFT = Row(
    name="localctl_overdraft_amperes",
    kind="gauge",
    unit="amperes",
    help="By how much the entitled current is above the circuit's limit, per phase; 0 but for seconds after a fall.",
    watches="P2",
    labels=(CIRCUIT, PHASE),
)
EVSE_LIMIT = Row(
    name="localctl_evse_limit_amperes",
    kind="gauge",
    unit="amperes",
    help="The EVSE's share, per phase.",
    watches="P5",
    labels=(STATION, EVSE),
)
EVSE_CURRENT = Row(
    name="localctl_evse_current_amperes",
    kind="gauge",
    unit="amperes",
    help="What the EVSE draws on its highest phase by its meter; absent while not known.",
    watches="P2",
    labels=(STATION, EVSE),
)
EVSE_WAITING = Row(
    name="localctl_evse_waiting",
    kind="gauge",
    help="1 while a car at the EVSE waits for its turn.",
    watches="P5",
    labels=(STATION, EVSE),
)
LEASE_EXPIRY = Row(
    name="localctl_lease_expiry_timestamp_seconds",
    kind="gauge",
    unit="seconds",
    help="When the station falls back to its failsafe by itself unless renewed, in Unix time; absent without a lease.",
    watches="P3",
    labels=(STATION,),
)
DISTRUSTED = Row(
    name="localctl_station_distrusted",
    kind="gauge",
    help="1 while the station draws more than it was told, or no actuator works: it is counted at its rating.",
    watches="P2",
    labels=(STATION,),
)
PROFILE_WRITES = Row(
    name="localctl_profile_writes_total",
    kind="counter",
    help="Charging profiles written to the station, accepted or not; each may cost a write to its flash.",
    watches="P3",
    labels=(STATION,),
)
ORDERS = Row(
    name="localctl_orders_total",
    kind="counter",
    help="Orders to stations by why they were sent and how they ended.",
    watches="P2",
    labels=(Label(name="why", values=WHYS), Label(name="verdict", values=VERDICTS)),
)
ALLOCATION_SUCCESS_AT = Row(
    name="localctl_allocation_last_success_timestamp_seconds",
    kind="gauge",
    unit="seconds",
    help="When current was last shared out, in Unix time; 0 while never.",
    watches="P2",
)
CONTROL_CYCLE = Row(
    name="localctl_control_cycle_seconds",
    kind="histogram",
    unit="seconds",
    help="How long a control cycle kept the loop: limits, shares and orders.",
    watches="P1",
    buckets=CYCLE_S,
)
INPUT_READ_AT = Row(
    name="localctl_input_last_reading_timestamp_seconds",
    kind="gauge",
    unit="seconds",
    help="When a meter or an outside limit was last heard, in Unix time; absent while never.",
    watches="P2",
    labels=(Label(name="input"),),
)

ROWS = (
    CIRCUIT_LIMIT, CIRCUIT_ALLOCATED, CIRCUIT_ENTITLED, CIRCUIT_CURRENT, CIRCUIT_BINDING, OVERDRAFT,
    EVSE_LIMIT, EVSE_CURRENT, EVSE_WAITING, LEASE_EXPIRY, DISTRUSTED, PROFILE_WRITES,
    ORDERS, ALLOCATION_SUCCESS_AT, CONTROL_CYCLE, INPUT_READ_AT,
)  # fmt: skip
