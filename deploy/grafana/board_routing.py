"""Routing health: messages between stations and CSMS, how quickly they pass, what was lost, and how the box itself is.

A figure about a fault is there as 0 before anything is wrong: an empty panel means that something is not measured."""

from panels import GOOD_BELOW_1, dashboard, graph, number, row, variables

OURS = "and on (job, instance) localctl_build_info{@}"
"""Other programs have a process, too, and "All" jobs are theirs as well."""

BOARD = dashboard(
    "routing", "Routing health", "Messages between stations and CSMS: how many, how quickly, and what went wrong.",
    variables(),
    row(
        "Do messages get through?",
        graph(
            "Messages", "How many messages pass, on which side and in which direction?", "ops",
            {
                "{{leg}} {{direction}}": "sum by (leg, direction) (rate(localctl_frames_total{@}[$__rate_interval]))"
            },
        ),
        graph(
            "Answer times", "How long do CSMS and stations take to answer, and which message was that slow?", "s",
            {
                f"{{{{leg}}}} p{percent}": f"""histogram_quantile(0.{percent}, sum by (leg, le) (
                    rate(localctl_call_latency_seconds_bucket{{@}}[$__rate_interval])))"""
                for percent in (50, 95, 99)
            },
            exemplars=True,
        ),
        graph(
            "Unanswered calls", "Who leaves calls unanswered?", "ops",
            {"{{leg}}": "sum by (leg) (rate(localctl_calls_timed_out_total{@}[$__rate_interval]))"},
        ),
        graph(
            "Calls by action", "What do stations and CSMS talk about?", "ops",
            {"{{action}}": "topk(12, sum by (action) (rate(localctl_calls_total{@}[$__rate_interval])))"}, stack=True,
        ),
        graph(
            "Calls without a good answer", "Which calls end in an error, late, or never?", "ops",
            {
                "{{action}} {{verdict}}": """sum by (action, verdict) (
                    rate(localctl_calls_total{@, verdict=~"error|late|expired"}[$__rate_interval]))"""
            },
        ),
        graph(
            "Errors", "With which error codes do peers answer?", "ops",
            {"{{leg}} {{code}}": "sum by (leg, code) (rate(localctl_call_errors_total{@}[$__rate_interval]))"},
        ),
        graph(
            "Dropped frames", "Who sends what is no OCPP, or what nobody asked for?", "ops",
            {"{{leg}} {{cause}}": "sum by (leg, cause) (rate(localctl_frames_dropped_total{@}[$__rate_interval]))"},
        ),
        graph(
            "The box's own calls", "Do stations answer the box's own calls?", "ops",
            {"{{verdict}}": "sum by (verdict) (rate(localctl_own_calls_total{@}[$__rate_interval]))"}, stack=True,
        ),
    ),
    row(
        "Who comes and goes, and why?",
        graph(
            "Stations joined and lost", "How many stations are joined with their CSMS, and why do they part?", "none",
            {
                "joined": "sum(increase(localctl_links_opened_total{@}[$__rate_interval]))",
                "lost: {{cause}}": "sum by (cause) (increase(localctl_links_lost_total{@}[$__rate_interval]))",
            },
        ),
        graph(
            "Stations turned away", "Why are stations turned away at the handshake?", "none",
            {"{{cause}}": "sum by (cause) (increase(localctl_links_refused_total{@}[$__rate_interval]))"},
        ),
        graph(
            "Turned away at the edge", "What else knocks, and why is it not let in?", "none",
            {
                "{{cause}}": "sum by (cause) (increase(localctl_connection_refusals_total{@}[$__rate_interval]))",
                "TLS: {{cause}}": "sum by (cause) (increase(localctl_tls_failures_total{@}[$__rate_interval]))",
            },
        ),
        graph(
            "Ways to the CSMS", "Can the CSMS be reached, and if not, how does it fail?", "none",
            {
                "dialled": "sum(increase(localctl_dials_total{@}[$__rate_interval]))",
                "{{cause}}": "sum by (cause) (increase(localctl_dial_failures_total{@}[$__rate_interval]))",
            },
        ),
        graph(
            "Flapping stations", "Which stations come most often?", "none",
            {"{{station}}": "topk(10, sum by (station) (increase(localctl_station_arrivals_total{@}[15m])))"},
        ),
        graph(
            "Admission", "Do stations have to wait to be let in after a power cut?", "none",
            {
                "waiting": "sum(localctl_admission_waiting{@})",
                "{{verdict}}": "sum by (verdict) (increase(localctl_admissions_total{@}[$__rate_interval]))",
            },
        ),
        graph(
            "Changes that may part stations", "Did a CSMS change how stations connect?", "none",
            {"{{change}}": "sum by (change) (increase(localctl_station_security_changes_total{@}[$__rate_interval]))"},
        ),
        graph(
            "What compression saves", "How many bytes go over the wire for each byte of text?", "percentunit",
            {
                "{{leg}} {{direction}}": """
                    sum by (leg, direction) (rate(localctl_wire_bytes_total{@}[$__rate_interval]))
                    / sum by (leg, direction) (rate(localctl_message_bytes_total{@}[$__rate_interval]))"""
            },
        ),
    ),
    row(
        "Who lost messages?",
        number(
            "Lost", "How many kept messages were dropped in the time shown?", "none",
            "sum(increase(localctl_offline_dropped_total{@}[$__range]))", GOOD_BELOW_1,
        ),
        number(
            "Dead letters", "How many kept messages does the CSMS refuse?", "none", "sum(localctl_dead_letters{@})",
            GOOD_BELOW_1,
        ),
        number(
            "Waiting", "How many messages wait for a CSMS?", "none", "sum(localctl_offline_messages{@})",
            {0: "green", 1: "orange"},
        ),
        number(
            "Oldest", "How long has the oldest message waited?", "s",
            """max(time() - localctl_offline_oldest_timestamp_seconds{@}
               or 0 * localctl_offline_messages{@})""", {0: "green", 3600: "red"},
        ),
        number(
            "Not stored", "How often could messages not be stored in the time shown?", "none",
            "sum(increase(localctl_journal_errors_total{@}[$__range]))", GOOD_BELOW_1,
        ),
        number(
            "Storing", "How long do 99 of 100 messages take to be safe on disk?", "s",
            """histogram_quantile(0.99, sum by (le) (rate(localctl_journal_commit_seconds_bucket{@}[$__range]))) >= 0
               or vector(0)""", {0: "green", 0.25: "orange", 1: "red"},
        ),
        graph(
            "Messages kept", "For which stations are messages kept?", "none",
            {"{{station}}": "topk(10, sum by (station) (localctl_offline_messages{@}))"}, steps=True,
        ),
        graph(
            "Kept and handed over", "Is more kept than handed over, and does the CSMS take it?", "ops",
            {
                "kept": "sum(rate(localctl_offline_kept_total{@}[$__rate_interval]))",
                "replaced by a newer one": "sum(rate(localctl_offline_replaced_total{@}[$__rate_interval]))",
                "handed over: {{verdict}}": "sum by (verdict) (rate(localctl_replayed_total{@}[$__rate_interval]))",
            },
        ),
        graph(
            "Dropped", "Why were kept messages dropped?", "none",
            {"{{reason}}": "sum by (reason) (increase(localctl_offline_dropped_total{@}[$__rate_interval]))"},
        ),
        graph(
            "Outages", "How many stations lost their CSMS, were carried on, and have caught up?", "none",
            {"{{stage}}": "sum by (stage) (increase(localctl_outages_total{@}[$__rate_interval]))"},
        ),
    ),
    row(
        "Is the box quick enough?",
        graph(
            "Loop lag", "How late does the loop wake, which every message waits on top?", "s",
            {
                "{{instance}} p99": """histogram_quantile(0.99, sum by (instance, le) (
                    rate(localctl_event_loop_lag_seconds_bucket{@}[$__rate_interval])))"""
            },
        ),
        graph(
            "Control cycle", "How long does sharing out current keep the loop?", "s",
            {
                "{{instance}} p99": """histogram_quantile(0.99, sum by (instance, le) (
                    rate(localctl_control_cycle_seconds_bucket{@}[$__rate_interval])))"""
            },
        ),
        graph(
            "Processor", "How much of a processor core does the box use?", "percentunit",
            {"{{instance}}": f"sum by (instance) (rate(process_cpu_seconds_total{{@}}[$__rate_interval]) {OURS})"},
        ),
        graph(
            "Memory", "Does the box's memory grow?", "bytes",
            {"{{instance}}": f"max by (instance) (process_resident_memory_bytes{{@}} {OURS})"},
        ),
        graph(
            "Tasks and sockets", "Do tasks or sockets leak?", "none",
            {
                "{{instance}} tasks": "max by (instance) (localctl_tasks{@})",
                "{{instance}} files and sockets": f"max by (instance) (process_open_fds{{@}} {OURS})",
            },
        ),
        graph(
            "Faults of the box's own", "Did the box meet a bug, or lose figures?", "none",
            {
                "bugs, {{instance}}": "sum by (instance) (increase(localctl_bugs_total{@}[$__rate_interval]))",
                "observations, {{instance}}":
                    "sum by (instance) (increase(localctl_observer_errors_total{@}[$__rate_interval]))",
                "feeds missing, {{instance}}": "sum by (instance) (1 - localctl_metrics_feed_up{@})",
            },
        ),
    ),
)  # fmt: skip
