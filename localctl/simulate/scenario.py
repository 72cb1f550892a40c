"""A day as a TOML file: cars that come, limits that are put, profiles of the CSMS, outages, habits of stations, faults.

    start = 2026-06-01T06:00:00
    hours = 4

    [[arrival]]
    at = "08:05"
    station = "CP-A1"
    evse = 1
    stay_h = 3
    phases = 1

    [[limit]]
    at = "09:00"
    source = "ems"
    panel = "main"
    limit_a = 40
    for_s = 1800

Moments are clock times of the day ("08:05", "08:05:30"; in the site's time zone) or seconds from the start. A file that
is no scenario is refused with the place that is wrong.
"""

from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Literal

import msgspec
import tomli

from localctl.simulate.station import Meter

Moment = str | float
DAY_S = 86_400.0


class ScenarioProblem(Exception):
    """A scenario that cannot be played; the text says what is wrong and where."""


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything in a scenario."""


class Happening(Part, frozen=True, kw_only=True):
    """Something at a moment of the day."""

    at: Moment


class Arrival(Happening, frozen=True, kw_only=True):
    """A car comes to an EVSE. Currents in A per phase, energy in kWh, `soc` and `target_soc` from 0 to 1."""

    station: str
    evse: int = 1
    stay_h: float = 4.0
    phases: int = 3
    max_a: float = 16.0
    battery_kwh: float = 60.0
    soc: float = 0.4
    target_soc: float = 0.9


class Limit(Happening, frozen=True, kw_only=True):
    """A source outside limits a panel, or takes its limit back (`withdraw`). Amperes per phase, or watts."""

    source: str
    panel: str
    limit_a: float | tuple[float, float, float] | None = None
    limit_w: float | None = None
    for_s: float | None = None
    withdraw: bool = False


class Profile(Happening, frozen=True, kw_only=True):
    """The CSMS sets a profile at a station, or clears it (`clear`, by its id). `purpose` in OCPP 2.0.1's words."""

    station: str
    evse: int = 0
    id: int = 500
    purpose: Literal["ChargingStationMaxProfile", "TxDefaultProfile", "TxProfile"] = "TxDefaultProfile"
    stack_level: int = 1
    limit_a: float = 10.0
    for_s: int | None = None
    clear: bool = False


class Installed(Part, frozen=True, kw_only=True):
    """A profile the CSMS had set for good before the box came; its words are those of `Profile`."""

    station: str
    evse: int = 0
    id: int = 400
    purpose: Literal["ChargingStationMaxProfile", "TxDefaultProfile"] = "TxDefaultProfile"
    stack_level: int = 1
    limit_a: float = 10.0


class Outage(Happening, frozen=True, kw_only=True):
    """The CSMS is away for a while."""

    for_s: float


class Habit(Part, frozen=True, kw_only=True):
    """What is special about a station. Left out: it speaks what the configuration pins (else 2.0.1) and behaves."""

    station: str
    version: Literal["ocpp1.6", "ocpp2.0.1", "ocpp2.1"] | None = None
    obedient: bool = True
    meter: Meter = Meter.HONEST
    clock_off_s: float = 0.0
    reaction_s: float | None = None
    rotation: Literal["RST", "RTS", "SRT", "STR", "TRS", "TSR"] | None = None


FaultKind = Literal[
    "cut", "offline", "half_dead", "reboot", "deaf", "lost_answers", "late_answers", "doubled_answers", "rejects",
    "errors", "unclear_errors", "rate_limits", "slow", "box_dies", "power_cut",
]  # fmt: skip


class Fault(Happening, frozen=True, kw_only=True):
    """Something goes wrong for a while; at every station where none is named (`box_dies` concerns the box).

    `power_cut`: when power is back cars draw again at once, long before their stations have booted and dialled.
    """

    kind: FaultKind
    station: str | None = None
    for_s: float = 60.0


class Scenario(Part, frozen=True, kw_only=True):
    """A whole day. `start` is local time of the site, `meter_every_s` how often stations send meter values."""

    start: datetime = datetime(2026, 6, 1)
    hours: float = 24.0
    meter_every_s: float = 60.0
    arrival: tuple[Arrival, ...] = ()
    limit: tuple[Limit, ...] = ()
    profile: tuple[Profile, ...] = ()
    installed: tuple[Installed, ...] = ()
    csms_outage: tuple[Outage, ...] = ()
    habit: tuple[Habit, ...] = ()
    fault: tuple[Fault, ...] = ()

    def after_s(self, moment: Moment) -> float:
        """Seconds from the start; a clock time that has passed already is the next day's."""
        if not isinstance(moment, str):
            return float(moment)
        parts = [int(part) for part in moment.split(":")]
        if not 2 <= len(parts) <= 3 or not (0 <= parts[0] < 24 and all(0 <= part < 60 for part in parts[1:])):
            raise ValueError(moment)
        clock_s = parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) == 3 else 0)
        start_s = self.start.hour * 3600 + self.start.minute * 60 + self.start.second
        return (clock_s - start_s) % DAY_S

    def habit_of(self, station: str) -> Habit:
        """What is special about a station."""
        return next((one for one in self.habit if one.station == station), Habit(station=station))


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file. Raises `ScenarioProblem`."""
    try:
        return read_scenario(path.read_text(encoding="utf-8"))
    except ScenarioProblem as problem:
        raise ScenarioProblem(f"{path}: {problem}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise ScenarioProblem(f"{path}: cannot be read: {reason}; name a scenario in TOML") from None


def read_scenario(text: str) -> Scenario:
    """A scenario from its text. Raises `ScenarioProblem`."""
    try:
        scenario = msgspec.convert(tomli.loads(text), Scenario)
    except (tomli.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ScenarioProblem(str(error)) from None
    happenings: tuple[tuple[Happening, ...], ...] = (
        scenario.arrival, scenario.limit, scenario.profile, scenario.csms_outage, scenario.fault,
    )  # fmt: skip
    for part in chain(*happenings):
        try:
            scenario.after_s(part.at)
        except ValueError:
            raise ScenarioProblem(f'{part.at!r} is no moment; write "08:05" or seconds from the start') from None
    return scenario
