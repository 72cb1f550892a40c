"""The profiles of commissioning: what they say in each version, and how they are counted."""

import json

import pytest

from localctl.charging.base.instants import read_instant
from localctl.charging.commissioning import levers
from localctl.charging.commissioning.levers import IDS, LIFE_S, Placed
from localctl.charging.commissioning.stages import Lever
from localctl.charging.dispatching.capability import Capability
from localctl.charging.dispatching.desk import Desk
from localctl.charging.dispatching.entitlement import Slot
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet, Running, Sight
from localctl.charging.profile.own_ids import is_ours
from localctl.charging.profile.profiles import Protocol, RateUnit

NOW = 1_800_000_000.0
SIGHT = Sight(running={1: Running(transaction_id="7", started_at=NOW - 600)})


def station(protocol=Protocol.V201, **more):
    return Managed(identity="A", protocol=protocol, outlets=(Outlet(id=1),), **more)


def written(lever, protocol=Protocol.V201, sight=SIGHT, amps=6.0):
    ask = levers.set_profile(lever, station(protocol), sight, 1, amps, NOW)
    return ask.action, json.loads(ask.payload)


def test_k01_a_profile_of_commissioning_ends_by_itself():
    action, body = written(Lever(actuator=Actuator.TX_DEFAULT, unit=RateUnit.AMPS, level=3))
    profile = body["chargingProfile"]
    schedule = profile["chargingSchedule"][0]
    assert (action, body["evseId"], profile["stackLevel"]) == ("SetChargingProfile", 1, 3)
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 6.0}]
    begins = read_instant(schedule["startSchedule"])
    assert begins < NOW
    assert begins + schedule["duration"] == NOW + LIFE_S
    assert is_ours(profile["id"])


@pytest.mark.parametrize(("named", "expected"), [(True, "7"), (False, None)])
def test_quirk_23_the_transaction_is_named_or_not(named, expected):
    _, body = written(Lever(actuator=Actuator.TX_PROFILE, unit=RateUnit.AMPS, named=named))
    assert body["chargingProfile"].get("transactionId") == expected


def test_quirk_24_a_relative_profile_has_neither_start_nor_end():
    _, body = written(Lever(actuator=Actuator.TX_PROFILE, unit=RateUnit.AMPS, relative=True))
    schedule = body["chargingProfile"]["chargingSchedule"][0]
    assert body["chargingProfile"]["chargingProfileKind"] == "Relative"
    assert {"startSchedule", "duration"}.isdisjoint(schedule)


def test_a_station_with_an_insane_clock_gets_a_profile_that_began_in_1970():
    sight = Sight(running=SIGHT.running, clock_off_s=9000.0)
    _, body = written(Lever(actuator=Actuator.TX_DEFAULT, unit=RateUnit.AMPS), sight=sight)
    schedule = body["chargingProfile"]["chargingSchedule"][0]
    assert schedule["startSchedule"].startswith("1970-")
    assert "duration" not in schedule


def test_quirk_25_watts_are_never_more_than_the_amperes():
    _, body = written(Lever(actuator=Actuator.MAX_PROFILE, unit=RateUnit.WATTS), Protocol.V16)
    profile = body["csChargingProfiles"]
    assert (body["connectorId"], profile["chargingProfilePurpose"]) == (0, "ChargePointMaxProfile")
    assert profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 6 * 690.0
    assert profile["chargingSchedule"]["chargingRateUnit"] == "W"


@pytest.mark.parametrize(("protocol", "word"), [(Protocol.V16, "id"), (Protocol.V201, "chargingProfileId")])
def test_each_kind_is_taken_away_by_its_own_id(protocol, word):
    ask = levers.clear_profile(Actuator.TX_PROFILE, station(protocol))
    assert json.loads(ask.payload) == {word: IDS[Actuator.TX_PROFILE]}
    assert len(set(IDS.values())) == len(IDS)


def test_a_level_above_the_csmss_profiles_is_used():
    sight = Sight(csms_levels={"TxDefaultProfile": 4})
    lever = Lever(actuator=Actuator.TX_DEFAULT, unit=RateUnit.AMPS)
    assert levers.beyond(lever, sight, station(stack_level=0)) == 5
    assert levers.beyond(Lever(actuator=Actuator.MAX_PROFILE, unit=RateUnit.AMPS), sight, station()) == 0


def desk_of(*keys):
    desk = Desk(capability=Capability(actuator=Actuator.MAX_PROFILE))
    desk.slots = {key: Slot(unlimited_a=0.0) for key in keys}
    return desk


def test_p2_a_placed_profile_counts_until_it_is_surely_gone():
    desk, placed = desk_of("0", "1"), Placed(amps=6.0, ends_at=NOW + 300)
    for second in range(50):
        levers.counted(desk, placed, NOW + second, 35.0)
    assert [slot.most(NOW + 334, NOW + 334) for slot in desk.slots.values()] == [6.0, 6.0]
    assert desk.slots["0"].most(NOW + 336, NOW + 336) == 0.0
    assert len(desk.slots["0"].fading) == 1


def test_p2_what_the_station_has_given_back_counts_only_as_long_as_a_car_takes_to_notice():
    desk, placed = desk_of("1"), Placed(amps=6.0, ends_at=NOW + 300)
    levers.counted(desk, placed, NOW, 35.0)
    levers.counted(desk, Placed(amps=8.0, ends_at=NOW + 300), NOW, 35.0)
    levers.gone(desk, Placed(amps=8.0, ends_at=NOW + 300), NOW + 5)
    assert desk.slots["1"].most(NOW + 4, NOW + 4) == 8.0
    assert desk.slots["1"].most(NOW + 6, NOW + 6) == 6.0


def test_what_is_placed_allows_its_highest():
    one, two = Placed(amps=6.0, ends_at=0.0), Placed(amps=8.0, ends_at=0.0)
    assert levers.most_a({Actuator.MAX_PROFILE: one, Actuator.TX_DEFAULT: two}) == 8.0
    assert levers.most_a({}) < 0
