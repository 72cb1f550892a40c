"""The panels that dashboards are made of, so that all look and behave alike.

Data source, job and instance come from variables; every panel has a unit and a description, which is the question it
answers. In a query `@` stands for the matchers of job and instance, `@circuit` and `@station` for those and one more.
"""

import string
from typing import Any

Json = dict[str, Any]
Colours = dict[float, str]
SOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
MATCHERS = 'job=~"$job", instance=~"$instance"'
NARROWER = {
    "@circuit": MATCHERS + ', circuit=~"$circuit"',
    "@station": MATCHERS + ', station="$station"',
    "@": MATCHERS,
}
COLUMNS = 24
REFS = string.ascii_uppercase
"""What Grafana calls the queries of a panel; no panel here has nearly as many."""

GOOD_BELOW_1: Colours = {0: "green", 1: "red"}
GOOD_FROM_1: Colours = {0: "red", 1: "green"}
YES_NO = {"0": ("no", "red"), "1": ("yes", "green")}
NO_YES = {"0": ("no", "green"), "1": ("yes", "orange")}


def _query(expr: str) -> str:
    text = " ".join(expr.split())
    for word, matchers in NARROWER.items():
        text = text.replace(word, matchers)
    return text


def _targets(queries: dict[str, str], **more: object) -> list[Json]:
    return [
        {"datasource": SOURCE, "editorMode": "code", "expr": _query(expr), "legendFormat": legend, "refId": ref, **more}
        for ref, (legend, expr) in zip(REFS, queries.items(), strict=False)
    ]


def _panel(kind: str, title: str, asks: str, width: int, height: int, **rest: object) -> Json:
    place = {"w": width, "h": height}
    return {"type": kind, "title": title, "description": asks, "datasource": SOURCE, "gridPos": place, **rest}


def _steps(colours: Colours) -> Json:
    """From which value on which colour; the first one is the base."""
    steps = [{"color": colour, "value": value} for value, colour in colours.items()]
    return {"mode": "absolute", "steps": [{**steps[0], "value": None}, *steps[1:]]}


def graph(
    title: str,
    asks: str,
    unit: str,
    queries: dict[str, str],
    *,
    width: int = 12,
    height: int = 8,
    stack: bool = False,
    steps: bool = False,
    exemplars: bool = False,
    repeat: str = "",
) -> Json:
    """Lines over time, one per series; legend text to query. `steps` for what holds until it changes."""
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "stepAfter" if steps else "linear",
        "fillOpacity": 25 if stack else 0,
        "lineWidth": 1,
        "showPoints": "never",
        "stacking": {"mode": "normal" if stack else "none", "group": "A"},
        "axisSoftMin": 0,
    }
    return _panel(
        "timeseries", title, asks, width, height,
        fieldConfig={"defaults": {"unit": unit, "custom": custom}, "overrides": []},
        options={
            "legend": {
                "displayMode": "table", "placement": "right", "showLegend": True, "calcs": ["lastNotNull", "max"],
                "sortBy": "Max", "sortDesc": True,
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        targets=_targets(queries, range=True, **({"exemplar": True} if exemplars else {})),
        **({"repeat": repeat, "repeatDirection": "h", "maxPerRow": 3} if repeat else {}),
    )  # fmt: skip


def number(
    title: str, asks: str, unit: str, expr: str, colours: Colours, *, width: int = 4, legend: str = "",
    words: dict[str, str] | None = None, height: int = 4,
) -> Json:  # fmt: skip
    """The newest value, large. `words` says values in words."""
    mappings = [{"type": "value", "options": {value: {"text": text} for value, text in (words or {}).items()}}]
    return _panel(
        "stat", title, asks, width, height,
        fieldConfig={
            "defaults": {"unit": unit, "thresholds": _steps(colours), "mappings": mappings if words else []},
            "overrides": [],
        },
        options={
            "colorMode": "value", "graphMode": "area", "reduceOptions": {"calcs": ["lastNotNull"]},
            "textMode": "value_and_name" if legend else "value",
        },
        targets=_targets({legend: expr}, range=True),
    )  # fmt: skip


def timeline(
    title: str, asks: str, legend: str, expr: str, words: dict[str, tuple[str, str]], *, width: int, height: int
) -> Json:
    """Which state held when, a bar per series: value to word and colour."""
    options = {value: {"text": text, "color": colour} for value, (text, colour) in words.items()}
    return _panel(
        "state-timeline", title, asks, width, height,
        fieldConfig={
            "defaults": {
                "unit": "none", "mappings": [{"type": "value", "options": options}],
                "custom": {"fillOpacity": 70, "lineWidth": 0},
            },
            "overrides": [],
        },
        options={"mergeValues": True, "showValue": "auto", "rowHeight": 0.8,
                 "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom"}},
        targets=_targets({legend: expr}, range=True),
    )  # fmt: skip


def table(
    title: str, asks: str, columns: dict[str, tuple[str, str]], by: list[str], *, width: int = 24, height: int = 8,
    link: str = "",
) -> Json:  # fmt: skip
    """The newest values as a table: column name to unit and query, a row per combination of the labels `by`.

    `link` is the dashboard that the first label leads to.
    """
    refs = dict(zip(columns, REFS, strict=False))
    names = {f"Value #{ref}": name for name, ref in refs.items()}
    overrides = [
        {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "unit", "value": unit}]}
        for name, (unit, _) in columns.items()
    ]
    if link:
        kept = [f"${{{name}:queryparam}}" for name in ("datasource", "job", "instance") if name != by[0]]
        url = f"/d/{link}?" + "&".join(["${__url_time_range}", *kept, f"var-{by[0]}=${{__value.raw}}"])
        lead = {"id": "links", "value": [{"title": "look closer", "url": url}]}
        overrides.append({"matcher": {"id": "byName", "options": by[0]}, "properties": [lead]})
    queries = {name: expr for name, (_, expr) in columns.items()}
    return _panel(
        "table", title, asks, width, height,
        fieldConfig={"defaults": {"unit": "short", "custom": {"align": "auto"}}, "overrides": overrides},
        options={"showHeader": True, "cellHeight": "sm"},
        targets=_targets(queries, format="table", instant=True),
        transformations=[
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {
                "excludeByName": {"Time": True},
                "indexByName": {name: place for place, name in enumerate([*by, *names])},
                "renameByName": names,
            }},
        ],
    )  # fmt: skip


