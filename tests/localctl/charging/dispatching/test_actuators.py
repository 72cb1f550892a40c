"""Writing shares as profiles: right for the version by its published schema and by our own rules of K01."""

import json
from importlib.resources import files

import jsonschema_rs
import pytest

from localctl.charging.base import steps
from localctl.charging.base.instants import read_instant
from localctl.charging.base.steps import ALWAYS, constant
from localctl.charging.dispatching import actuators
from localctl.charging.dispatching.actuators import Place
from localctl.charging.dispatching.fleet import Actuator, Managed, Outlet, Running, Share, Sight
from localctl.charging.dispatching.lease import Tolerance
from localctl.charging.profile import own_ids
from localctl.charging.profile.own_ids import OURS_FROM
from localctl.charging.profile.profile_json import read_profile, read_profile_16
from localctl.charging.profile.profile_rules import Context, validate
from localctl.charging.profile.profiles import Protocol, RateUnit

NOW = 1_800_000_000.0
FOLDERS = {Protocol.V16: "v16", Protocol.V201: "v201", Protocol.V21: "v21"}
PAIR = (Outlet(id=1), Outlet(id=2, failsafe_a=8.0))
RUNNING = Sight(running={1: Running(transaction_id="77", started_at=NOW - 1000)})


def station(protocol=Protocol.V201, **changes):
    return Managed(**({"identity": "CP1", "protocol": protocol, "outlets": (Outlet(id=1),)} | changes))


def written(where, actuator, place, share_a=16.0, sight=RUNNING, **changes):
    shares = {outlet.id: Share(amps=constant(share_a)) for outlet in where.outlets}
    leased = actuators.has_lease(place, where, actuator, sight)
    asked = actuators.wish(place, where, actuator, shares, now=NOW, lease_s=300, leased=leased)
    return actuators.draft(place, where, actuator, sight, asked, now=NOW, lease_s=300, **changes)


def profile_of(draft):
    return draft.payload.get("csChargingProfiles", draft.payload.get("chargingProfile"))


def schedule_of(draft):
    schedule = profile_of(draft)["chargingSchedule"]
    return schedule[0] if isinstance(schedule, list) else schedule


def limits_of(draft):
    return [(each["startPeriod"], each["limit"]) for each in schedule_of(draft)["chargingSchedulePeriod"]]


def test_k01_fr31_a_limit_that_has_held_for_long_and_stays_is_written_from_zero_on():
    past = ((NOW - 400.0, 9.0), (NOW - 200.0, 6.0))
    draft = actuators.draft(Place(evse_id=0), station(), Actuator.MAX_PROFILE, Sight(), past, now=NOW, lease_s=300.0)
    assert limits_of(draft) == [(0, 6.0)]


CASES = [
    (protocol, actuator, place)
    for protocol in Protocol
    for actuator, place in [
        (Actuator.MAX_PROFILE, Place(evse_id=0)),
        (Actuator.TX_DEFAULT, Place(evse_id=1)),
        (Actuator.TX_PROFILE, Place(evse_id=1)),
        (Actuator.TX_PROFILE, Place(evse_id=1, top=True)),
        (Actuator.DYNAMIC, Place(evse_id=0)),
        (Actuator.DYNAMIC, Place(evse_id=0, top=True)),
    ]
    if actuator is not Actuator.DYNAMIC or protocol is Protocol.V21
]


@pytest.mark.parametrize(("protocol", "actuator", "place"), CASES)
@pytest.mark.parametrize("unit", list(RateUnit))
@pytest.mark.parametrize("clock_off_s", [None, -1e9])
def test_every_profile_follows_the_schema_and_the_rules(protocol, actuator, place, unit, clock_off_s):
    where = station(protocol, unit=unit, relative=clock_off_s is not None)
    sight = Sight(running=RUNNING.running, clock_off_s=clock_off_s)
    draft = written(where, actuator, place, sight=sight)
    name = draft.action + ("" if protocol is Protocol.V16 else "Request")
    schema = files("ocpp").joinpath(FOLDERS[protocol], "schemas", f"{name}.json").read_text("utf-8-sig")
    payload = json.loads(json.dumps(draft.payload))
    assert [str(error) for error in jsonschema_rs.validator_for(json.loads(schema)).iter_errors(payload)] == []
    read = read_profile_16 if protocol is Protocol.V16 else read_profile
    assert validate(read(profile_of(draft)), Context(evse_id=place.evse_id, protocol=protocol)) == []


