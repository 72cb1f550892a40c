"""A real Prometheus scrapes the running demo, with the deployed rules; then every query of every dashboard is asked.

The demo has a CSMS that goes away, a limit that falls, cars that wait and a station that disobeys, so there is
something to see in each panel; a figure about a fault that did not happen is there as 0.
"""

import json
import math
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.dashboards import BOARDS, Target, filled, targets
from tests.deploy.promql import PROMETHEUS, rules
from tests.deploy.tools import need
from tests.repo.tree import ROOT

DEMO_S = 20
PATIENCE_S = 30.0
SCRAPE = """\
global: {{ scrape_interval: 250ms, scrape_timeout: 250ms, evaluation_interval: 1s }}
rule_files: [{rules}/recording.yml, {rules}/alerts.yml]
scrape_configs:
  - job_name: localctl
    static_configs: [{{ targets: ["127.0.0.1:{port}"], labels: {{ site: demo }} }}]
  - job_name: somebody-else
    static_configs: [{{ targets: ["127.0.0.1:{own_port}"] }}]
"""
VALUES = {
    "$__rate_interval": "2s", "$__range": f"{DEMO_S}s", "$job": ".+", "$instance": ".+", "$circuit": "main",
    "$station": "DEMO-02",
}  # fmt: skip
TARGETS = [target for board in BOARDS.values() for target in targets(board)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What Prometheus knows of one demo: its API, the box's instance, and from when to when the demo played."""

    url: str
    box: str
    began_at: float
    ended_at: float

    def ask(self, path: str, **words: object) -> Any:
        """The data of an answer; a refused query is an AssertionError with Prometheus's own words."""
        query = urllib.parse.urlencode(words)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=PATIENCE_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{words}: {error.read().decode()}") from None

    def over_time(self, expr: str) -> list[dict[str, Any]]:
        """What a graph of the whole demo would show of a query."""
        return self.ask("query_range", query=expr, start=self.began_at, end=self.ended_at, step=0.5)["result"]


@contextmanager
def running(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended with the block."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def port_of_metrics(demo: subprocess.Popen[str]) -> int:
    """Where the demo's box serves; read from its first lines."""
    said = []
    for line in demo.stdout or ():
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
            return int(found[1])
    raise AssertionError("the demo never said where its metrics are:\n" + "".join(said))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("Prometheus did not become ready")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """One demo from its first to its last second, seen by a Prometheus of our own on loopback."""
    need("prometheus")
    folder: Path = tmp_path_factory.mktemp("prometheus")
    port = free_port()
    url, config = f"http://127.0.0.1:{port}", folder / "prometheus.yml"
    words = ["--web.listen-address", f"127.0.0.1:{port}", "--storage.tsdb.path", "data", "--log.level=error"]
    with running(sys.executable, "-m", "localctl", "demo", "--plain", "--duration", str(DEMO_S), cwd=ROOT) as demo:
        box = port_of_metrics(demo)
        config.write_text(SCRAPE.format(rules=PROMETHEUS, port=box, own_port=port), "utf-8")
        command = ["prometheus", "--config.file", str(config), *words, "--enable-feature=exemplar-storage"]
        with running(*command, cwd=folder):
            wait_until_ready(url)
            began_at = time.time()
            said, _ = demo.communicate(timeout=DEMO_S + 2 * PATIENCE_S)
            assert demo.returncode == 0, said
            yield Story(url=url, box=f"127.0.0.1:{box}", began_at=began_at, ended_at=time.time())


def has_a_number(series: list[dict[str, Any]]) -> bool:
    return any(not math.isnan(float(value)) for one in series for _, value in one["values"])


@pytest.mark.parametrize("target", TARGETS, ids=str)
def test_every_panel_shows_something_of_the_demo(story: Story, target: Target):
    assert has_a_number(story.over_time(filled(target.expr, VALUES)))


@pytest.mark.parametrize("board", BOARDS.values(), ids=list(BOARDS))
def test_annotations_and_variables_can_be_asked(story: Story, board: dict[str, Any]):
    for note in board["annotations"]["list"]:
        story.over_time(filled(note["expr"], VALUES))
    for variable in board["templating"]["list"]:
        if found := re.fullmatch(r"label_values\((.+), (\w+)\)", variable.get("definition", "")):
            assert any(found[2] in one["metric"] for one in story.over_time(filled(found[1], VALUES)))


@pytest.mark.parametrize(
    "rule", rules("recording.yml", "alerts.yml"), ids=lambda rule: rule.get("alert", rule.get("record"))
)
def test_every_rule_can_be_asked(story: Story, rule: dict[str, Any]):
    story.over_time(rule["expr"])


def test_all_jobs_are_other_peoples_too_and_no_panel_shows_those(story: Story):
    """The same Prometheus scrapes itself as a job of its own, which serves `up` and `process_*` as well."""
    everybody = {one["metric"]["instance"] for one in story.over_time("up")}
    assert len(everybody) == 2
    for target in TARGETS:
        shown = {one["metric"].get("instance") for one in story.over_time(filled(target.expr, VALUES))}
        assert shown <= {story.box, None}, target
    boxes = next(target for target in TARGETS if target.panel == "Boxes that answer")
    (line,) = story.over_time(filled(boxes.expr, VALUES))
    assert max(float(value) for _, value in line["values"]) == 1.0


def test_prometheus_itself_could_work_out_every_rule(story: Story):
    found = [rule for group in story.ask("rules")["groups"] for rule in group["rules"]]
    assert len(found) == len(rules("recording.yml", "alerts.yml"))
    assert [(rule["name"], rule.get("lastError")) for rule in found if rule["health"] != "ok"] == []


def test_what_is_recorded_is_there(story: Story):
    never = {"instance:localctl_offline_age_seconds:max"}  # the demo's box keeps no messages: there is no oldest one
    empty = {rule["record"] for rule in rules("recording.yml") if not story.over_time(rule["record"])}
    assert empty <= never


def test_the_demos_story_can_be_read_from_the_figures(story: Story):
    """The EMS halves the limit, and the CSMS goes away for a while with all stations."""
    limit = story.over_time('localctl_circuit_limit_amperes{circuit="main", phase="L1"}')
    assert {float(value) for _, value in limit[0]["values"]} == {80.0, 40.0}
    joined = story.over_time("sum(localctl_upstream_connected)")
    assert {0.0, 12.0} <= {float(value) for _, value in joined[0]["values"]}
    binding = story.over_time("localctl_circuit_binding_limit == 1")
    assert {one["metric"]["source"] for one in binding} >= {"ems", "fuse"}


def test_what_goes_wrong_in_the_demo_is_what_alerts_look_for_and_what_does_not_is_not(story: Story):
    """Were it to last: CSMS away, its stations turned away and so absent, cars without a turn, a brief certificate."""
    symptoms = {rule["alert"].removeprefix("Localctl") for rule in rules("alerts.yml") if story.over_time(rule["expr"])}
    assert symptoms >= {"CsmsAway", "StationAway", "CarWaitsLong", "CertificateExpiring"}
    assert not symptoms & {
        "AllocatorStalled", "InputStale", "ProfileWear", "TlsFailing", "FramesDropped", "StationMayLeave",
        "MessagesDropped", "DeadLetters", "BacklogAgeing", "ReplayStuck", "JournalFailing", "AdmissionQueue",
        "Degraded", "ReloadRefused", "CertificateExpired", "Bug", "FiguresMissing", "Restarting", "OutOfSockets",
    }  # fmt: skip


def test_a_slow_bucket_leads_to_a_message(story: Story):
    """OpenMetrics was negotiated: Prometheus kept exemplars, and each names a message."""
    query = "localctl_call_latency_seconds_bucket"
    found = story.ask("query_exemplars", query=query, start=story.began_at, end=story.ended_at)
    examples = [example for one in found for example in one["exemplars"]]
    assert examples
    assert all(set(example["labels"]) == {"message_id"} for example in examples)
