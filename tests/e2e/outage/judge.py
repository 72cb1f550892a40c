"""What must be true of a run once everything has settled. A pure function of what both ends wrote down.

The story of a run: what each station had to say, which of it it was told is delivered, every frame at it; and the
record of the CSMS. Nothing here knows what lies between. What is judged:

- lost: a station was told that it is delivered, and the CSMS never saw it;
- missing: about a transaction, never seen by the CSMS although everything has settled;
- altered: seen with another content than the station gave it, `offline` and the number of a 1.6 transaction excepted;
- doubled: seen again soon after it was answered, on the same connection, though the station did not say it again;
- reordered: first seen before an earlier one of the same transaction;
- foreign: at the CSMS, what no station sent (a repeated BootNotification excepted); at a station, CALLs that the CSMS
  did not send and a controller has no business to send;
- misnumbered: a number of a 1.6 transaction that is not the CSMS's for it, or not the station's on the way down;
- untrue: nothing waits, said an answer to GetTransactionStatus, but something came later;
- stale: the last state of a connector at the CSMS is not the last one that the station was told is delivered.
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

CALL, RESULT = 2, 3
SOON_S = 0.5
"""Sooner after an answer nobody can have taken it for lost."""
NUMBERED = ("MeterValues", "StopTransaction")
OWN_ACTIONS = frozenset(
    {
        "ChangeConfiguration", "ClearChargingProfile", "GetBaseReport", "GetChargingProfiles", "GetCompositeSchedule",
        "GetConfiguration", "GetVariables", "SetChargingProfile", "SetVariables", "TriggerMessage",
    }
)  # fmt: skip
"""What a load management asks of stations."""


@dataclass
class Verdict:
    """Faults by kind, each as a sentence; and figures."""

    faults: dict = field(default_factory=lambda: defaultdict(list))
    seen: int = 0
    repeats: int = 0
    own_calls: int = 0

    @property
    def good(self):
        """Nothing to complain of."""
        return not any(self.faults.values())

    def fault(self, kind, sentence):
        """One more."""
        self.faults[kind].append(sentence)


def judge(stations, record, frozen=()):
    """`stations`: identity to {"version", "said", "frames", "numbers"}; `record`: the CSMS's facts, oldest first.

    `frozen`: times (from, to) in which the CSMS's process stood still, so that nobody knows when it got what.
    """
    verdict = Verdict()
    for identity, station in stations.items():
        facts = [fact for fact in record if fact["id"] == identity]
        _Bench(identity, station, facts, frozen, verdict).judge()
    for identity in {fact["id"] for fact in record} - set(stations):
        verdict.fault("foreign", f"{identity} came to the CSMS and is no station")
    return verdict


def content(action, payload):
    """What stays the same from a station to the CSMS, as text."""
    left_out = {"offline"} if action == "TransactionEvent" else {"transactionId"} if action in NUMBERED else set()
    return json.dumps([action, {key: value for key, value in payload.items() if key not in left_out}], sort_keys=True)


class _Bench:
    """One station's case."""

    def __init__(self, identity, station, facts, frozen, verdict):
        self.identity, self.station, self.frozen, self.verdict = identity, station, frozen, verdict
        self.frames = [(fact, json.loads(fact["text"])) for fact in facts if fact["way"] in ("in", "out")]
        self.said, self.ids = {}, defaultdict(set)
        for one in station["said"]:
            text = content(one["action"], one["body"])
            self.said[text] = one
            self.ids[text].update(one["ids"])
        self.sent_ids = Counter()
        self.sent_answers, self.got_calls = defaultdict(list), defaultdict(list)
        self.answered_at = {}
        for way, conn, text, at in station["frames"]:
            frame = json.loads(text)
            if way == "sent" and frame[0] == CALL:
                self.sent_ids[frame[1]] += 1
            elif way == "sent":
                self.sent_answers[frame[1]].append(frame)
                self.answered_at[frame[1]] = at
            elif frame[0] == CALL:
                self.got_calls[frame[1]].append((conn, frame, at))
        self.numbered_at = {
            one["transaction"]: one["told_at"]
            for one in reversed(station["said"])
            if one["action"] == "StartTransaction" and one["told"]
        }
        """Transaction to when the station got its number."""
        self.promises = []
        """Answers to GetTransactionStatus."""
        self.asked = {}
        """Our CSMS's CALLs: id to frame."""
        self.given = defaultdict(set)
        """Transaction to the numbers that the CSMS gave it."""
        self.replaced_at = {}
        """Transaction and number to when the CSMS gave it another one: the first was never heard, or not kept."""
        self.first_seen = {}
        """id() of what was said to the place of its first appearance."""

    def judge(self):
        """Everything, in the order of the record."""
        calls, answered = {}, {}
        for place, (fact, frame) in enumerate(self.frames):
            if fact["way"] == "out":
                self._csms_said(fact, frame, calls, answered)
            elif frame[0] == CALL:
                self._csms_got_call(place, fact, frame, calls, answered)
            else:
                self._csms_got_answer(place, frame)
        self._completeness()
        self._order()
        self._kept_promises()
        self._last_states()
        self._downwards()

    def _say(self, kind, sentence):
        self.verdict.fault(kind, f"{self.identity}: {sentence}")

    def _csms_said(self, fact, frame, calls, answered):
        if frame[0] == CALL:
            self.asked[frame[1]] = frame
            return
        said = calls.get((fact["conn"], frame[1]))
        if said is None or frame[0] != RESULT:
            return
        if not fact.get("late"):
            answered[fact["conn"], id(said)] = fact["at"]
        if said["action"] == "StartTransaction":
            self._numbered(said["transaction"], frame[2]["transactionId"], fact["at"])

    def _numbered(self, transaction, number, at):
        for earlier in self.given[transaction] - {number}:
            self.replaced_at.setdefault((transaction, earlier), at)
        self.given[transaction].add(number)

    def _csms_got_call(self, place, fact, frame, calls, answered):
        _, message_id, action, payload = frame
        self.verdict.seen += 1
        text = content(action, payload)
        said = self.said.get(text)
        if said is None:
            self._say("altered" if self.sent_ids[message_id] else "foreign", f"it never said {fact['text'][:200]}")
            return
        if message_id not in self.ids[text] and action != "BootNotification":
            self._say("foreign", f"it never sent {action} under the id {message_id}")
        if action == "TransactionEvent" and said["body"].get("offline") and not payload.get("offline"):
            self._say("altered", f"it said offline: true in {message_id}")
        calls[fact["conn"], message_id] = said
        if said["kind"] == "kept":
            self._seen(place, fact, said, answered)
        if action in NUMBERED and payload["transactionId"] not in self.given[said["transaction"]]:
            given = sorted(self.given[said["transaction"]])
            self._say("misnumbered", f"{action} {message_id} has {payload['transactionId']}, the CSMS gave {given}")

    def _seen(self, place, fact, said, answered):
        if id(said) not in self.first_seen:
            self.first_seen[id(said)] = place
            return
        self.verdict.repeats += 1
        answered_at = answered.get((fact["conn"], id(said)), -inf)
        stood_still = any(began - SOON_S <= fact["at"] <= ended + SOON_S for began, ended in self.frozen)
        times_said = sum(self.sent_ids[one] for one in said["ids"])
        if fact["at"] - answered_at < SOON_S and times_said < 2 and not stood_still:
            self._say("doubled", f"{said['action']} {said['ids']} again on {fact['conn']}, where it was answered")

    def _csms_got_answer(self, place, frame):
        mine = self.sent_answers.get(frame[1], [])
        if frame[1] not in self.asked:
            self._say("foreign", f"an answer to what the CSMS never asked: {json.dumps(frame)[:200]}")
        elif self.asked[frame[1]][2] == "GetTransactionStatus" and frame[0] == RESULT:
            self.promises.append((place, frame, self.asked[frame[1]][3]["transactionId"]))
        elif frame not in mine:
            self._say("altered", f"it never gave the answer {json.dumps(frame)[:200]}")

    def _completeness(self):
        for said in self.station["said"]:
            if said["kind"] != "kept" or id(said) in self.first_seen:
                continue
            name = f"{said['action']} {said['transaction']} {said['seq']} {said['ids']}"
            self._say("lost" if said["told"] else "missing", name)

    def _order(self):
        places = defaultdict(list)
        for said in self.station["said"]:
            if said["transaction"] and id(said) in self.first_seen:
                places[said["transaction"]].append((self.first_seen[id(said)], said["seq"]))
        for transaction, found in places.items():
            numbers = [number for _, number in sorted(found)]
            for earlier, later in pairwise(numbers):
                if later < earlier:
                    self._say("reordered", f"{transaction}: {later} came after {earlier}")

    def _kept_promises(self):
        """Who says that nothing of a transaction waits must not bring anything of before that later (E14)."""
        for place, frame, transaction in self.promises:
            said_so = [one[2]["messagesInQueue"] for one in self.sent_answers.get(frame[1], [])]
            if frame[2]["messagesInQueue"]:
                continue
            late = [
                said["ids"]
                for said in self.station["said"]
                if said["transaction"] == transaction
                and said["told"]
                and said["told_at"] < self.answered_at[frame[1]]
                and self.first_seen.get(id(said), inf) > place
            ]
            if late or said_so != [False]:
                self._say("untrue", f"{transaction}: nothing waits, says {frame[1]}, but {late} came later")

    def _last_states(self):
        states = [said for said in self.station["said"] if said["kind"] == "latest"]
        told = [number for number, said in enumerate(states) if said["told"]]
        if not told:
            return
        may_be = [content(said["action"], said["body"]) for said in states[told[-1] :]]
        seen = [content(frame[2], frame[3]) for fact, frame in self.frames if fact["way"] == "in" and frame[0] == CALL]
        last = [text for text in seen if text.startswith('["StatusNotification"')][-1:]
        if not last or last[0] not in may_be:
            self._say("stale", f"the CSMS believes {last}, the station was told of {may_be[0]}")

    def _downwards(self):
        for message_id, got in self.got_calls.items():
            asked = self.asked.get(message_id)
            for conn, frame, at in got:
                if asked is not None:
                    self._same_call(asked, frame, at)
                elif frame[2] in OWN_ACTIONS:
                    self.verdict.own_calls += 1
                else:
                    self._say("foreign", f"got {frame[2]} {message_id} on {conn}, which the CSMS never sent")
            if asked is not None and len(got) > 1:
                self._say("doubled", f"got {asked[2]} {message_id} {len(got)} times")

    def _same_call(self, asked, got, at):
        """A CALL of the CSMS as it came: the same, with the station's number for the transaction."""
        theirs, mine = _number_down(asked), _number_down(got)
        if self.station["version"] == "ocpp1.6" and theirs is not None:
            named = [name for name, numbers in self.given.items() if theirs in numbers]
            numbers = {self.station["numbers"].get(name) for name in named}
            if any(self._means_nothing(name, theirs, at) for name in named):
                numbers.add(theirs)
            if mine not in numbers:
                self._say("misnumbered", f"{got[2]} {got[1]} names {mine}; it is {sorted(map(str, numbers))} here")
            got = json.loads(json.dumps(got).replace(f'"transactionId": {mine}', f'"transactionId": {theirs}'))
        if asked != got:
            self._say("altered", f"the CSMS sent {json.dumps(asked)[:200]}, there came {json.dumps(got)[:200]}")

    def _means_nothing(self, transaction, theirs, at):
        """No other number of it has reached the station yet, or the CSMS itself has given it another one."""
        return self.numbered_at.get(transaction, inf) > at or self.replaced_at.get((transaction, theirs), inf) < at


def _number_down(frame):
    """The transaction that a CALL of the CSMS names, if it names one."""
    payload = frame[3]
    return payload.get("transactionId", payload.get("csChargingProfiles", {}).get("transactionId"))
