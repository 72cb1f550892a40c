"""A single profile as a station reads it."""

import pytest

from localctl.demo.clock import moment
from localctl.demo.profiles import BadProfile, Session, read_profile

NOON = moment("2026-03-01T12:00:00Z")
SESSION = Session(transaction_id="T", offered_at=NOON)


def raw(kind="Absolute", purpose="TxDefaultProfile", periods=((0, 16.0), (600, 8.0)), **more):
    """A profile of the wire that starts at noon."""
    schedule = {"id": 1, "chargingRateUnit": "A"}
    schedule["chargingSchedulePeriod"] = [{"startPeriod": start, "limit": limit} for start, limit in periods]
    if kind in ("Absolute", "Recurring"):
        schedule["startSchedule"] = "2026-03-01T12:00:00Z"
    schedule |= {key: more.pop(key) for key in ("duration", "startSchedule") if key in more}
    head = {"id": 7, "stackLevel": 0, "chargingProfilePurpose": purpose, "chargingProfileKind": kind}
    return head | {"chargingSchedule": [schedule]} | more


def says(profile, at):
    """The limit at a moment, None for silence."""
    said = profile.at(at, SESSION)
    return None if said is None else said[0]


def test_k01_fr30_nothing_before_the_start_and_periods_after_it():
    profile = read_profile(1, raw(), NOON)
    assert [says(profile, NOON + at) for at in (-1, 0, 599, 600, 99999)] == [None, 16, 16, 8, 8]


def test_k01_fr12_nothing_after_the_duration():
    profile = read_profile(1, raw(duration=900), NOON)
    assert [says(profile, NOON + at) for at in (899, 900)] == [8, None]


def test_k01_fr36_valid_from_is_inclusive_and_valid_to_is_not():
    limits = {"validFrom": "2026-03-01T12:05:00Z", "validTo": "2026-03-01T12:15:00Z"}
    profile = read_profile(1, raw(**limits), NOON)
    assert [says(profile, NOON + at) for at in (299, 300, 899, 900)] == [None, 16, 8, None]


def test_k01_fr13_recurring_profiles_are_silent_between_occurrences():
    profile = read_profile(1, raw("Recurring", recurrencyKind="Daily", duration=900), NOON)
    day = 86_400
    assert [says(profile, NOON + at) for at in (-day, 0, 1000, day, day + 700)] == [None, 16, None, 16, 8]


def test_relative_profiles_count_from_the_moment_energy_is_offered():
    profile = read_profile(1, raw("Relative"), NOON)
    assert [says(profile, NOON + at) for at in (0, 600)] == [16, 8]


def test_a_dynamic_profile_counts_from_its_update():
    profile = read_profile(1, raw("Dynamic", periods=((0, 16.0),), duration=300), NOON)
    assert [says(profile, NOON + at) for at in (0, 299, 300)] == [16, 16, None]


def test_changes_name_every_moment_at_which_the_limit_becomes_another():
    profile = read_profile(1, raw(duration=900, validTo="2026-03-01T12:10:50Z"), NOON)
    assert {NOON + 600, NOON + 900, NOON + 650} <= set(profile.changes(NOON + 1, SESSION))


@pytest.mark.parametrize(
    ("evse", "bad", "reason"),
    [
        (1, raw(purpose="ChargingStationExternalConstraints"), "UnsupportedPurpose"),
        (1, raw(purpose="ChargingStationMaxProfile"), "InvalidProfile"),
        (0, raw("Relative", purpose="ChargingStationMaxProfile"), "InvalidProfile"),
        (0, raw(purpose="TxProfile"), "InvalidProfile"),
        (1, raw(periods=((1, 16.0),)), "InvalidSchedule"),
        (1, raw(periods=((0, 16.0), (600, 8.0), (300, 8.0))), "InvalidSchedule"),
        (1, raw(periods=()), "InvalidSchedule"),
        (1, raw("Relative", startSchedule="2026-03-01T12:00:00Z"), "InvalidSchedule"),
    ],
)
def test_k01_bad_profiles_are_refused_with_their_reason(evse, bad, reason):
    with pytest.raises(BadProfile, match=reason):
        read_profile(evse, bad, NOON)
