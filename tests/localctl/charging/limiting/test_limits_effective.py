"""The smallest limit wins, keeps its name, and knows the next one."""

from itertools import pairwise
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localctl.charging.base.moves import OurBug
from localctl.charging.limiting.limits import NO_LIMIT, Cap, Covers, Source, State, Step
from localctl.charging.limiting.limits_effective import Other, base_load, effective, reserved
from localctl.charging.tree.rows import compile_rows
from localctl.charging.tree.topology import Load
from tests.localctl.charging.sites import panel, station, tree

MAIN = ("panel", "main")


def amps(value):
    return Cap(a=(value, value, value))


def says(name, *steps, node=MAIN, **more):
    return Source(name=name, node=node, steps=tuple(Step(at=at, cap=cap) for at, cap in steps), **more)


def spans(topology, sources, others=None, row=0, end=1000.0, **more):
    """The bounds of one row (L1 of the first panel)."""
    network = compile_rows(topology, more.pop("watts", frozenset()))
    return effective(network, sources, others or {}, 0.0, end, **more).rows[row]


def test_p5_the_binding_source_is_named_with_its_times_and_the_next_one():
    ems = says("EMS", (-60.0, amps(40.0)), (300.0, amps(25.0)), (600.0, NO_LIMIT))
    night = says("night", (-1e6, amps(30.0)))
    found = spans(tree(panel("main"), station("a")), (ems, night))
    assert [(b.source, b.value, b.since, b.begins, b.until, b.next_source, b.next_value) for b in found] == [
        ("night", 30.0, -1e6, -60.0, 300.0, "EMS", 40.0),
        ("EMS", 25.0, 300.0, 300.0, 600.0, "night", 30.0),
        ("night", 30.0, 600.0, 600.0, inf, "fuse", 100.0),
    ]


def test_without_any_source_the_fuse_binds_since_ever():
    (bound,) = spans(tree(panel("main"), station("a")), ())
    assert (bound.source, bound.value, bound.since, bound.until, bound.next_source) == ("fuse", 100.0, -inf, inf, None)


def test_other_load_and_reserve_come_off_limits_on_everything_but_not_off_limits_on_charging():
    topology = tree(panel("main", reserve_a=5.0), station("a"))
    base = {"main": Other(a=(20.0, 0.0, 0.0), source="meter")}
    all_of_it = spans(topology, (says("EMS", (0.0, amps(60.0))),), base)[-1]
    charging = spans(topology, (says("14a", (0.0, amps(60.0)), covers=Covers.CHARGING),), base)[-1]
    assert (all_of_it.value, all_of_it.gross) == (35.0, 60.0)
    assert (charging.source, charging.value) == ("14a", 60.0)


def test_watts_bind_on_a_row_of_their_own_less_the_watts_of_others():
    topology = tree(panel("main", limit_w=40_000.0), station("a"))
    base = {"main": Other(a=(10.0, 10.0, 10.0))}
    found = spans(topology, (says("SO", (0.0, Cap(w=20_000.0))),), base, row=3)[-1]
    assert (found.source, found.value, found.next_source) == ("SO", 20_000.0 - 6_900.0, "power limit")


def test_none_zero_and_stale_are_three_different_things():
    topology = tree(panel("main"), station("a"))
    silent = {"heard_at": -500.0, "stale_after_s": 60.0, "fallback": amps(8.0)}
    none, zero, stale = (
        spans(topology, (source,))[-1]
        for source in (
            says("EMS", (0.0, NO_LIMIT)),
            says("EMS", (0.0, amps(0.0))),
            says("EMS", (-900.0, amps(50.0)), **silent),
        )
    )
    assert (none.value, none.source, none.state) == (100.0, "fuse", State.LIVE)
    assert (zero.value, zero.source, zero.state) == (0.0, "EMS", State.LIVE)
    assert (stale.value, stale.source, stale.state, stale.since) == (8.0, "EMS", State.STALE, -440.0)


def test_a_row_nothing_limits_has_no_value_and_the_allocator_sees_infinity():
    topology = tree(panel("main"), station("a"))
    horizon = effective(compile_rows(topology, frozenset({MAIN})), (), {}, 0.0, 10.0)
    assert horizon.rows[3][0].value is None
    assert horizon.at(0.0).values[3] == inf