def test_k28_an_installed_dynamic_profile_only_gets_a_new_value():
    where = station(Protocol.V21)
    draft = written(where, Actuator.DYNAMIC, Place(evse_id=0, top=True), share_a=9.0, update=True)
    assert draft.action == "UpdateDynamicSchedule"
    assert draft.payload == {"chargingProfileId": OURS_FROM + 1, "scheduleUpdate": {"limit": 9.0}}
    assert draft.lapse_s == 300


def test_a_station_maximum_is_the_sum_of_all_shares_and_ends_in_the_sum_of_the_failsafes():
    draft = written(station(outlets=PAIR), Actuator.MAX_PROFILE, Place(evse_id=0), share_a=16.0)
    assert limits_of(draft) == [(0, 14.0), (NOW - 32, 32.0), (NOW + 300 - 36, 14.0)]


def test_a_share_never_exceeds_what_the_outlet_or_the_station_can_carry():
    draft = written(station(outlets=PAIR, rating_a=40.0), Actuator.MAX_PROFILE, Place(evse_id=0), share_a=99.0)
    assert limits_of(draft)[1] == (NOW - 32, 40.0)


def test_an_evse_without_a_share_keeps_its_reserve():
    asked = actuators.wish(Place(evse_id=0), station(outlets=PAIR), Actuator.MAX_PROFILE, {}, now=NOW, lease_s=300)
    assert asked == ((ALWAYS, 14.0),)


def test_what_is_written_never_exceeds_the_csms_now_later_or_after_the_lease():
    cap = steps.tidy([(ALWAYS, 10.0), (NOW + 100, 5.0)])
    shares = {1: Share(amps=constant(16.0), cap=cap)}
    asked = actuators.wish(Place(evse_id=1), station(), Actuator.TX_DEFAULT, shares, now=NOW, lease_s=300)
    assert asked == cap


def test_k01_fr50_a_station_that_takes_watts_gets_whole_watts_never_too_many():
    draft = written(station(unit=RateUnit.WATTS), Actuator.MAX_PROFILE, Place(evse_id=0), share_a=10.77)
    assert limits_of(draft)[:2] == [(0, 4140.0), (NOW - 32, 7383.0)]
    assert schedule_of(draft)["chargingRateUnit"] == "W"


def test_k01_fr49_a_one_phase_outlet_says_so_and_a_dc_one_says_nothing():
    one = written(station(outlets=(Outlet(id=1, phases=1),)), Actuator.MAX_PROFILE, Place(evse_id=0))
    assert schedule_of(one)["chargingSchedulePeriod"][0]["numberPhases"] == 1
    dc = written(station(outlets=(Outlet(id=1, phases=1, dc=True),)), Actuator.MAX_PROFILE, Place(evse_id=0))
    assert "numberPhases" not in schedule_of(dc)["chargingSchedulePeriod"][0]


def test_the_level_is_one_above_the_csms_and_within_what_the_station_takes():
    busy = Sight(csms_levels={"ChargingStationMaxProfile": 4, "TxProfile": 9})
    place = Place(evse_id=0)
    assert profile_of(written(station(), Actuator.MAX_PROFILE, place, sight=busy))["stackLevel"] == 5
    assert profile_of(written(station(max_stack_level=3), Actuator.MAX_PROFILE, place, sight=busy))["stackLevel"] == 3
    assert profile_of(written(station(stack_level=0), Actuator.MAX_PROFILE, place, sight=busy))["stackLevel"] == 0
    assert profile_of(written(station(), Actuator.MAX_PROFILE, place))["stackLevel"] == 0


def test_a_place_has_one_id_for_ever_in_the_reserved_range():
    ids = {Place(evse_id=evse, top=top).profile_id() for evse in range(1000) for top in (False, True)}
    assert len(ids) == 2000
    assert all(own_ids.is_ours(each) and each < 2**31 for each in ids)
    assert not own_ids.is_ours(1_999_999_999)


def test_k15_fr17_a_tx_profile_waits_for_the_needs_of_the_car():
    def tops(awaits):
        running = {1: Running(transaction_id="t", started_at=0, awaits_needs=awaits)}
        return [place.key for place in actuators.places(station(), Actuator.TX_PROFILE, running)]

    assert tops(awaits=True) == ["1"]
    assert tops(awaits=False) == ["1", "1+"]
    assert actuators.places(station(), Actuator.UNCONTROLLED, {}) == ()


