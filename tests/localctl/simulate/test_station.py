"""A simulated station on a real board: cars, meters, clocks, reboots."""

from datetime import UTC, datetime

import pytest
import trio

from localctl.demo.car import Car
from localctl.simulate.station import Meter, Outfit, Plug, SimStation
from tests.localctl.simulate.board_kit import Site

START = datetime(2026, 6, 1, tzinfo=UTC)
LIMIT = {"id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute"}


def limit(amps, start=START):
    schedule = {"startSchedule": start.isoformat(), "chargingRateUnit": "A"}
    return {**LIMIT, "chargingSchedule": [{**schedule, "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amps}]}]}


def arrived(nursery, site=None, **outfit):
    site = site or Site(nursery)
    station = SimStation(Outfit(**{"identity": "S1", "version": "ocpp2.0.1", "plugs": (Plug(id=1),), **outfit}),
                         site.board, START)  # fmt: skip
    nursery.start_soon(station.run)
    return station, site


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"])
async def test_a_car_comes_charges_and_leaves(version, autojump_clock, nursery):
    station, site = arrived(nursery, version=version)
    draws = []
    station.on_change_of = lambda identity, evse: draws.append((identity, evse.id, evse.used(), evse.drawn_a))
    await trio.sleep(30)
    await station.stay(1, Car(max_a=16), 3600, asked_wh=11_040)
    stay = station.stays[0]
    assert draws[0] == ("S1", 1, (1, 2, 3), 16)
    assert draws[-1][3] == 0
    assert stay.got_wh == pytest.approx(16 * 690 * (3600 - station.outfit.reaction_s) / 3600, rel=0.01)
    assert stay.first_amp_at - stay.plugged_at == pytest.approx(station.outfit.reaction_s, abs=0.1)
    assert stay.left_at - stay.plugged_at == pytest.approx(3600)
    assert site.board.bugs == []


async def test_a_car_draws_on_the_conductors_its_evse_is_wired_to(autojump_clock, nursery):
    station, _ = arrived(nursery, plugs=(Plug(id=3, conductors=(2,), max_a=20),))
    nursery.start_soon(station.stay, 3, Car(max_a=32), 3600, 1)
    await trio.sleep(60)
    evse = station.evses[3]
    assert (evse.used(), evse.drawn_a, evse.currents_a()) == ((2,), 20, (0, 20, 0))


async def test_without_power_nothing_flows_and_when_it_is_back_the_car_charges_at_once(autojump_clock, nursery):
    station, site = arrived(nursery)
    await trio.sleep(20)
    station.install(0, limit(10), replace_like=False)
    nursery.start_soon(station.stay, 1, Car(max_a=32), 3600, 1)
    await trio.sleep(60)
    site.board.unreachable.add("S1")
    site.board.cable_of("S1").vanish(1000)
    station.power_fails()
    assert station.evses[1].drawn_a == 0
    await trio.sleep(60)
    assert station.evses[1].drawn_a == 0
    station.power_returns()
    await trio.sleep(10)
    assert not station.online
    assert station.evses[1].drawn_a == 10, "it has kept its profile"
    site.board.unreachable.clear()
    await trio.sleep(60)
    assert (station.online, site.board.bugs) == (True, [])


@pytest.mark.parametrize(("meter", "shown"), [(Meter.HONEST, 16), (Meter.LYING, 8), (Meter.ABSENT, 0)])
async def test_what_the_meter_shows_is_not_what_flows(meter, shown, autojump_clock, nursery):
    station, site = arrived(nursery, meter=meter)
    await trio.sleep(20)
    nursery.start_soon(station.stay, 1, Car(max_a=16), 3600, 1)
    await trio.sleep(300)
    assert station.evses[1].drawn_a == 16
    assert station.evses[1].currents_a()[0] == shown
    told = [what for what in site.seen if b"MeterValuePeriodic" in getattr(what, "payload", b"")]
    assert bool(told) == (meter is not Meter.ABSENT)


async def test_profiles_are_counted_and_obeyed_by_the_stations_own_clock(autojump_clock, nursery):
    station, _ = arrived(nursery, clock_off_s=-20.0)
    nursery.start_soon(station.stay, 1, Car(max_a=16), 3600, 1)
    await trio.sleep(60)
    assert station.install(1, limit(8, datetime(2026, 6, 1, 0, 2, tzinfo=UTC)), replace_like=False) is None
    await trio.sleep(70)
    assert station.evses[1].drawn_a == 16
    await trio.sleep(20)
    assert station.evses[1].drawn_a == 8
    assert station.writes == 1
    assert station.true_now_at == pytest.approx(station.clock.now_at() + 20)


async def test_a_disobedient_station_takes_every_limit_and_keeps_none(autojump_clock, nursery):
    station, _ = arrived(nursery, obedient=False)
    assert station.install(0, limit(6), replace_like=False) is None
    nursery.start_soon(station.stay, 1, Car(max_a=16), 3600, 1)
    await trio.sleep(60)
    assert station.evses[1].drawn_a == 16


async def test_a_taken_place_is_left_alone(autojump_clock, nursery):
    station, _ = arrived(nursery)
    nursery.start_soon(station.stay, 1, Car(), 3600, 1)
    await trio.sleep(10)
    await station.stay(1, Car(), 3600, 1)
    assert len(station.stays) == 1


async def test_after_a_reboot_the_car_that_is_still_there_charges_again(autojump_clock, nursery):
    station, _ = arrived(nursery)
    await trio.sleep(20)
    nursery.start_soon(station.stay, 1, Car(max_a=16), 3600, 1)
    await trio.sleep(100)
    before = station.evses[1].transaction.id
    station.restart()
    await trio.sleep(60)
    assert station.evses[1].transaction.id != before
    assert station.evses[1].drawn_a == 16


async def test_cars_that_are_still_there_in_the_end_count_too(autojump_clock, nursery):
    station, _ = arrived(nursery)
    nursery.start_soon(station.stay, 1, Car(max_a=16), 36_000, 1)
    await trio.sleep(3600)
    station.settle_stays()
    assert station.stays[0].got_wh == pytest.approx(16 * 690, rel=0.01)
    assert station.stays[0].left_at is None


async def test_a_simulated_station_has_no_sockets(autojump_clock, nursery):
    station, _ = arrived(nursery)
    with pytest.raises(OSError, match="no sockets"):
        await station._dial()
