"""Faults that other parts tell in English, in German: all that are said anywhere, and only those."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import localctl
from localctl.observe.health import Health
from localctl.store.journal_alarm import Alarm
from localctl.store.journal_values import DAY_S, Limits
from localctl.web.told import GERMAN, told
from tests.localctl.web.german import english_in

ROOT = Path(localctl.__file__).parent
TELLS = re.compile(r"(\w+\.)*(health\.fault|_?on_trouble|_reload_refused|CycleEnd)")
"""What is called with a sentence that ends up among the reasons of the box's health."""
FACT = "FACT"


def written(node: ast.expr) -> str | None:
    """A text as it stands in the code, each of its facts as FACT; None for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(written(part) or FACT for part in node.values)
    return None


TREES = [ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py") if path.name != "told.py"]
NODES = [node for tree in TREES for node in ast.walk(tree)]
WRITTEN = "\n".join(text for node in NODES if isinstance(node, ast.expr) and (text := written(node)))


def faults() -> Iterator[str]:
    """Every sentence that stands in a call which tells one."""
    for node in NODES:
        if isinstance(node, ast.Call) and TELLS.fullmatch(ast.unparse(node.func)):
            yield from (text for one in [*node.args, *(word.value for word in node.keywords)] if (text := written(one)))


@pytest.mark.parametrize("english", GERMAN)
def test_every_sentence_known_here_is_said_somewhere(english: str):
    pieces = [piece for piece in re.split(r"{\w+}", english) if len(piece) > 2]
    assert all(piece in WRITTEN or piece in " ".join(told_by_health()) for piece in pieces)


def told_by_health() -> tuple[str, ...]:
    health = Health(waits_for=("listeners", "limits"))
    waiting = health.reasons
    health.stop()
    return (*waiting, *health.reasons)


def test_every_fault_in_the_code_and_every_reason_of_the_start_is_told_in_german():
    found = {text for text in faults() if " " in text}
    assert len(found) > 6
    for sentence in (*found, *told_by_health()):
        assert told("de", sentence) != sentence, "give it a line in localctl/web/told.py"
        assert english_in(told("de", sentence)) == set(), sentence


def test_english_readers_get_the_sentence_itself():
    assert told("en", "a bug of ours: KeyError") == "a bug of ours: KeyError"


def test_sentences_inside_and_beside_each_other_are_all_told():
    assert told("de", "the last reload was refused, the old configuration goes on: the file has mistakes") == (
        "die neue Konfiguration wurde abgelehnt, die alte gilt weiter: die Datei hat Fehler"
    )
    journal = (
        "The journal is at 85 % of the 5000 messages for CP1 it may hold; when it is full, every second meter update "
        "goes first. The CSMS has to come back. The journal was corrupt and a new one was begun; the old one is kept "
        "as /var/lib/j.broken."
    )
    german = told("de", journal)
    assert german.startswith("Das Journal ist zu 85 % voll (5000 Nachrichten für CP1);")
    assert german.endswith("das alte liegt unter /var/lib/j.broken.")


def test_what_nobody_knows_stays_as_it_came():
    assert told("de", r"{0} \g<1> gestopping the works") == r"{0} \g<1> gestopping the works"
    assert told("de", "the state directory cannot be written: No space left on device") == (
        "das Zustandsverzeichnis ist nicht beschreibbar: No space left on device"
    )


def test_messages_that_grow_old_are_told_of_in_german_as_the_journal_says_it():
    said: list[str | None] = []
    alarm = Alarm(Limits(max_age_s=10 * DAY_S), said.append)
    now = 1_800_000_000.0
    alarm.oldest({"CP1": now - 9 * DAY_S}, now)
    alarm.tell(0, None, None)
    german = told("de", said[0] or "")
    assert german.startswith("Nachrichten für CP1 warten seit 90 % der 10 Tage, die sie warten dürfen;")
    assert english_in(german) == set()
