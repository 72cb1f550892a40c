"""A plan is walked to its end whatever comes of each step, and no step is bound to wait for ever."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.commissioning.known import Kind, Terms
from localctl.charging.commissioning.plans import PLANS, next_step
from localctl.charging.commissioning.stages import Came, Until
from localctl.charging.dispatching.fleet import Actuator, Sight
from localctl.charging.profile.profiles import Protocol
from tests.localctl.charging.commissioning.test_known import CAR, CHARGES, known, result

MOST_STEPS = 60


def walked(start, came, drawn_a=16.0):
    """The steps of a plan when each ends as `came` says, in order."""
    found = []
    while (step := next_step(start)) is not None:
        found.append(step)
        assert len(found) <= MOST_STEPS
        end = result(came(step), until=step.until, drawn_a=drawn_a)
        start = replace(start, results={**start.results, step.key: end})
    return found


@given(
    st.sampled_from(list(PLANS)), st.booleans(), st.booleans(), st.sampled_from(list(Actuator)), st.booleans(),
    st.sampled_from([Protocol.V16, Protocol.V201, Protocol.V21]), st.floats(0, 32), st.randoms(use_true_random=False),
)  # fmt: skip
def test_every_plan_ends_and_every_step_has_its_time(kind, car, links, daily, working, protocol, drawn_a, chance):
    start = known(daily=daily, working=working, protocol=protocol)
    start = replace(start, terms=Terms(kind=kind, car=car, links=links), silence_s=300.0)
    steps = walked(start, lambda _step: chance.choice(list(Came)), drawn_a)
    assert len({step.key for step in steps}) == len(steps)
    assert all(0 < step.within_s <= 300 for step in steps)
    assert all(step.hold is None or step.hold.amps <= drawn_a for step in steps if step.until is Until.FALLEN)


def keys(steps):
    return [step.key for step in steps]


def test_what_disconnects_comes_last_and_only_where_it_is_wanted():
    assert keys(walked(known(), lambda _: Came.YES))[-3:] == ["ping", "drop", "close"]
    unwanted = replace(known(), terms=Terms(links=False))
    assert {"drop", "close"}.isdisjoint(keys(walked(unwanted, lambda _: Came.YES)))


def test_quirk_11_who_does_not_come_back_from_a_drop_is_spared_the_close_frame():
    assert keys(walked(known(), lambda step: Came.NO if step.key == "drop" else Came.YES))[-1] == "drop"


def test_without_a_car_nothing_waits_for_a_meter():
    start = replace(known(sight=Sight()), terms=Terms(car=False))
    assert {step.until for step in walked(start, lambda _: Came.YES)} == {Until.ANSWERED, Until.PONG, Until.BACK}


def test_a_refused_tx_profile_is_tried_without_its_transaction_and_relative():
    start = known(**CHARGES)
    tried = keys(walked(start, lambda step: Came.REFUSED if step.key.startswith("tx_profile") else Came.YES))
    assert [key for key in tried if key.startswith("tx_profile")] == [
        "tx_profile", "tx_profile:unnamed", "tx_profile:relative"
    ]  # fmt: skip


def test_the_other_unit_is_tried_for_all_only_where_nothing_was_taken():
    refuses = walked(known(working=False, **CHARGES), lambda step: Came.REFUSED if step.hold else Came.YES)
    assert "max_profile:W" in keys(refuses)
    assert "max_profile:W" not in keys(walked(known(working=False, **CHARGES), lambda _: Came.YES))


def test_each_version_is_asked_in_its_own_words():
    old, new = (next_step(known(protocol=version)).deed.action for version in (Protocol.V16, Protocol.V201))
    assert (old, new) == ("GetConfiguration", "GetVariables")


def test_the_dead_mans_test_is_silent_once_and_only_with_a_car_above_the_failsafe():
    start = replace(known(**CHARGES), terms=Terms(kind=Kind.DEAD_MAN), silence_s=300.0)
    assert [step.key for step in walked(start, lambda _: Came.YES) if step.silent] == ["silence"]
    little = replace(start, results={**CHARGES, "even": result(drawn_a=7.0)})
    assert walked(little, lambda _: Came.YES) == []


def test_hold_minimum_keeps_it_from_pausing_what_would_not_pause():
    start = known(**CHARGES)
    held = replace(start, station=replace(start.station, hold_minimum=True))
    assert "zero" in keys(walked(start, lambda _: Came.YES))
    assert "zero" not in keys(walked(held, lambda _: Came.YES))
    assert CAR.running
