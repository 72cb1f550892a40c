"""Names in a path, and what they may mean."""

import pytest

from localctl.web.nodes import find_node
from localctl.web.requests import Refused
from tests.localctl.charging.sites import panel, station, tree

SITE = tree(panel("main"), panel("CP2", "main", 32.0), panel("station:x", "main", 32.0), station("CP1"), station("CP2"))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("main", ("panel", "main")),
        ("panel:main", ("panel", "main")),
        ("CP1", ("station", "CP1")),
        ("cp1", ("station", "CP1")),
        ("station:cP1", ("station", "CP1")),
        ("panel:CP2", ("panel", "CP2")),
        ("station:cp2", ("station", "CP2")),
        ("station:x", ("panel", "station:x")),
        ("cp2", ("station", "CP2")),
    ],
)
def test_a_node_is_found_by_its_name_with_or_without_its_kind(text, node):
    assert find_node(SITE, text) == node


@pytest.mark.parametrize("text", ["MAIN", "", ":", "panel:", "panel:CP1", "station:main", "load:x", "CP1 "])
def test_what_is_not_there_is_refused_with_the_names_that_are(text):
    with pytest.raises(Refused) as refused:
        find_node(SITE, text)
    assert refused.value.status == 404
    assert "CP2, main, station:x, CP1, CP2" in refused.value.error


def test_a_name_that_means_two_things_is_refused_with_both():
    with pytest.raises(Refused) as refused:
        find_node(SITE, "CP2")
    assert refused.value.status == 409
    assert "panel:CP2 or station:CP2" in refused.value.error


def test_a_large_site_is_not_listed_in_full():
    large = tree(panel("main"), *(station(f"CP{number:03}") for number in range(300)))
    with pytest.raises(Refused) as refused:
        find_node(large, "x" * 5000)
    assert refused.value.error.endswith("and 251 more")
    assert len(refused.value.error) < 500
