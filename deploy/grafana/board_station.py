"""One station: what it may draw and what it draws, how it is connected, what is kept for it."""

from panels import (
    GOOD_BELOW_1,
    GOOD_FROM_1,
    NO_YES,
    YES_NO,
    dashboard,
    graph,
    number,
    row,
    station_variable,
    timeline,
    variables,
)

BOARD = dashboard(
    "station", "Station", "One station: what it may draw and why, how it is connected, what is kept for it.",
    variables(station_variable()),
    row(
        "How is it?",
        number(
            "Connected", "Is the station connected to the box?", "none",
            'max(localctl_station_connected{@station})', GOOD_FROM_1, words={"0": "no", "1": "yes"},
        ),
        number(
            "CSMS", "Does it have its CSMS?", "none", 'max(localctl_upstream_connected{@station})',
            GOOD_FROM_1, words={"0": "no", "1": "yes"},
        ),
        number(
            "Obeys", "Does it draw no more than it was told?", "none",
            'max(localctl_station_distrusted{@station})', GOOD_BELOW_1, words={"0": "yes", "1": "no"},
        ),
        number(
            "Arrivals", "How often did it come in the time shown?", "none",
            'sum(increase(localctl_station_arrivals_total{@station}[$__range]))', {0: "text", 5: "orange"},
        ),
        number(
            "Messages kept", "How many of its messages wait for its CSMS?", "none",
            'sum(localctl_offline_messages{@station})', {0: "green", 1: "orange"},
        ),
        number(
            "Profiles written", "How often was a charging profile written to it in the time shown?", "none",
            'sum(increase(localctl_profile_writes_total{@station}[$__range]))', {0: "text"},
        ),
    ),
    row(
        "What may it draw?",
        graph(
            "Share and current", "What may each EVSE draw, and what does it draw?", "amp",
            {
                "may, EVSE {{evse}}": 'max by (evse) (localctl_evse_limit_amperes{@station})',
                "draws, EVSE {{evse}}": 'max by (evse) (localctl_evse_current_amperes{@station})',
            },
            steps=True, width=16, height=10,
        ),
        timeline(
            "Waiting", "When did a car wait for its turn?", "EVSE {{evse}}",
            'max by (evse) (localctl_evse_waiting{@station})', NO_YES, width=8, height=10,
        ),
        graph(
            "Lease", "In how many seconds would it fall back by itself if the box died now?", "s",
            {"left": 'min(localctl_lease_expiry_timestamp_seconds{@station} - time())'},
        ),
        timeline(
            "Failsafe and trust", "When was it on its failsafe, and when did it disobey?", "{{__name__}}",
            'max by (__name__) ({__name__=~"localctl_station_(on_failsafe|distrusted)", @station})',
            NO_YES, width=12, height=8,
        ),
    ),
    row(
        "How is it connected?",
        timeline(
            "Connections", "When was the station here, and when was its CSMS?", "{{__name__}}",
            'max by (__name__) ({__name__=~"localctl_station_connected|localctl_upstream_connected", @station})',
            YES_NO, width=12, height=8,
        ),
        graph(
            "Messages kept", "How many messages wait for its CSMS, and do they become fewer?", "none",
            {"kept": 'max(localctl_offline_messages{@station})'}, steps=True,
        ),
        graph(
            "Age of the oldest message", "How long has the oldest message waited?", "s",
            {
                "oldest": """max(time() - localctl_offline_oldest_timestamp_seconds{@station}
                    or 0 * localctl_offline_messages{@station})"""
            },
        ),
        graph(
            "Profiles written", "How often is it written to, which may wear its flash memory?", "none",
            {"in an hour": 'max(increase(localctl_profile_writes_total{@station}[1h]))'},
        ),
    ),
)  # fmt: skip
