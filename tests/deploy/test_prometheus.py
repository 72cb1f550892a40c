"""Rules and scrape configuration: promtool likes them, every alert is tried both ways and has a section in the docs."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from localctl.net.stats import NetStats
from localctl.observe.charging_feed import ChargingCounts, charging_samples
from localctl.observe.metrics import Metrics
from localctl.observe.net_feed import net_samples
from localctl.observe.outage_feed import OutageCounts, outbox_samples
from localctl.observe.snapshot import snapshot_samples
from localctl.web.manual import Manual
from tests.deploy.promql import PROMETHEUS, faults, recorded, rules, selectors
from tests.deploy.tools import need
from tests.localctl.observe.test_metrics import OPENMETRICS, answered, many_stations
from tests.repo.tree import ROOT

ALERTS = rules("alerts.yml")
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])


def promtool(*arguments: str, stdin: bytes = b"") -> str:
    """What promtool said; it must be content."""
    need("promtool")
    done = subprocess.run(
        ["promtool", *arguments], cwd=PROMETHEUS, input=stdin, capture_output=True, timeout=120, check=False
    )
    said = (done.stdout + done.stderr).decode()
    assert done.returncode == 0, said
    return said


def unit_tests(alert: str) -> list[dict[str, Any]]:
    """Every time at which a unit test asks whether the alert fires."""
    tests = [test for path in TESTS for test in yaml.safe_load(path.read_text("utf-8"))["tests"]]
    return [one for test in tests for one in test["alert_rule_test"] if one["alertname"] == alert]


def test_promtool_likes_rules_and_scrape_configuration():
    promtool("check", "rules", "--lint=all", "--lint-fatal", "recording.yml", "alerts.yml")
    promtool("check", "config", "--lint=all", "--lint-fatal", "prometheus.yml")


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(path):
    assert "SUCCESS" in promtool("test", "rules", str(path))


@each_alert
def test_every_alert_is_seen_firing_and_seen_quiet(alert: dict[str, Any]):
    tries = [bool(one.get("exp_alerts")) for one in unit_tests(alert["alert"])]
    assert True in tries
    assert False in tries


@each_alert
def test_every_alert_tells_what_is_wrong_and_where_to_read_on(alert: dict[str, Any]):
    assert alert["alert"].startswith("Localctl")
    assert alert["labels"]["severity"] in ("critical", "warning", "info")
    assert alert["labels"]["promise"] in {f"P{number}" for number in range(1, 8)}
    notes = alert["annotations"]
    assert set(notes) == {"summary", "description", "runbook_url"}
    assert len(notes["summary"]) <= 80
    assert notes["description"].endswith(".")
    assert "$labels.instance" in notes["description"]


@each_alert
def test_every_alert_ends_with_what_to_do(alert: dict[str, Any]):
    """After what is wrong and where, which name a box, comes advice that holds for every box: without figures."""
    wrong, *_, advice = re.split(r"(?<=[.?:]) (?=\S)", alert["annotations"]["description"].replace("}} ", "}}\0"))
    assert "{{" in wrong
    assert "{{" not in advice


def test_whoever_is_told_that_a_box_is_down_need_not_read_on_there():
    (down,) = [alert for alert in ALERTS if alert["alert"] == "LocalctlDown"]
    assert "every other box" in down["annotations"]["description"]


def sections() -> set[str]:
    """What a link into the troubleshooting page can point at, as the box serves it."""
    page = Manual().page("troubleshooting")
    assert page is not None
    return set(re.findall(r'<h\d id="([\w-]+)"', page))


@each_alert
def test_every_alert_has_a_section_of_its_own_in_the_troubleshooting_page(alert: dict[str, Any]):
    page, anchor = alert["annotations"]["runbook_url"].split("#")
    assert page == "http://{{ $labels.instance }}/docs/troubleshooting"
    assert anchor == alert["alert"].lower()
    assert anchor in sections()


def test_the_troubleshooting_page_has_no_section_for_an_alert_that_is_gone():
    assert {one for one in sections() if one.startswith("localctl")} == {alert["alert"].lower() for alert in ALERTS}


def test_links_within_the_troubleshooting_page_lead_somewhere():
    text = (ROOT / "localctl/docs/troubleshooting.md").read_text("utf-8")
    assert set(re.findall(r"\(#([\w-]+)\)", text)) <= sections()


@pytest.mark.parametrize(
    "rule", rules("recording.yml", "alerts.yml"), ids=lambda rule: rule.get("alert", rule.get("record"))
)
def test_rules_ask_only_for_what_the_box_serves(rule: dict[str, Any]):
    assert faults(rule["expr"]) == []


def test_what_is_recorded_is_used_or_says_what_a_fleet_wants():
    used = {selector.name for alert in ALERTS for selector, _, _ in selectors(alert["expr"])}
    assert recorded() - used == {
        "instance:localctl_station_connected:count", "instance:localctl_evse_waiting:sum",
        "instance_circuit:localctl_circuit_allocated:ratio", "instance_circuit:localctl_circuit_current:ratio",
        "instance:localctl_offline_messages:sum", "instance:localctl_offline_age_seconds:max",
    }  # fmt: skip


def a_busy_page(accept: str) -> bytes:
    """A scrape of a box on which everything is known."""
    metrics, box = Metrics(), many_stations(3)
    for name, feed in (
        ("snapshot", lambda: snapshot_samples(box)), ("charging", lambda: charging_samples(box)),
        ("outbox", lambda: outbox_samples(box)), ("net", lambda: net_samples(NetStats())),
        ("orders", ChargingCounts().samples), ("outages", OutageCounts().samples),
    ):  # fmt: skip
        metrics.add_feed(name, feed)
    metrics.observe(None, answered(), 1.0)
    return metrics.render(accept)[0]


def test_promtool_likes_the_metrics():
    assert promtool("check", "metrics", stdin=a_busy_page("text/plain")) == ""


def test_promtool_sees_a_metric_that_breaks_the_rules():
    """So that the test above can fail."""
    bad = b"# HELP localctl_milliseconds Wrong unit.\n# TYPE localctl_milliseconds counter\nlocalctl_milliseconds 1\n"
    need("promtool")
    done = subprocess.run(
        ["promtool", "check", "metrics"], input=bad, capture_output=True, timeout=60, check=False
    )
    assert done.returncode != 0


def test_openmetrics_carries_units_and_exemplars():
    page = a_busy_page(OPENMETRICS)
    assert b"# UNIT localctl_call_latency_seconds seconds\n" in page
    assert b'# {message_id="m-1"}' in page
    assert page.endswith(b"# EOF\n")
