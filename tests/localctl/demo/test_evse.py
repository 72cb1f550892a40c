"""An EVSE's electrics: reaction time, phases, disobedience, the meter."""

import pytest

from localctl.demo.car import Car
from localctl.demo.evse import Evse, Transaction
from localctl.demo.limits import Profiles
from localctl.demo.profiles import read_profile
from tests.localctl.demo.test_profiles import NOON, raw


def charging(car=None, **features):
    """An EVSE whose car has been charging for a while."""
    evse = Evse(id=1, profiles=Profiles(), settled_at=NOON, **{"reaction_s": 5, "max_a": 32.0} | features)
    evse.car = car or Car(max_a=32, soc=0.1)
    evse.transaction = Transaction(id="T", tag="TAG", started_at=NOON, offered_at=NOON)
    evse.settle(NOON)
    evse.settle(NOON + 10)
    return evse


def limit(evse, amperes, at):
    """Install a limit and let the EVSE see it."""
    evse.profiles.install(read_profile(1, raw(periods=((0, amperes),)), at))
    evse.settle(at)


def test_the_current_follows_a_new_limit_after_the_reaction_time():
    evse = charging()
    assert evse.drawn_a == 32
    limit(evse, 10.0, NOON + 20)
    assert (evse.drawn_a, evse.next_change_at()) == (32, NOON + 25)
    assert evse.settle(NOON + 25)
    assert evse.drawn_a == 10
    assert evse.next_change_at() == float("inf")


def test_two_limits_in_quick_succession_take_effect_one_after_the_other():
    evse = charging()
    limit(evse, 10.0, NOON + 20)
    limit(evse, 20.0, NOON + 22)
    seen = []
    for at in (25, 26, 27):
        evse.settle(NOON + at)
        seen.append(evse.drawn_a)
    assert seen == [10, 10, 20]


def test_a_disobedient_evse_accepts_every_limit_and_follows_none():
    evse = charging(obedient=False)
    limit(evse, 6.0, NOON + 20)
    evse.settle(NOON + 60)
    assert evse.drawn_a == 32


def test_energy_is_current_times_time_on_the_wires_in_use():
    evse = charging(Car(phases=1, max_a=16, soc=0.0, battery_wh=1e6))
    before = evse.energy_wh
    evse.settle(NOON + 3610)
    assert evse.energy_wh - before == pytest.approx(16 * 230)


@pytest.mark.parametrize(
    ("phases", "car", "first", "currents"),
    [
        (3, 3, 0, (16, 16, 16)),
        (3, 1, 0, (16, 0, 0)),
        (3, 1, 2, (0, 0, 16)),
        (1, 3, 1, (0, 16, 0)),
        (3, 2, 2, (16, 0, 16)),
    ],
)
def test_current_flows_on_the_phases_that_station_and_car_share(phases, car, first, currents):
    evse = charging(Car(phases=car, max_a=16, soc=0), phases=phases, first_phase=first)
    assert evse.currents_a() == currents


def test_a_limit_below_the_floor_suspends_the_car_from_the_stations_side():
    evse = charging()
    assert evse.charging_state() == "Charging"
    limit(evse, 0.0, NOON + 20)
    evse.settle(NOON + 30)
    assert (evse.drawn_a, evse.charging_state()) == (0, "SuspendedEVSE")


def test_a_full_car_suspends_itself():
    assert charging(Car(soc=1.0)).charging_state() == "SuspendedEV"


def test_the_contactor_opens_at_once_when_the_transaction_is_over():
    evse = charging()
    evse.transaction = None
    evse.settle(NOON + 11)
    assert evse.drawn_a == 0


def test_messages_of_a_transaction_count_from_zero():
    transaction = Transaction(id="T", tag="TAG", started_at=NOON)
    assert [transaction.next_seq_no() for _ in range(3)] == [0, 1, 2]
