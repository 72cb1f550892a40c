"""Judging stations by what they were told."""

from localctl.charging.base.steps import constant
from localctl.charging.dispatching import capability, watching
from localctl.charging.dispatching.capability import Capability
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Slot
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet, Share
from localctl.charging.profile.profiles import Protocol

TWIN = Managed(
    identity="CP1",
    protocol=Protocol.V201,
    outlets=(Outlet(id=1, rating_a=16.0), Outlet(id=2, rating_a=16.0, failsafe_a=0.0)),
)


def told(station=TWIN, **limits):
    """A desk whose places are confirmed, such as whole=19 or evse1=6."""
    slots = {
        "0" if name == "whole" else name.removeprefix("evse"): Slot(unlimited_a=32.0, confirmed=constant(amps))
        for name, amps in limits.items()
    }
    desk = Desk(capability=Capability(actuator=Actuator.MAX_PROFILE, trial=capability.Trial.TAKEN), slots=slots)
    watching.told(desk, station, desk.by_book(station, [(0.0, 0.0)]).at(0), 0.0)
    return desk


def draws(desk, evse_id, *samples, begin=100.0):
    for number, amps in enumerate(samples):
        at = begin + number
        watching.metered(desk, TWIN, evse_id, amps, at, at)
    return desk


def test_evses_below_a_station_wide_limit_break_it_together():
    desk = draws(told(whole=19.0), 1, 16.0, 16.0, 16.0)
    assert not desk.distrusted()
    assert draws(desk, 0, 32.0, 32.0, 32.0).distrusted()


def test_evses_with_limits_of_their_own_are_not_judged_together():
    assert not draws(told(evse1=6.0, evse2=6.0), 0, 32.0, 32.0, 32.0).distrusted()


def test_disobedience_asks_for_a_composite_schedule_and_blames_the_actuator():
    desk = told(whole=19.0)
    fixed = Managed(identity="CP1", protocol=Protocol.V201, outlets=TWIN.outlets, control=Actuator.MAX_PROFILE)
    for at in (100.0, 101.0, 102.0):
        watching.metered(desk, fixed, 0, 32.0, at, at)
    assert desk.check_due
    assert desk.capability.actuator is Actuator.MAX_PROFILE
    assert draws(told(whole=19.0), 0, 32.0, 32.0, 32.0).capability.failed == (Actuator.MAX_PROFILE,)


def test_p2_a_new_actuator_does_not_make_a_liar_trusted():
    desk = draws(told(whole=19.0), 0, 32.0, 32.0, 32.0)
    assert desk.capability.actuator is not Actuator.MAX_PROFILE
    assert desk.distrusted()
    assert desk.envelope(TWIN, 200.0, 200.0).evse_a == {1: 16.0, 2: 16.0}


def test_a_liar_that_follows_the_next_actuator_evse_by_evse_is_trusted_again():
    desk = draws(told(whole=19.0), 0, 32.0, 32.0, 32.0)
    desk.slots = {number: Slot(unlimited_a=16.0, confirmed=constant(6.0)) for number in ("1", "2")}
    watching.told(desk, TWIN, desk.by_book(TWIN, [(200.0, 200.0)]).at(0), 200.0)
    assert draws(desk, 1, *[6.0] * 9, begin=300.0).distrusted()
    assert not draws(desk, 1, 6.0, begin=310.0).distrusted()


def test_a_limit_that_was_felt_and_kept_proves_the_actuator():
    desk = draws(told(whole=10.0), 1, *[10.0] * 10)
    assert desk.capability.trial is capability.Trial.PROVEN


def test_whoever_is_distrusted_is_ordered_no_more_than_a_car_needs_to_show_that_it_follows():
    shares = {1: Share(amps=constant(16.0), priority=2), 2: Share(amps=constant(16.0))}
    asked = watching.on_probation(shares, TWIN)
    assert {evse_id: share.amps[-1][1] for evse_id, share in asked.items()} == {1: 6.0, 2: 6.0}
    assert asked[1].priority == 2
    assert watching.on_probation({1: Share(amps=constant(0.0))}, TWIN)[1].amps == constant(0.0)
