"""When a schedule is worth sending."""

import pytest

from localctl.charging.base import steps
from localctl.charging.base.steps import ALWAYS, constant
from localctl.charging.dispatching import pacing
from localctl.charging.dispatching.pacing import Need, Pace, PaceTerms, Track

TERMS = PaceTerms(dead_band_a=1.0, rise_gap_s=10, retry_s=5, rate_limited_s=60, writes_per_day=400)
PLENTY = 100.0


def settled(schedule, now=0.0, lease_s=300.0):
    track = pacing.sent(
        Track(), schedule=schedule, token=1, now=now, window_s=lease_s / 2, lease_s=lease_s, need=Need.REPAIR
    )
    return pacing.answered(track, "accepted", now, TERMS)


LEASED = ((ALWAYS, 16.0), (300.0, 6.0))


def needed(wish, now, schedule=LEASED):
    return pacing.need(settled(schedule), wish, now, TERMS.dead_band_a)


def test_what_was_never_written_is_written():
    assert pacing.need(Track(), constant(6.0), 0.0, 1.0) is Need.REPAIR


def test_any_fall_is_needed_now_and_a_small_rise_is_not():
    assert needed(((ALWAYS, 15.5), (310.0, 6.0)), 10.0) is Need.FALL
    assert needed(((ALWAYS, 16.9), (310.0, 6.0)), 10.0) is None
    assert needed(((ALWAYS, 17.0), (310.0, 6.0)), 10.0) is Need.RISE


def test_p2_even_a_fall_of_less_than_a_tenth_is_told_for_on_one_row_many_add_up():
    assert needed(constant(6.46), 10.0, constant(6.5)) is Need.FALL
    assert needed(constant(6.5 - 1e-9), 10.0, constant(6.5)) is None


def test_p2_what_fell_by_our_clock_and_may_not_have_by_a_late_one_is_told_to_fall_when_less_is_wished():
    fell = ((ALWAYS, 16.0), (300.0, 0.0))

    def late(wish_a, late_a, schedule=fell):
        return pacing.need(settled(schedule), constant(wish_a), 310.0, TERMS.dead_band_a, late_a)

    assert late(6.0, 16.0) is Need.FALL
    assert late(0.0, 16.0) is Need.FALL
    assert late(16.0, 16.0) is Need.RISE, "no less is wished: it waits for its clock"
    assert pacing.need(settled(fell), fell, 310.0, TERMS.dead_band_a, 16.0) is None, "as planned"
    assert late(0.0, 0.0) is None, "it has surely fallen"
    assert late(0.0, 16.0, constant(0.0)) is None, "it was told already"


def test_a_fall_known_inside_the_lease_is_needed_now():
    assert needed(((ALWAYS, 16.0), (200.0, 8.0), (310.0, 6.0)), 10.0) is Need.FALL


def test_a_lease_is_renewed_after_half_of_it():
    assert needed(((ALWAYS, 16.0), (449.0, 6.0)), 149.0) is None
    assert needed(((ALWAYS, 16.0), (451.0, 6.0)), 151.0) is Need.RENEW


def test_a_paused_car_is_held_before_its_failsafe_comes_back():
    paused = ((ALWAYS, 0.0), (600.0, 6.0))
    assert needed(((ALWAYS, 0.0), (890.0, 6.0)), 290.0, paused) is None
    assert needed(((ALWAYS, 0.0), (901.0, 6.0)), 301.0, paused) is Need.FALL


def test_an_idle_station_at_its_failsafe_is_never_rewritten():
    assert needed(constant(6.0), 1e6, constant(6.0)) is None


def test_falls_and_repairs_wait_for_nothing_but_an_answer_and_the_retry():
    track = settled(LEASED)
    assert pacing.may_send(track, Need.FALL, 0.0, TERMS, budget=-50)
    assert not pacing.may_send(pacing.answered(resent(track), "refused", 0.0, TERMS), Need.FALL, 4.9, TERMS, PLENTY)
    assert not pacing.may_send(resent(track), Need.FALL, 0.0, TERMS, PLENTY)


