"""Pings and partings by hand, on the connection of one station."""

from types import SimpleNamespace

import pytest
import trio

from localctl.net.wires import Wires


class Leg:
    """A station's leg that answers a ping after a while, or not, or leaves."""

    def __init__(self, pongs_after_s=None, leaves_after_s=None):
        self.pongs_after_s, self.leaves_after_s = pongs_after_s, leaves_after_s
        self.ponged_at = 0.0
        self.pinged_at, self.done = None, []

    @property
    def is_open(self):
        if self.pinged_at is None:
            return True
        passed_s = trio.current_time() - self.pinged_at
        if self.pongs_after_s is not None and passed_s >= self.pongs_after_s:
            self.ponged_at = self.pinged_at + self.pongs_after_s
        return self.leaves_after_s is None or passed_s < self.leaves_after_s

    def send_ping(self):
        self.pinged_at = trio.current_time()

    def close(self, code, reason):
        self.done.append(("close", code))

    def abort(self):
        self.done.append("abort")


def wires_of(leg):
    return Wires({"A": SimpleNamespace(station=leg)}.get)


@pytest.mark.parametrize(
    ("leg", "came"),
    [({"pongs_after_s": 1.0}, True), ({}, False), ({"pongs_after_s": 9.0}, False), ({"leaves_after_s": 1.0}, None)],
)
async def test_quirk_8_a_pong_in_time_none_or_a_station_that_left(leg, came, autojump_clock):
    await trio.sleep(10)  # an old pong does not count
    assert await wires_of(Leg(**leg)).ping("A", 5.0) is came


async def test_a_station_that_is_not_there_is_neither_pinged_nor_let_go():
    wires = wires_of(Leg())
    assert await wires.ping("B", 5.0) is None
    assert not wires.let_go("B", close=True)


@pytest.mark.parametrize(("close", "done"), [(True, ("close", 1001)), (False, "abort")])
def test_quirk_11_it_is_let_go_with_a_close_frame_or_by_a_drop(close, done):
    leg = Leg()
    assert wires_of(leg).let_go("A", close=close)
    assert leg.done == [done]