def row(title: str, *panels: Json) -> list[Json]:
    """A heading and what stands below it."""
    place = {"w": COLUMNS, "h": 1}
    return [{"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": place}, *panels]


def _query_variable(name: str, label: str, query: str, *, several: bool = True) -> Json:
    return {
        "name": name, "label": label, "type": "query", "datasource": SOURCE, "hide": 0, "sort": 1, "refresh": 2,
        "query": {"query": query, "refId": f"variable-{name}"}, "definition": query, "skipUrlSync": False,
        "multi": several, "includeAll": several, "allValue": ".+" if several else None,
        "current": {"text": "All", "value": "$__all"} if several else {},
    }  # fmt: skip


def variables(*more: Json) -> list[Json]:
    """Data source, job and instance, then those of the dashboard."""
    source = {
        "name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "hide": 0,
        "current": {},
    }  # fmt: skip
    build = "localctl_build_info"
    return [
        source,
        _query_variable("job", "Job", f"label_values({build}, job)"),
        _query_variable("instance", "Instance", f'label_values({build}{{job=~"$job"}}, instance)'),
        *more,
    ]


def circuit_variable() -> Json:
    """The circuits of the chosen boxes."""
    return _query_variable("circuit", "Circuit", f"label_values(localctl_circuit_limit_amperes{{{MATCHERS}}}, circuit)")


def station_variable() -> Json:
    """One station of the chosen boxes."""
    query = f"label_values(localctl_station_connected{{{MATCHERS}}}, station)"
    return _query_variable("station", "Station", query, several=False)


def dashboard(name: str, title: str, purpose: str, templates: list[Json], *rows: list[Json]) -> Json:
    """One dashboard; panels flow from left to right and get their places and numbers here."""
    panels, left, top, tallest = [], 0, 0, 0
    for number_, panel in enumerate([panel for part in rows for panel in part], 1):
        place = panel["gridPos"]
        if left + place["w"] > COLUMNS:
            left, top, tallest = 0, top + tallest, 0
        panels.append({**panel, "id": number_, "gridPos": {"x": left, "y": top, **place}})
        left, tallest = left + place["w"], max(tallest, place["h"])
    alerts = {
        "name": "Alerts", "enable": True, "iconColor": "red", "datasource": SOURCE, "titleFormat": "{{alertname}}",
        "expr": _query('ALERTS{alertname=~"Localctl.+", alertstate="firing", @}'),
    }  # fmt: skip
    return {
        "uid": f"localctl-{name}", "title": f"localctl / {title}", "description": purpose, "tags": ["localctl"],
        "editable": False, "graphTooltip": 1, "schemaVersion": 39, "timezone": "browser", "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"}, "annotations": {"list": [alerts]}, "templating": {"list": templates},
        "links": [{
            "type": "dashboards", "title": "localctl", "tags": ["localctl"], "asDropdown": True, "includeVars": True,
            "keepTime": True,
        }],
        "panels": panels,
    }  # fmt: skip
