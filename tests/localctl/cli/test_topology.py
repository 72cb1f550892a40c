"""`localctl topology`: the drawing goes to stdout, everything else to stderr."""

from xml.etree import ElementTree as ET

import pytest

from localctl.cli import BAD_CONFIG, FAILED, OK, topology
from tests.localctl.config.files import ROUTER

SITE = (
    ROUTER.replace('"route"', '"adopt"\nadopt_into = "main"\nadopt_count = 2')
    + """
[[panel]]
id = "main"
fuse_a = 63
[[station]]
identity = "CP1"
panel = "main"
phase_rotation = "RST"
evses = [{ id = 1 }]
[[station]]
identity = "GATE"
"""
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(SITE)
    return path


def test_the_tree_shows_panels_stations_the_room_for_adopted_ones_and_who_is_on_no_panel(file, capsys):
    assert topology.run(file) == OK
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "main  3 × 63 A",
        "├─ adopted stations  load, 3 × 12 A reserved",
        "└─ CP1  RST, EVSE 1 3-phase 32 A",
        "GATE  on no panel, routed only",
    ]
    assert "is on no panel" in shown.err


@pytest.mark.parametrize(("fmt", "begin"), [("mermaid", "flowchart TD\n"), ("dot", "digraph site {\n")])
def test_documents_get_their_own_formats(file, capsys, fmt, begin):
    assert topology.run(file, fmt) == OK
    out = capsys.readouterr().out
    assert out.startswith(begin)
    assert all(name in out for name in ("main", "CP1", "GATE"))


def test_the_svg_is_a_whole_document(file, capsys):
    assert topology.run(file, "svg") == OK
    words = ["".join(element.itertext()) for element in ET.fromstring(capsys.readouterr().out).iter()]
    assert any(word.startswith("GATE") for word in words)


def test_a_router_has_nothing_to_draw_and_says_so(file, capsys):
    file.write_text(ROUTER)
    assert topology.run(file) == FAILED
    shown = capsys.readouterr()
    assert (shown.out, "no [[panel]]" in shown.err, "hint:" in shown.err) == ("", True, True)


def test_an_unusable_configuration_is_told_and_not_drawn(file, capsys):
    file.write_text(SITE.replace("63", "5"))
    assert topology.run(file) == BAD_CONFIG
    shown = capsys.readouterr()
    assert (shown.out, "with nobody in control" in shown.err) == ("", True)
