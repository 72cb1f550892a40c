"""PromQL for tests of rules and dashboards: parses a query, holds what it selects against the table of metrics."""

import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import yaml

from localctl.observe.catalogue import ROWS
from localctl.observe.row import Row
from tests.repo.tree import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
ALWAYS = {"job", "instance", "site"}
PROCESS = {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds",
           "process_start_time_seconds"}  # fmt: skip
GROWING = {"rate", "increase", "irate"}


def rules(*files: str) -> list[dict[str, Any]]:
    """Every rule of these files, in order."""
    groups = [group for name in files for group in yaml.safe_load((PROMETHEUS / name).read_text("utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def recorded() -> set[str]:
    """The names that recording rules make."""
    return {rule["record"] for rule in rules("recording.yml")}


def nodes(expr: Any, inside: tuple[str, ...] = ()) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Every part of a parsed query with the names of the functions around it, innermost last."""
    yield expr, inside
    for name in ("lhs", "rhs", "expr"):
        part = getattr(expr, name, None)
        if part is not None:
            yield from nodes(part, inside)
    for part in getattr(expr, "args", ()):
        yield from nodes(part, (*inside, expr.func.name))


def selectors(query: str) -> Iterator[tuple[Any, str, tuple[str, ...]]]:
    """Every selector of a query, its range (empty for none), and the functions around it."""
    for node, inside in nodes(promql_parser.parse(query)):
        if isinstance(node, promql_parser.MatrixSelector):
            yield node.vector_selector, str(node).rpartition("[")[2].rstrip("]"), inside
        elif isinstance(node, promql_parser.VectorSelector):
            yield node, "", inside


def faults(query: str) -> list[str]:
    """What in a query names nothing that the box serves, or treats a counter as if it were a gauge."""
    found = []
    for selector, _, inside in selectors(query):
        matchers = [*selector.matchers.matchers]
        names = [selector.name] if selector.name else [m.value for m in matchers if m.name == "__name__"]
        for name in names:
            found += _faults_of(name, matchers, inside)
    return found


def _faults_of(name: str, matchers: list[Any], inside: tuple[str, ...]) -> list[str]:
    if name in recorded() | PROCESS | {"up", "ALERTS"}:
        return []
    rows = [row for row in ROWS if re.fullmatch(name, row.name) or re.fullmatch(name, f"{row.name}_bucket")
            or re.fullmatch(name, f"{row.name}_count") or re.fullmatch(name, f"{row.name}_sum")]  # fmt: skip
    if not rows:
        return [f"{name} is no metric of localctl"]
    found = [fault for row in rows for fault in _faults_of_labels(row, matchers)]
    if any(row.kind != "gauge" for row in rows) and not set(inside) & GROWING:
        found.append(f"{name} is a counter outside of rate() or increase()")
    return found


def _faults_of_labels(row: Row, matchers: list[Any]) -> Iterator[str]:
    labels = {label.name: label for label in row.labels}
    for matcher in matchers:
        if matcher.name in ALWAYS | {"__name__", "le"}:
            continue
        if matcher.name not in labels:
            yield f"{row.name} has no label {matcher.name}"
        elif labels[matcher.name].values:
            for word in matcher.value.split("|"):
                if word not in labels[matcher.name].values:
                    yield f"{row.name} never has {matcher.name}={word}"
