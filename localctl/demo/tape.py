"""What each end said and heard, and the verdict: was anything lost, altered or reordered on the way?

Every station and the CSMS keep a tape of their own. Two rules make the verdict:

* what one end heard is what the other end said, text for text and in order; only what was said last on a connection
  that broke may be missing from it (an unconfirmed 2.1 SEND for good: that is its nature);
* every CALL that was sent was also heard by the other end, and its answer came back. What an outage swallowed has to be
  sent again (same message id), and then counts as `again`, not as lost.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

CALL, ANSWERS = 2, (3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One text on the tape; `connection` counts the sender's connections."""

    connection: int
    text: str


@dataclass(slots=True, kw_only=True)
class Tape:
    """One end's own record of one station's conversation."""

    sent: list[Said] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    connection: int = 0

    def says(self, text: str) -> None:
        """Record a text at the moment it is given to the socket."""
        self.sent.append(Said(connection=self.connection, text=text))

    def hears(self, text: str) -> None:
        """Record a text that came in."""
        self.heard.append(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Counts over both directions. `messages` arrived; `lost`, `altered` must be 0; `again` had to be sent twice."""

    messages: int = 0
    lost: int = 0
    altered: int = 0
    again: int = 0

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            messages=self.messages + other.messages,
            lost=self.lost + other.lost,
            altered=self.altered + other.altered,
            again=self.again + other.again,
        )

    @property
    def good(self) -> bool:
        """Nothing lost, nothing altered, and there was something to carry."""
        return self.messages > 0 and not self.lost and not self.altered


def compare(station: Tape, csms: Tape) -> Verdict:
    """The verdict over one station's two tapes."""
    return _one_way(station, csms) + _one_way(csms, station)


def total(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict of many."""
    return sum(verdicts, Verdict())


def _one_way(sender: Tape, hearer: Tape) -> Verdict:
    swallowed, dropped, strange = _missing(sender, hearer.heard)
    again = _calls(swallowed)
    unheard = again - _calls(hearer.heard)
    return Verdict(
        messages=len(hearer.heard) - strange,
        lost=max(dropped - strange, 0) + len(unheard | _unanswered(sender)),
        altered=strange,
        again=len(again - unheard),
    )


def _missing(sender: Tape, heard: list[str]) -> tuple[list[str], int, int]:
    """Texts cut off when a connection broke, how many vanished otherwise, how many were heard but never said.

    A text is only said on a later connection after everything on the earlier ones, so one walk along both lists is
    enough: a gap followed by a match on the same connection is a loss; a gap followed by a newer connection is a cut.
    """
    sent, at, dropped, strange = sender.sent, 0, 0, 0
    swallowed: list[str] = []
    for text in heard:
        found = next((i for i in range(at, len(sent)) if sent[i].text == text), None)
        if found is None:
            strange += 1
            continue
        dropped += sum(said.connection == sent[found].connection for said in sent[at:found])
        swallowed += [said.text for said in sent[at:found] if said.connection != sent[found].connection]
        at = found + 1
    dropped += sum(said.connection == sender.connection for said in sent[at:])
    return swallowed + [said.text for said in sent[at:]], dropped, strange


def _frame(text: str) -> tuple[object, object]:
    try:
        kind, call_id = json.loads(text)[:2]
    except (ValueError, TypeError, KeyError):
        return None, None
    return kind, call_id


def _calls(texts: Iterable[str]) -> set[object]:
    return {call_id for kind, call_id in map(_frame, texts) if kind == CALL}


def _unanswered(tape: Tape) -> set[object]:
    answered = {call_id for kind, call_id in map(_frame, tape.heard) if kind in ANSWERS}
    return _calls(said.text for said in tape.sent) - answered
