"""The book of one station."""

import json

import msgspec

from localctl.charging.base.steps import constant
from localctl.charging.dispatching import capability
from localctl.charging.dispatching.actuators import Place
from localctl.charging.dispatching.desk import Desk, synchronise
from localctl.charging.dispatching.entitlement import Sent, Slot
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet, Running, Sight
from localctl.charging.dispatching.obedience import Obedience
from localctl.charging.dispatching.pacing import Pace, Track
from localctl.charging.profile import own_ids
from localctl.charging.profile.profiles import Protocol

STATION = Managed(
    identity="CP1", protocol=Protocol.V16, outlets=(Outlet(id=1), Outlet(id=2)), control=Actuator.TX_PROFILE
)
CAR = Sight(running={1: Running(transaction_id="5", started_at=0.0)})


def desk(sight=CAR, **slots):
    made = Desk(capability=capability.first(STATION))
    synchronise(made, STATION, sight, 0.0)
    for key, amps in slots.items():
        name = key.replace("top", "+").removeprefix("s")
        made.slots[name] = Slot(unlimited_a=made.slots[name].unlimited_a, confirmed=constant(amps))
    return made


def held(made, at=100.0):
    return made.envelope(STATION, at, at).evse_a


def test_without_any_slot_the_rating_counts():
    assert Desk(capability=capability.first(STATION)).envelope(STATION, 0, 1).evse_a == {1: 32.0, 2: 32.0}


def test_an_evse_counts_with_the_higher_of_floor_and_top():
    made = desk(s1=6.0, s1top=16.0, s2=6.0)
    assert held(made) == {1: 16.0, 2: 6.0}
    made.slots["1+"] = Slot(unlimited_a=0.0, confirmed=constant(0.0))
    assert held(made) == {1: 6.0, 2: 6.0}


def test_a_top_ends_with_its_transaction_and_fades():
    made = desk(s1=6.0, s1top=16.0, s2=6.0)
    synchronise(made, STATION, Sight(), 200.0)
    assert (held(made, 204.0)[1], held(made, 205.0)[1]) == (16.0, 6.0)
    assert made.top_of == {}


def test_the_next_transaction_gets_a_new_top():
    made = desk(s1=6.0, s1top=16.0, s2=6.0)
    made.tracks["1+"] = Track(state=Pace.SETTLED, schedule=constant(16.0), token=3)
    synchronise(made, STATION, Sight(running={1: Running(transaction_id="6", started_at=9.0)}), 200.0)
    assert made.tracks["1+"].schedule is None
    assert made.top_of == {"1+": "6"}


def test_a_distrusted_evse_makes_the_whole_station_count_at_its_rating():
    made = desk(s1=6.0, s2=6.0)
    made.drawers["2"] = Obedience(distrusted=True)
    assert held(made) == {1: 32.0, 2: 32.0}


def test_a_lost_profile_is_no_limit_and_written_anew():
    made = desk(s1=6.0, s2=6.0)
    made.tracks["2"] = Track(state=Pace.SETTLED, schedule=constant(6.0))
    synchronise(made, STATION, Sight(lost=frozenset({Place(evse_id=2).profile_id()})), 200.0)
    assert held(made, 300.0) == {1: 6.0, 2: 32.0}
    assert made.tracks["2"].schedule is None


def test_an_overruled_top_lets_the_car_draw_its_rating():
    made = desk(s1=6.0, s1top=16.0, s2=6.0)
    overruled = Sight(running=CAR.running, overruled=frozenset({Place(evse_id=1, top=True).profile_id()}))
    synchronise(made, STATION, overruled, 200.0)
    assert held(made, 300.0)[1] == 32.0


def test_a_clock_gone_insane_makes_stepped_schedules_worthless():
    made = desk(s1=6.0, s2=6.0)
    made.slots["1"] = Slot(unlimited_a=32.0, confirmed=((-1e12, 16.0), (300.0, 6.0)))
    made.tracks["1"] = Track(state=Pace.SETTLED, schedule=((-1e12, 16.0), (300.0, 6.0)))
    synchronise(made, STATION, Sight(running=CAR.running, clock_off_s=9999.0), 200.0)
    assert held(made, 400.0) == {1: 32.0, 2: 6.0}
    assert made.tracks["1"].schedule is None


def test_the_least_of_a_top_that_may_not_exist_is_its_floor():
    made = desk(Sight(), s1=6.0, s2=6.0)
    synchronise(made, STATION, CAR, 1.0)
    assert held(made) == {1: 6.0, 2: 6.0}
    assert made.least(Place(evse_id=1, top=True), [(0.0, 1.0)]) == [6.0]
    assert made.least(Place(evse_id=1), [(0.0, 1.0)]) == [6.0]
    made.slots["1+"] = Slot(unlimited_a=0.0, open=(Sent(token=1, entitled=constant(16.0), sure=constant(3.0)),))
    assert made.least(Place(evse_id=1, top=True), [(0.0, 1.0)]) == [3.0]


def test_a_new_actuator_starts_from_nothing_and_remembers_what_to_clear():
    made = desk(s1=6.0, s2=6.0)
    made.change_actuator(capability.Capability(actuator=Actuator.TX_DEFAULT))
    assert made.leftovers == tuple(
        Place(evse_id=one, top=top).profile_id() for one, top in ((1, False), (2, False), (1, True))
    )
    assert held(made) == {1: 32.0, 2: 32.0}


def test_it_comes_back_from_json_as_it_was():
    made = desk(s1=6.0, s1top=16.0, s2=6.0)
    assert msgspec.convert(json.loads(json.dumps(msgspec.to_builtins(made))), Desk) == made
    assert own_ids.is_ours(made.leftovers[0] if made.leftovers else Place(evse_id=0).profile_id())


def test_writes_are_counted_by_the_hour_over_a_day():
    made = desk()
    for at in (0.0, 3599.0, 3600.0, 3600.0, 23 * 3600.0):
        made.count_write(at)
    made.count_write(3600.0 * 23, -1)
    assert [made.writes_of_a_day(hour * 3600.0) for hour in (23, 24, 25)] == [4, 2, 0]
    made.count_write(40 * 3600.0)
    assert made.written == {"23": 0, "40": 1}


def test_p2_after_lost_state_a_car_that_charges_already_may_have_a_profile_nobody_knows_of():
    made = desk(CAR, s1=6.0, s2=6.0)
    assert held(made) == {1: 32.0, 2: 6.0}
    assert made.least(Place(evse_id=1, top=True), [(0.0, 1.0)]) == [0.0]
    made.slots["1+"] = Slot(unlimited_a=32.0, confirmed=constant(10.0))
    assert held(made) == {1: 10.0, 2: 6.0}
