"""The machine that walks a plan with one station: what is seen goes in, deeds and holds come out (`stages.MOVES`).

    trial = Trial(terms, known, now)
    deeds = trial.turn(view, now)          every control cycle; store the books before the deeds are done
    trial.done(number, done, now)          the end of each deed
    trial.hold_a, trial.silent             how the controller treats the station until the next turn
    trial.stop("by the installer", now)    ordinary control comes back; `over` once the station is as it was

A profile is noted in `placed` before it is sent, and stays there until the station says that it is gone. One whose end
nobody knows is told once by `take_left`: it is to be counted for a day, and cleared by dispatch.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from math import inf
from typing import Final

from localctl.charging.base.moves import after
from localctl.charging.base.phases import PerPhase
from localctl.charging.commissioning import levers, plans
from localctl.charging.commissioning.known import CHARGES_A, Known
from localctl.charging.commissioning.levers import Placed
from localctl.charging.commissioning.stages import (
    MOVES,
    OF_THE_METER,
    Ask,
    Came,
    Deed,
    Done,
    Hold,
    Part,
    Result,
    Stage,
    Step,
    Until,
)  # fmt: skip
from localctl.charging.dispatching.fleet import Actuator, Sight
from localctl.charging.dispatching.obedience import slack_of
from localctl.charging.dispatching.orders import text_of
from localctl.charging.profile.profiles import Protocol

MUTE_S: Final = 90.0
"""A station that cannot be asked for its meter is given so much longer to show something."""
SETTLE_S: Final = 10.0
RAMP_S: Final = 25.0
"""A share rises in steps, each after the car was seen taking the one before: who keeps still for longer has arrived."""
METERS_S: Final = 30.0
LIVE_S: Final = 120.0
WATCHED_S: Final = 60.0
COMPARES: Final = frozenset({Until.STEADY, Until.FALLEN, Until.RISEN})
LOST_S: Final = 45.0
SAME_A: Final = 0.05
STILL_A: Final = 0.5
NO_DEED: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is seen of the station in one cycle. Currents in A; `share_a` is what the site gives the EVSE now.

    `meters` are the site's meters that the station may be behind: when they were read, and what they showed. `crowded`:
    somebody on the site is kept waiting.
    """

    sight: Sight
    share_a: float
    currents: dict[int, float] = field(default_factory=dict)
    measured_at: float | None = None
    meters: dict[str, tuple[float, PerPhase]] = field(default_factory=dict)
    crowded: bool = False

    @property
    def drawn_a(self) -> float:
        """The highest phase."""
        return max(self.currents.values(), default=0.0)


