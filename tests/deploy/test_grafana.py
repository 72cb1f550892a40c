"""Dashboards: up to date, in good manners (the rules of Grafana's dashboard linter), asking only for what is there.

Job and instance are variables and in every query; every panel has a unit, a title, and the question it answers.
"""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.deploy.dashboards import BOARDS, GRAFANA, Target, filled, panels, targets
from tests.deploy.promql import faults, selectors

OF_GRAFANA = {"__rate_interval", "__range", "__url_time_range", "__value"}
LOOK_BACK_ON_PURPOSE = {"1h", "15m"}
each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=list(BOARDS))
ALL_TARGETS = [target for board in BOARDS.values() for target in targets(board)]
each_target = pytest.mark.parametrize("target", ALL_TARGETS, ids=str)
ALL_PANELS = {f"{name}-{panel['title']}": panel for name, board in BOARDS.items() for panel in panels(board)}
each_panel = pytest.mark.parametrize("panel", ALL_PANELS.values(), ids=list(ALL_PANELS))


def variables(board: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {variable["name"]: variable for variable in board["templating"]["list"]}


def test_the_committed_json_is_what_the_descriptions_say():
    sys.path.insert(0, str(GRAFANA))
    try:
        import generate
    finally:
        sys.path.remove(str(GRAFANA))
    for path, text in generate.written().items():
        assert path.read_text("utf-8") == text, "run `make docs`"
    assert {path.name for path in generate.FOLDER.iterdir()} == {path.name for path in generate.written()}


def test_there_is_a_dashboard_for_the_fleet_a_site_a_station_and_the_routing():
    assert set(BOARDS) == {"fleet", "site", "station", "routing"}
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS)


@each_board
def test_the_data_source_is_a_variable_and_the_only_one(board: dict[str, Any]):
    source = variables(board)["datasource"]
    assert (source["type"], source["query"], source["label"]) == ("datasource", "prometheus", "Data source")
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    for part in [*panels(board), *board["annotations"]["list"], *(t for p in panels(board) for t in p["targets"])]:
        assert part["datasource"] == wanted


@each_board
def test_grafana_knows_what_it_is_given(board: dict[str, Any]):
    """A schema it still reads, a name that survives in links, and a view that renews itself."""
    assert board["schemaVersion"] == 39
    assert re.fullmatch(r"localctl-[a-z]{1,31}", board["uid"])
    assert board["title"].startswith("localctl / ")
    assert (board["time"]["to"], board["refresh"]) == ("now", "30s")


@each_board
def test_every_variable_that_is_used_is_there_and_every_one_there_is_used(board: dict[str, Any]):
    names = [variable["name"] for variable in board["templating"]["list"]]
    assert len(set(names)) == len(names)
    texts = json.dumps([board["panels"], board["annotations"], [one.get("query") for one in variables(board).values()]])
    used = set(re.findall(r"\$\{?(\w+)", texts)) | {panel["repeat"] for panel in panels(board) if "repeat" in panel}
    assert used - OF_GRAFANA == set(names)


@each_board
def test_job_and_instance_are_variables_of_many_values(board: dict[str, Any]):
    for name in ("job", "instance"):
        variable = variables(board)[name]
        assert (variable["type"], variable["label"]) == ("query", name.capitalize())
        assert variable["multi"]
        assert variable["includeAll"]
        assert variable["allValue"] == ".+"


@each_board
def test_variables_are_looked_up_again_when_the_time_range_changes_and_by_queries_that_parse(board: dict[str, Any]):
    for variable in variables(board).values():
        if variable["type"] == "query":
            assert variable["refresh"] == 2
            found = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"])
            assert found
            assert faults(filled(found[1])) == []


@each_board
def test_a_provisioned_dashboard_cannot_be_edited_into_something_else(board: dict[str, Any]):
    assert board["editable"] is False
    assert board["tags"] == ["localctl"]
    assert board["description"].endswith(".")


@each_board
def test_panels_have_places_of_their_own_and_unique_names(board: dict[str, Any]):
    every = board["panels"]
    assert len({panel["id"] for panel in every}) == len(every)
    taken: set[tuple[int, int]] = set()
    for place in (panel["gridPos"] for panel in every):
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
    for titles in by_row(board):
        assert len(set(titles)) == len(titles)


def by_row(board: dict[str, Any]) -> Iterator[list[str]]:
    titles: list[str] = []
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield titles
            titles = []
        else:
            titles.append(panel["title"])
    yield titles


