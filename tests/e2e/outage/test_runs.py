"""Two hundred seeded runs through outages of every kind: nothing lost, nothing in disorder, no fuse overdrawn (P2-P4).

Own processes, real sockets, a real journal; scripted stations and a recording CSMS that know nothing of localctl. A
seed that fails prints its story and is played again with `python -m tests.e2e.outage --from SEED --seeds 1`.
"""

import pytest

from tests.e2e.outage.plan import BOUNDARIES, LASTING, plan_of
from tests.e2e.outage.pool import results
from tests.e2e.outage.report import story, summary

SEEDS = range(1, 201)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Every run by its seed, played side by side."""
    done = {result.seed: result for result in results(SEEDS, tmp_path_factory.mktemp("outages"))}
    print(summary(done.values()))
    return done


@pytest.mark.parametrize("seed", SEEDS)
def test_p4_nothing_is_lost_altered_or_reordered_in_an_outage(played, seed):
    assert played[seed].good, story(played[seed])


def test_the_runs_were_bad_enough_to_prove_anything(played):
    runs = played.values()
    faults = {kind for one in runs for kind in one.faults}
    assert faults == {*LASTING, "box killed between two frames", "box killed at rest"}
    assert sum(one.faults.get("box killed", 0) for one in runs) >= len(SEEDS)
    assert sum(one.repeats for one in runs) > len(SEEDS), "messages that had to be said again"
    assert sum(one.told for one in runs) > 50 * len(SEEDS), "messages that stations were told are delivered"
    assert max(one.fuse_share for one in runs) == pytest.approx(1, abs=0.01), "cars took all that there was"
    assert sum(one.unordered for one in runs) == 0, "stations that nobody ever limited"


def test_every_frame_boundary_has_its_turn():
    planned = {
        (plan.stations[name], number)
        for plan in map(plan_of, SEEDS)
        for name in plan.cuts
        for number in plan.cuts[name]
    }
    assert planned == {
        (version, number) for version in ("ocpp1.6", "ocpp2.0.1", "ocpp2.1") for number in range(BOUNDARIES)
    }
