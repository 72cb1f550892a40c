"""P2 and the way out: nothing asked for above the share, all of it counted, ordinary control back after any end."""

import pytest
import trio

from localctl.charging.commissioning.known import Kind
from localctl.charging.commissioning.stages import Came, Done, Stage
from localctl.charging.commissioning.trial import WATCHED_S
from localctl.simulate.in_force import Amount
from tests.localctl.charging.commissioning.bench_kit import Bench

NO_ROOM = Amount(amps=(5.0, 5.0, 5.0))


async def at(nursery, key, **quirks):
    """A bench in the middle of a step."""
    bench = Bench(nursery, **quirks)
    await trio.sleep(120)
    bench.begin()
    await bench.until(key)
    return bench


async def ordinary_again(bench, why):
    """It is over for this reason, and the car has its share and the station nothing of commissioning."""
    await bench.ended(120)
    assert bench.trial.why == why
    await trio.sleep(60)
    assert bench.ours == set()
    assert bench.drawn_a == 16.0
    assert bench.box.troubles == bench.box.board.bugs == []


@pytest.mark.parametrize("quirks", [{}, {"takes": ("TxProfile",)}, {"unit": "W"}, {"version": "ocpp1.6"}])
async def test_p2_no_step_asks_for_more_than_the_share_and_all_that_is_drawn_is_counted(
    quirks, autojump_clock, nursery
):
    bench = Bench(nursery, **quirks)
    await trio.sleep(120)
    bench.said.clear()
    bench.begin(car_within_s=60.0)
    looks = 0
    while not bench.trial.over:
        bench.trial.watched(bench.clock.now_at())
        assert bench.drawn_a <= bench.entitled_a + 1e-6
        looks += 1
        await trio.sleep(0.5)
    assert looks > 100
    tried = [(amps, share_a) for amps, share_a, number in bench.said if number >= 2_000_900_000]
    assert len(tried) >= 4
    assert all(amps <= share_a + 1e-6 for amps, share_a, _ in bench.said)


@pytest.mark.parametrize("key", ["even", "daily", "tx_profile", "tx_profile:back", "zero"])
async def test_the_installer_stops_it_at_any_step(key, autojump_clock, nursery):
    bench = await at(nursery, key)
    bench.trial.stop("by the installer", bench.clock.now_at())
    await ordinary_again(bench, "by the installer")


@pytest.mark.parametrize("key", ["daily", "tx_profile", "even:again"])
async def test_p2_a_limit_that_falls_below_what_a_step_needs_ends_it(key, autojump_clock, nursery):
    bench = await at(nursery, key)
    bench.box.put("ems", "main", NO_ROOM, expires_at=None)
    await bench.ended(120)
    assert bench.trial.why == "the site's limits have fallen below what this needs"
    await trio.sleep(30)
    assert (bench.ours, bench.drawn_a) == (set(), 0.0)
    bench.box.withdraw("ems", "main")
    await trio.sleep(900)
    assert bench.drawn_a == 16.0


async def test_nobody_looks_on_and_it_stops_by_itself(autojump_clock, nursery):
    bench = await at(nursery, "tx_profile")
    await trio.sleep(WATCHED_S + 10)
    assert bench.trial.over
    await ordinary_again(bench, "nobody looks on any more")


async def test_p2_a_station_that_leaves_takes_a_profile_along_which_is_counted_and_cleared_when_it_is_back(
    autojump_clock, nursery
):
    bench = await at(nursery, "tx_profile")
    assert bench.ours
    bench.box.board.cable_of("CP-1").snap()
    await trio.sleep(1)
    assert bench.entitled_a >= bench.drawn_a
    await ordinary_again(bench, "the station is away")


async def test_a_car_that_leaves_ends_what_needs_it(autojump_clock, nursery):
    bench = await at(nursery, "tx_profile")
    evse = bench.station.evses[1]
    bench.station._end(evse, "EVDisconnected")
    evse.car = None
    bench.station.settle()
    await bench.ended(120)
    assert bench.trial.why == "the car has left"
    assert bench.ours == set()


async def test_p2_while_the_books_cannot_be_stored_nothing_is_asked_of_the_station(autojump_clock, nursery):
    bench = await at(nursery, "even")

    async def full(document):
        raise OSError(28, "No space left on device")

    bench.box._control._store = full
    await trio.sleep(5)
    bench.said.clear()
    await bench.ended()
    assert [number for _, _, number in bench.said if number >= 2_000_900_000] == []
    assert bench.ours == set()


