"""The committed dashboards as values: their panels and queries, and a query with Grafana's variables filled in."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.repo.tree import ROOT

GRAFANA = ROOT / "deploy" / "grafana"
BOARDS: dict[str, dict[str, Any]] = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted((GRAFANA / "dashboards").glob("*.json"))
}
USUAL = {
    "$__rate_interval": "1m", "$__range": "6h", "$job": ".+", "$instance": ".+", "$circuit": "main", "$station": "CP1",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One query of one panel."""

    board: str
    panel: str
    ref: str
    expr: str
    legend: str

    def __str__(self) -> str:
        return f"{self.board}-{self.panel}-{self.ref}"


def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Every panel that shows something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def targets(board: dict[str, Any]) -> Iterator[Target]:
    """Every query of a dashboard."""
    for panel in panels(board):
        for target in panel["targets"]:
            yield Target(
                board=board["uid"].removeprefix("localctl-"), panel=panel["title"], ref=target["refId"],
                expr=target["expr"], legend=target["legendFormat"] if panel["type"] != "table" else "",
            )  # fmt: skip


def filled(expr: str, values: Mapping[str, str] = USUAL) -> str:
    """The query as Prometheus gets it."""
    for name, value in values.items():
        expr = expr.replace(name, value)
    return expr
