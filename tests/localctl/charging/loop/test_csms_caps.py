"""K08: what the CSMS allows, per EVSE and for a whole station."""

from localctl.charging.base.steps import constant
from localctl.charging.knowing.ledger import profile_set
from localctl.charging.loop import csms_caps
from localctl.charging.loop.csms_caps import SOURCE, CsmsCaps
from localctl.charging.loop.demands import Seen
from tests.localctl.charging.loop.test_demands import NOW, seen


def with_profile(one, limit, purpose="TxDefaultProfile", number=1, unit="A", evse=0):
    schedule = {"id": 1, "chargingRateUnit": unit, "startSchedule": "1970-01-01T00:00:00Z"}
    schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": limit}]
    profile = {"id": number, "stackLevel": 0, "chargingProfilePurpose": purpose}
    profile |= {"chargingProfileKind": "Absolute", "chargingSchedule": [schedule]}
    ledger = profile_set(one.ledger, {"evseId": evse, "chargingProfile": profile}, True)
    return Seen(
        placed=one.placed, managed=one.managed, state=one.state, ledger=ledger, steered=True, entitled=one.entitled
    )


def cap(one, caps=None):
    return (caps or CsmsCaps(600.0, 230.0)).of_evse(one, one.managed.outlets[0], NOW)


def test_a_csms_that_says_nothing_caps_nothing():
    assert cap(seen(charging="Charging")) is None


def test_our_own_profiles_are_not_the_csms():
    assert cap(with_profile(seen(charging="Charging"), 6.0, number=2_000_000_000)) is None


def test_its_profile_is_the_cap():
    assert cap(with_profile(seen(charging="Charging"), 9.0)) == constant(9.0)


def test_k01_fr_50_watts_are_amperes_by_the_phases_of_the_evse():
    assert cap(with_profile(seen(charging="Charging"), 6900.0, unit="W")) == constant(10.0)


def test_what_was_worked_out_is_kept_while_the_profiles_are_the_same(monkeypatch):
    caps, one = CsmsCaps(600.0, 230.0), with_profile(seen(charging="Charging"), 9.0)
    assert cap(one, caps) == constant(9.0)
    monkeypatch.setattr(csms_caps, "composite", lambda *_: constant(1.0))
    assert cap(one, caps) == constant(9.0)
    assert caps.of_evse(one, one.managed.outlets[0], NOW + 600.0) == constant(1.0)
    caps.forget("A")
    assert cap(one, caps) == constant(1.0)


def test_another_profile_is_worked_out_at_once():
    caps, one = CsmsCaps(600.0, 230.0), with_profile(seen(charging="Charging"), 9.0)
    assert cap(one, caps) == constant(9.0)
    assert cap(with_profile(one, 7.0), caps) == constant(7.0)


def test_a_station_maximum_is_a_limit_on_the_station_where_it_has_several_evses():
    caps, one = CsmsCaps(600.0, 230.0), with_profile(seen(evses=2), 20.0, purpose="ChargingStationMaxProfile")
    source = caps.of_station(one, NOW)
    assert (source.name, source.node) == (SOURCE, ("station", "A"))
    assert [step.cap.a for step in source.steps] == [(20.0, 20.0, 20.0)]


def test_for_one_evse_its_cap_says_it_already():
    caps, one = CsmsCaps(600.0, 230.0), with_profile(seen(), 20.0, purpose="ChargingStationMaxProfile")
    assert caps.of_station(one, NOW) is None
    assert cap(one, caps) == constant(20.0)


def test_defaults_of_transactions_say_nothing_about_the_whole_station():
    assert CsmsCaps(600.0, 230.0).of_station(with_profile(seen(evses=2), 9.0), NOW) is None
