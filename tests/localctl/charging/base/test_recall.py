"""Answers kept while nothing they were made of has changed."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.base.recall import MARGIN_S, Recall, unchanged_until

NOW = 1_800_000_000.0


def kept() -> Recall:
    """An answer to `a` and 1, of now, for ten seconds."""
    recall = Recall()
    recall.keep("one", ("a", 1), "answer", NOW, NOW + 10)
    return recall


def test_the_same_facts_get_the_same_answer():
    assert kept().again("one", ("a", 1), NOW + 9.9) == "answer"


@pytest.mark.parametrize("facts", [("a", 2), ("b", 1), ("a",)])
def test_any_other_fact_is_worked_out_anew(facts):
    assert kept().again("one", facts, NOW) is None


@pytest.mark.parametrize("at", [NOW - 1, NOW + 10, NOW + 11])
def test_before_it_was_made_and_from_its_end_on_an_answer_is_none(at):
    assert kept().again("one", ("a", 1), at) is None


def test_things_do_not_share_answers():
    assert kept().again("two", ("a", 1), NOW) is None


def test_what_is_gone_is_forgotten():
    recall = kept()
    recall.forget("one")
    recall.forget("never there")
    assert recall.again("one", ("a", 1), NOW) is None


def test_an_edge_ahead_ends_an_answer_when_it_is_reached():
    assert unchanged_until([NOW + 100], [0.0, 40.0], NOW) == NOW + 60 - MARGIN_S


def test_what_is_past_ends_nothing():
    assert unchanged_until([NOW - 1, NOW + 20], [30.0], NOW) == inf
    assert unchanged_until([NOW - 30], [-60.0], NOW) == NOW + 30 - MARGIN_S


def test_an_edge_that_is_reached_right_now_ends_an_answer_at_once():
    assert unchanged_until([NOW + 30], [30.0], NOW) <= NOW


@given(st.lists(st.floats(-500, 500), max_size=5), st.lists(st.floats(-500, 500), max_size=4), st.floats(0, 300))
def test_until_then_every_edge_stays_on_its_side(edges, offsets, passed_s):
    edges = [NOW + edge for edge in edges]
    if NOW + passed_s < unchanged_until(edges, offsets, NOW):
        for edge in edges:
            for offset in offsets:
                assert (edge < NOW + offset) == (edge < NOW + passed_s + offset)
                assert (edge <= NOW + offset) == (edge <= NOW + passed_s + offset)