def resent(track, need=Need.FALL):
    return pacing.sent(track, schedule=LEASED, token=2, now=0.0, window_s=150, lease_s=300, need=need)


def test_rises_keep_their_gap_and_leave_a_quarter_of_the_budget_to_renewals():
    track = settled(LEASED)
    assert not pacing.may_send(track, Need.RISE, 9.9, TERMS, PLENTY)
    assert pacing.may_send(track, Need.RISE, 10.0, TERMS, PLENTY)
    assert not pacing.may_send(track, Need.RISE, 10.0, TERMS, 25.9)
    assert pacing.may_send(track, Need.RENEW, 10.0, TERMS, 1.0)
    assert not pacing.may_send(track, Need.RENEW, 10.0, TERMS, 0.9)


def test_failures_are_repeated_ever_more_rarely_and_success_forgives():
    track, waits = settled(LEASED), []
    for _ in range(9):
        track = pacing.answered(resent(track), "lost", 0.0, TERMS)
        waits.append(track.not_before_at)
    assert waits == [5, 10, 20, 40, 80, 160, 320, 320, 320]
    assert (track.state, track.schedule) == (Pace.UNKNOWN, None)
    track = pacing.answered(resent(track), "accepted", 0.0, TERMS)
    assert (track.state, track.failures, track.not_before_at) == (Pace.SETTLED, 0, 0)


def test_p2_a_fall_waits_for_no_long_back_off_of_orders_that_were_refused_or_got_lost():
    for state, again_s in ((Pace.REFUSED, 60.0), (Pace.UNKNOWN, 30.0)):
        track = Track(state=state, sent_at=0.0, not_before_at=320.0, failures=7)
        assert not pacing.may_send(track, Need.REPAIR, 319.0, TERMS, PLENTY)
        assert not pacing.may_send(track, Need.REPAIR, again_s - 1, TERMS, PLENTY, falls=True)
        assert pacing.may_send(track, Need.REPAIR, again_s, TERMS, PLENTY, falls=True)


def test_k01_fr56_rate_limit_exceeded_is_honoured():
    track = pacing.answered(resent(settled(LEASED)), "refused", 0.0, TERMS, rate_limited=True)
    assert track.not_before_at == 60


def test_a_late_answer_settles_what_was_unknown():
    unknown = pacing.answered(resent(settled(LEASED)), "lost", 0.0, TERMS)
    assert pacing.answered(unknown, "accepted", 20.0, TERMS).state is Pace.SETTLED
    assert pacing.answered(unknown, "refused", 20.0, TERMS).state is Pace.REFUSED


def test_renewals_are_counted_until_the_share_changes():
    track = settled(LEASED)
    for expected in (1, 2):
        track = pacing.answered(resent(track, Need.RENEW), "accepted", 0.0, TERMS)
        assert track.renewals == expected
    assert resent(track, Need.RISE).renewals == 0


def test_a_vanished_profile_is_repaired_at_once_but_not_fought_over():
    track = pacing.lost_profile(settled(LEASED), 1.0)
    assert pacing.may_send(track, Need.REPAIR, 1.0, TERMS, PLENTY)
    gaps = []
    for _ in range(10):
        track = pacing.answered(resent(track), "accepted", 0.0, TERMS)
        track = pacing.lost_profile(track, 1.0)
        gaps.append(track.not_before_at)
    assert gaps == [2, 4, 8, 16, 32, 64, 128, 256, 512, 512]
    assert pacing.lost_profile(track, 10_000.0).repairs == 1


@pytest.mark.parametrize(("passed_s", "budget"), [(0, 0), (216, 1), (86_400, 100), (-5, 0)])
def test_the_budget_fills_over_the_day_and_a_quarter_can_be_saved(passed_s, budget):
    assert pacing.refilled(0.0, passed_s, TERMS) == budget


def test_a_small_budget_still_lets_a_few_writes_be_saved():
    assert pacing.bucket_size(PaceTerms(writes_per_day=4)) == 8
    assert steps.value_at(LEASED, 0) == 16
