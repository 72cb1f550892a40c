"""One site: which limit binds, who gets what, and whether every limit is kept.

The figures are those of the box's own page: both read one picture."""

from panels import GOOD_FROM_1, NO_YES, circuit_variable, dashboard, graph, number, row, table, timeline, variables

BOARD = dashboard(
    "site", "Site", "One site: which limit binds, who gets what, and whether every limit is kept.",
    variables(circuit_variable()),
    row(
        "How is it?",
        number(
            "Fit to work", "Is the box ready to serve its stations?", "none",
            'sum(localctl_service_state{@, state=~"ready|degraded"})', GOOD_FROM_1, words={"0": "no", "1": "yes"},
        ),
        number(
            "Faults", "Does the box work with a fault?", "none", 'sum(localctl_service_state{@, state="degraded"})',
            {0: "green", 1: "orange"}, words={"0": "none", "1": "degraded"},
        ),
        number(
            "Stations", "How many of the known stations are connected?", "percentunit",
            "sum(localctl_station_connected{@}) / count(localctl_station_connected{@})",
            {0: "red", 0.8: "orange", 0.98: "green"},
        ),
        number(
            "Cars charging", "How many cars draw current?", "none",
            "count(localctl_evse_current_amperes{@} > 0.5) or vector(0)", {0: "text"},
        ),
        number(
            "Cars waiting", "How many cars wait for their turn?", "none", "sum(localctl_evse_waiting{@})",
            {0: "green", 1: "orange"},
        ),
        number(
            "Shared out", "How long ago was current last shared out?", "s",
            "max(time() - (localctl_allocation_last_success_timestamp_seconds{@} > 0))",
            {0: "green", 15: "orange", 60: "red"},
        ),
    ),
    row(
        "Which limit binds, where, since when?",
        timeline(
            "Binding limits", "Which limit binds on which circuit, and since when?", "{{circuit}}: {{source}}",
            'max by (circuit, source) (localctl_circuit_binding_limit{@circuit})',
            {"1": ("binds", "orange"), "0": ("would be next", "semi-dark-blue")}, width=14, height=8,
        ),
        table(
            "Limits now", "How much may each phase carry, how much of it is given away, and since when is that so?",
            {
                "limit": ("amp", 'max by (circuit, phase) (localctl_circuit_limit_amperes{@circuit})'),
                "allocated": ("amp", 'max by (circuit, phase) (localctl_circuit_allocated_amperes{@circuit})'),
                "since": (
                    "dateTimeFromNow",
                    'max by (circuit, phase) (1000 * localctl_circuit_limit_since_timestamp_seconds{@circuit})',
                ),
            },
            ["circuit", "phase"], width=10,
        ),
    ),
    row(
        "Panel by panel",
        *(
            graph(
                f"$circuit, {phase}",
                f"How near to its limit is {phase} of $circuit: given away, entitled, and really drawn?", "amp",
                {
                    "limit": f'max(localctl_circuit_limit_amperes{{@, circuit="$circuit", phase="{phase}"}})',
                    "entitled": f'max(localctl_circuit_entitled_amperes{{@, circuit="$circuit", phase="{phase}"}})',
                    "allocated": f'max(localctl_circuit_allocated_amperes{{@, circuit="$circuit", phase="{phase}"}})',
                    "drawn": f'max(localctl_circuit_current_amperes{{@, circuit="$circuit", phase="{phase}"}})',
                },
                steps=True, repeat="circuit", width=24,
            )
            for phase in ("L1", "L2", "L3")
        ),
    ),
    row(
        "Who gets what?",
        graph(
            "Shares", "Who was given how much?", "amp",
            {"{{station}}/{{evse}}": "max by (station, evse) (localctl_evse_limit_amperes{@})"}, steps=True, height=10,
        ),
        graph(
            "Currents", "Who draws how much?", "amp",
            {"{{station}}/{{evse}}": "max by (station, evse) (localctl_evse_current_amperes{@})"}, height=10,
        ),
        timeline(
            "Waiting cars", "Which cars wait for their turn, and since when?", "{{station}}/{{evse}}",
            "max by (station, evse) (localctl_evse_waiting{@})", NO_YES, width=12, height=10,
        ),
        table(
            "Stations", "How is each station: connected, with its CSMS, obedient, on its failsafe, with messages kept?",
            {
                "connected": ("none", "max by (station) (localctl_station_connected{@})"),
                "with CSMS": ("none", "max by (station) (localctl_upstream_connected{@})"),
                "amperes given": ("amp", "sum by (station) (localctl_evse_limit_amperes{@})"),
                "disobeys": ("none", "max by (station) (localctl_station_distrusted{@})"),
                "on failsafe": ("none", "max by (station) (localctl_station_on_failsafe{@})"),
                "messages kept": ("none", "max by (station) (localctl_offline_messages{@})"),
            },
            ["station"], width=12, height=10, link="localctl-station",
        ),
    ),
    row(
        "Is every limit kept?",
        graph(
            "Overdraft", "By how much may stations draw more than a limit, and for how long?", "amp",
            {"{{circuit}} {{phase}}": 'max by (circuit, phase) (localctl_overdraft_amperes{@circuit})'},
            steps=True,
        ),
        graph(
            "Orders", "Do stations take their orders?", "ops",
            {"{{verdict}}": "sum by (verdict) (rate(localctl_orders_total{@}[$__rate_interval]))"}, stack=True,
        ),
        graph(
            "Age of inputs", "How long ago was each meter and each outside limit last heard?", "s",
            {"{{input}}": "max by (input) (time() - localctl_input_last_reading_timestamp_seconds{@})"},
        ),
        timeline(
            "Silent inputs", "Whose fallback holds because nothing was heard, and since when?", "{{input}}",
            "max by (input) (localctl_input_stale{@})", {"0": ("heard", "green"), "1": ("silent", "red")},
            width=12, height=8,
        ),
        timeline(
            "Distrusted stations", "Which stations draw more than they were told, and since when?", "{{station}}",
            "max by (station) (localctl_station_distrusted{@})", NO_YES, width=12, height=9,
        ),
        timeline(
            "Stations on failsafe", "Which stations have fallen back by themselves, and since when?", "{{station}}",
            "max by (station) (localctl_station_on_failsafe{@})", NO_YES, width=12, height=9,
        ),
    ),
)  # fmt: skip
