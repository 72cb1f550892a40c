"""The picture: well-formed, readable in light and dark, one bar per phase, and honest numbers."""

from xml.etree import ElementTree as ET

from localctl.charging.tree.topology_render_svg import BAR_W, Numbers, as_svg
from tests.localctl.charging.sites import panel, station, tree

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*things, numbers=None):
    """The parsed picture."""
    return ET.fromstring(as_svg(tree(*things), numbers))


def shapes(picture, kind):
    return [element for element in picture.iter() if element.get("class") == kind]


def words(picture):
    return ["".join(element.itertext()) for element in picture.iter(f"{SVG}text")]


def test_a_panel_has_one_bar_for_each_phase_it_has():
    picture = drawn(panel("main"), panel("shed", "main", (None, 32.0, None)), station("a"))
    assert len(shapes(picture, "track")) == 4
    assert words(picture).count("L2") == 2


def test_without_numbers_nothing_is_filled_because_unknown_is_not_zero():
    picture = drawn(panel("main"), station("a"))
    assert shapes(picture, "fill") == shapes(picture, "measured") == shapes(picture, "limit") == []


def test_bars_are_as_long_as_their_part_of_the_fuse():
    numbers = {
        ("panel", "main"): Numbers(
            allocated_a=(25.0, 0.0, None), measured_a=(20.0, None, None), limit_a=(50.0, None, None)
        )
    }
    picture = drawn(panel("main"), station("a"), numbers=numbers)
    assert [float(bar.get("width")) for bar in shapes(picture, "fill")] == [BAR_W / 4, 0.0]
    assert len(shapes(picture, "measured")) == len(shapes(picture, "limit")) == 1
    assert "25.0 of 50 A, 20.0 A now" in words(picture)
    assert "0.0 of 100 A" in words(picture)
    assert "100 A" in words(picture)


def test_more_than_the_limit_is_shown_as_over_and_stays_inside_its_track():
    numbers = {("panel", "main"): Numbers(allocated_a=(60.0, 150.0, 10.0), limit_a=(50.0, None, None))}
    over = shapes(drawn(panel("main"), station("a"), numbers=numbers), "over")
    assert [float(bar.get("width")) for bar in over] == [BAR_W * 0.6, BAR_W]


def test_a_station_shows_its_highest_phase():
    numbers = {("station", "a"): Numbers(allocated_a=(16.0, 16.0, 16.0), measured_a=(14.0, 15.5, None))}
    assert "16.0 A, 15.5 A now" in words(drawn(panel("main"), station("a"), numbers=numbers))


def test_names_are_escaped_and_long_ones_cut():
    picture = drawn(panel("<&>"), station("x" * 80, on="<&>"))
    assert "<&>" in words(picture)
    assert any("x" * 29 + "…" in text for text in words(picture))


def test_it_follows_the_reader_s_colours_and_fetches_nothing():
    text = as_svg(tree(panel("main"), station("a")))
    assert "@media (prefers-color-scheme: dark)" in text
    assert text.count("http") == 1
    assert "<script" not in text


def test_stations_on_no_panel_stand_below_the_tree_without_a_wire():
    plain, more = (as_svg(tree(panel("main"), station("a")), unplaced=names) for names in ((), ["lonely"]))
    before, after = ET.fromstring(plain), ET.fromstring(more)
    assert "lonelyon no panel, routed only" in words(after)
    assert len(shapes(after, "wire")) == len(shapes(before, "wire")) == 1
    assert int(after.get("height")) > int(before.get("height"))
