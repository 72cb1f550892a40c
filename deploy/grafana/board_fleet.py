"""All sites on one dashboard: which of them needs somebody, and why. Meant for one Prometheus that sees all boxes."""

from panels import GOOD_BELOW_1, GOOD_FROM_1, dashboard, graph, number, row, table, variables

UP = "up{@} and on (job, instance) last_over_time(localctl_build_info{@}[$__range])"
"""Only of what was a box of ours in the time shown: "All" jobs are other people's too."""

BOARD = dashboard(
    "fleet", "Fleet", "All sites: which of them needs somebody, and why.", variables(),
    row(
        "Does any site need somebody?",
        number("Boxes that answer", "How many boxes answer Prometheus?", "none", f"sum({UP})", GOOD_FROM_1),
        number("Boxes that do not", "How many boxes are silent?", "none", f"count({UP}) - sum({UP})", GOOD_BELOW_1),
        number(
            "Stations connected", "Which part of the known stations is connected?", "percentunit",
            "sum(localctl_station_connected{@}) / count(localctl_station_connected{@})",
            {0: "red", 0.8: "orange", 0.98: "green"},
        ),
        number(
            "Sites without any CSMS", "How many sites have stations but hold no connection to a CSMS at all?", "none",
            "count(sum by (job, instance) (localctl_upstream_connected{@}) == 0) or vector(0)", GOOD_BELOW_1,
        ),
        number(
            "Alerts firing", "How many alerts of localctl are firing?", "none",
            'count(ALERTS{alertname=~"Localctl.+", alertstate="firing", @}) or vector(0)', {0: "green", 1: "orange"},
        ),
        number(
            "Cars that wait", "How many cars wait for a turn because their site has too little current?", "none",
            "sum(localctl_evse_waiting{@})", {0: "green", 1: "orange"},
        ),
    ),
    row(
        "Site by site",
        table(
            "Sites", "How is each site: stations, CSMS, fullest circuit, waiting cars, messages kept and lost?",
            {
                "fit to work": ("none", 'sum by (instance) (localctl_service_state{@, state=~"ready|degraded"})'),
                "stations": ("none", "count by (instance) (localctl_station_connected{@})"),
                "connected": ("none", "sum by (instance) (localctl_station_connected{@})"),
                "with CSMS": ("none", "sum by (instance) (localctl_upstream_connected{@})"),
                "fullest circuit": (
                    "percentunit",
                    """max by (instance) (
                         localctl_circuit_allocated_amperes{@} / (localctl_circuit_limit_amperes{@} > 0))""",
                ),
                "cars waiting": ("none", "sum by (instance) (localctl_evse_waiting{@})"),
                "messages kept": ("none", "sum by (instance) (localctl_offline_messages{@})"),
                "dead letters": ("none", "sum by (instance) (localctl_dead_letters{@})"),
                "last reload good": ("none", "min by (instance) (localctl_config_last_reload_successful{@})"),
                "next certificate ends in": (
                    "s", "min by (instance) (localctl_certificate_expiry_timestamp_seconds{@} - time())",
                ),
            },
            ["instance"], height=10, link="localctl-site",
        ),
    ),
    row(
        "Limits",
        graph(
            "Fullest circuits", "Which circuits give away most of what they may carry?", "percentunit",
            {
                "{{instance}} {{circuit}}": """topk(10, max by (instance, circuit) (
                    localctl_circuit_allocated_amperes{@} / (localctl_circuit_limit_amperes{@} > 0)))"""
            },
            steps=True,
        ),
        graph(
            "What limits sites", "By what are circuits limited: their fuse, the EMS, the grid, the CSMS?", "none",
            {"{{source}}": "count by (source) (localctl_circuit_binding_limit{@} == 1)"}, steps=True, stack=True,
        ),
        graph(
            "Cars that wait", "Where do cars wait for a turn?", "none",
            {"{{instance}}": "sum by (instance) (localctl_evse_waiting{@})"}, steps=True, stack=True,
        ),
        graph(
            "Over the limit", "Does any site draw, or may it draw, more than a limit allows?", "amp",
            {
                "drawn above, {{instance}} {{circuit}}": """max by (instance, circuit) (clamp_min(
                    localctl_circuit_current_amperes{@} - localctl_circuit_limit_amperes{@}, 0))""",
                "entitled above, {{instance}} {{circuit}}":
                    "max by (instance, circuit) (localctl_overdraft_amperes{@})",
            },
        ),
    ),
    row(
        "Messages",
        graph(
            "Messages kept", "Which sites keep messages for a CSMS that is away?", "none",
            {"{{instance}}": "sum by (instance) (localctl_offline_messages{@})"}, stack=True,
        ),
        graph(
            "Who lost messages", "Which site dropped messages that it kept, and why?", "none",
            {
                "{{instance}} {{reason}}":
                    "sum by (instance, reason) (increase(localctl_offline_dropped_total{@}[$__rate_interval]))"
            },
        ),
    ),
    row(
        "Boxes",
        graph(
            "Versions", "Which versions run, on how many boxes?", "none",
            {"{{version}}": "count by (version) (localctl_build_info{@})"}, steps=True, stack=True,
        ),
        graph(
            "Loop lag", "Which boxes are too slow for their stations?", "s",
            {
                "{{instance}}": """topk(10, histogram_quantile(0.99, sum by (instance, le) (
                    rate(localctl_event_loop_lag_seconds_bucket{@}[$__rate_interval]))))"""
            },
        ),
    ),
)  # fmt: skip
