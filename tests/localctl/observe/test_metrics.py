"""What a scrape shows after the router noticed things, and what hostile names must not do to it."""

import re
from collections.abc import Iterator

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from localctl.net.stats import NetStats
from localctl.observe import catalogue
from localctl.observe.catalogue import ROWS
from localctl.observe.charging_feed import ChargingCounts, charging_samples
from localctl.observe.health import ServiceState
from localctl.observe.metrics import Metrics, action_label
from localctl.observe.net_feed import net_samples
from localctl.observe.outage_feed import OutageCounts, outbox_samples
from localctl.observe.snapshot import OutboxQueue, OutboxView, Snapshot, SnapshotBox, StationView, snapshot_samples
from localctl.observe.tally import Sample
from routing import observations as seen
from routing.values import Instant, Leg, LinkId

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def figures(metrics: Metrics) -> dict[str, float]:
    """Every series of the page by its text, `name{label="value"}`."""
    shown = {}
    for family in parse_text(metrics.render()[0].decode()):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            shown[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return shown


def observed(*what: seen.Observation) -> dict[str, float]:
    metrics = Metrics()
    for one in what:
        metrics.observe(LinkId(1), one, Instant(10.0))
    return figures(metrics)


def answered(**changes: object) -> seen.CallAnswered:
    usual: dict[str, object] = {
        "identity": "CS1", "leg": Leg.STATION, "action": "Heartbeat", "message_id": "m-1", "request": b"{}",
        "answer": b"{}", "verdict": "result", "latency_s": 0.03,
    }  # fmt: skip
    return seen.CallAnswered(**(usual | changes))


def test_every_declared_metric_is_there_before_anything_happened():
    page = Metrics().render()[0].decode()
    for row in ROWS:
        assert f"# HELP {row.name} " in page
        assert f"# TYPE {row.name} {row.kind}" in page


def test_every_closed_label_set_begins_at_zero():
    shown = figures(Metrics())
    assert shown['localctl_links_lost_total{cause="half_dead"}'] == 0
    assert shown['localctl_frames_dropped_total{cause="unreadable",leg="csms"}'] == 0
    assert shown['localctl_call_latency_seconds_count{leg="csms"}'] == 0


def test_an_answered_call_counts_by_action_and_verdict_and_its_siblings_begin_at_zero():
    shown = observed(answered(), answered(verdict="late"))
    assert shown['localctl_calls_total{action="Heartbeat",verdict="result"}'] == 1
    assert shown['localctl_calls_total{action="Heartbeat",verdict="late"}'] == 1
    assert shown['localctl_calls_total{action="Heartbeat",verdict="expired"}'] == 0


def test_latency_belongs_to_the_leg_that_answered():
    shown = observed(answered(leg=Leg.STATION, latency_s=0.03))
    assert shown['localctl_call_latency_seconds_bucket{le="0.05",leg="csms"}'] == 1
    assert shown['localctl_call_latency_seconds_bucket{le="0.025",leg="csms"}'] == 0
    assert shown['localctl_call_latency_seconds_sum{leg="csms"}'] == pytest.approx(0.03)
    assert shown['localctl_call_latency_seconds_count{leg="station"}'] == 0


def test_what_the_box_answered_itself_is_counted_but_is_no_peers_latency():
    shown = observed(answered(verdict="carried"))
    assert shown['localctl_calls_total{action="Heartbeat",verdict="carried"}'] == 1
    assert shown['localctl_call_latency_seconds_count{leg="csms"}'] == 0


def test_an_error_counts_by_its_code_and_unknown_codes_are_other():
    shown = observed(
        answered(verdict="error", error_code="NotImplemented"), answered(verdict="error", error_code="Whatever\n" * 9)
    )
    assert shown['localctl_call_errors_total{code="NotImplemented",leg="csms"}'] == 1
    assert shown['localctl_call_errors_total{code="other",leg="csms"}'] == 1


def test_an_expired_own_call_is_no_relayed_call():
    own, relayed = (
        seen.CallExpired(identity="CS1", to=Leg.STATION, action="SetChargingProfile", message_id="m", own=own)
        for own in (True, False)
    )
    shown = observed(own, relayed)
    assert shown['localctl_calls_timed_out_total{leg="station"}'] == 2
    assert shown['localctl_calls_total{action="SetChargingProfile",verdict="expired"}'] == 1


def test_an_own_call_answered_after_its_deadline_counts_as_late():
    ended = seen.OwnCallEnded(identity="CS1", token=1, action="SetChargingProfile", verdict="result", late=True)
    shown = observed(ended)
    assert shown['localctl_own_calls_total{action="SetChargingProfile",verdict="late"}'] == 1
    assert shown['localctl_own_calls_total{action="SetChargingProfile",verdict="result"}'] == 0


REST = [
    (
        seen.LinkOpened(identity="CS1", subprotocol="ocpp2.0.1"),
        'localctl_links_opened_total{subprotocol="ocpp2.0.1"}',
    ),
    (seen.LinkOpened(identity="CS1", subprotocol="ocpp9"), 'localctl_links_opened_total{subprotocol="other"}'),
    (
        seen.LinkRefused(identity="CS1", status=503, cause="csms_away", reason="away"),
        'localctl_links_refused_total{cause="csms_away"}',
    ),
    (
        seen.LinkLost(identity="CS1", by=None, cause="half_dead", code=None, reason=""),
        'localctl_links_lost_total{cause="half_dead"}',
    ),
    (
        seen.CallSeen(identity="CS1", leg=Leg.CSMS, action="Reset", message_id="m", payload=b"{}"),
        'localctl_calls_received_total{leg="csms"}',
    ),
    (
        seen.FollowUpArrived(identity="CS1", token=1, action="NotifyReport", payload=b"{}"),
        "localctl_own_call_follow_ups_total",
    ),
    (
        seen.FrameDropped(identity="CS1", leg=Leg.CSMS, cause="unreadable", reason="no JSON"),
        'localctl_frames_dropped_total{cause="unreadable",leg="csms"}',
    ),
    (
        seen.StationBooted(identity="CS1", registration=seen.Registration.PENDING, interval_s=30),
        'localctl_boots_total{registration="Pending"}',
    ),
    (
        seen.PasswordChanged(identity="CS1", password=b"hunter2hunter2"),
        'localctl_station_security_changes_total{change="password"}',
    ),
    (
        seen.NetworkProfileSet(identity="CS1", url="wss://elsewhere", slot=1),
        'localctl_station_security_changes_total{change="network_profile"}',
    ),
    (
        seen.RootCertificateChanged(identity="CS1", change="deleted"),
        'localctl_station_security_changes_total{change="root_certificate_deleted"}',
    ),
    (seen.OutageBegan(identity="CS1", carried=True, reason="away"), 'localctl_outages_total{stage="carried"}'),
    (seen.OutageBegan(identity="CS1", carried=False, reason="away"), 'localctl_outages_total{stage="held"}'),
    (seen.OutageEnded(identity="CS1", backlog=True), 'localctl_outages_total{stage="ended"}'),
    (seen.BacklogDone(identity="CS1"), 'localctl_outages_total{stage="caught_up"}'),
    (
        seen.Replayed(identity="CS1", action="TransactionEvent", verdict="dead", attempts=3),
        'localctl_replayed_total{verdict="dead"}',
    ),
    (
        seen.LateRefusal(identity="CS1", transaction="t", status="Blocked", stopped=True),
        'localctl_late_refusals_total{outcome="stopped"}',
    ),
    (
        seen.LateRefusal(identity="CS1", transaction="t", status="Blocked", stopped=False),
        'localctl_late_refusals_total{outcome="left"}',
    ),
    (seen.CapReached(identity="CS1", transaction="t"), "localctl_energy_caps_reached_total"),
]


@pytest.mark.parametrize(
    ("what", "series"), REST, ids=[f"{type(what).__name__}-{i}" for i, (what, _) in enumerate(REST)]
)
def test_each_observation_moves_exactly_its_own_series_by_one(what: seen.Observation, series: str):
    before, after = observed(), observed(what)
    moved = {name for name in after if name.startswith("localctl_") and after[name] != before.get(name, 0)}
    assert moved == {series}
    assert after[series] == 1


def test_every_kind_of_observation_of_the_router_is_counted():
    tried = {type(what) for what, _ in REST} | {seen.CallAnswered, seen.CallExpired, seen.OwnCallEnded}
    tried.add(seen.AdmissionDelayed)  # `outages` counts it together with what becomes of the station
    assert tried == set(seen.Observation.__subclasses__())


def test_a_peer_that_invents_actions_makes_one_series_of_them():
    shown = observed(*(answered(action=f"Invented{i}") for i in range(500)))
    assert shown['localctl_calls_total{action="other",verdict="result"}'] == 500
    assert not [series for series in shown if "Invented" in series]


def test_signed_actions_count_with_the_plain_ones():
    assert action_label("TransactionEvent-Signed") == "TransactionEvent"


def busy_evse(number: int) -> dict[str, object]:
    return {
        "id": number, "share_a": 16.0, "measured_a": {"1": 15.9, "2": 15.8, "3": 15.9}, "waiting": False,
        "lease_until": 9.0, "distrusted": False, "transaction": None, "reason": "row",
    }  # fmt: skip


def busy_phase() -> dict[str, object]:
    return {
        "net_a": 63.0, "allocated_a": 60.0, "entitled_a": 61.0, "measured_a": 59.0, "over_a": 0.0,
        "source": "ems", "next_source": "fuse", "since": 1.0,
    }  # fmt: skip


def many_stations(count: int) -> SnapshotBox:
    """So many stations with two EVSEs each, everything about them known, on ten panels."""
    views = tuple(
        StationView(identity=f"CS{i:03}", connected=True, upstream_connected=True, since_at=0.0) for i in range(count)
    )
    charging: dict[str, object] = {
        "cycle_at": 1.0,
        "panels": [{"id": f"P{i}", "phases": dict.fromkeys(("L1", "L2", "L3"), busy_phase())} for i in range(10)],
        "stations": [{"identity": view.identity, "evses": [busy_evse(1), busy_evse(2)]} for view in views],
        "external": [{"source": "ems", "heard_at": 1.0, "state": "live"}],
        "loads": [{"name": "lift", "read_at": 1.0, "metered": True, "known": "meter"}],
    }
    queues = tuple(OutboxQueue(identity=view.identity, waiting=1, oldest_at=1.0) for view in views)
    return SnapshotBox(
        Snapshot(
            version="1", state=ServiceState.READY, stations=views, charging=charging, outbox=OutboxView(queues=queues)
        )
    )


def test_a_hundred_busy_stations_with_two_evses_stay_under_three_thousand_series():
    metrics, box, counts = Metrics(), many_stations(100), ChargingCounts()
    metrics.add_feed("snapshot", lambda: snapshot_samples(box))
    metrics.add_feed("charging", lambda: charging_samples(box))
    metrics.add_feed("orders", counts.samples)
    metrics.add_feed("outbox", lambda: outbox_samples(box))
    metrics.add_feed("net", lambda: net_samples(NetStats()))
    metrics.add_feed("outages", OutageCounts().samples)
    for action in ("BootNotification", "Heartbeat", "TransactionEvent", "MeterValues", "StatusNotification") * 20:
        for station in range(100):
            metrics.observe(LinkId(station), answered(identity=f"CS{station:03}", action=action), Instant(1.0))
            counts.order_ended(f"CS{station:03}", "SetChargingProfile", "rise", "accepted")
    shown = figures(metrics)
    assert shown['localctl_evse_limit_amperes{evse="2",station="CS099"}'] == 16.0
    assert 1300 < len(shown) < 3000


def test_no_label_can_hold_what_has_no_bound_or_is_secret():
    allowed_open = {
        "station", "action", "use", "version", "python", "feed",
        "circuit", "phase", "source", "evse", "input",
    }  # fmt: skip
    for row in ROWS:
        for label in row.labels:
            assert label.values or label.name in allowed_open, f"{row.name}: {label.name}"
            assert not re.search(r"token|transaction|message|address|ip|error_text|id_tag", label.name)


def test_a_latency_bucket_names_a_message_only_as_an_exemplar_and_only_in_openmetrics():
    metrics = Metrics()
    metrics.observe(LinkId(1), answered(message_id="msg-4711"), Instant(1.0))
    page, content_type = metrics.render(OPENMETRICS)
    assert content_type.startswith("application/openmetrics-text")
    assert 'leg="csms"} 1.0 # {message_id="msg-4711"} 0.03' in page.decode()
    text, content_type = metrics.render("text/plain")
    assert content_type.startswith("text/plain; version=0.0.4")
    assert b"msg-4711" not in text


@pytest.mark.parametrize("message_id", ["x" * 5000, 'a"} 1\nlocalctl_fake 1', "caf\u00e9", "\udcff", "a\rb"])
def test_a_message_id_made_to_break_the_page_is_not_shown(message_id: str):
    metrics = Metrics()
    metrics.observe(LinkId(1), answered(message_id=message_id), Instant(1.0))
    page = metrics.render(OPENMETRICS)[0].decode()
    assert "message_id" not in page
    assert list(parse_openmetrics(page))


def test_an_identity_made_to_break_the_page_is_escaped():
    metrics = Metrics()
    hostile = StationView(identity='a"\n\\\udcff', connected=True, upstream_connected=True, since_at=0.0)
    box = SnapshotBox(Snapshot(version="1", state=ServiceState.READY, stations=(hostile,)))
    metrics.add_feed("snapshot", lambda: snapshot_samples(box))
    families = {family.name: family for family in parse_openmetrics(metrics.render(OPENMETRICS)[0].decode())}
    (sample,) = families["localctl_station_connected"].samples
    assert sample.labels == {"station": 'a"\n\\?'}


def test_a_feed_that_fails_is_named_and_the_rest_is_served():
    def broken() -> Iterator[Sample]:
        yield catalogue.STATION_CONNECTED, ("CS1",), 1
        raise RuntimeError("half way")

    metrics = Metrics()
    metrics.add_feed("charging", broken)
    shown = figures(metrics)
    assert shown['localctl_metrics_feed_up{feed="charging"}'] == 0
    assert shown['localctl_metrics_feed_up{feed="routing"}'] == 1
    assert 'localctl_station_connected{station="CS1"}' not in shown


def test_the_process_itself_is_measured_and_the_build_is_named():
    shown = figures(Metrics())
    assert shown["process_resident_memory_bytes"] > 0
    assert [series for series in shown if series.startswith("localctl_build_info{")]
