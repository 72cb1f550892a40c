"""What an answer, or the lack of one, changes in a station's book: entitlement, pace and trust in its actuator."""

from dataclasses import replace
from math import inf
from typing import Final

from localctl.charging.base import steps
from localctl.charging.dispatching import capability, entitlement, pacing
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
    if outcome.is_about_the_order:
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
    desk.capability = learnt


def checked(desk: Desk, station: Managed, outcome: Outcome) -> None:
    """The station's own composite schedule: does it show no more than was ordered?"""
    desk.checking = None
    if outcome.limit is None:
        return
    written = [track.schedule for track in desk.tracks.values() if track.state is Pace.SETTLED and track.schedule]
    per_a = 1.0 if station.unit is RateUnit.AMPS else max(outlet.watts_per_a for outlet in station.outlets)
    if written:
        most_a = max(steps.highest(schedule, -inf) for schedule in written)
        learn(desk, station, "verified" if outcome.limit / per_a <= most_a + CHECK_SLACK_A else "contradicted")
