"""What dispatch sees of a station."""

from localctl.charging.dispatching import sight
from localctl.charging.dispatching.fleet import Managed, Outlet, Running
from localctl.charging.knowing.facts import ClockShown, Metered, NeedsTold, Sample, TransactionShown
from localctl.charging.knowing.ledger import Ledger, profile_set
from localctl.charging.knowing.site_state import StationState, apply
from localctl.charging.profile.profiles import Protocol

STATION = Managed(identity="CP1", protocol=Protocol.V201, outlets=(Outlet(id=1), Outlet(id=2)))


def look(*facts, book=None, now=1000.0, **more):
    state = StationState()
    for fact in facts:
        state = apply(state, fact, 1000.0)
    return sight.look(STATION, state, book or Ledger(protocol=Protocol.V201), online=True, now=now, **more)


STARTED = TransactionShown(event="Started", transaction_id="tx", evse_id=1)


def test_a_running_transaction_and_its_fresh_measurement_are_seen():
    seen = look(STARTED, Metered(sample=Sample(phase_a={1: 9.0, 2: 10.0}), evse_id=1), ClockShown(off_s=4.0, sure=True))
    assert seen.running == {1: Running(transaction_id="tx", started_at=1000.0)}
    assert seen.metered_a == {1: 10.0}
    assert seen.clock_off_s == 4.0
    assert seen.clock_sane(4.0)
    assert not seen.clock_sane(3.9)


def test_an_old_measurement_is_not_seen():
    assert look(Metered(sample=Sample(phase_a={1: 9.0}), evse_id=1), now=1061.0).metered_a == {}


def test_k15_fr17_under_iso_15118_a_transaction_awaits_its_needs():
    assert look(STARTED, iso15118=True).running[1].awaits_needs
    assert not look(STARTED, NeedsTold(evse_id=1), iso15118=True).running[1].awaits_needs
    assert not look(STARTED).running[1].awaits_needs


def test_every_profile_of_ours_that_is_not_installed_counts_as_lost():
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
    made = {"id": 2_000_000_000, "stackLevel": 0, "chargingProfilePurpose": "ChargingStationMaxProfile",
            "chargingProfileKind": "Absolute", "chargingSchedule": [schedule]}  # fmt: skip
    book = profile_set(Ledger(protocol=Protocol.V201), {"evseId": 0, "chargingProfile": made}, True)
    everything = sight.profile_ids(STATION)
    assert len(everything) == 6
    assert look().lost == everything
    assert look(book=book).lost == everything - {2_000_000_000}
