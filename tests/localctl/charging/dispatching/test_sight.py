"""What dispatch sees of a station."""

from math import inf

from localctl.charging.dispatching import sight
from localctl.charging.dispatching.fleet import Managed, Outlet, Running
from localctl.charging.knowing.facts import Booted, ClockShown, Metered, NeedsTold, Sample, TransactionShown
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


def test_p2_a_boot_does_not_make_a_clock_sane():
    seen = look(ClockShown(off_s=-3600.0, sure=True), Booted(vendor="V", model="M"))
    assert not seen.clock_sane(30.0)


def test_p2_a_clock_of_which_nothing_but_a_guess_is_known_is_as_sane_as_the_guess():
    assert not look(ClockShown(off_s=-18_000.0, sure=False)).clock_sane(30.0)
    assert look(ClockShown(off_s=-3.0, sure=False)).clock_sane(30.0)
    assert look(ClockShown(off_s=2.0, sure=True), ClockShown(off_s=-18_000.0, sure=False)).clock_sane(30.0)
    known = (ClockShown(off_s=2.0, sure=True), Booted(vendor="V", model="M"), ClockShown(off_s=-9e6, sure=False))
    assert look(*known).clock_sane(30.0)


def test_an_old_measurement_is_not_seen():
    assert look(Metered(sample=Sample(phase_a={1: 9.0}), evse_id=1), now=1061.0).metered_a == {}


ENDED = TransactionShown(event="Ended", transaction_id="old", evse_id=1)
BEFORE = (TransactionShown(event="Started", transaction_id="old", evse_id=1), NeedsTold(evse_id=1), ENDED)


def awaits(*facts, now=1000.0):
    return look(*facts, now=now).running[1].awaits_needs


def test_k15_fr17_where_cars_have_told_their_needs_before_a_transaction_awaits_them():
    assert awaits(*BEFORE, STARTED)
    assert not awaits(*BEFORE, STARTED, NeedsTold(evse_id=1))
    assert not awaits(STARTED)


def test_k15_fr17_a_car_that_tells_nothing_is_not_waited_for_long_and_not_while_it_charges():
    assert awaits(*BEFORE, STARTED, now=1059.0)
    assert not awaits(*BEFORE, STARTED, now=1060.0)
    charging = TransactionShown(event="Updated", transaction_id="tx", charging_state="Charging")
    assert not awaits(*BEFORE, STARTED, charging)


def test_what_is_seen_holds_until_needs_are_waited_for_no_longer():
    state = StationState()
    for fact in (*BEFORE, STARTED):
        state = apply(state, fact, 1000.0)
    assert 1059.9 < sight.holds_until(state, 1030.0) <= 1060.0
    assert sight.holds_until(apply(StationState(), STARTED, 1000.0), 1030.0) == inf


def test_every_profile_of_ours_that_is_not_installed_counts_as_lost():
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6}]}
    made = {"id": 2_000_000_000, "stackLevel": 0, "chargingProfilePurpose": "ChargingStationMaxProfile",
            "chargingProfileKind": "Absolute", "chargingSchedule": [schedule]}  # fmt: skip
    book = profile_set(Ledger(protocol=Protocol.V201), {"evseId": 0, "chargingProfile": made}, True)
    everything = sight.profile_ids(STATION)
    assert len(everything) == 6
    assert look().lost == everything
    assert look(book=book).lost == everything - {2_000_000_000}