class Trial:
    """One commissioning of one EVSE. Instants in seconds since 1970; `numbers` are those of its deeds."""

    def __init__(self, known: Known, now: float, numbers: Iterator[int] | None = None) -> None:
        self.known = known
        self.stage = Stage.READY
        self.step: Step | None = None
        self.began_at = self.since = self.watched_at = now
        self.ended_at: float | None = None
        self.why: str | None = None
        """Why it was broken off; None when it came to its end."""
        self.placed: dict[Actuator, Placed] = {}
        self._left: dict[Actuator, Placed] = {}
        self.view: View | None = None
        self._numbers = count(1) if numbers is None else numbers
        self._awaited = self._polled = NO_DEED
        self._polled_at = self._linked_at = -inf
        self._clearing: Actuator | None = None
        self._before: Placed | None = None
        self._taken_at: float | None = None
        self._mute = False
        self._still_a, self._still_at = 0.0, now

    # --- how the controller treats the station ------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Ordinary control has the station again."""
        return self.stage is Stage.OVER

    @property
    def hold_a(self) -> float | None:
        """What its share is cut to now; None: not at all."""
        hold = self.step.hold if self.step is not None and self.stage is Stage.WATCHING else None
        return hold.amps if hold is not None and hold.lever.daily else None

    @property
    def silent(self) -> bool:
        """Nothing is to be sent to the station."""
        return self.stage is Stage.WATCHING and self.step is not None and self.step.silent

    @property
    def touched(self) -> bool:
        """What the station shows is a matter of the trial, and no longer of its days."""
        return bool(self.placed) or "even" in self.known.results or (self.step is not None and self.step.silent)

    # --- what happens -------------------------------------------------------------------------------------------------

    def turn(self, view: View, now: float) -> list[Deed]:
        """Look, go on, and say what is to be done."""
        self.view = view
        self.known = replace(self.known, sight=view.sight)
        if abs(view.drawn_a - self._still_a) > STILL_A:
            self._still_a, self._still_at = view.drawn_a, now
        why = None if self.stage in (Stage.RESTORING, Stage.OVER) else self._trouble(view, now)
        if why is not None:
            self.stop(why, now)
        if self.stage is Stage.WATCHING:
            self._look(view, now)
        elif self._awaited and now > self.since + LOST_S:
            self.done(self._awaited, Done(taken=None), now)
        deeds: list[Deed] = []
        if self.stage is Stage.READY:
            deeds = self._begin(now)
        if self.stage is Stage.RESTORING and not self._awaited:
            deeds = self._restore(now)
        return [*deeds, *self._poll(now)]

    def done(self, number: int, done: Done, now: float) -> None:
        """A deed met its end; of one that nobody waits for any more nothing follows."""
        if number == self._polled:
            self._polled = NO_DEED
            self._mute = self._mute or done.taken is False
        elif number == self._awaited:
            self._awaited = NO_DEED
            if self.stage in (Stage.CLEARING, Stage.RESTORING):
                self._cleared(done)
            elif self.stage is Stage.ASKED and self.step is not None:
                self._asked(self.step, done, now)

    def ordered(self, now: float) -> None:
        """The station took a profile of daily use."""
        if self.hold_a is not None and self._taken_at is None:
            self._taken_at = now

    def linked(self, now: float) -> None:
        """The station's connection is there."""
        self._linked_at = now

    def take_left(self) -> dict[Actuator, Placed]:
        """Profiles of which nobody knows whether they are still there; told once."""
        left, self._left = self._left, {}
        return left

    def watched(self, now: float) -> None:
        """Somebody looks on."""
        self.watched_at = now

    def stop(self, why: str | None, now: float) -> None:
        """End it; `why` None when the plan is done. What the station had before comes back."""
        if self.stage in (Stage.RESTORING, Stage.OVER):
            return
        if self.stage is Stage.CLEARING or (self.stage is Stage.ASKED and self._awaited):
            self._awaited = NO_DEED
        self.why, self.step, self.since = why, None, now
        self._move("end")

    # --- the stages ---------------------------------------------------------------------------------------------------

    def _move(self, cause: str) -> None:
        self.stage = after(MOVES, self.stage, cause, "commissioning")

    def _begin(self, now: float) -> list[Deed]:
        """Start the next step, after what the step before left at the station is cleared."""
        step = plans.next_step(self.known)
        hold = step.hold if step is not None and step.hold is not None and not step.hold.lever.daily else None
        stray = [actuator for actuator in self.placed if hold is None or actuator is not hold.lever.actuator]
        self.since, self._taken_at = now, None
        if stray:
            self._move("clear")
            return [self._clear(stray[0])]
        self.step = step
        if step is None:
            self._move("end")
            return []
        deed = step.deed if hold is None else self._placing(hold, now)
        self._move("watch" if deed is None else "ask")
        return [] if deed is None else [self._numbered(deed)]

    def _placing(self, hold: Hold, now: float) -> Deed:
        """The CALL for a profile; it counts from now on."""
        assert self.view is not None
        amps = min(hold.amps, self.view.share_a)
        before = self._before = self.placed.get(hold.lever.actuator)
        station, evse_id = self.known.station, self.known.evse_id
        lasts_s = levers.DAY_S if hold.lever.relative or not self._clock_sane() else levers.LIFE_S
        most_a = amps if before is None else max(amps, before.amps)
        self.placed[hold.lever.actuator] = Placed(amps=most_a, ends_at=now + lasts_s)
        return levers.set_profile(hold.lever, station, self.known.sight, evse_id, amps, now)

    def _clock_sane(self) -> bool:
        return self.known.sight.clock_sane(self.known.station.tolerance.skew_s)

    def _asked(self, step: Step, done: Done, now: float) -> None:
        if done.taken is True:
            self._move("taken")
            self.since = self._taken_at = now
            if step.until in (Until.ANSWERED, Until.PONG):
                self._end_step("seen", Came.YES, now, answer=done.answer)
        else:
            if done.taken is False and step.hold is not None:
                self._not_placed(step.hold.lever.actuator)
            came = Came.REFUSED if done.taken is False else Came.NO
            self._move("refused")
            self._note(step, came, now, 0.0, done.answer)

    def _not_placed(self, actuator: Actuator) -> None:
        """Refused: what was there before, if anything, is there still."""
        del self.placed[actuator]
        if self._before is not None:
            self.placed[actuator] = self._before

    def _look(self, view: View, now: float) -> None:
        step = self.step
        assert step is not None
        seen_at = self._linked_at if step.until is Until.BACK else view.measured_at
        if seen_at is not None and seen_at > self.since and self._holds(step, view, now):
            begun_at = self.since if self._taken_at is None else min(self._taken_at, seen_at)
            self._end_step("seen", Came.YES, now, took_s=seen_at - begun_at)
        elif now > self.since + step.within_s + self._grace_s(step):
            self._end_step("late", Came.NO, now)

    def _grace_s(self, step: Step) -> float:
        """How much longer a step of the meter may take at this station."""
        if step.until not in OF_THE_METER:
            return 0.0
        return (MUTE_S if self._mute else 0.0) + (self.known.slowest_s if step.until is Until.STEADY else 0.0)

    @property
    def _settled_at(self) -> float:
        """From when on what is measured belongs to this step."""
        return self.since + SETTLE_S + self.known.slowest_s

    def _holds(self, step: Step, view: View, now: float) -> bool:
        """Whether what the step waits for is there."""
        match step.until:
            case Until.CHARGING:
                return view.drawn_a > CHARGES_A and self.known.evse_id in view.sight.running
            case Until.PAUSED:
                return view.drawn_a < CHARGES_A
            case Until.FALLEN:
                return view.drawn_a <= step.amps + slack_of(step.amps)
            case Until.RISEN:
                return view.drawn_a > step.amps + slack_of(step.amps)
            case Until.STEADY:
                return self._settled(view, now)
            case Until.BACK | Until.ANSWERED | Until.PONG:
                return True

    def _settled(self, view: View, now: float) -> bool:
        """The car has kept still for a while, and then its meter was read and every live one of the site's, too."""
        first = self.step is not None and self.step.key == "even"
        settled_at = max(self._settled_at, self._still_at + (RAMP_S if first else SETTLE_S))
        if view.measured_at is None or view.measured_at < settled_at:
            return False
        live = [at for at, _ in view.meters.values() if at > now - LIVE_S]
        return all(at >= settled_at for at in live) or now > settled_at + METERS_S

    def _end_step(self, cause: str, came: Came, now: float, *, took_s: float = 0.0, answer: object = None) -> None:
        assert self.step is not None
        self._move(cause)
        self._note(self.step, came, now, took_s, answer)

    def _note(self, step: Step, came: Came, now: float, took_s: float, answer: object) -> None:
        view = self.view
        assert view is not None
        fresh = {name: amps for name, (at, amps) in view.meters.items() if at >= self._settled_at}
        result = Result(
            came=came, title=step.title, until=step.until, ended_at=now, took_s=took_s, blunt=self._mute,
            answer=answer, meters=fresh, currents=dict(view.currents),
            drawn_a=view.drawn_a if view.measured_at is not None else None,
        )  # fmt: skip
        self.known = replace(self.known, results={**self.known.results, step.key: result})
        self.step = None

    # --- ending -------------------------------------------------------------------------------------------------------

    def _trouble(self, view: View, now: float) -> str | None:
        """What ends it early: nobody looks on, the station or the car leaves, or the site's limits fall (P2)."""
        if now > self.watched_at + WATCHED_S:
            return "nobody looks on any more"
        step = self.step
        parted = step is not None and (isinstance(step.deed, Part) or step.silent)
        if not view.sight.online and not parted and not self._never_came_back():
            return "the station is away"
        held = step is not None and step.until in OF_THE_METER and step.key != "car"
        if held and self.known.evse_id not in view.sight.running and not parted:
            return "the car has left"
        if max(self._needs_a(step), levers.most_a(self.placed)) > view.share_a + SAME_A:
            return "the site's limits have fallen below what this needs"
        if self.silent and view.crowded:
            return "others on the site are kept waiting"
        return None

    def _needs_a(self, step: Step | None) -> float:
        """The least share with which a step still shows something."""
        if step is None:
            return 0.0
        asks_a = 0.0 if step.hold is None else step.hold.amps
        return max(asks_a, self.known.least_a) if step.until in COMPARES else asks_a

    def _never_came_back(self) -> bool:
        return any(self.known.came(key) is Came.NO for key in ("drop", "close"))

    def _restore(self, now: float) -> list[Deed]:
        """Take away what is left at the station, one after the other."""
        for actuator in list(self.placed):
            if self.view is not None and self.view.sight.online:
                self.since = now
                return [self._clear(actuator)]
            self._leave(actuator)
        self._move("restored")
        self.ended_at = now
        return []

    def _clear(self, actuator: Actuator) -> Deed:
        self._clearing = actuator
        return self._numbered(levers.clear_profile(actuator, self.known.station))

    def _cleared(self, done: Done) -> None:
        """Gone, or never there; where nobody knows, it stays counted and dispatch clears it."""
        assert self._clearing is not None
        if done.taken is None:
            self._leave(self._clearing)
        else:
            del self.placed[self._clearing]
        self._move("answered")

    def _leave(self, actuator: Actuator) -> None:
        self._left[actuator] = self.placed.pop(actuator)

    # --- deeds --------------------------------------------------------------------------------------------------------

    def _numbered(self, deed: Deed) -> Deed:
        self._awaited = next(self._numbers)
        return replace(deed, number=self._awaited)

    def _poll(self, now: float) -> list[Deed]:
        """Ask the station to show its meter, as long as somebody waits for that."""
        waits = self.stage is Stage.WATCHING and self.step is not None and self.step.until in OF_THE_METER
        if not waits or self._mute or self.view is None or not self.view.sight.online:
            return []
        if self._polled and now < self._polled_at + LOST_S:
            return []
        self._polled, self._polled_at = next(self._numbers), now
        evse_id = self.known.evse_id
        old = self.known.station.protocol is Protocol.V16
        place: dict[str, object] = {"connectorId": evse_id} if old else {"evse": {"id": evse_id}}
        payload = text_of({"requestedMessage": "MeterValues", **place})
        return [Ask(number=self._polled, action="TriggerMessage", payload=payload, reads_meter=evse_id)]
