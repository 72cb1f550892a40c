"""The box under test: it forgets nothing that it was told is stored, and comes back with it."""

from datetime import UTC, datetime

import pytest
import trio

from localctl.demo.clock import Clock
from localctl.plan import site_plan_of
from localctl.plan_net import policies_of
from localctl.simulate.box import Box
from localctl.simulate.cable import Lag
from localctl.simulate.csms import SimCsms
from localctl.simulate.in_force import Amount
from localctl.simulate.mail import Mail
from localctl.simulate.station import Outfit, Plug, SimStation
from tests.localctl.simulate.sites import SMALL

START = datetime(2026, 6, 1, tzinfo=UTC)
LIMIT = Amount(amps=(20.0, 20.0, 20.0))


def made(nursery, remembers=True):
    clock, mail = Clock(START), Mail()
    csms = SimCsms(mail, clock.stamp)
    box = Box(
        site_plan_of(SMALL), policies_of(SMALL), mail, csms, now_at=clock.now_at, seed=1, period_s=5.0,
        remembers=remembers, lag=lambda _: Lag(), tampers=lambda _: None,
    )  # fmt: skip
    for task in (mail.run, box.run):
        nursery.start_soon(task)
    station = SimStation(Outfit(identity="CP-1", version="ocpp2.0.1", plugs=(Plug(id=1),)), box.board, START)
    nursery.start_soon(station.run)
    return box, station, clock


async def test_the_controller_writes_to_a_station_that_came(autojump_clock, nursery):
    _, station, _ = made(nursery)
    await trio.sleep(60)
    assert station.writes == 1


async def test_an_ems_is_taken_note_of_at_once(autojump_clock, nursery):
    box, _, clock = made(nursery)
    await trio.sleep(60)
    assert box.put("ems", "main", LIMIT, expires_at=clock.now_at() + 600)
    await trio.sleep(1)
    assert [limit.source for limit in box.controller.limits.limits()] == ["ems"]
    assert box.withdraw("ems", "main")
    assert box.controller.limits.limits() == []


@pytest.mark.parametrize("remembers", [True, False])
async def test_a_box_that_died_knows_what_it_had_stored(remembers, autojump_clock, nursery):
    box, station, clock = made(nursery, remembers=remembers)
    await trio.sleep(60)
    box.put("ems", "main", LIMIT, expires_at=clock.now_at() + 6000)
    before = box.controller
    await box.die(30)
    await trio.sleep(60)
    assert box.controller is not before
    assert box.deaths == 1
    assert [limit.source for limit in box.controller.limits.limits()] == (["ems"] if remembers else [])
    assert station.online
    assert box.troubles == box.board.bugs == []


async def test_nobody_takes_limits_while_the_box_is_dead_and_it_dies_once_at_a_time(autojump_clock, nursery):
    box, _, _ = made(nursery)
    await trio.sleep(10)
    nursery.start_soon(box.die, 30)
    await trio.sleep(5)
    assert not box.put("ems", "main", LIMIT, expires_at=None)
    assert not box.withdraw("ems", "main")
    await box.die(1)
    assert box.deaths == 1
