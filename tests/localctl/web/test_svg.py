"""The marks of the drawing."""

import pytest

from localctl.web.svg import along, cut, link, rect, wire, words
from tests.localctl.web.shown import EVIL, Tags


def test_words_and_labels_are_escaped():
    tags = Tags(words(0, 0, EVIL, "name") + link("a", "b", EVIL, ""))
    assert [tag for tag, _ in tags.seen] == ["text", "a"]
    assert tags.seen[1][1]["aria-label"] == EVIL


def test_what_is_too_wide_is_cut_with_an_ellipsis_and_never_to_nothing():
    assert cut("a" * 100, 61) == "a" * 9 + "…"
    assert cut("short", 500) == "short"
    assert cut("abc", 0) == "…"


@pytest.mark.parametrize(
    ("value", "whole", "length"), [(5, 10, 50), (20, 10, 100), (None, 10, 0), (-1, 10, 0), (5, 0, 0)]
)
def test_a_bar_is_as_long_as_its_part_of_the_whole(value, whole, length):
    assert along(value, whole, 100) == length


def test_a_bar_without_length_is_not_drawn():
    assert rect(0, 0, 0, 10, "given") == ""
    assert 'width="3"' in rect(0, 0, 3, 10, "given")


def test_a_wire_goes_through_its_points():
    assert wire((1, 2), (3.5, 4)) == '<path class="wire" d="M1 2 L3.5 4"/>'
