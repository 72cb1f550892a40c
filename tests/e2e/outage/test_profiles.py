"""What a scripted station makes of its profiles."""

from tests.e2e.outage.profiles import Profiles

NOW = 1_700_000_000.0
START = "2023-11-14T22:13:20Z"
MAX, DEFAULT, TX = "ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"


def profile(number, purpose, *periods, level=0, unit="A", **more):
    schedule = {
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": start, "limit": limit} for start, limit in periods],
    }
    schedule |= {key: more.pop(key) for key in ("startSchedule", "duration") if key in more}
    own = {"id": number, "stackLevel": level, "chargingProfilePurpose": purpose, "chargingSchedule": [schedule]}
    return own | more


def held(*profiles, transaction="T"):
    found = Profiles()
    for one in profiles:
        found.put(one, NOW, transaction=transaction if one["chargingProfilePurpose"] == TX else None)
    return found


def test_without_profiles_there_is_no_limit():
    assert Profiles().limit_a(NOW, "T") is None


def test_the_station_maximum_caps_what_a_transaction_may_take():
    both = held(profile(1, MAX, (0, 10)), profile(2, TX, (0, 16)))
    assert both.limit_a(NOW, "T") == 10


def test_a_profile_of_the_transaction_goes_before_the_default_even_if_it_gives_more():
    both = held(profile(1, DEFAULT, (0, 10)), profile(2, TX, (0, 16)))
    assert both.limit_a(NOW, "T") == 16
    assert both.limit_a(NOW, "another") == 10


def test_the_highest_stack_level_that_is_valid_now_counts():
    low, high = profile(1, MAX, (0, 10)), profile(2, MAX, (0, 20), level=1, startSchedule=START, duration=60)
    assert held(low, high).limit_a(NOW, None) == 20
    assert held(low, high).limit_a(NOW + 60, None) == 10


def test_periods_follow_each_other():
    found = held(profile(1, MAX, (0, 10), (300, 6), startSchedule=START))
    assert [found.limit_a(NOW + later, None) for later in (0, 299, 300)] == [10, 10, 6]


def test_watts_are_shared_among_three_phases():
    assert held(profile(1, MAX, (0, 6900), unit="W")).limit_a(NOW, None) == 10


def test_a_profile_replaces_the_one_with_its_id_and_the_one_at_its_place():
    found = held(profile(1, MAX, (0, 10)), profile(2, MAX, (0, 20)), profile(2, MAX, (0, 5), level=3))
    assert found.limit_a(NOW, None) == 5


def test_profiles_of_a_transaction_end_with_it():
    found = held(profile(1, TX, (0, 10)))
    found.ended("T")
    assert found.limit_a(NOW, "T") is None


def test_cleared_profiles_are_gone():
    found = held(profile(1, MAX, (0, 10)), profile(2, DEFAULT, (0, 7)))
    assert found.clear(lambda number, _profile: number != 2) == 1
    assert found.limit_a(NOW, "T") == 10


def test_only_lasting_profiles_count_as_orders():
    assert held(profile(1, MAX, (0, 10)), profile(2, TX, (0, 7))).orders == 1
