"""What an answer, or the lack of one, changes in a station's book: entitlement, pace and trust in its actuator."""

from dataclasses import replace
from math import inf
from typing import Final

from localctl.charging.base import steps
from localctl.charging.dispatching import actuators, capability, entitlement, pacing
from localctl.charging.dispatching.actuators import Place
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.capability import Trial
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.fleet import Managed
from localctl.charging.dispatching.pacing import Pace, PaceTerms
from localctl.charging.profile.profiles import RateUnit

CHECK_SLACK_A: Final = 1.0


def answered(desk: Desk, station: Managed, token: int, outcome: Outcome, now: float, terms: PaceTerms) -> None:
    """An order of this station met its end: accepted, refused, unclear or lost; also late, also twice."""
    if desk.checking == token:
        checked(desk, station, outcome)
    if desk.busy == token:
        desk.busy = None
    key = desk.holder(token)
    if key is not None:
        settled(desk, station, key, token, outcome, now, terms)


def settled(desk: Desk, station: Managed, key: str, token: int, outcome: Outcome, now: float, terms: PaceTerms) -> None:
    """The end of an order that wrote a profile. What is already settled stays as it is."""
    cause = "lost" if outcome.verdict in (Verdict.UNCLEAR, Verdict.LOST) else outcome.verdict.value
    slot = desk.slots[key]
    if not any(order.token == token for order in slot.open):
        overtaken(desk, key, token, outcome)
        return
    if outcome.verdict is Verdict.ACCEPTED:
        desk.slots[key] = entitlement.accepted(slot, token, now, station.tolerance.reaction_s)
    elif outcome.verdict is Verdict.REFUSED:
        desk.slots[key] = entitlement.refused(slot, token)
    track = desk.tracks[key]
    if track.token == token and track.state in (Pace.SENT, Pace.UNKNOWN):
        track = pacing.answered(track, cause, now, terms, rate_limited=outcome.rate_limited)
        # The newest order settles all others, unless one of them was taken out of sequence: then it is written anew.
        unsettled = outcome.verdict is Verdict.ACCEPTED and desk.slots[key].open
        desk.tracks[key] = replace(track, schedule=None) if unsettled else track
    # The floor below a top is another kind of profile: that it was taken says nothing of the kind that is on trial.
    of_floor = cause == "accepted" and not actuators.follows_share(Place.of(key), desk.capability.actuator)
    if outcome.is_about_the_order and not of_floor:
        learn(desk, station, cause)


def overtaken(desk: Desk, key: str, token: int, outcome: Outcome) -> None:
    """The late answer to an order that was settled by a newer one: after a yes nobody knows which holds; write anew."""
    before = desk.slots[key]
    if outcome.verdict is Verdict.ACCEPTED:
        desk.slots[key] = entitlement.out_of_sequence(before, token)
    elif outcome.verdict is Verdict.REFUSED:
        desk.slots[key] = entitlement.refused(before, token)
    track = desk.tracks[key]
    if len(desk.slots[key].open) > len(before.open) and track.state is not Pace.SENT:
        desk.tracks[key] = replace(track, schedule=None)


def learn(desk: Desk, station: Managed, cause: str) -> None:
    """What it says about the actuator (`capability`): one that was just taken is checked, one that failed is left."""
    learnt = capability.learnt(desk.capability, cause, station)
    if learnt.actuator is not desk.capability.actuator:
        desk.change_actuator(learnt)
        return
    if learnt.trial is Trial.TAKEN and desk.capability.trial is Trial.UNTRIED:
        desk.check_due = True
        # How it behaved before this kind of profile was there counts neither for nor against it.
        desk.drawers = {key: replace(record, over=0, kept=0) for key, record in desk.drawers.items()}
    desk.capability = learnt


def telling(desk: Desk, station: Managed) -> dict[int, float]:
    """The EVSEs (0: the station) whose composite schedules can show whether the kind of profile on trial works.

    It has a part in them, and holds them below what could be drawn without it: at so many amperes.
    """
    found = {}
    for key, slot in desk.slots.items():
        place = Place.of(key)
        most_a = _written_a(desk, place.evse_id)
        if slot.confirmed is None or most_a is None or not actuators.follows_share(place, desk.capability.actuator):
            continue
        if most_a + CHECK_SLACK_A < actuators.unlimited_a(Place(evse_id=place.evse_id), station):
            found[place.evse_id] = most_a
    return found


def _written_a(desk: Desk, evse_id: int) -> float | None:
    """The most that our settled profiles allow an EVSE; None where none is."""
    tracks = [track for key, track in desk.tracks.items() if Place.of(key).evse_id == evse_id]
    written = [track.schedule for track in tracks if track.state is Pace.SETTLED and track.schedule]
    return max((steps.highest(schedule, -inf) for schedule in written), default=None)


def checked(desk: Desk, station: Managed, outcome: Outcome) -> None:
    """The station's own composite schedule: does it show no more than was ordered?"""
    desk.checking = None
    if outcome.limit is None:
        return
    most_a = telling(desk, station).get(desk.checked)
    if most_a is None:
        desk.check_due = True
        return
    outlets = station.outlets if desk.checked == 0 else (station.outlet(desk.checked),)
    per_a = 1.0 if station.unit is RateUnit.AMPS else max(outlet.watts_per_a for outlet in outlets)
    learn(desk, station, "verified" if outcome.limit / per_a <= most_a + CHECK_SLACK_A else "contradicted")
