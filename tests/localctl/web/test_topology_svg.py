"""The drawing as a whole: one SVG, everything inside it, nothing over anything else, at any width and size."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from localctl.web.reader import WIDTHS
from localctl.web.topology_svg import draw
from tests.localctl.charging.scene import busy
from tests.localctl.web.shown import hostile, many

Box = tuple[float, float, float, float]


def cards(svg: str) -> list[Box]:
    """x, y, width and height of every card."""
    found = re.findall(r'<rect class="card[^"]*" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg)
    return [(float(x), float(y), float(width), float(height)) for x, y, width, height in found]


def overlap(one: Box, other: Box) -> bool:
    return (
        one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3] and other[1] < one[1] + one[3]
    )  # fmt: skip


def test_every_panel_station_and_load_has_one_card():
    shown = busy().picture()
    svg = draw(shown, "en", 1120)
    assert svg.count("<svg") == 1
    assert len(cards(svg)) == len(shown["panels"]) + len(shown["stations"]) + len(shown["loads"])
    assert sorted(re.findall(r'href="#([\w-]+)"', svg)) == ["panel-0", "panel-1", "why-0", "why-1", "why-2"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("count", [1, 7, 50, 200])
def test_one_to_two_hundred_stations_fit_without_touching(width: int, count: int):
    svg = draw(many(count).charging, "en", width)
    height = float(re.search(r'viewBox="0 0 \d+ ([\d.]+)"', svg)[1])  # type: ignore[index]
    boxes = cards(svg)
    assert len(boxes) >= count
    assert all(x >= 0 and y >= 0 and x + w <= width + 0.01 and y + h <= height + 0.01 for x, y, w, h in boxes)
    assert all(w >= 140 for _, _, w, _ in boxes), "too narrow to read"
    assert not any(overlap(one, other) for place, one in enumerate(boxes) for other in boxes[place + 1 :])


def test_panels_stand_side_by_side_where_there_is_room():
    shown = busy().picture()
    sub = next(panel for panel in shown["panels"] if panel["id"] == "sub")
    shown["panels"].append(sub | {"id": "sub2"})
    wide, narrow = draw(shown, "en", 1120), draw(shown, "en", 360)
    tops = [{y for _, y, width, _ in cards(svg) if width > 250} for svg in (wide, narrow)]
    assert [len(found) for found in tops] == [2, 3]


def test_an_overdraft_is_an_alarm_unless_the_box_starts_or_the_limit_is_new():
    shown = busy().picture()
    shown["panels"][0]["phases"]["L1"] |= {"over_a": 5.0, "entitled_a": 18.0}
    assert "▲ may draw 18.0" in draw(shown, "en", 1120)
    assert "falls from 18.0" in draw(shown, "en", 1120, starting=True)
    shown["panels"][0]["phases"]["L1"]["since"] = shown["at"] - 1
    assert "falls from 18.0" in draw(shown, "en", 1120)


def test_it_is_well_formed_whatever_stations_call_themselves():
    root = ElementTree.fromstring(draw(hostile().charging, "en", 360))
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {
        "svg", "defs", "pattern", "rect", "path", "g", "circle", "text", "a",
    }  # fmt: skip


def test_nothing_has_a_style_of_its_own():
    assert "style" not in draw(busy().picture(), "en", 720)


def test_a_site_whose_top_panel_hangs_on_nothing_known_is_drawn_from_there():
    shown = busy().picture()
    shown["panels"] = [panel | {"parent": "gone"} for panel in shown["panels"]]
    assert len(cards(draw(shown, "en", 1120))) == 7
