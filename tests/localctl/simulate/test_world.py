"""Loads, peaks and ampere-seconds, exact at the changes."""

import pytest

from localctl.simulate.in_force import Amount, InForce, Said
from localctl.simulate.judge import Cause, Grace, Judge
from localctl.simulate.wiring import Place, Wiring
from localctl.simulate.world import World
from tests.localctl.simulate.sites import config, station

SITE = config(
    '[[panel]]\nid = "main"\nfuse_a = 40\n[[panel]]\nid = "row"\nparent = "main"\nfuse_a = 32\n'
    + station("CP-1", "row") + station("CP-2", "row", "STR")
)  # fmt: skip
ALL = (1, 2, 3)
L1 = ("main", "L1")


def world(loads=(), allowed=None):
    wiring = Wiring(SITE, {name: Place(panel="row", rotation="RST") for name in ("CP-1", "CP-2")})
    judge = Judge(Grace(reaction_s=5, order_s=10))
    made = World(wiring, InForce(SITE), judge, loads=loads, panels=["main", "row"], now=0.0,
                 allowed=allowed or (lambda _identity, _evse: None))  # fmt: skip
    return made


def test_loads_add_up_and_fall_again():
    site = world(loads=[("main", (10.0, 0.0, 0.0))])
    site.drew("CP-1", 1, ALL, 16, 0)
    site.drew("CP-2", 1, (1,), 6, 1)
    assert site.load(L1) == pytest.approx(32)
    assert site.load(("row", "L1")) == pytest.approx(22)
    site.drew("CP-1", 1, ALL, 0, 2)
    assert site.load(L1) == pytest.approx(16)
    assert site.drawn_a("CP-2", 1) == 6


def test_an_excess_is_integrated_from_its_first_to_its_last_instant():
    site = world()
    site.drew("CP-1", 1, ALL, 30, 0.0)
    site.drew("CP-2", 1, (1,), 6.5, 10.25)
    site.drew("CP-2", 1, (1,), 0.0, 14.75)
    site.settle(100)
    fuse, _ = site.kept(("row", "L1"))
    assert fuse.over == {Cause.FAULT: pytest.approx(4.5 * 4.5)}
    assert fuse.worst_over == pytest.approx(4.5)
    assert site.kept(("row", "L2"))[0].over == {}
    assert site.incidents[0].at == 10.25
    assert site.incidents[0].hard


def test_the_peak_remembers_its_limit_and_moment():
    site = world()
    site.drew("CP-1", 1, ALL, 16, 7)
    site.drew("CP-1", 1, ALL, 8, 9)
    fuse, _ = site.kept(("row", "L3"))
    assert fuse.peak == fuse.closest == pytest.approx(16)
    assert (fuse.closest_limit, fuse.closest_at) == (32, 7)
    assert fuse.closest_part == pytest.approx(0.5)


def test_a_load_that_lasts_no_time_is_no_peak():
    site = world()
    site.drew("CP-1", 1, ALL, 30, 5)
    site.drew("CP-2", 1, ALL, 16, 5)
    site.drew("CP-1", 1, ALL, 14, 5)
    site.settle(6)
    fuse, _ = site.kept(("row", "L1"))
    assert fuse.peak == pytest.approx(30)
    assert fuse.over == {}


def test_a_lower_limit_is_excused_for_the_reaction_and_no_longer():
    site = world()
    site.drew("CP-1", 1, ALL, 20, 0)
    site.in_force.put("ems", "main", Said(amount=Amount(amps=(12, 12, 12)), said_at=100))
    site.limits_changed(100)
    site.settle(120)
    _, kept = site.kept(L1)
    assert kept.over == {Cause.REACTION: pytest.approx(8 * 15), Cause.FAULT: pytest.approx(8 * 5)}
    assert site.kept(L1)[0].over == {}


def test_the_same_limit_put_again_gives_no_new_grace():
    site = world()
    site.drew("CP-1", 1, ALL, 20, 0)
    for at in (100, 110):
        site.in_force.put("ems", "main", Said(amount=Amount(amps=(12, 12, 12)), said_at=at))
        site.limits_changed(at)
    site.settle(120)
    assert site.kept(L1)[1].over[Cause.FAULT] == pytest.approx(8 * 5)


def test_a_limit_in_watts_is_over_all_phases():
    site = world()
    site.drew("CP-1", 1, ALL, 10, 0)
    site.in_force.put("ems", "main", Said(amount=Amount(watts=6000), said_at=0))
    site.limits_changed(0)
    site.settle(20)
    assert site.kept(("main", "W"))[1].over[Cause.REACTION] == pytest.approx((6900 - 6000) * 15)


def test_what_a_liars_own_profiles_forbid_is_counted_as_its():
    site = world(allowed=lambda identity, _evse: 6.0 if identity == "CP-2" else None)
    site.drew("CP-1", 1, ALL, 26, 0)
    site.drew("CP-2", 1, ALL, 16, 0)
    site.settle(10)
    assert site.kept(("row", "L1"))[0].over == {Cause.LIAR: pytest.approx(100)}


def test_a_liar_whose_limit_rises_to_what_it_draws_is_no_liar_until_it_falls_again():
    allowed = {"CP-2": 6.0}
    site = world(allowed=lambda identity, _evse: allowed.get(identity))
    site.drew("CP-2", 1, ALL, 16, 0)
    assert site.judge.standing("CP-2").lying_since == 0
    allowed["CP-2"] = 18.0
    site.drew("CP-1", 1, ALL, 10, 5)
    assert site.judge.standing("CP-2").lying_since is None
    allowed["CP-2"] = 6.0
    site.limits_changed(1000)
    assert site.judge.standing("CP-2").lying_since == 1000


def test_exactly_full_is_not_too_much():
    site = world()
    site.drew("CP-1", 1, ALL, 32, 0)
    site.settle(1000)
    assert site.kept(("row", "L1"))[0].over == {}


def test_who_lied_at_the_time_is_to_blame_also_when_it_is_settled_later():
    allowed = {"CP-2": 6.0}
    site, calls = world(allowed=lambda identity, _evse: allowed.get(identity)), []
    site.on_over = lambda: calls.append(1)
    site.drew("CP-1", 1, ALL, 26, 0)
    assert calls == []
    site.drew("CP-2", 1, ALL, 16, 0)
    assert calls == [1]
    allowed["CP-2"] = 32.0
    site.settle(10)
    assert site.kept(("row", "L1"))[0].over == {Cause.LIAR: pytest.approx(100)}
    assert site.look(10)
    site.settle(11)
    assert site.kept(("row", "L1"))[0].over[Cause.FAULT] == pytest.approx(10)
    site.drew("CP-2", 1, ALL, 0, 11)
    assert not site.look(12)
