"""The tree's values and what can be asked of it."""

import pytest

from localctl.charging.tree.topology import Current, Evse, draw
from tests.localctl.charging.sites import panel, station, tree


def test_panels_above_end_at_the_root_and_panels_below_are_the_next_level():
    topology = tree(panel("main"), panel("p", "main"), panel("q", "p"), panel("o", "main"), station("a", "q"))
    assert [above.id for above in topology.panels_above("q")] == ["q", "p", "main"]
    assert topology.panels_below("main") == ("o", "p")
    assert topology.root == "main"


def test_an_evse_is_found_by_station_and_number_or_not_at_all():
    topology = tree(panel("main"), station("a", phases=(2,)))
    assert topology.evse(("a", 1)).phases == (2,)
    assert topology.evses == (("a", 1),)
    with pytest.raises(KeyError):
        topology.evse(("a", 2))


def test_a_dc_evse_is_rated_by_its_power_at_the_plug_and_its_losses():
    dc = Evse(id=1, current=Current.DC, max_a=500.0, max_w=43_700.0, efficiency=0.95)
    assert dc.rating_a(230.0) == pytest.approx(66.67, abs=0.01)
    assert dc.plug_w(66.666667, 230.0) == pytest.approx(43_700.0, abs=1)
    assert Evse(id=1).rating_a(230.0) == 32.0


def test_the_graph_has_one_edge_from_each_thing_to_what_hangs_on_it():
    graph = draw([panel("main"), panel("p", "main")], [station("a", "p")], ())
    assert set(graph.edges) == {
        (("panel", "main"), ("panel", "p")),
        (("panel", "p"), ("station", "a")),
        (("station", "a"), ("station", "a", "evse", "1")),
    }