async def test_p3_a_limit_that_makes_others_wait_ends_the_silence(autojump_clock, nursery):
    bench = Bench(nursery)
    await trio.sleep(120)
    bench.begin(kind=Kind.DEAD_MAN)
    await bench.until("silence")
    before = len(bench.said)
    await trio.sleep(20)
    assert len(bench.said) == before
    bench.box.put("ems", "main", NO_ROOM, expires_at=None)
    await bench.ended(30)
    assert bench.trial.why == "others on the site are kept waiting"
    await trio.sleep(10)
    assert bench.drawn_a == 0.0


async def test_during_the_dead_mans_test_nothing_is_written_although_leases_run_out(autojump_clock, nursery):
    bench = Bench(nursery)
    await trio.sleep(120)
    bench.begin(kind=Kind.DEAD_MAN)
    await bench.until("silence")
    before, began_at = len(bench.said), trio.current_time()
    while bench.trial.step is not None and bench.trial.step.key == "silence":
        assert len(bench.said) == before
        bench.trial.watched(bench.clock.now_at())
        await trio.sleep(0.25)
    assert trio.current_time() - began_at > 20


async def test_answers_that_nobody_waits_for_change_nothing(autojump_clock, nursery):
    bench = await at(nursery, "daily")
    stage, results = bench.trial.stage, bench.trial.known.results
    bench.trial.done(9999, Done(taken=False), bench.clock.now_at())
    assert (bench.trial.stage, bench.trial.known.results) == (stage, results)
    assert stage is Stage.WATCHING


async def test_a_profile_whose_answer_is_lost_is_taken_for_being_there(autojump_clock, nursery):
    bench = Bench(nursery)
    await trio.sleep(120)
    bench.begin()
    await bench.until("daily:back")
    trial, hand = bench.trial, bench.box._control._hand

    class Lossy:
        async def do(self, identity, deed):
            done = await hand.do(identity, deed)
            return Done(taken=None) if getattr(deed, "action", "") == "SetChargingProfile" else done

    bench.box._control._hand = Lossy()
    while "tx_profile" not in trial.known.results:
        trial.watched(bench.clock.now_at())
        await trio.sleep(0.5)
    assert trial.known.came("tx_profile") is Came.NO
    assert bench.drawn_a <= bench.entitled_a
    await trio.sleep(3)
    bench.box._control._hand = hand
    await bench.ended()
    assert bench.ours == set()


async def test_p2_a_profile_that_nobody_could_take_back_is_counted_as_long_as_it_overrules_ours(
    autojump_clock, nursery
):
    bench = await at(nursery, "tx_profile", more='control = "tx_default"')
    hand, overruled = bench.box._control._hand, 0

    class Deaf:
        async def do(self, identity, deed):
            if getattr(deed, "action", "") == "ClearChargingProfile":
                await trio.sleep(15)
                return Done(taken=None)
            return await hand.do(identity, deed)

    bench.box._control._hand = Deaf()
    await trio.sleep(5)
    bench.box.put("ems", "main", NO_ROOM, expires_at=None)
    await trio.sleep(10)  # our own fall has arrived by now
    for _ in range(200):
        overruled += bench.drawn_a > 5.0
        assert bench.drawn_a <= bench.entitled_a + 1e-6
        await trio.sleep(1)
    assert overruled > 5
    assert (bench.ours, bench.drawn_a) == (set(), 0.0)


async def test_p3_the_cable_is_really_pulled_and_the_fall_shows_once_it_is_back(autojump_clock, nursery):
    bench = Bench(nursery)
    await trio.sleep(120)
    bench.begin(kind=Kind.DEAD_MAN)
    await bench.until("silence")
    board = bench.box.board
    board.unreachable.add("CP-1")
    board.cable_of("CP-1").snap()
    for _ in range(150):
        bench.trial.watched(bench.clock.now_at())
        assert bench.drawn_a <= bench.entitled_a + 1e-6
        await trio.sleep(1)
    assert (bench.trial.step.key, bench.drawn_a) == ("silence", 6.0)
    board.unreachable.clear()
    card = await bench.ended()
    assert card["failsafe"].text.startswith("fell to 6.0 A after ")
    assert bench.trial.known.results["silence"].took_s > 150
    assert bench.trial.why is None
