"""The limits of a plan at any moment: who limits what, and rows that appear when they are needed."""

from datetime import time

from localctl.charging.limiting.external import ExternalLimit, ExternalLimits
from localctl.charging.limiting.limits import Cap, Source, Step
from localctl.charging.limiting.timetable import Hours
from localctl.charging.loop.ground import Ground
from tests.localctl.charging.played import MAIN, START, place, site_plan
from tests.localctl.charging.sites import panel

EVERY_DAY = frozenset(range(7))


def ground(**more):
    return Ground(site_plan([place("A"), place("B")], **more), ExternalLimits(()))


def bound(made, row=0, now=START):
    return made.horizon(now).at(now).bounds[row]


def put(made, cap, node=MAIN, expires_at=None):
    step = (Step(at=START, cap=cap),)
    made.limits.put(ExternalLimit(source="ems", node=node, steps=step, set_at=START, expires_at=expires_at))


def test_without_anything_else_the_fuse_binds():
    assert (bound(ground()).source, bound(ground()).value) == ("fuse", 32.0)


def test_whoever_limits_most_is_named():
    made = ground(fixed=(Source(name="contract", node=MAIN, steps=(Step(at=0.0, cap=Cap(a=(25.0, 25.0, 25.0))),)),))
    assert bound(made).source == "contract"
    put(made, Cap(a=(20.0, 20.0, 20.0)))
    assert (bound(made).source, bound(made).value) == ("ems", 20.0)
    made.of_csms = (Source(name="CSMS profile", node=MAIN, steps=(Step(at=0.0, cap=Cap(a=(9.0, 9.0, 9.0))),)),)
    assert bound(made).source == "CSMS profile"


def test_hours_of_the_day_limit_too():
    hours = Hours(name="night", node=MAIN, start=time(0), end=time(0), days=EVERY_DAY, cap=Cap(a=(7.0, 7.0, 7.0)))
    assert bound(ground(hours=(hours,))).value == 7.0


def test_a_limit_in_watts_makes_a_row_for_it_once():
    made = ground()
    before = made.network()
    put(made, Cap(w=5000.0))
    after = made.network()
    assert after is not before
    assert made.network() is after
    assert "W" in {row.phase for row in after.rows}


def test_a_node_the_site_does_not_have_is_left_alone():
    made = ground()
    before = made.network()
    put(made, Cap(a=(1.0, 1.0, 1.0)), node=("panel", "cellar"))
    assert made.network() is before
    assert bound(made).source == "fuse"


def test_p3_unwatched_a_row_is_worth_its_fuse_whatever_the_ems_says_now():
    made = ground(panels=[panel("sub", "main", 16.0)])
    put(made, Cap(a=(5.0, 5.0, 5.0)), expires_at=START + 60)
    ceilings = {each.name: each for each in made.ceilings(made.horizon(START), {})}
    assert ceilings["panel main L1"].rest_a == 32.0
    assert [amps for _, amps in ceilings["panel main L1"].capacity] == [5.0, 32.0]
