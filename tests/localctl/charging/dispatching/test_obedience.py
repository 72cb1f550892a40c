"""Judging a station by its meter."""

from dataclasses import replace

import pytest

from localctl.charging.dispatching import obedience
from localctl.charging.dispatching.obedience import Obedience


def ordered(*orders, record=None):
    record = record or Obedience()
    for at, amps in orders:
        record = obedience.entitled_to(record, amps, at)
    return record


def metered(record, drawn, begin=100.0, rating_a=32.0):
    for step, amps in enumerate(drawn):
        record = obedience.sampled(record, amps, begin + step, rating_a=rating_a)
    return record


def test_three_samples_above_the_order_make_a_station_distrusted():
    record = ordered((0.0, 10.0))
    assert not metered(record, [16, 16]).distrusted
    assert metered(record, [16, 16, 16]).distrusted


def test_one_obedient_sample_starts_the_count_anew():
    assert not metered(ordered((0.0, 10.0)), [16, 16, 10, 16, 16]).distrusted


def test_an_ampere_or_five_percent_too_much_is_measuring_error():
    assert not metered(ordered((0.0, 10.0)), [11.0] * 5).distrusted
    assert metered(ordered((0.0, 10.0)), [11.01] * 5).distrusted
    assert not metered(ordered((0.0, 32.0)), [33.6] * 5).distrusted


def test_amperes_from_a_power_may_be_twelve_percent_too_many():
    def judged(drawn_a):
        record = ordered((0.0, 16.0))
        for step in range(3):
            part = obedience.SLACK_PART_OF_POWER
            record = obedience.sampled(record, drawn_a, 100.0 + step, rating_a=32.0, slack_part=part)
        return record

    assert not judged(16.0 * 1.1).distrusted
    assert judged(16.0 * 1.13).distrusted


def test_a_car_may_take_15_seconds_to_follow_a_fall():
    record = ordered((0.0, 16.0), (100.0, 6.0))
    assert not metered(record, [16, 16, 16], begin=112.0).distrusted
    assert metered(record, [16, 16, 16], begin=116.0).distrusted


def test_without_any_order_nothing_is_judged():
    assert metered(Obedience(), [32] * 5) == Obedience()


def test_trust_comes_back_only_when_the_limit_was_felt_and_kept():
    distrusted = metered(ordered((0.0, 10.0)), [16] * 3)
    assert metered(distrusted, [0.0] * 50).distrusted
    assert metered(distrusted, [9.5] * 9).distrusted
    assert not metered(distrusted, [9.5] * 10).distrusted


def test_what_is_remembered_is_bounded_and_never_too_strict():
    record = ordered(*((at / 10, float(at % 7)) for at in range(100)))
    assert len(record.high) <= obedience.MOST_REMEMBERED
    assert max(amps for _, amps in record.high) == 6


def test_an_old_high_is_forgotten_also_where_orders_change_every_second():
    record = ordered((0.0, 16.0), *((float(at), 6.0 + at % 2) for at in range(1, 40)))
    assert metered(record, [16.0] * 3, begin=40.0).distrusted


@pytest.mark.parametrize(
    ("limit_a", "rating_a", "trusted"), [(16.0, 16.0, False), (15.0, 16.0, False), (13.0, 16.0, True)]
)
def test_keeping_to_the_rating_proves_nothing(limit_a, rating_a, trusted):
    distrusted = replace(ordered((0.0, limit_a)), distrusted=True)
    assert metered(distrusted, [limit_a] * 20, rating_a=rating_a).distrusted is not trusted


def test_a_sample_above_a_fall_that_is_still_excused_does_not_count_as_kept():
    record = ordered((0.0, 16.0), (100.0, 6.0))
    assert metered(record, [16, 16, 16], begin=102.0).kept == 0


def test_an_old_part_of_a_sum_is_judged_by_what_held_when_it_was_taken():
    record = Obedience()
    for at, amps in ((0.0, 32.0), (100.0, 19.0)):
        record = obedience.entitled_to(record, amps, at, fresh_s=60.0)
    for now, since_at, over in ((150.0, 110.0, 0), (150.0, 116.0, 1), (170.0, 114.0, 0)):
        record = obedience.sampled(replace(record, over=0), 32.0, now, rating_a=64.0, since_at=since_at)
        assert record.over == over
