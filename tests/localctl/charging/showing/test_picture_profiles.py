"""Profiles for people: all of them, whose they are, and what comes of them."""

from localctl.charging.base.instants import write_instant
from localctl.charging.showing.picture_profiles import MOST_PERIODS, installation, profiles
from tests.localctl.charging.scene import Scene, busy


def shown(scene: Scene, name="CP1", hours=1):
    return profiles(installation(scene.controller, name), scene.now, hours)


def theirs(scene: Scene, name="CP1", taken=True, limit=4.0, periods=1, **changes):
    """The CSMS installs a profile."""
    profile = {
        "id": 7, "stackLevel": 3, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
        "chargingSchedule": [
            {"id": 1, "startSchedule": "2027-01-15T07:00:00Z", "chargingRateUnit": "A",
             "chargingSchedulePeriod": [{"startPeriod": 60 * n, "limit": limit + n % 2} for n in range(periods)]}
        ],
    } | changes  # fmt: skip
    request = {"evseId": 1, "chargingProfile": profile}
    scene.controller.told(name, "SetChargingProfile", request, taken, {}, scene.now)
    return scene


def test_ours_and_the_csmss_are_told_apart():
    found = shown(theirs(busy()))
    assert [(one["id"], one["owner"], one["purpose"]) for one in found["profiles"]] == [
        (2000000000, "localctl", "ChargingStationMaxProfile"),
        (7, "CSMS", "TxDefaultProfile"),
    ]
    assert (found["station"], found["protocol"]) == ("CP1", "ocpp2.0.1")


def test_the_composite_with_and_without_ours_shows_who_limits():
    (evse,) = shown(theirs(busy(), limit=16.0))["composite"]
    assert (evse["all"][0]["limit_a"], evse["without_ours"][0]["limit_a"]) == (6.5, 16.0)


def test_the_composite_falls_back_at_the_end_of_the_lease():
    scene = busy()
    (evse,) = shown(scene)["composite"]
    assert [period["limit_a"] for period in evse["all"]] == [6.5, 6.0]
    assert evse["all"][0]["from"] == write_instant(int(scene.now))
    assert evse["all"][1]["from"] > evse["all"][0]["from"]
    assert [period["limit_a"] for period in evse["without_ours"]] == [32.0]


def test_a_profile_nobody_knows_about_is_marked_as_unsure():
    found = shown(theirs(busy(), taken=None))
    assert [one["sure"] for one in found["profiles"]] == [True, False]


def test_a_profile_that_waits_for_its_remote_start_bears_on_nothing_yet():
    scene = busy()
    profile = {
        "id": 9, "stackLevel": 1, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": [
            {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 2}]}
        ],
    }  # fmt: skip
    request = {"remoteStartId": 5, "evseId": 1, "chargingProfile": profile}
    scene.controller.told("CP1", "RequestStartTransaction", request, True, {"status": "Accepted"}, scene.now)
    found = shown(scene)
    assert [one["waits_for_start"] for one in found["profiles"]] == [False, True]
    assert found["composite"][0]["without_ours"][0]["limit_a"] == 32.0


def test_a_long_schedule_is_counted_and_cut():
    (_, long) = shown(theirs(busy(), periods=200))["profiles"]
    assert long["schedules"][0]["period_count"] == 200
    assert len(long["schedules"][0]["periods"]) == MOST_PERIODS


def test_a_composite_beyond_all_bounds_is_none_and_no_bug():
    daily = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    scene = theirs(busy(), periods=1024, **daily)
    (evse,) = shown(scene, hours=168)["composite"]
    assert evse["without_ours"] is None or len(evse["without_ours"]) > 1000


def test_a_station_without_profiles_draws_its_rating():
    found = shown(Scene().cycles(), "CP2")
    assert found["profiles"] == []
    assert [period["limit_a"] for period in found["composite"][0]["all"]] == [32.0]
