"""What everybody asks for, and which EVSEs dispatch gets a share for."""

from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.base.steps import constant
from localctl.charging.limiting.limits import Cap, Source, Step
from localctl.charging.limiting.limits_effective import effective
from localctl.charging.loop.asking import Asking
from localctl.charging.loop.csms_caps import CsmsCaps
from localctl.charging.loop.sharing import Sharing
from localctl.charging.tree.rows import compile_rows
from tests.localctl.charging.loop.test_csms_caps import with_profile
from tests.localctl.charging.loop.test_demands import NOW, seen
from tests.localctl.charging.sites import panel, tree


def shares(one, limit_a=32.0):
    """Shares of a site with one station, under a limit."""
    network = compile_rows(tree(panel("main", None, 32.0), one.placed))
    step = Step(at=0.0, cap=Cap(a=(limit_a, limit_a, limit_a)))
    horizon = effective(network, [Source(name="ems", node=("panel", "main"), steps=(step,))], {}, NOW, NOW + 600)
    asking = Asking(CsmsCaps(600.0, 230.0))
    asked, _ = asking.of({"A": one}, lambda evse: None, NOW)
    spans = Sharing(Policy()).share(network, horizon, asked, {}, NOW).spans
    return asked, asking.shares({"A": one}, spans, asked.caps, NOW)


def test_an_idle_evse_that_keeps_its_reserve_needs_no_share():
    asked, found = shares(seen())
    assert asked.idle == {("A", 1)}
    assert found == {}


def test_one_whose_reserve_does_not_fit_gets_less():
    assert shares(seen(), limit_a=4.0)[1]["A", 1].amps == constant(0.0)


def test_k08_one_whose_csms_allows_less_than_the_reserve_gets_that_cap():
    share = shares(with_profile(seen(), 0.0))[1]["A", 1]
    assert (share.amps, share.cap) == (constant(6.0), constant(0.0))


def test_a_car_gets_its_share_with_the_cap():
    asked, found = shares(with_profile(seen(charging="Charging"), 9.0))
    assert (found["A", 1].amps, found["A", 1].cap) == (constant(9.0), constant(9.0))
    assert asked.idle == frozenset()


def test_who_is_away_gets_no_share():
    asked, found = shares(seen(steered=False))
    assert (found, asked.idle) == ({}, frozenset())
