"""The tree as text, Mermaid and DOT."""

import re

import pytest

from localctl.charging.tree.topology import Current, Evse, Load
from localctl.charging.tree.topology_render import amperes, as_dot, as_mermaid, as_text, outline
from tests.localctl.charging.sites import panel, station, tree


def site():
    return tree(
        panel("main", amps=250.0, reserve_a=10.0),
        panel("south", "main", (63.0, 63.0, 80.0), limit_w=40_000.0),
        panel("shed", "south", (None, 32.0, None)),
        station("CP-1", "south", rotation="STR"),
        station("CP-2", "shed", (2,), controllable=False),
        loads=(Load(id="lift", panel="main", reserved_a=(10.0, 10.0, 10.0)),),
    )


def test_the_terminal_tree_reads_top_down_with_ratings_and_rotations():
    assert as_text(site()).splitlines() == [
        "main  3 × 250 A, 10 A kept back",
        "├─ south  L1 63 A L2 63 A L3 80 A, 40 kW",
        "│  ├─ shed  L2 32 A",
        "│  │  └─ CP-2  RST, EVSE 1 1-phase 32 A, not controllable",
        "│  └─ CP-1  STR, EVSE 1 3-phase 32 A",
        "└─ lift  load, 3 × 10 A reserved",
    ]


def test_every_thing_of_the_site_is_in_the_outline_once_after_its_parent():
    seen = []
    for item in outline(site()):
        assert item.parent is None or item.parent in seen
        seen.append(item.path)
    assert sorted(seen) == sorted(path for path in site().graph.nodes if len(path) == 2)


@pytest.mark.parametrize("drawing", [as_mermaid, as_dot])
def test_mermaid_and_dot_have_a_node_for_each_thing_and_an_edge_for_each_but_the_root(drawing):
    text = drawing(site())
    nodes = re.findall(r"^  (n\d+) ?[\[(]", text, re.MULTILINE)
    assert sorted(nodes) == [f"n{number}" for number in range(6)]
    assert len(re.findall(r"--?>", text)) == 5


def test_names_from_people_cannot_break_out_of_the_drawing():
    nasty = 'a"]; x --> y <b>\\'
    topology = tree(panel("main"), station(nasty))
    assert '"' not in re.search(r'n1\("(.*)"\)', as_mermaid(topology))[1]
    assert r'label="a\"]; x --> y <b>\\\n' in as_dot(topology)


def test_dc_line_to_line_and_transformers_are_told():
    dc = Evse(id=2, current=Current.DC, max_w=150_000.0, max_a=400.0)
    wye = panel("wye", "main", transformer_ratio=480 / 208)
    text = as_text(
        tree(panel("main"), wye, station("dc", "wye", evse=dc), station("ll", "wye", (1,), line_to_line=True))
    )
    assert "dc  RST, EVSE 2 DC 150 kW" in text
    assert "ll  RST, line to line, EVSE 1 1-phase 32 A" in text
    assert "behind a delta-wye transformer 2.31:1" in text


@pytest.mark.parametrize(
    ("per_phase", "words"),
    [((16.0, 16.0, 16.0), "3 × 16 A"), ((16.0, None, 20.0), "L1 16 A L3 20 A"), ((None, None, None), "no phase")],
)
def test_amperes_in_few_words(per_phase, words):
    assert amperes(per_phase) == words


def test_stations_on_no_panel_stand_by_themselves_below_the_tree():
    assert as_text(site(), ["X-2", "X-1"]).splitlines()[-2:] == [
        "X-1  on no panel, routed only",
        "X-2  on no panel, routed only",
    ]
    for drawing in (as_mermaid, as_dot):
        text = drawing(site(), ["X-1"])
        assert re.search(r"^  n6 ?[\[(].*X-1", text, re.MULTILINE)
        assert not re.search(r"--?> n6", text)
