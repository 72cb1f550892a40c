"""A simulated station on a cable: the demo's station with the site's own EVSEs, a wrong clock, or a meter that lies.

Its composite schedules come from `localctl.demo.profiles` and `limits`. What it draws is told to the world at once;
what it says about that is another matter.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

import trio

from localctl.demo.car import Car
from localctl.demo.clock import Clock
from localctl.demo.dialect import Model
from localctl.demo.evse import Evse, Phases
from localctl.demo.rpc import Conversation, Json
from localctl.demo.station import TAG, Station
from localctl.demo.tape import Tape
from localctl.demo.wire import Line
from localctl.simulate.board import Board

RETRY_MIN_S: Final = 5.0
LIES_BY: Final = 0.5
"""A lying meter shows so much of the truth."""


class Meter(StrEnum):
    """What a station tells about its currents."""

    HONEST = "honest"
    LYING = "lying"
    ABSENT = "absent"

    @property
    def shows(self) -> float:
        """The part of the truth that is told."""
        return {Meter.HONEST: 1.0, Meter.LYING: LIES_BY, Meter.ABSENT: 0.0}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """One EVSE as wired: its number, the station's conductors (1 to 3) and its rating in A per conductor."""

    id: int
    conductors: tuple[int, ...] = (1, 2, 3)
    max_a: float = 32.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outfit:
    """A station as it really is. `clock_off_s` ahead of the truth; `obedient` False takes what it can."""

    identity: str
    version: str
    plugs: tuple[Plug, ...]
    reaction_s: float = 3.0
    obedient: bool = True
    meter: Meter = Meter.HONEST
    clock_off_s: float = 0.0
    meter_every_s: float = 60.0
    heartbeat_s: float = 900.0
    seed: int = 0


@dataclass(slots=True, kw_only=True)
class Stay:
    """One car's stay at an EVSE. Instants in seconds since 1970, energies in Wh; `stay_s` is how long it is planned."""

    identity: str
    evse: int
    car: Car
    plugged_at: float
    stay_s: float
    asked_wh: float = 0.0
    got_wh: float = 0.0
    first_amp_at: float | None = None
    left_at: float | None = None
    before_wh: float = 0.0
    """The EVSE's energy register when it came."""

    @property
    def served_wh(self) -> float:
        """What it got of what it asked for: a car that is full stops at the end of a step, having got a little more."""
        return min(self.got_wh, self.asked_wh)


class SkewedClock(Clock):
    """A station's own idea of the time."""

    def __init__(self, start_at: datetime, off_s: float) -> None:
        super().__init__(start_at)
        self._off_s = off_s

    def now_at(self) -> float:
        """Seconds since 1970, and then some."""
        return super().now_at() + self._off_s


class SilentTape(Tape):
    """Keeps nothing: a day of a site is a million texts."""

    def says(self, text: str) -> None:
        """Not recorded."""

    def hears(self, text: str) -> None:
        """Not recorded."""


@dataclass(slots=True, kw_only=True)
class SimEvse(Evse):
    """An EVSE that tells the world what it draws, on the conductors it is wired to."""

    conductors: tuple[int, ...] = (1, 2, 3)
    meter: Meter = Meter.HONEST
    on_change: Callable[["SimEvse"], None] = field(default=lambda _evse: None)

    def settle(self, at: float, sharing: int = 1) -> bool:
        """As the demo's EVSE does; the world hears of every change."""
        changed = Evse.settle(self, at, sharing)
        if changed:
            self.on_change(self)
        return changed

    def used(self) -> tuple[int, ...]:
        """The station's conductors that the car is on."""
        return self.conductors[: self._wires()]

    def currents_a(self) -> Phases:
        """What the meter shows on the station's three conductors."""
        shown_a = self.drawn_a * self.meter.shows
        one, two, three = (shown_a * (number in self.used()) for number in (1, 2, 3))
        return (one, two, three)


