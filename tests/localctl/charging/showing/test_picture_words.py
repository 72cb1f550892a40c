"""The table of sentences: every key in every language, with the same facts in each."""

import string

import pytest

from localctl.charging.dispatching.capability import Trial
from localctl.charging.showing.picture_text import explain, find, place
from localctl.charging.showing.picture_words import LANGUAGES, SENTENCES, number, say
from tests.localctl.charging.scene import busy


def facts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", SENTENCES)
def test_no_key_misses_a_language_or_a_fact(key: str):
    words = SENTENCES[key]
    assert len(words) == len(LANGUAGES)
    assert all(text.strip() for text in words)
    assert len({frozenset(facts_of(text)) for text in words}) == 1


def test_facts_are_never_taken_for_places_of_facts():
    """A station may call itself whatever it likes."""
    assert say("en", "node.panel", name="{0}{name!r}%s") == "panel {0}{name!r}%s"


def test_figures_are_written_as_the_language_writes_them():
    assert (number("en", 13.04, "A"), number("de", 13.04, "A")) == ("13.0 A", "13,0 A")


def test_p5_a_german_reader_gets_the_same_facts_in_german():
    station = find(busy().picture(), "CP1")
    assert station is not None
    english, german = explain(station), explain(station, lang="de")
    assert len(english) == len(german)
    assert german[1] == "CP1/1 bekommt 6,5 A je Phase: eine Grenze der Anlage ist ausgeschöpft."
    assert german[2] == (
        "Grenze: Verteiler main L1, 13,0 A fürs Laden laut ems-1 (20,0 A abzüglich anderer Verbraucher und Reserve), "
        "seit 2027-01-15 08:00:20 UTC, bis 2027-01-15 08:15:20 UTC; 13,0 A sind dort vergeben oder reserviert."
    )


def test_how_sure_the_box_is_of_a_station_is_a_word_in_every_language():
    assert {f"trial.{trial.value}" for trial in Trial} <= SENTENCES.keys()


def test_a_place_of_an_unknown_kind_is_shown_as_it_is():
    assert (place("group:tenants"), place("main")) == ("group tenants", "main")
