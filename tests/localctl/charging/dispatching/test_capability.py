"""Finding out which actuator works."""

from localctl.charging.dispatching import capability
from localctl.charging.dispatching.capability import Trial
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet
from localctl.charging.profile.profiles import Protocol


def station(protocol=Protocol.V201, control=None):
    return Managed(identity="CP1", protocol=protocol, outlets=(Outlet(id=1),), control=control)


def after(*causes, where=None):
    where = where or station()
    now = capability.first(where)
    for cause in causes:
        now = capability.learnt(now, cause, where)
    return now


def test_a_2_1_station_is_tried_with_dynamic_profiles_first_others_with_the_maximum():
    assert capability.first(station(Protocol.V21)).actuator is Actuator.DYNAMIC
    assert capability.first(station(Protocol.V16)).actuator is Actuator.MAX_PROFILE


def test_accepted_is_only_taken_until_it_is_verified():
    assert after("accepted").trial is Trial.TAKEN
    assert after("accepted", "verified").trial is Trial.PROVEN


def test_one_or_two_refusals_prove_nothing_three_move_on():
    assert after("refused", "refused").actuator is Actuator.MAX_PROFILE
    assert after("refused", "refused", "accepted", "refused").actuator is Actuator.MAX_PROFILE
    assert after("refused", "refused", "refused").actuator is Actuator.TX_PROFILE


def test_accepted_and_ignored_moves_on():
    moved = after("accepted", "contradicted")
    assert (moved.actuator, moved.trial, moved.failed) == (Actuator.TX_PROFILE, Trial.UNTRIED, (Actuator.MAX_PROFILE,))


def test_what_was_proven_survives_refusals_but_not_contradiction():
    assert after("accepted", "verified", *["refused"] * 5).actuator is Actuator.MAX_PROFILE
    assert after("accepted", "verified", "contradicted").actuator is Actuator.TX_PROFILE


def test_when_nothing_works_the_station_is_uncontrolled():
    assert after(*["refused"] * 9).actuator is Actuator.UNCONTROLLED
    assert after(*["refused"] * 9).failed == (Actuator.MAX_PROFILE, Actuator.TX_PROFILE, Actuator.TX_DEFAULT)


def test_what_begins_anew_is_doubted_until_it_is_proven_whichever_actuator_that_takes():
    now = capability.first(station(), anew=True)
    assert (now.actuator, now.doubted) == (Actuator.MAX_PROFILE, True)
    for cause in (*["refused"] * 3, "accepted"):
        now = capability.learnt(now, cause, station())
        assert now.doubted
    assert not capability.learnt(now, "verified", station()).doubted
    assert not after("accepted").doubted
    assert not capability.first(station(control=Actuator.MAX_PROFILE), anew=True).doubted


def test_what_the_installer_fixed_is_never_given_up():
    fixed = station(control=Actuator.TX_DEFAULT)
    stubborn = after(*["refused"] * 9, "accepted", "contradicted", where=fixed)
    assert stubborn.actuator is Actuator.TX_DEFAULT
    assert stubborn.trial is not Trial.FAILED
