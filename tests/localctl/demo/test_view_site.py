"""Panels as bars, and why stations have their amperes."""

import io

import pytest
from rich.console import Console

from localctl.charging.showing.picture_text import WHY
from localctl.demo.view_site import WORDS, bar, panels_table, why, whys


def phase(**features):
    """One phase of a panel, as the box tells it."""
    made = {"limit_a": 40.0, "allocated_a": 39.0, "measured_a": 30.4, "over_a": 0.0, "source": "ems"}
    return made | features


def panel(name, **phases):
    """One panel, as the box tells it."""
    return {"id": name, "phases": {one: phase(**phases.get(one, {})) for one in ("L1", "L2", "L3")}}


def station(*evses):
    """One station, as the box tells it."""
    usual = {"reason": "row", "binding": None, "distrusted": False}
    return {"identity": "CP1", "evses": [usual | evse for evse in evses]}


ROW = {"node": "panel:main", "phase": "L2", "source": "ems"}


@pytest.mark.parametrize(
    ("amps", "drawn"),
    [
        ((0, 0, 0, 100), "············"),
        ((50, 75, 100, 100), "██████▒▒▒░░░"),
        ((25, 25, 50, 100), "███░░░······"),
        ((100, 100, 100, 100), "████████████"),
        ((80, 20, 40, 100), "██████████··"),
        ((500, 500, 500, 100), "████████████"),
    ],
)
def test_a_bar_shows_what_flows_what_is_given_and_what_is_free(amps, drawn):
    assert bar(*amps) == drawn


def test_a_row_per_panel_with_its_figures_and_whose_limit_it_is():
    shown = panel("main", L2={"measured_a": None, "source": "fuse", "limit_a": None}), panel("elsewhere")
    out = Console(file=io.StringIO(), width=140)
    out.print(panels_table({"panels": shown}))
    lines = [line for line in out.file.getvalue().splitlines() if "main" in line]
    assert len(lines) == 1
    assert "30/39/40" in lines[0]
    assert "?/39/100" in lines[0]
    assert "ems + fuse" in lines[0]
    assert "elsewhere" not in out.file.getvalue()


def test_a_limit_that_binds_is_named_with_node_phase_and_source():
    assert why(station({"binding": ROW})) == "main L2 (ems)"
    assert whys({"stations": [station({"binding": ROW})]}) == {"CP1": "main L2 (ems)"}


def test_everything_else_is_said_in_a_few_words():
    assert why(station({"reason": "csms", "binding": ROW})) == "CSMS profile"
    assert why(station({"reason": "something new"})) == "something new"
    assert why(station({"reason": "empty"}, {"reason": "waiting"})) == "no car, waits"
    assert why(station({"reason": "empty"}, {"reason": "yielding"})) == "no car"
    assert all(len(words) <= 14 for words in WORDS.values())


def test_who_disobeys_is_named_so():
    assert why(station({"binding": ROW}, {"distrusted": True})) == "disobeys"


def test_every_reason_the_box_gives_has_its_few_words():
    assert WHY.keys() - WORDS.keys() == {"row"}
