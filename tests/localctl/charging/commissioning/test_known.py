"""What follows from what is known: which kinds may be tried, what holds best, what the station says of itself."""

import pytest

from localctl.charging.commissioning.known import Kind, Known, Terms, best, level_taken, others, spare, told_of
from localctl.charging.commissioning.stages import Came, Result, Until
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet, Running, Sight
from localctl.charging.profile.profiles import Protocol

CAR = Sight(running={1: Running(transaction_id="7", started_at=0.0)})


def result(came=Came.YES, until=Until.FALLEN, took_s=1.0, drawn_a=16.0, answer=None):
    return Result(
        came=came, title="", until=until, ended_at=0.0, took_s=took_s, drawn_a=drawn_a, answer=answer
    )  # fmt: skip


def known(*, sight=CAR, daily=Actuator.MAX_PROFILE, working=True, protocol=Protocol.V201, **results):
    station = Managed(identity="A", protocol=protocol, outlets=(Outlet(id=1),))
    found = {key.rstrip("_").replace("__", ":"): one for key, one in results.items()}
    return Known(
        terms=Terms(kind=Kind.PROBE), station=station, evse_id=1, sight=sight, daily=daily, working=working,
        silence_s=0.0, results=found,
    )  # fmt: skip


CHARGES = {"car": result(until=Until.CHARGING), "even": result(until=Until.STEADY)}


def test_what_is_in_daily_use_is_not_tried_beside_it():
    assert others(known()) == [Actuator.TX_PROFILE, Actuator.TX_DEFAULT]
    assert others(known(daily=Actuator.TX_PROFILE)) == [Actuator.MAX_PROFILE]
    assert others(known(working=False)) == [Actuator.MAX_PROFILE, Actuator.TX_PROFILE, Actuator.TX_DEFAULT]


def test_a_tx_profile_needs_a_transaction():
    assert Actuator.TX_PROFILE not in others(known(sight=Sight()))


def test_what_was_seen_followed_is_better_than_what_was_only_taken():
    assert best(known()).daily
    assert best(known(**CHARGES, daily_=result(), tx_default=result())).daily
    ignored = known(**CHARGES, daily_=result(Came.NO), tx_default=result())
    assert best(ignored).actuator is Actuator.TX_DEFAULT
    followed = known(**CHARGES, tx_default=result())
    assert best(followed).actuator is Actuator.TX_DEFAULT
    assert best(known(**CHARGES)) is None
    assert best(known(working=False, sight=Sight())) is None


def test_a_car_that_takes_little_shows_nothing():
    assert known(**CHARGES).contrast
    assert not known(car=result(), even=result(drawn_a=7.0)).contrast
    assert not known(even=result()).contrast


def test_units_and_levels_are_tried_beside_what_is_in_daily_use_or_one_level_above_it():
    assert spare(known()).level == 1
    assert spare(known(tx_default=result())).level == 0
    assert spare(known(working=False)) is None
    assert spare(known(daily=Actuator.UNCONTROLLED)) is None


def test_the_highest_level_taken():
    assert level_taken(known(level__100=result(Came.REFUSED), level__8=result())) == 8
    assert level_taken(known(level__1=result(Came.REFUSED))) is None


def test_how_slow_a_station_is_comes_from_falls_alone():
    assert known(daily_=result(took_s=40.0), wake=result(until=Until.CHARGING, took_s=99.0)).slowest_s == 40.0
    assert known().slowest_s == 0.0


SAYS_16 = {"configurationKey": [
    {"key": "ChargeProfileMaxStackLevel", "readonly": True, "value": "10"},
    {"key": "ChargingScheduleMaxPeriods", "readonly": True, "value": "24"}, "nonsense", {"key": 3}]}  # fmt: skip
SAYS_2X = {"getVariableResult": [
    {"attributeStatus": "Accepted", "attributeValue": "10", "variable": {"name": "ProfileStackLevel"}},
    {"attributeStatus": "Rejected", "attributeValue": "9", "variable": {"name": "PeriodsPerSchedule"}}, 7]}  # fmt: skip


@pytest.mark.parametrize(("answer", "periods"), [(SAYS_16, 24), (SAYS_2X, None)])
def test_what_a_station_says_of_itself_is_read_in_both_versions(answer, periods):
    told = told_of(known(declared=result(answer=answer)))
    assert (told["level"], told["periods"]) == (10, periods)


@pytest.mark.parametrize("answer", [None, [], {}, {"configurationKey": 3}, {"getVariableResult": [{"variable": 1}]}])
def test_p6_nonsense_says_nothing(answer):
    assert told_of(known(declared=result(answer=answer))) == {"level": None, "unit": None, "periods": None}


def test_p6_a_level_beyond_all_reason_is_not_believed():
    says = {"configurationKey": [{"key": "ChargeProfileMaxStackLevel", "value": "99999999999"}]}
    assert told_of(known(declared=result(answer=says)))["level"] is None
