"""The words of the drawing: in both languages, with the same facts, and in one table only."""

import string

import pytest

from localctl.charging.showing.picture_words import LANGUAGES, SENTENCES
from localctl.web.texts import PAGE, TEXTS
from localctl.web.texts_site import SITE


def facts_of(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("key", SITE)
def test_no_key_misses_a_language_or_a_fact(key: str):
    english, german = SITE[key]
    assert (bool(english.strip()), bool(german.strip())) == (True, True)
    assert facts_of(english) == facts_of(german)
    assert len(SITE[key]) == len(LANGUAGES)


def test_they_are_part_of_the_page_s_texts_and_stand_nowhere_else():
    assert SITE.items() <= TEXTS.items()
    assert SITE.keys() & (PAGE.keys() | SENTENCES.keys()) == set()


def test_no_word_on_a_card_needs_the_source_to_be_understood():
    shown = " ".join(english for key, (english, _) in SITE.items() if key.startswith(("short.", "site.")))
    for jargon in ("settled", "proven", "max_profile", "no car"):
        assert jargon not in shown
