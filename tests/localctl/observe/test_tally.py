"""Counting cells and histograms, checked against arithmetic done another way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.observe.row import Label, Row
from localctl.observe.tally import Distribution, Tally

BOUNDS = (0.1, 1.0, 5.0)
CAUSES = Row(
    name="localctl_x_total", kind="counter", help="X.", watches="P1", labels=(Label(name="c", values=("a", "b")),)
)
CALLS = Row(
    name="localctl_y_total",
    kind="counter",
    help="Y.",
    watches="P1",
    labels=(Label(name="action"), Label(name="verdict", values=("good", "bad"))),
)


@given(st.lists(st.floats(0, 10)))
def test_each_bucket_holds_the_figures_that_are_not_above_its_bound(figures: list[float]):
    distribution = Distribution(BOUNDS)
    for figure in figures:
        distribution.add(figure)
    for bound, count, _ in distribution.cumulative():
        assert count == sum(figure <= float(bound) for figure in figures)
    assert distribution.total == pytest.approx(sum(figures))


def test_the_last_bucket_is_everything():
    distribution = Distribution(BOUNDS)
    distribution.add(99.0)
    assert [(bound, count) for bound, count, _ in distribution.cumulative()][-1] == ("+Inf", 1)


def test_a_bucket_remembers_its_last_message_and_only_its_own():
    distribution = Distribution(BOUNDS)
    distribution.add(0.05, "quick")
    distribution.add(0.5, "slow")
    distribution.add(0.6, "slower")
    assert [exemplar for _, _, exemplar in distribution.cumulative()] == [
        ("quick", 0.05), ("slower", 0.6), None, None,
    ]  # fmt: skip


def test_closed_cells_begin_at_zero_and_count():
    tally = Tally(CAUSES)
    tally.add("b")
    tally.add("b")
    assert list(tally.samples()) == [(CAUSES, ("a",), 0), (CAUSES, ("b",), 2)]


def test_a_word_nobody_foresaw_is_still_counted():
    tally = Tally(CAUSES)
    tally.add("new")
    assert (CAUSES, ("new",), 1) in list(tally.samples())


def test_the_first_call_of_an_action_brings_its_other_verdicts_at_zero():
    tally = Tally(CALLS)
    assert list(tally.samples()) == []
    tally.add_with_siblings("Reset", "bad")
    assert sorted((labels, count) for _, labels, count in tally.samples()) == [
        (("Reset", "bad"), 1), (("Reset", "good"), 0),
    ]  # fmt: skip
    tally.add_with_siblings("Reset", "bad")
    assert tally.cells["Reset", "bad"] == 2