class SimStation(Station):
    """One station of the site. `stays` grows with every car; `writes` counts profiles that were written to it."""

    def __init__(self, outfit: Outfit, board: Board, start_at: datetime) -> None:
        self.outfit = outfit
        self.stays: list[Stay] = []
        self.writes = 0
        self.on_change_of: Callable[[str, SimEvse], None] = lambda _identity, _evse: None
        """Told whenever the current of an EVSE has changed."""
        self.dark = False
        """It has no power."""
        self._board = board
        self._plugs = {plug.id: plug for plug in outfit.plugs}
        super().__init__(
            _model(outfit),
            dial=_no_stream,
            host="",
            path="",
            clock=SkewedClock(start_at, outfit.clock_off_s),
            tape=SilentTape(),
        )
        self.evses = {number: self._evse(number) for number in self._plugs}

    @property
    def true_now_at(self) -> float:
        """The time as everybody else has it."""
        return self.clock.now_at() - self.outfit.clock_off_s

    @property
    def sharing(self) -> int:
        """EVSEs that share the station's own limit now."""
        return self._sharing()

    async def stay(self, evse_id: int, car: Car, stay_s: float, asked_wh: float) -> None:
        """A car comes, charges, and leaves; nothing happens when the place is taken."""
        evse = self.evses[evse_id]
        if evse.car is not None:
            return
        stay = Stay(
            identity=self.model.identity,
            evse=evse_id,
            car=car,
            plugged_at=self.true_now_at,
            stay_s=stay_s,
            asked_wh=asked_wh,
            before_wh=evse.energy_wh,
        )
        self.stays.append(stay)
        evse.car = car
        self.say(self._dialect.status(evse))
        self.say(self._dialect.authorize(TAG))
        if not self.dark:
            self._begin(evse, TAG, None)
        await trio.sleep(stay_s)
        if evse.transaction is not None:
            self._end(evse, "EVDisconnected")
        evse.settle(self.clock.now_at())
        evse.car = None
        self.settle()
        stay.got_wh, stay.left_at = evse.energy_wh - stay.before_wh, self.true_now_at
        self.say(self._dialect.status(evse))

    def power_fails(self) -> None:
        """Everything goes dark. What its transactions came to is told when it is back."""
        self.dark, self.online, self._booted = True, False, False
        for evse in self.evses.values():
            if evse.transaction is not None:
                self._end(evse, "PowerLoss")
            evse.settle(self.clock.now_at())

    def power_returns(self) -> None:
        """It has kept its profiles (K01.FR.27), and charges whoever is plugged in before anybody can be asked."""
        self.dark = False
        for evse in self.evses.values():
            if evse.car is not None and evse.transaction is None:
                self._begin(evse, TAG, None)

    def settle_stays(self) -> None:
        """Bring the books of cars that are still there up to now."""
        for stay in self.stays:
            if stay.left_at is None:
                evse = self.evses[stay.evse]
                evse.settle(self.clock.now_at(), self._sharing())
                stay.got_wh = evse.energy_wh - stay.before_wh

    def install(self, evse: int, raw: Json, *, replace_like: bool) -> str | None:
        """Take a profile; every one taken is a write."""
        why = super().install(evse, raw, replace_like=replace_like)
        self.writes += why is None
        return why

    def _evse(self, number: int) -> Evse:
        plug = self._plugs.get(number, Plug(id=number))
        return SimEvse(
            id=number,
            profiles=self.profiles,
            phases=len(plug.conductors),
            max_a=plug.max_a,
            reaction_s=self.outfit.reaction_s,
            obedient=self.outfit.obedient,
            settled_at=self.clock.now_at(),
            conductors=plug.conductors,
            meter=self.outfit.meter,
            on_change=self._drew,
        )

    def _drew(self, evse: SimEvse) -> None:
        if evse.drawn_a > 0:
            for stay in reversed(self.stays):
                if stay.evse == evse.id and stay.first_amp_at is None:
                    stay.first_amp_at = self.true_now_at
                    break
        self.on_change_of(self.model.identity, evse)

    def _meter(self) -> None:
        if self.outfit.meter is not Meter.ABSENT:
            super()._meter()

    async def _line(self) -> Line:
        return await self._board.dial(self.model.identity, (self.model.version,))

    async def _register(self, talk: Conversation) -> None:
        await super()._register(talk)
        for evse in self.evses.values():
            if evse.car is not None and evse.transaction is None:
                self._begin(evse, TAG, None)


def _model(outfit: Outfit) -> Model:
    return Model(
        identity=outfit.identity,
        version=outfit.version,
        evses=len(outfit.plugs),
        reaction_s=outfit.reaction_s,
        obedient=outfit.obedient,
        meter_every_s=outfit.meter_every_s,
        heartbeat_s=outfit.heartbeat_s,
        retry_min_s=RETRY_MIN_S,
        retry_range_s=RETRY_MIN_S,
        retry_repeats=3,
        seed=outfit.seed,
    )


async def _no_stream() -> trio.abc.Stream:
    raise OSError("a simulated station has no sockets")
