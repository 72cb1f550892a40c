"""The tests' own eye for queries: it sees what names nothing, and what treats a counter as a gauge."""

import pytest

from tests.deploy.promql import faults, selectors


@pytest.mark.parametrize(
    "query",
    [
        "sum(localctl_station_connected)",
        'rate(localctl_frames_total{leg="csms", job=~"x"}[5m])',
        'histogram_quantile(0.9, sum by (le) (rate(localctl_call_latency_seconds_bucket{leg="csms"}[5m])))',
        '{__name__=~"localctl_station_(connected|distrusted)", station="a"}',
        "instance:localctl_evse_waiting:sum > 0 and up == 1",
    ],
)
def test_a_query_of_what_there_is_has_no_faults(query: str):
    assert faults(query) == []


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("localctl_stations", "localctl_stations is no metric of localctl"),
        ("localctl_station_connected{evse='1'}", "localctl_station_connected has no label evse"),
        ("sum(localctl_bugs_total)", "localctl_bugs_total is a counter outside of rate() or increase()"),
        (
            "1 - rate(localctl_frames_total{leg='up'}[1m])",
            "localctl_frames_total never has leg=up",
        ),
    ],
)
def test_a_fault_is_named(query: str, fault: str):
    assert faults(query) == [fault]


def test_selectors_are_found_wherever_they_are():
    found = [(each.name, span) for each, span, _ in selectors("-(a + sum(rate(b[5m]))) > bool max_over_time(c[1h])")]
    assert found == [("a", ""), ("b", "5m"), ("c", "1h")]
