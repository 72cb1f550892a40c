"""Curves: merging, rounding, and the nodes of the site."""

from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.composition.composite_curves import CompositePeriod, merged, node_schedule, on_the_wire
from localctl.charging.profile.profiles import RateUnit

AMPS, WATTS = RateUnit.AMPS, RateUnit.WATTS


def curve(*steps):
    return [CompositePeriod(*step) for step in steps]


def test_r17_equal_neighbours_become_one():
    assert merged(curve((0, 6.0, 3), (5, 6.0, 3), (9, 6.0, 1), (12, 6.0, 1, 2))) == curve(
        (0, 6.0, 3), (9, 6.0, 1), (12, 6.0, 1, 2)
    )
    assert merged([]) == []


def test_r17_rounding_comes_before_merging():
    assert on_the_wire(curve((0, 6.09, 3), (5, 6.0000000001, 3), (9, 5.99, 3))) == curve((0, 6.0, 3), (9, 5.9, 3))


def test_r19_a_node_is_the_lowest_of_its_caps_and_the_sum_of_its_children():
    children = curve((0, 16.0, 3), (100, 32.0, 3)), curve((0, 10.0, 1), (50, 6.0, 1))
    said = node_schedule([curve((0, 63.0), (150, 20.0))], children, AMPS)
    assert said == curve((0, 26.0, 3), (50, 22.0, 3), (100, 38.0, 3), (150, 20.0, 3))


def test_r19_fewer_phases_required_above_bind_below():
    child = curve((0, 4140.0, 3))
    assert node_schedule([curve((0, 99999.0, 1))], [child, child], WATTS) == curve((0, 2760.0, 1))
    assert node_schedule([curve((0, 63.0, 1))], [curve((0, 6.0, 3))], AMPS) == curve((0, 6.0, 1))
    assert node_schedule([curve((0, 99999.0, 3))], [curve((0, 1380.0, 1))], WATTS) == curve((0, 1380.0, 1))


def test_r19_the_phase_to_use_is_dropped_and_a_node_without_children_draws_nothing():
    assert node_schedule([], [curve((0, 6.0, 1, 2))], AMPS) == curve((0, 6.0, 1))
    assert node_schedule([curve((0, 63.0))], [], AMPS) == curve((0, 0.0))


CURVES = st.lists(
    st.dictionaries(st.integers(1, 20), st.integers(0, 40), max_size=4).map(
        lambda steps: curve((0, 9.0), *((at, float(limit)) for at, limit in sorted(steps.items())))
    ),
    max_size=3,
)


def at_second(one, second):
    return [each.limit for each in one if each.start_s <= second][-1]


@given(CURVES, CURVES)
def test_r19_holds_at_every_second(caps, children):
    said = node_schedule(caps, children, AMPS)
    for second in range(25 if said else 0):
        below = sum(at_second(child, second) for child in children)
        assert at_second(said, second) == min([below, *(at_second(cap, second) for cap in caps)])
