"""What each end said and heard, and the verdict: was anything lost, altered or reordered on the way?

Every station and the CSMS keep a tape of their own. Two rules make the verdict:

* what was heard on one connection is what was said on one connection of the other end, text for text, in order, from
  the first on; only what was said last before a connection broke may be missing (an unconfirmed 2.1 SEND for good:
  that is its nature);
* every CALL that was sent was also heard by the other end, and its answer came back. What an outage swallowed has to be
  sent again (same message id), and then counts as `again`, not as lost.

A controller may also talk to a station itself. A CALL with an id that the CSMS never used is such talk: it and the
station's answer are set aside and counted as `own`, and so is a report that the station sends because of it, by its
`requestId`. Should an answer or a report of that kind reach the CSMS, it counts as altered.
While a station still owes an answer to such talk, a CALL of the CSMS has to wait (one at a time), and answers of the
CSMS pass it. So where there was such talk, what comes down is judged as two rows, CALLs and answers, each in its order.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

CALL, ANSWERS = 2, (3, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One text on the tape; `connection` counts the connections of the tape's owner."""

    connection: int
    text: str


@dataclass(slots=True, kw_only=True)
class Tape:
    """One end's own record of one station's conversation."""

    sent: list[Said] = field(default_factory=list)
    heard: list[Said] = field(default_factory=list)
    connection: int = 0

    def says(self, text: str) -> None:
        """Record a text at the moment it is given to the socket."""
        self.sent.append(Said(connection=self.connection, text=text))

    def hears(self, text: str) -> None:
        """Record a text that came in."""
        self.heard.append(Said(connection=self.connection, text=text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Counts over both directions. `messages` arrived; `lost`, `altered` must be 0; `again` had to be sent twice.

    `own` are the CALLs that came from the box in between.
    """

    messages: int = 0
    lost: int = 0
    altered: int = 0
    again: int = 0
    own: int = 0

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            messages=self.messages + other.messages,
            lost=self.lost + other.lost,
            altered=self.altered + other.altered,
            again=self.again + other.again,
            own=self.own + other.own,
        )

    @property
    def good(self) -> bool:
        """Nothing lost, nothing altered, and there was something to carry."""
        return self.messages > 0 and not self.lost and not self.altered


def compare(station: Tape, csms: Tape) -> Verdict:
    """The verdict over one station's two tapes."""
    own = _calls(station.heard) - _calls(csms.sent)
    reports = _reports(station, own)
    relayed = Tape(
        sent=_without(station.sent, calls=reports, answers=own),
        heard=_without(station.heard, calls=own, answers=reports),
        connection=station.connection,
    )
    down = _rows(csms, relayed) if own else [(csms, relayed)]
    return total([_one_way(relayed, csms), *(_one_way(*row) for row in down), Verdict(own=len(own))])


def _reports(station: Tape, own: set[object]) -> set[object]:
    """The station's CALLs that only say what a CALL of the box asked for."""
    asked = {_request_id(one) for one in station.heard if _frame(one)[1] in own} - {None}
    return {_frame(one)[1] for one in station.sent if _frame(one)[0] == CALL and _request_id(one) in asked}


def _request_id(said: Said) -> object:
    try:
        return json.loads(said.text)[3].get("requestId")
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _without(texts: list[Said], *, calls: set[object], answers: set[object]) -> list[Said]:
    frames = ((one, *_frame(one)) for one in texts)
    return [one for one, kind, name in frames if name not in (calls if kind == CALL else answers)]


def _rows(sender: Tape, hearer: Tape) -> list[tuple[Tape, Tape]]:
    """CALLs apart from answers, as if on two wires."""

    def of(texts: list[Said], *, answers: bool) -> list[Said]:
        return [one for one in texts if (_frame(one)[0] in ANSWERS) == answers]

    calls = Tape(sent=of(sender.sent, answers=False), heard=sender.heard, connection=sender.connection)
    answers = Tape(sent=of(sender.sent, answers=True), connection=sender.connection)
    heard = [Tape(heard=of(hearer.heard, answers=which)) for which in (False, True)]
    return [(calls, heard[0]), (answers, heard[1])]


def total(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict of many."""
    return sum(verdicts, Verdict())


def _one_way(sender: Tape, hearer: Tape) -> Verdict:
    cut, dropped, strange = _walk(sender, hearer)
    again = _calls(cut)
    unheard = again - _calls(hearer.heard)
    return Verdict(
        messages=len(hearer.heard) - strange,
        lost=max(dropped - strange, 0) + len(unheard | _unanswered(sender)),
        altered=strange,
        again=len(again - unheard),
    )


def _walk(sender: Tape, hearer: Tape) -> tuple[list[Said], int, int]:
    """What was cut off by the end of a connection; how much vanished before that; how much was heard but never said.

    Both ends count connections for themselves, and not every connection of one is one of the other: each one heard is
    laid on that said since the last which it resembles most.
    """
    waiting, cut, dropped, strange = _by_connection(sender.sent), list[Said](), 0, 0
    for heard in _by_connection(hearer.heard).values():
        number = max(waiting, key=lambda one: _likeness(waiting[one], heard), default=0)
        places = _places(waiting.get(number, []), heard)
        strange += len(heard) - len(places)
        if places:
            dropped += places[-1] + 1 - len(places)
            waiting[number] = waiting[number][places[-1] + 1 :]
            cut += [said for one in list(waiting) if one <= number for said in waiting.pop(one)]
    cut += [said for rest in waiting.values() for said in rest]
    return cut, dropped + sum(said.connection == sender.connection for said in cut), strange


def _by_connection(texts: list[Said]) -> dict[int, list[Said]]:
    connections: dict[int, list[Said]] = {}
    for said in texts:
        connections.setdefault(said.connection, []).append(said)
    return connections


def _places(said: list[Said], heard: list[Said]) -> list[int]:
    """Where in `said` each of `heard` is found, in order; those that are not there have no place."""
    known, places = {one.text for one in said}, list[int]()
    for text in (one.text for one in heard if one.text in known):
        after = places[-1] + 1 if places else 0
        place = next((i for i in range(after, len(said)) if said[i].text == text), None)
        places += [] if place is None else [place]
    return places


def _likeness(said: list[Said], heard: list[Said]) -> tuple[int, int]:
    places = _places(said, heard)
    return len(places), len(places) - places[-1] if places else 0


def _frame(said: Said) -> tuple[object, object]:
    try:
        kind, call_id = json.loads(said.text)[:2]
    except (ValueError, TypeError, KeyError):
        return None, None
    return kind, call_id


def _calls(texts: Iterable[Said]) -> set[object]:
    return {call_id for kind, call_id in map(_frame, texts) if kind == CALL}


def _unanswered(tape: Tape) -> set[object]:
    answered = {call_id for kind, call_id in map(_frame, tape.heard) if kind in ANSWERS}
    return _calls(tape.sent) - answered
