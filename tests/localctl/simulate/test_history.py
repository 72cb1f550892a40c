"""The course of a day in buckets."""

from math import inf

from localctl.simulate.history import BUCKET_S, History
from localctl.simulate.wiring import Spot


class StubWorld:
    spots: tuple[Spot, ...] = (("main", "L1"), ("main", "W"))

    def __init__(self):
        self.now_load, self.now_limit = 0.0, 40.0

    def load(self, _spot):
        return self.now_load

    def limit(self, _spot):
        return self.now_limit


def test_a_bucket_keeps_its_highest_load_and_lowest_limit():
    world = StubWorld()
    history = History(world, 1000.0)
    for at, load, limit in ((1000.0, 5.0, 40.0), (1010.0, 20.0, 30.0), (1020.0, 7.0, 40.0)):
        world.now_load, world.now_limit = load, limit
        history.step(at)
    point = history.points["main", "L1"][0]
    assert (point.load, point.limit) == (20.0, 30.0)
    assert set(history.points) == {("main", "L1")}


def test_quiet_buckets_carry_on_what_was_before():
    world = StubWorld()
    history = History(world, 0.0)
    assert history.last(("main", "L1")).limit == inf
    world.now_load = 9.0
    history.step(0.0)
    world.now_load = 1.0
    history.step(3.5 * BUCKET_S)
    assert [point.load for point in history.points["main", "L1"]] == [9.0, 9.0, 9.0, 9.0]
    history.step(4.5 * BUCKET_S)
    assert history.last(("main", "L1")).load == 9.0


def test_the_world_tells_the_history():
    world = StubWorld()
    history = History(world, 0.0)
    assert world.on_step == history.step
