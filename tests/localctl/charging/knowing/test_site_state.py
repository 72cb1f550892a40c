"""One station's state, whatever order its messages come in."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from localctl.charging.knowing import site_state
from localctl.charging.knowing.facts import (
    Booted,
    ClockShown,
    ConnectorShown,
    Metered,
    NeedsTold,
    PlanTold,
    PriorityTold,
    Sample,
    TransactionShown,
)
from localctl.charging.knowing.site_state import StationState, apply


def after(*facts, state=None, now=1000.0, step=1.0):
    state = state or StationState()
    for number, fact in enumerate(facts):
        state = apply(state, fact, now + number * step)
    return state


def shown(event="Started", transaction_id="tx", **more):
    return TransactionShown(event=event, transaction_id=transaction_id, **more)


def metered(*phase_a, **more):
    return Metered(sample=Sample(phase_a=dict(enumerate(phase_a, 1))), **more)


def test_quirk_35_the_evse_is_remembered_from_the_first_event():
    state = after(shown(evse_id=2, seq_no=0), shown("Updated", seq_no=1), metered(9.0, transaction_id="tx"))
    assert state.running(2).id == "tx"
    assert state.evses["2"].current_a == {"1": 9.0}


def test_a_transaction_that_never_started_is_taken_up():
    state = after(shown("Updated", charging_state="Charging"), shown("Updated", evse_id=1))
    assert (state.running(1).id, state.running(1).charging_state) == ("tx", "Charging")


def test_8_10_a_new_transaction_ends_the_forgotten_one():
    state = after(shown(evse_id=1), shown(transaction_id="next", evse_id=1))
    assert list(state.open) == ["next"]


def test_8_10_an_end_that_nobody_told_is_taken_back_when_the_transaction_goes_on():
    state = after(shown(evse_id=1), shown(transaction_id="next", evse_id=1), shown("Updated", evse_id=1))
    assert list(state.open) == ["tx"]


def test_16_meter_values_find_a_transaction_nobody_knows_of_and_end_none():
    aside = shown("Updated", evse_id=1, aside=True)
    assert after(aside).running(1).id == "tx"
    assert after(shown(transaction_id="known", evse_id=1), aside).running(1).id == "known"
    assert after(shown(evse_id=1), shown("Ended"), aside).running(1) is None


def test_quirk_21_old_meter_values_find_no_transaction():
    assert after(shown("Updated", evse_id=1, aside=True, off_s=-86_400.0)).running(1) is None


def test_quirk_21_an_offline_event_of_an_older_transaction_ends_nobody_elses_and_begins_none():
    live = shown(transaction_id="live", evse_id=1, off_s=0.0)
    older = [shown(evse_id=1, late=True), shown("Updated", evse_id=1, late=True), shown("Ended", evse_id=1, late=True)]
    assert [one.id for one in after(live, *older).open.values()] == ["live"]
    assert after(*older[:2]).running(1).id == "tx", "where nothing runs it is one that goes on"


def test_quirk_21_a_late_event_that_says_where_puts_nothing_in_place_of_what_runs_there():
    older = [shown(late=True), shown("Updated", evse_id=1, late=True)]
    assert after(shown(transaction_id="live", evse_id=1), *older).running(1).id == "live"


def test_quirk_21_in_1_6_a_start_stamped_before_the_running_one_is_history_and_a_repeated_one_is_not():
    clock, live = ClockShown(off_s=0.0, sure=True), shown(transaction_id="9", evse_id=1, off_s=0.0)

    def then(transaction_id, stamped_at):
        start = shown(transaction_id=transaction_id, evse_id=1, off_s=stamped_at - 4000.0)
        return apply(after(clock, live), start, 4000.0).running(1).id

    assert then("5", 900.0) == "9"
    assert then("10", 1001.0) == "10", "the same message again, answered with another number"
    assert then("10", 3000.0) == "10", "the end of the running one was lost"


def test_quirk_21_an_old_start_is_history_where_the_running_one_has_no_stamp():
    running = after(ClockShown(off_s=0.0, sure=True), shown(transaction_id="9", evse_id=1))
    assert after(shown(evse_id=1, off_s=-400.0), state=running).running(1).id == "9"


def test_what_ended_stays_ended_whatever_comes_late():
    state = after(shown(evse_id=1), shown("Ended"), shown("Updated", evse_id=1), shown(evse_id=1))
    assert state.running(1) is None


def test_10_8_a_number_that_the_csms_gives_again_is_another_transaction_and_an_old_message_is_none():
    over = after(ClockShown(off_s=0.0, sure=True), shown(evse_id=1), shown("Ended"))
    assert after(shown(evse_id=1, off_s=0.0, numbered=True), state=over).running(1).id == "tx"
    assert after(shown(evse_id=1, off_s=-300.0, numbered=True), state=over).running(1) is None


def test_what_a_car_drew_is_forgotten_when_it_has_gone():
    charging = after(shown(evse_id=1), metered(10.0, 10.0, 10.0, evse_id=1))
    assert charging.evses["1"].drawn_a(2000.0, 1e9) == 10.0
    assert after(shown("Ended"), state=charging).evses["1"].drawn_a(2000.0, 1e9) is None


def test_an_end_before_its_start_counts_too():
    assert after(shown("Ended"), shown(evse_id=1)).running(1) is None


def test_a_transaction_that_ended_while_offline_has_ended():
    assert after(shown(evse_id=1), shown("Ended", late=True)).running(1) is None


def test_k01_fr42_the_offer_of_energy_is_dated_by_its_arrival():
    state = after(shown(evse_id=1), shown("Updated", charging_state="Charging"), shown("Updated"))
    assert (state.running(1).started_at, state.running(1).offered_at) == (1000.0, 1001.0)
    assert after(shown(evse_id=1), shown("Updated", charging_state="Idle")).running(1).offered_at is None


def test_an_older_event_does_not_turn_back_the_charging_state():
    events = [shown(evse_id=1, seq_no=0), shown("Updated", seq_no=5, charging_state="Idle")]
    late = shown("Updated", seq_no=3, charging_state="Charging")
    assert after(*events, late).running(1).charging_state == "Idle"


def test_sequence_numbers_that_never_move_are_survived():
    events = [shown(evse_id=1, seq_no=0), shown("Updated", seq_no=0, charging_state="Charging")]
    assert after(*events).running(1).charging_state == "Charging"


def test_quirk_21_a_backlog_moves_no_current():
    live = [ClockShown(off_s=0.0, sure=True), metered(9.0, evse_id=1, off_s=0.0)]
    assert after(*live, metered(30.0, evse_id=1, off_s=-86_400.0)).evses["1"].current_a == {"1": 9.0}
    assert after(*live, metered(30.0, evse_id=1, late=True)).evses["1"].current_a == {"1": 9.0}


def test_a_measurement_grows_old():
    evse = after(metered(9.0, 10.0, evse_id=1)).evses["1"]
    assert evse.drawn_a(1060.0, 60.0) == 10.0
    assert evse.drawn_a(1060.1, 60.0) is None
    assert site_state.EvseState().drawn_a(0.0, 60.0) is None


def test_a_message_without_a_current_leaves_the_measurement():
    state = after(metered(9.0, evse_id=1), Metered(sample=Sample(energy_wh=7.0, soc=50.0), evse_id=1))
    evse = state.evses["1"]
    assert (evse.current_a, evse.measured_at, evse.energy_wh, evse.soc) == ({"1": 9.0}, 1000.0, 7.0, 50.0)


def test_the_phases_of_a_car_are_learnt_and_forgotten_with_it():
    state = after(shown(evse_id=1), *[metered(16.0, 0.0, 0.0, evse_id=1)] * 3)
    assert site_state.phases_of(state, 1) == (1,)
    assert site_state.phases_of(after(shown("Ended"), state=state), 1) == (1, 2, 3)


def test_p2_a_conductor_whose_current_is_shown_the_wrong_way_round_is_in_use_and_its_current_is_drawn():
    state = after(shown(evse_id=1), *[metered(-16.0, 16.0, 0.0, evse_id=1)] * 3)
    assert site_state.phases_of(state, 1) == (1, 2)
    assert after(metered(-16.0, -9.0, evse_id=1)).evses["1"].drawn_a(1000.0, 60.0) == 16.0


def test_a_total_power_is_divided_by_the_phases_the_station_told():
    state = after(shown(evse_id=1, phases_used=1), Metered(sample=Sample(total_w=2300.0), evse_id=1))
    assert state.evses["1"].current_a == {"1": 10.0}


def test_k03_fr05_the_priority_of_a_response_ends_with_its_transaction():
    told = [PriorityTold(priority=2, token="t"), PriorityTold(priority=7, transaction_id="tx")]
    state = after(shown(evse_id=1, token="t"), *told)
    assert state.priority(state.running(1)) == 7
    state = after(shown("Ended"), shown(transaction_id="next", evse_id=1, token="t"), state=state)
    assert state.priority(state.running(1)) == 2


def test_k03_fr06_an_unknown_priority_is_0():
    state = after(
        shown(evse_id=1, token="x"), PriorityTold(priority=3, transaction_id="other"), PriorityTold(priority=3)
    )
    assert state.priority(state.running(1)) == 0


def test_needs_and_plan_are_those_of_the_present_car():
    told = [NeedsTold(evse_id=1, energy_wh=9.0), PlanTold(evse_id=1, most=10.0, unit="A", lasts_s=60)]
    state = after(shown(evse_id=1), *told)
    assert (state.evses["1"].needs, state.evses["1"].plan) == tuple(told)
    assert after(shown("Ended"), state=state).evses["1"].needs is None


def needs(**more):
    return NeedsTold(evse_id=1, **({"energy_wh": 20_000.0, "departure_at": 9000.0} | more))


def register(energy_wh):
    return Metered(sample=Sample(energy_wh=energy_wh), evse_id=1)


def served_wh(*readings, before=(), step=60.0):
    told = [shown(evse_id=1), *map(register, before), needs(), *map(register, readings)]
    return after(*told, step=step).evses["1"].served_wh


def test_k15_what_a_car_had_since_it_told_its_needs_is_counted_from_the_register():
    assert served_wh(1000.0, 1200.0, 1700.0) == 700.0
    assert served_wh(1200.0, 1700.0, before=[1000.0]) == 500.0, "the first reading may be another car's"


def test_k15_a_register_that_begins_anew_or_has_a_fault_takes_nothing_away_and_adds_nothing():
    assert served_wh(1000.0, 1200.0, 0.0, 300.0) == 500.0
    assert served_wh(51_000_000.0, 51_000_400.0, 0.0, 51_000_500.0, 51_000_600.0) == 500.0
    assert served_wh(51_000_000.0, None, 51_000_400.0) == 400.0


def test_k15_needs_of_a_car_that_left_without_a_transaction_are_not_the_next_ones():
    assert after(needs(), shown(evse_id=1), step=500.0).evses["1"].needs is not None
    assert after(needs(), shown(evse_id=1), step=700.0).evses["1"].needs is None


def test_k15_a_departure_is_by_the_stations_own_clock():
    told = (ClockShown(off_s=3600.0, sure=True), Booted(vendor="V", model="M"), needs(departure_at=12_600.0))
    assert after(*told).evses["1"].needs.departure_at == 9000.0


def test_a_boot_tells_who_it_is_and_may_have_set_the_clock():
    state = after(ClockShown(off_s=50.0, sure=True), Booted(vendor="V", model="M"))
    assert (state.vendor, state.model, state.booted_at, state.clock.off_s) == ("V", "M", 1001.0, None)


def test_quirk_34_available_with_a_car_plugged_ends_nothing():
    state = after(shown(evse_id=1), ConnectorShown(evse_id=1, connector_id=1, status="Available"))
    assert state.running(1) is not None
    assert state.evses["1"].connectors == {"1": "Available"}


anything = st.one_of(
    st.builds(
        TransactionShown,
        event=st.sampled_from(["Started", "Updated", "Ended"]),
        transaction_id=st.integers(0, 300).map(str),
        evse_id=st.none() | st.integers(-1, 200),
        seq_no=st.none() | st.integers(0, 9),
        token=st.none() | st.integers(0, 300).map(str),
    ),
    st.builds(ConnectorShown, evse_id=st.integers(-1, 99), connector_id=st.integers(0, 99), status=st.just("Occupied")),
    st.builds(PriorityTold, priority=st.integers(-9, 9), token=st.integers(0, 300).map(str)),
    st.builds(
        metered, st.floats(0, 32), evse_id=st.none() | st.integers(0, 99), transaction_id=st.none() | st.just("1")
    ),
    st.builds(ClockShown, off_s=st.floats(-1e6, 1e6), sure=st.booleans()),
)


@given(st.lists(anything, max_size=60))
def test_the_state_is_bounded_and_comes_back_from_json_as_it_was(facts):
    state = after(*facts)
    assert len(state.open) <= site_state.MOST_OPEN
    assert len(state.evses) <= site_state.MOST_EVSES
    assert len(state.ended) <= site_state.MOST_ENDED
    assert len(state.tokens) <= site_state.MOST_TOKENS
    placed = [one.evse_id for one in state.open.values() if one.evse_id is not None]
    stored = json.loads(json.dumps(msgspec.to_builtins(state)))
    assert msgspec.convert(stored, StationState) == state
    assert all(state.running(evse_id) is not None for evse_id in placed)


def test_many_of_everything_do_not_grow_it():
    state = after(*(shown(transaction_id=str(number)) for number in range(500)))
    state = after(*(PriorityTold(priority=1, token=str(number)) for number in range(500)), state=state)
    connectors = [ConnectorShown(evse_id=1, connector_id=number, status="Available") for number in range(99)]
    state = after(*connectors, state=state)
    assert (len(state.open), len(state.tokens), len(state.evses["1"].connectors)) == (64, 64, 8)
    assert state.tokens["499"] == 1


def test_what_a_station_draws_is_its_fullest_conductor_over_all_fresh_readings():
    state = StationState()
    assert state.drawn_a(1000.0, 60.0, [1, 2]) is None
    state = apply(state, metered(16.0, 0.0, 3.0, evse_id=1), 1000.0)
    state = apply(state, metered(5.0, 9.0, evse_id=2), 1030.0)
    assert state.drawn_a(1030.0, 60.0, [1, 2]) == (21.0, 1000.0, 1030.0)
    assert state.drawn_a(1061.0, 60.0, [1, 2]) == (9.0, 1030.0, 1030.0)


def test_4_7_a_main_meter_adds_nothing_to_what_the_evses_draw():
    state = after(metered(16.0, evse_id=1), metered(5.0, evse_id=2), metered(22.0, evse_id=0))
    assert state.drawn_a(1002.0, 60.0, [1, 2]) == (21.0, 1000.0, 1001.0)
    assert state.drawn_a(1062.0, 60.0, [1, 2]) == (22.0, 1002.0, 1002.0), "no EVSE is freshly metered"
