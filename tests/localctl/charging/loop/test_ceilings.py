"""What an ampere of each EVSE adds to each row, and that nothing is copied where nothing has changed."""

import pytest

from localctl.charging.limiting.limits_effective import effective
from localctl.charging.loop.ceilings import Ceilings
from localctl.charging.tree.rows import compile_rows
from tests.localctl.charging.sites import panel, station, tree


@pytest.fixture
def network():
    return compile_rows(tree(panel("main", None, 32.0), station("A"), station("B", rotation="STR")))


def under(network, ceilings, used):
    horizon = effective(network, (), {}, 0.0, 60.0)
    return {each.name: each for each in ceilings.under(horizon, horizon.at(0.0), used)}


def test_a_car_of_unknown_phases_counts_on_all(network):
    found = under(network, Ceilings(network), {})
    assert {name: sorted(each.factors) for name, each in found.items()} == {
        f"panel main {phase}": [("A", 1), ("B", 1)] for phase in ("L1", "L2", "L3")
    }


def test_a_one_phase_car_counts_where_its_station_is_turned_to(network):
    found = under(network, Ceilings(network), {("B", 1): (1,)})
    assert [name for name, each in found.items() if ("B", 1) in each.factors] == ["panel main L2"]


def test_a_row_in_which_nothing_changed_keeps_its_dictionary(network):
    ceilings = Ceilings(network)
    before = under(network, ceilings, {("B", 1): (1,)})
    after = under(network, ceilings, {("B", 1): (2,)})
    assert after["panel main L1"].factors is before["panel main L1"].factors
    assert ("B", 1) in before["panel main L2"].factors
    assert ("B", 1) not in after["panel main L2"].factors
    assert ("B", 1) in after["panel main L3"].factors


def test_p3_what_a_row_is_worth_unwatched_comes_along(network):
    assert under(network, Ceilings(network), {})["panel main L1"].rest_a == 32.0
