"""What a station's profiles come to together."""

from dataclasses import replace

import pytest

from localctl.demo.limits import Profiles
from localctl.demo.profiles import BadProfile, Session, read_profile
from tests.localctl.demo.test_profiles import NOON, SESSION, raw

DEFAULT, TX, MAX = "TxDefaultProfile", "TxProfile", "ChargingStationMaxProfile"


def installed(*profiles):
    """A store with (evse, limit, features) profiles; ids count from 1."""
    store = Profiles()
    for number, (evse, limit, features) in enumerate(profiles, 1):
        unit = features.pop("unit", "A")
        phases = features.pop("phases", None)
        one = raw(periods=((0, limit),), **features) | {"id": number}
        one["chargingSchedule"][0]["chargingRateUnit"] = unit
        if phases:
            one["chargingSchedule"][0]["chargingSchedulePeriod"][0]["numberPhases"] = phases
        store.install(read_profile(evse, one, NOON))
    return store


def test_without_profiles_there_is_no_limit():
    assert Profiles().limit_a(1, NOON, SESSION) is None


def test_the_highest_level_that_speaks_leads():
    store = installed((1, 10.0, {}), (1, 20.0, {"stackLevel": 5, "validTo": "2026-03-01T12:10:00Z"}))
    assert store.limit_a(1, NOON, SESSION) == 20
    assert store.limit_a(1, NOON + 600, SESSION) == 10


def test_k02_a_tx_profile_replaces_the_default_only_for_its_transaction():
    store = installed((0, 10.0, {}), (1, 20.0, {"purpose": TX, "transactionId": "T"}))
    other = Session(transaction_id="U", offered_at=NOON)
    assert [store.limit_a(1, NOON, session) for session in (SESSION, other, None)] == [20, 10, 10]
    assert store.limit_a(2, NOON, SESSION) == 10


def test_the_stations_own_limit_is_shared_and_the_lowest_holds():
    store = installed((0, 30.0, {"purpose": MAX}), (1, 20.0, {}))
    assert [store.limit_a(1, NOON, SESSION, sharing=n) for n in (1, 2)] == [20, 15]
    assert store.station_limit_a(NOON) == 30


@pytest.mark.parametrize(("phases", "amperes"), [(None, 10), (3, 10), (1, 30)])
def test_k01_fr50_watts_are_divided_by_the_phases(phases, amperes):
    assert installed((1, 6900.0, {"unit": "W", "phases": phases})).limit_a(1, NOON, None) == amperes


def test_k01_fr05_the_same_id_replaces_and_fr06_an_equal_with_another_id_is_refused():
    store = installed((1, 10.0, {}))
    store.install(read_profile(1, raw(periods=((0, 12.0),)) | {"id": 1}, NOON))
    assert store.limit_a(1, NOON, None) == 12
    with pytest.raises(BadProfile, match="DuplicateProfile"):
        store.install(read_profile(1, raw() | {"id": 2}, NOON))


def test_in_1_6_an_equal_with_another_id_replaces():
    store = installed((1, 10.0, {}))
    store.install(read_profile(1, raw(periods=((0, 12.0),)) | {"id": 2}, NOON), replace_like=True)
    assert [one.id for one in store.installed()] == [2]


def test_k10_clearing_goes_by_id_or_by_every_criterion_given():
    store = installed((0, 1.0, {"purpose": MAX}), (1, 2.0, {}), (2, 3.0, {"stackLevel": 4}))
    anything = {"profile_id": None, "evse": None, "purpose": None, "level": None}
    assert not store.clear(**anything | {"profile_id": 99})
    assert store.clear(**anything | {"purpose": DEFAULT, "level": 4})
    assert [one.id for one in store.installed()] == [1, 2]
    assert store.clear(**anything | {"profile_id": 2, "evse": 5})
    assert store.clear(**anything)
    assert store.installed() == []


def test_k02_fr05_profiles_of_a_transaction_end_with_it():
    store = installed((1, 10.0, {"purpose": TX, "transactionId": "T"}), (1, 6.0, {}))
    store.forget_transaction("T")
    assert store.limit_a(1, NOON, SESSION) == 6


def test_k28_an_update_gives_a_dynamic_profile_a_new_limit_and_a_new_life():
    store = Profiles()
    store.install(read_profile(1, raw("Dynamic", periods=((0, 16.0),), duration=60) | {"id": 3}, NOON))
    assert store.update(3, 8.0, NOON + 50)
    assert [store.limit_a(1, NOON + at, None) for at in (50, 109, 110)] == [8, 8, None]
    assert not store.update(99, 8.0, NOON)


def test_the_next_change_is_the_first_moment_at_which_anything_becomes_different():
    store = Profiles()
    assert store.next_change_at(NOON, {}) == float("inf")
    store.install(read_profile(1, raw(periods=((0, 16.0), (600, 8.0))), NOON))
    assert store.next_change_at(NOON, {}) == NOON + 600
    later = replace(SESSION, offered_at=NOON + 100)
    store.install(read_profile(1, raw("Relative", periods=((0, 9.0), (50, 8.0))) | {"id": 8, "stackLevel": 1}, NOON))
    assert store.next_change_at(NOON + 110, {1: later}) == NOON + 150
