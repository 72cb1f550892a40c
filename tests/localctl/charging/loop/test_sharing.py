"""Shares over time, idle reserves that give way, and answers that are used again."""

from localctl.charging.allocation.allocator_demand import Demand
from localctl.charging.allocation.allocator_turns import Policy
from localctl.charging.base.steps import ALWAYS
from localctl.charging.limiting.limits import Cap, Source, Step
from localctl.charging.limiting.limits_effective import effective
from localctl.charging.loop.sharing import Asked, Sharing, share_steps
from localctl.charging.tree.rows import compile_rows
from tests.localctl.charging.sites import panel, station, tree

CALM = Policy(min_on_s=0.0, min_off_s=0.0)
NETWORK = compile_rows(tree(panel("main", None, 32.0), station("A"), station("B"), station("C")))


def asked(caps=None, idle=("B", "C")):
    demands = tuple(Demand(evse=(name, 1), **({"fixed_a": 6.0} if name in idle else {})) for name in "ABC")
    return Asked(demands=demands, caps=caps or {}, idle=frozenset((name, 1) for name in idle))


def limited(*steps, at=0.0):
    found = tuple(Step(at=since, cap=Cap(a=(amps, amps, amps))) for since, amps in steps)
    return effective(NETWORK, [Source(name="ems", node=("panel", "main"), steps=found)], {}, at, at + 600.0)


def given(sharing, horizon, wanted, turns=None):
    shared = sharing.share(NETWORK, horizon, wanted, turns or {}, horizon.start)
    return shared, [round(amps, 6) for amps in shared.spans[0].allocation.amps.values()]


def test_idle_reserves_are_kept_while_they_fit():
    shared, amps = given(Sharing(CALM), limited(), asked())
    assert amps == [20.0, 6.0, 6.0]
    assert shared.yielding == frozenset()


def test_k03_they_give_way_when_they_do_not_fit():
    shared, amps = given(Sharing(CALM), limited((0.0, 10.0)), asked())
    assert amps == [10.0, 0.0, 0.0]
    assert shared.yielding == {("B", 1), ("C", 1)}
    assert [demand.fixed_a for demand in shared.demands] == [None, 0.0, 0.0]


def test_k03_they_give_way_to_a_car_that_would_not_get_its_minimum():
    assert given(Sharing(CALM), limited((0.0, 17.0)), asked())[1] == [17.0, 0.0, 0.0]


def test_they_give_way_already_now_for_a_limit_to_come():
    shared, _ = given(Sharing(CALM), limited((300.0, 10.0)), asked())
    assert share_steps(shared.spans, ("A", 1)) == ((ALWAYS, 32.0), (300.0, 10.0))


def test_caps_that_change_make_stretches_of_their_own():
    shared, _ = given(Sharing(CALM), limited(), asked(caps={("A", 1): ((ALWAYS, 20.0), (100.0, 8.0))}))
    assert share_steps(shared.spans, ("A", 1)) == ((ALWAYS, 20.0), (100.0, 8.0))


def test_a_calm_answer_is_used_again_with_the_limits_of_now():
    sharing = Sharing(CALM)
    first, _ = given(sharing, limited(), asked())
    turns = first.spans[0].allocation.turns
    second, _ = given(sharing, limited(at=5.0), asked(), turns)
    third, amps = given(sharing, limited(at=10.0), asked(), second.spans[0].allocation.turns)
    assert third.spans[0].start == 10.0
    assert third.spans[0].allocation.verdicts is second.spans[0].allocation.verdicts
    assert amps == [20.0, 6.0, 6.0]


def test_it_is_not_when_a_limit_a_demand_or_a_turn_is_another():
    sharing = Sharing(CALM)
    first, _ = given(sharing, limited(), asked())
    turns = first.spans[0].allocation.turns
    given(sharing, limited(at=5.0), asked(), turns)
    assert given(sharing, limited((0.0, 30.0), at=6.0), asked(), turns)[1] == [18.0, 6.0, 6.0]
    given(sharing, limited(at=7.0), asked(), turns)
    assert given(sharing, limited(at=8.0), asked(idle=("C",)), turns)[1] == [13.0, 13.0, 6.0]
