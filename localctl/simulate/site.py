"""From the configuration to stations as they really are: EVSEs, wiring, versions, reaction times, habits."""

import random
from typing import Final

from localctl.config.model import Config, Evse, Station
from localctl.simulate.scenario import Scenario
from localctl.simulate.station import Outfit, Plug
from localctl.simulate.wiring import Place

ROTATIONS: Final = ("RST", "RTS", "SRT", "STR", "TRS", "TSR")


def outfits_of(config: Config, scenario: Scenario, rng: random.Random) -> list[Outfit]:
    """Every station that hangs on a panel. A reaction time nobody set is drawn, up to what the installer allowed."""
    return [_outfit(station, config, scenario, rng) for station in _wired(config)]


def places_of(config: Config, scenario: Scenario, rng: random.Random) -> dict[str, Place]:
    """Where each station hangs; one whose rotation nobody wrote down hangs somehow all the same."""
    places = {}
    for station in _wired(config):
        somehow = rng.choice(ROTATIONS)
        rotation: str = station.phase_rotation
        if rotation == "unknown":
            rotation = scenario.habit_of(station.identity).rotation or somehow
        places[station.identity] = Place(
            panel=station.panel or "", rotation=rotation, line_to_line=station.line_to_line
        )
    return places


def _wired(config: Config) -> list[Station]:
    return [station for station in config.station if station.panel is not None]


def _outfit(station: Station, config: Config, scenario: Scenario, rng: random.Random) -> Outfit:
    habit, settings = scenario.habit_of(station.identity), config.settings(station.identity)
    most_s = config.charging.reaction_s
    drawn_s = rng.uniform(0.5, max(0.5, most_s - 0.5))
    return Outfit(
        identity=station.identity,
        version=settings.subprotocol or habit.version or "ocpp2.0.1",
        plugs=tuple(_plug(evse, config.site.nominal_voltage_v) for evse in station.evses),
        reaction_s=drawn_s if habit.reaction_s is None else habit.reaction_s,
        obedient=habit.obedient,
        meter=habit.meter,
        clock_off_s=habit.clock_off_s,
        meter_every_s=scenario.meter_every_s,
        seed=rng.randrange(2**31),
    )


def _plug(evse: Evse, volts: float) -> Plug:
    conductors = tuple(evse.phases)
    max_a = evse.max_a
    if evse.current == "DC" and evse.max_w is not None:
        max_a = min(max_a, evse.max_w / (len(conductors) * volts * evse.efficiency))
    return Plug(id=evse.id, conductors=conductors, max_a=max_a)
