"""The figures of a day."""

import pytest

from localctl.demo.car import Car
from localctl.simulate.figures import figures_of, jain, quantile
from localctl.simulate.judge import Cause
from localctl.simulate.station import Stay
from tests.localctl.simulate.day_kit import played


def test_jains_index_is_one_for_even_shares_and_a_part_for_one_that_takes_all():
    assert jain([0.5, 0.5, 0.5]) == pytest.approx(1)
    assert jain([1, 0, 0, 0]) == pytest.approx(0.25)
    assert jain([]) == jain([0, 0]) == 1


def test_quantiles_of_sorted_values():
    values = tuple(range(100))
    assert (quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1.0), quantile((), 0.5)) == (50, 95, 99, 0)


def stay(asked_wh, got_wh, waited_s):
    first = None if waited_s is None else 1000.0 + waited_s
    return Stay(identity="A", evse=1, car=Car(), plugged_at=1000.0, stay_s=60, asked_wh=asked_wh, got_wh=got_wh,
                first_amp_at=first)  # fmt: skip


@pytest.fixture(scope="module")
def outcome():
    return played()


def test_energy_waiting_and_those_who_never_got_any(outcome):
    outcome.stays = [stay(1000, 500, 30), stay(1000, 1000, 10), stay(1000, 0, None), stay(0, 0, None)]
    figures = figures_of(outcome)
    assert (figures.cars, figures.asked_wh, figures.got_wh, figures.never) == (4, 3000, 1500, 1)
    assert figures.waits_s == (10, 30)
    assert figures.least_part == 0
    assert figures.jain == pytest.approx(jain([0.5, 1, 0]))


def test_no_car_is_said_to_have_got_more_than_it_asked_for(outcome):
    """It stops at the end of the step in which it is full."""
    outcome.stays = [stay(1000, 1003, 10), stay(1000, 900, 10)]
    assert figures_of(outcome).got_wh == 1900


def test_faults_are_told_apart_by_the_limit_they_broke(outcome):
    fuse, kept = outcome.world.kept(("main", "L1"))
    fuse.over, kept.over, kept.peak = {Cause.FAULT: 3.0}, {Cause.FAULT: 2.0, Cause.LIAR: 5.0}, 1.0
    outcome.world.kept(("main", "L2"))[0].over = {Cause.FAULT: 0.001, Cause.LIAR: 4.0}
    figures = figures_of(outcome)
    assert [line.spot for line in figures.fuse_faults] == [("main", "L1")]
    assert [line.spot for line in figures.limit_faults] == [("main", "L1")]
    assert figures.over == {Cause.FAULT: pytest.approx(5.001), Cause.LIAR: 9.0}
