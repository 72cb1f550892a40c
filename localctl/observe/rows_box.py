"""Metrics of the box itself: what runs, how it is, how quick its loop is, its configuration and certificates."""

from localctl.observe.row import Label, Row

LAG_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
BUILD_INFO = Row(
    name="localctl_build_info",
    kind="gauge",
    help="Always 1; the labels say what is running.",
    watches="P6",
    labels=(Label(name="version"), Label(name="python")),
)
SERVICE_STATE = Row(
    name="localctl_service_state",
    kind="gauge",
    help="1 for the state the box is in, 0 for the others.",
    watches="P6",
    labels=(Label(name="state", values=("starting", "ready", "degraded", "stopping")),),
)
EVENT_LOOP_LAG = Row(
    name="localctl_event_loop_lag_seconds",
    kind="histogram",
    unit="seconds",
    help="How late the routing and control loop woke from a nap: what every frame waits on top.",
    watches="P1",
    buckets=LAG_S,
)
TASKS = Row(
    name="localctl_tasks",
    kind="gauge",
    help="Living tasks of the routing and control loop; a rise that does not follow the number of stations is a leak.",
    watches="P6",
)
CONFIG_RELOAD_SUCCESSFUL = Row(
    name="localctl_config_last_reload_successful",
    kind="gauge",
    help="1 when the last reload of the configuration was taken over, 0 when the file was refused.",
    watches="P6",
)
CONFIG_RELOAD_SUCCESS_AT = Row(
    name="localctl_config_last_reload_success_timestamp_seconds",
    kind="gauge",
    unit="seconds",
    help="When a configuration was last taken over, in Unix time.",
    watches="P6",
)
CONFIG_RELOADS = Row(
    name="localctl_config_reloads_total",
    kind="counter",
    help="Reloads of the configuration since the start, by how they ended.",
    watches="P6",
    labels=(Label(name="result", values=("taken", "refused")),),
)
CERTIFICATE_EXPIRY = Row(
    name="localctl_certificate_expiry_timestamp_seconds",
    kind="gauge",
    unit="seconds",
    help="When a certificate of the box ends, in Unix time, by what it is used for.",
    watches="P6",
    labels=(Label(name="use"),),
)
FEED_UP = Row(
    name="localctl_metrics_feed_up",
    kind="gauge",
    help="1 when this part of the box gave its figures for this scrape, 0 when it failed and they are missing.",
    watches="P6",
    labels=(Label(name="feed"),),
)

ROWS = (
    BUILD_INFO, SERVICE_STATE, EVENT_LOOP_LAG, TASKS, CONFIG_RELOAD_SUCCESSFUL, CONFIG_RELOAD_SUCCESS_AT,
    CONFIG_RELOADS, CERTIFICATE_EXPIRY, FEED_UP,
)  # fmt: skip
