"""From the configuration to stations as they really are."""

import random

from localctl.simulate.scenario import Habit, Scenario
from localctl.simulate.site import ROTATIONS, outfits_of, places_of
from localctl.simulate.station import Meter, Plug
from tests.localctl.simulate.sites import config, station

SITE = config(
    '[charging]\nreaction_s = 8\n[[panel]]\nid = "main"\nfuse_a = 99\n'
    + station("CP-1", evses="{ id = 1, phases = 3, max_a = 32 }, { id = 4, phases = [2], max_a = 16 }")
    + station("CP-2", rotation="unknown", more='subprotocol = "ocpp1.6"')
    + station("CP-3", evses='{ id = 1, current = "DC", max_a = 63, max_w = 20000, efficiency = 0.9 }')
    + '[[station]]\nidentity = "ROUTED"\n'
)


def outfits(*habits):
    made = outfits_of(SITE, Scenario(habit=habits), random.Random(1))
    return {one.identity: one for one in made}


def test_every_station_on_a_panel_is_simulated_with_its_evses():
    found = outfits()
    assert set(found) == {"CP-1", "CP-2", "CP-3"}
    assert found["CP-1"].plugs == (Plug(id=1, conductors=(1, 2, 3), max_a=32), Plug(id=4, conductors=(2,), max_a=16))


def test_a_dc_station_draws_what_its_rectifier_needs():
    assert round(outfits()["CP-3"].plugs[0].max_a, 2) == round(20000 / (3 * 230 * 0.9), 2)


def test_nobody_reacts_slower_than_the_installer_allowed():
    assert all(0 < one.reaction_s < 8 for one in outfits().values())


def test_a_pin_wins_over_a_habit_and_a_habit_over_the_usual():
    found = outfits(
        Habit(station="CP-1", version="ocpp2.1", obedient=False, meter=Meter.ABSENT, clock_off_s=7, reaction_s=1),
        Habit(station="CP-2", version="ocpp2.1"),
    )
    one = found["CP-1"]
    assert (one.version, one.obedient, one.meter, one.clock_off_s, one.reaction_s) == (
        "ocpp2.1", False, Meter.ABSENT, 7, 1,
    )  # fmt: skip
    assert found["CP-2"].version == "ocpp1.6"
    assert found["CP-3"].version == "ocpp2.0.1"


def test_an_unknown_rotation_is_some_rotation_all_the_same():
    places = places_of(SITE, Scenario(), random.Random(1))
    assert places["CP-1"].rotation == "RST"
    assert places["CP-2"].rotation in ROTATIONS
    wired = places_of(SITE, Scenario(habit=(Habit(station="CP-2", rotation="TSR"),)), random.Random(1))
    assert wired["CP-2"].rotation == "TSR"
