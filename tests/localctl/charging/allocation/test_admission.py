"""Admission at the minimum: in order, within every row, with room kept for a car that starves."""

from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.allocation.admission import Candidate, admit, scarce_rows
from localctl.charging.allocation.waterfill import FREE, book
from localctl.charging.tree.rows import compile_rows
from tests.localctl.charging.sites import crowds, limits, panel, station, tree, trees


def gate(topology, candidates, network=None):
    """Admit in the order given; the verdicts as node names (None: admitted)."""
    network = network or compile_rows(topology)
    values = limits(network).values
    used = [0.0] * network.lane_count
    scarce = scarce_rows(network, values, used, [(c.footprint, c.min_a) for c in candidates])
    if not scarce:
        return [None] * len(candidates)
    verdicts = admit(network, values, used, candidates, scarce)
    return [None if row == FREE else network.rows[row].node[1] for row in verdicts]


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_car_is_refused_only_when_a_row_has_no_room_for_it_after_those_before(data):
    topology = data.draw(trees(most=15))
    network = compile_rows(topology)
    values = limits(network).values
    demands = data.draw(crowds(topology, minima=(6.0, 8.0)))
    candidates = [Candidate(network.footprint(d.evse, d.phases), d.min_a) for d in demands]
    verdicts = gate(topology, candidates, network)
    used = [0.0] * network.lane_count
    for candidate, verdict in zip(candidates, verdicts, strict=True):
        trial = used.copy()
        book(network, trial, candidate.footprint, candidate.min_a)
        fits = all(network.load(row, trial) <= values[row] + 1e-6 for row in range(len(network.rows)))
        assert fits == (verdict is None)
        used = trial if fits else used


def test_the_refusing_row_is_named_and_smaller_cars_behind_still_get_in():
    topology = tree(
        panel("main", amps=100.0),
        panel("sub", "main", (20.0, 5.0, 20.0)),
        station("big", "sub"),
        station("small", "sub", (1,)),
    )
    network = compile_rows(topology)
    big, small = (network.footprint((name, 1)) for name in ("big", "small"))
    assert gate(topology, [Candidate(big, 6.0), Candidate(small, 6.0)], network) == ["sub", None]


def test_room_is_kept_for_a_starving_car_but_not_where_a_higher_class_leaves_it_none():
    topology = tree(
        panel("main", amps=11.0), station("three"), station("one", phases=(1,)), station("vip", phases=(1,))
    )
    network = compile_rows(topology)
    three, one, vip = (network.footprint((name, 1)) for name in ("three", "one", "vip"))
    keeper, waiting = Candidate(vip, 6.0), Candidate(three, 6.0, starving=True)
    nobody_else = [keeper, waiting, Candidate(one, 4.0)]
    assert gate(topology, nobody_else, network) == [None, "main", "main"]
    above = [Candidate(vip, 6.0, priority=1), waiting, Candidate(one, 4.0)]
    assert gate(topology, above, network) == [None, "main", None]


def test_nothing_is_scarce_where_all_minima_fit():
    topology = tree(panel("main", amps=12.0), station("a"), station("b"))
    network = compile_rows(topology)
    footprint = network.footprint(("a", 1))
    values, used = limits(network).values, [0.0] * network.lane_count
    assert scarce_rows(network, values, used, [(footprint, 6.0), (footprint, 6.0)]) == frozenset()
    assert scarce_rows(network, values, used, [(footprint, 6.0), (footprint, 6.5)]) == {0, 1, 2}
