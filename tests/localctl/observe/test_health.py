"""The service's state machine: every state with every cause, and the stories an operator lives through."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localctl.observe.health import Health, ServiceState
from routing.errors import OurBug

STARTING, READY, DEGRADED, STOPPING = ServiceState
CAUSES = ("complete", "complete_with_faults", "fault", "all_clear", "stop")
IMPOSSIBLE = {
    (STARTING, "fault"), (STARTING, "all_clear"),
    (READY, "complete"), (READY, "complete_with_faults"), (READY, "all_clear"),
    (DEGRADED, "complete"), (DEGRADED, "complete_with_faults"), (DEGRADED, "fault"),
    (STOPPING, "complete"), (STOPPING, "complete_with_faults"), (STOPPING, "fault"), (STOPPING, "all_clear"),
}  # fmt: skip


def ready() -> Health:
    health = Health(waits_for=["listeners"])
    health.arrived("listeners")
    return health


@pytest.mark.parametrize(("state", "cause"), list(product(ServiceState, CAUSES)))
def test_each_state_and_cause_is_a_move_or_is_listed_impossible(state: ServiceState, cause: str):
    assert ((state, cause) in Health.MOVES) != ((state, cause) in IMPOSSIBLE)


def test_an_impossible_move_is_our_bug_and_says_so():
    health = ready()
    with pytest.raises(OurBug, match="no move 'complete' from READY"):
        health._move("complete")


def test_the_box_is_ready_only_when_all_its_parts_are_there():
    health = Health(waits_for=["listeners", "first limits"])
    assert (health.state, health.ready) == (STARTING, False)
    assert health.reasons == ("waiting for listeners", "waiting for first limits")
    health.arrived("listeners")
    assert (health.state, health.reasons) == (STARTING, ("waiting for first limits",))
    health.arrived("first limits")
    assert (health.state, health.ready, health.reasons) == (READY, True, ())


def test_a_part_nobody_waits_for_is_our_bug():
    with pytest.raises(OurBug, match="nobody waits for 'listeners'"):
        ready().arrived("listeners")


def test_a_box_that_waits_for_nothing_is_our_bug():
    with pytest.raises(OurBug, match="waits for nothing"):
        Health(waits_for=[])


def test_a_fault_degrades_the_box_until_it_is_cleared_and_stations_may_still_come():
    health = ready()
    health.fault("csms", "CSMS main is away since 12:00")
    assert (health.state, health.ready) == (DEGRADED, True)
    assert health.reasons == ("CSMS main is away since 12:00",)
    health.clear("csms")
    assert (health.state, health.reasons) == (READY, ())


def test_two_faults_need_two_clearings():
    health = ready()
    health.fault("csms", "CSMS away")
    health.fault("meter", "meter stale")
    health.clear("csms")
    assert (health.state, health.reasons) == (DEGRADED, ("meter stale",))
    health.clear("meter")
    assert health.state is READY


def test_a_fault_during_the_start_makes_the_box_degraded_not_ready():
    health = Health(waits_for=["listeners"])
    health.fault("disk", "the disk is full")
    assert health.state is STARTING
    health.arrived("listeners")
    assert health.state is DEGRADED


def test_once_stopping_nothing_brings_it_back():
    health = ready()
    health.stop()
    health.fault("csms", "CSMS away")
    health.clear("csms")
    health.stop()
    health.arrived("listeners")
    assert (health.state, health.ready, health.reasons) == (STOPPING, False, ("stopping",))


def test_the_listener_hears_each_change_once_and_no_repetition():
    heard: list[tuple[ServiceState, tuple[str, ...]]] = []
    health = Health(waits_for=["listeners"], on_change=lambda now: heard.append((now.state, now.reasons)))
    health.arrived("listeners")
    health.fault("csms", "away")
    health.fault("csms", "away")
    health.clear("unknown")
    health.clear("csms")
    assert heard == [(READY, ()), (DEGRADED, ("away",)), (READY, ())]


@given(st.lists(st.tuples(st.sampled_from(["fault", "clear", "arrived", "stop"]), st.sampled_from("abc"))))
def test_whatever_happens_the_state_tells_the_truth_about_its_reasons(story: list[tuple[str, str]]):
    health, waiting, faults, stopped = Health(waits_for="abc"), set("abc"), set(), False
    for what, key in story:
        if what == "arrived":
            if not stopped and key not in waiting:
                continue
            health.arrived(key)
            waiting -= set() if stopped else {key}
        elif what == "stop":
            health.stop()
            stopped = True
        else:
            health.fault(key, f"{key} is bad") if what == "fault" else health.clear(key)
            if not stopped:
                (faults.add if what == "fault" else faults.discard)(key)
        expected = STOPPING if stopped else STARTING if waiting else DEGRADED if faults else READY
        assert health.state is expected
        assert bool(health.reasons) == (expected is not READY)
