"""Finds English on the German page: words that only the English half of the page's texts knows."""

import re
import string

from localctl.web.texts import TEXTS
from localctl.web.told import GERMAN

LETTERS = re.compile(r"[A-Za-zÄÖÜäöüß]{3,}")
NAMES = frozenset({"stale"})
"""Words of the English texts that what is shown in tests may be called."""


def words_of(text: str) -> set[str]:
    """Its words in small letters, without the names of facts."""
    said = "".join(literal for literal, *_ in string.Formatter().parse(text))
    return {word.lower() for word in LETTERS.findall(said)}


ENGLISH_WORDS = frozenset().union(
    *(words_of(english) for english, _ in TEXTS.values()), *map(words_of, GERMAN)
) - frozenset().union(*(words_of(german) for _, german in TEXTS.values()), *map(words_of, GERMAN.values()))


def english_in(shown: str) -> set[str]:
    """Every English word of the page's texts that this text has."""
    return {word.lower() for word in LETTERS.findall(shown)} & ENGLISH_WORDS