@each_panel
def test_every_panel_answers_a_question_and_says_its_unit(panel: dict[str, Any]):
    assert panel["title"]
    assert panel["description"].endswith("?")
    assert len(panel["description"].split()) >= 4
    assert panel["targets"]
    assert panel["fieldConfig"]["defaults"]["unit"]


@each_panel
def test_series_of_a_panel_can_be_told_apart(panel: dict[str, Any]):
    if panel["type"] == "table":
        return
    several = [target["legendFormat"] for target in panel["targets"]]
    assert len(set(several)) == len(several)
    if panel["type"] in ("timeseries", "state-timeline"):
        assert all(several)


@each_panel
def test_every_kind_of_panel_says_how_it_is_read(panel: dict[str, Any]):
    """Numbers have colours from a base upwards, states have words, lines have a legend with their newest values."""
    look = panel["fieldConfig"]["defaults"]
    match panel["type"]:
        case "stat":
            base, *more = look["thresholds"]["steps"]
            values = [step["value"] for step in more]
            assert (base["value"], values) == (None, sorted(values))
        case "state-timeline":
            (mapping,) = look["mappings"]
            assert {"0", "1"} <= set(mapping["options"])
        case "timeseries":
            assert panel["options"]["legend"]["showLegend"]
            assert "lastNotNull" in panel["options"]["legend"]["calcs"]
        case "table":
            named = {rule["matcher"]["options"] for rule in panel["fieldConfig"]["overrides"]}
            assert len(named) >= len(panel["targets"])
        case other:
            raise AssertionError(other)


@each_panel
def test_the_columns_of_a_table_are_its_queries(panel: dict[str, Any]):
    if panel["type"] != "table":
        return
    _, organize = panel["transformations"]
    shown = [f"Value #{target['refId']}" for target in panel["targets"]]
    assert list(organize["options"]["renameByName"]) == shown
    assert set(shown) <= set(organize["options"]["indexByName"])


def test_yes_and_no_are_answers_to_the_title_and_green_is_the_good_one():
    """"Obeys: no" in green was once to be read on a station that obeyed."""
    told = {}
    for panel in panels(BOARDS["station"]):
        look = panel["fieldConfig"]["defaults"]
        if panel["type"] == "stat" and look["mappings"]:
            (mapping,) = look["mappings"]
            colours = {str(step["value"] or 0): step["color"] for step in look["thresholds"]["steps"]}
            told[panel["title"]] = {one["text"]: colours[value] for value, one in mapping["options"].items()}
    assert told == {name: {"yes": "green", "no": "red"} for name in ("Connected", "CSMS", "Obeys")}


@each_target
def test_queries_ask_only_for_what_the_box_serves(target: Target):
    assert faults(filled(target.expr)) == []


@each_target
def test_every_selector_is_narrowed_to_job_and_instance(target: Target):
    for selector, _, _ in selectors(filled(target.expr)):
        narrowed = {matcher.name: str(matcher.op) for matcher in selector.matchers.matchers}
        assert {"job", "instance"} <= set(narrowed), f"{selector} asks all boxes"
    assert target.expr.count('job=~"$job"') == target.expr.count('instance=~"$instance"')


@each_target
def test_rates_follow_the_scrape_interval(target: Target):
    spans = re.findall(r"\[([^\]]+)\]", target.expr)
    assert set(spans) <= {"$__rate_interval", "$__range"} | LOOK_BACK_ON_PURPOSE


@each_target
def test_labels_that_a_legend_shows_are_those_the_query_keeps(target: Target):
    for label in re.findall(r"\{\{(\w+)\}\}", target.legend):
        kept = re.findall(r"by \(([^)]*)\)", target.expr)
        assert kept
        assert any(label in re.split(r",\s*", labels) for labels in kept), f"{label} is aggregated away"


def test_provisioning_names_the_source_and_the_folder():
    folder = GRAFANA / "provisioning"
    (source,) = yaml.safe_load((folder / "datasources/localctl.yml").read_text("utf-8"))["datasources"]
    assert (source["type"], source["isDefault"], source["editable"]) == ("prometheus", True, False)
    (provider,) = yaml.safe_load((folder / "dashboards/localctl.yml").read_text("utf-8"))["providers"]
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
    assert provider["options"]["path"].startswith("/var/lib/grafana/")


def test_links_between_dashboards_lead_to_dashboards():
    uids = {board["uid"] for board in BOARDS.values()}
    led = set(re.findall(r'"/d/([\w-]+)\?', "".join(path.read_text("utf-8") for path in GRAFANA.rglob("*.json"))))
    assert led == {"localctl-site", "localctl-station"}
    assert led <= uids
