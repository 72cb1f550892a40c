"""Fault days: the real router and controller among stations, a CSMS and an EMS on which everything goes wrong.

Promises P2 and P3 over whole days: zero ampere-seconds above any fuse, and above any limit that somebody set once the
order and the cars' reaction time (configured) are over. What stations take that disobey, or that nobody can reach, is
counted by itself (`localctl.simulate.judge`). A seed that fails is played again with
`python -m localctl.simulate.days --from SEED --seeds 1 --report`.
"""

import multiprocessing
import os
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from localctl.simulate.days import one_day
from localctl.simulate.judge import Cause

SEEDS = range(1, 51)
HOURS, PERIOD_S = 1.0, 10.0


def workers() -> Executor:
    """Two processes; a thread where the machine has no shared memory, as in some build sandboxes."""
    try:
        return ProcessPoolExecutor(min(2, os.cpu_count() or 1), mp_context=multiprocessing.get_context("spawn"))
    except OSError:
        return ThreadPoolExecutor(1)


@pytest.fixture(scope="module")
def days():
    """Every day, played beside while the tests wait for one after the other."""
    with workers() as pool:
        yield {seed: pool.submit(one_day, seed, hours=HOURS, period_s=PERIOD_S) for seed in SEEDS}
        pool.shutdown(wait=False, cancel_futures=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_p2_p3_no_fuse_and_no_limit_is_overdrawn_on_a_fault_day(days, seed):
    row, report = days[seed].result()
    assert row.good, report


def test_the_days_were_bad_enough_to_prove_anything(days):
    rows = [days[seed].result()[0] for seed in SEEDS]
    assert sum(row.hits for row in rows) > 500, "orders and answers that were spoilt"
    assert sum(row.deaths for row in rows) > 20, "deaths of the box"
    assert sum(row.got_wh for row in rows) > 0.1 * sum(row.asked_wh for row in rows), "giving nothing is always safe"
    assert sum(row.over.get(Cause.LIAR, 0.0) for row in rows) > 100, "the judge sees what liars take"
    assert sum(row.over.get(Cause.REACTION, 0.0) for row in rows) > 100, "limits fell while cars were charging"
