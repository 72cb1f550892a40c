"""One event, one line, and nothing a peer says can look like another line or another field."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.observe import logs_line
from localctl.observe.logs_line import Stamp, journal, logfmt

FIELD = re.compile(r'([\w.-]+)=("(?:[^"\\]|\\.)*"|[^" ]*)(?: |\Z)')


def read_back(line: str) -> dict[str, str]:
    """The fields of a line, as a collector reads them."""
    fields, at = {}, 0
    while at < len(line):
        found = FIELD.match(line, at)
        assert found, line[at:]
        fields[found[1]] = json.loads(found[2]) if found[2].startswith('"') else found[2]
        at = found.end()
    return fields


def test_instant_level_and_event_come_first_then_the_facts_as_given():
    event = {"station": "CS1", "code": 1006, "event": "station lost", "level": "info", "at": "2026-01-01T00:00:00.000Z"}
    line = logfmt(None, "info", event)
    assert line == 'at=2026-01-01T00:00:00.000Z level=info event="station lost" station=CS1 code=1006'


def test_the_journal_gets_the_priority_instead_of_the_level():
    assert journal(None, "warning", {"event": "x", "level": "warning"}) == "<4>event=x"


@pytest.mark.parametrize(
    ("fact", "text"), [(None, ""), (True, "true"), (False, "false"), (0, "0"), (1.5, "1.5"), (["a"], "['a']")]
)
def test_facts_that_are_no_text_are_told_plainly(fact: object, text: str):
    assert logfmt(None, "info", {"x": fact}) == f"x={text}"


@given(st.dictionaries(st.sampled_from(["event", "station", "reason", "what"]), st.text(), min_size=1))
def test_whatever_a_peer_says_is_read_back_as_it_was_and_stays_on_its_line(facts: dict[str, str]):
    line = logfmt(None, "info", dict(facts))
    assert line.isprintable()
    assert read_back(line) == facts


def test_names_that_logfmt_cannot_carry_are_mended():
    assert logfmt(None, "info", {'odd name="': 1}) == "odd_name__=1"


def test_the_instant_follows_the_clock_over_the_second(monkeypatch: pytest.MonkeyPatch):
    stamp, told = Stamp(), []
    for now_ns in (1_767_225_599_001_999_999, 1_767_225_599_999_000_000, 1_767_225_600_000_000_000):
        monkeypatch.setattr(logs_line.time, "time_ns", lambda now_ns=now_ns: now_ns)
        told.append(stamp(None, "info", {})["at"])
    assert told == ["2025-12-31T23:59:59.001Z", "2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z"]
    assert datetime.fromisoformat(told[0]).tzinfo is UTC