def test_quirk_27_a_station_that_must_not_get_0_a_gets_its_minimum():
    draft = written(station(hold_minimum=True), Actuator.MAX_PROFILE, Place(evse_id=0), share_a=0.0)
    assert limits_of(draft) == [(0, 6.0)]


def test_quirk_24_a_relative_profile_counts_from_the_start_of_charging_and_its_lease_is_not_relied_on():
    where = station(Protocol.V16, relative=True)
    draft = written(where, Actuator.TX_PROFILE, Place(evse_id=1, top=True))
    assert limits_of(draft) == [(0, 16.0), (1300, 6.0)]
    assert "startSchedule" not in schedule_of(draft)
    assert draft.entitled == constant(16.0)


def test_quirk_23_a_transaction_id_can_be_left_out():
    place = Place(evse_id=1, top=True)
    assert profile_of(written(station(Protocol.V16), Actuator.TX_PROFILE, place))["transactionId"] == 77
    unnamed = written(station(Protocol.V16, names_transaction=False), Actuator.TX_PROFILE, place)
    assert "transactionId" not in profile_of(unnamed)


def test_quirk_20_without_a_sane_clock_a_schedule_began_in_1970_and_never_changes():
    lost = Sight(clock_off_s=31.0)
    draft = written(station(), Actuator.MAX_PROFILE, Place(evse_id=0), sight=lost)
    assert schedule_of(draft)["startSchedule"] == "1970-01-01T00:00:00Z"
    assert limits_of(draft) == [(0, 16.0)]
    assert draft.entitled == constant(16.0)
    wide = station(tolerance=Tolerance(skew_s=31.0))
    assert len(limits_of(written(wide, Actuator.MAX_PROFILE, Place(evse_id=0), sight=lost))) == 3


@pytest.mark.parametrize(("share_a", "least_a"), [(16.0, 6.0), (4.0, 0.0), (0.0, 0.0)])
def test_k01_fr30_where_the_clock_stands_in_1970_a_schedule_has_begun_with_the_least_of_it(share_a, least_a):
    draft = written(station(), Actuator.MAX_PROFILE, Place(evse_id=0), share_a=share_a)
    assert schedule_of(draft)["startSchedule"] == "1970-01-01T00:00:00Z"
    assert limits_of(draft)[0] == (0, least_a)
    assert limits_of(draft)[-1][1] == 6.0
    assert [at for at, _ in limits_of(draft)] == sorted({at for at, _ in limits_of(draft)})


def test_quirk_20_what_holds_now_has_begun_on_the_slowest_clock_a_schedule_is_written_for():
    draft = written(station(tolerance=Tolerance(skew_s=300.0)), Actuator.MAX_PROFILE, Place(evse_id=0))
    assert limits_of(draft)[1] == (NOW - 302, 16.0)


@pytest.mark.parametrize(("most", "told"), [(2, [16.0, 6.0]), (3, [6.0, 16.0, 6.0]), (4, [6.0, 16.0, 10.0, 6.0])])
def test_no_schedule_has_more_periods_than_the_station_takes_the_one_since_1970_included(most, told):
    wish = steps.tidy([(ALWAYS, 16.0), (NOW + 200, 10.0), (NOW + 290, 6.0)])
    draft = actuators.draft(
        Place(evse_id=0), station(most_periods=most), Actuator.MAX_PROFILE, Sight(), wish, now=NOW, lease_s=300.0
    )
    assert [amps for _, amps in limits_of(draft)] == told


def test_a_station_that_takes_two_periods_has_its_lease_and_nothing_for_a_clock_in_1970():
    draft = written(station(most_periods=2), Actuator.MAX_PROFILE, Place(evse_id=0))
    assert read_instant(schedule_of(draft)["startSchedule"]) == NOW - 32
    assert [amps for _, amps in limits_of(draft)] == [16.0, 6.0]


def test_p3_a_dynamic_value_is_counted_until_the_latest_moment_it_can_end():
    draft = written(station(Protocol.V21), Actuator.DYNAMIC, Place(evse_id=0, top=True))
    assert schedule_of(draft)["duration"] == 300
    assert draft.entitled == ((ALWAYS, 16.0), (NOW + 300 + 60 + 5, 0.0))
