"""What P1 promises about one open link, kept as plainly as possible: queues, slots, and what each end has seen.

`LinkModel` is told what the peers do and checks every command of the router against it. It shares no code with the
router; ids are told apart by who made them, texts by a serial number inside.
"""

import json
from dataclasses import dataclass, field

from routing import (
    CallAnswered,
    CallExpired,
    Command,
    FollowUpArrived,
    FrameDropped,
    Leg,
    Observe,
    OwnCallEnded,
    Pause,
    Resume,
    Send,
    StationBooted,
)

TIMEOUT_S, OWN_TIMEOUT_S, MEMORY_S = 30.0, 15.0, 600.0


@dataclass
class Said:
    """One CALL or SEND of a peer, or a CALL of the box."""

    text: str
    message_id: str
    is_call: bool
    token: int | None = None
    passed: int = 0
    sent_at: float = 0.0
    ends: list[str] = field(default_factory=list)


class Direction:
    """Everything that goes towards one leg."""

    def __init__(self) -> None:
        self.waiting: list[Said] = []
        self.out: Said | None = None
        self.expired: dict[str, Said] = {}
        self.all: list[Said] = []


class LinkModel:
    """One open link as its two peers may experience it."""

    def __init__(self) -> None:
        self.towards = {Leg.STATION: Direction(), Leg.CSMS: Direction()}
        self.paused: Leg | None = None
        self.own_may = True
        self.own_asked: dict[int, bool] = {}
        """Own CALLs not yet sent: token to `is routine`."""
        self.own_ids: set[str] = set()
        self.own_ends: dict[int, list[str]] = {}
        self.due: dict[int, float] = {}
        """Follow-ups still to come: token, which is their requestId too, to when they are surely still waited for."""
        self.allowed: list[tuple[Leg, str]] = []
        """Frames that this step may bring beside what waits: answers, absorbed results, errors."""

    def calls(self, sender: Leg, said: Said) -> None:
        direction = self.towards[sender.other]
        direction.waiting.append(said)
        direction.all.append(said)

    def answer_belongs(self, answerer: Leg, message_id: str, now: float) -> Said | None:
        """The CALL this answer ends, by the rules for right and late answers (2.3.4e)."""
        direction = self.towards[answerer]
        if direction.out is not None and direction.out.message_id == message_id:
            return direction.out
        late = direction.expired.get(message_id)
        lifetime_s = (TIMEOUT_S if late is None or late.token is None else OWN_TIMEOUT_S) + MEMORY_S
        return late if late is not None and now <= late.sent_at + lifetime_s else None

    def may_be_complained_of(self, answerer: Leg) -> bool:
        """Whether what is outstanding is a peer's CALL that is no JSON: an error that names none is about it (2.4)."""
        said = self.towards[answerer].out
        return said is not None and said.token is None and not _is_json(said.text)

    def check(self, commands: list[Command], now: float, *, over: bool = False) -> None:
        """Compare everything the router did in one step with what it may do. `over`: the link ended with it."""
        for command in commands:
            match command:
                case Send():
                    self._sent(command.leg, command.text, now)
                case Pause():
                    assert self.paused is None, "two legs paused"
                    self.paused = command.leg
                case Resume():
                    assert self.paused is command.leg, "resumed what was not paused"
                    self.paused = None
                case Observe():
                    self._observed(command.what, now)
                case _:
                    pass
        assert not self.allowed, f"never sent: {self.allowed}"
        if not over:
            self._nobody_waits_without_reason()

    def _sent(self, leg: Leg, text: str, now: float) -> None:
        if leg is Leg.CSMS:
            assert not any(own_id in text for own_id in self.own_ids), "own id leaked to the CSMS"
        if (leg, text) in self.allowed:
            self.allowed.remove((leg, text))
            return
        direction = self.towards[leg]
        if direction.waiting and text == direction.waiting[0].text:
            said = direction.waiting.pop(0)
        else:
            said = self._own_sent(leg, text)
        if said.is_call:
            assert direction.out is None, f"second CALL outstanding towards the {leg.value}"
            direction.out = said
            said.sent_at = now
            direction.expired.pop(said.message_id, None)

    def _own_sent(self, leg: Leg, text: str) -> Said:
        """Text that no peer said must be an own CALL, to the station, in its turn."""
        kind, message_id, _, payload = json.loads(text)
        assert leg is Leg.STATION, f"not the next in order: {text}"
        assert kind == 2
        token = payload["own"]
        routine = self.own_asked.pop(token)
        waiting = self.towards[leg].waiting
        assert self.own_may, "own CALL while the registration is pending"
        assert not (routine and waiting), "routine CALL passed a relayed one"
        if waiting:
            waiting[0].passed += 1
            assert waiting[0].passed == 1, "relayed CALL passed twice"
        assert message_id not in self.own_ids
        self.own_ids.add(message_id)
        return Said(text, message_id, is_call=True, token=token)

    def _observed(self, what: object, now: float) -> None:
        match what:
            case CallAnswered(verdict="carried"):
                assert (what.leg, what.action) == (Leg.STATION, "PullDynamicScheduleUpdate")
            case CallAnswered():
                self._answered(what, now)
            case CallExpired():
                self._expired(what)
            case OwnCallEnded():
                self._own_ended(what)
            case StationBooted():
                self.own_may = what.registration.value == "Accepted"
            case FollowUpArrived():
                assert what.token in self.due
            case FrameDropped():
                assert what.cause != "too_many"
            case _:
                pass

    def _answered(self, what: CallAnswered, now: float) -> None:
        direction = self.towards[what.leg.other]
        said = self.answer_belongs(what.leg.other, what.message_id, now)
        assert said is not None
        assert said.token is None
        assert (what.verdict == "late") == (said is not direction.out)
        assert what.request == b"" or what.request.decode() in said.text
        said.ends.append("answered")
        self._free(direction, said)

    def _expired(self, what: CallExpired) -> None:
        direction = self.towards[what.to]
        said = direction.out
        assert said is not None
        assert said.message_id == what.message_id
        assert what.own == (said.token is not None)
        said.ends.append("expired")
        direction.out = None
        direction.expired[said.message_id] = said

    def _own_ended(self, what: OwnCallEnded) -> None:
        ends = self.own_ends[what.token]
        if what.verdict in ("result", "error"):
            direction = self.towards[Leg.STATION]
            (said,) = [s for s in (direction.out, *direction.expired.values()) if s and s.token == what.token]
            assert what.late == (said is not direction.out)
            self._free(direction, said)
        self.own_asked.pop(what.token, None)
        ends.append("late" if what.late else what.verdict)
        assert ends in ([what.verdict], ["expired", "late"]), f"own CALL {what.token} ended {ends}"

    def _free(self, direction: Direction, said: Said) -> None:
        if direction.out is said:
            direction.out = None
        else:
            del direction.expired[said.message_id]

    def _nobody_waits_without_reason(self) -> None:
        for leg, direction in self.towards.items():
            assert direction.out is not None or not direction.waiting, f"free slot, but CALLs wait for the {leg.value}"
        idle = self.towards[Leg.STATION].out is None
        assert not (idle and self.own_may and self.own_asked), "free slot, but own CALLs wait"

    def ended(self) -> None:
        """The link is over: every CALL that went out was answered or expired at most once, late answers aside."""
        for direction in self.towards.values():
            for said in direction.all:
                assert said.ends in ([], ["answered"], ["expired"], ["expired", "answered"])
                unended = said.is_call and said.sent_at and not said.ends
                assert not unended or said is direction.out
        assert all(ends for ends in self.own_ends.values()), "own CALL never ended"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
