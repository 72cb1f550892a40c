"""The table of texts: no key misses a language or a fact, and everything asked for is in it."""

import re
import string
from pathlib import Path

import pytest

from localctl.charging.allocation.allocator_demand import Reason
from localctl.charging.limiting.limits import State
from localctl.charging.showing.picture_words import LANGUAGES, SENTENCES
from localctl.observe.health import ServiceState
from localctl.web import texts
from localctl.web.svg import cut
from localctl.web.texts import PAGE, TEXTS, age, known, text, word

WEB = Path(texts.__file__).parent


def facts_of(words: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


@pytest.mark.parametrize("key", PAGE)
def test_no_key_misses_a_language_or_a_fact(key: str):
    words = PAGE[key]
    assert len(words) == len(LANGUAGES)
    assert all(one.strip() for one in words)
    assert len({frozenset(facts_of(one)) for one in words}) == 1


SAME = {
    "nav.box", "state", "csms", "theme.auto", "live.on", "mode.normal", "site.load", "station", "station.version",
    "limits.phase", "kind.EMS", "kind.CSO", "age.s", "age.min", "age.h", "left.h", "plot.span.900", "plot.span.3600",
    "plot.span.21600", "plot.span.86400",
}  # fmt: skip
"""Texts that are written alike in English and German."""


def test_every_text_has_a_german_of_its_own():
    assert {key for key, (english, german) in TEXTS.items() if english == german} == SAME


@pytest.mark.parametrize("key", [key for key in TEXTS if key.startswith("short.") or key == "disobeys"])
def test_the_few_words_on_a_station_s_card_fit_the_smallest_one(key: str):
    assert [words for words in TEXTS[key] if cut(words, SMALLEST) != words] == []


SMALLEST = 129
"""Units beside each other on a card of the narrowest drawing."""


def test_no_key_is_in_both_tables():
    assert SENTENCES.keys() & PAGE.keys() == set()


def test_every_key_that_templates_and_modules_ask_for_is_there():
    asked = set()
    for path in [*WEB.glob("*.py"), *(WEB / "templates").glob("*.html")]:
        source = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r'\bt\(["\']([\w.]+)["\']', source))
        asked |= set(re.findall(r'text\(\s*lang,\s*"([\w.]+)"', source))
    assert len(asked) > 80
    unknown = {key for key in asked - TEXTS.keys() if not key.endswith(".")}
    assert unknown == set()
    begun = {key for key in asked if key.endswith(".")}  # the rest of the key is a state
    assert all(any(key.startswith(begin) for key in TEXTS) for begin in begun)


def test_every_state_and_reason_has_its_word():
    assert {f"state.{state.value}" for state in ServiceState} <= TEXTS.keys()
    assert {f"fresh.{state.value}" for state in State} <= TEXTS.keys()
    reasons = {key.removeprefix("why.") for key in SENTENCES if key.startswith("why.")}
    assert {reason.name.lower() for reason in Reason} - {"fixed"} <= reasons
    assert {f"short.{reason}" for reason in reasons} <= TEXTS.keys()


def test_a_word_the_table_does_not_know_is_shown_as_it_came():
    assert (word("de", "cause", "half_dead"), word("de", "cause", "{x}")) == ("kein Lebenszeichen", "{x}")


def test_how_other_load_is_known_is_told_in_the_reader_s_language():
    assert known("de", "meter not heard: worst case + reserved") == "Zähler nie gehört: schlimmster Fall + reserviert"
    assert known("en", "meter stale for 12 s: worst case") == "meter stale: worst case"
    assert known("de", "an almanac") == "an almanac"


def test_an_unknown_key_is_our_bug():
    with pytest.raises(KeyError):
        text("en", "no such text")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s"), (40.9, "40 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (10**6, "11 days")],
)
def test_a_span_is_told_in_its_largest_whole_unit(seconds: float, words: str):
    assert age("en", seconds) == words
