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


def printed(picture, width, **how):
    """The lines of the panels' table."""
    out = Console(file=io.StringIO(), width=width)
    out.print(panels_table(picture, width=width, **how))
    return out.file.getvalue().splitlines()


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


def test_a_short_bar_shows_the_same():
    assert bar(50, 75, 100, 100, 6) == "███▒░░"


def test_a_row_per_panel_with_its_figures_and_whose_limit_it_is():
    shown = panel("main", L2={"measured_a": None, "source": "fuse", "limit_a": None}), panel("elsewhere")
    (line,) = printed({"panels": shown}, 140)[2:]
    assert "30/39/40" in line
    assert "?/39/100" in line
    assert "ems + fuse" in line
    assert line.startswith("main")


def test_what_is_not_heard_yet_while_it_starts_is_no_alarm():
    picture = {"panels": [panel("main", L2={"measured_a": None, "over_a": 188.0, "allocated_a": 288.0})]}
    (line,) = printed(picture, 80, starting=True)[2:]
    assert line.split()[1:7] == ["██····", "30/39/40", "░░····", "starting", "██····", "30/39/40"]
    assert "?" not in line
    assert "?/288/40" in printed(picture, 80)[2], "later it is one"


@pytest.mark.parametrize("width", [80, 100, 140])
def test_panels_fit_every_terminal_with_the_largest_figures(width):
    full = {"measured_a": 100.0, "allocated_a": 100.0, "limit_a": 100.0}
    names = "main", "row-a", "row-b"
    picture = {"panels": [panel(one, L1=full, L2=full, L3=full | {"source": "fuse"}) for one in names]}
    lines = printed(picture, width)
    assert len(lines) == 5
    assert not any("…" in line for line in lines)
    assert lines[2].count("100/100/100") == 3
    assert lines[2].rstrip().endswith("ems + fuse")


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
