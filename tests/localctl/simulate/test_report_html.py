"""The report as a page of its own."""

import re
from xml.etree import ElementTree

import pytest

from localctl.simulate.judge import Cause
from localctl.simulate.report_html import html_report
from localctl.simulate.world import Incident
from tests.localctl.simulate.day_kit import TWO_CARS, played


@pytest.fixture
def outcome():
    return played(TWO_CARS.replace("hours = 0.4", "hours = 0.2"))


def test_it_needs_nothing_from_elsewhere_and_follows_light_and_dark(outcome):
    page = html_report(outcome)
    assert "http" not in page
    assert "<script" not in page
    assert "prefers-color-scheme: dark" in page
    assert page.startswith("<!doctype html>")


def test_it_shows_a_plot_per_panel_and_the_stations(outcome):
    page = html_report(outcome)
    plots = re.findall(r"<svg.*?</svg>", page)
    assert len(plots) == 1
    classes = {path.get("class") for path in ElementTree.fromstring(plots[0]).iter("path")}
    assert classes == {"l1", "l2", "l3", "limit"}
    assert "<td>CP-1</td><td>1</td>" in page
    assert "no fuse and no limit was overdrawn" in page


def test_a_bad_day_looks_bad(outcome):
    outcome.world.kept(("main", "L2"))[0].over = {Cause.FAULT: 12.5}
    outcome.world.incidents.append(Incident(at=outcome.start_at, spot=("main", "L2"), hard=True, load=44, limit=40))
    page = html_report(outcome)
    assert 'class="verdict bad"' in page
    assert "<td>12.5</td>" in page
    assert "<td>44.0 A</td><td>40.0 A</td>" in page
