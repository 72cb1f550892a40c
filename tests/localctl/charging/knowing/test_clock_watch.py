"""Clocks that are off, and backlogs that look like it."""

from localctl.charging.knowing import clock_watch
from localctl.charging.knowing.clock_watch import ClockWatch

HOUR = 3600.0


def after(*stamps):
    watch = ClockWatch()
    for now, off_s, sure in stamps:
        watch = clock_watch.shown(watch, off_s, now, sure=sure)
    return watch


def test_a_stamp_of_a_message_made_just_now_tells_the_offset():
    assert after((0, HOUR, True)).off_s == HOUR


def test_quirk_20_local_time_is_learnt_when_two_messages_agree_half_a_minute_apart():
    assert after((0, HOUR, False), (10, HOUR + 2, False)).off_s is None
    assert after((0, HOUR, False), (10, HOUR + 2, False), (31, HOUR + 1, False)).off_s == HOUR + 1


def test_quirk_21_a_backlog_dumped_at_once_teaches_nothing():
    dump = [(number * 0.1, -30 * 24 * HOUR + number * 60, False) for number in range(1000)]
    watch = after((0, 1.0, True), *dump)
    assert watch.off_s == 1.0
    assert not any(clock_watch.fresh(watch, off_s) for _, off_s, _ in dump)


def test_a_clock_that_was_set_right_is_noticed():
    assert after((0, HOUR, True), (100, 0.0, True)).off_s == 0
    assert after((0, HOUR, True), (100, 0.0, False), (140, 0.5, False)).off_s == 0.5


def test_p2_after_a_boot_a_clock_counts_as_it_was_until_it_is_seen_again():
    watch = clock_watch.booted(after((0, -HOUR, True)))
    assert (watch.off_s, watch.last_s) == (None, -HOUR)
    watch = clock_watch.booted(watch)
    watch = clock_watch.shown(watch, 0.0, 100, sure=False)
    assert (watch.off_s, watch.last_s) == (None, -HOUR)
    watch = clock_watch.shown(watch, 0.5, 101, sure=True)
    assert (watch.off_s, watch.last_s) == (0.5, 0.5)
    assert ClockWatch().last_s is None


def test_fresh_means_fitting_the_offset_or_plausible_while_it_is_unknown():
    known = ClockWatch(off_s=HOUR)
    assert clock_watch.fresh(known, HOUR - 80)
    assert not clock_watch.fresh(known, 0.0)
    assert clock_watch.fresh(ClockWatch(), -100.0)
    assert not clock_watch.fresh(ClockWatch(), -130.0)
    assert clock_watch.fresh(known, None)
