"""Which phases a car uses."""

from localctl.charging.knowing import phase_watch
from localctl.charging.knowing.phase_watch import PhaseWatch


def after(*samples):
    watch = PhaseWatch()
    for sample in samples:
        watch = phase_watch.sampled(watch, dict(enumerate(sample, 1)) if isinstance(sample, tuple) else sample)
    return watch.used


def test_three_quiet_samples_free_a_phase_two_do_not():
    assert after(*[(16.0, 0.0, 0.0)] * 2) == (1, 2, 3)
    assert after(*[(16.0, 0.0, 0.0)] * 3) == (1,)


def test_a_phase_that_carries_current_counts_at_once():
    assert after(*[(16.0, 0.0, 0.0)] * 3, (16.0, 9.0, 0.0)) == (1, 2)


def test_quirk_36_residual_currents_and_slivers_are_nothing():
    assert after(*[(16.0, 1.4, 0.3)] * 3) == (1,)
    assert after(*[(32.0, 4.0, 4.0)] * 3) == (1,)
    assert after(*[(10.0, 2.0, 10.0)] * 3) == (1, 2, 3)


def test_missing_is_not_zero():
    assert after(*[{1: 16.0}] * 9) == (1, 2, 3)


def test_a_car_that_does_not_charge_says_nothing():
    assert after(*[(4.9, 0.0, 0.0)] * 9) is None
    assert after(*[(16.0, 0.0, 0.0)] * 3, *[(0.0, 0.0, 0.0)] * 9) == (1,)


def test_quiet_samples_must_come_in_a_row():
    quiet, busy = (16.0, 0.0, 16.0), (16.0, 16.0, 16.0)
    assert after(quiet, quiet, busy, quiet, quiet) == (1, 2, 3)