@pytest.mark.parametrize(
    ("node", "cap"), [(MAIN, Cap(w=5_000.0)), (("station", "a"), Cap(w=5_000.0)), (("station", "a"), amps(10.0))]
)
def test_a_limit_without_a_row_is_never_silently_ignored(node, cap):
    topology = tree(panel("main"), station("a"))
    source = says("EMS", (0.0, cap), node=node)
    with pytest.raises(OurBug, match="EMS limits"):
        effective(compile_rows(topology), (source,), {}, 0.0, 10.0)
    network = compile_rows(topology, frozenset({node}))
    values = effective(network, (source,), {}, 0.0, 10.0).at(0.0).values
    assert (cap.w or cap.a[0]) in values


def test_a_limit_on_a_node_the_site_does_not_have_limits_nothing():
    assert (
        spans(tree(panel("main"), station("a")), (says("EMS", (0.0, amps(1.0)), node=("panel", "x")),))[0].value
        == 100.0
    )


def test_change_points_are_where_a_value_changes_and_nowhere_else():
    topology = tree(panel("main"), station("a"))
    steps = ((-5.0, amps(40.0)), (100.0, amps(40.0)), (200.0, amps(20.0)), (300.0, amps(200.0)), (5000.0, amps(1.0)))
    horizon = effective(compile_rows(topology), (says("EMS", *steps),), {}, 0.0, 1000.0)
    assert horizon.change_points == (0.0, 200.0, 300.0)
    assert [horizon.at(at).values[0] for at in (0.0, 199.9, 200.0, 299.0, 999.0)] == [40.0, 40.0, 20.0, 20.0, 100.0]


def test_loads_add_up_the_tree_until_a_meter_knows_better():
    loads = (
        Load(id="lift", panel="sub", reserved_a=(10.0, 0.0, 0.0)),
        Load(id="pump", panel="main", reserved_a=(1.0, 2.0, 3.0)),
    )
    topology = tree(panel("main"), panel("sub", "main"), station("a", "sub"), loads=loads)
    assert reserved(topology)["main"].a == (11.0, 2.0, 3.0)
    known = base_load(topology, {"sub": Other(a=(4.0, 4.0, 4.0), source="meter")})
    assert (known["main"].a, known["main"].source) == ((5.0, 6.0, 7.0), "meter + reserved")


def test_other_load_that_is_not_a_number_leaves_nothing_for_charging():
    (bound,) = spans(tree(panel("main"), station("a")), (), {"main": Other(a=(nan, 0.0, 0.0))})
    assert bound.value == -inf


def test_load_behind_a_transformer_counts_on_the_primary_with_its_worst_phase():
    loads = (Load(id="lift", panel="wye", reserved_a=(30.0, 0.0, 0.0)),)
    topology = tree(panel("main"), panel("wye", "main", transformer_ratio=2.0), station("a", "wye"), loads=loads)
    assert reserved(topology)["main"].a == pytest.approx((30 / 3**0.5,) * 3)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_every_span_is_the_minimum_of_all_that_holds_then(data):
    topology = tree(panel("main"), station("a"))
    value = st.none() | st.floats(0, 150)
    sources = [
        says(
            f"s{number}",
            *(
                (at, Cap(a=(data.draw(value), None, None)))
                for at in sorted(data.draw(st.sets(st.integers(-50, 120), max_size=5)))
            ),
            valid_until=data.draw(st.none() | st.integers(0, 120)),
            fallback=Cap(a=(data.draw(value), None, None)),
        )
        for number in range(data.draw(st.integers(0, 4)))
    ]
    horizon = effective(compile_rows(topology), sources, {}, 0.0, 100.0)
    row = horizon.rows[0]
    assert row[0].begins <= 0.0
    assert all(before.until == after.begins for before, after in pairwise(row))
    for at in range(100):
        assert horizon.at(at).values[0] == min(
            [100.0, *(now for source in sources if (now := spoken(source, at)) is not None)]
        )


def spoken(source, at):
    """What a source says at an instant, read naively."""
    if source.valid_until is not None and at >= source.valid_until:
        return source.fallback.on("L1")
    held = [step.cap.on("L1") for step in source.steps if step.at <= at]
    return held[-1] if held else None
