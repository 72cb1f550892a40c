"""What answers change in a station's book."""

from dataclasses import replace

import pytest

from localctl.charging.base.steps import constant
from localctl.charging.dispatching import capability, entitlement, verdicts
from localctl.charging.dispatching.answers import Outcome, Verdict
from localctl.charging.dispatching.capability import Trial
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Sent, Slot
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet
from localctl.charging.dispatching.pacing import Pace, PaceTerms, Track
from localctl.charging.profile.profiles import Protocol, RateUnit

TERMS = PaceTerms()
STATION = Managed(identity="CP1", protocol=Protocol.V201, outlets=(Outlet(id=1),))


def waiting(station=STATION, amps=16.0):
    """An order of 16 A is on its way, 6 A are confirmed."""
    slot = Slot(unlimited_a=32.0, confirmed=constant(6.0), open=(Sent(token=5, entitled=constant(amps)),))
    track = Track(state=Pace.SENT, schedule=constant(amps), token=5)
    return Desk(capability=capability.first(station), slots={"0": slot}, tracks={"0": track}, busy=5)


def answered(desk, verdict, token=5, station=STATION, **more):
    verdicts.answered(desk, station, token, Outcome(verdict=verdict, **more), 100.0, TERMS)
    return desk


@pytest.mark.parametrize(
    ("verdict", "state", "most_a"),
    [
        (Verdict.ACCEPTED, Pace.SETTLED, 16.0),
        (Verdict.REFUSED, Pace.REFUSED, 6.0),
        (Verdict.UNCLEAR, Pace.UNKNOWN, 16.0),
        (Verdict.LOST, Pace.UNKNOWN, 16.0),
    ],
)
def test_p2_only_a_plain_yes_or_no_settles_what_counts(verdict, state, most_a):
    desk = answered(waiting(), verdict)
    assert (desk.tracks["0"].state, desk.slots["0"].most(200.0), desk.busy) == (state, most_a, None)
    assert bool(desk.slots["0"].open) is (state is Pace.UNKNOWN)


def test_an_answer_to_another_order_changes_nothing():
    before = waiting()
    assert answered(waiting(), Verdict.ACCEPTED, token=4) == before


def test_a_second_answer_changes_nothing():
    desk = answered(waiting(), Verdict.ACCEPTED)
    slots = dict(desk.slots)
    assert answered(desk, Verdict.REFUSED).slots == slots


def overtaken():
    """A rise to 16 A that got lost, then a fall to 6 A that was taken."""
    desk = answered(waiting(), Verdict.LOST)
    desk.slots["0"] = entitlement.sending(desk.slots["0"], Sent(token=6, entitled=constant(6.0)))
    desk.tracks["0"] = replace(desk.tracks["0"], state=Pace.SENT, schedule=constant(6.0), token=6)
    return answered(desk, Verdict.ACCEPTED, token=6)


def test_p2_a_late_yes_to_an_overtaken_order_counts_again_and_the_last_one_is_written_anew():
    desk = overtaken()
    assert (desk.slots["0"].most(200.0), desk.tracks["0"].schedule) == (6.0, constant(6.0))
    answered(desk, Verdict.ACCEPTED, token=5)
    assert (desk.slots["0"].most(200.0), desk.tracks["0"].schedule) == (16.0, None)


@pytest.mark.parametrize("verdict", [Verdict.REFUSED, Verdict.LOST, Verdict.UNCLEAR])
def test_p2_any_other_late_answer_to_an_overtaken_order_leaves_the_last_one_in_force(verdict):
    desk = answered(overtaken(), verdict, token=5)
    assert (desk.slots["0"].most(200.0), desk.tracks["0"].schedule) == (6.0, constant(6.0))


def test_p2_what_was_in_flight_when_the_late_yes_came_does_not_settle_it():
    desk = overtaken()
    desk.slots["0"] = entitlement.sending(desk.slots["0"], Sent(token=7, entitled=constant(8.0)))
    desk.tracks["0"] = replace(desk.tracks["0"], state=Pace.SENT, schedule=constant(8.0), token=7)
    answered(desk, Verdict.ACCEPTED, token=5)
    assert desk.tracks["0"].schedule == constant(8.0)
    answered(desk, Verdict.ACCEPTED, token=7)
    assert (desk.slots["0"].most(200.0), desk.tracks["0"].schedule) == (16.0, None)


def test_k01_fr56_a_rate_limit_says_nothing_about_the_actuator():
    desk = answered(waiting(), Verdict.REFUSED, rate_limited=True)
    assert (desk.capability.refusals, desk.tracks["0"].not_before_at) == (0, 160.0)


def test_k15_fr17_a_profile_that_came_before_the_cars_needs_says_nothing_about_the_actuator():
    desk = answered(waiting(), Verdict.REFUSED, reason="InvalidMessageSeq")
    assert (desk.capability.refusals, desk.tracks["0"].state) == (0, Pace.REFUSED)
    assert answered(waiting(), Verdict.REFUSED, reason="InvalidProfile").capability.refusals == 1


def test_the_first_yes_asks_for_a_check():
    assert answered(waiting(), Verdict.ACCEPTED).check_due


@pytest.mark.parametrize(("unit", "per_a"), [(RateUnit.AMPS, 1.0), (RateUnit.WATTS, 690.0)])
@pytest.mark.parametrize(
    ("shown_a", "actuator", "trial"),
    [
        (17.0, Actuator.MAX_PROFILE, Trial.PROVEN),
        (17.1, Actuator.TX_PROFILE, Trial.UNTRIED),
        (None, Actuator.MAX_PROFILE, Trial.TAKEN),
    ],
)
def test_the_composite_schedule_proves_or_contradicts(unit, per_a, shown_a, actuator, trial):
    station = Managed(identity="CP1", protocol=Protocol.V201, outlets=(Outlet(id=1),), unit=unit)
    desk = answered(waiting(station), Verdict.ACCEPTED, station=station)
    desk.checking = 6
    answered(desk, Verdict.ACCEPTED, 6, station, limit=None if shown_a is None else shown_a * per_a)
    assert (desk.capability.actuator, desk.capability.trial, desk.checking) == (actuator, trial, None)
